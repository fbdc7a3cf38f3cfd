package tensor

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestReadNpzFromNumPy(t *testing.T) {
	g := loadNpyGolden(t)
	x, y := g.Arrays["f8.npy"].tensor(), g.Arrays["f4.npy"].tensor()
	file := readFile(t, "plain.npz")
	got, err := ReadNpz[float64](bytes.NewReader(file), int64(len(file)))
	if err != nil || len(got) != 2 || !got["x"].Equal(x) || !got["y"].Equal(y) {
		t.Errorf("plain.npz: %v %v", got, err)
	}
	file = readFile(t, "compressed.npz")
	got, err = ReadNpz[float64](bytes.NewReader(file), int64(len(file)))
	if err != nil || len(got) != 2 || !got["x"].Equal(New[float64](50, 20)) || !got["y"].Equal(g.Arrays["f8_fortran.npy"].tensor()) {
		t.Errorf("compressed.npz: %v %v", got, err)
	}
	// One of the arrays holds strings: those of numbers can still be read by name.
	file = readFile(t, "stored.npz")
	if _, err = ReadNpz[float64](bytes.NewReader(file), int64(len(file))); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), `"names.npy"`) {
		t.Errorf("stored.npz: %v", err)
	}
	got, err = ReadNpz[float64](bytes.NewReader(file), int64(len(file)), "y", "x")
	if err != nil || len(got) != 2 || !got["x"].Equal(x) || !got["y"].Equal(g.Arrays["i8.npy"].tensor()) {
		t.Errorf("stored.npz by name: %v %v", got, err)
	}
	if _, err = ReadNpz[float64](bytes.NewReader(file), int64(len(file)), "z"); !errors.Is(err, ErrFormat) {
		t.Errorf("a name that is not there: %v", err)
	}
}

func TestNpzRoundTrip(t *testing.T) {
	arrays := map[string]*Tensor[float32]{
		"b": Normal[float32](1, 0, 1, 300, 40), "a": Scalar[float32](3), "with/path": New[float32](0, 3), "": Ones[float32](2),
	}
	for name, write := range map[string]func(w *bytes.Buffer) error{
		"stored":   func(w *bytes.Buffer) error { return WriteNpz(w, arrays) },
		"deflated": func(w *bytes.Buffer) error { return WriteNpzCompressed(w, arrays) },
		"empty":    func(w *bytes.Buffer) error { return WriteNpz[float32](w, nil) },
	} {
		var first, second bytes.Buffer
		if write(&first) != nil || write(&second) != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: writing twice gives other bytes", name)
		}
		got, err := ReadNpz[float32](bytes.NewReader(first.Bytes()), int64(first.Len()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name != "empty" && !maps.EqualFunc(got, arrays, (*Tensor[float32]).Equal) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := WriteNpz(&limitedWriter{left: 100, err: errors.ErrUnsupported}, arrays); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a full disk: %v", err)
	}
}

// archive makes a zip file of the given entries.
func archive(t testing.TB, method uint16, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for k := 0; k < len(entries); k += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: entries[k].(string), Method: method})
		if err == nil {
			_, err = w.Write(entries[k+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadNpzRefuses(t *testing.T) {
	good := npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}\n", 24)
	claim := npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,)}\n", 24)
	damaged := archive(t, zip.Store, "x.npy", good)
	damaged[bytes.Index(damaged, []byte("NUMPY"))+len(good)-10] ^= 1 // in the data: only the checksum tells
	cases := map[string][]byte{
		"no archive":             []byte("hello"),
		"nothing":                nil,
		"another file":           archive(t, zip.Store, "x.txt", good),
		"a name twice":           archive(t, zip.Store, "x.npy", good, "x.npy", good),
		"bytes behind the array": archive(t, zip.Store, "x.npy", append(slices.Clone(good), 0)),
		"a cut array":            archive(t, zip.Deflate, "x.npy", good[:len(good)-1]),
		"an empty entry":         archive(t, zip.Store, "x.npy", []byte(nil)),
		"a claim":                archive(t, zip.Deflate, "x.npy", claim),
		"a damaged array":        damaged,
	}
	for what, file := range cases {
		if got, err := ReadNpz[float64](bytes.NewReader(file), int64(len(file))); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v %v", what, got, err)
		}
	}
	// A header that lies about the size of an entry, in any of its size fields.
	file := archive(t, zip.Deflate, "x.npy", good)
	at := bytes.Index(file, []byte("PK\x01\x02"))
	for _, field := range []int{20, 24} { // compressed, uncompressed size
		lie := slices.Clone(file)
		copy(lie[at+field:], "\xf0\xff\xff\x7f")
		if _, err := ReadNpz[float64](bytes.NewReader(lie), int64(len(lie))); !errors.Is(err, ErrFormat) {
			t.Errorf("a lie at %d: %v", field, err)
		}
	}
	// A stored entry whose array and size both claim 1.6 GB.
	stored := archive(t, zip.Store, "x.npy", npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (200000000,)}", 8))
	copy(stored[bytes.Index(stored, []byte("PK\x01\x02"))+24:], "\x00\x00\x00\x70")
	if _, err := ReadNpz[float64](bytes.NewReader(stored), int64(len(stored))); err == nil || !strings.Contains(err.Error(), "a claim of") {
		t.Errorf("a stored lie: %v", err)
	}
	// Entries that share their bytes.
	entry := file[at:bytes.LastIndex(file, []byte("PK\x05\x06"))]
	end := slices.Clone(file[at+len(entry):])
	shared := slices.Clone(file[:at])
	const copies = 60
	for k := range copies {
		e := slices.Clone(entry)
		shared = append(shared, bytes.Replace(e, []byte("x.npy"), []byte(fmt.Sprintf("%c.npy", 'A'+k)), 1)...)
	}
	end[8], end[10] = copies, copies
	n := len(entry) * copies
	end[12], end[13] = byte(n), byte(n>>8)
	shared = append(shared, end...)
	if z, err := zip.NewReader(bytes.NewReader(shared), int64(len(shared))); err != nil || len(z.File) != copies {
		t.Fatalf("the test's archive is not what it should be: %v", err)
	}
	_, err := ReadNpz[float64](bytes.NewReader(shared), int64(len(shared)))
	if e := new(FormatError); !errors.As(err, &e) || !strings.Contains(e.Found, "compressed bytes so far") {
		t.Errorf("shared bytes: %v", err)
	}
}
