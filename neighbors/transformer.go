package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// KNeighborsTransformer turns rows into their distances from the nearest training rows: a CSR matrix with a column for each training row. In a pipeline it searches once
// for models that take such a graph, cluster.DBSCAN and cluster.OPTICS with Precomputed for instance. Each row has Neighbors + 1 entries, or as many as there are training
// rows: a training row finds itself among them, at distance 0, and has Neighbors others. Columns of rows of weight 0 are empty; other weights do not count. CSR is an
// error. The model keeps the rows, in double precision; a row costs a search.
type KNeighborsTransformer struct {
	Neighbors int              // 0: 5
	Connected bool             // entries are 1, not distances
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // as in [NearestNeighbors]
}

// RadiusNeighborsTransformer is [KNeighborsTransformer] for all training rows within a radius.
type RadiusNeighborsTransformer struct {
	Radius    float64          // 0: 1
	Connected bool             // entries are 1, not distances
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // as in [NearestNeighbors]
}

var (
	_ ml.Fitter[ml.Table, *GraphModel] = KNeighborsTransformer{}
	_ ml.Fitter[ml.Table, *GraphModel] = RadiusNeighborsTransformer{}
)

// GraphModel joins rows to those it was fitted to.
type GraphModel struct {
	ml.Fitted
	Rows *tensor.Tensor[float64] // of positive weight
	From []int                   // their indices in the table; nil: all

	search *NearestModel
	asks   graphing
}

// graphing is what the two configs differ in.
type graphing struct {
	name      string
	k         int // 0: by radius
	radius    float64
	connected bool
	search    NearestNeighbors
}

func (c KNeighborsTransformer) graphing(where string) (g graphing, err error) {
	if c.Neighbors < 0 {
		return g, ml.BadConfig(where, "Neighbors", c.Neighbors, ">= 1, or 0 for 5")
	}
	return graphing{"kneighborstransformer", cmp.Or(c.Neighbors, 5), 0, c.Connected, NearestNeighbors{c.Distance, c.Algorithm, c.LeafSize}}, nil
}

func (c RadiusNeighborsTransformer) graphing(where string) (g graphing, err error) {
	if err := checkReach(where, c.Radius); err != nil {
		return g, ml.BadConfig(where, "Radius", c.Radius, "> 0, or 0 for 1")
	}
	return graphing{"radiusneighborstransformer", 0, cmp.Or(c.Radius, 1), c.Connected, NearestNeighbors{c.Distance, c.Algorithm, c.LeafSize}}, nil
}

// Fit keeps the rows of t.
func (c KNeighborsTransformer) Fit(ctx context.Context, t ml.Table) (*GraphModel, error) {
	const where = "neighbors.KNeighborsTransformer.Fit"
	g, err := c.graphing(where)
	return fitGraph(ctx, where, t, c, g, err)
}

// Fit keeps the rows of t.
func (c RadiusNeighborsTransformer) Fit(ctx context.Context, t ml.Table) (*GraphModel, error) {
	const where = "neighbors.RadiusNeighborsTransformer.Fit"
	g, err := c.graphing(where)
	return fitGraph(ctx, where, t, c, g, err)
}

func fitGraph(ctx context.Context, where string, t ml.Table, config any, g graphing, err error) (*GraphModel, error) {
	if err != nil {
		return nil, err
	}
	m := &GraphModel{}
	if m.search, err = g.search.fit(ctx, where, t); err != nil {
		return nil, err
	}
	m.Fitted, m.Rows, m.From = ml.NewFitted(t, nil, config), m.search.Rows, m.search.From
	m.asks = g
	return m, nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *GraphModel) Restore() (err error) {
	const where = "neighbors.GraphModel"
	switch c := m.Config.(type) {
	case KNeighborsTransformer:
		m.asks, err = c.graphing(where)
	case RadiusNeighborsTransformer:
		m.asks, err = c.graphing(where)
	default:
		err = &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a KNeighborsTransformer or a RadiusNeighborsTransformer", Kind: ml.ErrFormat}
	}
	if err != nil {
		return err
	}
	m.search = &NearestModel{Fitted: m.Fitted, Rows: m.Rows, From: m.From}
	m.search.Config = m.asks.search
	if err := m.search.ready(where); err != nil {
		return err
	}
	if k := len(m.From); k > 0 && m.From[k-1] >= m.Info.Rows || m.From == nil && m.search.store.n != m.Info.Rows {
		return &ml.Error{Where: where, Field: "From", Found: "other rows", Want: fmt.Sprintf("some of %d rows", m.Info.Rows), Kind: ml.ErrFormat}
	}
	return nil
}

