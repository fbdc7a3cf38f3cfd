package tensor

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// number is a float64 as the golden files spell it: NaN and infinities are strings.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = number(v)
	return err
}

type npyArray struct {
	DType   string
	Fortran bool
	Shape   []int
	Values  []number
}

func (a npyArray) tensor() *Tensor[float64] {
	t := New[float64](a.Shape...)
	for i, v := range a.Values {
		t.data[i] = float64(v)
	}
	return t
}

type npyGolden struct {
	Arrays map[string]npyArray
	Two    []npyArray
}

// loadNpyGolden reads what internal/golden/tensor_npy.py says that its files hold.
func loadNpyGolden(t testing.TB) npyGolden {
	t.Helper()
	var g npyGolden
	if err := json.Unmarshal(readFile(t, "npy.json"), &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Arrays) < 30 {
		t.Fatalf("only %d arrays", len(g.Arrays))
	}
	return g
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bits compares elements bit by bit, but for NaN: the values of every test are exact in both widths or rounded once.
func bits[T Float](a, b *Tensor[T]) bool {
	return a.Equal(b) && slices.EqualFunc(a.Data(), b.Data(), func(x, y T) bool { return math.Signbit(float64(x)) == math.Signbit(float64(y)) || x != x })
}

func TestReadNpyFromNumPy(t *testing.T) {
	for name, a := range loadNpyGolden(t).Arrays {
		want, file := a.tensor(), readFile(t, name)
		// A reader that tells its length, one that does not, and one that gives a byte at a time.
		for _, r := range []io.Reader{bytes.NewReader(file), io.MultiReader(bytes.NewReader(file)), iotest.OneByteReader(bytes.NewReader(file))} {
			if got, err := ReadNpy[float64](r); err != nil || !bits(got, want) {
				t.Errorf("%s: %v, %v\nwant %v", name, err, got, want)
			}
		}
		// Integers of 64 bits convert to float32 in one rounding, not by way of float64: none of these tells the difference.
		if got, err := ReadNpy[float32](bytes.NewReader(file)); err != nil || !bits(got, want.To32()) {
			t.Errorf("%s as float32: %v, %v\nwant %v", name, err, got, want)
		}
	}
}

// What NumPy would have written for the same array is what we write, byte for byte.
func TestWriteNpyIsWhatNumPyWrites(t *testing.T) {
	compared := 0
	for name, a := range loadNpyGolden(t).Arrays {
		if a.Fortran || name == "version2.npy" || name == "version3.npy" {
			continue
		}
		// Through the reader, as JSON does not carry the bits of a NaN.
		var b bytes.Buffer
		want := readFile(t, name)
		var err error
		switch a.DType {
		case "<f8":
			err = rewrite[float64](&b, want)
		case "<f4":
			err = rewrite[float32](&b, want)
		default:
			continue
		}
		compared++
		if err != nil || !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s: %v\n%q\nwant\n%q", name, err, b.Bytes(), want)
		}
	}
	if compared < 7 {
		t.Errorf("only %d files compared", compared)
	}
	long, err := strconv.Atoi("123456789012")
	if err != nil {
		return // int has 32 bits
	}
	if got, want := npyHeader([]int{long, 3}, 4), readFile(t, "long_axis.header"); !bytes.Equal(got, want) {
		t.Errorf("header of a long axis\n%q\nwant\n%q", got, want)
	}
}

func rewrite[T Float](w io.Writer, file []byte) error {
	t, err := ReadNpy[T](bytes.NewReader(file))
	if err != nil {
		return err
	}
	return WriteNpy(w, t)
}

func TestNpyRoundTrip(t *testing.T) {
	shapes := [][]int{{}, {0}, {1}, {5}, {3, 4}, {0, 4}, {4, 0}, {2, 3, 4}, {1, 1, 1, 1, 1, 1, 1}, {70_001}, {90, 101}, {2, 8192}, {3, 8193}}
	for _, s := range shapes {
		x := Normal[float64](1, 0, 1, s...)
		roundTrip(t, x)
		roundTrip(t, x.To32())
		if len(s) > 0 {
			roundTrip(t, somewhere(x))
		}
		// The header's length is a multiple of 64 whatever the shape.
		if n := len(npyHeader(s, 8)); n%64 != 0 {
			t.Errorf("%v: a header of %d bytes", s, n)
		}
	}
}

