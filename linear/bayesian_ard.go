package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// ARDRegression is [BayesianRidge] with a precision for each coefficient (automatic relevance determination, sparse Bayesian learning:
// MacKay (1994); Tipping, J. Machine Learning Research 1 (2001)). The evidence drives the precisions of columns that are of no use
// up; those above Threshold are pruned, and their coefficients are 0.
//
// The priors take the columns as they are, so their units matter: put a features.StandardScaler before it unless they share one.
//
// An iteration costs active columns³ operations, after one QR factorisation of the rows; with more active columns than rows it
// costs rows²·columns until enough of them are pruned. That is with a dense matrix of the smaller order, at most 16384. Sparse matrices stay
// sparse. The posterior covariance is kept for up to 2048 active columns; else Info.Note says that it was not. Weights: a row of weight 0 is
// absent, one of weight k counts as k rows. Nothing is random.
type ARDRegression struct {
	NoIntercept bool    // leave the intercept out: the fit passes through the origin. False: fit one
	Threshold   float64 // columns of a larger precision are pruned: those whose coefficient is about below its root's inverse. 0: 10000
	NoiseShape  float64 // shape of the gamma prior of the noise's precision. 0: 1e-6, nearly flat
	NoiseRate   float64 // rate of the same. 0: 1e-6
	CoefShape   float64 // shape of the gamma prior of each coefficient's precision. 0: 1e-12, flat
	CoefRate    float64 // rate of the same. 0: 1e-12; scikit-learn's 1e-6 holds back the precisions of columns that are of no use, so that few are pruned
	MaxIter     int     // iterations at the most. 0: 1000
	Tol         float64 // ends when no precision of an active column changes by more than this part of itself, and none is pruned. 0: 1e-4
}

var _ ml.Fitter[ml.Dataset[float64], *BayesianModel] = ARDRegression{}

