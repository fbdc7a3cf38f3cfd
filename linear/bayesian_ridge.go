package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// BayesianRidge is ridge regression that finds its penalty in the data: coefficients have a normal prior of one precision λ, the noise has the
// precision α, and both are set to raise the evidence, the probability of the targets (MacKay, Neural Computation 4 (1992); with the
// updates of Tipping, J. Machine Learning Research 1 (2001), as scikit-learn has them). The penalty is λ/α. Predictions have standard
// deviations: see [BayesianModel.PredictStd].
//
// The prior takes the columns as they are, so their units matter: put a features.StandardScaler before it unless they share one.
//
// One decomposition (singular values of the triangle of X, or with more columns than rows the eigenvalues of XXᵀ) serves all iterations,
// which cost a few operations for each value. It takes about 2·rows·m² + 10·m³ operations for the smaller m of rows and columns, at most
// 16384. Sparse matrices stay sparse. The posterior covariance takes m·columns numbers; above 4 million of them it is
// not kept and Info.Note says so. Weights: a row of weight 0 is absent, one of weight k counts as k rows. Nothing is random.
type BayesianRidge struct {
	NoIntercept bool    // leave the intercept out: the fit passes through the origin. False: fit one
	NoiseStart  float64 // precision of the noise to start from. 0: one over the variance of Y
	CoefStart   float64 // precision of the coefficients to start from. 0: 1
	NoiseShape  float64 // shape of the gamma prior of the noise's precision. 0: 1e-6, nearly flat
	NoiseRate   float64 // rate of the same. 0: 1e-6
	CoefShape   float64 // shape of the gamma prior of the coefficients' precision. 0: 1e-6
	CoefRate    float64 // rate of the same. 0: 1e-6
	MaxIter     int     // iterations at the most. 0: 300
	Tol         float64 // ends when the coefficients change by at most this part of their length. 0: 1e-6
}

var _ ml.Fitter[ml.Dataset[float64], *BayesianModel] = BayesianRidge{}

