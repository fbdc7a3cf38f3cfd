package linear

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// nonNegative solves under the constraint that no coefficient is negative, on the triangle of the QR factorisation, which
// has the same residuals up to a constant.
func (d *design) nonNegative(ctx context.Context, where string, alphas []float64, maxIter int) ([]solution, ml.Info, error) {
	base, err := d.triangle(ctx)
	if err != nil {
		return nil, ml.Info{}, err
	}
	if maxIter == 0 {
		maxIter = 10 * (d.cols + 10)
	}
	const tol = 1e-12 // of |y|, in units of a column: what rounding leaves of a gain that is zero
	info := ml.Info{Status: ml.Converged}
	fits := make([]solution, len(d.targets))
	active := 0
	for t := range fits {
		if ctx.Err() != nil {
			return nil, ml.Info{}, context.Cause(ctx)
		}
		rows, rt := d.penalized(base, alphas[t]).Triangle()
		if !linalg.AllFinite(rt) {
			return nil, ml.Info{}, tooLarge(where)
		}
		one := make([]float64, 0, rows*(d.cols+1))
		for width := d.cols + len(d.targets); len(rt) > 0; rt = rt[width:] {
			one = append(append(one, rt[:d.cols]...), rt[d.cols+t])
		}
		s := solution{coef: make([]float64, d.cols)}
		steps, done := linalg.NNLS(s.coef, one, rows, d.cols, tol, maxIter)
		if !done {
			info.Status = ml.MaxIter
		}
		info.Iterations += steps
		s.intercept = d.intercept(t, s.coef)
		fits[t] = s
		for _, b := range s.coef {
			if b > 0 {
				active++
			}
		}
	}
	info.Note = fmt.Sprintf("%d of %d coefficients are positive, the others 0", active, d.cols*len(fits))
	return fits, info, nil
}
