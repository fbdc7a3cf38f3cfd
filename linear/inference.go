package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// Covariance names an estimate of the covariance of least-squares coefficients. Those after Classical hold where the noise is not
// of equal variance or not independent.
type Covariance uint8

const (
	// Classical is s²(XᵀX)⁻¹, for independent noise of one variance.
	Classical Covariance = iota
	// HC0 takes each squared residual for the variance of its row (White, Econometrica 48 (1980)).
	HC0
	// HC1 is HC0 times n/(n-k).
	HC1
	// HC2 divides each squared residual by 1 - leverage, which makes it unbiased under equal variances.
	HC2
	// HC3 divides it by the square of that: about the jackknife (MacKinnon and White, J. Econometrics 29 (1985)).
	HC3
	// HAC allows noise that is correlated with that of up to Lags rows before it: Newey and West, Econometrica 55 (1987), with
	// Bartlett weights. The order of rows is that of time.
	HAC
	// Cluster allows any correlation within the rows of a group, Table.Group (Liang and Zeger, Biometrika 73 (1986)).
	Cluster
	covariances
)

// String returns the name of the constant, "classical" for the first.
func (c Covariance) String() string {
	names := [...]string{"classical", "HC0", "HC1", "HC2", "HC3", "HAC", "cluster"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("Covariance(%d)", uint8(c))
}

// OLSInference is [OLS] with its statistics: standard errors, tests and intervals of the coefficients, the quality of the fit,
// leverages and residuals of the rows, and intervals for predictions. Print the result for the table that a statistician expects.
//
// The rows are reduced to a triangle by Householder QR, coefficients are refined with double-double residuals, and where columns are
// nearly dependent (condition number above 1e5) so are the standard errors: the certified digits of the NIST reference
// sets come out. A column that is dependent on those before it, as [OLS] defines it, gets the coefficient 0, is Aliased in the
// table and Info.Note names it; that is R's choice, and another than that of OLS, which shares the effect between such columns.
// Where as many coefficients as rows leave no residual, standard errors are NaN and Info.Note says so.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows, in the number of observations as well; leverage and
// influence are those of one of the k. With Precision, weights are instead inverse variances up to a factor, as those of
// R's lm and statsmodels' WLS are: each row is one observation, however much it weighs. Coefficients are the same either way.
//
// Sparse matrices are not densified, but the statistics need some dense triangles: memory is some columns² and three numbers for each row, whatever
// is stored of X. A sparse matrix of more than 2048 columns is refused unless it has more rows than columns: with fewer there are no standard errors,
// and OLS gives the coefficients. The cost is about 3·rows·columns². Nothing is random.
type OLSInference struct {
	NoIntercept bool       // leave the intercept out; R² is then about zero instead of the mean. False: fit one
	Covariance  Covariance // of the coefficients. 0: Classical
	Lags        int        // HAC only: how many rows back noise is correlated. 0: 4·(n/100)^(2/9), rounded down
	Uncorrected bool       // HAC and Cluster only: leave out the factor for few rows, n/(n-k), or groups, G/(G-1)·(n-1)/(n-k). False: apply it
	Normal      bool       // test with the normal distribution. False: Student's, of n-k degrees of freedom, with Cluster of groups-1
	Precision   bool       // weights are inverse variances. False: repetitions of the row
	Miscoverage float64    // 1 - confidence of all intervals, below 1. 0: 0.05
}

// OLSResults is a least-squares fit with its statistics. It predicts like the RegressionModel that it holds.
//
// The number of observations n is the sum of the weights, with Precision the number of rows of positive weight; k counts the
// coefficients that could be determined, the intercept included. Where a statistic is not defined it is NaN: the
// standard errors for n = k, say.
type OLSResults struct {
	RegressionModel
	Observations float64 // n
	DFModel      int     // coefficients but for the intercept
	DFResidual   float64 // n - k
	DFTest       float64 // degrees of freedom of the tests of coefficients; +Inf if they are normal
	Lags         int     // HAC: the lags taken
	Groups       int     // Cluster: the number of groups

	RSS, TSS     float64 // sums of squares: of residuals; of Y about its mean, about 0 without intercept
	Sigma        float64 // residual standard error, sqrt(RSS/DFResidual)
	R2, AdjR2    float64
	F, PF        float64 // test that all coefficients but the intercept are 0, and its p-value; a Wald test if the covariance is not Classical
	LogLik       float64 // of normal noise, at the most likely variance
	AIC, BIC     float64 // penalties for k coefficients, as statsmodels has it; R counts the variance as well
	DurbinWatson float64 // of the residuals in the order of the rows
	Skewness     float64 // of the residuals
	Kurtosis     float64 // of the residuals, in excess of a normal distribution's
	Condition    float64 // estimate of the condition number of the columns, centred (with intercept) and scaled to unit length

	Aliased      []bool                  // for each column of X: it depends on those before it
	Cov          *tensor.Tensor[float64] // covariance of the coefficients, intercept first if there is one; NaN where aliased
	Center       []float64               // weighted mean of each column of X; zeros without intercept
	Root         *tensor.Tensor[float64] // Root·Rootᵀ is the covariance of the prediction at Center (absent without intercept) and of Coef
	Residuals    []float64               // Y - prediction, for each training row
	Leverage     []float64               // diagonal of the hat matrix; 0 for rows of weight 0
	Standardized []float64               // residuals over their standard errors (internally studentised); NaN for weight 0 or leverage 1
	Quantiles    []float64               // minimum, quartiles and maximum of the residuals; with Precision of those times the root of the weight
}

var (
	_ ml.Fitter[ml.Dataset[float64], *OLSResults] = OLSInference{}
	_ ml.Predictor[float64]                       = (*OLSResults)(nil)
	_ ml.RowPredictor[float64]                    = (*OLSResults)(nil)
	_ ml.Into[float64]                            = (*OLSResults)(nil)
)

// Fit returns the least-squares fit. Y must be finite. Cluster needs Table.Group with at least two groups; HAC takes no
// weights but 0 and 1 unless they are Precision: it would have to know when repetitions happened.
func (c OLSInference) Fit(ctx context.Context, d ml.Dataset[float64]) (*OLSResults, error) {
	const where = "linear.OLSInference.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := c.checkRows(where, d.Table); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if c.Miscoverage == 0 {
		c.Miscoverage = 0.05
	}
	p, err := newInference(ctx, where, c, d)
	if err != nil {
		return nil, err
	}
	if err := p.observe(ctx); err != nil {
		return nil, err
	}
	m := &OLSResults{RegressionModel: *newRegressionModel(p.s, d.Columns, c, ml.Info{Rows: p.rows, Features: p.cols})}
	p.quality(m)
	if err := p.covariance(ctx, m, d.Group); err != nil {
		return nil, err
	}
	p.note(m)
	return m, nil
}

