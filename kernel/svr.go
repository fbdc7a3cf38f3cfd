package kernel

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// SVR is support vector regression: a function of the kernel's space that is as small as possible and as near to the targets as C asks, where errors up to
// Epsilon are none. The dual problem, kernels, weights, method and costs are those of LIBSVM's epsilon-SVR and of [SVC].
//
// Smola and Schölkopf: A tutorial on support vector regression. Statistics and Computing 14 (2004).
type SVR struct {
	C           float64        // inverse strength of the penalty, > 0. 0: 1
	Epsilon     *float64       // half the width of the tube without loss, >= 0, in units of Y. nil: 0.1
	Kernel      metrics.Kernel // nil: metrics.RBF with Gamma 1/(columns · variance of X)
	NoShrinking bool           // keep all rows in play. False: leave out those whose variables stay at bounds
	CacheMB     int            // memory for kernel rows, in MiB. 0: 200
	MaxIter     int            // blocks at the most. 0: 100000
	Tol         float64        // ends when no pair violates the optimality conditions by more, in units of Y. 0: 1e-3
}

// NuSVR is [SVR] that finds the width of the tube: Nu bounds the share of rows outside of it from above, and that of support vectors from below.
type NuSVR struct {
	C           float64        // as in SVR
	Nu          float64        // above 0, up to 1. 0: 0.5
	Kernel      metrics.Kernel // as in SVR
	NoShrinking bool           // as in SVR
	CacheMB     int            // as in SVR
	MaxIter     int            // as in SVR
	Tol         float64        // as in SVR
}

var (
	_ ml.Fitter[ml.Dataset[float64], *SVRModel] = SVR{}
	_ ml.Fitter[ml.Dataset[float64], *SVRModel] = NuSVR{}
)

// Fit returns the model. Info.Gap is the largest violation of the optimality conditions.
func (c SVR) Fit(ctx context.Context, d ml.Dataset[float64]) (*SVRModel, error) {
	const where = "kernel.SVR.Fit"
	if err := positive(where, "C", &c.C, 1); err != nil {
		return nil, err
	}
	epsilon := 0.1
	if c.Epsilon != nil {
		epsilon = *c.Epsilon
	}
	if !(epsilon >= 0 && epsilon <= math.MaxFloat64) {
		return nil, ml.BadConfig(where, "Epsilon", epsilon, ">= 0 and finite, or nil for 0.1")
	}
	c.Epsilon = &epsilon
	s := solver{c.Tol, c.MaxIter, c.CacheMB}
	if err := s.resolve(where); err != nil {
		return nil, err
	}
	c.Tol, c.MaxIter, c.CacheMB = s.Tol, s.MaxIter, s.CacheMB
	return fitSVR(ctx, where, d, s, c, c.Kernel, !c.NoShrinking, c.C, epsilon, 0)
}

// Fit returns the model, as SVR does.
func (c NuSVR) Fit(ctx context.Context, d ml.Dataset[float64]) (*SVRModel, error) {
	const where = "kernel.NuSVR.Fit"
	if err := positive(where, "C", &c.C, 1); err != nil {
		return nil, err
	}
	if err := share(where, &c.Nu); err != nil {
		return nil, err
	}
	s := solver{c.Tol, c.MaxIter, c.CacheMB}
	if err := s.resolve(where); err != nil {
		return nil, err
	}
	c.Tol, c.MaxIter, c.CacheMB = s.Tol, s.MaxIter, s.CacheMB
	return fitSVR(ctx, where, d, s, c, c.Kernel, !c.NoShrinking, c.C, 0, c.Nu)
}

