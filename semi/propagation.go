package semi

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// LabelPropagation lets labels flow to the rows that are alike: every row takes the mean of what its neighbours in a graph hold, labelled rows keep their label, until nothing
// changes by more than Tol.
//
//	semi.LabelPropagation{Neighbors: 7}                         // a sparse graph of nearest rows: many rows
//	semi.LabelPropagation{Kernel: metrics.RBF{Gamma: 0.5}}      // all pairs
//
// Scale the columns before. A row of weight k counts as k rows, but in the graph of nearest neighbours where its labels weigh as much. Labels are taken to be right; where some
// are not, [LabelSpreading] may change them. Fit takes rows² numbers of memory with a kernel, rows · Neighbors with a graph, and a product of either with the shares in each of
// MaxIter iterations; Predict compares each row with all training rows, or searches its neighbours. It answers as scikit-learn's LabelPropagation of version 1.8 and later.
//
// Zhu and Ghahramani: Learning from labeled and unlabeled data with label propagation. CMU-CALD-02-107 (2002).
type LabelPropagation struct {
	Kernel    metrics.Kernel   // how alike two rows are, >= 0. nil: metrics.RBF{Gamma: 20}. kernel.Precomputed: X itself holds the affinities, rows x rows, dense or CSR: a graph of your own
	Neighbors int              // > 0: instead, 1 for the rows nearest to each, itself counted, and 0 for the others
	Distance  metrics.Distance // of Neighbors; nil: Euclidean
	MaxIter   int              // 0: 1000
	Tol       float64          // of the change of all shares together. 0: 0.001
}

// LabelSpreading is [LabelPropagation] on a graph normalised from both sides, with labels that may change: in every iteration a row takes Alpha of what its neighbours
// hold and 1 - Alpha of the label it was given. Labels of some rows may be wrong.
//
// Zhou, Bousquet, Lal, Weston and Schölkopf: Learning with local and global consistency. NIPS 16 (2004).
type LabelSpreading struct {
	Kernel    metrics.Kernel   // as in LabelPropagation
	Neighbors int              // as in LabelPropagation
	Distance  metrics.Distance // of Neighbors; nil: Euclidean
	Alpha     float64          // the share of the neighbours, between 0 and 1. 0: 0.2
	MaxIter   int              // 0: 30
	Tol       float64          // of the change of all shares together. 0: 0.001
}

// PropagationModel is a fitted LabelPropagation or LabelSpreading. Info.Iterations has the iterations, Info.Gap the change of the last; Info.Status is MaxIter if it was above Tol.
type PropagationModel struct {
	ml.Fitted
	K      int
	Shares *tensor.Tensor[float64] // of the classes in each training row, rows x K; zeros for rows that no label reaches
	Label  []int                   // the class of the largest share of each training row; ml.None where there is none

	Rows   tensor.Matrix // those of positive weight; nil with Precomputed affinities
	From   []int         // their places among the rows of the fit
	Weight []float64     // of each; nil: all 1
	Prior  []float64     // the shares of the labels, for rows that are like none

	affinity affinity
	search   *neighbors.NearestModel
}

var (
	_ ml.Fitter[ml.Dataset[int], *PropagationModel] = LabelPropagation{}
	_ ml.Fitter[ml.Dataset[int], *PropagationModel] = LabelSpreading{}
	_ ml.Classifier                                 = (*PropagationModel)(nil)
)

// Accepts says that rows need no class.
func (c LabelPropagation) Accepts() ml.Accepts { return ml.Accepts{Unlabelled: true} }

// Accepts says that rows need no class.
func (c LabelSpreading) Accepts() ml.Accepts { return ml.Accepts{Unlabelled: true} }

func (c LabelPropagation) affinity() affinity { return affinity{c.Kernel, c.Neighbors, c.Distance} }

func (c LabelSpreading) affinity() affinity { return affinity{c.Kernel, c.Neighbors, c.Distance} }

