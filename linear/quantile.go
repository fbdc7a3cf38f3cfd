package linear

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// QuantileRegression fits a conditional quantile, by default the median (least absolute deviations): it minimises
//
//	Σ w_i ρ(y_i - x_i·b - b0) / Σ w_i + Alpha·Σ|b_j|
//
// where ρ(r) is Quantile·r for r > 0 and (Quantile-1)·r below (Koenker and Bassett, Econometrica 46 (1978)). The intercept has no
// penalty. This is scikit-learn's objective; its default Alpha is 1, here it is 0.
//
// The linear programme is solved exactly: Frisch's and Newton's interior-point method (Portnoy and Koenker, Statistical Science 12 (1997))
// comes near, and simplex steps along the edges of the problem end at a corner, where as many rows are fitted exactly as there are coefficients
// that are not 0. The dual solution proves that it is optimal: Info.Gap is the relative duality gap, rounding if Info.Status is Converged.
// The best corner need not be the only one: with n·Quantile whole and few distinct rows all points between two of them are as good. Of
// linearly dependent columns some get the coefficient 0, and Info.Note says so; with more columns than rows and no penalty the
// coefficients lie in the span of the rows.
//
// Dense X is copied once, scaled and centred. CSR is used as it is, never densified. What is formed is a square matrix of min(rows, columns)
// in each interior step, about 20 of them, at rows·columns·min(rows, columns) operations; beyond 16384 it is an error.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. Nothing is random.
type QuantileRegression struct {
	Quantile    float64 // which, between 0 and 1. 0: 0.5, the median
	Alpha       float64 // L1 penalty, >= 0: on the coefficients as they are, so the units of the columns matter. 0: none
	NoIntercept bool    // leave the intercept out: the fit passes through the origin. False: fit one
	MaxIter     int     // interior-point steps at the most; of simplex steps 100 times as many. 0: 100
}

// MultiQuantileRegression fits several quantiles, each as QuantileRegression would, and predicts them without crossing.
type MultiQuantileRegression struct {
	Quantiles   []float64 // which, rising, between 0 and 1. nil: 0.1, 0.5 and 0.9
	Alpha       float64   // as in QuantileRegression
	NoIntercept bool      // as in QuantileRegression
	MaxIter     int       // as in QuantileRegression
}

// MultiQuantileModel predicts several quantiles. Lines fitted one by one can cross; predictions are put in order, row by row, which
// brings them nearer to the true quantiles, never further away (Chernozhukov, Fernández-Val and Galichon, Econometrica 78 (2010)).
type MultiQuantileModel struct {
	ml.Fitted
	Quantiles []float64               // rising
	Coef      *tensor.Tensor[float64] // quantiles x columns, as fitted
	Intercept []float64               // one for each quantile
}

var (
	_ ml.Fitter[ml.Dataset[float64], *RegressionModel]    = QuantileRegression{}
	_ ml.Fitter[ml.Dataset[float64], *MultiQuantileModel] = MultiQuantileRegression{}
	_ ml.RowPredictor[float64]                            = (*MultiQuantileModel)(nil)
	_ ml.Into[float64]                                    = (*MultiQuantileModel)(nil)
)

// Fit returns the model of one quantile. Y must be finite. Info.Loss is the objective after each interior step and, last, at the solution; with more
// columns than rows and no penalty in another scale.
func (c QuantileRegression) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	const where = "linear.QuantileRegression.Fit"
	if !(c.Quantile >= 0 && c.Quantile < 1) {
		return nil, ml.BadConfig(where, "Quantile", c.Quantile, "between 0 and 1; 0 means 0.5")
	}
	if c.Quantile == 0 {
		c.Quantile = 0.5
	}
	var err error
	if c.MaxIter, err = checkQuantile(where, c.Alpha, c.MaxIter); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	q, err := newQuantileProblem(ctx, where, d, c.Alpha, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	s, info, err := q.fit(ctx, c.Quantile, c.MaxIter)
	if err != nil {
		return nil, err
	}
	info.Rows, info.Features = d.X.Dims()
	return newRegressionModel(s, d.Columns, c, info), checkSolutions(where, []solution{s})
}

