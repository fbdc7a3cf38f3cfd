package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// KNeighborsClassifier lets the nearest training rows vote (Fix and Hodges, "Discriminatory analysis: nonparametric discrimination", 1951; Cover and Hart, IEEE
// Transactions on Information Theory 13, 1967). Of equally near rows those that come first in training count, of classes with as many votes the lowest code.
//
// A row of weight k is k neighbours, one of weight 0 is absent. The model keeps the training rows, in double precision. Scale the columns first: a column of large
// numbers decides alone. CSR is an error. A fit costs O(rows · log rows) for the trees and nothing else for brute force; nothing is random.
type KNeighborsClassifier struct {
	Neighbors int              // how many vote; all if there are fewer. 0: 5
	Weights   Weighting        // of the votes; nil: Uniform
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // rows of a tree's leaf, which changes the time only; 0: 16
}

// RadiusNeighborsClassifier lets all training rows within a radius vote. It is otherwise as [KNeighborsClassifier].
type RadiusNeighborsClassifier struct {
	Radius    float64          // > 0; 0: 1
	Weights   Weighting        // of the votes; nil: Uniform
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // rows of a tree's leaf, which changes the time only; 0: 16
	Outlier   *int             // the class of rows without neighbours; nil: they get the shares of the classes in training
}

var (
	_ ml.Fitter[ml.Dataset[int], *ClassifierModel] = KNeighborsClassifier{}
	_ ml.Fitter[ml.Dataset[int], *ClassifierModel] = RadiusNeighborsClassifier{}
)

// ClassifierModel is a fitted [KNeighborsClassifier] or [RadiusNeighborsClassifier].
type ClassifierModel struct {
	ml.Fitted
	Rows   *tensor.Tensor[float64] // training rows of positive weight
	Weight []float64               // of them; nil: all 1
	Code   []int                   // of them
	K      int                     // classes

	votes
}

// votes are what the two configs differ in, and what is derived of a model.
type votes struct {
	store  *store
	k      int // neighbours; 0: those within the radius
	radius float64
	weigh  Weighting
	share  []float64 // of the classes for rows without neighbours
}

// Fit keeps the rows of d.
func (c KNeighborsClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ClassifierModel, error) {
	const where = "neighbors.KNeighborsClassifier.Fit"
	if c.Neighbors == 0 {
		c.Neighbors = 5
	}
	return fitVotes(ctx, where, d, c)
}

// Fit keeps the rows of d.
func (c RadiusNeighborsClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ClassifierModel, error) {
	const where = "neighbors.RadiusNeighborsClassifier.Fit"
	if c.Radius == 0 {
		c.Radius = 1
	}
	if c.Outlier != nil {
		c.Outlier = new(*c.Outlier)
	}
	return fitVotes(ctx, where, d, c)
}

