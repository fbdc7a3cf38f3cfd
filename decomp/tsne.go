package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Forces is how t-SNE sums what all points do to each.
type Forces uint8

const (
	// AutoForces is Exact for up to 256 rows and for four components or more, else BarnesHut, which is the faster approximation up to 200 000 rows at least. The zero value.
	AutoForces Forces = iota
	// Exact looks at every pair, and every pair has an affinity: O(rows²) for an iteration, and in memory.
	Exact
	// BarnesHut takes far groups of points for one (van der Maaten, JMLR 15, 2014): O(rows · log rows) for an iteration. For up to three components.
	BarnesHut
	// Interpolation takes the forces between the nodes of a grid, by Fourier transforms, and interpolates (Linderman and others, Nature Methods 16, 2019): O(rows), and the grid, which grows with the area of
	// the layout, for an iteration; beyond 341 units a side BarnesHut takes its place. For one or two components.
	Interpolation
)

// String returns the name.
func (f Forces) String() string {
	names := [...]string{"auto", "exact", "Barnes-Hut", "interpolation"}
	if int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("Forces(%d)", uint8(f))
}

// TSNE lays rows out in a plane, or in another small number of dimensions, so that those that are near stay near: the Kullback-Leibler divergence from the affinities of rows,
// Gaussian with a width for each that gives its neighbourhood the perplexity, to those of their places, of a Student distribution with one degree of freedom, is made small
// (van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9, 2008). Affinities count for three times as many neighbours as the perplexity, and the descent is that of Belkina and
// others (Nature Communications 10, 2019): early on attraction is exaggerated, the learning rate grows with the rows, and the start are the principal components (Kobak and
// Berens, Nature Communications 10, 2019). Distances between far groups and the sizes of groups say little.
//
// The model places new rows among the training rows, which stay where they are, each on its own; a row that is equal to one of the training rows is placed where that one is.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Random are a start that is drawn, and a jitter, a hundredth of the start's size, which keeps
// equal rows apart.
type TSNE struct {
	Components       int                     // 0: 2
	Perplexity       float64                 // effective neighbours of a row. 0: 30. More than a third of the other rows is cut to that, and Info.Note says so
	Perplexities     []float64               // several, from small to large scales: affinities are the mean of theirs. nil: Perplexity; both is an error
	Forces           Forces                  // 0: AutoForces
	Theta            float64                 // of BarnesHut: the size of a group over its distance up to which it is taken for a point, at most 1. 0: 0.5
	Exaggeration     float64                 // of attraction, in the early iterations. 0: 12
	LateExaggeration float64                 // of attraction, after them. 0: 1
	EarlyIter        int                     // early iterations. 0: 250
	MaxIter          int                     // iterations in all. 0: 1000
	LearningRate     float64                 // 0: rows over exaggeration, in each phase
	Tol              float64                 // the descent ends, after the early iterations, where no element of the gradient is above it. 0: 1e-7
	Init             Init                    // 0: InitPCA
	Start            *tensor.Tensor[float64] // the start itself, a place for each row of the table, used as it is; nil: Init
	Distance         metrics.Distance        // nil: Euclidean
	Seed             uint64
}

var _ ml.Fitter[ml.Table, *TSNEModel] = TSNE{}

// TSNEModel are rows and their places. [TSNE] returns it. Info.Loss holds the divergence of every 50th iteration, and the last.
type TSNEModel struct {
	ml.Fitted
	Embedding *tensor.Tensor[float64] // of the rows of positive weight, rows x Components
	KL        float64                 // the Kullback-Leibler divergence in the end, of affinities without exaggeration
	Rows      *tensor.Tensor[float64] // of positive weight
	Used      []float64               // the perplexities

	placed *placed
	tree   *bhTree
	spare  *sync.Pool
}

// Fit lays the rows out.
func (c TSNE) Fit(ctx context.Context, t ml.Table) (*TSNEModel, error) {
	m, _, err := c.fit(ctx, t)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c TSNE) FitTransform(ctx context.Context, t ml.Table) (*TSNEModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, t)
	return withPlaces(m, t, from, err)
}

