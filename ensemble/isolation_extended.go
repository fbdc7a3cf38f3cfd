package ensemble

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// ExtendedIsolationForest is [IsolationForest] with cuts along hyperplanes of any slope (Hariri, Kind and Brunner, IEEE TKDE 33 (2021)): a cut draws a normal
// direction with Extension+1 columns and a point in the box around the rows of its node. It does not favour the directions of the columns, and
// there are no ghost clusters where the shadows of clusters cross. Columns should have comparable scales. Scores, offsets, draws of rows and weights are those of
// [IsolationForest]. A prediction costs Extension+1 products for each level of each tree.
type ExtendedIsolationForest struct {
	Trees         int     // 0: 100
	MaxSamples    int     // rows of a tree; all if there are fewer. 0: 256
	Extension     int     // columns of a cut beyond the first; at most one less than there are columns. 0: all columns. For cuts by one column use IsolationForest
	Bootstrap     bool    // rows are drawn with replacement. false: without
	Contamination float64 // the share of training rows that count as anomalies, at most 1/2. 0: those whose score is above 1/2
	Seed          uint64  // of the draws
}

var _ ml.Fitter[ml.Table, *ExtendedIsolationModel] = ExtendedIsolationForest{}

// ExtendedIsolationModel tells anomalies from ordinary rows. [ExtendedIsolationForest] and [SCiForest] return it.
type ExtendedIsolationModel struct {
	ml.Fitted
	Planes  IsolationPlanes
	Samples int     // rows of a tree
	Offset  float64 // minus the anomaly score from which on a row is an anomaly
	scale   float64
}

// IsolationPlanes are trees that cut by hyperplanes, one entry of most fields for each node: a row goes left if the sum of Coef·x over the terms of a node is
// at most Cut. Children count from the root of their tree and stand after their parent.
type IsolationPlanes struct {
	Start       []int32   // of each tree: its first node; ends with the number of nodes
	Left, Right []int32   // 0 for a leaf
	Cut         []float64 // of a leaf: the depth at which it lets a row end
	TermStart   []int32   // of each node: its first term; ends with the number of terms
	Feature     []int32   // of each term
	Coef        []float64 // of each term
	Reach       []float64 // of each node: a row whose sum is farther than this from Cut ends a level higher; nil: none does
}

