package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// UMAP lays rows out in a plane, or in another number of dimensions, so that those that are near stay near: the weights of a fuzzy graph of each row's nearest neighbours become
// attraction between their places, while pairs that are drawn push each other away (McInnes, Healy and Melville, "UMAP: Uniform manifold approximation and projection for dimension
// reduction", arXiv 1802.03426, 2018). It keeps more of the order of far groups than [TSNE], and serves clustering and as a step of a pipeline too.
//
// Rows move in turns, each against where the others were when its turn began, with random numbers of its own for each epoch: so the layout is the same on any number of cores,
// and it is not that of a program which moves rows one by one.
//
// The model places new rows among the training rows, which stay where they are, each on its own; a row that is equal to one of the training rows is placed where that one is.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Random are the pairs that push, a start that is drawn, and a small jitter of every start.
type UMAP struct {
	Components        int                     // 0: 2
	Neighbors         int                     // of a row, itself counted: few show detail, many the whole. All rows if there are fewer. 0: 15
	MinDist           *float64                // how near places come to each other. nil: 0.1; 0 packs clusters tightly
	Spread            float64                 // how far groups reach, in the same unit, not less than MinDist. 0: 1
	A, B              float64                 // of the curve 1/(1+A·d^2B) that turns the distance of places into a weight; both 0: fitted to MinDist and Spread
	LocalConnectivity float64                 // to so many neighbours a row is joined wholly. 0: 1
	Intersection      float64                 // from 0, an edge is there if it is in either of two rows' lists, to 1, if it is in both
	Epochs            int                     // 0: 500 for up to 10 000 rows, else 200
	NegativeSamples   int                     // pairs that push, for one that pulls. 0: 5
	Repulsion         float64                 // how strongly they push. 0: 1
	LearningRate      float64                 // of the first epoch; it falls to 0. 0: 1
	Init              Init                    // 0: InitSpectral
	Start             *tensor.Tensor[float64] // the start itself, a place for each row of the table, used as it is; nil: Init
	Distance          metrics.Distance        // nil: Euclidean
	Seed              uint64
}

var _ ml.Fitter[ml.Table, *UMAPModel] = UMAP{}

// SupervisedUMAP is [UMAP] that brings rows of one class, or of near targets, together: edges of the graph lose weight where the targets of their ends differ. Rows of the class
// [ml.None] have no target, so some may be unlabelled. New rows are placed without targets.
type SupervisedUMAP[Y int | float64] struct {
	UMAP         UMAP
	TargetWeight float64 // from near 0, where targets hardly count, to 1, where edges between classes go. 0: 0.5
}

var (
	_ ml.Fitter[ml.Dataset[int], *UMAPModel]     = SupervisedUMAP[int]{}
	_ ml.Fitter[ml.Dataset[float64], *UMAPModel] = SupervisedUMAP[float64]{}
)

// UMAPModel are rows and their places. [UMAP] and [SupervisedUMAP] return it. Info.Iterations are epochs; Info.Loss holds the cross-entropy of the graph's edges, a mean weighted by nothing, ten times on
// the way. It need not fall: the pairs that push are not in it.
type UMAPModel struct {
	ml.Fitted
	Embedding *tensor.Tensor[float64] // of the rows of positive weight, rows x Components
	Rows      *tensor.Tensor[float64] // of positive weight
	A, B      float64                 // the curve

	config UMAP
	placed *placed
	curve  *curve
	spare  *sync.Pool
}

// Fit lays the rows out.
func (c UMAP) Fit(ctx context.Context, t ml.Table) (*UMAPModel, error) {
	m, _, err := c.fit(ctx, "decomp.UMAP.Fit", c, nil, t, nil)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c UMAP) FitTransform(ctx context.Context, t ml.Table) (*UMAPModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, "decomp.UMAP.Fit", c, nil, t, nil)
	return withPlaces(m, t, from, err)
}

// Accepts says that rows need no class.
func (c SupervisedUMAP[Y]) Accepts() ml.Accepts { return ml.Accepts{Unlabelled: true} }

// Fit lays the rows out.
func (c SupervisedUMAP[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*UMAPModel, error) {
	m, _, err := c.fit(ctx, d)
	return m, err
}

// FitTransform is Fit, and the places of the rows of d.
func (c SupervisedUMAP[Y]) FitTransform(ctx context.Context, d ml.Dataset[Y]) (*UMAPModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, d)
	return withPlaces(m, d.Table, from, err)
}

func (c SupervisedUMAP[Y]) fit(ctx context.Context, d ml.Dataset[Y]) (*UMAPModel, []int, error) {
	const where = "decomp.SupervisedUMAP.Fit"
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, nil, err
	}
	if err := cmp.Or(c.resolve(where), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	var y []Y
	for i, v := range d.Y {
		if d.Weight == nil || d.Weight[i] > 0 {
			y = append(y, v)
		}
	}
	return c.UMAP.fit(ctx, where, c, d.Classes, d.Table, func(g *edges) *edges {
		switch y := any(y).(type) {
		case []int:
			return g.byClass(y, c.TargetWeight)
		case []float64:
			return g.byTarget(y, c.UMAP.Neighbors, c.TargetWeight)
		}
		return g
	})
}