func (c TSNE) fit(ctx context.Context, t ml.Table) (*TSNEModel, []int, error) {
	const where = "decomp.TSNE.Fit"
	if err := begin(ctx, where, t, c.resolve); err != nil {
		return nil, nil, err
	}
	m := &TSNEModel{Fitted: ml.NewFitted(t, nil, c)}
	x, from := kept(t)
	p := pointsOf(x)
	if err := metrics.CheckDistance(where, c.Distance, p.D); err != nil {
		return nil, nil, err
	}
	if p.N < 2 {
		return nil, nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	m.Rows = x
	m.Used = c.perplexities()
	most := max(float64(p.N-1)/3, 1)
	for i, v := range m.Used {
		if v > most {
			m.Used[i] = most
			m.Info.Note = fmt.Sprintf("perplexity cut from %v to %.4g, a third of the other rows", v, most)
		}
	}
	forces := c.Forces
	if forces == AutoForces {
		if forces = BarnesHut; p.N <= 256 || c.Components > 3 {
			forces = Exact
		}
	}
	k := p.N - 1
	if forces != Exact {
		largest := 0.0
		for _, v := range m.Used {
			largest = max(largest, v)
		}
		k = min(k, int(3*largest))
	}
	var err error
	if m.placed, err = openPlaced(where, &m.Fitted, x, tensor.New[float64](p.N, c.Components), c.Components, c.Distance); err != nil {
		return nil, nil, err
	}
	at, far, err := others(where, p, m.placed.index, k)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	g := affinities(p.N, k, at, far, m.Used)
	y, err := c.start(ctx, where, t, p, from, g)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	d := &descent{c: c, g: g, y: y, n: p.N, forces: newRepulsion(forces, c)}
	if err := d.run(ctx, &m.Info); err != nil {
		return nil, nil, err
	}
	if !rows.AllFinite(y) {
		return nil, nil, ml.BadConfig(where, "LearningRate", c.LearningRate, "a smaller one: points flew away")
	}
	m.KL = m.Info.Loss[len(m.Info.Loss)-1]
	m.Embedding = tensor.FromSlice(y, p.N, c.Components)
	m.open(c)
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

func (c TSNE) perplexities() []float64 {
	if c.Perplexities != nil {
		return append([]float64(nil), c.Perplexities...)
	}
	return []float64{c.Perplexity}
}

// resolve checks the config and fills the defaults in.
func (c *TSNE) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Perplexity != 0 && c.Perplexities != nil:
		return ml.BadConfig(where, "Perplexity", c.Perplexity, "0 where there are Perplexities")
	case c.Perplexity != 0 && !(c.Perplexity >= 1 && c.Perplexity <= math.MaxFloat64):
		return ml.BadConfig(where, "Perplexity", c.Perplexity, ">= 1, or 0 for 30")
	case c.Perplexities != nil && len(c.Perplexities) == 0:
		return ml.BadConfig(where, "Perplexities", "none", "one at least, or nil")
	case c.Forces > Interpolation:
		return ml.BadConfig(where, "Forces", c.Forces, "AutoForces, Exact, BarnesHut or Interpolation")
	case c.Forces == BarnesHut && c.Components > 3:
		return ml.BadConfig(where, "Components", c.Components, "at most 3 with BarnesHut")
	case c.Forces == Interpolation && c.Components > 2:
		return ml.BadConfig(where, "Components", c.Components, "at most 2 with Interpolation")
	case !(c.Theta >= 0 && c.Theta <= 1):
		return ml.BadConfig(where, "Theta", c.Theta, "above 0 and at most 1, or 0 for 0.5")
	case c.Exaggeration != 0 && !(c.Exaggeration >= 1 && c.Exaggeration <= 1e6):
		return ml.BadConfig(where, "Exaggeration", c.Exaggeration, "1 to 1e6, or 0 for 12")
	case c.LateExaggeration != 0 && !(c.LateExaggeration >= 1 && c.LateExaggeration <= 1e6):
		return ml.BadConfig(where, "LateExaggeration", c.LateExaggeration, "1 to 1e6, or 0 for 1")
	case c.EarlyIter < 0:
		return ml.BadConfig(where, "EarlyIter", c.EarlyIter, ">= 1, or 0 for 250")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 1000")
	case !(c.LearningRate >= 0 && c.LearningRate <= math.MaxFloat64):
		return ml.BadConfig(where, "LearningRate", c.LearningRate, "> 0, or 0 for rows over exaggeration")
	case !(c.Tol >= 0 && c.Tol <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", c.Tol, "> 0, or 0 for 1e-7")
	case c.Init > InitRandom:
		return ml.BadConfig(where, "Init", c.Init, "AutoInit, InitPCA, InitSpectral or InitRandom")
	}
	for i, v := range c.Perplexities {
		if !(v >= 1 && v <= math.MaxFloat64) {
			return ml.BadConfig(where, fmt.Sprintf("Perplexities[%d]", i), v, ">= 1")
		}
	}
	c.Components = cmp.Or(c.Components, 2)
	if c.Perplexities == nil {
		c.Perplexity = cmp.Or(c.Perplexity, 30)
	}
	c.Theta, c.Exaggeration, c.LateExaggeration = cmp.Or(c.Theta, 0.5), cmp.Or(c.Exaggeration, 12), cmp.Or(c.LateExaggeration, 1)
	c.EarlyIter, c.MaxIter, c.Tol, c.Init = cmp.Or(c.EarlyIter, 250), cmp.Or(c.MaxIter, 1000), cmp.Or(c.Tol, 1e-7), cmp.Or(c.Init, InitPCA)
	return nil
}

// open makes the model ready for questions.
func (m *TSNEModel) open(c TSNE) {
	m.placed.y = m.Embedding.Data()
	if c.Components <= 3 {
		m.tree = new(bhTree)
		m.tree.build(m.placed.y, c.Components, c.Theta)
	}
	m.spare = &sync.Pool{New: func() any { return new(asking) }}
}

// Restore checks a model that was read from a file.
func (m *TSNEModel) Restore() error {
	const where = "decomp.TSNEModel"
	c, ok := m.Config.(TSNE)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.TSNE")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	var err error
	if m.placed, err = openPlaced(where, &m.Fitted, m.Rows, m.Embedding, c.Components, c.Distance); err != nil {
		return err
	}
	if len(m.Used) != len(c.perplexities()) || m.placed.points.N < 2 {
		return unsound(where, "Used", fmt.Sprintf("%d perplexities of %d rows", len(m.Used), m.placed.points.N), "one for each of the config's, of two rows at least")
	}
	for _, v := range m.Used {
		if !(v >= 1 && v <= float64(m.placed.points.N)) {
			return unsound(where, "Used", fmt.Sprint(v), "at least 1, and at most the rows")
		}
	}
	if !(math.Abs(m.KL) <= math.MaxFloat64) {
		return unsound(where, "KL", fmt.Sprint(m.KL), "a finite number")
	}
	m.open(c)
	return nil
}

// Transform places new rows among the training rows, rows x Components: each starts at the median of the places of its 15 nearest, with affinities of a perplexity of 5, and descends 250
// iterations (Poličar, Stražar and Zupan, Machine Learning 112, 2023). A row costs a search and, in each iteration, the forces of all training rows, which up to three
// components are those of Barnes and Hut.
func (m *TSNEModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return placeAll(m, m.placed, x)
}

// TransformInto is Transform into dst, rows x Components.
func (m *TSNEModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "decomp.TSNEModel.Transform"
	return placeInto(where, &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// TransformRow is Transform of a single row into dst, Components long, without allocating.
func (m *TSNEModel) TransformRow(dst, x []float64) error {
	return placeRow("decomp.TSNEModel.TransformRow", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// Out names the components: tsne0, tsne1, ..., each made of all columns.
func (m *TSNEModel) Out() []ml.Column {
	return embeddingColumns("tsne", m.placed.c, m.Info.Features)
}

// intoTransformer is a model that transforms into memory that is given.
type intoTransformer interface {
	TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error
}

// placeAll makes the memory.
func placeAll(m intoTransformer, p *placed, x tensor.Matrix) (tensor.Matrix, error) {
	n := 0
	if rows.Fault(x) == "" {
		n, _ = x.Dims()
	}
	out := tensor.New[float64](n, p.c)
	if err := m.TransformInto(out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// placeInto places every row on its own, on all cores.
func placeInto(where string, f *ml.Fitted, spare *sync.Pool, components int, dst *tensor.Tensor[float64], x tensor.Matrix, place func(a *asking, dst, x []float64)) error {
	if err := sure(where, f, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, components); err != nil {
		return err
	}
	r := rows.Of(x)
	par.For(r.Len(), 100_000, func(lo, hi int) {
		a := spare.Get().(*asking)
		defer spare.Put(a)
		buf := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			place(a, dst.Row(i), r.Row(i, buf))
		}
	})
	return finiteOut(where, dst)
}

func finiteOut(where string, dst *tensor.Tensor[float64]) error {
	if i, _, v, ok := rows.CheckFinite(dst, false); !ok {
		return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, ...]", i), Found: fmt.Sprintf("a row whose place is %v", v), Want: "one whose distances are finite", Kind: ml.ErrNotFinite}
	}
	return nil
}

// placeRow places a single row.
func placeRow(where string, f *ml.Fitted, spare *sync.Pool, components int, dst, x []float64, place func(a *asking, dst, x []float64)) error {
	if err := ml.CheckFiniteRow(where, f, x); err != nil {
		return err
	}
	if len(dst) != components {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, the components", components))
	}
	a := spare.Get().(*asking)
	defer spare.Put(a)
	place(a, dst, x)
	if !rows.AllFinite(dst) {
		return &ml.Error{Where: where, Field: "x", Found: "a row whose place is not finite", Want: "one whose distances are finite", Kind: ml.ErrNotFinite}
	}
	return nil
}