// Fit returns the model of several quantiles. Y must be finite. Info.Gap is the largest of the relative duality gaps, Info.Iterations the
// sum of the steps.
func (c MultiQuantileRegression) Fit(ctx context.Context, d ml.Dataset[float64]) (*MultiQuantileModel, error) {
	const where = "linear.MultiQuantileRegression.Fit"
	c.Quantiles = slices.Clone(c.Quantiles)
	if c.Quantiles == nil {
		c.Quantiles = []float64{0.1, 0.5, 0.9}
	}
	if len(c.Quantiles) == 0 {
		return nil, ml.BadConfig(where, "Quantiles", "empty", "at least one; nil means 0.1, 0.5 and 0.9")
	}
	for k, q := range c.Quantiles {
		if !(q > 0 && q < 1) || k > 0 && !(q > c.Quantiles[k-1]) {
			return nil, ml.BadConfig(where, fmt.Sprintf("Quantiles[%d]", k), q, "between 0 and 1, and above the one before")
		}
	}
	var err error
	if c.MaxIter, err = checkQuantile(where, c.Alpha, c.MaxIter); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	q, err := newQuantileProblem(ctx, where, d, c.Alpha, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	fits, infos := make([]solution, len(c.Quantiles)), make([]ml.Info, len(c.Quantiles))
	one := func(ctx context.Context, k int) (err error) {
		fits[k], infos[k], err = q.fit(ml.WithTask(ctx, "quantile", k, len(fits)), c.Quantiles[k], c.MaxIter)
		return err
	}
	const wide = 512 // products of such matrices use all cores, and each quantile holds several
	if _, width := q.x.dims(); width <= wide {
		err = par.Do(ctx, len(fits), one)
	} else {
		for k := 0; k < len(fits) && err == nil; k++ {
			err = one(ctx, k)
		}
	}
	if err == nil {
		err = checkSolutions(where, fits)
	}
	if err != nil {
		return nil, err
	}
	m := &MultiQuantileModel{Fitted: ml.NewFitted(d.Table, nil, c), Quantiles: slices.Clone(c.Quantiles),
		Coef: tensor.New[float64](len(fits), q.cols), Intercept: make([]float64, len(fits))}
	m.Info.Status = ml.Converged
	for k, s := range fits {
		copy(m.Coef.Row(k), s.coef)
		m.Intercept[k] = s.intercept
		m.Info.Iterations += infos[k].Iterations
		m.Info.Gap = max(m.Info.Gap, infos[k].Gap)
		if m.Info.Status == ml.Converged {
			m.Info.Status = infos[k].Status
		}
		if m.Info.Note == "" {
			m.Info.Note = infos[k].Note
		}
	}
	return m, nil
}

func checkQuantile(where string, alpha float64, maxIter int) (int, error) {
	switch {
	case !(alpha >= 0 && alpha <= maxPenalty):
		return 0, ml.BadConfig(where, "Alpha", alpha, ">= 0; 0 means no penalty")
	case maxIter < 0:
		return 0, ml.BadConfig(where, "MaxIter", maxIter, ">= 0; 0 means 100")
	case maxIter == 0:
		maxIter = 100
	}
	return maxIter, nil
}

// quantileProblem is what all quantiles of a data set share.
type quantileProblem struct {
	*scaledProblem
	u        []float64 // weights with mean 1, and twice the penalties
	viaRows  bool      // x is XXᵀ, and the coefficients are Xᵀ of those of x
	original scaledRows
	unit     float64 // of XXᵀ
}

func newQuantileProblem(ctx context.Context, where string, d ml.Dataset[float64], alpha float64, intercept bool) (*quantileProblem, error) {
	const largest = 16384
	if n, p := d.X.Dims(); min(n, p) > largest {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", n, p), fmt.Sprintf("at most %d rows or columns", largest))
	}
	base, err := newScaledProblem(ctx, where, d, intercept)
	if err != nil {
		return nil, err
	}
	q := &quantileProblem{scaledProblem: base, u: make([]float64, base.rows)}
	for i := range q.u {
		q.u[i] = base.w(i) / base.total * float64(base.rows)
	}
	if alpha > 0 {
		for _, s := range q.spread {
			q.u = append(q.u, min(2*alpha/s*float64(base.rows), maxPenalty))
		}
	}
	if alpha == 0 && base.cols > base.rows {
		q.throughRows()
	}
	return q, nil
}

// throughRows puts XXᵀ in the place of X.
func (q *quantileProblem) throughRows() {
	ones := make([]float64, q.cols)
	for j := range ones {
		ones[j] = 1
	}
	n := q.rows
	g := make([]float64, n*n)
	outerGram(g, q.x, ones)
	q.unit = max(linalg.MaxAbs(g), math.SmallestNonzeroFloat64)
	k := &denseRows{n: n, width: n, data: g}
	if q.fitted {
		k.width++
		k.data = make([]float64, n*k.width)
	}
	for i := range n {
		row := k.data[i*k.width : (i+1)*k.width]
		for j, v := range g[i*n : (i+1)*n] {
			row[j] = v / q.unit
		}
		if q.fitted {
			row[n] = 1
		}
	}
	q.original, q.x, q.viaRows = q.x, k, true
}

func (q *quantileProblem) fit(ctx context.Context, tau float64, maxIter int) (solution, ml.Info, error) {
	track := ml.Track(ctx, "step", 0)
	p := &quantileLP{x: q.x, n: q.rows, y: q.y, u: q.u, tau: tau, maxStep: maxIter, watch: func(step int, loss float64) (bool, error) {
		return track.Step(step, ml.Loss{Train: loss * q.scale / float64(q.rows)})
	}}
	_, p.m = q.x.dims()
	p.b = make([]float64, p.m)
	a, weight, stopped, err := p.interior()
	done := false
	if err == nil && !stopped {
		done, stopped, err = p.vertex(a, weight)
	}
	if err != nil {
		return solution{}, ml.Info{}, err
	}
	info := ml.Info{Status: ml.Stalled, Iterations: p.steps, Gap: p.gap, Loss: p.loss}
	switch {
	case done:
		info.Status = ml.Converged
	case stopped:
		info.Status = ml.Stopped
	case p.steps >= maxIter:
		info.Status = ml.MaxIter
	}
	for i := range info.Loss {
		info.Loss[i] *= q.scale / float64(q.rows)
	}
	if done && len(p.u) == p.n && p.rank < p.m && !q.viaRows {
		info.Note = fmt.Sprintf("rank %d of %d: columns that depend on others got the coefficient 0", p.rank, p.m)
	}
	return q.solution(p.b), info, nil
}

// solution is that of X as it is.
func (q *quantileProblem) solution(b []float64) solution {
	if q.viaRows {
		_, width := q.original.dims()
		wide := make([]float64, width)
		q.original.trans(wide, b[:q.rows])
		for j := range wide {
			wide[j] /= q.unit
		}
		if q.fitted {
			wide[q.cols] = b[q.rows]
		}
		b = wide
	}
	return q.unscaled(b)
}

// Predict returns the quantile nearest to the median (of two the lower one) for each row of x, which must be finite, as PredictQuantiles does.
func (m *MultiQuantileModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "linear.MultiQuantileModel.Predict"
	out, err := newOutput[float64](where, &m.Fitted, x)
	if err != nil {
		return nil, err
	}
	return out, m.middles(where, out, x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *MultiQuantileModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "linear.MultiQuantileModel.PredictInto"
	if err := checkOutput(where, &m.Fitted, dst, x); err != nil {
		return err
	}
	return m.middles(where, dst, x)
}

func (m *MultiQuantileModel) middles(where string, dst []float64, x tensor.Matrix) error {
	at, k := m.middle(), len(m.Quantiles)
	return eachScore(where, m.Columns, newSource(x), m.affine(), 8*k, orderedUser{dst, k, at, at + 1})
}

// PredictQuantiles returns all quantiles of each row, rising from left to right: rows x quantiles. x must be finite.
func (m *MultiQuantileModel) PredictQuantiles(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "linear.MultiQuantileModel.PredictQuantiles"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	k := len(m.Quantiles)
	out := tensor.New[float64](n, k)
	return out, eachScore(where, m.Columns, newSource(x), m.affine(), 8*k, orderedUser{out.Data(), k, 0, k})
}

// PredictRow is Predict for a single row, without allocating.
func (m *MultiQuantileModel) PredictRow(x []float64) (float64, error) {
	const where = "linear.MultiQuantileModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	var few [fewQuantiles]float64
	z, lent := lendScores(few[:], len(m.Intercept))
	defer giveBack(lent)
	if !m.affine().row(z, x, 0) {
		if err := badEntry(where, m.Columns, 0, x); err != nil {
			return 0, err
		}
	}
	slices.Sort(z)
	return z[m.middle()], nil
}

func (m *MultiQuantileModel) affine() affine {
	return affine{coef: m.Coef.Data(), intercept: m.Intercept}
}

// middle is the place of the quantile nearest to 0.5.
func (m *MultiQuantileModel) middle() int {
	best := 0
	for k, q := range m.Quantiles {
		if math.Abs(q-0.5) < math.Abs(m.Quantiles[best]-0.5) {
			best = k
		}
	}
	return best
}

// orderedUser writes places from..to-1 of the sorted k scores of each row.
type orderedUser struct {
	dst         []float64
	k, from, to int
}

func (u orderedUser) use(lo int, z []float64) {
	for dst := u.dst[lo*(u.to-u.from):]; len(z) > 0; z = z[u.k:] {
		row := z[:u.k]
		slices.Sort(row)
		dst = dst[copy(dst, row[u.from:u.to]):]
	}
}

// fewQuantiles have their scores on the stack; more borrow them from a pool, so that no row allocates.
const fewQuantiles = 16

var scorePool = sync.Pool{New: func() any { return new([]float64) }}

// lendScores is room for k numbers: few, or what must be given back.
func lendScores(few []float64, k int) (z []float64, lent *[]float64) {
	if k <= len(few) {
		return few[:k], nil
	}
	lent = scorePool.Get().(*[]float64)
	*lent = slices.Grow((*lent)[:0], k)[:k]
	return *lent, lent
}

func giveBack(lent *[]float64) {
	if lent != nil {
		scorePool.Put(lent)
	}
}

// Restore checks a model that was read from a file.
func (m *MultiQuantileModel) Restore() error {
	k := len(m.Quantiles)
	return checkShape("linear.MultiQuantileModel", &m.Fitted, k > 0 && len(m.Intercept) == k && isMatrix(m.Coef, k, m.Info.Features) && slices.IsSorted(m.Quantiles))
}
