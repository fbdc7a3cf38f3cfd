package features

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// transform is the Transform of a model that turns rows into rows of the given number of columns. stored treats what a sparse matrix
// holds, and makes zeros of zeros; where it is nil, a sparse matrix is refused with the reason why.
func transform(where string, f *ml.Fitted, x tensor.Matrix, columns, nsPerRow int, row rowFunc, stored func(j int, v float64) float64, why string) (tensor.Matrix, error) {
	return mapping{columns: columns, nsPerRow: nsPerRow, row: row}.transform(where, f, x, stored, why)
}

func (m mapping) transform(where string, f *ml.Fitted, x tensor.Matrix, stored func(j int, v float64) float64, why string) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	var out tensor.Matrix
	var bad place
	switch {
	case !isSparse(x):
		out, bad = m.rows(x)
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

// transformInto is the TransformInto of the same, for which a sparse matrix is no special case: dst is dense.
func (m mapping) transformInto(where string, f *ml.Fitted, dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.into(where, f, dst, x, func(i, j int, v float64) error { return badNumber(where, f.Columns, i, j, v) })
}

// into is transformInto with an error of its own for a number v at (i, j) that row refuses.
func (m mapping) into(where string, f *ml.Fitted, dst *tensor.Tensor[float64], x tensor.Matrix, refuse func(i, j int, v float64) error) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, m.columns); err != nil {
		return err
	}
	if bad := mapInto(dst, x, m); bad != noPlace {
		return refuse(bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return nil
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
	low, high            float64
}

// newAffine moves nothing and has no bounds.
func newAffine(p int) affine {
	a := affine{shift: make([]float64, p), scale: make([]float64, p), offset: make([]float64, p), low: math.Inf(-1), high: math.Inf(1)}
	for j := range p {
		a.offset[j] = math.Copysign(0, -1) // 0 would change the sign of -0
	}
	return a
}

func (a *affine) row(dst, src []float64) int {
	shift, scale, offset := a.shift[:len(src)], a.scale[:len(src)], a.offset[:len(src)]
	for j, v := range src {
		if math.IsInf(v, 0) {
			return j
		}
		v = (v-shift[j])/scale[j] + offset[j]
		if v < a.low {
			v = a.low
		}
		if v > a.high {
			v = a.high
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
		dst[j] = float64((v-offset[j])*scale[j]) + shift[j]
	}
	return -1
}

// stored is row for what a sparse matrix holds: only for columns without shift and offset.
func (a *affine) stored(j int, v float64) float64 {
	return min(max(v/a.scale[j], a.low), a.high)
}

func (a *affine) inverseStored(j int, v float64) float64 { return v * a.scale[j] }

const (
	few      = 64      // rows: for fewer it is not worth to get kernels ready
	streamed = 1 << 21 // the least number of elements of a result that the caches have no room for
)

// forward is the mapping of n rows.
func (a *affine) forward(n int) mapping {
	p := len(a.scale)
	m := mapping{columns: p, nsPerRow: 1 + p/2, row: a.row}
	if n >= few {
		columns := kern.NewAffine(a.shift, a.scale, a.offset, a.low, a.high)
		m.block = func(dst, src []float64) bool { return !columns.Apply(dst, src, n*p >= streamed) }
	}
	return m
}

// transform, inverse and transformInto apply it; centred says that a sparse matrix would lose its zeros, and why.
func (a *affine) transform(where string, f *ml.Fitted, x tensor.Matrix, centred bool, why string) (tensor.Matrix, error) {
	stored := a.stored
	if centred {
		stored = nil
	}
	return a.forward(rows.Of(x).Len()).transform(where, f, x, stored, why)
}

func (a *affine) inverse(where string, f *ml.Fitted, x tensor.Matrix, centred bool, why string) (tensor.Matrix, error) {
	stored := a.inverseStored
	if centred {
		stored = nil
	}
	return transform(where, f, x, len(a.scale), 2*len(a.scale), a.inverseRow, stored, why)
}

func (a *affine) transformInto(where string, f *ml.Fitted, dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return a.forward(rows.Of(x).Len()).transformInto(where, f, dst, x)
}

// checkArrays makes sure that a model's arrays, read from a file, have one finite number for each of p columns.
func checkArrays(where string, p int, named map[string][]float64) error {
	for name, values := range named {
		if len(values) != p {
			return ml.BadFile(where, name, lengthOf(len(values)), lengthOf(p))
		}
		for _, v := range values {
			if !finite(v) {
				return ml.BadFile(where, name, "a number that is not finite", "finite numbers")
			}
		}
	}
	return nil
}

// checkUnread is the Check of a table for a fit whose own pass over the numbers, which takes missing ones, shows that some are infinite. Those of rows of weight 0 it would not see.
func checkUnread(where string, t ml.Table) error {
	if t.Weight != nil {
		return t.Check(where, ml.Accepts{Missing: true})
	}
	return t.CheckShape(where, ml.Accepts{Missing: true})
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

// finite reports whether no value was infinite.
func (a extremes) finite() bool {
	for j, w := range a.weight {
		if w > 0 && !finite(max(-a.low[j], a.high[j])) {
			return false
		}
	}
	return true
}

// columnExtremes goes through the rows once. Missing values do not count, nor do rows of weight 0.
func columnExtremes(x tensor.Matrix, weight []float64) extremes {
	from := rows.Of(x)
	n, p := from.Dims()
	return reduceRows(n, p, func(lo, hi int) extremes {
		e := newExtremes(p)
		switch {
		case from.Sparse():
			e.sparse(from, lo, hi, weight)
		case weight != nil || !e.complete(from, lo, hi):
			e.dense(from, lo, hi, weight)
		}
		return e
	}, extremes.add)
}

// complete bets that no value is missing; false if one is, and then nothing is counted.
func (a extremes) complete(x rows.Rows, lo, hi int) bool {
	p := len(a.low)
	n := kern.Wheel(p)
	buf := make([]float64, 2*n)
	low, high := buf[:n], buf[n:]
	for j := range n {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
	}
	missing := false
	eachBlock(x, lo, hi, func(block []float64) { missing = kern.Ranges(low, high, block) || missing })
	if missing {
		return false
	}
	for j := range n {
		a.low[j%p], a.high[j%p] = min(a.low[j%p], low[j]), max(a.high[j%p], high[j])
	}
	for j := range a.weight {
		a.weight[j] = float64(hi - lo)
	}
	return true
}

func (a extremes) dense(x rows.Rows, lo, hi int, weight []float64) {
	buf := make([]float64, len(a.low))
	for i := lo; i < hi; i++ {
		if w := weightOf(weight, i); w > 0 {
			for j, v := range x.Row(i, buf) {
				a.count(j, v, w)
			}
		}
	}
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

// eachBlock calls f with rows lo to hi-1, as they lie or as many at a time as the nearest cache holds. Each block but the last is whole turns of the columns' wheel.
func eachBlock(x rows.Rows, lo, hi int, f func(block []float64)) {
	if x.InBlocks() {
		f(x.Block(lo, hi, nil))
		return
	}
	p := x.Cols()
	per := kern.Wheel(p) / p
	size := max(1, 1024/(per*p)) * per
	buf := make([]float64, size*p)
	for ; lo < hi; lo += size {
		f(x.Block(lo, min(hi, lo+size), buf))
	}
}

func lengthOf(n int) string { return fmt.Sprintf("%d long", n) }

// reduceRows joins what f finds in chunks of rows of p columns, which depend on the size alone.
func reduceRows[T any](n, p int, f func(lo, hi int) T, join func(a, b T) T) T {
	grain := max(256, par.Grain(4*p)) // chunks of fewer rows would hold more state than data
	return par.Reduce(n, grain, func(_, lo, hi int) T { return f(lo, hi) }, join)
}