// Fit lets the labels flow. Errors: ErrConfig for settings out of range, ErrShape for Precomputed affinities that are not square, ErrData for negative ones.
func (c LabelPropagation) Fit(ctx context.Context, d ml.Dataset[int]) (*PropagationModel, error) {
	const where = "semi.LabelPropagation.Fit"
	if err := checkFlow(where, c.MaxIter, c.Tol); err != nil {
		return nil, err
	}
	a, err := c.affinity().check(where)
	if err != nil {
		return nil, err
	}
	c.Kernel, c.MaxIter, c.Tol = a.kernel, cmp.Or(c.MaxIter, 1000), cmp.Or(c.Tol, 1e-3)
	return flow(ctx, where, d, c, a, c.MaxIter, c.Tol, transitions, 1)
}

// Fit lets the labels flow. Errors: ErrConfig for settings out of range, ErrShape for Precomputed affinities that are not square, ErrData for negative ones.
func (c LabelSpreading) Fit(ctx context.Context, d ml.Dataset[int]) (*PropagationModel, error) {
	const where = "semi.LabelSpreading.Fit"
	if err := checkFlow(where, c.MaxIter, c.Tol); err != nil {
		return nil, err
	}
	if !(c.Alpha >= 0 && c.Alpha < 1) {
		return nil, ml.BadConfig(where, "Alpha", c.Alpha, "between 0 and 1; 0 is 0.2")
	}
	a, err := c.affinity().check(where)
	if err != nil {
		return nil, err
	}
	c.Kernel, c.Alpha, c.MaxIter, c.Tol = a.kernel, cmp.Or(c.Alpha, 0.2), cmp.Or(c.MaxIter, 30), cmp.Or(c.Tol, 1e-3)
	return flow(ctx, where, d, c, a, c.MaxIter, c.Tol, bothSides, c.Alpha)
}

func checkFlow(where string, maxIter int, tol float64) error {
	if maxIter < 0 {
		return ml.BadConfig(where, "MaxIter", maxIter, ">= 1, or 0 for the default")
	}
	if !(tol >= 0 && tol <= math.MaxFloat64) {
		return ml.BadConfig(where, "Tol", tol, ">= 0 and finite; 0 is 0.001")
	}
	return nil
}

