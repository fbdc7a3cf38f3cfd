package neighbors

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// KNeighborsRegressor gives the mean target of the nearest training rows, weighted. It is otherwise as [KNeighborsClassifier].
type KNeighborsRegressor struct {
	Neighbors int              // how many count; all if there are fewer. 0: 5
	Weights   Weighting        // of the neighbours; nil: Uniform
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // rows of a tree's leaf, which changes the time only; 0: 16
}

// KNeighborsMulti is [KNeighborsRegressor] for several targets.
type KNeighborsMulti KNeighborsRegressor

// RadiusNeighborsRegressor gives the mean target of the training rows within a radius, weighted; a row without neighbours gets the mean of all. It is otherwise as
// [KNeighborsClassifier].
type RadiusNeighborsRegressor struct {
	Radius    float64          // > 0; 0: 1
	Weights   Weighting        // of the neighbours; nil: Uniform
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // rows of a tree's leaf, which changes the time only; 0: 16
}

// RadiusNeighborsMulti is [RadiusNeighborsRegressor] for several targets.
type RadiusNeighborsMulti RadiusNeighborsRegressor

var (
	_ ml.Fitter[ml.Dataset[float64], *RegressorModel] = KNeighborsRegressor{}
	_ ml.Fitter[ml.Dataset[float64], *RegressorModel] = RadiusNeighborsRegressor{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiModel]   = KNeighborsMulti{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiModel]   = RadiusNeighborsMulti{}
)

// RegressorModel is a fitted [KNeighborsRegressor] or [RadiusNeighborsRegressor].
type RegressorModel struct{ means }

// MultiModel is a fitted [KNeighborsMulti] or [RadiusNeighborsMulti].
type MultiModel struct{ means }

// means is what both models are.
type means struct {
	ml.Fitted
	Rows   *tensor.Tensor[float64] // training rows of positive weight
	Weight []float64               // of them; nil: all 1
	Y      *tensor.Tensor[float64] // their targets, rows x targets

	votes
}

// Fit keeps the rows of d.
func (c KNeighborsRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressorModel, error) {
	if c.Neighbors == 0 {
		c.Neighbors = 5
	}
	m, err := fitMeans(ctx, "neighbors.KNeighborsRegressor.Fit", d, c, one)
	return made[RegressorModel](m, err)
}

// Fit keeps the rows of d.
func (c KNeighborsMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiModel, error) {
	if c.Neighbors == 0 {
		c.Neighbors = 5
	}
	m, err := fitMeans(ctx, "neighbors.KNeighborsMulti.Fit", d, c, many)
	return made[MultiModel](m, err)
}

// Fit keeps the rows of d.
func (c RadiusNeighborsRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressorModel, error) {
	if c.Radius == 0 {
		c.Radius = 1
	}
	m, err := fitMeans(ctx, "neighbors.RadiusNeighborsRegressor.Fit", d, c, one)
	return made[RegressorModel](m, err)
}

// Fit keeps the rows of d.
func (c RadiusNeighborsMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiModel, error) {
	if c.Radius == 0 {
		c.Radius = 1
	}
	m, err := fitMeans(ctx, "neighbors.RadiusNeighborsMulti.Fit", d, c, many)
	return made[MultiModel](m, err)
}

func one(y float64) []float64    { return []float64{y} }
func many(y []float64) []float64 { return y }

// made wraps what was fitted into a model.
func made[M RegressorModel | MultiModel](m *means, err error) (*M, error) {
	if err != nil {
		return nil, err
	}
	return &M{*m}, nil
}