func fitVotes(ctx context.Context, where string, d ml.Dataset[int], config any) (*ClassifierModel, error) {
	if err := d.Check(where, ml.AcceptsOf(config)); err != nil {
		return nil, err
	}
	if err := dense(where, d.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &ClassifierModel{Fitted: ml.NewFitted(d.Table, d.Classes, config), K: d.K()}
	var from []int
	m.Rows, m.Weight, from = kept(d.Table)
	m.Code = make([]int, len(from))
	for i, at := range from {
		m.Code[i] = d.Y[at]
	}
	if err := cmp.Or(m.ready(where), ml.Done(ctx)); err != nil {
		return nil, err
	}
	return m, nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *ClassifierModel) Restore() error { return m.ready("neighbors.ClassifierModel") }

func (m *ClassifierModel) ready(where string) error {
	c := searching{where: where}
	m.votes = votes{}
	switch config := m.Config.(type) {
	case KNeighborsClassifier:
		if config.Neighbors < 1 {
			return ml.BadConfig(where, "Neighbors", config.Neighbors, ">= 1, or 0 for 5")
		}
		c.algorithm, c.leaf, c.distance, m.weigh, m.k = config.Algorithm, config.LeafSize, config.Distance, config.Weights, config.Neighbors
	case RadiusNeighborsClassifier:
		if err := checkRadius(where, config.Radius); err != nil {
			return err
		}
		if config.Outlier != nil && (*config.Outlier < 0 || *config.Outlier >= m.K) {
			return ml.BadConfig(where, "Outlier", *config.Outlier, fmt.Sprintf("a class code below %d", m.K))
		}
		c.algorithm, c.leaf, c.distance, m.weigh, m.radius = config.Algorithm, config.LeafSize, config.Distance, config.Weights, config.Radius
	default:
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a classifier of neighbors", Kind: ml.ErrFormat}
	}
	if err := checkWeighting(where, m.weigh); err != nil {
		return err
	}
	if err := c.check(m.Info.Features); err != nil {
		return err
	}
	var err error
	if m.store, err = newStore(c, m.Rows, m.Weight); err != nil {
		return err
	}
	if m.Rows.Shape()[1] != m.Info.Features || len(m.Code) != m.store.n || m.K < 1 || m.Classes != nil && len(m.Classes) != m.K {
		return &ml.Error{Where: where, Field: "Rows, Code and K", Found: "of other shapes", Want: fmt.Sprintf("rows of %d columns, and a code for each", m.Info.Features), Kind: ml.ErrFormat}
	}
	m.share = make([]float64, m.K)
	for i, code := range m.Code {
		if code < 0 || code >= m.K {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Code[%d]", i), Found: fmt.Sprint(code), Want: fmt.Sprintf("0 to %d", m.K-1), Kind: ml.ErrFormat}
		}
		m.share[code] += m.store.count(i, math.Inf(1), 0) / m.store.whole
	}
	for code := range m.share {
		m.share[code] = min(m.share[code], 1)
	}
	if config, ok := m.Config.(RadiusNeighborsClassifier); ok && config.Outlier != nil {
		clear(m.share)
		m.share[*config.Outlier] = 1
	}
	return nil
}

func checkRadius(where string, r float64) error {
	if !(r > 0 && r <= math.MaxFloat64) {
		return ml.BadConfig(where, "Radius", r, "> 0, or 0 for 1")
	}
	return nil
}

// each finds the neighbours of every row of x.
func (v *votes) each(x tensor.Matrix, f func(i int, a *asking, found []near.Neighbor)) {
	if v.k > 0 {
		v.store.each(x, v.k, f)
		return
	}
	v.store.eachWithin(x, v.radius, f)
}

// one finds those of a single row.
func (v *votes) one(a *asking, x []float64) []near.Neighbor {
	if v.k > 0 {
		return v.store.nearest(a, x, v.k)
	}
	return v.store.index.Within(&a.Search, x, v.radius)
}

// most is how many rows count at the most.
func (v *votes) most() float64 {
	if v.k > 0 {
		return float64(v.k)
	}
	return math.Inf(1)
}

// count writes the shares of the classes among the neighbours.
func (m *ClassifierModel) count(dst []float64, a *asking, found []near.Neighbor) {
	if len(found) == 0 {
		copy(dst, m.share)
		return
	}
	clear(dst)
	w, total := m.store.weights(a, m.weigh, found, m.most())
	for i, n := range found {
		dst[m.Code[n.Index]] += w[i]
	}
	for c := range dst {
		dst[c] = min(dst[c]/total, 1)
	}
}

// PredictProba returns the shares of the classes among the neighbours of each row, weighted; rows x K.
func (m *ClassifierModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := check("neighbors.ClassifierModel.PredictProba", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.K)
	m.each(x, func(i int, a *asking, found []near.Neighbor) { m.count(out.Row(i), a, found) })
	return out, nil
}

// Predict returns the class with the most votes for each row of x.
func (m *ClassifierModel) Predict(x tensor.Matrix) ([]int, error) {
	p, err := m.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	for i := range out {
		out[i] = largest(p.Row(i))
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *ClassifierModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "neighbors.ClassifierModel.PredictInto"
	if err := check(where, &m.Fitted, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	if few(r.Len()) {
		a := m.store.pool.Get().(*asking)
		buf, shares := a.buffer(r.Cols(), m.K)
		for i := range dst {
			m.count(shares, a, m.one(a, r.Row(i, buf)))
			dst[i] = largest(shares)
		}
		m.store.pool.Put(a)
		return nil
	}
	out, err := m.Predict(x)
	copy(dst, out)
	return err
}

// largest is the first of the largest.
func largest(p []float64) int {
	best := 0
	for c, v := range p {
		if v > p[best] {
			best = c
		}
	}
	return best
}

// ProbaRow is PredictProba of a single row into dst, K long, without allocating.
func (m *ClassifierModel) ProbaRow(dst, x []float64) error {
	const where = "neighbors.ClassifierModel.ProbaRow"
	if err := checkRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each class", m.K))
	}
	a := m.store.pool.Get().(*asking)
	m.count(dst, a, m.one(a, x))
	m.store.pool.Put(a)
	return nil
}

// PredictRow is Predict of a single row, without allocating.
func (m *ClassifierModel) PredictRow(x []float64) (int, error) {
	if err := checkRow("neighbors.ClassifierModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.store.pool.Get().(*asking)
	defer m.store.pool.Put(a)
	found := m.one(a, x)
	_, shares := a.buffer(0, m.K)
	m.count(shares, a, found)
	return largest(shares), nil
}
