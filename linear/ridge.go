package linear

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Ridge is least squares with a penalty on large coefficients: it minimises Σ w_i (y_i - x_i·b - b0)² + Alpha·|b|². The
// intercept is not penalised (Hoerl and Kennard, Technometrics 12 (1970)).
//
// The penalty acts on the coefficients as they are, so the units of the columns matter: put a features.StandardScaler before it
// unless they share one.
//
// The method follows from the data: a Cholesky factorisation of the columns x columns Gram matrix, or of the rows x rows one when
// there are more columns than rows; QR where that would lose too many digits; and LSQR for sparse matrices with more
// than 2048 rows and columns, where Tol and MaxIter apply. Sparse matrices stay sparse, centring is implicit. Weights: a row of
// weight 0 is absent, one of weight k counts as k rows. The cost is rows·columns·min(rows, columns) operations. Nothing is random.
type Ridge struct {
	Alpha       float64 // the penalty, > 0. 0 is an error: for no penalty use OLS
	NoIntercept bool    // leave the intercept out: the fit passes through the origin. False: fit one
	Positive    bool    // keep every coefficient >= 0 (not the intercept), by Lawson and Hanson's active-set method. False: any sign
	Tol         float64 // LSQR only: the relative size of the gradient at which it ends. 0: 1e-10
	MaxIter     int     // LSQR: steps at the most, 0: 4·(columns+100); Positive: active-set steps, 0: 10·(columns+10)
}

// RidgeMulti is Ridge for several targets at once: each is fitted as Ridge would alone, on one factorisation for
// each different penalty.
type RidgeMulti struct {
	Alpha       float64   // the penalty of every target, > 0 unless Alphas is set. 0 is an error: for no penalty use OLSMulti
	Alphas      []float64 // a penalty > 0 for each target, instead of Alpha. nil: Alpha for all
	NoIntercept bool      // as in Ridge
	Positive    bool      // as in Ridge
	Tol         float64   // as in Ridge
	MaxIter     int       // as in Ridge
}

var (
	_ ml.Fitter[ml.Dataset[float64], *RegressionModel]        = Ridge{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = RidgeMulti{}
)

// Fit returns the penalised least-squares model. Y must be finite.
func (c Ridge) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	const where = "linear.Ridge.Fit"
	if err := checkAlpha(where, "Alpha", c.Alpha, "linear.OLS"); err != nil {
		return nil, err
	}
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	fits, info, err := c.fit(ctx, where, d.Table, [][]float64{d.Y}, []float64{c.Alpha})
	if err != nil {
		return nil, err
	}
	c.Tol = tolOrDefault(c.Tol)
	return newRegressionModel(fits[0], d.Columns, c, info), nil
}

// Fit returns the penalised least-squares model of every target. The targets must be finite and equally many in each row.
func (c RidgeMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	const where = "linear.RidgeMulti.Fit"
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	alphas, err := c.alphas(where, len(d.Y[0]))
	if err != nil {
		return nil, err
	}
	single := Ridge{NoIntercept: c.NoIntercept, Positive: c.Positive, Tol: c.Tol, MaxIter: c.MaxIter}
	fits, info, err := single.fit(ctx, where, d.Table, transposed(d.Y), alphas)
	if err != nil {
		return nil, err
	}
	c.Tol, c.Alphas = tolOrDefault(c.Tol), slices.Clone(c.Alphas)
	return newMultiRegressionModel(fits, d.Columns, c, info), nil
}

func (c RidgeMulti) alphas(where string, targets int) ([]float64, error) {
	out := make([]float64, targets)
	if c.Alphas == nil {
		for t := range out {
			out[t] = c.Alpha
		}
		return out, checkAlpha(where, "Alpha", c.Alpha, "linear.OLSMulti")
	}
	if c.Alpha != 0 {
		return nil, ml.BadConfig(where, "Alpha", c.Alpha, "0 when Alphas is set: only one of them")
	}
	if len(c.Alphas) != targets {
		return nil, ml.BadConfig(where, "Alphas", fmt.Sprintf("a list of %d", len(c.Alphas)), fmt.Sprintf("%d, one for each target", targets))
	}
	for t, a := range c.Alphas {
		if err := checkAlpha(where, fmt.Sprintf("Alphas[%d]", t), a, "linear.OLSMulti"); err != nil {
			return nil, err
		}
		out[t] = a
	}
	return out, nil
}

func checkAlpha(where, field string, alpha float64, without string) error {
	if alpha > 0 && alpha <= maxPenalty {
		return nil
	}
	return ml.BadConfig(where, field, alpha, "> 0; for no penalty use "+without)
}

const maxPenalty = 1e300

func (c Ridge) fit(ctx context.Context, where string, t ml.Table, targets [][]float64, alphas []float64) ([]solution, ml.Info, error) {
	none := func(err error) ([]solution, ml.Info, error) { return nil, ml.Info{}, err }
	if err := checkIterative(where, c.Tol, c.MaxIter); err != nil {
		return none(err)
	}
	if err := ml.Done(ctx); err != nil {
		return none(err)
	}
	d, err := newGramDesign(ctx, where, t, targets, !c.NoIntercept, c.Positive)
	if err != nil {
		return none(err)
	}
	fits, info, err := c.solve(ctx, where, d, alphas)
	if err != nil {
		return none(err)
	}
	info.Rows, info.Features = d.rows, d.cols
	return fits, info, checkSolutions(where, fits)
}

func (c Ridge) solve(ctx context.Context, where string, d *design, alphas []float64) ([]solution, ml.Info, error) {
	const largeSparse = 2048 // a Gram matrix of this order takes 32 MB
	switch {
	case c.Positive:
		return d.nonNegative(ctx, where, alphas, c.MaxIter)
	case d.sparse() && min(d.rows, d.cols) > largeSparse:
		return d.lsqr(ctx, alphas, c.Tol, c.MaxIter)
	case d.cols <= d.rows:
		return d.primal(ctx, where, alphas)
	}
	return d.dual(ctx, where, alphas)
}
