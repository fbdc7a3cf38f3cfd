package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// The .npy format is https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: a magic string, a version, the
// length of a header, the header (a Python dictionary that gives type, order and shape), and the elements.
const (
	npyMagic     = "\x93NUMPY"
	npyMaxHeader = 1 << 16 // NumPy itself refuses headers above 10 000 bytes
	npyMaxRank   = 64      // as NumPy 2
	npyMaxEmpty  = 1 << 24 // rows of an array without elements, which cost the file nothing
	npyChunk     = 1 << 16 // bytes read or written at a time
)

// ReadNpy reads one array from a NumPy .npy stream, of version 1.0, 2.0 or 3.0, in C or Fortran order, of either byte order.
// Elements of type float32 and float64, signed and unsigned integers of 8 to 64 bits and booleans are converted to T, rounded
// to the nearest where T is narrower. It reads no byte behind the array, so several arrays may follow each other in a stream.
//
// Data that is not such an array gives a [*FormatError]; an error of r itself is inside it. If it is known how
// much is left in r (an *os.File, *bytes.Reader, *bytes.Buffer or *strings.Reader), an array that claims more is refused before
// any memory is taken for it; else memory grows with what has in fact been read.
func ReadNpy[T Float](r io.Reader) (*Tensor[T], error) {
	held := left(r)
	return readNpy[T](r, "npy", held, held >= 0)
}

// left is how many bytes r still holds; -1 if it does not tell. It asks by type, not by method: a reader that embeds a file to
// decompress it has the file's methods, but not its length.
func left(r io.Reader) int64 {
	switch r := r.(type) {
	case *bytes.Reader:
		return int64(r.Len())
	case *bytes.Buffer:
		return int64(r.Len())
	case *strings.Reader:
		return int64(r.Len())
	case *os.File:
		info, err := r.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		if at, err := r.Seek(0, io.SeekCurrent); err == nil {
			return max(info.Size()-at, 0)
		}
	}
	return -1
}

// readNpy reads one array; where begins its error messages. held is how many bytes r holds at most, -1 if that is not known;
// sure, that it does hold them.
func readNpy[T Float](r io.Reader, where string, held int64, sure bool) (*Tensor[T], error) {
	text, size, err := readNpyHeader(r, where)
	if err != nil {
		return nil, err
	}
	h, err := parseNpyHeader(text, where+" header")
	if err != nil {
		return nil, err
	}
	n, ok := product(h.shape)
	if n == 0 && ok {
		var axes int
		axes, ok = product(slices.DeleteFunc(slices.Clone(h.shape), func(d int) bool { return d == 0 }))
		ok = ok && axes <= npyMaxEmpty
	}
	if !ok || n > (math.MaxInt-npyChunk)/8 {
		return nil, &FormatError{Where: where + " header", Found: fmt.Sprintf("shape %v", h.shape), Want: "a number of elements that fits memory"}
	}
	if need := int64(n) * int64(h.elem.size); held >= 0 && need > held-size {
		return nil, &FormatError{Where: where + " data", Found: fmt.Sprintf("%d bytes", max(held-size, 0)),
			Want: fmt.Sprintf("%d for shape %v of %s", need, h.shape, h.elem.name)}
	}
	data, err := readElements[T](r, n, h.elem, sure, where)
	if err != nil {
		return nil, err
	}
	if h.fortran && len(h.shape) > 1 {
		slices.Reverse(h.shape)
		return wrap("ReadNpy", data, h.shape).Transpose(), nil
	}
	return wrap("ReadNpy", data, h.shape), nil
}

// readNpyHeader returns the header's text and how many bytes of the stream lie before the elements.
func readNpyHeader(r io.Reader, where string) (text []byte, size int64, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:8]); err != nil {
		return nil, 0, cut(where+" magic", "8 bytes", err)
	}
	if string(head[:6]) != npyMagic {
		return nil, 0, &FormatError{Where: where + " magic", Found: fmt.Sprintf("%q", head[:6]), Want: fmt.Sprintf("%q", npyMagic)}
	}
	major, minor, width := head[6], head[7], 4
	if major < 1 || major > 3 || minor != 0 {
		return nil, 0, &FormatError{Where: where + " version", Found: fmt.Sprintf("%d.%d", major, minor), Want: "1.0, 2.0 or 3.0"}
	}
	if major == 1 {
		width = 2
	}
	if _, err := io.ReadFull(r, head[8:8+width]); err != nil {
		return nil, 0, cut(where+" header", "its length", err)
	}
	n := binary.LittleEndian.Uint32(head[8:]) // of version 1 the upper half is still zero
	if n > npyMaxHeader {
		return nil, 0, &FormatError{Where: where + " header", Found: fmt.Sprintf("a length of %d", n), Want: fmt.Sprintf("at most %d", npyMaxHeader)}
	}
	text, err = io.ReadAll(io.LimitReader(r, int64(n))) // memory grows with what is there, not with what is claimed
	if err == nil && len(text) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, 0, cut(where+" header", fmt.Sprintf("%d bytes", n), err)
	}
	return text, int64(8 + width + len(text)), nil
}

// cut is the error of a stream which ends, or fails, too early.
func cut(where, want string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &FormatError{Where: where, Found: "the end of the data", Want: want, Reason: io.ErrUnexpectedEOF}
	}
	return &FormatError{Where: where, Found: "a read error", Want: want, Reason: err}
}

