package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// GLM is a generalised linear model: a target of some distribution, a function of whose mean is linear in x (Nelder and Wedderburn, J. R.
// Statist. Soc. A 135 (1972); McCullagh and Nelder, "Generalized Linear Models" (1989)). It minimises
//
//	Σ w_i·a_i·Deviance(y_i, μ_i) + L2·|Coef|²,   g(μ_i) = x_i·Coef + Intercept + offset_i
//
// with w_i the weight and a_i the precision of the row: maximum likelihood for L2 = 0. Ridge with the same penalty is the Gaussian
// case. The intercept is not penalised.
//
// # Offset, exposure and precision
//
// They are numbers of a row, so they are columns of X like others and travel with the rows through splits, cross-validation and
// prediction; the config names them and the fit takes them out of the design. An unnamed column is called "x3", as ml.ColumnName has it.
// Offset is added to the linear score: its coefficient is 1. Exposure (time at risk, number of policies) multiplies the mean: its
// logarithm is added to the score, which needs a log link; predictions are for the exposure in their row, so put 1 there for rates.
// Precision divides the variance of the row: the number of trials for Binomial, where the target is the share of successes, or the number
// of claims that a mean severity is the average of. R calls it weights, statsmodels var_weights. Prediction does not use it. Do not scale
// these columns.
//
// Row weights are something else: a row of weight 0 is absent, one of weight k counts as k rows, in the number of observations too
// (statsmodels' freq_weights).
//
// # Method
//
// Fisher scoring (iteratively reweighted least squares): a step solves with the expected information, factored by Cholesky, and is
// halved until the means are possible and the objective falls. Columns that depend on those before them, with the intercept, get coefficient
// 0 as in R, if L2 is 0, and Info.Note names them. Sparse matrices stay sparse. With more than about 1400 columns L-BFGS with the diagonal of the
// information takes over and there are no standard errors. An iteration costs rows·columns² operations. Nothing is random.
type GLM struct {
	Family      Family     // the distribution of Y. nil: Gaussian
	Link        Link       // nil: the one of the family
	Offset      string     // the column that is added to the score. "": none
	Exposure    string     // the column that the mean is proportional to, > 0; needs LogLink. "": none
	Precision   string     // the column that divides the variance, >= 0; trials of Binomial. "": none
	L2          float64    // the penalty. 0: none
	NoIntercept bool       // leave the intercept out. False: fit one
	Quasi       bool       // estimate the dispersion of Poisson, Binomial and NegativeBinomial instead of taking 1. False: take 1
	Covariance  Covariance // of the coefficients: Classical or HC0 to HC3. 0: Classical
	Miscoverage float64    // 1 - confidence of all intervals, below 1. 0: 0.05
	MaxIter     int        // iterations at the most. 0: 100
	Tol         float64    // ends when Info.Gap is at most this. 0: 1e-8
}

var _ ml.Fitter[ml.Dataset[float64], *GLMModel] = GLM{}

const (
	glmMaxIter = 100
	glmTol     = 1e-8
)

// Fit returns the model. Y must lie in the Targets of the family. Info.Gap is the distance to the optimum in standard errors (the
// length of the step left, in the metric of the information over the dispersion; with L-BFGS as in LogisticRegression); Info.Loss is the
// objective over the total weight after each iteration. Info.Note names what the data do not determine: dependent columns, and separation, where
// coefficients run off to infinity.
//
// The model has the diagnostics of a fit: Terms and ProfileTerms (intervals by standard errors and by the likelihood), Residuals, Leverage
// and CooksDistance.
func (c GLM) Fit(ctx context.Context, d ml.Dataset[float64]) (*GLMModel, error) {
	const where = "linear.GLM.Fit"
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	return c.fit(ctx, where, d, c, nil)
}

// Path fits one model for each of the penalties, each from the solution before: list them from large to small. L2 must be 0.
func (c GLM) Path(ctx context.Context, d ml.Dataset[float64], penalties []float64) ([]*GLMModel, error) {
	const where = "linear.GLM.Path"
	if c.L2 != 0 {
		return nil, ml.BadConfig(where, "L2", c.L2, "0: penalties are a parameter of Path")
	}
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	models := make([]*GLMModel, len(penalties))
	var last *GLMModel
	for i, l2 := range penalties {
		if err := checkPenalty(where, fmt.Sprintf("penalties[%d]", i), l2); err != nil {
			return nil, err
		}
		c.L2 = l2
		if last, err = c.fit(ctx, where, d, c, last); err != nil {
			return nil, err
		}
		models[i] = last
	}
	return models, nil
}

