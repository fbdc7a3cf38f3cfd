package codec

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Array is one tensor of a safetensors file: raw, little-endian, row-major.
type Array struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte
}

// A File is the content of a safetensors file.
type File struct {
	Meta   map[string]string
	Arrays []Array // in the order of the file
}

// metaKey is the one name in a header that is not an array's.
const metaKey = "__metadata__"

// align is what the data of a file starts at a multiple of, and each array at a multiple of its element's size.
const align = 8

// WriteSafetensors writes a file. Arrays are laid out by falling element size and then by name, as the reference
// implementation does, so each is aligned. Equal content gives equal bytes whatever the order of arrays.
func WriteSafetensors(w io.Writer, f File) error {
	arrays := layOut(f.Arrays)
	header, err := makeHeader(f.Meta, arrays)
	if err != nil {
		return err
	}
	return writeParts(w, header, arrays)
}

// layOut returns the arrays in the order of the file.
func layOut(arrays []Array) []Array {
	return slices.SortedFunc(slices.Values(arrays), func(a, b Array) int {
		if c := cmp.Compare(b.DType.Size(), a.DType.Size()); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// makeHeader renders the JSON header of arrays that are in file order, padded so that the data is aligned.
func makeHeader(meta map[string]string, arrays []Array) ([]byte, error) {
	b := []byte("{")
	if len(meta) > 0 {
		b = append(b, `"`+metaKey+`":{`...)
		for i, key := range slices.Sorted(maps.Keys(meta)) {
			if !utf8.ValidString(key) || !utf8.ValidString(meta[key]) {
				return nil, unstorable("", fmt.Sprintf("metadata %q with bytes that are not UTF-8", key), "UTF-8")
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(append(appendQuoted(b, key), ':'), meta[key])
		}
		b = append(b, '}')
	}
	names := map[string]bool{metaKey: true}
	offset := 0
	for _, a := range arrays {
		n, ok := byteCount(a.Shape, a.DType.Size())
		switch {
		case names[a.Name] || !utf8.ValidString(a.Name):
			return nil, unstorable(a.Name, "an array with a name that is taken or is not UTF-8", "another name")
		case a.DType.Size() == 0:
			return nil, unstorable(a.Name, fmt.Sprintf("element type %q", a.DType), "one of this package")
		case !ok || n != len(a.Data):
			return nil, unstorable(a.Name, fmt.Sprintf("%d bytes for shape %v of %s", len(a.Data), a.Shape, a.DType), "as many as the shape holds")
		}
		names[a.Name] = true
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, a.Name), `:{"dtype":"`+string(a.DType)+`","shape":[`...)
		for i, d := range a.Shape {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(d), 10)
		}
		b = fmt.Appendf(b, `],"data_offsets":[%d,%d]}`, offset, offset+n)
		offset += n
	}
	b = append(b, '}')
	for len(b)%align != 0 {
		b = append(b, ' ')
	}
	if len(b) > maxText {
		return nil, unstorable("", fmt.Sprintf("a header of %d bytes", len(b)), fmt.Sprintf("at most %d", maxText))
	}
	return b, nil
}

func writeParts(w io.Writer, header []byte, arrays []Array) error {
	b := bufio.NewWriterSize(w, 1<<16) // for files of many small arrays; long ones pass it by
	_, err := b.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header))))
	if err == nil {
		_, err = b.Write(header)
	}
	for _, a := range arrays {
		if err == nil {
			_, err = b.Write(a.Data)
		}
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// ReadSafetensors reads a file to its end. The arrays share one block of memory. What is not a sound file, to the last
// byte, is an ErrFormat; an error of r comes back wrapped.
func ReadSafetensors(r io.Reader) (*File, error) {
	f, _, _, err := readParts(r)
	return f, err
}

// readParts also returns the raw header and data. It allocates no more than a small multiple of what r really gives.
func readParts(r io.Reader) (f *File, header, data []byte, err error) {
	fail := func(err error) (*File, []byte, []byte, error) { return nil, nil, nil, err }
	var size [8]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return fail(readError(err, "the length of the header"))
	}
	n := binary.LittleEndian.Uint64(size[:])
	if n > maxText {
		return fail(malformed("", fmt.Sprintf("a header of %d bytes", n), fmt.Sprintf("at most %d: a safetensors file", maxText)))
	}
	if header, err = readGrowing(r, int(n)); err != nil {
		return fail(err)
	}
	if len(header) < int(n) {
		return fail(malformed("", fmt.Sprintf("the end of the file in its header of %d bytes", n), "the whole file"))
	}
	f, ends, err := parseHeader(header)
	if err != nil {
		return fail(err)
	}
	want := 0
	if len(ends) > 0 {
		want = ends[len(ends)-1]
	}
	if data, err = readGrowing(r, max(want, want+1)); err != nil { // one more byte, which must not be there
		return fail(err)
	}
	if len(data) != want {
		found := fmt.Sprintf("%d bytes of data", len(data))
		if len(data) > want {
			found = "more data"
		}
		return fail(malformed("", found, fmt.Sprintf("%d bytes, as the header says", want)))
	}
	lo := 0
	for i, hi := range ends {
		f.Arrays[i].Data = data[lo:hi:hi]
		lo = hi
	}
	return f, header, data, nil
}

