package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// MEstimator is robust linear regression by iteratively reweighted least squares: each row counts by Norm's weight of its residual over the
// scale, which is the median absolute residual over 0.6745, taken anew in each iteration (Huber, "Robust Statistics" (1981)). This is RLM
// of statsmodels and rlm of R's MASS.
//
// It starts from least squares. A norm that gives far rows no weight, such as TukeyNorm, has several solutions then, and many bad rows can
// lead it to a bad one: RANSAC finds the good rows then. RowWeights are the norm's; Outliers the rows with a residual
// above 2.5 scales.
//
// Dense X is copied once; sparse matrices stay sparse, and above 2048 columns LSQR, to the same accuracy, takes the place of the columns x columns
// Gram matrix. Weights: a row of weight 0 is absent, one of weight k counts as k rows. An iteration costs rows·columns². Nothing is random.
type MEstimator struct {
	Norm        RobustNorm // HuberNorm, TukeyNorm, HampelNorm, AndrewNorm or your own. nil: HuberNorm{}
	NoIntercept bool       // leave the intercept out: the fit passes through the origin. False: fit one
	MaxIter     int        // iterations at the most. 0: 500
	Tol         float64    // ends when Info.Gap is at most this. 0: 1e-10
}

// RobustNorm says how much a row counts. A norm of your own must be registered with ml.Register for models to be saved.
type RobustNorm interface {
	// Weight is ψ(u)/u for the residual in units of the scale, u >= 0: 1 at 0, never negative, never rising.
	Weight(u float64) float64
}

// HuberNorm weighs rows as min(1, K/u).
type HuberNorm struct {
	K float64 // > 0. 0: 1.345, for 95 % efficiency where errors are normal
}

// TukeyNorm is the biweight: (1 - (u/C)²)², and 0 from C on.
type TukeyNorm struct {
	C float64 // > 0. 0: 4.685, for 95 % efficiency where errors are normal
}

// HampelNorm weighs as HuberNorm to B, then falls, and is 0 from C on.
type HampelNorm struct {
	A, B, C float64 // 0 < A <= B < C. All 0: 2, 4 and 8
}

// AndrewNorm is Andrews's wave: sin(u/A)/(u/A), and 0 from π·A on.
type AndrewNorm struct {
	A float64 // > 0. 0: 1.339, for 95 % efficiency where errors are normal
}

func (n HuberNorm) Weight(u float64) float64 {
	if n.K == 0 {
		n.K = 1.345
	}
	return min(1, n.K/u)
}

func (n TukeyNorm) Weight(u float64) float64 {
	if n.C == 0 {
		n.C = 4.685
	}
	if u >= n.C {
		return 0
	}
	z := u / n.C
	z = 1 - z*z
	return z * z
}

func (n HampelNorm) Weight(u float64) float64 {
	if n == (HampelNorm{}) {
		n = HampelNorm{2, 4, 8}
	}
	switch {
	case u <= n.A:
		return 1
	case u <= n.B:
		return n.A / u
	case u < n.C:
		return n.A / u * (n.C - u) / (n.C - n.B)
	}
	return 0
}

func (n AndrewNorm) Weight(u float64) float64 {
	if n.A == 0 {
		n.A = 1.339
	}
	z := u / n.A
	switch {
	case z >= math.Pi:
		return 0
	case z < 1e-8:
		return 1
	}
	return math.Sin(z) / z
}

var _ ml.Fitter[ml.Dataset[float64], *RobustModel] = MEstimator{}

