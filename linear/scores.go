package linear

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// scores writes x_i·coef_k + intercept_k to dst, row by row, for coef of len(intercept) rows, row-major. An intercept of -Inf
// (a class that was never seen) gives -Inf. NaN and Inf in X are looked for only in rows whose scores show one.
func scores(where string, columns []ml.Column, x source, dst, coef, intercept []float64) error {
	k := len(intercept)
	first := func(lo, hi int) int {
		buf := x.rowScratch()
		for i := lo; i < hi; i++ {
			row := dst[i*k : (i+1)*k]
			if x.sparse() {
				cols, vals := x.nonzeros(i, buf)
				sparseScores(row, cols, vals, coef, intercept)
			} else {
				rowScores(row, x.row(i, buf), coef, intercept)
			}
			if suspicious(row, intercept) && !linalg.AllFinite(x.row(i, buf)) {
				return i
			}
		}
		return -1
	}
	cost := k * (x.cols/2 + 4)
	if par.Small(x.rows, cost) {
		if i := first(0, x.rows); i >= 0 {
			return badEntry(where, columns, i, x.row(i, x.rowScratch()))
		}
		return nil
	}
	bad := par.Reduce(x.rows, par.Grain(cost),
		func(_, lo, hi int) int { return first(lo, hi) },
		func(a, b int) int {
			if a >= 0 {
				return a
			}
			return b
		})
	if bad >= 0 {
		return badEntry(where, columns, bad, x.row(bad, x.rowScratch()))
	}
	return nil
}

// rowScores is the one place where a dense row meets the coefficients, so that batch and row predictions agree to the bit.
func rowScores(dst, x, coef, intercept []float64) {
	p := len(x)
	for k, b := range intercept {
		if math.IsInf(b, -1) {
			dst[k] = b
			continue
		}
		dst[k] = linalg.Dot(coef[k*p:(k+1)*p], x) + b
	}
}

func sparseScores(dst []float64, cols []int32, vals, coef, intercept []float64) {
	p := len(coef) / len(intercept)
	for k, b := range intercept {
		if math.IsInf(b, -1) {
			dst[k] = b
			continue
		}
		w := coef[k*p : (k+1)*p]
		z := 0.0
		for q, j := range cols {
			z += vals[q] * w[j]
		}
		dst[k] = z + b
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