// readGrowing reads n bytes, or fewer if r ends before, with a buffer that grows as they come.
func readGrowing(r io.Reader, n int) ([]byte, error) {
	buf := make([]byte, 0, min(n, max(1<<16, sizeOf(r)+1))) // one more, so that the end is seen without growing
	for len(buf) < n {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), max(min(n, 2*cap(buf)), 1))
			copy(grown, buf)
			buf = grown
		}
		got, err := r.Read(buf[len(buf):min(cap(buf), n)])
		buf = buf[:len(buf)+got]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, readError(err, "more of the file")
		}
	}
	return buf, nil
}

// sizeOf is how much r holds at most, 0 if it does not say.
func sizeOf(r io.Reader) int {
	switch r := r.(type) {
	case interface{ Len() int }:
		return r.Len()
	case fs.File:
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() && info.Size() < math.MaxInt {
			return int(info.Size())
		}
	}
	return 0
}

func readError(err error, want string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return malformed("", "the end of the file", want)
	}
	return fmt.Errorf("codec: reading: %w", err)
}

// parseHeader returns the arrays of a file, in the order of their data but without it, and where the data of each ends.
// The data of an array begins where that of the one before ends.
func parseHeader(header []byte) (f *File, ends []int, err error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, malformed("", "a header that does not begin with {", "a safetensors file")
	}
	d, err := parse(header)
	if err != nil {
		return nil, nil, err
	}
	f = &File{Meta: map[string]string{}}
	seen := map[string]bool{}
	var entries []entry
	for name, n := range d.pairs(0) {
		if seen[name] {
			return nil, nil, malformed(name, "two entries of one name", "one")
		}
		seen[name] = true
		if name == metaKey {
			err = d.readMeta(n, f.Meta)
		} else {
			var e entry
			e, err = d.readEntry(n, name)
			entries = append(entries, e)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi), strings.Compare(a.Name, b.Name))
	})
	at := 0
	for _, e := range entries {
		if e.lo != at {
			return nil, nil, malformed(e.Name, fmt.Sprintf("data from byte %d", e.lo), fmt.Sprintf("from byte %d, without holes or overlap", at))
		}
		at = e.hi
		f.Arrays = append(f.Arrays, e.Array)
		ends = append(ends, e.hi)
	}
	return f, ends, nil
}

// An entry is an array and where its data lies.
type entry struct {
	Array
	lo, hi int
}

func (d *document) readMeta(n int, meta map[string]string) error {
	if d.sort(n) != '{' {
		return malformed(metaKey, d.brief(n), "an object")
	}
	for key, c := range d.pairs(n) {
		if _, twice := meta[key]; twice || d.sort(c) != '"' {
			return malformed(metaKey+"."+key, d.brief(c), "one string")
		}
		meta[key] = d.str(c)
	}
	return nil
}

func (d *document) readEntry(n int, name string) (entry, error) {
	e := entry{Array: Array{Name: name}}
	var err error
	part := func(key string, sort byte) int {
		c, ok := d.child(n, key)
		if err == nil && (!ok || d.sort(c) != sort) {
			err = malformed(name, "an array without a proper "+key, "dtype, shape and data_offsets")
		}
		return c
	}
	dtype, shape, offsets := part("dtype", '"'), part("shape", '['), part("data_offsets", '[')
	if err != nil {
		return e, err
	}
	if d.count(n) != 3 {
		return e, malformed(name, fmt.Sprintf("%d keys", d.count(n)), "dtype, shape and data_offsets")
	}
	if e.DType = DType(d.str(dtype)); e.DType.Size() == 0 {
		return e, malformed(name, "element type "+d.brief(dtype), "one of safetensors")
	}
	if e.Shape, err = d.readSizes(name, shape); err != nil {
		return e, err
	}
	ends, err := d.readSizes(name, offsets)
	if err != nil {
		return e, err
	}
	if len(ends) != 2 || ends[0] > ends[1] {
		return e, malformed(name, fmt.Sprintf("data_offsets %v", ends), "two, rising")
	}
	e.lo, e.hi = ends[0], ends[1]
	want, ok := byteCount(e.Shape, e.DType.Size())
	if !ok {
		return e, malformed(name, fmt.Sprintf("shape %v", e.Shape), "one whose size fits an int")
	}
	if e.hi-e.lo != want {
		return e, malformed(name, fmt.Sprintf("%d bytes of data", e.hi-e.lo), fmt.Sprintf("%d for shape %v of %s", want, e.Shape, e.DType))
	}
	return e, nil
}

// readSizes reads an array of integers >= 0. Its result is never nil.
func (d *document) readSizes(name string, n int) ([]int, error) {
	out := make([]int, 0, d.count(n))
	for _, c := range d.items(n) {
		v, err := strconv.ParseInt(string(d.raw(c)), 10, strconv.IntSize)
		if err != nil || v < 0 {
			return nil, malformed(name, d.brief(c), "an integer >= 0")
		}
		out = append(out, int(v))
	}
	return out, nil
}

// byteCount is the size of an array. It is false for a negative axis, and if the product of the axes that are not zero
// overflows.
func byteCount(shape []int, size int) (n int, ok bool) {
	n = size
	empty := false
	for _, d := range shape {
		switch {
		case d < 0 || d > 0 && n > math.MaxInt/d:
			return 0, false
		case d == 0:
			empty = true
		default:
			n *= d
		}
	}
	if empty {
		n = 0
	}
	return n, true
}