func roundTrip[T Float](t *testing.T, x *Tensor[T]) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteNpy(&b, x); err != nil {
		t.Fatal(err)
	}
	file := slices.Clone(b.Bytes())
	for _, r := range []io.Reader{&b, iotest.HalfReader(bytes.NewReader(file))} {
		if got, err := ReadNpy[T](r); err != nil || !got.Equal(x) {
			t.Fatalf("shape %v: %v", x.Shape(), err)
		}
	}
	if b.Len() != 0 {
		t.Errorf("shape %v: %d bytes left", x.Shape(), b.Len())
	}
}

func TestReadNpyStopsAfterTheArray(t *testing.T) {
	g := loadNpyGolden(t)
	f, err := os.Open(filepath.Join("testdata", "two.npy"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, want := range g.Two {
		if got, err := ReadNpy[float64](f); err != nil || !got.Equal(want.tensor()) {
			t.Errorf("%v %v", got, err)
		}
	}
	if _, err := ReadNpy[float64](f); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, ErrFormat) {
		t.Errorf("after the last array: %v", err)
	}
}

// npyFile is a version 1.0 file with the given header text and data.
func npyFile(header string, data int) []byte {
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestReadNpyRefuses(t *testing.T) {
	good := "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n"
	if _, err := ReadNpy[float64](bytes.NewReader(npyFile(good, 8))); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ what, where, header string }{
		{"no dictionary", "npy header, byte 0", "['descr']"},
		{"nothing", "npy header, byte 0", ""},
		{"a missing key", "npy header", "{'descr': '<f8', 'fortran_order': False}"},
		{"an unknown key", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': (1,)}"},
		{"a key twice", "npy header", "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}"},
		{"text behind", "npy header", strings.TrimSpace(good) + "x\n"},
		{"two line ends", "npy header", good + "\n"},
		{"no comma between keys", "npy header", "{'descr': '<f8' 'fortran_order': False, 'shape': (1,)}"},
		{"a number where a bool belongs", "npy header", "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}"},
		{"an integer as shape", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (1)}"},
		{"a list as shape", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': [1]}"},
		{"a negative axis", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"},
		{"an axis beyond int", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"},
		{"a product beyond int", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"},
		{"bytes beyond int", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}"},
		{"rows without columns beyond reason", "npy header", "{'descr': '<f8', 'fortran_order': True, 'shape': (1152921504606846976, 0)}"},
		{"too many axes", "npy header", "{'descr': '<f8', 'fortran_order': False, 'shape': (" + strings.Repeat("1, ", 65) + ")}"},
		{"an open string", "npy header", "{'descr': '<f8"},
		{"an escape", "npy header", `{'descr': '\x3cf8', 'fortran_order': False, 'shape': (1,)}`},
		{"a structured type", "npy header", "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,)}"},
	}
	for _, d := range []string{"<f2", "<f16", "<c16", "|O", "<U3", "|S8", "|f8", "=f8", "f8", "<M8[ns]", "<i3", "|i2", "|b8", "", "<f"} {
		cases = append(cases, struct{ what, where, header string }{"type " + d, "npy header", "{'descr': '" + d + "', 'fortran_order': False, 'shape': (1,)}"})
	}
	for _, c := range cases {
		_, err := ReadNpy[float64](bytes.NewReader(npyFile(c.header, 64)))
		var e *FormatError
		if !errors.As(err, &e) || !errors.Is(err, ErrFormat) || !strings.HasPrefix(e.Where, c.where) || e.Found == "" || e.Want == "" {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	// Python 2 and hand-written headers.
	for _, h := range []string{
		`{"shape": (1L,), "fortran_order": False, "descr": ">f8"}`,
		"{'descr':'<f8','fortran_order':False,'shape':(1,)}",
		"  { 'descr' : '<f8' , 'fortran_order' : True , 'shape' : ( 1 , ) , }   ",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n",
	} {
		if got, err := ReadNpy[float64](bytes.NewReader(npyFile(h, 8))); err != nil || got.Len() != 1 {
			t.Errorf("%s: %v", h, err)
		}
	}
	for what, change := range map[string]func(b []byte) []byte{
		"a bad magic":        func(b []byte) []byte { b[1] = 'n'; return b },
		"version 0":          func(b []byte) []byte { b[6] = 0; return b },
		"version 4":          func(b []byte) []byte { b[6] = 4; return b },
		"version 1.1":        func(b []byte) []byte { b[7] = 1; return b },
		"a header too short": func(b []byte) []byte { return b[:30] },
		"a length too short": func(b []byte) []byte { return b[:9] },
		"half a magic":       func(b []byte) []byte { return b[:4] },
		"nothing":            func(b []byte) []byte { return nil },
		"data too short":     func(b []byte) []byte { return b[:len(b)-1] },
		"a version 2 header of 4 GB": func(b []byte) []byte {
			return append([]byte(npyMagic), 2, 0, 0xff, 0xff, 0xff, 0xff)
		},
	} {
		b := change(npyFile(good, 8))
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.DataErrReader(bytes.NewReader(b))} {
			if _, err := ReadNpy[float64](r); !errors.Is(err, ErrFormat) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	broken := errors.New("disk on fire")
	r := io.MultiReader(bytes.NewReader(npyFile(good, 3)), iotest.ErrReader(broken))
	if _, err := ReadNpy[float64](r); !errors.Is(err, broken) || !errors.Is(err, ErrFormat) {
		t.Errorf("a read error: %v", err)
	}
}

// A small file that claims to be large takes no memory, whether the reader tells its length or not.
func TestReadNpyDoesNotTrustItsLength(t *testing.T) {
	for _, shape := range []string{"(1000000000000,)", "(1000000, 1000000)", "(500000000,)"} {
		for _, version := range []byte{1, 2} {
			file := npyFile("{'descr': '<f8', 'fortran_order': True, 'shape': "+shape+"}\n", 1000)
			if version == 2 {
				file[6] = 2
				file = slices.Insert(file, 10, 0, 0)
			}
			path := filepath.Join(t.TempDir(), "small.npy")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []io.Reader{bytes.NewReader(file), io.MultiReader(bytes.NewReader(file)), f} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := ReadNpy[float64](r)
				runtime.ReadMemStats(&after)
				if !errors.Is(err, ErrFormat) {
					t.Errorf("%s: %v", shape, err)
				}
				// One chunk and the first piece of the result: 64 KiB and 2 MiB.
				if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
					t.Errorf("%s from a %T: %d bytes allocated", shape, r, grown)
				}
			}
			f.Close()
		}
	}
}

// Memory grows in proportion to what has been read, however much is claimed.
func TestReadNpyGrowsWithItsData(t *testing.T) {
	const data = 3 << 20
	file := npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (200000000,)}", data)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ReadNpy[float64](io.MultiReader(bytes.NewReader(file)))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	// The pieces double, and the last one is at most twice the data: 2, 4 MiB and a chunk.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4*data {
		t.Errorf("%d bytes allocated for %d read", grown, data)
	}
}

func TestWriteNpyErrors(t *testing.T) {
	full := errors.New("disk full")
	for room := range 5 {
		w := &limitedWriter{left: room * 100_000, err: full}
		if err := WriteNpy(w, New[float64](60_000)); !errors.Is(err, full) {
			t.Errorf("%d bytes of room: %v", room*100_000, err)
		}
	}
	shape := slices.Repeat([]int{1}, 65)
	var e *ShapeError
	if err := WriteNpy(io.Discard, New[float64](shape...)); !errors.As(err, &e) {
		t.Errorf("65 axes: %v", err)
	}
}

type limitedWriter struct {
	left int
	err  error
}

func (w *limitedWriter) Write(b []byte) (int, error) {
	if len(b) > w.left {
		return 0, w.err
	}
	w.left -= len(b)
	return len(b), nil
}

func BenchmarkReadNpy(b *testing.B) {
	for _, order := range []byte{'<', '>'} {
		b.Run(fmt.Sprintf("float64%cf8", order), func(b *testing.B) { benchmarkReadNpy[float64](b, order) })
	}
	b.Run("float32<f8", func(b *testing.B) { benchmarkReadNpy[float32](b, '<') })
}

func benchmarkReadNpy[T Float](b *testing.B, order byte) {
	var file bytes.Buffer
	if err := WriteNpy(&file, New[float64](1<<17)); err != nil {
		b.Fatal(err)
	}
	data := file.Bytes()
	data[bytes.IndexByte(data, '<')] = order
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := ReadNpy[T](bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}
