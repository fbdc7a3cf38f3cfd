package linear

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// RobustModel is a linear model that few bad rows cannot spoil, and says which rows those are. HuberRegressor, MEstimator
// and TheilSen return it.
type RobustModel struct {
	RegressionModel
	Scale      float64   // of the residuals, in units of Y: estimates the standard deviation of good rows (HuberRegressor: see there)
	RowWeights []float64 // how much each training row counted in the end, 0..1, besides its weight
	Outliers   []bool    // the training rows that look bad; the config says by which rule
}

// Restore checks a model that was read from a file.
func (m *RobustModel) Restore() error {
	if err := m.RegressionModel.Restore(); err != nil {
		return err
	}
	if len(m.RowWeights) == m.Info.Rows && len(m.Outliers) == m.Info.Rows {
		return nil
	}
	return &ml.Error{Where: "linear.RobustModel", Field: "RowWeights and Outliers", Found: "of sizes that do not agree", Want: "one for each row", Kind: ml.ErrFormat}
}

// newRobustModel judges all rows of d by their residual in units of scale.
func newRobustModel(d ml.Dataset[float64], config any, s solution, scale float64, info ml.Info, judge func(u float64) (weight float64, outlier bool)) *RobustModel {
	m := &RobustModel{RegressionModel: RegressionModel{Fitted: ml.NewFitted(d.Table, nil, config), Coef: s.coef, Intercept: s.intercept}, Scale: scale}
	rows, features := m.Info.Rows, m.Info.Features
	m.Info = info
	m.Info.Rows, m.Info.Features = rows, features
	r := make([]float64, rows)
	x := newSource(d.X)
	s.fitted(r, x)
	m.RowWeights, m.Outliers = r, make([]bool, rows)
	for i, fit := range r {
		u := math.Abs(d.Y[i] - fit)
		if scale > 0 {
			u /= scale
		} else if u <= roundingOfY*math.Abs(d.Y[i]) {
			u = 0
		} else {
			u = math.Inf(1)
		}
		r[i], m.Outliers[i] = judge(u)
	}
	return m
}

// weightedFit finds the least-squares coefficients for row weights q, those of very wide problems by LSQR from b on. Its scratch is reused.
type weightedFit struct {
	*scaledProblem
	width  int
	gram   []float64
	qy     []float64
	rhs    []float64
	direct bool
	short  bool // LSQR ended before it was done
}

func (q *scaledProblem) newWeightedFit() *weightedFit {
	_, width := q.x.dims()
	const widest = 2048
	f := &weightedFit{scaledProblem: q, width: width, qy: make([]float64, q.rows), rhs: make([]float64, width), direct: width <= widest}
	if f.direct {
		f.gram = make([]float64, width*width)
	}
	return f
}

// solve is false if the weights leave nothing to fit.
func (f *weightedFit) solve(b, q []float64) bool {
	if !f.direct {
		roots, left, step := make([]float64, len(q)), make([]float64, len(q)), make([]float64, len(b))
		f.residuals(left, b) // from where b is: the closer that is, the less is to do
		for i, w := range q {
			roots[i] = math.Sqrt(w)
			left[i] *= roots[i]
		}
		// What is left is solved for, and reduced by some digits each time: the tolerance is that of the gradient beside the whole of the
		// residual, so it must fall with the gradient.
		const least, digits = 1e-13, 1e-4
		f.x.trans(f.rhs, times(left, roots))
		size := linalg.Norm(left) * linalg.Norm(roots) // columns are of unit spread
		tol := max(least, digits*linalg.Norm(f.rhs)/max(size, math.SmallestNonzeroFloat64))
		r, err := linalg.LSQR{Tol: tol}.Solve(step, rootWeighted{f.x, roots, f.qy}, left)
		linalg.Axpy(1, step, b)
		f.short = !r.Done
		return err == nil && !math.IsNaN(r.Gap)
	}
	for i, w := range q {
		f.qy[i] = w * f.y[i]
	}
	f.x.trans(f.rhs, f.qy)
	for ridge := 1e-14; ridge < 1e-3; ridge *= 1000 { // of dependent columns some small combination is taken
		f.x.gram(f.gram, q)
		most := 0.0
		for j := range f.width {
			most = max(most, f.gram[j*f.width+j])
		}
		for j := range f.width {
			f.gram[j*f.width+j] += ridge * most
		}
		if c := linalg.NewCholesky(f.gram, f.width); c != nil {
			copy(b, f.rhs)
			c.Solve(b)
			return linalg.AllFinite(b)
		}
	}
	return false
}

func times(a, b []float64) []float64 {
	out := make([]float64, len(a))
	kern.Mul(out, a, b)
	return out
}

// rootWeighted is X with its rows times roots, known by its products.
type rootWeighted struct {
	x           scaledRows
	roots, work []float64
}

func (a rootWeighted) Dims() (rows, cols int) { return a.x.dims() }

func (a rootWeighted) Mul(dst, v []float64) {
	a.x.mul(dst, v)
	kern.Mul(dst, dst, a.roots)
}

func (a rootWeighted) MulTrans(dst, v []float64) {
	kern.Mul(a.work, v, a.roots)
	a.x.trans(dst, a.work)
}

// residuals of the scaled problem.
func (q *scaledProblem) residuals(r, b []float64) {
	q.x.mul(r, b)
	for i, fit := range r {
		r[i] = q.y[i] - fit
	}
}

// normalMAD is the median of |z| for a standard normal z: the quantile of 3/4.
const normalMAD = 0.67448975019608171

// medianScale is the median of |r| over that of a standard normal.
func (q *scaledProblem) medianScale(r []float64) float64 {
	size := make([]float64, len(r))
	for i, v := range r {
		size[i] = math.Abs(v)
	}
	return stats.NewSample(size, q.weight).Quantile(0.5, stats.AveragedInvertedCDF) / normalMAD
}

// exactScale is the scale, in units of y, at which a fit is taken for exact.
const exactScale = 1e-11
