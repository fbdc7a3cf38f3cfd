package ensemble

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// IsolationForest finds anomalies: rows that random cuts soon leave alone (Liu, Ting and Zhou, ICDM 2008). Each tree takes MaxSamples rows and cuts them,
// down to a depth of log2 of their number, by a column that is drawn among those that are not constant and a number drawn between the smallest and the largest
// there. With h the mean depth at which a row ends, a leaf of m rows counting for c(m) levels more, the anomaly score is 2^(-h/c(MaxSamples)), where
// c(m) = 2·(ln(m-1) + γ) - 2·(m-1)/m is the mean depth of a search tree: near 1 for anomalies, below 1/2 for ordinary rows.
//
// Rows are drawn in proportion to their weights, without replacement unless Bootstrap says so; a row of weight 0 is absent, and a row of weight k is not k rows. A
// fit costs O(Trees · MaxSamples · log MaxSamples), with weights that differ a pass over all rows for each tree more, which without Bootstrap puts them in order, and with
// Contamination a prediction of all rows. A prediction costs O(Trees · log MaxSamples) for each row. Tree t draws by Seed and t alone.
//
// Missing values and categorical columns are refused: fill or encode them first. With Contamination Offset is the quantile of minus the scores of the
// training rows at that share, weighted, so that about so many of these count as anomalies.
type IsolationForest struct {
	Trees         int     // more make scores steadier. 0: 100
	MaxSamples    int     // rows of a tree; all if there are fewer. 0: 256
	MaxFeatures   int     // columns that a tree knows, drawn for it; all if there are fewer. 0: all
	Bootstrap     bool    // rows are drawn with replacement. false: without
	Contamination float64 // the share of training rows that count as anomalies, at most 1/2. 0: those whose score is above 1/2
	Seed          uint64  // of the draws
}

var _ ml.Fitter[ml.Table, *IsolationModel] = IsolationForest{}

// IsolationModel tells anomalies from ordinary rows. [IsolationForest] returns it.
type IsolationModel struct {
	tree.Model         // a leaf holds the depth at which it lets a row end
	Samples    int     // rows of a tree
	Offset     float64 // minus the anomaly score from which on a row is an anomaly
	scale      float64
}

// isolation is what both kinds of isolation forests have in common.
type isolation struct {
	where         string
	trees         int
	samples       int
	contamination float64
	bootstrap     bool
	seed          uint64
}

func (c *isolation) check() error {
	switch {
	case c.trees < 0:
		return ml.BadConfig(c.where, "Trees", c.trees, ">= 1; 0 means 100")
	case c.samples < 0 || c.samples == 1:
		return ml.BadConfig(c.where, "MaxSamples", c.samples, ">= 2; 0 means 256")
	case !(c.contamination >= 0 && c.contamination <= 0.5):
		return ml.BadConfig(c.where, "Contamination", c.contamination, "0 to 0.5; 0 means a score above 1/2")
	}
	if c.trees == 0 {
		c.trees = 100
	}
	if c.samples == 0 {
		c.samples = 256
	}
	return nil
}

// drawer draws the rows of trees from those that have weight.
type drawer struct {
	isolation
	kept   []int
	weight []float64 // of these; nil: all alike
}

func (c *isolation) drawer(t ml.Table) *drawer {
	d := &drawer{isolation: *c}
	alike := true
	for i := range t.Rows() {
		if w := weightOf(t.Weight, i); w > 0 {
			d.kept, d.weight = append(d.kept, i), append(d.weight, w)
			alike = alike && w == d.weight[0]
		}
	}
	if alike {
		d.weight = nil
	}
	d.samples = min(d.samples, len(d.kept))
	return d
}

// draw draws the rows of a tree.
func (d *drawer) draw(r *rand.Rand) []int {
	n, out := len(d.kept), make([]int, d.samples)
	switch {
	case d.bootstrap && d.weight == nil:
		for i := range out {
			out[i] = int(r.Uint64N(uint64(n)))
		}
	case d.bootstrap:
		upTo, sum := make([]float64, n), 0.0
		for i, w := range d.weight {
			sum += w
			upTo[i] = sum
		}
		for i := range out {
			at, _ := slices.BinarySearch(upTo, r.Float64()*sum)
			out[i] = min(at, n-1)
		}
	case d.weight == nil:
		copy(out, rng.Sample(r, n, d.samples))
	default:
		// The rows whose exponential clocks, faster for heavier rows, ring first (Efraimidis and Spirakis, 2006).
		clock, order := make([]float64, n), make([]int, n)
		for i := range clock {
			clock[i], order[i] = 1-r.Float64(), i
		}
		kern.LogPortable(clock, clock)
		for i, w := range d.weight {
			clock[i] = -clock[i] / w
		}
		slices.SortFunc(order, func(a, b int) int {
			switch {
			case clock[a] < clock[b]:
				return -1
			case clock[a] > clock[b]:
				return 1
			}
			return a - b
		})
		copy(out, order)
	}
	for i, k := range out {
		out[i] = d.kept[k]
	}
	return out
}

