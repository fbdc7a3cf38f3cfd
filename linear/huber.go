package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// HuberRegressor is linear regression whose loss is square for small residuals and linear for large ones, with the scale that tells them
// apart estimated along (Huber, "Robust Statistics" (1981), section 7.7; Owen, Contemporary Mathematics 443 (2007)). It minimises
//
//	Σ w_i (s + H((y_i - x_i·b - b0)/s)·s) + Alpha·|b|²
//
// over b, b0 and s > 0, where H(z) is z² for |z| <= Epsilon and 2·Epsilon·|z| - Epsilon² beyond. The intercept has no penalty. This is
// scikit-learn's objective; its default Alpha is 1e-4, here it is 0.
//
// It resists bad y, not bad x: for rows far out in X use RANSAC. Scale of the model is s. RowWeights are min(1,
// Epsilon/|residual/s|), Outliers the rows with a residual beyond Epsilon·s.
//
// The problem is convex. The method is L-BFGS on top of the Hessian, with log s in the place of s; above 1024 columns on its diagonal. Dense X is
// copied once; sparse matrices stay sparse. Weights: a row of weight 0 is absent, one of weight k counts as k rows. A Hessian costs
// rows·columns², an iteration rows·columns. Nothing is random.
type HuberRegressor struct {
	Epsilon     float64 // where the loss turns linear, in units of the scale, > 1. 0: 1.35, for 95 % efficiency where errors are normal
	Alpha       float64 // penalty, >= 0. 0: none
	NoIntercept bool    // leave the intercept out: the fit passes through the origin. False: fit one
	MaxIter     int     // iterations at the most. 0: 1000
	Tol         float64 // ends when Info.Gap is at most this. 0: 1e-9
}

var _ ml.Fitter[ml.Dataset[float64], *RobustModel] = HuberRegressor{}

