package linear

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// PoissonRegressor is a [GLM] of counts with a log link, in scikit-learn's terms: it minimises the mean of half the deviance, weighted,
// plus Alpha/2·|Coef|². Unlike there, 0 is the default of Alpha. Everything else is as in GLM.
type PoissonRegressor struct {
	Alpha       float64 // the penalty. 0: none (scikit-learn's default is 1)
	Exposure    string  // the column that the mean is proportional to, > 0. "": none
	Offset      string  // the column that is added to the log of the mean. "": none
	NoIntercept bool    // leave the intercept out. False: fit one
	MaxIter     int     // iterations at the most. 0: 100
	Tol         float64 // ends when Info.Gap is at most this. 0: 1e-8
}

// GammaRegressor is a [GLM] of positive amounts with a log link, in scikit-learn's terms: see PoissonRegressor.
type GammaRegressor struct {
	Alpha       float64 // the penalty. 0: none (scikit-learn's default is 1)
	Exposure    string  // the column that the mean is proportional to, > 0. "": none
	Offset      string  // the column that is added to the log of the mean. "": none
	Precision   string  // the column that divides the variance, as the number of claims whose mean is the target. "": none
	NoIntercept bool    // leave the intercept out. False: fit one
	MaxIter     int     // iterations at the most. 0: 100
	Tol         float64 // ends when Info.Gap is at most this. 0: 1e-8
}

// TweedieRegressor is a [GLM] of the family Tweedie, in scikit-learn's terms: see PoissonRegressor.
type TweedieRegressor struct {
	Power       float64 // of the variance, as in Tweedie; 1.5 suits claims per policy. 0: constant variance
	Link        Link    // nil: the log, for Power <= 0 the identity
	Alpha       float64 // the penalty. 0: none (scikit-learn's default is 1)
	Exposure    string  // the column that the mean is proportional to, > 0; needs the log link. "": none
	Offset      string  // the column that is added to the score. "": none
	Precision   string  // the column that divides the variance. "": none
	NoIntercept bool    // leave the intercept out. False: fit one
	MaxIter     int     // iterations at the most. 0: 100
	Tol         float64 // ends when Info.Gap is at most this. 0: 1e-8
}

var (
	_ ml.Fitter[ml.Dataset[float64], *GLMModel] = PoissonRegressor{}
	_ ml.Fitter[ml.Dataset[float64], *GLMModel] = GammaRegressor{}
	_ ml.Fitter[ml.Dataset[float64], *GLMModel] = TweedieRegressor{}
)

func (c PoissonRegressor) glm(total float64) GLM {
	return GLM{Family: Poisson{}, Link: LogLink{}, Exposure: c.Exposure, Offset: c.Offset, L2: c.Alpha * total, NoIntercept: c.NoIntercept, MaxIter: c.MaxIter, Tol: c.Tol}
}

func (c GammaRegressor) glm(total float64) GLM {
	return GLM{Family: Gamma{}, Link: LogLink{}, Exposure: c.Exposure, Offset: c.Offset, Precision: c.Precision, L2: c.Alpha * total, NoIntercept: c.NoIntercept, MaxIter: c.MaxIter, Tol: c.Tol}
}

func (c TweedieRegressor) glm(total float64) GLM {
	return GLM{Family: Tweedie{c.Power}, Link: c.Link, Exposure: c.Exposure, Offset: c.Offset, Precision: c.Precision, L2: c.Alpha * total, NoIntercept: c.NoIntercept, MaxIter: c.MaxIter, Tol: c.Tol}
}

// Fit returns the model. Y must be counts, or other numbers >= 0.
func (c PoissonRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*GLMModel, error) {
	if c.MaxIter == 0 {
		c.MaxIter = glmMaxIter
	}
	if c.Tol == 0 {
		c.Tol = glmTol
	}
	return fitPerWeight(ctx, "linear.PoissonRegressor.Fit", d, c.Alpha, c)
}

// Fit returns the model. Y must be > 0.
func (c GammaRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*GLMModel, error) {
	if c.MaxIter == 0 {
		c.MaxIter = glmMaxIter
	}
	if c.Tol == 0 {
		c.Tol = glmTol
	}
	return fitPerWeight(ctx, "linear.GammaRegressor.Fit", d, c.Alpha, c)
}

// Fit returns the model. Y must lie in the Targets of Tweedie{Power}.
func (c TweedieRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*GLMModel, error) {
	if c.MaxIter == 0 {
		c.MaxIter = glmMaxIter
	}
	if c.Tol == 0 {
		c.Tol = glmTol
	}
	if c.Link == nil {
		c.Link = Tweedie{c.Power}.Link()
	}
	return fitPerWeight(ctx, "linear.TweedieRegressor.Fit", d, c.Alpha, c)
}

// fitPerWeight fits with a penalty for each unit of weight.
func fitPerWeight(ctx context.Context, where string, d ml.Dataset[float64], alpha float64, config glmConfig) (*GLMModel, error) {
	if err := checkPenalty(where, "Alpha", alpha); err != nil {
		return nil, err
	}
	if _, err := config.glm(1).resolve(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	c, err := config.glm(totalWeight(d)).resolve(where)
	if err != nil {
		return nil, err
	}
	return c.fit(ctx, where, d, config, nil)
}

func totalWeight(d ml.Dataset[float64]) float64 {
	if d.Weight == nil {
		return float64(d.Rows())
	}
	total := 0.0
	for _, w := range d.Weight {
		total += w
	}
	return total
}