// searchDepth returns c(m), the mean depth of an unsuccessful search in a binary tree of m rows, for m up to n.
func searchDepth(n int) []float64 {
	c := make([]float64, n+1)
	for m := 2; m <= n; m++ {
		c[m] = float64(m - 1)
	}
	if n > 2 {
		kern.LogPortable(c[3:], c[3:])
	}
	for m := 2; m <= n; m++ {
		if m == 2 {
			c[m] = 1
			continue
		}
		c[m] = float64(2*(c[m]+eulerGamma)) - float64(2*float64(m-1))/float64(m)
	}
	return c
}

const eulerGamma = 0.57721566490153286060651209008240243

// depthLimit is how deep a tree of so many rows gets.
func depthLimit(samples int) int { return bits.Len(uint(max(samples, 2) - 1)) }

// Fit returns the model. Errors: ErrConfig for an option out of range, ErrNotFinite for NaN and Inf, ErrColumn for columns that are not numeric, ErrShape, ErrWeight, and that of ctx.
func (c IsolationForest) Fit(ctx context.Context, t ml.Table) (*IsolationModel, error) {
	const where = "ensemble.IsolationForest.Fit"
	iso := isolation{where: where, trees: c.Trees, samples: c.MaxSamples, contamination: c.Contamination, bootstrap: c.Bootstrap, seed: c.Seed}
	if err := iso.check(); err != nil {
		return nil, err
	}
	if err := checkMaxFeatures(where, c.MaxFeatures); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	c.Trees, c.MaxSamples = iso.trees, iso.samples
	d, x := iso.drawer(t), rows.Of(t.X)
	_, p := t.X.Dims()
	features := p
	if c.MaxFeatures > 0 {
		features = min(c.MaxFeatures, p)
	}
	depth := searchDepth(d.samples)
	build := tree.NewBuilder(tree.Ensemble{Features: p, Outputs: 1, Average: true})
	stopped, err := inOrder(ctx, iso.trees, func(_ context.Context, k int) ([]tree.Node, error) {
		r := rng.New(rng.Key(c.Seed, forestRows), uint64(k))
		g := isolator{r: r, depth: depth, limit: depthLimit(d.samples)}
		sample := d.draw(r)
		for _, j := range rng.Sample(r, p, features) {
			g.columns = append(g.columns, int32(j))
		}
		slices.Sort(g.columns)
		g.read(x, sample)
		g.grow(0, len(sample), 0)
		return g.nodes, nil
	}, func(nodes []tree.Node) { build.Add(0, 1, nodes) })
	if err != nil {
		return nil, err
	}
	e, err := build.Ensemble()
	if err != nil {
		return nil, err
	}
	m := &IsolationModel{Model: tree.Model{Fitted: ml.NewFitted(t, nil, c), Ensemble: e}, Samples: d.samples, Offset: -0.5}
	m.Info.Iterations, m.Info.Status = e.Trees(), endOf(stopped)
	if err := m.Restore(); err != nil {
		return nil, err
	}
	if c.Contamination > 0 {
		scores, err := m.Scores(t.X)
		if err != nil {
			return nil, err
		}
		m.Offset = offsetOf(scores, t.Weight, c.Contamination)
	}
	return m, nil
}

func endOf(stopped bool) ml.Status {
	if stopped {
		return ml.Stopped
	}
	return ml.MaxIter
}

// offsetOf is minus the score above which the share of the weight lies.
func offsetOf(scores, weight []float64, share float64) float64 {
	for i := range scores {
		scores[i] = -scores[i]
	}
	return stats.NewSample(scores, weight).Quantile(share, stats.Linear)
}

// isolator grows one tree.
type isolator struct {
	r       *rand.Rand
	columns []int32
	values  [][]float64 // of the rows of the tree, by column
	order   []int32     // the rows of a node together
	other   []int32
	depth   []float64
	limit   int
	nodes   []tree.Node
	leaves  []float64
}

// read copies the rows of the tree.
func (g *isolator) read(x rows.Rows, sample []int) {
	g.values = make([][]float64, len(g.columns))
	flat := make([]float64, len(g.columns)*len(sample))
	for k := range g.values {
		g.values[k] = flat[k*len(sample) : (k+1)*len(sample)]
	}
	buf := make([]float64, x.Cols())
	for i, r := range sample {
		row := x.Row(r, buf)
		for k, j := range g.columns {
			g.values[k][i] = row[j]
		}
	}
	g.order, g.other = make([]int32, len(sample)), make([]int32, len(sample))
	for i := range g.order {
		g.order[i] = int32(i)
	}
	g.nodes = make([]tree.Node, 0, 2*len(sample))
	g.leaves = make([]float64, 0, 2*len(sample))
}