// flow fits either method: alpha below 1 mixes what flows with the labels, 1 holds the labels fast.
func flow(ctx context.Context, where string, d ml.Dataset[int], config any, a affinity, maxIter int, tol float64, normalise func(e edges, weight []float64), alpha float64) (*PropagationModel, error) {
	if err := d.Check(where, ml.Accepts{Unlabelled: true}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &PropagationModel{Fitted: ml.NewFitted(d.Table, d.Classes, config), K: d.K(), affinity: a}
	n := d.Rows()
	for i := range n {
		if d.Weight == nil || d.Weight[i] > 0 {
			m.From = append(m.From, i)
		}
	}
	if _, p := d.X.Dims(); a.precomputed() && p != n {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", n, p), "as many columns as rows: affinities")
	}
	kept := d.Select(m.From)
	m.Weight = kept.Weight
	held, err := m.start(where, kept)
	if err != nil {
		return nil, err
	}
	e, search, err := a.graph(ctx, where, kept.X, m.From)
	if err != nil {
		return nil, err
	}
	m.search = search
	if !a.precomputed() {
		m.Rows = kept.X
	}
	normalise(e, kept.Weight)
	shares, err := m.iterate(ctx, e, held, kept.Y, maxIter, tol, alpha)
	if err != nil {
		return nil, err
	}
	m.conclude(shares, d.Y)
	return m, nil
}

// start is the shares of the labels: one for each labelled row.
func (m *PropagationModel) start(where string, d ml.Dataset[int]) ([]float64, error) {
	held, total := make([]float64, len(d.Y)*m.K), 0.0
	m.Prior = make([]float64, m.K)
	for i, y := range d.Y {
		if y == ml.None {
			continue
		}
		held[i*m.K+y] = 1
		w := weightAt(d.Weight, i)
		m.Prior[y] += w
		total += w
	}
	if total == 0 {
		return nil, unlabelledAll(where)
	}
	for c := range m.Prior {
		m.Prior[c] /= total
	}
	return held, nil
}

func weightAt(w []float64, i int) float64 {
	if w == nil {
		return 1
	}
	return w[i]
}

// transitions makes each row's edges sum to 1: how probable a step from it to each other row is.
func transitions(e edges, weight []float64) {
	one, w, inverse := make([]float64, e.n), make([]float64, e.n), make([]float64, e.n)
	for i := range one {
		one[i], w[i] = 1, weightAt(weight, i)
	}
	e.mul(inverse, w, 1)
	reciprocals(inverse)
	e.scale(inverse, w, one)
}

// bothSides divides edges by the roots of what arrives at both ends, copies of rows counted and the rows themselves not.
func bothSides(e edges, weight []float64) {
	arrives, w, self := make([]float64, e.n), make([]float64, e.n), make([]float64, e.n)
	for i := range w {
		w[i] = weightAt(weight, i)
	}
	for i := range e.n {
		cols, values := e.row(i)
		for at, v := range values {
			j := at
			if cols != nil {
				j = int(cols[at])
			}
			if i == j {
				self[i] = max(w[i]-1, 0) / w[i] // its copies are other rows
				v *= self[i]
			}
			arrives[j] += float64(w[i] * v)
		}
	}
	for i, v := range arrives {
		arrives[i] = math.Sqrt(v)
	}
	reciprocals(arrives)
	for j := range w {
		w[j] *= arrives[j]
	}
	e.scale(arrives, w, self)
}

// reciprocals are 1/x, of rows without edges 1.
func reciprocals(x []float64) {
	for i, v := range x {
		x[i] = 1
		if v > 0 {
			x[i] = 1 / v
		}
	}
}

// iterate lets shares flow until they change by less than tol.
func (m *PropagationModel) iterate(ctx context.Context, e edges, held []float64, y []int, maxIter int, tol, alpha float64) ([]float64, error) {
	k := m.K
	shares, next := append([]float64(nil), held...), make([]float64, len(held))
	track := ml.Track(ctx, "iteration", maxIter)
	m.Info.Status = ml.MaxIter
	m.Info.Gap = float64(len(y))
	for m.Info.Iterations < maxIter {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		e.mul(next, shares, k)
		for i := range y {
			to, from := next[i*k:(i+1)*k], held[i*k:(i+1)*k]
			switch {
			case alpha < 1:
				for c := range to {
					to[c] = float64(alpha*to[c]) + float64((1-alpha)*from[c])
				}
			case y[i] == ml.None:
				divide(to)
			default:
				copy(to, from)
			}
		}
		change := 0.0
		for i := range y {
			for at := i * k; at < (i+1)*k; at++ {
				change += float64(weightAt(m.Weight, i) * math.Abs(next[at]-shares[at]))
			}
		}
		shares, next = next, shares
		m.Info.Iterations++
		m.Info.Gap = change
		stop, err := track.Step(m.Info.Iterations, ml.Loss{Train: change})
		if err != nil {
			return nil, err
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
		if change < tol {
			m.Info.Status = ml.Converged
			break
		}
	}
	return shares, nil
}

// divide makes shares sum to 1, if there are any.
func divide(shares []float64) bool {
	sum := 0.0
	for _, v := range shares {
		sum += v
	}
	if sum == 0 {
		return false
	}
	for c := range shares {
		shares[c] /= sum
	}
	return true
}

// conclude writes what the rows have come to.
func (m *PropagationModel) conclude(shares []float64, y []int) {
	m.Shares, m.Label = tensor.New[float64](len(y), m.K), append([]int(nil), y...)
	for k, i := range m.From {
		row := m.Shares.Row(i)
		copy(row, shares[k*m.K:(k+1)*m.K])
		m.Label[i] = ml.None
		if divide(row) {
			m.Label[i] = largest(row)
		}
	}
}

// largest is the place of the largest number, the first of equals.
func largest(row []float64) int {
	best := 0
	for c, v := range row {
		if v > row[best] {
			best = c
		}
	}
	return best
}

// PredictProba returns the shares of the classes among the training rows that each row is like, rows x K: each training row counts by its affinity. A row that is like none has the
// shares of the labels.
func (m *PropagationModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.proba("semi.PropagationModel.PredictProba", x)
}

func (m *PropagationModel) proba(where string, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.K)
	err := m.affinity.reach(x, m.Rows, m.search, m.From, func(i int, cols []int, values []float64) {
		to := out.Row(i)
		for at := range max(len(cols), len(values)) {
			j, v := at, 1.0
			if cols != nil {
				j = cols[at]
			} else {
				v = values[at]
			}
			v *= weightAt(m.Weight, j)
			for c, share := range m.Shares.Row(m.From[j]) {
				to[c] += float64(v * share)
			}
		}
		if !divide(to) {
			copy(to, m.Prior)
		}
	})
	return out, err
}

// Predict returns the most probable class of each row, the lowest code of equals.
func (m *PropagationModel) Predict(x tensor.Matrix) ([]int, error) {
	p, err := m.proba("semi.PropagationModel.Predict", x)
	if err != nil {
		return nil, err
	}
	n, _ := p.Dims()
	out := make([]int, n)
	par.For(n, 2*m.K, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = largest(p.Row(i))
		}
	})
	return out, nil
}

