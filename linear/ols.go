package linear

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// OLS is ordinary least squares: it minimises Σ w_i (y_i - x_i·b - b0)².
//
// The centred rows are reduced to their Gram matrix, its Cholesky factor gives a solution and that is refined against the rows
// themselves, with double-double residuals unless the columns are nearly orthogonal: nothing of the squared condition number is
// left. Where the Gram matrix has lost too many digits (condition number of the columns above about 1e5) a Householder QR
// factorisation of the rows takes its place. Either way the certified digits of the NIST reference data sets come out. Where columns
// are linearly dependent the shortest coefficient vector is returned and Info.Note says the rank. A column is dependent if what
// the others leave of it is at most 2^-52·max(rows, columns) of its size, the root of Σ w x²: the units of the columns do not
// matter, as long as squares neither overflow (an error) nor underflow (a column of zeros).
//
// Sparse matrices stay sparse. Up to 1024 columns and 4e9 rows·columns·min(rows, columns) they take the same path, a few rows at a time;
// beyond that LSQR (Paige and Saunders 1982) iterates with the centring left implicit, and Tol and MaxIter apply. Then, and with Positive,
// Info.Loss is the mean squared residual after each step, of one target after the other.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. The cost is 2·rows·columns² operations.
// Nothing is random.
type OLS struct {
	NoIntercept bool    // leave the intercept out: the fit passes through the origin. False: fit one
	Positive    bool    // keep every coefficient >= 0 (not the intercept), by Lawson and Hanson's active-set method. False: any sign
	Tol         float64 // LSQR only: the relative size of Xᵀr, or of r, at which it ends. 0: 1e-10
	MaxIter     int     // LSQR: steps at the most, 0: 4·(columns+100); Positive: active-set steps, 0: 10·(columns+10)
}

// OLSMulti is OLS for several targets at once: each is fitted as OLS would alone, on one factorisation.
type OLSMulti OLS

var (
	_ ml.Fitter[ml.Dataset[float64], *RegressionModel]        = OLS{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = OLSMulti{}
)

// Fit returns the least-squares model. Y must be finite.
func (c OLS) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	const where = "linear.OLS.Fit"
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	fits, info, err := c.fit(ctx, where, d.Table, [][]float64{d.Y})
	if err != nil {
		return nil, err
	}
	c.Tol = tolOrDefault(c.Tol)
	return newRegressionModel(fits[0], d.Columns, c, info), nil
}

// Fit returns the least-squares model of every target. The targets must be finite and equally many in each row.
func (c OLSMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	const where = "linear.OLSMulti.Fit"
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	fits, info, err := OLS(c).fit(ctx, where, d.Table, transposed(d.Y))
	if err != nil {
		return nil, err
	}
	c.Tol = tolOrDefault(c.Tol)
	return newMultiRegressionModel(fits, d.Columns, c, info), nil
}

func (c OLS) fit(ctx context.Context, where string, t ml.Table, targets [][]float64) ([]solution, ml.Info, error) {
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
	fits, info, err := c.solve(ctx, where, d)
	if err != nil {
		return none(err)
	}
	info.Rows, info.Features = d.rows, d.cols
	return fits, info, checkSolutions(where, fits)
}

func (c OLS) solve(ctx context.Context, where string, d *design) ([]solution, ml.Info, error) {
	switch {
	case c.Positive:
		return d.nonNegative(ctx, where, make([]float64, len(d.targets)), c.MaxIter)
	case d.sparse() && !d.smallEnough():
		return d.lsqr(ctx, make([]float64, len(d.targets)), c.Tol, c.MaxIter)
	}
	alphas := make([]float64, len(d.targets))
	if d.cols <= d.rows {
		return d.primal(ctx, where, alphas)
	}
	return d.direct(ctx, where, alphas)
}

// smallEnough says whether a sparse matrix is factored, a few rows at a time, instead of iterated on.
func (d *design) smallEnough() bool {
	const columns, work = 1024, 4e9 // a triangle of so many columns, and the rows waiting for it, take 32 MB
	return d.cols <= columns && float64(d.rows)*float64(d.cols)*float64(min(d.rows, d.cols)) <= work
}

// tolOrDefault is the Tol of LSQR.
func tolOrDefault(tol float64) float64 {
	if tol == 0 {
		return 1e-10
	}
	return tol
}

// transposed turns rows of targets into one slice for each target.
func transposed(y [][]float64) [][]float64 {
	out := make([][]float64, len(y[0]))
	for t := range out {
		out[t] = make([]float64, len(y))
		for i, row := range y {
			out[t][i] = row[t]
		}
	}
	return out
}

func checkIterative(where string, tol float64, maxIter int) error {
	if !(tol >= 0 && tol < 1) {
		return ml.BadConfig(where, "Tol", tol, ">= 0 and < 1; 0 means the default")
	}
	if maxIter < 0 {
		return ml.BadConfig(where, "MaxIter", maxIter, ">= 0; 0 means the default")
	}
	return nil
}

// checkSolutions refuses what overflowed: finite data can still be too large to square.
func checkSolutions(where string, fits []solution) error {
	for _, s := range fits {
		if !linalg.AllFinite(s.coef) || !linalg.AllFinite([]float64{s.intercept}) {
			return tooLarge(where)
		}
	}
	return nil
}

func tooLarge(where string) error {
	return &ml.Error{Where: where, Field: "X or Y", Found: "so large that sums of squares overflow",
		Want: "numbers below about 1e150: rescale the columns", Kind: ml.ErrNotFinite}
}
