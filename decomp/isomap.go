package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Isomap lays rows out by [ClassicalMDS] of how far they are from each other along a graph of near rows, so that a sheet that is rolled up comes out flat (Tenenbaum, de Silva and Langford, Science 290, 2000).
// Parts of the graph that do not hang together are joined, each two by their two rows that are nearest to each other.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Time is O(rows² · (log rows + Neighbors)) for the paths and that of ClassicalMDS, memory O(rows²), the model too. Nothing is random, but
// a start for the eigenvectors of more than 600 rows.
type Isomap struct {
	Components int              // 0: 2
	Neighbors  int              // that each row is joined to. 0: 5, or by Radius
	Radius     float64          // rows within it are joined; 0: by Neighbors. Both is an error
	Distance   metrics.Distance // nil: Euclidean
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *IsomapModel] = Isomap{}

// IsomapModel are rows and their places. [Isomap] returns it.
type IsomapModel struct {
	ml.Fitted
	Embedding   *tensor.Tensor[float64] // of the rows of positive weight, rows x Components
	Rows        *tensor.Tensor[float64] // of positive weight
	Distances   *tensor.Tensor[float64] // along the graph, rows x rows
	Eigenvalues []float64               // of the scalar products that follow from them, the largest; those below 0 are 0
	Error       float64                 // of reconstruction: the root of the sum of squares of the products less those of the eigenvalues, over the rows

	placed  *placed
	scaling *scaling
	spare   *sync.Pool
}

// Fit lays the rows out.
func (c Isomap) Fit(ctx context.Context, t ml.Table) (*IsomapModel, error) {
	m, _, err := c.fit(ctx, t)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c Isomap) FitTransform(ctx context.Context, t ml.Table) (*IsomapModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, t)
	return withPlaces(m, t, from, err)
}

func (c *Isomap) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Neighbors < 0:
		return ml.BadConfig(where, "Neighbors", c.Neighbors, ">= 1, or 0 for 5")
	case !(c.Radius >= 0 && c.Radius <= math.MaxFloat64) || c.Radius > 0 && c.Neighbors > 0:
		return ml.BadConfig(where, "Radius", c.Radius, "> 0 without Neighbors, or 0")
	}
	c.Components = cmp.Or(c.Components, 2)
	if c.Radius == 0 {
		c.Neighbors = cmp.Or(c.Neighbors, 5)
	}
	return nil
}

func (c Isomap) fit(ctx context.Context, t ml.Table) (*IsomapModel, []int, error) {
	const where = "decomp.Isomap.Fit"
	if err := begin(ctx, where, t, c.resolve); err != nil {
		return nil, nil, err
	}
	m := &IsomapModel{Fitted: ml.NewFitted(t, nil, c)}
	x, from := kept(t)
	p := pointsOf(x)
	if p.N < 2 {
		return nil, nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	m.Rows, m.Embedding, m.Eigenvalues, m.Distances = x, tensor.New[float64](p.N, c.Components), make([]float64, c.Components), tensor.New[float64](p.N, p.N)
	if err := m.open(where, c); err != nil {
		return nil, nil, err
	}
	g := &roads{n: p.N, points: p, measure: near.MeasureOf(c.Distance)}
	g.lists = make([][]road, p.N)
	add := func(i int, found []near.Neighbor) {
		for _, f := range near.Rest(found, i, len(found)) {
			g.lists[i] = append(g.lists[i], road{int32(f.Index), f.Value})
		}
	}
	if c.Radius > 0 {
		near.EachWithin(m.placed.index, rows.Of(x), c.Radius, add)
	} else {
		near.Each(m.placed.index, rows.Of(x), min(c.Neighbors, p.N-1)+1, add)
	}
	g.bothWays()
	if parts := g.join(); parts > 1 {
		m.Info.Note = fmt.Sprintf("%d parts, joined where they are nearest", parts)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	if err := g.paths(ctx, m.Distances.Data()); err != nil {
		return nil, nil, err
	}
	if err := finiteDistances(where, m.Distances.Data()); err != nil {
		return nil, nil, err
	}
	s, ok := scale(m.Distances.Data(), p.N, c.Components, c.Seed)
	if !ok {
		return nil, nil, tooFar(where)
	}
	m.Embedding, m.Eigenvalues = tensor.FromSlice(s.y, p.N, c.Components), s.values
	squares := par.Reduce(p.N, 64, func(_, lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			for j, v := range m.Distances.Row(i) {
				b := float64(-0.5*v*v) - s.means[i] - s.means[j] + s.whole
				sum += float64(b * b)
			}
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
	for _, v := range s.values {
		squares -= float64(v * v)
	}
	m.Error = math.Sqrt(max(squares, 0)) / float64(p.N)
	if err := cmp.Or(m.open(where, c), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

// open makes the model ready for questions.
func (m *IsomapModel) open(where string, c Isomap) error {
	var err error
	if m.placed, err = openPlaced(where, &m.Fitted, m.Rows, m.Embedding, c.Components, c.Distance); err != nil {
		return err
	}
	n := m.placed.points.N
	if err := checkTensor(where, "Distances", m.Distances, n, n); err != nil {
		return err
	}
	if len(m.Eigenvalues) != c.Components || !rows.AllFinite(m.Eigenvalues) || !(math.Abs(m.Error) <= math.MaxFloat64) {
		return unsound(where, "Eigenvalues and Error", fmt.Sprintf("%v and %v", m.Eigenvalues, m.Error), "a finite one for each component")
	}
	s := &scaling{n: n, c: c.Components, values: m.Eigenvalues, y: m.placed.y, means: make([]float64, n)}
	par.For(n, n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for _, v := range m.Distances.Row(i) {
				s.means[i] += -0.5 * v * v / float64(n)
			}
		}
	})
	s.whole = mean(s.means)
	m.scaling = s
	m.spare = &sync.Pool{New: func() any { return new(asking) }}
	return nil
}

// Restore checks a model that was read from a file.
func (m *IsomapModel) Restore() error {
	const where = "decomp.IsomapModel"
	c, ok := m.Config.(Isomap)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.Isomap")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	return m.open(where, c)
}

// Transform places new rows, rows x Components: their distances along the graph are through the nearest training rows, or those within the radius; the nearest alone if there are none. A row costs a search and
// O(Neighbors · rows of the fit).
func (m *IsomapModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return placeAll(m, m.placed, x)
}

// TransformInto is Transform into dst, rows x Components.
func (m *IsomapModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return placeInto("decomp.IsomapModel.Transform", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// TransformRow is Transform of a single row into dst, Components long, without allocating.
func (m *IsomapModel) TransformRow(dst, x []float64) error {
	return placeRow("decomp.IsomapModel.TransformRow", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// Out names the components: isomap0, isomap1, ..., each made of all columns.
func (m *IsomapModel) Out() []ml.Column {
	return embeddingColumns("isomap", m.placed.c, m.Info.Features)
}

func (m *IsomapModel) place(a *asking, dst, x []float64) {
	c := m.Config.(Isomap)
	var found []near.Neighbor
	if c.Radius > 0 {
		found = m.placed.index.Within(&a.Search, x, c.Radius)
	}
	if len(found) == 0 {
		found = m.placed.index.Nearest(&a.Search, x, min(max(c.Neighbors, 1), m.placed.points.N))
	}
	far := floats(&a.d, m.placed.points.N)
	for i := range far {
		far[i] = math.Inf(1)
	}
	for _, f := range found {
		for i, v := range m.Distances.Row(f.Index) {
			far[i] = min(far[i], v+f.Value)
		}
	}
	m.scaling.put(dst, far)
}