func (c OLSInference) check(where string) error {
	switch {
	case c.Covariance >= covariances:
		return ml.BadConfig(where, "Covariance", c.Covariance, "one of the constants, such as linear.HC3")
	case c.Lags < 0:
		return ml.BadConfig(where, "Lags", c.Lags, ">= 0; 0 means the default")
	case c.Lags > 0 && c.Covariance != HAC:
		return ml.BadConfig(where, "Lags", c.Lags, "0 unless Covariance is HAC")
	case c.Uncorrected && c.Covariance < HAC:
		return ml.BadConfig(where, "Uncorrected", true, "false unless Covariance is HAC or Cluster; for no correction use HC0")
	case !(c.Miscoverage >= 0 && c.Miscoverage < 1):
		return ml.BadConfig(where, "Miscoverage", c.Miscoverage, ">= 0 and < 1; 0 means 0.05")
	}
	return nil
}

func (c OLSInference) checkRows(where string, t ml.Table) error {
	const widest = 2048
	x := newSource(t.X)
	switch {
	case x.sparse() && x.cols > widest && x.rows <= x.cols:
		return ml.BadShape(where, "X", fmt.Sprintf("sparse, %d x %d", x.rows, x.cols),
			fmt.Sprintf("more rows than columns, or at most %d columns: it would take a dense triangle of columns x columns, and there are no standard errors; use OLS", widest))
	case c.Covariance == Cluster && t.Group == nil:
		return ml.BadShape(where, "Group", "nil", "a group for each row with Covariance Cluster")
	case c.Covariance == HAC && !c.Precision:
		for i, w := range t.Weight {
			if w != 0 && w != 1 {
				return &ml.Error{Where: where, Field: fmt.Sprintf("Weight[%d]", i), Found: fmt.Sprint(w),
					Want: "0 or 1 with Covariance HAC, which depends on the order of repetitions; or Precision", Kind: ml.ErrWeight}
			}
		}
	}
	return nil
}

