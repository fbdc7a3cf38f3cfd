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

// firstBad joins the rows found by two chunks.
func firstBad(a, b int) int {
	if a >= 0 {
		return a
	}
	return b
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

// affine are the scores of K classes or targets: x·coef_k + intercept_k, with coef of K rows. An intercept of -Inf (a class that was
// never seen) gives -Inf. Without intercepts it is one score with the intercept one.
type affine struct {
	coef, intercept []float64
	one             float64
}

// k is the number of scores.
func (a affine) k() int { return max(len(a.intercept), 1) }

func (a affine) at(c int) float64 {
	if a.intercept == nil {
		return a.one
	}
	return a.intercept[c]
}

// time is that of one dense row in nanoseconds, about.
func (a affine) time() int { return 8 + a.k() + len(a.coef)/24 }

// A scoreUser makes something of the scores of some rows, the first of which is row lo; z has the scores of one row after the other and
// may be overwritten.
type scoreUser interface{ use(lo int, z []float64) }

// eachScore hands the scores of all rows of x to u, some rows at a time, in parallel when ns nanoseconds a row on top of the scores'
// make it worth it. NaN and Inf in x are an error; they are looked for only where scores show one.
func eachScore[U scoreUser](where string, columns []ml.Column, x source, a affine, ns int, u U) error {
	ns += a.time()
	if par.Small(x.rows, ns) {
		return badRow(where, columns, x, useScores(x, a, 0, x.rows, u))
	}
	return badRow(where, columns, x, par.Reduce(x.rows, par.Grain(ns), func(_, lo, hi int) int { return useScores(x, a, lo, hi, u) }, firstBad))
}

// useScores returns the first of rows lo to hi-1 that is not finite, -1 for none.
func useScores[U scoreUser](x source, a affine, lo, hi int, u U) int {
	const most, numbers = 64, 4096 // rows of a run, scores of it and numbers that must be copied
	buf := scratchPool.Get().(*scratch)
	defer scratchPool.Put(buf)
	k := a.k()
	length := min(most, max(numbers/k, 8), hi-lo)
	if !x.sparse() && !x.x.InBlocks() {
		length = min(length, max(numbers/x.cols, 8))
		buf.row = slices.Grow(buf.row[:0], length*x.cols)[:length*x.cols]
	}
	buf.scores = slices.Grow(buf.scores[:0], length*k)[:length*k]
	for ; lo < hi; lo += length {
		n := min(length, hi-lo)
		z, good := buf.scores[:n*k], n
		if x.sparse() {
			good = a.sparseRows(z, x, lo, buf)
		} else {
			good = a.denseRows(z, x.x.Block(lo, lo+n, buf.row), x.cols)
		}
		if good < n {
			return lo + good
		}
		u.use(lo, z)
	}
	return -1
}

// denseRows writes the scores of rows that lie in x one after the other, and returns how many are in front of one that is not finite.
func (a affine) denseRows(z, x []float64, cols int) (good int) {
	k := a.k()
	n := len(z) / k
	if k == 1 { // the coefficients go over the rows
		kern.DotRows(z, a.coef, x, cols)
	} else {
		kern.Dots(n, k, cols, x, cols, a.coef, cols, z, k)
	}
	if sum := kern.Sum(z); sum-sum != 0 {
		for r := range n {
			if !linalg.AllFinite(z[r*k:(r+1)*k]) && !linalg.AllFinite(x[r*cols:(r+1)*cols]) {
				return r
			}
		}
	}
	a.addIntercepts(z)
	return n
}

// sparseRows is denseRows for rows of x from lo by their nonzeros.
func (a affine) sparseRows(z []float64, x source, lo int, buf *scratch) (good int) {
	k := a.k()
	for r := range len(z) / k {
		row := z[r*k : (r+1)*k]
		cols, vals := x.nonzeros(lo+r, buf)
		for c := range row {
			row[c] = kern.SparseDot(vals, cols, a.coef[c*x.cols:(c+1)*x.cols])
		}
		if !linalg.AllFinite(row) && !linalg.AllFinite(vals) {
			return r
		}
	}
	a.addIntercepts(z)
	return len(z) / k
}

func (a affine) addIntercepts(z []float64) {
	if a.k() == 1 {
		b := a.at(0)
		for r := range z {
			z[r] += b
		}
		return
	}
	for ; len(z) > 0; z = z[len(a.intercept):] {
		for c, b := range a.intercept {
			if math.IsInf(b, -1) {
				z[c] = b
			} else {
				z[c] += b
			}
		}
	}
}

// row writes the scores of classes from c on of a single row; it is false if they show that the row may not be finite. Its sums are
// those of many rows, to the bit.
func (a affine) row(z, x []float64, c int) bool {
	p := len(x)
	kern.DotRows(z, x, a.coef[c*p:(c+len(z))*p], p)
	ok := true
	for r := range z {
		ok = ok && z[r]-z[r] == 0
		if b := a.at(c + r); math.IsInf(b, -1) {
			z[r] = b
		} else {
			z[r] += b
		}
	}
	return ok
}

// tableUser keeps the scores, row by row.
type tableUser struct {
	dst []float64
	k   int
}

func (u tableUser) use(lo int, z []float64) { copy(u.dst[lo*u.k:], z) }

// rowsUser keeps the scores in a slice for each row.
type rowsUser struct{ dst [][]float64 }

func (u rowsUser) use(lo int, z []float64) {
	for ; len(z) > 0; lo++ {
		z = z[copy(u.dst[lo], z):]
	}
}

// badRow is the error of the first NaN or Inf in row i, nil for i < 0.
func badRow(where string, columns []ml.Column, x source, i int) error {
	if i < 0 {
		return nil
	}
	return badEntry(where, columns, i, x.row(i, x.rowScratch()))
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
