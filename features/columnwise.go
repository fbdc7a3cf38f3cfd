package features

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// transform is the Transform of a model that turns rows into rows of the given number of columns. stored treats what a sparse matrix
// holds, and makes zeros of zeros; where it is nil, a sparse matrix is refused with the reason why.
func transform(where string, f *ml.Fitted, x tensor.Matrix, columns, nsPerRow int, row rowFunc, stored func(j int, v float64) float64, why string) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	var out tensor.Matrix
	var bad place
	switch {
	case !isSparse(x):
		out, bad = mapRows(x, columns, nsPerRow, row)
	case stored == nil:
		return nil, denseOnly(where, why)
	default:
		out, bad = mapStored(x, stored)
	}
	if bad != noPlace {
		return nil, badNumber(where, f.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// badNumber is the error of a number that a transform cannot take.
func badNumber(where string, columns []ml.Column, i, j int, v float64) error {
	e := ml.NotFinite(where, columns, i, j, v)
	if finite(v) {
		e.Want = "a number whose transform is finite"
	}
	return e
}

// transformRow is the TransformRow of the same.
func transformRow(where string, f *ml.Fitted, dst, x []float64, columns int, row rowFunc) error {
	if err := checkRows(where, f, dst, x, columns); err != nil {
		return err
	}
	if j := row(dst, x); j >= 0 {
		return badNumber(where, f.Columns, 0, j, x[j])
	}
	return nil
}

// denseOnly is the error of a sparse matrix that would have to become dense.
func denseOnly(where, why string) error {
	return &ml.Error{Where: where, Field: "X", Found: "sparse (CSR)", Want: "a dense matrix" + why, Kind: ml.ErrConfig}
}

// affine is z = (x - shift) / scale + offset for each column, kept between low and high.
type affine struct {
	shift, scale, offset []float64
	low, high            float64 // -Inf and +Inf: no bounds
}

func (a *affine) row(dst, src []float64) int {
	shift, scale, offset := a.shift[:len(src)], a.scale[:len(src)], a.offset[:len(src)]
	clip := a.low > math.Inf(-1)
	for j, v := range src {
		if math.IsInf(v, 0) {
			return j
		}
		v = (v-shift[j])/scale[j] + offset[j]
		if clip {
			v = min(max(v, a.low), a.high)
		}
		dst[j] = v
	}
	return -1
}

func (a *affine) inverseRow(dst, src []float64) int {
	shift, scale, offset := a.shift[:len(src)], a.scale[:len(src)], a.offset[:len(src)]
	for j, v := range src {
		if math.IsInf(v, 0) {
			return j
		}
		dst[j] = (v-offset[j])*scale[j] + shift[j]
	}
	return -1
}

// stored is row for what a sparse matrix holds: only for columns without shift and offset.
func (a *affine) stored(j int, v float64) float64 {
	return min(max(v/a.scale[j], a.low), a.high)
}

func (a *affine) inverseStored(j int, v float64) float64 { return v * a.scale[j] }

// transform and inverse apply it; centred says that a sparse matrix would lose its zeros, and why.
func (a *affine) transform(where string, f *ml.Fitted, x tensor.Matrix, centred bool, why string) (tensor.Matrix, error) {
	stored := a.stored
	if centred {
		stored = nil
	}
	return transform(where, f, x, len(a.scale), 2*len(a.scale), a.row, stored, why)
}

func (a *affine) inverse(where string, f *ml.Fitted, x tensor.Matrix, centred bool, why string) (tensor.Matrix, error) {
	stored := a.inverseStored
	if centred {
		stored = nil
	}
	return transform(where, f, x, len(a.scale), 2*len(a.scale), a.inverseRow, stored, why)
}

// checkArrays makes sure that a model's arrays, read from a file, have one finite number for each of p columns.
func checkArrays(where string, p int, named map[string][]float64) error {
	for name, values := range named {
		if len(values) != p {
			return badFile(where, name, lengthOf(len(values)), lengthOf(p))
		}
		for _, v := range values {
			if !finite(v) {
				return badFile(where, name, "a number that is not finite", "finite numbers")
			}
		}
	}
	return nil
}

// extremes are the smallest and the greatest value of each column, and the weight of its values.
type extremes struct{ low, high, weight []float64 }

func newExtremes(p int) extremes {
	e := extremes{make([]float64, p), make([]float64, p), make([]float64, p)}
	for j := range p {
		e.low[j], e.high[j] = math.Inf(1), math.Inf(-1)
	}
	return e
}

func (a extremes) add(b extremes) extremes {
	for j, w := range b.weight {
		a.low[j], a.high[j] = min(a.low[j], b.low[j]), max(a.high[j], b.high[j])
		a.weight[j] += w
	}
	return a
}

func (a extremes) count(j int, v, w float64) {
	if v != v {
		return
	}
	if v < a.low[j] {
		a.low[j] = v
	}
	if v > a.high[j] {
		a.high[j] = v
	}
	a.weight[j] += w
}

// columnExtremes goes through the rows once. Missing values do not count, nor do rows of weight 0.
func columnExtremes(x tensor.Matrix, weight []float64) extremes {
	from := rows.Of(x)
	n, p := from.Dims()
	return reduceRows(n, p, func(lo, hi int) extremes {
		e := newExtremes(p)
		if from.Sparse() {
			e.sparse(from, lo, hi, weight)
			return e
		}
		buf := make([]float64, p)
		for i := lo; i < hi; i++ {
			if w := weightOf(weight, i); w > 0 {
				for j, v := range from.Row(i, buf) {
					e.count(j, v, w)
				}
			}
		}
		return e
	}, extremes.add)
}

// sparse counts what is not stored as zeros, without visiting it.
func (a extremes) sparse(x rows.Rows, lo, hi int, weight []float64) {
	stored := make([]int, len(a.low))
	without := make([]float64, len(a.low)) // weight of the rows that store the column
	counted, total := 0, 0.0
	var buf rows.Entries
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		counted++
		total += w
		js, vs := x.NZ(i, &buf)
		for k, j := range js {
			stored[j]++
			without[j] += w
			a.count(int(j), vs[k], w)
		}
	}
	for j, s := range stored {
		if s < counted {
			a.count(j, 0, total-without[j])
		}
	}
}

func lengthOf(n int) string { return fmt.Sprintf("%d long", n) }

// reduceRows joins what f finds in chunks of rows of p columns, which depend on the size alone.
func reduceRows[T any](n, p int, f func(lo, hi int) T, join func(a, b T) T) T {
	grain := max(256, par.Grain(4*p)) // chunks of fewer rows would hold more state than data
	return par.Reduce(n, grain, func(_, lo, hi int) T { return f(lo, hi) }, join)
}