// Transform joins each row of x to training rows: a CSR matrix, rows of x by rows of the fit. A distance of 0 is stored like any other.
func (m *GraphModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "neighbors.GraphModel.Transform"
	if err := check(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	lists := make([][]near.Neighbor, n)
	take := func(i int, _ *asking, found []near.Neighbor) {
		lists[i] = slices.Clone(found)
		if m.From != nil {
			for k, f := range found {
				lists[i][k].Index = m.From[f.Index]
			}
		}
	}
	if m.asks.k > 0 {
		m.search.store.each(x, m.asks.k+1, take)
	} else {
		m.search.store.eachWithin(x, m.asks.radius, take)
	}
	what := Lengths
	if m.asks.connected {
		what = Connected
	}
	return graphOf(lists, m.Info.Rows, what)
}

// Out names the training rows: kneighborstransformer0 or radiusneighborstransformer0 and so on, each made of all columns.
func (m *GraphModel) Out() []ml.Column {
	all := make([]int, m.Info.Features)
	for j := range all {
		all[j] = j
	}
	out := make([]ml.Column, m.Info.Rows)
	for i := range out {
		out[i] = ml.Column{Name: m.asks.name + strconv.Itoa(i), From: all}
	}
	return out
}

// Mutual keeps the edges of a graph that go both ways, such as those of rows that are among each other's nearest. Both directions keep the smaller of their values. g is
// square; it is not changed.
func Mutual(g *tensor.CSR[float64]) (*tensor.CSR[float64], error) {
	return bothWays("neighbors.Mutual", g, false)
}

// Either gives every edge of a graph its way back, with the smaller value where there are two. g is square; it is not changed.
func Either(g *tensor.CSR[float64]) (*tensor.CSR[float64], error) {
	return bothWays("neighbors.Either", g, true)
}

func bothWays(where string, g *tensor.CSR[float64], all bool) (*tensor.CSR[float64], error) {
	if g == nil {
		return nil, ml.BadShape(where, "g", "nil", "a square matrix")
	}
	n, d := g.Dims()
	if n != d {
		return nil, ml.BadShape(where, "g", fmt.Sprintf("%d x %d", n, d), "a square matrix")
	}
	back := g.Transpose()
	cols, vals := make([][]int32, n), make([][]float64, n)
	par.For(n, 100, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			c, v := g.RowNZ(i)
			c2, v2 := back.RowNZ(i)
			for len(c) > 0 || len(c2) > 0 {
				switch {
				case len(c2) == 0 || len(c) > 0 && c[0] < c2[0]:
					if all {
						cols[i], vals[i] = append(cols[i], c[0]), append(vals[i], v[0])
					}
					c, v = c[1:], v[1:]
				case len(c) == 0 || c2[0] < c[0]:
					if all {
						cols[i], vals[i] = append(cols[i], c2[0]), append(vals[i], v2[0])
					}
					c2, v2 = c2[1:], v2[1:]
				default:
					cols[i], vals[i] = append(cols[i], c[0]), append(vals[i], min(v[0], v2[0]))
					c, v, c2, v2 = c[1:], v[1:], c2[1:], v2[1:]
				}
			}
		}
	})
	start := make([]int, 1, n+1)
	for _, c := range cols {
		start = append(start, start[len(start)-1]+len(c))
	}
	return tensor.NewCSR(n, n, start, slices.Concat(cols...), slices.Concat(vals...))
}
