package mltest

import (
	"fmt"
	"math"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// sample is rows to learn from and rows to ask about.
type sample struct {
	name  string
	data  ml.AnyData
	probe *tensor.Tensor[float64]
}

// x is the training matrix: every sample's is dense and of float64.
func (s sample) x() *tensor.Tensor[float64] { return s.data.X.(*tensor.Tensor[float64]) }

// samples are the user's own, or two of each task: one bare, one with names, classes, weights and groups.
func samples(s *subject, o options) ([]sample, error) {
	if o.data == nil {
		return []sample{generate(s.target, 90, 4, 2, 1), generate(s.target, 120, 5, 3, 2).dressed()}, nil
	}
	var out []sample
	for i, d := range o.data {
		if plain(d.X) == nil || d.Rows() == 0 {
			return nil, fmt.Errorf("mltest.Data %d has no rows", i)
		}
		if s.target != nil && (d.Y == nil || reflect.TypeOf(d.Y).Elem() != s.target) {
			return nil, fmt.Errorf("mltest.Data %d has targets of type %T, %s learns []%v", i, d.Y, s.name, s.target)
		}
		if s.target == nil {
			d = d.Table.Any()
		}
		d = copyData(d)
		out = append(out, sample{fmt.Sprintf("Data %d", i), d, tensor.FromMatrix[float64](d.X).Take(every(d.Rows(), 15))})
	}
	return out, nil
}

// every is about k indices spread over 0..n-1.
func every(n, k int) []int {
	step := max(n/max(k, 1), 1)
	var idx []int
	for i := 0; i < n; i += step {
		idx = append(idx, i)
	}
	return idx
}

// generate makes rows in groups whose centres lie apart, with targets of the given type. A quarter of the numbers are
// exact zeros, for sparse storage to leave out; the others use all bits of a float64, so that the order of a sum shows.
func generate(target reflect.Type, n, p, groups int, seed uint64) sample {
	const extra = 15
	r := rng.New(seed, 0)
	centre := make([]float64, groups*p)
	rng.Normal(r, centre, 0, 1)
	x := tensor.New[float64](n+extra, p)
	group := make([]int, n+extra)
	for i := range n + extra {
		g := i % groups
		group[i] = g
		row := x.Row(i)
		rng.Normal(r, row, 0, 1)
		for j := range row {
			apart := 0.0
			if j%groups == g {
				apart = 3
			}
			row[j] += centre[g*p+j] + apart
			if r.Uint64N(4) == 0 {
				row[j] = 0
			}
		}
	}
	noise := make([]float64, n)
	rng.Normal(r, noise, 0, 0.3)
	d := ml.AnyData{Table: ml.Table{X: tensor.FromMatrix[float64](x.Rows(0, n))}}
	switch target {
	case reflect.TypeFor[int]():
		d.Y = append([]int(nil), group[:n]...)
	case reflect.TypeFor[float64]():
		d.Y = numbers(x, noise, 0)
	case reflect.TypeFor[[]float64]():
		a, b := numbers(x, noise, 0), numbers(x, noise, 1)
		y := make([][]float64, n)
		for i := range y {
			y[i] = []float64{a[i], b[i]}
		}
		d.Y = y
	case reflect.TypeFor[[]int]():
		a := numbers(x, noise, 0)
		y := make([][]int, n)
		for i := range y {
			y[i] = []int{group[i] & 1, 0}
			if a[i] > 1 {
				y[i][1] = 1
			}
		}
		d.Y = y
	}
	return sample{fmt.Sprintf("%d rows in %d groups", n, groups), d, tensor.FromMatrix[float64](x.Rows(n, n+extra))}
}

// numbers are targets: linear in the columns, with a bend and noise.
func numbers(x *tensor.Tensor[float64], noise []float64, shift int) []float64 {
	y := make([]float64, len(noise))
	for i := range y {
		y[i] = 1 + noise[i]
		for j, v := range x.Row(i) {
			y[i] += v * (1 - float64((j+shift)%3))
		}
		y[i] += 0.2 * math.Abs(x.At(i, 0))
	}
	return y
}

// dressed adds what rows may carry beyond numbers.
func (s sample) dressed() sample {
	n, p := s.data.X.Dims()
	s.name += " with names, weights and groups"
	for j := range p {
		s.data.Columns = append(s.data.Columns, ml.Column{Name: fmt.Sprintf("column %c", 'a'+j)})
	}
	for i := range n {
		s.data.Weight = append(s.data.Weight, 0.5+float64(i%4)/2)
		s.data.Group = append(s.data.Group, i%7)
	}
	if _, codes := s.data.Y.([]int); codes {
		for k := range s.data.K() {
			s.data.Classes = append(s.data.Classes, fmt.Sprintf("class %c", 'A'+k))
		}
	}
	return s
}

// copyData copies the rows with everything they carry; X becomes dense.
func copyData(d ml.AnyData) ml.AnyData {
	out := ml.AnyData{Y: copyOf(d.Y), Classes: copyOf(d.Classes)}
	out.X = tensor.FromMatrix[float64](d.X)
	out.Columns, out.Weight, out.Group = copyOf(d.Columns), copyOf(d.Weight), copyOf(d.Group)
	if d.Valid != nil {
		v := copyData(*d.Valid)
		out.Valid = &v
	}
	return out
}

// pick selects rows with their targets.
func pick(d ml.AnyData, rows []int) ml.AnyData {
	d.Table = d.Table.Select(rows)
	if d.Y != nil {
		from := reflect.ValueOf(d.Y)
		y := reflect.MakeSlice(from.Type(), len(rows), len(rows))
		for i, r := range rows {
			y.Index(i).Set(from.Index(r))
		}
		d.Y = y.Interface()
	}
	return d
}

// with replaces the matrix.
func with(d ml.AnyData, x tensor.Matrix) ml.AnyData {
	d.X = x
	return d
}

// changed is d with a copied matrix that edit may write to.
func changed(d ml.AnyData, edit func(x *tensor.Tensor[float64])) ml.AnyData {
	x := tensor.FromMatrix[float64](d.X)
	edit(x)
	return with(d, x)
}

// categorical says whether column j holds codes.
func categorical(d ml.AnyData, j int) bool {
	return j < len(d.Columns) && d.Columns[j].Kind == ml.Categorical
}

// numeric is the first column that holds quantities, -1 if none does.
func numeric(d ml.AnyData) int {
	_, p := d.X.Dims()
	for j := range p {
		if !categorical(d, j) {
			return j
		}
	}
	return -1
}

func upTo(n int) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	return idx
}