// Term is a line of the table of coefficients.
type Term struct {
	Name         string
	Estimate     float64
	StdErr       float64 // NaN if aliased or without residual degrees of freedom, as are those that follow
	Stat         float64 // Estimate / StdErr: t, or z with Normal
	P            float64 // two-sided, of no effect
	Lower, Upper float64 // the confidence interval
	Aliased      bool    // not determined: the column depends on those before it
}

// Terms is the table of coefficients, the intercept first if there is one.
func (m *OLSResults) Terms() []Term {
	var out []Term
	add := func(name string, estimate float64, aliased bool) {
		k := len(out)
		t := Term{Name: name, Estimate: estimate, StdErr: math.Sqrt(m.Cov.At(k, k)), Aliased: aliased}
		t.Stat = t.Estimate / t.StdErr
		t.P = min(2*m.survival(math.Abs(t.Stat)), 1)
		half := m.critical() * t.StdErr
		t.Lower, t.Upper = t.Estimate-half, t.Estimate+half
		out = append(out, t)
	}
	if m.intercept() {
		add("(Intercept)", m.Intercept, false)
	}
	for j, b := range m.Coef {
		add(ml.ColumnName(m.Columns, j), b, m.Aliased[j])
	}
	return out
}

func (m *OLSResults) config() OLSInference { return m.Config.(OLSInference) }

func (m *OLSResults) intercept() bool { return !m.config().NoIntercept }

// survival is the probability that the test statistic of no effect exceeds t.
func (m *OLSResults) survival(t float64) float64 { return testSurvival(m.DFTest, t) }

// critical is the half width of intervals in standard errors.
func (m *OLSResults) critical() float64 { return testQuantile(m.DFTest, 1-m.config().Miscoverage/2) }

// testSurvival is the tail above t of Student's distribution of df degrees of freedom, the normal one for +Inf; NaN for none.
func testSurvival(df, t float64) float64 {
	switch {
	case math.IsInf(df, 1):
		return stats.Normal{Sigma: 1}.Survival(t)
	case !(df > 0):
		return math.NaN()
	}
	return stats.StudentT{Nu: df}.Survival(t)
}

// testQuantile is the p-quantile of the distribution of testSurvival.
func testQuantile(df, p float64) float64 {
	switch {
	case math.IsInf(df, 1):
		return stats.Normal{Sigma: 1}.Quantile(p)
	case !(df > 0):
		return math.NaN()
	}
	return stats.StudentT{Nu: df}.Quantile(p)
}

// Restore checks a model that was read from a file.
func (m *OLSResults) Restore() error {
	const kind = "linear.OLSResults"
	p := m.Info.Features
	c, ok := m.Config.(OLSInference)
	if !ok {
		return &ml.Error{Where: kind, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "linear.OLSInference", Kind: ml.ErrFormat}
	}
	terms := p
	if !c.NoIntercept {
		terms++
	}
	n := m.Info.Rows
	ok = len(m.Coef) == p && len(m.Aliased) == p && len(m.Center) == p && isMatrix(m.Cov, terms, terms) && isMatrix(m.Root, terms, terms) &&
		len(m.Residuals) == n && len(m.Leverage) == n && len(m.Standardized) == n && len(m.Quantiles) == 5 &&
		m.DFModel >= 0 && m.DFModel <= p && linalg.AllFinite(m.Center)
	return checkShape(kind, &m.Fitted, ok)
}
