package linear

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// eachRow calls visit for every row of x, dense in place or in a scratch buffer, or by its nonzeros, in parallel when ns nanoseconds
// a row make it worth it. It returns the lowest row for which visit was false, -1 for none. Small work on one goroutine does not
// allocate, provided visit does not.
func eachRow[V rowVisitor](x source, ns int, v V) int {
	if par.Small(x.rows, ns) {
		return visitRows(x, 0, x.rows, v)
	}
	return par.Reduce(x.rows, par.Grain(ns), func(_, lo, hi int) int { return visitRows(x, lo, hi, v) }, firstBad)
}

type rowVisitor interface {
	dense(i int, x []float64) bool
	sparse(i int, cols []int32, vals []float64) bool
}

// runVisitor can visit dense rows of one score many at a time.
type runVisitor interface {
	rowVisitor
	single() bool // there is only one score
	// run visits the rows that lie in x one after the other, row i first. It returns how many of them are in front of one for which it is
	// false. z is scratch space.
	run(i int, x []float64, cols int, z *[maxRun]float64) (good int)
}

// eachScore is eachRow, in runs where that can be.
func eachScore[V runVisitor](x source, ns int, v V) int {
	if x.sparse() || !v.single() {
		return eachRow(x, ns, v)
	}
	if par.Small(x.rows, ns) {
		return visitRuns(x, 0, x.rows, v)
	}
	return par.Reduce(x.rows, par.Grain(ns), func(_, lo, hi int) int { return visitRuns(x, lo, hi, v) }, firstBad)
}

// firstBad joins the rows found by two chunks.
func firstBad(a, b int) int {
	if a >= 0 {
		return a
	}
	return b
}

// maxRun is the most rows of a run.
const maxRun = 64

func visitRuns[V runVisitor](x source, lo, hi int, v V) int {
	buf := scratchPool.Get().(*scratch)
	defer scratchPool.Put(buf)
	const numbers = 4096 // of a run that must be copied
	length := min(max(numbers/x.cols, 1), maxRun)
	buf.row = slices.Grow(buf.row[:0], length*x.cols)[:length*x.cols]
	for i := lo; i < hi; i += length {
		n := min(length, hi-i)
		if good := v.run(i, x.x.Block(i, i+n, buf.row), x.cols, &buf.scores); good < n {
			return i + good
		}
	}
	return -1
}

func visitRows[V rowVisitor](x source, lo, hi int, v V) int {
	buf := scratchPool.Get().(*scratch)
	defer scratchPool.Put(buf)
	if !x.x.Direct() && !x.sparse() {
		buf.row = slices.Grow(buf.row[:0], x.cols)[:x.cols]
	}
	for i := lo; i < hi; i++ {
		ok := false
		if x.sparse() {
			cols, vals := x.nonzeros(i, buf)
			ok = v.sparse(i, cols, vals)
		} else {
			ok = v.dense(i, x.row(i, buf))
		}
		if !ok {
			return i
		}
	}
	return -1
}

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// affineMap writes x_i·coef_k + intercept_k to dst, row by row, for coef of len(intercept) rows, row-major. An intercept of -Inf
// (a class that was never seen) gives -Inf. NaN and Inf in X are looked for only in rows whose scores show one.
type affineMap struct{ dst, coef, intercept []float64 }

func (m affineMap) dense(i int, x []float64) bool {
	k := len(m.intercept)
	row := m.dst[i*k : (i+1)*k]
	rowScores(row, x, m.coef, m.intercept)
	return !suspicious(row, m.intercept) || linalg.AllFinite(x)
}

func (m affineMap) sparse(i int, cols []int32, vals []float64) bool {
	k := len(m.intercept)
	row := m.dst[i*k : (i+1)*k]
	sparseScores(row, cols, vals, m.coef, m.intercept)
	return !suspicious(row, m.intercept) || linalg.AllFinite(vals)
}

// run is faster for a single score: the coefficients go over many rows at once.
func (m affineMap) run(i int, x []float64, cols int, _ *[maxRun]float64) (good int) {
	return runScores(m.dst[i:i+len(x)/cols], x, cols, m.coef, m.intercept)
}

func (m affineMap) single() bool { return len(m.intercept) == 1 }

// runScores writes the single scores of the rows that lie in x one after the other, and returns how many are in front of one that is not
// finite.
func runScores(z, x []float64, cols int, coef, intercept []float64) (good int) {
	kern.DotRows(z, coef, x, cols) // the same sums as in rowScores
	for r := range z {
		z[r] += intercept[0]
		if math.IsNaN(z[r]-z[r]) && !linalg.AllFinite(x[r*cols:(r+1)*cols]) {
			return r
		}
	}
	return len(z)
}

// scores applies an affineMap to all rows.
func scores(where string, columns []ml.Column, x source, m affineMap) error {
	return badRow(where, columns, x, eachScore(x, len(m.intercept)*(x.cols/2+4), m))
}

// badRow is the error of the first NaN or Inf in row i, nil for i < 0.
func badRow(where string, columns []ml.Column, x source, i int) error {
	if i < 0 {
		return nil
	}
	return badEntry(where, columns, i, x.row(i, x.rowScratch()))
}

// rowScores is the one place where a dense row meets the coefficients, so that batch and row predictions agree to the bit.
func rowScores(dst, x, coef, intercept []float64) {
	kern.DotRows(dst[:len(intercept)], x, coef, len(x))
	for k, b := range intercept {
		if math.IsInf(b, -1) {
			dst[k] = b
		} else {
			dst[k] += b
		}
	}
}

func sparseScores(dst []float64, cols []int32, vals, coef, intercept []float64) {
	p := len(coef) / len(intercept)
	for k, b := range intercept {
		if math.IsInf(b, -1) {
			dst[k] = b
			continue
		}
		dst[k] = kern.SparseDot(vals, cols, coef[k*p:(k+1)*p]) + b
	}
}

// suspicious says that a score is NaN or Inf although its intercept is not.
func suspicious(z, intercept []float64) bool {
	for k, v := range z {
		if math.IsNaN(v-v) && !math.IsInf(intercept[k], -1) {
			return true
		}
	}
	return false
}

// badEntry is the error of the first NaN or Inf in row i, nil if all is finite.
func badEntry(where string, columns []ml.Column, i int, x []float64) error {
	for j, v := range x {
		if math.IsNaN(v - v) {
			return ml.NotFinite(where, columns, i, j, v)
		}
	}
	return nil
}

func badDst(where string, found, want int) error {
	return ml.BadShape(where, "dst", fmt.Sprintf("%d long", found), fmt.Sprintf("%d", want))
}
