package kernel

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// OneClassSVM learns where rows lie: the plane in the kernel's space that has all but a share of them on one side and is farthest from the origin. Nu bounds
// the share of training rows outside from above, and that of support vectors from below. The dual problem is LIBSVM's, with
// 0 <= a_i <= w_i and sum Nu·Σ w_i. Kernels, weights, method and costs are those of [SVC].
//
// Schölkopf, Platt, Shawe-Taylor, Smola and Williamson: Estimating the support of a high-dimensional distribution. Neural Computation 13 (2001).
type OneClassSVM struct {
	Nu          float64        // above 0, up to 1. 0: 0.5
	Kernel      metrics.Kernel // nil: metrics.RBF with Gamma 1/(columns · variance of X)
	NoShrinking bool           // keep all rows in play. False: leave out those whose variables stay at bounds
	CacheMB     int            // memory for kernel rows, in MiB. 0: 200
	MaxIter     int            // blocks at the most. 0: 100000
	Tol         float64        // ends when no pair violates the optimality conditions by more. 0: 1e-3
}

// SVDD is support vector data description: the smallest ball in the kernel's space that holds all but a share of the rows. For kernels that give every row the same
// value with itself, such as metrics.RBF, it draws the same border as [OneClassSVM]. The fields are those of OneClassSVM; [Precomputed]
// is refused, since a prediction needs the value of a row with itself.
//
// Tax and Duin: Support vector data description. Machine Learning 54 (2004).
type SVDD OneClassSVM

var (
	_ ml.Fitter[ml.Table, *OneClassModel] = OneClassSVM{}
	_ ml.Fitter[ml.Table, *OneClassModel] = SVDD{}
)

// Fit returns the detector. Info.Gap is the largest violation of the optimality conditions.
func (c OneClassSVM) Fit(ctx context.Context, t ml.Table) (*OneClassModel, error) {
	const where = "kernel.OneClassSVM.Fit"
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	return c.fit(ctx, where, t, c, false)
}

// Fit returns the detector, as OneClassSVM does.
func (s SVDD) Fit(ctx context.Context, t ml.Table) (*OneClassModel, error) {
	const where = "kernel.SVDD.Fit"
	c := OneClassSVM(s)
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	if _, pre := c.Kernel.(Precomputed); pre {
		return nil, ml.BadConfig(where, "Kernel", "Precomputed", "a kernel of rows; for kernel values use OneClassSVM")
	}
	return c.fit(ctx, where, t, SVDD(c), true)
}

func (c *OneClassSVM) resolve(where string) error {
	if err := share(where, &c.Nu); err != nil {
		return err
	}
	s := solver{c.Tol, c.MaxIter, c.CacheMB}
	err := s.resolve(where)
	c.Tol, c.MaxIter, c.CacheMB = s.Tol, s.MaxIter, s.CacheMB
	return err
}

func (c OneClassSVM) fit(ctx context.Context, where string, t ml.Table, config any, ball bool) (*OneClassModel, error) {
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	x := rows.Of(t.X)
	kernel, err := resolveKernel(where, c.Kernel, presentRows(t.X, t.Weight), t.Weight, t.Weight)
	if err != nil {
		return nil, err
	}
	idx, w := present(x.Len(), t.Weight)
	n := len(idx)
	d := &dual{kernel: kernel, x: x, idx: idx, y: make([]float64, n), p: make([]float64, n), c: w, a: make([]float64, n),
		tol: c.Tol, maxIter: c.MaxIter, cache: c.CacheMB << 20, shrink: !c.NoShrinking, track: ml.Track(ctx, "block", c.MaxIter)}
	total := 0.0
	for i := range idx {
		d.y[i] = 1
		total += w[i]
	}
	sum := c.Nu * total
	if ball { // the weights of the centre sum to 1
		for i, v := range newSide(kernel, x, nil).diagonal(x, idx) {
			d.p[i] = -v / 2
			d.c[i] /= sum
		}
		sum = 1
	}
	spend(d.a, d.c, sum)
	if err := d.solve(ctx); err != nil {
		return nil, err
	}
	m := &OneClassModel{Fitted: ml.NewFitted(t, nil, config), Objective: d.objective(), Violation: d.gap}
	m.Offset = d.offsets()[0]
	m.Info.Status, m.Info.Gap, m.Info.Iterations = d.status, d.gap, d.blocks
	var support []int
	for i, r := range idx {
		if d.a[i] != 0 {
			support, m.Dual = append(support, r), append(m.Dual, d.a[i])
		}
	}
	m.Expansion = newExpansion(kernel, x, t.X, support)
	if err := m.ready(where); err != nil {
		return nil, err
	}
	return m, nil
}

// OneClassModel is a fitted [OneClassSVM]: Σ Dual_i·K(Vectors_i, x) + Offset, negative outside; for [SVDD] less K(x, x)/2.
type OneClassModel struct {
	ml.Fitted
	Expansion
	Dual      []float64 // of the support vectors
	Offset    float64
	Objective float64 // of the dual problem
	Violation float64 // the largest of its optimality conditions

	ball bool
}

var (
	_ ml.Predictor[float64]    = (*OneClassModel)(nil)
	_ ml.RowPredictor[float64] = (*OneClassModel)(nil)
	_ ml.Into[float64]         = (*OneClassModel)(nil)
)

// Restore checks a model that was read from a file.
func (m *OneClassModel) Restore() error { return m.ready("kernel.OneClassModel") }

func (m *OneClassModel) ready(where string) error {
	if len(m.Dual) != len(m.Support) {
		return &ml.Error{Where: where, Field: "Dual", Found: fmt.Sprintf("%d long", len(m.Dual)), Want: fmt.Sprint(len(m.Support)), Kind: ml.ErrFormat}
	}
	if err := checkGram(where, m.Dual); err != nil {
		return err
	}
	_, m.ball = m.Config.(SVDD)
	return m.Expansion.ready(where, &m.Fitted)
}

func (m *OneClassModel) answer(x, k []float64) float64 {
	s := m.Offset + kern.Dot(k, m.Dual)
	if m.ball {
		own := 1.0
		if _, rbf := m.Kernel.(metrics.RBF); !rbf {
			own = m.Kernel.Of(x, x)
		}
		s -= own / 2
	}
	return s
}

// Predict returns the score of each row of x: negative for anomalies, like the other detectors of this library. For SVDD it is half of
// the squared radius less the squared distance from the centre.
func (m *OneClassModel) Predict(x tensor.Matrix) ([]float64, error) {
	return predictNumbers("kernel.OneClassModel.Predict", &m.Fitted, x, m.PredictInto)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *OneClassModel) PredictInto(dst []float64, x tensor.Matrix) error {
	if err := checkNumbers("kernel.OneClassModel.PredictInto", &m.Fitted, dst, x); err != nil {
		return err
	}
	if few(len(dst)) {
		r, a := rows.Of(x), m.ask(0)
		for i := range dst {
			row := r.Row(i, a.row)
			k, _ := m.one(a, row)
			dst[i] = m.answer(row, k)
		}
		askers.Put(a)
		return nil
	}
	m.each(x, func(i int, row, k []float64) { dst[i] = m.answer(row, k) })
	return nil
}

// PredictRow returns the score of a single row without allocating.
func (m *OneClassModel) PredictRow(x []float64) (float64, error) {
	if err := checkAskedRow("kernel.OneClassModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.ask(0)
	k, _ := m.one(a, x)
	v := m.answer(x, k)
	askers.Put(a)
	return v, nil
}