// Fit returns the model. Errors are those of [IsolationForest.Fit].
func (c ExtendedIsolationForest) Fit(ctx context.Context, t ml.Table) (*ExtendedIsolationModel, error) {
	const where = "ensemble.ExtendedIsolationForest.Fit"
	iso := isolation{where: where, trees: c.Trees, samples: c.MaxSamples, contamination: c.Contamination, bootstrap: c.Bootstrap, seed: c.Seed}
	if err := iso.check(); err != nil {
		return nil, err
	}
	if c.Extension < 0 {
		return nil, ml.BadConfig(where, "Extension", c.Extension, ">= 0; 0 means all columns")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	if c.Extension >= p && c.Extension > 0 {
		return nil, ml.BadConfig(where, "Extension", c.Extension, fmt.Sprintf("below %d, the number of columns", p))
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	c.Trees, c.MaxSamples = iso.trees, iso.samples
	columns := p
	if c.Extension > 0 {
		columns = c.Extension + 1
	}
	return iso.planes(ctx, t, c, func(r *rand.Rand, sample [][]float64, depth []float64) *IsolationPlanes {
		g := &slicer{r: r, columns: columns, depth: depth, limit: depthLimit(len(sample))}
		g.planes.TermStart = []int32{0}
		g.grow(sample, 0)
		return &g.planes
	})
}

// planes fits trees that cut by hyperplanes. grow, which may change the order of its rows, gets c(m) for as many as there are.
func (c *isolation) planes(ctx context.Context, t ml.Table, config any, grow func(r *rand.Rand, sample [][]float64, depth []float64) *IsolationPlanes) (*ExtendedIsolationModel, error) {
	d, x := c.drawer(t), rows.Of(t.X)
	depth := searchDepth(d.samples)
	m := &ExtendedIsolationModel{Fitted: ml.NewFitted(t, nil, config), Samples: d.samples, Offset: -0.5}
	m.Planes.Start, m.Planes.TermStart = []int32{0}, []int32{0}
	stopped, err := inOrder(ctx, c.trees, func(_ context.Context, k int) (*IsolationPlanes, error) {
		r := rng.New(rng.Key(c.seed, forestRows), uint64(k))
		return grow(r, copyRows(x, d.draw(r)), depth), nil
	}, m.Planes.add)
	if err != nil {
		return nil, err
	}
	m.Info.Iterations, m.Info.Status = len(m.Planes.Start)-1, endOf(stopped)
	if err := m.Restore(); err != nil {
		return nil, err
	}
	if c.contamination > 0 {
		scores, err := m.Scores(t.X)
		if err != nil {
			return nil, err
		}
		m.Offset = offsetOf(scores, t.Weight, c.contamination)
	}
	return m, nil
}

func copyRows(x rows.Rows, sample []int) [][]float64 {
	buf, out := make([]float64, x.Cols()), make([][]float64, len(sample))
	for i, r := range sample {
		out[i] = slices.Clone(x.Row(r, buf))
	}
	return out
}

// add appends a tree.
func (p *IsolationPlanes) add(t *IsolationPlanes) {
	first := int32(len(p.Feature))
	p.Left, p.Right, p.Cut = append(p.Left, t.Left...), append(p.Right, t.Right...), append(p.Cut, t.Cut...)
	for _, s := range t.TermStart[1:] {
		p.TermStart = append(p.TermStart, first+s)
	}
	p.Feature, p.Coef, p.Reach = append(p.Feature, t.Feature...), append(p.Coef, t.Coef...), append(p.Reach, t.Reach...)
	p.Start = append(p.Start, int32(len(p.Left)))
}

// slicer grows one tree.
type slicer struct {
	r       *rand.Rand
	columns int // of a cut
	depth   []float64
	limit   int
	planes  IsolationPlanes
}

// grow grows the tree of some rows, whose order it changes.
func (g *slicer) grow(sample [][]float64, depth int) int32 {
	t := &g.planes
	at := int32(len(t.Left))
	t.Left, t.Right, t.Cut = append(t.Left, 0), append(t.Right, 0), append(t.Cut, float64(depth)+g.depth[len(sample)])
	leaf := len(sample) < 2 || depth >= g.limit || !differ(sample)
	if !leaf {
		g.draw(sample, at)
	}
	t.TermStart = append(t.TermStart, int32(len(t.Feature)))
	if leaf {
		return at
	}
	mid := 0
	for i, row := range sample {
		if t.side(at, row) <= t.Cut[at] {
			sample[mid], sample[i] = row, sample[mid]
			mid++
		}
	}
	left := g.grow(sample[:mid], depth+1)
	right := g.grow(sample[mid:], depth+1)
	t.Left[at], t.Right[at] = left, right
	return at
}

func differ(sample [][]float64) bool {
	for _, row := range sample[1:] {
		if !slices.Equal(row, sample[0]) {
			return true
		}
	}
	return false
}

// draw draws a hyperplane through the box of the rows.
func (g *slicer) draw(sample [][]float64, at int32) {
	t, p := &g.planes, len(sample[0])
	chosen := rng.Sample(g.r, p, g.columns)
	slices.Sort(chosen)
	cut := 0.0
	for _, j := range chosen {
		low, high := sample[0][j], sample[0][j]
		for _, row := range sample {
			low, high = min(low, row[j]), max(high, row[j])
		}
		normal, u := g.r.NormFloat64(), g.r.Float64()
		point := float64(low*(1-u)) + float64(high*u)
		t.Feature, t.Coef = append(t.Feature, int32(j)), append(t.Coef, normal)
		cut += float64(normal * point)
	}
	t.Cut[at] = min(max(cut, -math.MaxFloat64), math.MaxFloat64)
}

// side is the sum of node i, whose terms may be the last ones so far.
func (p *IsolationPlanes) side(i int32, x []float64) float64 {
	end := int32(len(p.Feature))
	if int(i)+1 < len(p.TermStart) {
		end = p.TermStart[i+1]
	}
	sum := 0.0
	for k := p.TermStart[i]; k < end; k++ {
		sum += float64(p.Coef[k] * x[p.Feature[k]])
	}
	return sum
}

// mean is the mean depth at which x ends.
func (p *IsolationPlanes) mean(x []float64) float64 {
	sum, trees := 0.0, len(p.Start)-1
	for t := range trees {
		root := p.Start[t]
		i := root
		for p.Left[i] != 0 {
			side := p.side(i, x)
			if p.Reach != nil && math.Abs(side-p.Cut[i]) > p.Reach[i] {
				sum--
			}
			if side <= p.Cut[i] {
				i = root + p.Left[i]
			} else {
				i = root + p.Right[i]
			}
		}
		sum += p.Cut[i]
	}
	return sum / float64(trees)
}

// Restore checks a model that was read from a file.
func (m *ExtendedIsolationModel) Restore() error {
	const where = "ensemble.ExtendedIsolationModel"
	if err := m.Planes.check(m.Info.Features); err != "" {
		return &ml.Error{Where: where, Field: "Planes", Found: err, Want: "sound trees", Kind: ml.ErrFormat}
	}
	var err error
	m.scale, err = isolationScale(where, m.Samples, m.Offset)
	return err
}

// check says what keeps the trees from being walked.
func (p *IsolationPlanes) check(features int) string {
	n, trees := len(p.Left), len(p.Start)-1
	if trees < 1 || p.Start[0] != 0 || int(p.Start[trees]) != n || len(p.Right) != n || len(p.Cut) != n || len(p.TermStart) != n+1 ||
		p.TermStart[0] != 0 || int(p.TermStart[n]) != len(p.Feature) || len(p.Coef) != len(p.Feature) ||
		(p.Reach != nil && len(p.Reach) != n) {
		return "arrays of different lengths"
	}
	for t := range trees {
		if p.Start[t+1] <= p.Start[t] {
			return fmt.Sprintf("tree %d without nodes", t)
		}
		size := p.Start[t+1] - p.Start[t]
		for i := range size {
			l, r := p.Left[p.Start[t]+i], p.Right[p.Start[t]+i]
			if (l != 0 || r != 0) && (l <= i || r <= i || l >= size || r >= size) {
				return fmt.Sprintf("node %d of tree %d with children %d and %d", i, t, l, r)
			}
		}
	}
	for i := range n {
		if p.TermStart[i+1] < p.TermStart[i] || !(math.Abs(p.Cut[i]) <= math.MaxFloat64) || (p.Reach != nil && !(p.Reach[i] >= 0)) {
			return fmt.Sprintf("node %d out of order, or not finite", i)
		}
	}
	for k, j := range p.Feature {
		if j < 0 || int(j) >= features || !(math.Abs(p.Coef[k]) <= math.MaxFloat64) {
			return fmt.Sprintf("term %d of column %d", k, j)
		}
	}
	return ""
}

// Scores returns the anomaly score of each row of x, 0 to 1, higher for anomalies.
func (m *ExtendedIsolationModel) Scores(x tensor.Matrix) ([]float64, error) {
	out, err := m.depths("ensemble.ExtendedIsolationModel.Scores", x)
	if err != nil {
		return nil, err
	}
	scoreOf(out, m.scale)
	return out, nil
}

func (m *ExtendedIsolationModel) depths(where string, x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	src := rows.Of(x)
	out := make([]float64, src.Len())
	par.For(src.Len(), 100*(len(m.Planes.Start)-1), func(lo, hi int) {
		buf := make([]float64, src.Cols())
		for i := lo; i < hi; i++ {
			out[i] = m.Planes.mean(src.Row(i, buf))
		}
	})
	return out, nil
}

// Predict returns minus the anomaly score less Offset for each row of x: negative for anomalies.
func (m *ExtendedIsolationModel) Predict(x tensor.Matrix) ([]float64, error) {
	out, err := m.depths("ensemble.ExtendedIsolationModel.Predict", x)
	if err != nil {
		return nil, err
	}
	scoreOf(out, m.scale)
	for i, s := range out {
		out[i] = -s - m.Offset
	}
	return out, nil
}

// PredictRow is Predict for a single row, without allocating.
func (m *ExtendedIsolationModel) PredictRow(x []float64) (float64, error) {
	const where = "ensemble.ExtendedIsolationModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	for j, v := range x {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return 0, ml.NotFinite(where, m.Columns, 0, j, v)
		}
	}
	out := oneScore.Get().(*[1]float64)
	defer oneScore.Put(out)
	out[0] = m.Planes.mean(x)
	scoreOf(out[:], m.scale)
	return -out[0] - m.Offset, nil
}
