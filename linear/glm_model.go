package linear

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// GLMModel is a fitted generalised linear model: GLM, PoissonRegressor, GammaRegressor and TweedieRegressor return it.
//
// The number of observations n is the sum of the weights, k the number of coefficients that could be determined, the intercept
// included; with a penalty k is the trace of the hat matrix. Statistics that are not defined are NaN: those of a dispersion for n <= k, say.
type GLMModel struct {
	ml.Fitted
	Family    Family    // with the parameter estimated, where one was
	Link      Link      // the one used
	Coef      []float64 // one for each column of X: 1 for the offset, 0 for exposure, precision and dependent columns
	Intercept float64   // 0 if the config left it out
	Offset    string    // the columns taken out of the design, "" for none
	Exposure  string
	Precision string

	Observations float64 // n
	DFResidual   float64 // n - k
	Deviance     float64 // Σ w·deviance; weights include the precision
	NullDeviance float64 // of the model without columns, but with intercept (if the config has it) and offset
	PearsonChi2  float64 // Σ w (y-μ)²/V(μ)
	Dispersion   float64 // PearsonChi2/DFResidual, or 1 where the family fixes it
	LogLik       float64 // at the dispersion Deviance/n for Gaussian, Gamma and InverseGaussian (as R has it), at Dispersion for the others; NaN with Quasi
	AIC, BIC     float64 // penalties for k coefficients, one more for a dispersion that was estimated and one more for the overdispersion
	Aliased      []bool  // for each column of X: it depends on those before it
	// Cov is the covariance of the coefficients, intercept first if there is one; 0 for columns that are no coefficient, NaN where aliased. With L2
	// it is the inverse of the penalised information, as for a normal prior. nil where there are too many columns for it.
	Cov *tensor.Tensor[float64]

	role roles
}

var (
	_ ml.Predictor[float64]    = (*GLMModel)(nil)
	_ ml.RowPredictor[float64] = (*GLMModel)(nil)
	_ ml.Into[float64]         = (*GLMModel)(nil)
)

// Predict returns the mean of each row of x, which must be finite.
func (m *GLMModel) Predict(x tensor.Matrix) ([]float64, error) {
	return m.all("linear.GLMModel.Predict", x, true)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *GLMModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "linear.GLMModel.PredictInto"
	if err := checkOutput(where, &m.Fitted, dst, x); err != nil {
		return err
	}
	return m.into(where, dst, x, true)
}

// PredictScore returns the linear score of each row of x, offset and log exposure included: the link of the mean.
func (m *GLMModel) PredictScore(x tensor.Matrix) ([]float64, error) {
	return m.all("linear.GLMModel.PredictScore", x, false)
}

func (m *GLMModel) all(where string, x tensor.Matrix, mean bool) ([]float64, error) {
	out, err := newOutput[float64](where, &m.Fitted, x)
	if err != nil {
		return nil, err
	}
	if err := m.into(where, out, x, mean); err != nil {
		return nil, err
	}
	return out, nil
}

func (m *GLMModel) into(where string, dst []float64, x tensor.Matrix, mean bool) error {
	s := newSource(x)
	if m.role.exposure < 0 {
		const link = 10 // nanoseconds
		return eachScore(where, m.Columns, s, affine{coef: m.Coef, one: m.Intercept}, link, meanUser{m, dst, mean})
	}
	i := eachRow(s, s.cols/2+30, meanMap{m, dst, mean})
	if i < 0 {
		return nil
	}
	return m.badRow(where, i, s.row(i, s.rowScratch()))
}

// meanUser writes the means, or keeps the scores, of many rows.
type meanUser struct {
	m    *GLMModel
	dst  []float64
	mean bool
}

func (u meanUser) use(lo int, z []float64) {
	dst := u.dst[lo : lo+len(z)]
	copy(dst, z)
	if u.mean {
		linkMeans(u.m.Link, dst, z, dst)
	}
}

// badRow is the error of a row with a number that is not finite, or an exposure that is not positive.
func (m *GLMModel) badRow(where string, i int, x []float64) error {
	if err := badEntry(where, m.Columns, i, x); err != nil {
		return err
	}
	if j := m.role.exposure; j >= 0 && !(x[j] > 0) {
		return badRole(where, m.Columns, i, j, x[j], "> 0, as an exposure")
	}
	return nil
}

// meanMap writes the mean, or the score, of each row of a model with exposure.
type meanMap struct {
	m    *GLMModel
	dst  []float64
	mean bool
}

func (p meanMap) dense(i int, x []float64) bool {
	score, ok := p.m.score(x)
	if !ok {
		return false
	}
	p.dst[i] = p.value(score)
	return true
}

func (p meanMap) sparse(i int, cols []int32, vals []float64) bool {
	exposure := 0.0
	if p.m.role.exposure >= 0 {
		if at, ok := slices.BinarySearch(cols, int32(p.m.role.exposure)); ok {
			exposure = vals[at]
		}
	}
	score, ok := p.m.exposed(kern.SparseDot(vals, cols, p.m.Coef), exposure)
	if !ok && (p.m.role.exposure >= 0 && !(exposure > 0) || !linalg.AllFinite(vals)) {
		return false
	}
	p.dst[i] = p.value(score)
	return true
}