// Fit returns the model. Y must be finite. Info.Loss is minus the log evidence, with the log densities of the gamma priors up to a constant,
// after each iteration; Info.Gap the last relative change of the coefficients.
func (c BayesianRidge) Fit(ctx context.Context, d ml.Dataset[float64]) (*BayesianModel, error) {
	const where = "linear.BayesianRidge.Fit"
	h := hyper{c.NoiseShape, c.NoiseRate, c.CoefShape, c.CoefRate, c.Tol, c.MaxIter}
	if err := h.resolve(where); err != nil {
		return nil, err
	}
	for name, v := range map[string]float64{"NoiseStart": c.NoiseStart, "CoefStart": c.CoefStart} {
		if !(v >= 0) || math.IsInf(v, 1) {
			return nil, ml.BadConfig(where, name, v, "> 0 and finite; 0 means the default")
		}
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	c.NoiseShape, c.NoiseRate, c.CoefShape, c.CoefRate, c.Tol, c.MaxIter = h.noiseShape, h.noiseRate, h.coefShape, h.coefRate, h.tol, h.maxIter
	if c.CoefStart == 0 {
		c.CoefStart = 1
	}
	x, err := newDesign(where, d.Table, [][]float64{d.Y}, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	f := &bayesianFit{design: x, hyper: h, noise: c.NoiseStart, coef: c.CoefStart}
	if f.noise == 0 {
		f.noise = x.startPrecision()
	}
	if err := f.decompose(ctx, where); err != nil {
		return nil, err
	}
	info, err := h.maximise(ctx, where, f)
	if err != nil {
		return nil, err
	}
	const smallest = 1e-300
	fits, _, err := (Ridge{}).solve(ctx, where, x, []float64{min(max(f.coef/f.noise, smallest), maxPenalty)})
	if err != nil {
		return nil, err
	}
	if err := checkSolutions(where, fits); err != nil {
		return nil, err
	}
	info.Rows, info.Features = x.rows, x.cols
	m := &BayesianModel{RegressionModel: *newRegressionModel(fits[0], d.Columns, c, info), NoisePrecision: f.noise, Precision: []float64{f.coef},
		Center: slices.Clone(x.center)}
	f.keep(m)
	return m, nil
}

// bayesianFit is a fit under way, in coordinates where everything is diagonal: the target has the coordinate along along direction j,
// whose eigenvalue in XᵀX is values[j].
type bayesianFit struct {
	*design
	hyper
	values, along []float64
	outside       float64   // squared length of the target outside the directions
	vectors       []float64 // columns x len(kept), the directions in terms of the columns
	kept          []int     // directions that vectors has
	keeps         bool      // vectors is not too large
	noise, coef   float64   // precisions
}

// decompose finds the coordinates.
func (f *bayesianFit) decompose(ctx context.Context, where string) error {
	if min(f.rows, f.cols) > largestGram {
		return ml.BadShape(where, "X", "too large to decompose", "at most 16384 rows or columns")
	}
	var ok bool
	var err error
	if f.cols <= f.rows {
		ok, err = f.long(ctx)
	} else {
		ok, err = f.wide(ctx)
	}
	if err == nil && !(ok && linalg.AllFinite(f.values) && linalg.AllFinite(f.along)) {
		err = tooLarge(where)
	}
	return err
}

func (f *bayesianFit) long(ctx context.Context) (bool, error) {
	r, err := f.triangleWithTarget(ctx, nil)
	if err != nil || !linalg.AllFinite(r) {
		return false, err
	}
	p := f.cols
	square, y := make([]float64, p*p), make([]float64, p)
	for i := range p {
		copy(square[i*p:(i+1)*p], r[i*(p+1):])
		y[i] = r[i*(p+1)+p]
	}
	last := r[p*(p+1)+p]
	f.outside = last * last
	s, ok := linalg.NewSVD(square, p, p, linalg.ThinVectors)
	if !ok {
		return false, nil
	}
	f.along = make([]float64, p)
	kern.Gemv(true, p, p, 1, s.U, p, y, 0, f.along)
	f.values = s.Values
	kern.Mul(f.values, f.values, f.values)
	if f.keeps = p*p <= largestPosterior; f.keeps {
		f.vectors, f.kept = s.V, upTo(p)
	}
	return true, nil
}

func (f *bayesianFit) wide(ctx context.Context) (bool, error) {
	h := reflector{}
	if f.fitted {
		h = newReflector(f.design)
	}
	values, z, ok, err := f.dualSpectrum(ctx, h, 0)
	if !ok || err != nil {
		return false, err
	}
	n, m := f.rows, len(values)
	y := make([]float64, n)
	for i, v := range f.targets[0] {
		y[i] = math.Sqrt(f.w(i)) * (v - f.offset[0])
	}
	h.apply(y, 1)
	f.values, f.along = values, make([]float64, m)
	if f.keeps = true; m == 0 {
		return true, nil
	}
	kern.Gemv(true, m, m, 1, z, m, y[n-m:], 0, f.along)
	top := slices.Max(values)
	for j, v := range values {
		const rounding = 0x1p-50
		if v > rounding*float64(n)*top {
			f.kept = append(f.kept, j)
		} else {
			values[j] = max(v, 0)
		}
	}
	if f.keeps = f.cols*len(f.kept) <= largestPosterior; !f.keeps {
		return true, nil
	}
	f.rowDirections(h, z, m)
	return true, nil
}

// rowDirections turns eigenvectors of XXᵀ into those of XᵀX: Xᵀu over the root of the eigenvalue.
func (f *bayesianFit) rowDirections(h reflector, z []float64, m int) {
	n, k := f.rows, len(f.kept)
	u := make([]float64, n*k)
	for i := range m {
		for a, j := range f.kept {
			u[(n-m+i)*k+a] = z[i*m+j] / math.Sqrt(f.values[j])
		}
	}
	h.apply(u, k)
	f.vectors = make([]float64, f.cols*k)
	buf, sums := f.scratch(), make([]float64, k)
	for i := range n {
		root := math.Sqrt(f.w(i))
		if root == 0 {
			continue
		}
		row := u[i*k : (i+1)*k]
		linalg.Axpy(root, row, sums)
		if f.sparse() {
			cols, vals := f.nonzeros(i, buf)
			for q, j := range cols {
				linalg.Axpy(root*vals[q], row, f.vectors[int(j)*k:(int(j)+1)*k])
			}
			continue
		}
		for j, v := range f.row(i, buf) {
			linalg.Axpy(root*v, row, f.vectors[j*k:(j+1)*k])
		}
	}
	for j, c := range f.center {
		linalg.Axpy(-c, sums, f.vectors[j*k:(j+1)*k])
	}
}

// state is the squared length of the coefficients, the sum of squared residuals, and the coefficients' effective number.
func (f *bayesianFit) state() (length, residual, effective float64) {
	penalty := f.coef / f.noise
	residual = f.outside
	for j, v := range f.values {
		share := v / (v + penalty)
		left := penalty / (v + penalty) * f.along[j]
		residual += left * left
		effective += share
		if v > 0 {
			b := share * f.along[j]
			length += b * b / v
		}
	}
	return length, residual, effective
}

func (f *bayesianFit) step(where string) (evidence, change float64, err error) {
	length, residual, effective := f.state()
	before := f.coef / f.noise
	f.coef = (effective + 2*f.coefShape) / (length + 2*f.coefRate)
	f.noise = (f.total - effective + 2*f.noiseShape) / (residual + 2*f.noiseRate)
	if err := checkPrecision(where, f.noise, f.total, effective); err != nil {
		return 0, 0, err
	}
	after := f.coef / f.noise
	moved := 0.0
	for j, v := range f.values {
		d := f.along[j] * math.Sqrt(v) * (after - before) / ((v + after) * (v + before))
		moved += d * d
	}
	length, residual, _ = f.state()
	if length > 0 {
		change = math.Sqrt(moved / length)
	}
	evidence = f.coefShape*math.Log(f.coef) - f.coefRate*f.coef + f.noiseShape*math.Log(f.noise) - f.noiseRate*f.noise
	evidence += 0.5 * (f.total*math.Log(f.noise/(2*math.Pi)) - f.noise*residual - f.coef*length)
	for _, v := range f.values {
		evidence -= 0.5 * math.Log1p(f.noise*v/f.coef)
	}
	return evidence, change, nil
}

// keep writes the posterior covariance to the model.
func (f *bayesianFit) keep(m *BayesianModel) {
	m.Active = upTo(f.cols)
	if m.Posterior = f.keeps; !m.Posterior {
		m.Info.Note = noPosterior
		return
	}
	m.Spread = make([]float64, len(f.kept))
	for a, j := range f.kept {
		m.Spread[a] = 1 / (f.noise*f.values[j] + f.coef)
	}
	if len(f.kept) > 0 {
		m.Directions = tensor.FromSlice(f.vectors, f.cols, len(f.kept))
	}
	if len(f.kept) < f.cols {
		m.Rest = 1 / f.coef
	}
}
