package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// NearestNeighbors keeps rows to search among: for look-alikes, duplicates, recommendations, and graphs of neighbours. Rows of weight 0 are absent; other weights do not
// count. The model keeps the rows, in double precision. CSR is an error.
type NearestNeighbors struct {
	Distance  metrics.Distance // nil: Euclidean
	Algorithm Algorithm        // 0: Auto
	LeafSize  int              // rows of a tree's leaf, which changes the time only; 0: 16
}

var _ ml.Fitter[ml.Table, *NearestModel] = NearestNeighbors{}

// NearestModel finds neighbours among the rows it was fitted to. Their indices are those of the table of the fit.
type NearestModel struct {
	ml.Fitted
	Rows *tensor.Tensor[float64] // of positive weight
	From []int                   // their indices in the table; nil: all

	store *store
}

// Fit keeps the rows of t.
func (c NearestNeighbors) Fit(ctx context.Context, t ml.Table) (*NearestModel, error) {
	return c.fit(ctx, "neighbors.NearestNeighbors.Fit", t)
}

func (c NearestNeighbors) fit(ctx context.Context, where string, t ml.Table) (*NearestModel, error) {
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := dense(where, t.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &NearestModel{Fitted: ml.NewFitted(t, nil, c)}
	var from []int
	m.Rows, _, from = kept(t)
	if n, _ := t.X.Dims(); len(from) < n {
		m.From = from
	}
	if err := cmp.Or(m.ready(where), ml.Done(ctx)); err != nil {
		return nil, err
	}
	return m, nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *NearestModel) Restore() error { return m.ready("neighbors.NearestModel") }

func (m *NearestModel) ready(where string) error {
	config, ok := m.Config.(NearestNeighbors)
	if !ok {
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a neighbors.NearestNeighbors", Kind: ml.ErrFormat}
	}
	c := searching{where, config.Algorithm, config.LeafSize, config.Distance}
	if err := c.check(m.Info.Features); err != nil {
		return err
	}
	var err error
	if m.store, err = newStore(c, m.Rows, nil); err != nil {
		return err
	}
	if m.Rows.Shape()[1] != m.Info.Features || m.From != nil && len(m.From) != m.store.n {
		return &ml.Error{Where: where, Field: "Rows and From", Found: "of other shapes", Want: fmt.Sprintf("rows of %d columns, and an index for each", m.Info.Features), Kind: ml.ErrFormat}
	}
	for i, at := range m.From {
		if at < 0 || i > 0 && at <= m.From[i-1] {
			return &ml.Error{Where: where, Field: fmt.Sprintf("From[%d]", i), Found: fmt.Sprint(at), Want: "indices in rising order", Kind: ml.ErrFormat}
		}
	}
	return nil
}

// Neighbors are the rows that were found for one row.
type Neighbors struct {
	Index    []int     // in the table of the fit
	Distance []float64 // of each
}

func (m *NearestModel) list(found []near.Neighbor) Neighbors {
	out := Neighbors{make([]int, len(found)), make([]float64, len(found))}
	for i, n := range found {
		out.Index[i], out.Distance[i] = n.Index, n.Value
		if m.From != nil {
			out.Index[i] = m.From[n.Index]
		}
	}
	return out
}

// Nearest finds the k nearest rows for each row of x, nearest first, those of equal distance in their order; fewer if there are not so many. k < 1 is an error.
func (m *NearestModel) Nearest(x tensor.Matrix, k int) ([]Neighbors, error) {
	const where = "neighbors.NearestModel.Nearest"
	if err := check(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if k < 1 {
		return nil, ml.BadConfig(where, "k", k, ">= 1")
	}
	n, _ := x.Dims()
	out := make([]Neighbors, n)
	m.store.each(x, k, func(i int, _ *asking, found []near.Neighbor) { out[i] = m.list(found) })
	return out, nil
}

// Within finds the rows within a radius of each row of x, in their order. A negative radius is an error.
func (m *NearestModel) Within(x tensor.Matrix, radius float64) ([]Neighbors, error) {
	const where = "neighbors.NearestModel.Within"
	if err := check(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := checkReach(where, radius); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]Neighbors, n)
	m.store.eachWithin(x, radius, func(i int, _ *asking, found []near.Neighbor) { out[i] = m.list(found) })
	return out, nil
}

func checkReach(where string, radius float64) error {
	if !(radius >= 0 && radius <= math.MaxFloat64) {
		return ml.BadConfig(where, "radius", radius, ">= 0")
	}
	return nil
}

// NearestRow finds the k nearest rows of a single one, into the memory of dst if that suffices.
func (m *NearestModel) NearestRow(dst Neighbors, x []float64, k int) (Neighbors, error) {
	const where = "neighbors.NearestModel.NearestRow"
	if err := checkRow(where, &m.Fitted, x); err != nil {
		return dst, err
	}
	if k < 1 {
		return dst, ml.BadConfig(where, "k", k, ">= 1")
	}
	a := m.store.pool.Get().(*asking)
	defer m.store.pool.Put(a)
	dst.Index, dst.Distance = dst.Index[:0], dst.Distance[:0]
	for _, n := range m.store.index.Nearest(&a.Search, x, k) {
		at := n.Index
		if m.From != nil {
			at = m.From[at]
		}
		dst.Index, dst.Distance = append(dst.Index, at), append(dst.Distance, n.Value)
	}
	return dst, nil
}

// Graph says what the edges of a graph of neighbours carry.
type Graph uint8

const (
	// Connected gives every edge a 1. The zero value.
	Connected Graph = iota
	// Lengths gives every edge its distance. An edge of distance 0 is stored like any other.
	Lengths
)

// Self joins every row to itself, too, at distance 0: KNNGraph(k, Lengths|Self).
const Self Graph = 1 << 7

// KNNGraph joins every row of the fit to its k nearest others: a square CSR matrix over the kept rows, an edge from row i to column j, its columns in rising order. It
// is not symmetric: j may be near to i and have nearer ones itself.
func (m *NearestModel) KNNGraph(k int, g Graph) (*tensor.CSR[float64], error) {
	const where = "neighbors.NearestModel.KNNGraph"
	if k < 1 || k >= m.store.n {
		return nil, ml.BadConfig(where, "k", k, fmt.Sprintf("1 to %d, the other rows", m.store.n-1))
	}
	if err := checkGraph(where, g); err != nil {
		return nil, err
	}
	lists := make([][]near.Neighbor, m.store.n)
	m.store.each(m.Rows, k+1, func(i int, _ *asking, found []near.Neighbor) { lists[i] = others(found, i, k, g) })
	return graphOf(lists, len(lists), g)
}

// RadiusGraph joins every row of the fit to all others within a radius; it is otherwise as [NearestModel.KNNGraph], and symmetric.
func (m *NearestModel) RadiusGraph(radius float64, g Graph) (*tensor.CSR[float64], error) {
	const where = "neighbors.NearestModel.RadiusGraph"
	if err := checkReach(where, radius); err != nil {
		return nil, err
	}
	if err := checkGraph(where, g); err != nil {
		return nil, err
	}
	lists := make([][]near.Neighbor, m.store.n)
	m.store.eachWithin(m.Rows, radius, func(i int, _ *asking, found []near.Neighbor) { lists[i] = others(found, i, len(found), g) })
	return graphOf(lists, len(lists), g)
}

func checkGraph(where string, g Graph) error {
	if g&^Self > Lengths {
		return ml.BadConfig(where, "g", g, "Connected or Lengths, with or without Self")
	}
	return nil
}

// others are the neighbours of row i as they are kept: without itself, or with.
func others(found []near.Neighbor, i, k int, g Graph) []near.Neighbor {
	list := append([]near.Neighbor(nil), near.Rest(found, i, k)...)
	if g&Self != 0 {
		list = append(list, near.Neighbor{Index: i})
	}
	return list
}

// graphOf stores lists of neighbours as a matrix of so many columns.
func graphOf(lists [][]near.Neighbor, columns int, g Graph) (*tensor.CSR[float64], error) {
	n, edges := len(lists), 0
	for _, l := range lists {
		edges += len(l)
	}
	start, cols, values := make([]int, 1, n+1), make([]int32, 0, edges), make([]float64, 0, edges)
	for _, l := range lists {
		slices.SortFunc(l, func(a, b near.Neighbor) int { return a.Index - b.Index })
		for _, to := range l {
			v := 1.0
			if g&^Self == Lengths {
				v = to.Value
			}
			cols, values = append(cols, int32(to.Index)), append(values, v)
		}
		start = append(start, len(cols))
	}
	return tensor.NewCSR(n, columns, start, cols, values)
}
