package bayes

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// joint is what the models of this package have in common: log p(x, class), up to a number that is the same for all classes of a
// row. -Inf is a class that cannot be. Entries that the model cannot read give NaN.
type joint interface {
	classes() int
	possible(c int) bool // the class has a prior above zero
	dense(c int, x []float64) float64
	sparse(c int, cols []int32, vals []float64) float64
	rowTime() int                                 // ns for all classes of a dense row, about
	fault(where string, i int, x []float64) error // of the first entry of row i that the model cannot read, nil for none
}

// linearJoint is a joint whose dense scores may be x·coef_c + intercept_c, for many rows at once. coef is nil where they are not.
type linearJoint interface {
	linear() (coef *tensor.Tensor[float64], intercept []float64)
}

// answers are the questions every classifier of this package answers, from its joint.
type answers[J joint] struct {
	of   J
	meta *ml.Fitted
	name string // of the model's type, for errors
}

// where is for errors: it allocates.
func (a answers[J]) where(method string) string { return a.name + "." + method }

// entries are one row, dense or by its nonzeros, or its scores where they are known.
type entries struct {
	scores []float64
	sparse bool
	x      []float64
	cols   []int32
	vals   []float64
}

func (a answers[J]) score(c int, e *entries) float64 {
	switch {
	case e.scores != nil:
		return e.scores[c]
	case e.sparse:
		return a.of.sparse(c, e.cols, e.vals)
	}
	return a.of.dense(c, e.x)
}

// best is the most probable class, the lowest of equals. It is false if a score is NaN or none is finite.
func (a answers[J]) best(e *entries) (int, bool) {
	best, top := 0, math.Inf(-1)
	for c := range a.of.classes() {
		if !a.of.possible(c) {
			continue
		}
		z := a.score(c, e)
		if math.IsNaN(z) || math.IsInf(z, 1) {
			return 0, false
		}
		if z > top {
			best, top = c, z
		}
	}
	return best, !math.IsInf(top, -1)
}

// A form is what a row of scores is turned into.
type form uint8

const (
	jointForm form = iota
	logProbaForm
	probaForm
)

// fill writes a number for each class. It is false as best is.
func (a answers[J]) fill(row []float64, e *entries, f form) bool {
	for c := range row {
		row[c] = math.Inf(-1)
		if a.of.possible(c) {
			row[c] = a.score(c, e)
			if math.IsNaN(row[c]) || math.IsInf(row[c], 1) {
				return false
			}
		}
	}
	top := slices.Max(row)
	if math.IsInf(top, -1) {
		return false
	}
	switch f {
	case logProbaForm:
		norm := kern.LogSumExp(row)
		for c := range row {
			row[c] -= norm
		}
	case probaForm:
		kern.Softmax(row, row)
	}
	return true
}

// output is where a pass over rows puts its answers: class codes, or a table in some form.
type output struct {
	codes []int
	table *tensor.Tensor[float64]
	form  form
}

func (a answers[J]) answer(i int, e *entries, out output) (ok bool) {
	if out.codes == nil {
		return a.fill(out.table.Row(i), e, out.form)
	}
	out.codes[i], ok = a.best(e)
	return ok
}

// each answers for every row, in parallel where that pays, and turns the first row without an answer into an error.
func (a answers[J]) each(x tensor.Matrix, method string, out output) error {
	r := rows.Of(x)
	n := r.Len()
	bad := -1
	if par.Small(n, a.of.rowTime()) {
		bad = a.run(r, 0, n, out)
	} else {
		bad = a.together(r, n, out)
	}
	if bad < 0 {
		return nil
	}
	return a.badRow(a.where(method), bad, r.Row(bad, make([]float64, r.Cols())))
}

func (a answers[J]) together(r rows.Rows, n int, out output) (bad int) {
	return par.Reduce(n, par.Grain(a.of.rowTime()), func(_, lo, hi int) int { return a.run(r, lo, hi, out) }, func(a, b int) int {
		if a >= 0 {
			return a
		}
		return b
	})
}

// run returns the first of rows lo..hi-1 without an answer, -1 for none.
func (a answers[J]) run(r rows.Rows, lo, hi int, out output) int {
	buf := scratchPool.Get().(*scratch)
	defer scratchPool.Put(buf)
	if l, ok := any(a.of).(linearJoint); ok && !r.Sparse() {
		if coef, intercept := l.linear(); coef != nil {
			return a.runLinear(r, lo, hi, out, coef.Data(), intercept, buf)
		}
	}
	buf.row = slices.Grow(buf.row[:0], r.Cols())[:r.Cols()]
	e := &buf.now
	e.sparse = r.Sparse()
	defer func() { *e = entries{} }() // the pool keeps nothing of the caller's
	for i := lo; i < hi; i++ {
		if e.sparse {
			e.cols, e.vals = r.NZ(i, &buf.nonzeros)
		} else {
			e.x = r.Row(i, buf.row)
		}
		if !a.answer(i, e, out) {
			return i
		}
	}
	return -1
}

