package tensor

import (
	"archive/zip"
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

// seeds calls add with each of NumPy's own files of a pattern.
func seeds(f *testing.F, pattern string, add func(b []byte)) {
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, p := range paths {
		add(readFile(f, filepath.Base(p)))
	}
}

// FuzzReadNpy: any bytes give an array that survives a round trip, or a *FormatError; both widths agree on which.
func FuzzReadNpy(f *testing.F) {
	seeds(f, "*.npy", func(b []byte) { f.Add(b) })
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

// FuzzReadNpz: any bytes give arrays that survive a round trip, or a *FormatError. The bytes are a whole archive (form 0), or
// the one entry of a good archive (form 1 stored, 2 deflated), since hardly any change to an archive passes its checksums.
func FuzzReadNpz(f *testing.F) {
	seeds(f, "*.npz", func(b []byte) { f.Add(b, byte(0)) })
	for form := range byte(2) {
		seeds(f, "*.npy", func(b []byte) { f.Add(b, 1+form) })
	}
	f.Fuzz(func(t *testing.T, b []byte, form byte) {
		switch form % 3 {
		case 1:
			b = archive(t, zip.Store, "x.npy", b)
		case 2:
			b = archive(t, zip.Deflate, "x.npy", b)
		}
		got, err := ReadNpz[float64](bytes.NewReader(b), int64(len(b)))
		if err != nil {
			var e *FormatError
			if !errors.As(err, &e) || !errors.Is(err, ErrFormat) {
				t.Fatalf("not a *FormatError: %v", err)
			}
			return
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
	})
}
