package linear

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// MultiTaskLasso fits several targets that use the same columns: a column has coefficients for all targets or for none (the group lasso of
// Yuan and Lin, J. R. Stat. Soc. B 68 (2006), with a group for each column). It minimises
//
//	Σ w_i |y_i - B x_i - b0|² / (2 Σ w_i) + Alpha·Σ_j |B_j|
//
// where B_j, the coefficients of column j for all targets, counts by its Euclidean length. So scikit-learn does. The targets should be in
// comparable units, and the columns, too. All else is as in Lasso, a step of the descent being one for all coefficients of a column.
type MultiTaskLasso struct {
	Alpha       float64 // the penalty, > 0. 0 is an error: for no penalty use OLSMulti
	NoIntercept bool    // leave the intercepts out. False: fit one for each target
	Random      bool    // as in Lasso
	Seed        uint64  // as in Lasso
	MaxIter     int     // as in Lasso
	Tol         float64 // as in Lasso, the mean square being summed over the targets
}

// MultiTaskElasticNet is MultiTaskLasso with a penalty on squares besides:
//
//	Σ w_i |y_i - B x_i - b0|² / (2 Σ w_i) + Alpha·(L1Ratio·Σ_j |B_j| + (1 - L1Ratio)/2·Σ_j |B_j|²)
type MultiTaskElasticNet struct {
	Alpha       float64 // as in MultiTaskLasso
	L1Ratio     float64 // the share of the lengths, 0..1. 0: squares only, the solution of RidgeMulti with Alpha·Σ w_i; 1: that of MultiTaskLasso
	NoIntercept bool    // as in MultiTaskLasso
	Random      bool    // as in Lasso
	Seed        uint64  // as in Lasso
	MaxIter     int     // as in Lasso
	Tol         float64 // as in MultiTaskLasso
}

var (
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = MultiTaskLasso{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = MultiTaskElasticNet{}
)

// Fit returns the model. The targets must be finite and equally many in each row. Info is as after Lasso.
func (c MultiTaskLasso) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	o := MultiTaskElasticNet{Alpha: c.Alpha, L1Ratio: 1, NoIntercept: c.NoIntercept, Random: c.Random, Seed: c.Seed, MaxIter: c.MaxIter, Tol: c.Tol}.options()
	c.MaxIter, c.Tol = o.maxIter, o.tol
	return o.fitJoint(ctx, "linear.MultiTaskLasso.Fit", d, c)
}

// Fit returns the model. The targets must be finite and equally many in each row. Info is as after Lasso.
func (c MultiTaskElasticNet) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	o := c.options()
	c.MaxIter, c.Tol = o.maxIter, o.tol
	return o.fitJoint(ctx, "linear.MultiTaskElasticNet.Fit", d, c)
}

func (c MultiTaskElasticNet) options() descentOptions {
	return descentOptions{alpha: c.Alpha, l1Ratio: c.L1Ratio, intercept: !c.NoIntercept, random: c.Random, seed: c.Seed, maxIter: c.MaxIter, tol: c.Tol,
		without: "linear.OLSMulti"}.withDefaults()
}

func (o descentOptions) fitJoint(ctx context.Context, where string, d ml.Dataset[[]float64], config any) (*MultiRegressionModel, error) {
	if err := o.check(where); err != nil {
		return nil, err
	}
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	fits, info, err := o.fitTasks(ctx, where, d.Table, transposed(d.Y))
	if err != nil {
		return nil, err
	}
	return newMultiRegressionModel(fits, d.Columns, config, info), nil
}