func fitMeans[Y any](ctx context.Context, where string, d ml.Dataset[Y], config any, targets func(Y) []float64) (*means, error) {
	if err := d.Check(where, ml.AcceptsOf(config)); err != nil {
		return nil, err
	}
	if err := dense(where, d.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &means{Fitted: ml.NewFitted(d.Table, nil, config)}
	var from []int
	m.Rows, m.Weight, from = kept(d.Table)
	m.Y = tensor.New[float64](len(from), len(targets(d.Y[0])))
	for i, at := range from {
		copy(m.Y.Row(i), targets(d.Y[at]))
	}
	if err := cmp.Or(m.ready(where), ml.Done(ctx)); err != nil {
		return nil, err
	}
	return m, nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *RegressorModel) Restore() error {
	if err := m.ready("neighbors.RegressorModel"); err != nil {
		return err
	}
	if m.targets() != 1 {
		return &ml.Error{Where: "neighbors.RegressorModel", Field: "Y", Found: fmt.Sprintf("%d targets", m.targets()), Want: "one", Kind: ml.ErrFormat}
	}
	return nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *MultiModel) Restore() error { return m.ready("neighbors.MultiModel") }

func (m *means) targets() int { return m.Y.Shape()[1] }

func (m *means) ready(where string) error {
	c := searching{where: where}
	m.votes = votes{}
	take := func(k KNeighborsRegressor) error {
		if k.Neighbors < 1 {
			return ml.BadConfig(where, "Neighbors", k.Neighbors, ">= 1, or 0 for 5")
		}
		c.algorithm, c.leaf, c.distance, m.weigh, m.k = k.Algorithm, k.LeafSize, k.Distance, k.Weights, k.Neighbors
		return nil
	}
	takeRadius := func(r RadiusNeighborsRegressor) error {
		c.algorithm, c.leaf, c.distance, m.weigh, m.radius = r.Algorithm, r.LeafSize, r.Distance, r.Weights, r.Radius
		return checkRadius(where, r.Radius)
	}
	var err error
	switch config := m.Config.(type) {
	case KNeighborsRegressor:
		err = take(config)
	case KNeighborsMulti:
		err = take(KNeighborsRegressor(config))
	case RadiusNeighborsRegressor:
		err = takeRadius(config)
	case RadiusNeighborsMulti:
		err = takeRadius(RadiusNeighborsRegressor(config))
	default:
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a regressor of neighbors", Kind: ml.ErrFormat}
	}
	if err == nil {
		err = checkWeighting(where, m.weigh)
	}
	if err == nil {
		err = c.check(m.Info.Features)
	}
	if err == nil {
		m.store, err = newStore(c, m.Rows, m.Weight)
	}
	if err != nil {
		return err
	}
	if m.Rows.Shape()[1] != m.Info.Features || m.Y == nil || len(m.Y.Shape()) != 2 || m.Y.Shape()[0] != m.store.n || m.Y.Shape()[1] < 1 {
		return &ml.Error{Where: where, Field: "Rows and Y", Found: "of other shapes", Want: fmt.Sprintf("rows of %d columns, and targets for each", m.Info.Features), Kind: ml.ErrFormat}
	}
	m.share = make([]float64, m.targets())
	for i := range m.store.n {
		w := 1.0
		if m.Weight != nil {
			w = m.Weight[i]
		}
		for t, y := range m.Y.Row(i) {
			m.share[t] += float64(w / m.store.whole * y)
		}
	}
	return nil
}

// mean writes the weighted mean of the neighbours' targets.
func (m *means) mean(dst []float64, a *asking, found []near.Neighbor) {
	if len(found) == 0 {
		copy(dst, m.share)
		return
	}
	clear(dst)
	w, total := m.store.weights(a, m.weigh, found, m.most())
	for i, n := range found {
		for t, y := range m.Y.Row(n.Index) {
			dst[t] += float64(w[i] / total * y)
		}
	}
}

// Predict returns the mean target of the neighbours of each row of x.
func (m *RegressorModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "neighbors.RegressorModel.Predict"
	if err := check(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	m.fill(out, x)
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *RegressorModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "neighbors.RegressorModel.PredictInto"
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
			m.mean(dst[i:i+1], a, m.one(a, r.Row(i, buf)))
		}
		m.store.pool.Put(a)
		return nil
	}
	m.fill(dst, x)
	return nil
}

func (m *RegressorModel) fill(dst []float64, x tensor.Matrix) {
	m.each(x, func(i int, a *asking, found []near.Neighbor) { m.mean(dst[i:i+1], a, found) })
}

// PredictRow is Predict of a single row, without allocating.
func (m *RegressorModel) PredictRow(x []float64) (float64, error) {
	if err := checkRow("neighbors.RegressorModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.store.pool.Get().(*asking)
	defer m.store.pool.Put(a)
	found := m.one(a, x)
	_, mean := a.buffer(0, 1)
	m.mean(mean, a, found)
	return mean[0], nil
}

// Predict returns the mean targets of the neighbours of each row of x.
func (m *MultiModel) Predict(x tensor.Matrix) ([][]float64, error) {
	if err := check("neighbors.MultiModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([][]float64, n)
	flat := make([]float64, n*m.targets())
	for i := range out {
		out[i] = flat[i*m.targets() : (i+1)*m.targets() : (i+1)*m.targets()]
	}
	m.each(x, func(i int, a *asking, found []near.Neighbor) { m.mean(out[i], a, found) })
	return out, nil
}