func fitSVR(ctx context.Context, where string, data ml.Dataset[float64], s solver, config any, k metrics.Kernel, shrink bool, cost, epsilon, nu float64) (*SVRModel, error) {
	if err := data.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	x := rows.Of(data.X)
	kernel, err := resolveKernel(where, k, presentRows(data.X, data.Weight), data.Weight, data.Weight)
	if err != nil {
		return nil, err
	}
	idx, w := present(len(data.Y), data.Weight)
	n := len(idx)
	d := &dual{kernel: kernel, x: x, idx: idx, twice: true, y: make([]float64, 2*n), p: make([]float64, 2*n), c: make([]float64, 2*n), a: make([]float64, 2*n), nu: nu > 0,
		tol: s.Tol, maxIter: s.MaxIter, cache: s.CacheMB << 20, shrink: shrink, track: ml.Track(ctx, "block", s.MaxIter)}
	total := 0.0
	for i, r := range idx {
		d.y[i], d.y[i+n] = 1, -1
		d.p[i], d.p[i+n] = epsilon-data.Y[r], epsilon+data.Y[r]
		d.c[i] = cost * w[i]
		d.c[i+n] = d.c[i]
		total += d.c[i]
	}
	if nu > 0 {
		spend(d.a[:n], d.c, nu*total/2)
		copy(d.a[n:], d.a[:n])
	}
	if err := d.solve(ctx); err != nil {
		return nil, err
	}
	m := &SVRModel{Fitted: ml.NewFitted(data.Table, nil, config), Objective: d.objective(), Violation: d.gap, Epsilon: epsilon}
	v := d.offsets()
	m.Intercept = v[0]
	if nu > 0 {
		m.Intercept, m.Epsilon = (v[0]+v[1])/2, (v[0]-v[1])/2
	}
	m.Info.Status, m.Info.Gap, m.Info.Iterations = d.status, d.gap, d.blocks
	var support []int
	for i, r := range idx {
		if a := d.a[i] - d.a[i+n]; a != 0 {
			support, m.Dual = append(support, r), append(m.Dual, a)
		}
	}
	m.Expansion = newExpansion(kernel, x, data.X, support)
	if err := m.ready(where); err != nil {
		return nil, err
	}
	return m, nil
}

// SVRModel is a fitted [SVR], [NuSVR] or [KernelRidge]: Σ Dual_i·K(Vectors_i, x) + Intercept.
type SVRModel struct {
	ml.Fitted
	Expansion
	Dual      []float64 // of the support vectors
	Intercept float64
	Epsilon   float64 // half the width of the tube
	Objective float64 // of the dual problem
	Violation float64 // the largest of its optimality conditions
}

var (
	_ ml.Predictor[float64]    = (*SVRModel)(nil)
	_ ml.RowPredictor[float64] = (*SVRModel)(nil)
	_ ml.Into[float64]         = (*SVRModel)(nil)
)

// Restore checks a model that was read from a file.
func (m *SVRModel) Restore() error { return m.ready("kernel.SVRModel") }

func (m *SVRModel) ready(where string) error {
	if len(m.Dual) != len(m.Support) {
		return &ml.Error{Where: where, Field: "Dual", Found: fmt.Sprintf("%d long", len(m.Dual)), Want: fmt.Sprint(len(m.Support)), Kind: ml.ErrFormat}
	}
	if err := checkGram(where, m.Dual); err != nil {
		return err
	}
	return m.Expansion.ready(where, &m.Fitted)
}

func (m *SVRModel) answer(k []float64) float64 { return m.Intercept + kern.Dot(k, m.Dual) }

// Predict returns the value of each row of x, which must be finite.
func (m *SVRModel) Predict(x tensor.Matrix) ([]float64, error) {
	return predictNumbers("kernel.SVRModel.Predict", &m.Fitted, x, m.PredictInto)
}

// predictNumbers makes the slice for an Into method.
func predictNumbers(where string, f *ml.Fitted, x tensor.Matrix, into func([]float64, tensor.Matrix) error) ([]float64, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	if err := into(out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// checkNumbers is checkAsked with room for an answer to each row.
func checkNumbers(where string, f *ml.Fitted, dst []float64, x tensor.Matrix) error {
	if err := checkAsked(where, f, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(n))
	}
	return nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *SVRModel) PredictInto(dst []float64, x tensor.Matrix) error {
	if err := checkNumbers("kernel.SVRModel.PredictInto", &m.Fitted, dst, x); err != nil {
		return err
	}
	if few(len(dst)) {
		r, a := rows.Of(x), m.ask(0)
		for i := range dst {
			row := r.Row(i, a.row)
			k, _ := m.one(a, row)
			dst[i] = m.answer(k)
		}
		askers.Put(a)
		return nil
	}
	m.each(x, func(i int, _, k []float64) { dst[i] = m.answer(k) })
	return nil
}

// PredictRow returns the value of a single row without allocating.
func (m *SVRModel) PredictRow(x []float64) (float64, error) {
	if err := checkAskedRow("kernel.SVRModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.ask(0)
	k, _ := m.one(a, x)
	v := m.answer(k)
	askers.Put(a)
	return v, nil
}