// grow grows the tree of the rows from lo to hi.
func (g *isolator) grow(lo, hi, depth int) int {
	at := len(g.nodes)
	g.leaves = append(g.leaves, float64(depth)+g.depth[hi-lo])
	g.nodes = append(g.nodes, tree.Node{Feature: -1, Cover: float64(hi - lo), Value: g.leaves[len(g.leaves)-1:], ID: at})
	if hi-lo < 2 || depth >= g.limit {
		return at
	}
	k, low, high := g.pick(lo, hi)
	if !(low < high) {
		return at
	}
	u := g.r.Float64()
	cut := float64(low*(1-u)) + float64(high*u)
	if !(cut >= low && cut < high) {
		cut = low
	}
	mid, other := lo, g.other[:0]
	for _, r := range g.order[lo:hi] {
		if g.values[k][r] <= cut {
			g.order[mid] = r
			mid++
		} else {
			other = append(other, r)
		}
	}
	copy(g.order[mid:hi], other)
	left := g.grow(lo, mid, depth+1)
	right := g.grow(mid, hi, depth+1)
	n := &g.nodes[at]
	n.Feature, n.Rule, n.Threshold, n.Left, n.Right, n.Value = int(g.columns[k]), tree.LessEq, cut, left, right, nil
	return at
}

// pick draws a column that is not constant in a node, if there is any.
func (g *isolator) pick(lo, hi int) (k int, low, high float64) {
	var tried []int // columns that are constant
	for n := len(g.columns); n > 0; n-- {
		k = int(g.r.Uint64N(uint64(n)))
		for _, t := range tried { // the k-th of those that are left
			if k >= t {
				k++
			}
		}
		low, high = math.Inf(1), math.Inf(-1)
		for _, r := range g.order[lo:hi] {
			v := g.values[k][r]
			if v < low {
				low = v
			}
			if v > high {
				high = v
			}
		}
		if low < high {
			return k, low, high
		}
		at, _ := slices.BinarySearch(tried, k)
		tried = slices.Insert(tried, at, k)
	}
	return 0, 0, 0
}

// Restore checks a model that was read from a file.
func (m *IsolationModel) Restore() error {
	const where = "ensemble.IsolationModel"
	if err := m.Model.Restore(); err != nil {
		return err
	}
	e := m.Ensemble
	if e.Outputs != 1 || !e.Average || e.Float32 || e.Linear != nil || e.Link != tree.Identity || e.Trees() == 0 {
		return &ml.Error{Where: where, Field: "Ensemble", Found: "trees of another kind", Want: "the mean of depths", Kind: ml.ErrFormat}
	}
	var err error
	m.scale, err = isolationScale(where, m.Samples, m.Offset)
	return err
}

// isolationScale is minus ln 2 / c(samples); 0 for a single row, which is never an anomaly.
func isolationScale(where string, samples int, offset float64) (float64, error) {
	if samples < 1 || samples > math.MaxInt32 || !(math.Abs(offset) <= 1) {
		return 0, &ml.Error{Where: where, Field: "Samples and Offset", Found: fmt.Sprintf("%d and %v", samples, offset), Want: "rows of a tree, and minus a score", Kind: ml.ErrFormat}
	}
	c := 1.0
	if samples > 2 {
		c = float64(2*(kern.LogOne(float64(samples-1))+eulerGamma)) - float64(2*float64(samples-1))/float64(samples)
	}
	return -math.Ln2 / c, nil
}

// scoreOf turns mean depths into anomaly scores in place.
func scoreOf(depth []float64, scale float64) {
	for i := range depth {
		depth[i] *= scale
	}
	kern.ExpPortable(depth, depth)
}

// Scores returns the anomaly score of each row of x, 0 to 1, higher for anomalies.
func (m *IsolationModel) Scores(x tensor.Matrix) ([]float64, error) {
	raw, err := m.isolated("ensemble.IsolationModel.Scores", x)
	if err != nil {
		return nil, err
	}
	scoreOf(raw, m.scale)
	return raw, nil
}

func (m *IsolationModel) isolated(where string, x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	raw, err := m.Raw(x)
	if err != nil {
		return nil, err
	}
	return raw.Data(), nil
}

// Predict returns minus the anomaly score less Offset for each row of x: negative for anomalies, like the one-class models of this library.
func (m *IsolationModel) Predict(x tensor.Matrix) ([]float64, error) {
	out, err := m.isolated("ensemble.IsolationModel.Predict", x)
	if err != nil {
		return nil, err
	}
	m.decide(out)
	return out, nil
}

func (m *IsolationModel) decide(depth []float64) {
	scoreOf(depth, m.scale)
	for i, s := range depth {
		depth[i] = -s - m.Offset
	}
}

// PredictRow is Predict for a single row, without allocating.
func (m *IsolationModel) PredictRow(x []float64) (float64, error) {
	const where = "ensemble.IsolationModel.PredictRow"
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
	if err := m.RawRow(out[:], x); err != nil {
		return 0, err
	}
	m.decide(out[:])
	return out[0], nil
}

// oneScore lends room for the score of a row, which would go to the heap.
var oneScore = sync.Pool{New: func() any { return new([1]float64) }}