// readElements reads n elements. Unless the stream is sure to hold them all, the result grows as they come.
func readElements[T Float](r io.Reader, n int, e npyElem, sure bool, where string) ([]T, error) {
	first := n
	if !sure {
		first = min(n, 4*npyChunk)
	}
	out := kern.LargePages(make([]T, 0, first))
	buf := make([]byte, min(npyChunk, n*e.size))
	for len(out) < n {
		b := buf[:min(len(buf), (n-len(out))*e.size)]
		got, err := io.ReadFull(r, b)
		if err != nil {
			at := len(out)*e.size + got
			return nil, cut(where+" data", fmt.Sprintf("%d bytes after the %d read", n*e.size-at, at), err)
		}
		at := len(out)
		if at+len(b)/e.size > cap(out) {
			out = slices.Grow(out, min(n-at, max(at, len(b)/e.size)))
		}
		out = out[:at+len(b)/e.size]
		decode(out[at:], b, e)
	}
	return out, nil
}

// npyElem is one of the element types that can be read.
type npyElem struct {
	name string // as in the header
	kind byte   // 'f', 'i', 'u', 'b'
	size int    // bytes
	big  bool   // big-endian
}

// decode converts the elements in b to dst.
func decode[T Float](dst []T, b []byte, e npyElem) {
	if e.big && e.size > 1 {
		swap(b, e.size)
	}
	le := binary.LittleEndian
	switch {
	case e.kind == 'f' && e.size == 4:
		for i := range dst {
			dst[i] = T(math.Float32frombits(le.Uint32(b[4*i:])))
		}
	case e.kind == 'f':
		for i := range dst {
			dst[i] = T(math.Float64frombits(le.Uint64(b[8*i:])))
		}
	case e.kind == 'i' && e.size == 1:
		for i := range dst {
			dst[i] = T(int8(b[i]))
		}
	case e.kind == 'i' && e.size == 2:
		for i := range dst {
			dst[i] = T(int16(le.Uint16(b[2*i:])))
		}
	case e.kind == 'i' && e.size == 4:
		for i := range dst {
			dst[i] = T(int32(le.Uint32(b[4*i:])))
		}
	case e.kind == 'i':
		for i := range dst {
			dst[i] = T(int64(le.Uint64(b[8*i:])))
		}
	case e.kind == 'u' && e.size == 1:
		for i := range dst {
			dst[i] = T(b[i])
		}
	case e.kind == 'u' && e.size == 2:
		for i := range dst {
			dst[i] = T(le.Uint16(b[2*i:]))
		}
	case e.kind == 'u' && e.size == 4:
		for i := range dst {
			dst[i] = T(le.Uint32(b[4*i:]))
		}
	case e.kind == 'u':
		for i := range dst {
			dst[i] = T(le.Uint64(b[8*i:]))
		}
	default: // bool: any byte but 0 is true, as in NumPy
		for i := range dst {
			dst[i] = 0
			if b[i] != 0 {
				dst[i] = 1
			}
		}
	}
}

// swap reverses the bytes of each element.
func swap(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		slices.Reverse(b[:size])
	}
}

// WriteNpy writes t as a NumPy .npy file of version 1.0, in C order, little-endian, float32 or float64 as T is: byte for byte
// what numpy.save writes. The elements begin at a multiple of 64 bytes, so the file can be memory-mapped. It returns the
// error of w, and a [*ShapeError] for more than the 64 axes that NumPy can read.
func WriteNpy[T Float](w io.Writer, t *Tensor[T]) error {
	if len(t.shape) > npyMaxRank {
		return &ShapeError{Op: "WriteNpy", Shapes: [][]int{t.Shape()}, Detail: fmt.Sprintf("NumPy reads at most %d axes", npyMaxRank)}
	}
	size := elemSize[T]()
	if _, err := w.Write(npyHeader(t.shape, size)); err != nil {
		return err
	}
	buf := make([]byte, 0, min(npyChunk, t.Len()*size))
	for i := range t.rows {
		for row := t.Row(i); len(row) > 0; {
			n := min(len(row), (npyChunk-len(buf))/size)
			buf = encode(buf, row[:n])
			row = row[n:]
			if len(buf) > npyChunk-size {
				if _, err := w.Write(buf); err != nil {
					return err
				}
				buf = buf[:0]
			}
		}
	}
	if len(buf) == 0 {
		return nil
	}
	_, err := w.Write(buf)
	return err
}

func elemSize[T Float]() int {
	var v T
	return binary.Size(v)
}

// encode appends little-endian elements.
func encode[T Float](buf []byte, row []T) []byte {
	switch row := any(row).(type) {
	case []float32:
		for _, v := range row {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
	case []float64:
		for _, v := range row {
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
		}
	}
	return buf
}

// npyHeader is everything before the elements.
func npyHeader(shape []int, size int) []byte {
	var tuple bytes.Buffer
	for i, d := range shape {
		if i > 0 {
			tuple.WriteByte(' ')
		}
		fmt.Fprintf(&tuple, "%d,", d)
	}
	if len(shape) > 1 {
		tuple.Truncate(tuple.Len() - 1) // only a tuple of one keeps its comma
	}
	text := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }", size, tuple.Bytes())
	if len(shape) > 0 {
		// NumPy leaves room to count the first axis up in place to 21 digits.
		text += fmt.Sprintf("%*s", max(21-len(fmt.Sprint(shape[0])), 0), "")
	}
	const before = len(npyMagic) + 4
	pad := 64 - (before+len(text)+1)%64 // NumPy pads by 64 where 0 would do
	text += fmt.Sprintf("%*s\n", pad, "")
	head := append([]byte(npyMagic), 1, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(text)))
	return append(head, text...)
}
