package neighbors

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// LocalOutlierFactor finds anomalies by density: a row that lies more loosely than its neighbours do is odd, however dense the region (Breunig, Kriegel, Ng and Sander,
// "LOF: identifying density-based local outliers", SIGMOD 2000). With k the neighbours, d_k(o) the distance of row o to its k-th neighbour and
// max(d_k(o), d(x, o)) the reach of x from o, the density of x is 1 / mean reach from its neighbours, and its factor the mean density of its neighbours over its own:
// about 1 for ordinary rows, more for anomalies.
//
// Rows of weight 0 are absent; other weights do not count. What the model answers for a row of the training set is the answer for a new row at that place, whose
// nearest neighbour is that row itself; [OutlierModel.Training] are the factors of the training rows among the others. CSR is an error. A fit costs a search for every
// row; nothing is random.
type LocalOutlierFactor struct {
	Neighbors     int              // all others if there are fewer. 0: 20
	Contamination float64          // the share of training rows that count as anomalies, at most 1/2. 0: those whose factor is above 1.5
	Distance      metrics.Distance // nil: Euclidean
	Algorithm     Algorithm        // 0: Auto
	LeafSize      int              // rows of a tree's leaf, which changes the time only; 0: 16
}

var _ ml.Fitter[ml.Table, *OutlierModel] = LocalOutlierFactor{}

// OutlierModel tells anomalies from ordinary rows. [LocalOutlierFactor] returns it.
type OutlierModel struct {
	ml.Fitted
	Rows     *tensor.Tensor[float64] // training rows of positive weight
	Training []float64               // their factors, each among the others
	Reach    []float64               // distance of each to its last neighbour
	Density  []float64               // of each
	Offset   float64                 // minus the factor from which on a row is an anomaly

	store *store
	k     int
}

// smallest keeps the density of rows that lie on top of each other finite, as scikit-learn's does.
const smallest = 1e-10

// Fit finds the densities of all rows.
func (c LocalOutlierFactor) Fit(ctx context.Context, t ml.Table) (*OutlierModel, error) {
	const where = "neighbors.LocalOutlierFactor.Fit"
	if c.Neighbors == 0 {
		c.Neighbors = 20
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := dense(where, t.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &OutlierModel{Fitted: ml.NewFitted(t, nil, c)}
	m.Rows, _, _ = kept(t)
	if err := m.find(where); err != nil {
		return nil, err
	}
	n := m.store.n
	if n < 2 {
		return nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	lists := make([][]near.Neighbor, n)
	m.Reach, m.Density, m.Training = make([]float64, n), make([]float64, n), make([]float64, n)
	m.store.each(m.Rows, m.k+1, func(i int, _ *asking, found []near.Neighbor) {
		lists[i] = append(lists[i], near.Rest(found, i, m.k)...)
		m.Reach[i] = lists[i][len(lists[i])-1].Value
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	for i, l := range lists {
		m.Density[i] = m.density(l)
	}
	for i, l := range lists {
		m.Training[i] = m.factor(l, m.Density[i])
	}
	m.Offset = -1.5
	if c.Contamination > 0 {
		scores := make([]float64, n)
		for i, f := range m.Training {
			scores[i] = -f
		}
		m.Offset = stats.NewSample(scores, nil).Quantile(c.Contamination, stats.Linear)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// find makes the index.
func (m *OutlierModel) find(where string) error {
	config, ok := m.Config.(LocalOutlierFactor)
	if !ok {
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a neighbors.LocalOutlierFactor", Kind: ml.ErrFormat}
	}
	if config.Neighbors < 1 {
		return ml.BadConfig(where, "Neighbors", config.Neighbors, ">= 1, or 0 for 20")
	}
	if !(config.Contamination >= 0 && config.Contamination <= 0.5) {
		return ml.BadConfig(where, "Contamination", config.Contamination, "0 to 0.5")
	}
	c := searching{where, config.Algorithm, config.LeafSize, config.Distance}
	if err := c.check(m.Info.Features); err != nil {
		return err
	}
	var err error
	if m.store, err = newStore(c, m.Rows, nil); err != nil {
		return err
	}
	m.k = max(min(config.Neighbors, m.store.n-1), 1)
	return nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *OutlierModel) Restore() error {
	const where = "neighbors.OutlierModel"
	if err := m.find(where); err != nil {
		return err
	}
	if n := m.store.n; m.Rows.Shape()[1] != m.Info.Features || n < 2 || len(m.Reach) != n || len(m.Density) != n || len(m.Training) != n {
		return &ml.Error{Where: where, Field: "Rows, Training, Reach and Density", Found: "of other shapes", Want: fmt.Sprintf("rows of %d columns, and a number for each", m.Info.Features), Kind: ml.ErrFormat}
	}
	for i, v := range slices.Concat(m.Reach, m.Density, m.Training, []float64{m.Offset}) {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("number %d", i), Found: fmt.Sprint(v), Want: "a finite one", Kind: ml.ErrFormat}
		}
	}
	return nil
}

// density is one over the mean reach from the neighbours.
func (m *OutlierModel) density(found []near.Neighbor) float64 {
	sum := 0.0
	for _, n := range found {
		sum += max(m.Reach[n.Index], n.Value)
	}
	return 1 / (sum/float64(len(found)) + smallest)
}

// factor is the mean density of the neighbours over that of the row.
func (m *OutlierModel) factor(found []near.Neighbor, own float64) float64 {
	sum := 0.0
	for _, n := range found {
		sum += m.Density[n.Index] / own
	}
	return sum / float64(len(found))
}

func (m *OutlierModel) factors(where string, x tensor.Matrix) ([]float64, error) {
	if err := check(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	m.store.each(x, m.k, func(i int, _ *asking, found []near.Neighbor) { out[i] = m.factor(found, m.density(found)) })
	return out, nil
}

// Scores returns the outlier factor of each row of x, as a new row: about 1 for ordinary rows, higher for anomalies.
func (m *OutlierModel) Scores(x tensor.Matrix) ([]float64, error) {
	return m.factors("neighbors.OutlierModel.Scores", x)
}

// Predict returns minus the outlier factor less Offset for each row of x: negative for anomalies, like the other detectors of this library.
func (m *OutlierModel) Predict(x tensor.Matrix) ([]float64, error) {
	out, err := m.factors("neighbors.OutlierModel.Predict", x)
	for i, f := range out {
		out[i] = -f - m.Offset
	}
	return out, err
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *OutlierModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "neighbors.OutlierModel.PredictInto"
	if err := check(where, &m.Fitted, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	if few(r.Len()) {
		a := m.store.pool.Get().(*asking)
		buf, _ := a.buffer(r.Cols(), 0)
		for i := range dst {
			found := m.store.nearest(a, r.Row(i, buf), m.k)
			dst[i] = -m.factor(found, m.density(found)) - m.Offset
		}
		m.store.pool.Put(a)
		return nil
	}
	out, err := m.Predict(x)
	copy(dst, out)
	return err
}

// PredictRow is Predict of a single row, without allocating.
func (m *OutlierModel) PredictRow(x []float64) (float64, error) {
	if err := ml.CheckFiniteRow("neighbors.OutlierModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.store.pool.Get().(*asking)
	defer m.store.pool.Put(a)
	found := m.store.nearest(a, x, m.k)
	return -m.factor(found, m.density(found)) - m.Offset, nil
}
