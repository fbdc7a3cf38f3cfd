package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// direct solves by QR of X with the penalties' rows below it (none where alpha is 0), and takes the shortest solution
// if columns are dependent.
func (d *design) direct(ctx context.Context, where string, alphas []float64) ([]solution, ml.Info, error) {
	base, err := d.triangle(ctx)
	if err != nil {
		return nil, ml.Info{}, err
	}
	var info ml.Info
	fits := make([]solution, len(alphas))
	for _, group := range equalAlphas(alphas) {
		alpha := alphas[group[0]]
		f := d.leastSquares(penalized(base, d.cols, len(d.targets), alpha), alpha)
		if f == nil {
			return nil, ml.Info{}, tooLarge(where)
		}
		if f.Rank() < d.cols {
			info.Note = fmt.Sprintf("rank %d of %d: the columns are linearly dependent; the shortest solution was taken", f.Rank(), d.cols)
		}
		for _, t := range group {
			if fits[t], err = d.fromTriangle(ctx, f, t, alpha); err != nil {
				return nil, ml.Info{}, err
			}
		}
	}
	return fits, info, nil
}

// leastSquares decides the rank: a column is dependent if what the others leave of it is at most rounding of its uncentred size.
func (d *design) leastSquares(q *linalg.QR, alpha float64) *linalg.LeastSquares {
	const eps = 0x1p-52
	size := make([]float64, d.cols)
	for j, s := range d.size {
		size[j] = math.Hypot(s, math.Sqrt(alpha))
	}
	rows, rt := q.Triangle()
	return linalg.NewLeastSquares(rt, rows, d.cols, len(d.targets), size, eps*float64(max(d.rows, d.cols)))
}

func (d *design) fromTriangle(ctx context.Context, f *linalg.LeastSquares, t int, alpha float64) (solution, error) {
	s := solution{coef: make([]float64, d.cols)}
	f.Basic(s.coef, t)
	s.intercept = d.intercept(t, s.coef)
	if err := d.refine(ctx, f, t, alpha, f.Cond(), &s); err != nil {
		return s, err
	}
	if f.Rank() < d.cols { // move along directions that change no fitted value
		before := linalg.Dot(d.center, s.coef)
		f.Shortest(s.coef)
		if d.fitted {
			s.intercept += before - linalg.Dot(d.center, s.coef)
		}
		// Where the columns' units differ wildly the projection rounds the small coefficients: mend the fit.
		if err := d.refine(ctx, f, t, alpha, f.Cond(), &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// penalized is the triangle of [X; sqrt(alpha) I], of which base is that of X.
func penalized(base *linalg.QR, cols, targets int, alpha float64) *linalg.QR {
	if alpha == 0 {
		return base
	}
	q := linalg.NewQR(2*cols, cols, targets)
	q.Join(base)
	for j := range cols {
		row := q.Row()
		clear(row)
		row[j] = math.Sqrt(alpha)
	}
	return q
}