func checkPenalty(where, field string, l2 float64) error {
	if l2 >= 0 && l2 <= maxPenalty {
		return nil
	}
	return ml.BadConfig(where, field, l2, ">= 0 and finite; 0 for no penalty")
}

func (c GLM) resolve(where string) (GLM, error) {
	if err := checkPenalty(where, "L2", c.L2); err != nil {
		return c, err
	}
	if err := checkIterative(where, c.Tol, c.MaxIter); err != nil {
		return c, err
	}
	if c.Family == nil {
		c.Family = Gaussian{}
	}
	switch f := c.Family.(type) {
	case Tweedie:
		if math.IsNaN(f.Power-f.Power) || f.Power > 0 && f.Power < 1 {
			return c, ml.BadConfig(where, "Family.Power", f.Power, "<= 0 or >= 1: no distribution lies between")
		}
	case NegativeBinomial:
		if !(f.Overdispersion >= 0) || math.IsInf(f.Overdispersion, 1) {
			return c, ml.BadConfig(where, "Family.Overdispersion", f.Overdispersion, ">= 0 and finite; 0 means estimated")
		}
	}
	if c.Link == nil {
		c.Link = c.Family.Link()
	}
	if l, ok := c.Link.(PowerLink); ok && (l.Power == 0 || math.IsNaN(l.Power-l.Power)) {
		return c, ml.BadConfig(where, "Link.Power", l.Power, "finite and not 0; for 0 use LogLink")
	}
	if _, log := c.Link.(LogLink); c.Exposure != "" && !log {
		return c, ml.BadConfig(where, "Exposure", c.Exposure, "a LogLink, or an Offset instead: the mean is proportional to exposure with a log link only")
	}
	if c.Covariance > HC3 {
		return c, ml.BadConfig(where, "Covariance", c.Covariance, "Classical or HC0 to HC3")
	}
	if !(c.Miscoverage >= 0 && c.Miscoverage < 1) {
		return c, ml.BadConfig(where, "Miscoverage", c.Miscoverage, ">= 0 and < 1; 0 means 0.05")
	}
	if c.Miscoverage == 0 {
		c.Miscoverage = 0.05
	}
	if c.MaxIter == 0 {
		c.MaxIter = glmMaxIter
	}
	if c.Tol == 0 {
		c.Tol = glmTol
	}
	return c, nil
}

// fit is Fit for a resolved config; as is the config that the model carries, start a model of the same columns to start from or nil.
func (c GLM) fit(ctx context.Context, where string, d ml.Dataset[float64], as any, start *GLMModel) (*GLMModel, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	g, err := c.newScoring(where, d)
	if err != nil {
		return nil, err
	}
	if start != nil {
		g.params = g.packed(start.Coef, start.Intercept)
	}
	track := ml.Track(ctx, "iteration", c.MaxIter)
	if nb, ok := c.Family.(NegativeBinomial); ok && nb.Overdispersion == 0 {
		err = g.estimateOverdispersion(ctx, where, track)
	} else {
		err = g.minimize(ctx, where, track)
	}
	if err != nil {
		return nil, err
	}
	m := g.model(d.Columns, c, as)
	if !linalg.AllFinite(m.Coef) || math.IsNaN(m.Intercept-m.Intercept) || math.IsNaN(m.Deviance-m.Deviance) {
		return nil, tooLarge(where)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// roles are the columns with a meaning of their own, -1 for none.
type roles struct{ offset, exposure, precision int }

func (r roles) list() []int { return []int{r.offset, r.exposure, r.precision} }

func findRoles(where string, columns []ml.Column, cols int, c GLM) (roles, error) {
	r := roles{-1, -1, -1}
	for _, f := range []struct {
		field, name string
		to          *int
	}{{"Offset", c.Offset, &r.offset}, {"Exposure", c.Exposure, &r.exposure}, {"Precision", c.Precision, &r.precision}} {
		if f.name == "" {
			continue
		}
		for j := range cols {
			if ml.ColumnName(columns, j) == f.name {
				*f.to = j
				break
			}
		}
		if *f.to < 0 {
			return r, &ml.Error{Where: where, Field: f.field, Found: fmt.Sprintf("%q", f.name), Want: "the name of a column", Kind: ml.ErrColumn}
		}
	}
	if r.offset >= 0 && (r.offset == r.exposure || r.offset == r.precision) || r.exposure >= 0 && r.exposure == r.precision {
		return r, ml.BadConfig(where, "Offset, Exposure and Precision", "one column", "different columns")
	}
	return r, nil
}