// Fit returns the robust model. Y must be finite. Info.Gap is the largest component of the gradient of the objective over the total weight, in units of
// the columns' spread; Info.Loss is that objective after each iteration, in units of Y.
func (c HuberRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*RobustModel, error) {
	const where = "linear.HuberRegressor.Fit"
	if err := checkIterative(where, c.Tol, c.MaxIter); err != nil {
		return nil, err
	}
	switch {
	case c.Epsilon != 0 && !(c.Epsilon > 1 && c.Epsilon <= maxPenalty):
		return nil, ml.BadConfig(where, "Epsilon", c.Epsilon, "> 1; 0 means 1.35")
	case !(c.Alpha >= 0 && c.Alpha <= maxPenalty):
		return nil, ml.BadConfig(where, "Alpha", c.Alpha, ">= 0; 0 means no penalty")
	}
	if c.Epsilon == 0 {
		c.Epsilon = 1.35
	}
	if c.MaxIter == 0 {
		c.MaxIter = 1000
	}
	if c.Tol == 0 {
		c.Tol = 1e-9
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	q, err := newScaledProblem(ctx, where, d, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	o := newHuberLoss(q, c.Epsilon, c.Alpha)
	var info ml.Info
	track := ml.Track(ctx, "iteration", c.MaxIter)
	params := make([]float64, o.width+1)
	result, err := optim.LBFGS{MaxIter: c.MaxIter, Tol: c.Tol, Eval: o.eval, Metric: o.metric, Cost: float64(min(o.width, widestHessian)) / 4,
		Observe: func(step int, f, gap float64) (bool, error) {
			info.Loss = append(info.Loss, f*q.scale)
			return track.Step(step, ml.Loss{Train: f * q.scale})
		}}.Minimize(params)
	if err != nil {
		return nil, err
	}
	s := q.unscaled(params)
	if err := checkSolutions(where, []solution{s}); err != nil {
		return nil, err
	}
	info.Status, info.Iterations, info.Gap = statuses[result.Status], result.Iterations, result.Gap
	scale := math.Exp(params[o.width])
	if scale <= 2*leastHuberScale {
		info.Note = "the good rows are fitted exactly: the scale is 0"
		scale = 0
	}
	return newRobustModel(d, c, s, scale*q.scale, info, func(u float64) (float64, bool) {
		return min(1, c.Epsilon/u), u > c.Epsilon
	}), nil
}

// huberLoss is the objective over the total weight, in units of y. Parameters are the scaled coefficients and the logarithm of the scale.
type huberLoss struct {
	*scaledProblem
	epsilon float64
	width   int
	penalty []float64 // of the squares of scaled coefficients; 0 for the intercept
	r, psi  []float64
}

const (
	leastHuberScale = 1e-12
	widestHessian   = 1024
)

func newHuberLoss(q *scaledProblem, epsilon, alpha float64) *huberLoss {
	o := &huberLoss{scaledProblem: q, epsilon: epsilon, r: make([]float64, q.rows), psi: make([]float64, q.rows)}
	_, o.width = q.x.dims()
	o.penalty = make([]float64, o.width)
	for j, s := range q.spread {
		o.penalty[j] = min(alpha*q.scale/(s*s)/q.total, maxPenalty)
	}
	return o
}

// eval returns the objective and writes its gradient.
func (o *huberLoss) eval(params, grad []float64) float64 {
	b, sigma := params[:o.width], max(math.Exp(params[o.width]), leastHuberScale)
	o.residuals(o.r, b)
	squares, linear, far := 0.0, 0.0, 0.0
	for i, r := range o.r {
		w := o.w(i)
		if size := math.Abs(r); size > o.epsilon*sigma {
			linear += w * size
			far += w
			o.psi[i] = math.Copysign(2*o.epsilon*w, r)
		} else {
			squares += w * r * (r / sigma)
			o.psi[i] = 2 * w * r / sigma
		}
	}
	o.x.trans(grad[:o.width], o.psi)
	eps2 := o.epsilon * o.epsilon
	loss := sigma + (squares+2*o.epsilon*linear-sigma*eps2*far)/o.total
	for j, p := range o.penalty {
		loss += p * b[j] * b[j]
		grad[j] = 2*p*b[j] - grad[j]/o.total
	}
	grad[o.width] = sigma - (squares+sigma*eps2*far)/o.total
	if sigma == leastHuberScale {
		grad[o.width] = min(grad[o.width], 0)
	}
	return loss
}

// metric is the Hessian, in which rows beyond Epsilon keep a little curvature so that it is never singular.
func (o *huberLoss) metric(params []float64) optim.Metric {
	sigma := max(math.Exp(params[o.width]), leastHuberScale)
	if o.width > widestHessian {
		diagonal := make([]float64, o.width+1)
		for j, p := range o.penalty {
			diagonal[j] = 1 / (2/sigma + 2*p)
		}
		diagonal[o.width] = 1 / (2 * sigma)
		return diagonalMetric(diagonal)
	}
	o.residuals(o.r, params[:o.width])
	q, size := make([]float64, o.rows), o.width+1
	corner := 0.0
	for i, r := range o.r {
		q[i] = 2 * o.w(i) / (sigma * o.total)
		if out := math.Abs(r); out > o.epsilon*sigma {
			const little = 1e-2
			q[i] *= little * o.epsilon * sigma / out
			o.psi[i] = 0
			continue
		}
		o.psi[i] = q[i] * r
		corner += q[i] * r * r
	}
	g, h, border := make([]float64, o.width*o.width), make([]float64, size*size), make([]float64, o.width)
	o.x.gram(g, q)
	o.x.trans(border, o.psi)
	most := 0.0
	for j := range o.width {
		g[j*o.width+j] += 2 * o.penalty[j]
		most = max(most, g[j*o.width+j])
	}
	for ridge := 1e-12; ; ridge *= 100 {
		for j := range o.width {
			copy(h[j*size+j:], g[j*o.width+j:(j+1)*o.width])
			h[j*size+o.width] = border[j]
			h[j*size+j] += ridge * most
		}
		h[size*size-1] = corner*(1+ridge) + 1e-3*sigma
		if c := linalg.NewCholesky(h, size); c != nil {
			return choleskyMetric{c}
		}
		if ridge > 1 {
			return diagonalMetric(ones(size))
		}
	}
}

type choleskyMetric struct{ *linalg.Cholesky }

func (c choleskyMetric) Apply(dst, grad []float64) {
	copy(dst, grad)
	c.Solve(dst)
}

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
