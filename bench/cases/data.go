package cases

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml/tensor"
)

// Data is one data set: the arrays NAME.PART.npy of a folder, the same bytes that the peers read, or, without
// a folder, arrays of the same shapes and distributions drawn here.
type Data struct {
	parts map[string]*tensor.Tensor[float64]
	texts []string // of docs20k alone
	dir   string   // "" if they were drawn
}

// Open reads a data set from a folder, or draws it if dir is "". The name "" is the empty set.
func Open(dir, name string) (*Data, error) {
	if name == "" {
		return &Data{}, nil
	}
	if name == textSet {
		return openTexts(dir)
	}
	s, ok := sets[name]
	if !ok {
		return nil, fmt.Errorf("cases: no data set %q", name)
	}
	d := &Data{parts: map[string]*tensor.Tensor[float64]{}, dir: dir}
	if dir == "" {
		for i, t := range s.draw() {
			d.parts[s.parts[i]] = t
		}
		return d, nil
	}
	for _, part := range s.parts {
		t, err := readNpy(filepath.Join(dir, name+"."+part+".npy"))
		if err != nil {
			return nil, err
		}
		d.parts[part] = t
	}
	return d, nil
}

func readNpy(path string) (*tensor.Tensor[float64], error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return tensor.ReadNpy[float64](f)
}

// Float returns a part in float64.
func (d *Data) Float(part string) *tensor.Tensor[float64] {
	t, ok := d.parts[part]
	if !ok {
		panic("cases: the data set has no part " + part)
	}
	return t
}

// Float32 returns a part in float32.
func (d *Data) Float32(part string) *tensor.Tensor[float32] { return d.Float(part).To32() }

// Values returns a part of rank 1.
func (d *Data) Values(part string) []float64 { return d.Float(part).Data() }

// Codes returns a part of rank 1 as class codes.
func (d *Data) Codes(part string) []int {
	v := d.Values(part)
	codes := make([]int, len(v))
	for i, c := range v {
		codes[i] = int(c)
	}
	return codes
}

// rowsInTurn returns the rows of x one after the other, over and over: a single row would stay in the nearest cache.
func rowsInTurn[T tensor.Float](x *tensor.Tensor[T]) func() []T {
	n, _ := x.Dims()
	n = min(n, 256)
	i := -1
	return func() []T {
		if i++; i == n {
			i = 0
		}
		return x.Row(i)
	}
}