func (p meanMap) value(score float64) float64 {
	if p.mean {
		return p.m.meanAt(score)
	}
	return score
}

// meanAt is the mean of one score, to the bit as linkMeans has it.
func (m *GLMModel) meanAt(score float64) float64 {
	z, slope := [1]float64{score}, [1]float64{}
	linkMeans(m.Link, z[:], slope[:], z[:])
	return z[0]
}

// score is that of one row; not ok if the row is at fault.
func (m *GLMModel) score(x []float64) (score float64, ok bool) {
	var sum [1]float64
	kern.DotRows(sum[:], x, m.Coef, len(x)) // the same sums as those of many rows
	exposure := 0.0
	if j := m.role.exposure; j >= 0 {
		exposure = x[j]
	}
	score, ok = m.exposed(sum[0], exposure)
	return score, ok || !(m.role.exposure >= 0 && !(exposure > 0)) && linalg.AllFinite(x)
}

// exposed completes a score. It is not ok if something is not finite.
func (m *GLMModel) exposed(z, exposure float64) (score float64, ok bool) {
	score = z + m.Intercept
	if m.role.exposure >= 0 {
		score += math.Log(exposure)
	}
	return score, !math.IsNaN(score - score)
}

// PredictRow returns the mean of a single row without allocating.
func (m *GLMModel) PredictRow(x []float64) (float64, error) {
	const where = "linear.GLMModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	score, ok := m.score(x)
	if !ok {
		return 0, m.badRow(where, 0, x)
	}
	return m.meanAt(score), nil
}

// Restore checks a model that was read from a file, and finds its columns again.
func (m *GLMModel) Restore() error {
	const kind = "linear.GLMModel"
	if err := checkShape(kind, &m.Fitted, len(m.Coef) == m.Info.Features && len(m.Aliased) == len(m.Coef)); err != nil {
		return err
	}
	bad := func(field, found, want string) error {
		return &ml.Error{Where: kind, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
	}
	if m.Family == nil || m.Link == nil {
		return bad("Family or Link", "missing", "both")
	}
	var err error
	if m.role, err = findRoles(kind, m.Columns, len(m.Coef), GLM{Offset: m.Offset, Exposure: m.Exposure, Precision: m.Precision}); err != nil {
		return bad("Offset, Exposure or Precision", "not among the columns", "the names of different columns")
	}
	_, ok := m.config()
	if !ok {
		return bad("Config", fmt.Sprintf("%T", m.Config), "that of a generalised linear model")
	}
	terms := len(m.Coef) + m.lead()
	if m.Cov != nil && !isMatrix(m.Cov, terms, terms) {
		return bad("Cov", "of another size", fmt.Sprintf("%d x %d", terms, terms))
	}
	return nil
}

// config is that of the model as a GLM.
func (m *GLMModel) config() (GLM, bool) {
	switch c := m.Config.(type) {
	case GLM:
		return c, true
	case glmConfig:
		return c.glm(1), true
	}
	return GLM{}, false
}

// glmConfig is a config that stands for a GLM.
type glmConfig interface {
	glm(total float64) GLM // total is the sum of the weights
}

// lead is 1 if there is an intercept.
func (m *GLMModel) lead() int {
	if c, _ := m.config(); c.NoIntercept {
		return 0
	}
	return 1
}

// Terms is the table of coefficients, the intercept first if there is one. Tests are t tests of DFResidual degrees of freedom where the
// dispersion was estimated, and else normal ones. Columns that are no coefficient (offset, exposure, precision) are left out.
func (m *GLMModel) Terms() []Term {
	var out []Term
	lead := m.lead()
	add := func(k int, name string, estimate float64, aliased bool) {
		t := Term{Name: name, Estimate: estimate, StdErr: math.NaN(), Aliased: aliased}
		if m.Cov != nil {
			t.StdErr = math.Sqrt(m.Cov.At(k, k))
		}
		t.Stat = t.Estimate / t.StdErr
		t.P = min(2*testSurvival(m.dfTest(), math.Abs(t.Stat)), 1)
		half := m.critical() * t.StdErr
		t.Lower, t.Upper = t.Estimate-half, t.Estimate+half
		out = append(out, t)
	}
	if lead == 1 {
		add(0, "(Intercept)", m.Intercept, false)
	}
	for j, b := range m.Coef {
		if !slices.Contains(m.role.list(), j) {
			add(lead+j, ml.ColumnName(m.Columns, j), b, m.Aliased[j])
		}
	}
	return out
}

// dfTest is the degrees of freedom of tests, +Inf for normal ones.
func (m *GLMModel) dfTest() float64 {
	if c, _ := m.config(); c.Quasi || !m.Family.UnitDispersion() {
		return m.DFResidual
	}
	return math.Inf(1)
}

// critical is the half width of intervals in standard errors.
func (m *GLMModel) critical() float64 { return testQuantile(m.dfTest(), 1-m.miscoverage()/2) }

func (m *GLMModel) miscoverage() float64 {
	if c, _ := m.config(); c.Miscoverage != 0 {
		return c.Miscoverage
	}
	return 0.05
}