// Fit returns the model. Y must be finite. Info.Loss is minus the log evidence of the active columns, with the log densities of the gamma
// priors up to a constant, after each iteration; Info.Gap the last relative change of a precision.
func (c ARDRegression) Fit(ctx context.Context, d ml.Dataset[float64]) (*BayesianModel, error) {
	const where = "linear.ARDRegression.Fit"
	h := hyper{c.NoiseShape, c.NoiseRate, c.CoefShape, c.CoefRate, c.Tol, c.MaxIter}
	const flat = 1e-12
	if h.coefShape == 0 {
		h.coefShape = flat
	}
	if h.coefRate == 0 {
		h.coefRate = flat
	}
	if h.tol == 0 {
		h.tol = 1e-4
	}
	if h.maxIter == 0 {
		h.maxIter = 1000
	}
	if err := h.resolve(where); err != nil {
		return nil, err
	}
	if !(c.Threshold >= 0) || math.IsInf(c.Threshold, 1) {
		return nil, ml.BadConfig(where, "Threshold", c.Threshold, "> 0 and finite; 0 means 10000")
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	c.NoiseShape, c.NoiseRate, c.CoefShape, c.CoefRate, c.Tol, c.MaxIter = h.noiseShape, h.noiseRate, h.coefShape, h.coefRate, h.tol, h.maxIter
	if c.Threshold == 0 {
		c.Threshold = 10000
	}
	x, err := newDesign(where, d.Table, [][]float64{d.Y}, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	if min(x.rows, x.cols) > largestGram {
		return nil, ml.BadShape(where, "X", "too large to factor", "at most 16384 rows or columns")
	}
	f := &ardFit{design: x, hyper: h, threshold: c.Threshold, noise: x.startPrecision(), active: upTo(x.cols), ctx: ctx}
	f.precision = make([]float64, x.cols)
	for j := range f.precision {
		f.precision[j] = 1
	}
	if err := f.begin(where); err != nil {
		return nil, err
	}
	info, err := h.maximise(ctx, where, f)
	if err != nil {
		return nil, err
	}
	info.Rows, info.Features = x.rows, x.cols
	s := solution{coef: make([]float64, x.cols)}
	m := &BayesianModel{NoisePrecision: f.noise, Precision: make([]float64, x.cols), Center: x.center, Active: f.active}
	for j := range m.Precision {
		m.Precision[j] = math.Inf(1)
	}
	for a, j := range f.active {
		s.coef[j], m.Precision[j] = f.coef[a], f.precision[a]
	}
	s.intercept = x.intercept(0, s.coef)
	if err := checkSolutions(where, []solution{s}); err != nil {
		return nil, err
	}
	info.Note = fmt.Sprintf("%d of %d columns are active, the others pruned", len(f.active), x.cols)
	if m.Posterior = len(f.active)*len(f.active) <= largestPosterior; !m.Posterior {
		info.Note += "; " + noPosterior
	} else if err := f.posterior(m); err != nil {
		return nil, err
	}
	m.RegressionModel = *newRegressionModel(s, d.Columns, c, info)
	return m, nil
}

// ardFit is a fit under way. coef, share and precision belong to the active columns.
type ardFit struct {
	*design
	hyper
	ctx       context.Context // of the one fit that this is
	threshold float64
	noise     float64
	active    []int
	precision []float64

	triangle []float64 // of the columns inTriangle and the target, where they are no more than the rows; nil before that
	inside   []int     // where each active column stands in the triangle
	order    int       // columns of the triangle

	starts []int // the nonzeros of a sparse matrix by column, once they were needed: see byColumn
	at     []int32
	vals   []float64

	outer, inner []float64 // rows x rows: scratch of solveWide

	coef     []float64
	share    []float64 // 1 - precision·posterior variance: how far the data determine the coefficient
	residual float64   // sum of squares
	logDet   float64   // of the posterior covariance
}

func (f *ardFit) begin(where string) error {
	ok, err := f.solve()
	if err == nil && !ok {
		err = tooLarge(where)
	}
	return err
}

func (f *ardFit) step(where string) (evidence, change float64, err error) {
	effective := 0.0
	for a, s := range f.share {
		effective += s
		l := (s + 2*f.coefShape) / (f.coef[a]*f.coef[a] + 2*f.coefRate)
		change = max(change, math.Abs(l-f.precision[a])/l)
		f.precision[a] = l
	}
	f.noise = (f.total - effective + 2*f.noiseShape) / (f.residual + 2*f.noiseRate)
	if err := checkPrecision(where, f.noise, f.total, effective); err != nil {
		return 0, change, err
	}
	f.prune()
	if ok, err := f.solve(); err != nil || !ok {
		if err == nil {
			err = tooLarge(where)
		}
		return 0, change, err
	}
	evidence = f.noiseShape*math.Log(f.noise) - f.noiseRate*f.noise
	evidence += 0.5 * (f.total*math.Log(f.noise/(2*math.Pi)) - f.noise*f.residual + f.logDet)
	for a, l := range f.precision {
		evidence += f.coefShape*math.Log(l) - f.coefRate*l + 0.5*(math.Log(l)-l*f.coef[a]*f.coef[a])
	}
	return evidence, change, nil
}

// prune drops the columns whose precision passed the threshold.
func (f *ardFit) prune() {
	k := 0
	for a, l := range f.precision {
		if !(l < f.threshold) {
			continue
		}
		f.active[k], f.precision[k] = f.active[a], l
		if f.triangle != nil {
			f.inside[k] = f.inside[a]
		}
		k++
	}
	f.active, f.precision = f.active[:k], f.precision[:k]
	if f.triangle != nil {
		f.inside = f.inside[:k]
	}
}

// solve finds the posterior for the precisions: false for numbers that overflowed.
func (f *ardFit) solve() (bool, error) {
	k := len(f.active)
	if f.triangle == nil && k <= f.rows {
		r, err := f.triangleWithTarget(f.ctx, f.active)
		if err != nil || !linalg.AllFinite(r) {
			return false, err
		}
		f.triangle, f.order, f.inside = r, k, upTo(k)
	}
	f.coef, f.share = make([]float64, k), make([]float64, k)
	if f.triangle == nil {
		return f.solveWide()
	}
	return f.solveLong(), nil
}

// solveLong inverts the posterior precision Λ + αRᵀR of the active columns.
func (f *ardFit) solveLong() bool {
	k, r, q, width := len(f.active), f.activeTriangle(), f.order+1, f.order+1
	y := make([]float64, q)
	for i := range y {
		y[i] = f.triangle[i*width+f.order]
	}
	if k == 0 {
		f.residual, f.logDet = linalg.Dot(y, y), 0
		return true
	}
	inverse, logDet, ok := f.inverse(r)
	if !ok {
		return false
	}
	f.logDet = logDet
	moments := make([]float64, k)
	kern.Gemv(true, q, k, f.noise, r, k, y, 0, moments)
	kern.Gemv(false, k, k, 1, inverse, k, moments, 0, f.coef)
	kern.Gemv(false, q, k, -1, r, k, f.coef, 1, y)
	f.residual = linalg.Dot(y, y)
	for a, l := range f.precision {
		f.share[a] = 1 - l*inverse[a*k+a]
	}
	return linalg.AllFinite(f.coef)
}

// activeTriangle is the active columns of the triangle, all rows of it.
func (f *ardFit) activeTriangle() []float64 {
	k, width := len(f.active), f.order+1
	r := make([]float64, width*k)
	for i := range width {
		for a, j := range f.inside {
			r[i*k+a] = f.triangle[i*width+j]
		}
	}
	return r
}

// inverse is the posterior covariance (Λ + αRᵀR)⁻¹ and its log determinant: by Cholesky, or by QR of the roots where that breaks down.
func (f *ardFit) inverse(r []float64) (inverse []float64, logDet float64, ok bool) {
	k := len(f.active)
	g := make([]float64, k*k)
	kern.Syrk(true, k, len(r)/k, f.noise, r, k, 0, g, k)
	for a, l := range f.precision {
		g[a*k+a] += l
	}
	if !linalg.AllFinite(g) {
		return nil, 0, false
	}
	inverse = make([]float64, k*k)
	if chol := linalg.NewCholesky(g, k); chol != nil && chol.RCond() > illConditioned {
		chol.Inverse(inverse)
		return inverse, -chol.LogDet(), true
	}
	q := linalg.NewQR(len(r)/k+k, k, 0)
	for i := 0; i < len(r); i += k {
		kern.Scal(math.Sqrt(f.noise), q.Row(), r[i:i+k])
	}
	for a, l := range f.precision {
		row := q.Row()
		clear(row)
		row[a] = math.Sqrt(l)
	}
	_, t := q.Triangle()
	for a := range k {
		logDet -= 2 * math.Log(math.Abs(t[a*k+a]))
	}
	linalg.InvertTriangular(true, k, t, k)
	linalg.OuterGram(inverse, t, k, k)
	mirror(inverse, k)
	return inverse, logDet, linalg.AllFinite(inverse)
}

// posterior writes the posterior covariance of the active columns to the model, by its eigenvectors.
func (f *ardFit) posterior(m *BayesianModel) error {
	k := len(f.active)
	if k == 0 {
		return nil
	}
	var covariance []float64
	ok := true
	if f.triangle != nil {
		covariance, _, ok = f.inverse(f.activeTriangle())
	} else {
		r := make([]float64, f.rows*k)
		if err := f.blocks(func(first int, x []float64, b int) {
			for i := range f.rows {
				copy(r[i*k+first:i*k+first+b], x[i*b:(i+1)*b])
			}
		}); err != nil {
			return err
		}
		covariance, _, ok = f.inverse(r)
	}
	if ok {
		m.Spread, covariance, ok = linalg.EigenSym(covariance, k, true)
	}
	if !ok {
		return tooLarge("linear.ARDRegression.Fit")
	}
	for a, v := range m.Spread {
		m.Spread[a] = max(v, 0)
	}
	m.Directions = tensor.FromSlice(covariance, k, k)
	return nil
}