// runLinear is run with the scores of some rows and all classes at once.
func (a answers[J]) runLinear(r rows.Rows, lo, hi int, out output, coef, intercept []float64, buf *scratch) int {
	k, p := len(intercept), r.Cols()
	length := min(64, max(4096/k, 8), hi-lo)
	if !r.InBlocks() {
		length = min(length, max(4096/p, 8))
		buf.row = slices.Grow(buf.row[:0], length*p)[:length*p]
	}
	buf.scores = slices.Grow(buf.scores[:0], length*k)[:length*k]
	e := &buf.now
	defer func() { *e = entries{} }()
	for ; lo < hi; lo += length {
		n := min(length, hi-lo)
		z := buf.scores[:n*k]
		kern.Dots(n, k, p, r.Block(lo, lo+n, buf.row), p, coef, p, z, k)
		sum := kern.Sum(z)
		for row := z; len(row) > 0; row = row[k:] {
			for c, b := range intercept {
				row[c] += b
			}
		}
		if sum-sum == 0 {
			out.take(lo, z, k)
			continue
		}
		for i := range n { // one of them may be a row that the model cannot read
			e.scores = z[i*k : (i+1)*k]
			if !a.answer(lo+i, e, out) {
				return lo + i
			}
		}
	}
	return -1
}

// take answers for the rows from lo on with the scores z, which are finite but those of classes that cannot be, k a row. The answers are
// those of best and fill, to the bit.
func (o output) take(lo int, z []float64, k int) {
	if o.codes != nil {
		for ; len(z) > 0; z = z[k:] {
			best, top := 0, math.Inf(-1)
			for c, v := range z[:k] {
				if v > top {
					best, top = c, v
				}
			}
			o.codes[lo] = best
			lo++
		}
		return
	}
	rows, dst := len(z)/k, o.table.Data()[lo*k:lo*k+len(z)]
	switch o.form {
	case probaForm:
		kern.SoftmaxRows(rows, k, z, k, dst, k)
	case jointForm:
		copy(dst, z)
	case logProbaForm:
		copy(dst, z)
		var buf [64]float64
		norm := buf[:rows] // no run is longer
		kern.LogSumExpRows(norm, k, z, k)
		for i := range dst {
			dst[i] -= norm[i/k]
		}
	}
}

// product is x·coef in the order of runLinear.
func product(coef, x []float64) float64 {
	var z [1]float64
	kern.DotRows(z[:], x, coef, len(x))
	return z[0]
}

type scratch struct {
	row      []float64
	scores   []float64
	nonzeros rows.Entries
	now      entries
}

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func (a answers[J]) badRow(where string, i int, x []float64) error {
	if err := a.of.fault(where, i, x); err != nil {
		return err
	}
	return tooLarge(where)
}

func (a answers[J]) table(x tensor.Matrix, method string, f form) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict(a.where(method), a.meta, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, a.of.classes())
	if err := a.each(x, method, output{table: out, form: f}); err != nil {
		return nil, err
	}
	return out, nil
}

func (a answers[J]) predict(x tensor.Matrix) ([]int, error) {
	if err := ml.CheckPredict(a.where("Predict"), a.meta, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	dst := make([]int, n)
	if err := a.each(x, "Predict", output{codes: dst}); err != nil {
		return nil, err
	}
	return dst, nil
}

func (a answers[J]) predictInto(dst []int, x tensor.Matrix) error {
	const method = "PredictInto"
	if rows.Fault(x) != "" {
		return ml.CheckPredict(a.where(method), a.meta, x)
	}
	n, p := x.Dims()
	switch {
	case p != a.meta.Info.Features:
		return ml.CheckPredict(a.where(method), a.meta, x)
	case len(dst) != n:
		return ml.BadShape(a.where(method), "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each row of X", n))
	case n == 0:
		return nil
	}
	return a.each(x, method, output{codes: dst})
}

func (a answers[J]) predictRow(x []float64) (int, error) {
	const method = "PredictRow"
	if len(x) != a.meta.Info.Features {
		return 0, ml.CheckRow(a.where(method), a.meta, x)
	}
	best, ok := a.best(&entries{x: x})
	if !ok {
		return 0, a.badRow(a.where(method), 0, x)
	}
	return best, nil
}

func (a answers[J]) probaRow(dst, x []float64) error {
	const method = "ProbaRow"
	if len(x) != a.meta.Info.Features {
		return ml.CheckRow(a.where(method), a.meta, x)
	}
	if len(dst) != a.of.classes() {
		return ml.BadShape(a.where(method), "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each class", a.of.classes()))
	}
	if !a.fill(dst, &entries{x: x}, probaForm) {
		return a.badRow(a.where(method), 0, x)
	}
	return nil
}

func tooLarge(where string) error {
	return &ml.Error{Where: where, Field: "X", Found: "so large that sums overflow",
		Want: "numbers below about 1e150: rescale the columns", Kind: ml.ErrNotFinite}
}