// Fit returns the robust model. Y must be finite. Info.Gap is the largest change of a coefficient in the last iteration, in units of
// the columns' spread and of Y's; Info.Loss is the scale after each iteration.
func (c MEstimator) Fit(ctx context.Context, d ml.Dataset[float64]) (*RobustModel, error) {
	const where = "linear.MEstimator.Fit"
	if err := checkIterative(where, c.Tol, c.MaxIter); err != nil {
		return nil, err
	}
	if c.Norm == nil {
		c.Norm = HuberNorm{}
	}
	if err := checkNorm(where, c.Norm); err != nil {
		return nil, err
	}
	if c.MaxIter == 0 {
		c.MaxIter = 500
	}
	if c.Tol == 0 {
		c.Tol = 1e-10
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	q, err := newScaledProblem(ctx, where, d, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	f := q.newWeightedFit()
	b := make([]float64, f.width)
	w := make([]float64, q.rows)
	for i := range w {
		w[i] = q.w(i)
	}
	if !f.solve(b, w) {
		return nil, tooLarge(where)
	}
	m := reweighing{weightedFit: f, norm: c.Norm, maxIter: c.MaxIter, tol: c.Tol, track: ml.Track(ctx, "iteration", c.MaxIter)}
	if err := m.run(b); err != nil {
		return nil, err
	}
	s := q.unscaled(b)
	if err := checkSolutions(where, []solution{s}); err != nil {
		return nil, err
	}
	return newRobustModel(d, c, s, m.scale*q.scale, m.info, judgeBy(c.Norm)), nil
}

// judgeBy weighs by a norm and calls rows beyond 2.5 scales outliers.
func judgeBy(norm RobustNorm) func(u float64) (float64, bool) {
	return func(u float64) (float64, bool) {
		if math.IsInf(u, 1) {
			return 0, true
		}
		return norm.Weight(u), u > outlying
	}
}

// outlying is the residual in scales from which on a row looks bad (Rousseeuw and Leroy, "Robust Regression and Outlier Detection" (1987)).
const outlying = 2.5

func checkNorm(where string, norm RobustNorm) error {
	ok := true
	switch n := norm.(type) {
	case HuberNorm:
		ok = n.K >= 0 && n.K <= maxPenalty
	case TukeyNorm:
		ok = n.C >= 0 && n.C <= maxPenalty
	case AndrewNorm:
		ok = n.A >= 0 && n.A <= maxPenalty
	case HampelNorm:
		ok = n == HampelNorm{} || n.A > 0 && n.A <= n.B && n.B < n.C && n.C <= maxPenalty
	}
	if !ok {
		return ml.BadConfig(where, "Norm", norm, "constants that are positive and, of HampelNorm, rising; 0 means the default")
	}
	return nil
}

// reweighing is an M-estimate under way.
type reweighing struct {
	*weightedFit
	norm    RobustNorm
	fixed   bool // scale stays
	scale   float64
	maxIter int
	tol     float64
	track   ml.Tracker
	info    ml.Info
}

// run improves b.
func (m *reweighing) run(b []float64) error {
	r, w, next := make([]float64, m.rows), make([]float64, m.rows), make([]float64, m.width)
	m.residuals(r, b)
	m.info.Status = ml.MaxIter
	for step := 1; step <= m.maxIter; step++ {
		if !m.fixed {
			m.scale = m.medianScale(r)
		}
		if m.scale <= exactScale {
			m.scale = 0
			m.info.Status, m.info.Note = ml.Converged, "most rows are fitted exactly: the scale is 0"
			return nil
		}
		for i, v := range r {
			w[i] = m.w(i) * m.norm.Weight(math.Abs(v)/m.scale)
		}
		copy(next, b)
		if !m.solve(next, w) {
			m.info.Status = ml.Stalled
			return nil
		}
		m.info.Gap = 0
		for j, v := range next {
			m.info.Gap = max(m.info.Gap, math.Abs(v-b[j]))
		}
		copy(b, next)
		m.residuals(r, b)
		m.info.Iterations = step
		m.info.Loss = append(m.info.Loss, m.scale*m.scaledProblem.scale)
		stop, err := m.track.Step(step, ml.Loss{Train: m.scale * m.scaledProblem.scale})
		switch {
		case err != nil:
			return err
		case m.info.Gap <= m.tol:
			m.info.Status = ml.Converged
		case stop:
			m.info.Status = ml.Stopped
		default:
			continue
		}
		break
	}
	if !m.fixed {
		m.scale = m.medianScale(r)
	}
	if m.short {
		m.info.Status, m.info.Note = ml.Stalled, "the weighted least-squares problem is too ill-conditioned for LSQR to end, and too wide for another method"
	}
	return nil
}