// Restore checks a model that was read from a file, and makes its index.
func (m *PropagationModel) Restore() error {
	const where = "semi.PropagationModel"
	if err := checkLabels(where, &m.Fitted, m.K, m.Label); err != nil {
		return err
	}
	switch c := m.Config.(type) {
	case LabelPropagation:
		m.affinity = c.affinity()
	case LabelSpreading:
		m.affinity = c.affinity()
	default:
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a LabelPropagation or a LabelSpreading")
	}
	a, err := m.affinity.check(where)
	if err != nil {
		return err
	}
	m.affinity = a
	if m.Shares == nil || len(m.Prior) != m.K {
		return ml.BadFile(where, "Shares and Prior", "other sizes", "the classes of the model")
	}
	if n, k := m.Shares.Dims(); n != m.Info.Rows || k != m.K {
		return ml.BadFile(where, "Shares", fmt.Sprintf("%d x %d", n, k), fmt.Sprintf("%d x %d", m.Info.Rows, m.K))
	}
	for i, v := range m.Shares.Data() {
		if !(v >= 0 && v <= 1) {
			return ml.BadFile(where, fmt.Sprintf("Shares, number %d", i), fmt.Sprint(v), "0 to 1")
		}
	}
	return m.restoreRows(where)
}

// restoreRows checks what a model keeps of its training rows.
func (m *PropagationModel) restoreRows(where string) error {
	last := -1
	for _, i := range m.From {
		if i <= last || i >= m.Info.Rows {
			return ml.BadFile(where, "From", fmt.Sprint(i), fmt.Sprintf("rising numbers below %d", m.Info.Rows))
		}
		last = i
	}
	if m.Weight != nil && len(m.Weight) != len(m.From) || len(m.From) == 0 {
		return ml.BadFile(where, "Weight", fmt.Sprintf("%d numbers", len(m.Weight)), fmt.Sprintf("%d, one for each row kept, or none", len(m.From)))
	}
	if m.affinity.precomputed() {
		if m.Rows != nil || m.Info.Features != m.Info.Rows {
			return ml.BadFile(where, "Rows", "there", "none with Precomputed affinities, which are square")
		}
		return nil
	}
	if rows.Fault(m.Rows) != "" {
		return ml.BadFile(where, "Rows", rows.Fault(m.Rows), "a matrix")
	}
	if n, p := m.Rows.Dims(); n != len(m.From) || p != m.Info.Features {
		return ml.BadFile(where, "Rows", fmt.Sprintf("%d x %d", n, p), fmt.Sprintf("%d x %d", len(m.From), m.Info.Features))
	}
	if row, col, v, ok := rows.CheckFinite(m.Rows, false); !ok {
		return ml.BadFile(where, fmt.Sprintf("Rows[%d, %d]", row, col), fmt.Sprint(v), "a finite number")
	}
	if m.affinity.nearest == 0 {
		return nil
	}
	var err error
	m.search, err = neighbors.NearestNeighbors{Distance: m.affinity.distance}.Fit(context.Background(), ml.Table{X: m.Rows})
	return err
}

func init() {
	ml.RegisterConfig[LabelPropagation]("semi.LabelPropagation")
	ml.RegisterConfig[LabelSpreading]("semi.LabelSpreading")
	ml.Register[*PropagationModel]("semi.PropagationModel")
}
