package tensor

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// seeds adds NumPy's own files.
func seeds(f *testing.F, pattern string) {
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzReadNpy: any bytes give an array that survives a round trip, or a *FormatError; both widths agree on which.
func FuzzReadNpy(f *testing.F) {
	seeds(f, "*.npy")
	f.Add(npyFile("{'descr': '<f8', 'fortran_order': True, 'shape': (70000000000, 0)}", 0))
	f.Add(npyFile("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3, 1)}", 12))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadNpy[float64](bytes.NewReader(b))
		narrow, err32 := ReadNpy[float32](struct{ *bytes.Reader }{bytes.NewReader(b)}) // does not tell its length
		if (err == nil) != (err32 == nil) {
			t.Fatalf("float64: %v, float32: %v", err, err32)
		}
		var e *FormatError
		if err != nil {
			if !errors.As(err, &e) || !errors.Is(err, ErrFormat) {
				t.Fatalf("not a *FormatError: %v", err)
			}
			return
		}
		if got.Len() > len(b) {
			t.Fatalf("%d elements from %d bytes", got.Len(), len(b))
		}
		if !slices.Equal(got.Shape(), narrow.Shape()) {
			t.Fatalf("shapes %v and %v", got.Shape(), narrow.Shape())
		}
		var out bytes.Buffer
		if err := WriteNpy(&out, got); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadNpy[float64](&out); err != nil || !again.Equal(got) {
			t.Fatalf("round trip: %v", err)
		}
	})
}

// FuzzReadNpz: any bytes give arrays that survive a round trip, or a *FormatError. The bytes are read as a whole archive, and
// as the one entry of a good archive.
func FuzzReadNpz(f *testing.F) {
	seeds(f, "*.npz")
	seeds(f, "f4*.npy")
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, file := range [][]byte{b, archive(t, zip.Deflate, "x.npy", b)} {
			got, err := ReadNpz[float64](bytes.NewReader(file), int64(len(file)))
			if err != nil {
				var e *FormatError
				if !errors.As(err, &e) || !errors.Is(err, ErrFormat) {
					t.Fatalf("not a *FormatError: %v", err)
				}
				continue
			}
			var out bytes.Buffer
			if err := WriteNpz(&out, got); err != nil {
				t.Fatal(err)
			}
			again, err := ReadNpz[float64](bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil || len(again) != len(got) {
				t.Fatalf("round trip: %v", err)
			}
			for name, x := range got {
				if !again[name].Equal(x) {
					t.Fatalf("round trip of %q", name)
				}
			}
		}
	})
}
