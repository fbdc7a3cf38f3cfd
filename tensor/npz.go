package tensor

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// deflateMost is more than the largest factor by which the deflate format can shrink data (1032).
const deflateMost = 1040

// ReadNpz reads arrays from a NumPy .npz archive of the given size in bytes, stored (numpy.savez) or compressed
// (numpy.savez_compressed), by name. With names, it reads those and no others, which may then be of types that [ReadNpy]
// cannot read; a name that is not there is an error. All elements are converted to T, as ReadNpy does.
//
// An archive that is not valid gives a [*FormatError]. An array that claims more bytes than its part of the archive can
// hold is refused before any memory is taken for it. But deflated zeros do hold a thousand times their size: who reads archives
// from strangers should bound the size, and ask for the names they need.
func ReadNpz[T Float](r io.ReaderAt, size int64, names ...string) (map[string]*Tensor[T], error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &FormatError{Where: "npz", Found: "no zip archive", Want: "one", Reason: err}
	}
	files := map[string]*zip.File{}
	packed := uint64(0)
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if _, twice := files[name]; !ok || twice {
			if len(names) > 0 && !slices.Contains(names, name) {
				continue
			}
			return nil, &FormatError{Where: fmt.Sprintf("npz entry %q", f.Name), Found: "this name", Want: "different names that end in .npy"}
		}
		files[name] = f
		// Entries that share bytes would let a small file hold any amount of data.
		if packed += f.CompressedSize64; f.CompressedSize64 > uint64(size) || packed > uint64(size) {
			return nil, &FormatError{Where: fmt.Sprintf("npz entry %q", f.Name), Found: fmt.Sprintf("%d compressed bytes so far", packed),
				Want: fmt.Sprintf("at most the %d of the archive", size)}
		}
	}
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(files))
	}
	out := make(map[string]*Tensor[T], len(names))
	for _, name := range names {
		f, ok := files[name]
		if !ok {
			return nil, &FormatError{Where: "npz", Found: fmt.Sprintf("arrays %q", slices.Sorted(maps.Keys(files))), Want: fmt.Sprintf("array %q", name)}
		}
		if out[name], err = readNpzEntry[T](f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readNpzEntry[T Float](f *zip.File) (*Tensor[T], error) {
	where := fmt.Sprintf("npz entry %q", f.Name)
	most := f.CompressedSize64
	if f.Method == zip.Deflate {
		most *= deflateMost
	}
	if f.UncompressedSize64 > most {
		return nil, &FormatError{Where: where, Found: fmt.Sprintf("a claim of %d bytes", f.UncompressedSize64),
			Want: fmt.Sprintf("at most %d in %d compressed bytes", most, f.CompressedSize64)}
	}
	r, err := f.Open()
	if err != nil {
		return nil, &FormatError{Where: where, Found: "an entry that cannot be opened", Want: "a stored or deflated one", Reason: err}
	}
	t, err := readNpy[T](r, where, int64(f.UncompressedSize64), f.Method == zip.Store)
	if err != nil {
		r.Close()
		return nil, err
	}
	// Reading to the end also checks the checksum.
	var one [1]byte
	n, err := io.ReadFull(r, one[:])
	if n > 0 {
		r.Close()
		return nil, &FormatError{Where: where, Found: "bytes after the array", Want: "one array"}
	}
	if err != io.EOF {
		r.Close()
		return nil, &FormatError{Where: where, Found: "a damaged entry", Want: "one with the right checksum", Reason: err}
	}
	if err := r.Close(); err != nil {
		return nil, &FormatError{Where: where, Found: "a damaged entry", Want: "a whole one", Reason: err}
	}
	return t, nil
}

// WriteNpz writes arrays as a NumPy .npz archive, without compression as numpy.savez does, in the order of their names. The
// same arrays give the same bytes. It returns the error of w.
func WriteNpz[T Float](w io.Writer, arrays map[string]*Tensor[T]) error {
	return writeNpz(w, arrays, zip.Store)
}

// WriteNpzCompressed writes arrays as [WriteNpz] does, deflated as by numpy.savez_compressed.
func WriteNpzCompressed[T Float](w io.Writer, arrays map[string]*Tensor[T]) error {
	return writeNpz(w, arrays, zip.Deflate)
}

func writeNpz[T Float](w io.Writer, arrays map[string]*Tensor[T], method uint16) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		// The date is the first that a zip archive can hold, as in NumPy.
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: method, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		if err := WriteNpy(entry, arrays[name]); err != nil {
			return err
		}
	}
	return z.Close()
}