func (c *SupervisedUMAP[Y]) resolve(where string) error {
	if !(c.TargetWeight >= 0 && c.TargetWeight <= 1) {
		return ml.BadConfig(where, "TargetWeight", c.TargetWeight, "0 to 1")
	}
	c.TargetWeight = cmp.Or(c.TargetWeight, 0.5)
	return c.UMAP.resolve(where)
}

// fit lays the rows out; joined, if it is not nil, changes the graph.
func (c UMAP) fit(ctx context.Context, where string, whole any, classes []string, t ml.Table, joined func(*edges) *edges) (*UMAPModel, []int, error) {
	if err := cmp.Or(t.Check(where, ml.Accepts{}), c.resolve(where)); err != nil {
		return nil, nil, err
	}
	_, features := t.X.Dims()
	if err := cmp.Or(denseRows(where, t.X), metrics.CheckDistance(where, c.Distance, features), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	if joined == nil {
		whole = c // with its defaults
	}
	m := &UMAPModel{Fitted: ml.NewFitted(t, classes, whole), config: c}
	x, from := kept(t)
	p := pointsOf(x)
	if p.N < 2 {
		return nil, nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	m.Rows = x
	var err error
	if m.placed, err = openPlaced(where, &m.Fitted, x, tensor.New[float64](p.N, c.Components), c.Components, c.Distance); err != nil {
		return nil, nil, err
	}
	k := min(c.Neighbors, p.N) - 1
	at, far, err := others(where, p, m.placed.index, k)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	g := fuzzy(p.N, k, at, far, c.LocalConnectivity, c.Intersection)
	if joined != nil {
		g = joined(g)
	}
	if m.A, m.B = c.A, c.B; c.A == 0 {
		if m.A, m.B, err = fitCurve(c.Spread, *c.MinDist); err != nil {
			return nil, nil, ml.BadConfig(where, "Spread and MinDist", fmt.Sprintf("%v and %v", c.Spread, *c.MinDist), "others, to which a curve can be fitted")
		}
	}
	y, err := c.start(ctx, where, t, p, from, g)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	epochs := c.epochs(p.N)
	m.curve = newCurve(m.A, m.B, c.Repulsion)
	l := newLayout(c, g, m.curve, y, epochs)
	if err := l.run(ctx, &m.Info); err != nil {
		return nil, nil, err
	}
	if !rows.AllFinite(y) {
		return nil, nil, ml.BadConfig(where, "LearningRate", c.LearningRate, "a smaller one: rows flew away")
	}
	m.Embedding = tensor.FromSlice(y, p.N, c.Components)
	m.open()
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

// resolve checks the config and fills the defaults in.
func (c *UMAP) resolve(where string) error {
	finite := func(v float64) bool { return v >= 0 && v <= 1e6 }
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Neighbors < 0 || c.Neighbors == 1:
		return ml.BadConfig(where, "Neighbors", c.Neighbors, ">= 2, the row itself counted, or 0 for 15")
	case !finite(c.Spread):
		return ml.BadConfig(where, "Spread", c.Spread, "above 0 and at most 1e6, or 0 for 1")
	case c.MinDist != nil && !(*c.MinDist >= 0 && *c.MinDist <= cmp.Or(c.Spread, 1)):
		return ml.BadConfig(where, "MinDist", *c.MinDist, "0 to Spread, or nil for 0.1")
	case !finite(c.A) || !finite(c.B) || (c.A == 0) != (c.B == 0):
		return ml.BadConfig(where, "A and B", fmt.Sprintf("%v and %v", c.A, c.B), "both above 0 and at most 1e6, or both 0")
	case !(c.LocalConnectivity >= 0 && c.LocalConnectivity <= 1e6):
		return ml.BadConfig(where, "LocalConnectivity", c.LocalConnectivity, "> 0, or 0 for 1")
	case !(c.Intersection >= 0 && c.Intersection <= 1):
		return ml.BadConfig(where, "Intersection", c.Intersection, "0 to 1")
	case c.Epochs < 0:
		return ml.BadConfig(where, "Epochs", c.Epochs, ">= 1, or 0 for 500 or 200")
	case c.NegativeSamples < 0:
		return ml.BadConfig(where, "NegativeSamples", c.NegativeSamples, ">= 1, or 0 for 5")
	case !finite(c.Repulsion):
		return ml.BadConfig(where, "Repulsion", c.Repulsion, "above 0 and at most 1e6, or 0 for 1")
	case !finite(c.LearningRate):
		return ml.BadConfig(where, "LearningRate", c.LearningRate, "above 0 and at most 1e6, or 0 for 1")
	case c.Init > InitRandom:
		return ml.BadConfig(where, "Init", c.Init, "AutoInit, InitPCA, InitSpectral or InitRandom")
	}
	c.Components, c.Neighbors, c.NegativeSamples = cmp.Or(c.Components, 2), cmp.Or(c.Neighbors, 15), cmp.Or(c.NegativeSamples, 5)
	c.Spread, c.LocalConnectivity, c.Repulsion, c.LearningRate = cmp.Or(c.Spread, 1), cmp.Or(c.LocalConnectivity, 1), cmp.Or(c.Repulsion, 1), cmp.Or(c.LearningRate, 1)
	c.Init = cmp.Or(c.Init, InitSpectral)
	if c.MinDist == nil {
		c.MinDist = new(min(0.1, c.Spread))
	}
	return nil
}

func (c UMAP) epochs(n int) int {
	if c.Epochs == 0 {
		if n <= 10_000 {
			return 500
		}
		return 200
	}
	return c.Epochs
}

// open makes the model ready for questions.
func (m *UMAPModel) open() {
	m.placed.y = m.Embedding.Data()
	m.spare = &sync.Pool{New: func() any { return new(asking) }}
}

// Restore checks a model that was read from a file.
func (m *UMAPModel) Restore() error {
	const where = "decomp.UMAPModel"
	var err error
	switch c := m.Config.(type) {
	case UMAP:
		m.config, err = c, c.resolve(where)
	case SupervisedUMAP[int]:
		err = c.resolve(where)
		m.config = c.UMAP
	case SupervisedUMAP[float64]:
		err = c.resolve(where)
		m.config = c.UMAP
	default:
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.UMAP or SupervisedUMAP")
	}
	if err != nil {
		return err
	}
	if err := m.config.resolve(where); err != nil {
		return err
	}
	if m.placed, err = openPlaced(where, &m.Fitted, m.Rows, m.Embedding, m.config.Components, m.config.Distance); err != nil {
		return err
	}
	if !(m.A > 0 && m.A <= 1e9 && m.B > 0 && m.B <= 1e9) || m.placed.points.N < 2 {
		return unsound(where, "A and B", fmt.Sprintf("%v and %v of %d rows", m.A, m.B, m.placed.points.N), "above 0, of two rows at least")
	}
	m.curve = newCurve(m.A, m.B, m.config.Repulsion)
	m.open()
	return nil
}

// Transform places new rows among the training rows, rows x Components: each starts at the weighted mean of the places of its nearest, and is pulled and pushed for a third of the epochs of the
// fit, with the same random numbers for every row. A row costs a search and, in each epoch, some of its neighbours.
func (m *UMAPModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return placeAll(m, m.placed, x)
}

// TransformInto is Transform into dst, rows x Components.
func (m *UMAPModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return placeInto("decomp.UMAPModel.Transform", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// TransformRow is Transform of a single row into dst, Components long, without allocating.
func (m *UMAPModel) TransformRow(dst, x []float64) error {
	return placeRow("decomp.UMAPModel.TransformRow", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// Out names the components: umap0, umap1, ..., each made of all columns.
func (m *UMAPModel) Out() []ml.Column {
	return embeddingColumns("umap", m.placed.c, m.Info.Features)
}

// place finds the place of a new row.
func (m *UMAPModel) place(a *asking, dst, x []float64) {
	p, c := m.placed, m.config
	k := min(c.Neighbors, p.points.N)
	found := p.index.Nearest(&a.Search, x, k)
	if found[0].Value == 0 {
		copy(dst, p.y[found[0].Index*p.c:])
		return
	}
	if !(found[k-1].Value <= math.MaxFloat64) {
		dst[0] = math.Inf(1) // the caller tells
		return
	}
	far, weight := floats(&a.d, k), floats(&a.p, k)
	for e, f := range found {
		far[e] = f.Value
	}
	rho, sigma := smooth(far, k, max(c.LocalConnectivity-1, 0))
	sum := 0.0
	for e, d := range far {
		weight[e] = membership(d, rho, sigma)
		sum += weight[e]
	}
	clear(dst)
	for e, f := range found {
		for j := range dst {
			dst[j] += float64(weight[e] / sum * p.y[f.Index*p.c+j])
		}
	}
	most := weight[0] // they fall
	epochs := max(c.epochs(p.points.N)/3, 1)
	random := stream(c.Seed, 1<<63)
	for epoch := range epochs {
		rate := c.LearningRate / 4 * (1 - float64(epoch)/float64(epochs))
		for e, f := range found {
			if !due(weight[e]/most, epoch) {
				continue
			}
			m.curve.pull(dst, p.y[f.Index*p.c:(f.Index+1)*p.c], rate)
			for range c.NegativeSamples {
				j := random.below(p.points.N)
				m.curve.push(dst, p.y[j*p.c:(j+1)*p.c], rate)
			}
		}
	}
}
