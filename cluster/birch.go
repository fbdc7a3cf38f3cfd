package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// BIRCH reads the rows once and gathers them in small clusters, whose centres are then clustered by Ward's linkage (Zhang, Ramakrishnan and Livny, SIGMOD 1996). A small
// cluster takes a row if its radius, the root of the mean squared distance from its centre, stays within Threshold; the small clusters stand in a tree of nodes of at most
// Branching, down which each row goes to the nearest centre. What is kept of each is its weight, mean and squared deviations, which lose no digits to cancellation (Lang and
// Schubert, "BETULA", SISAP 2020). Centres count alike in the second step, whatever their weights.
//
// A row of weight k counts as k rows that come together, one of weight 0 is absent. What is found depends on the order of the rows. Scale the columns first. CSR is an error.
// It costs O(rows · Branching · columns · depth), and what Ward's linkage does for the small clusters: memory is for these alone. Nothing is random.
type BIRCH struct {
	K         int     // clusters; 0: 3, or as many as there are small ones, if fewer
	Small     bool    // the small clusters are the answer; K is then 0
	Threshold float64 // radius of the small clusters; 0: 0.5
	Branching int     // small clusters, or nodes, in a node, >= 2; 0: 50
}

var _ ml.Fitter[ml.Table, *BIRCHModel] = BIRCH{}

// BIRCHModel is small clusters and the clusters that they belong to. [BIRCH] returns it. What it predicts for a training row is that row's cluster.
type BIRCHModel struct {
	ml.Fitted
	Centers   *tensor.Tensor[float64] // of the small clusters, each a row
	Weights   []float64               // of their rows
	Deviation []float64               // the sum of their rows' squared distances from the centre
	Code      []int                   // the cluster of each
	K         int                     // clusters

	index   near.Index
	answers answerer
}

// Fit gathers the rows and clusters what it gathered.
func (c BIRCH) Fit(ctx context.Context, t ml.Table) (*BIRCHModel, error) {
	return c.grow(ctx, "cluster.BIRCH.Fit", t, nil)
}

// Update returns a model that has read more rows.
func (m *BIRCHModel) Update(ctx context.Context, t ml.Table) (*BIRCHModel, error) {
	const where = "cluster.BIRCHModel.Update"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if _, d := t.X.Dims(); d != m.Info.Features {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d columns", d), fmt.Sprint(m.Info.Features))
	}
	return m.Config.(BIRCH).grow(ctx, where, t, m)
}

func (c BIRCH) grow(ctx context.Context, where string, t ml.Table, before *BIRCHModel) (*BIRCHModel, error) {
	if err := begin(ctx, where, t, func(int) error { return c.resolve(where) }); err != nil {
		return nil, err
	}
	s := newSpace(t)
	tree := &featureTree{d: s.d, branching: c.Branching, square: c.Threshold * c.Threshold, root: &featureNode{}}
	if before != nil {
		for k, w := range before.Weights {
			tree.insert(&feature{weight: w, mean: append([]float64(nil), before.Centers.Row(k)...), deviation: before.Deviation[k]})
		}
	}
	buf := make([]float64, s.d)
	for i := range s.n {
		if i%256 == 0 {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
		}
		tree.insert(&feature{weight: s.w(i), mean: append([]float64(nil), s.x.Row(i, buf)...)})
	}
	small := tree.root.leaves(nil)
	m := &BIRCHModel{Fitted: ml.NewFitted(t, nil, c), Centers: tensor.New[float64](len(small), s.d)}
	if before != nil {
		m.Info.Rows += before.Info.Rows
	}
	for k, f := range small {
		copy(m.Centers.Row(k), f.mean)
		m.Weights, m.Deviation = append(m.Weights, f.weight), append(m.Deviation, f.deviation)
		m.Code = append(m.Code, k)
		if !(f.weight <= math.MaxFloat64 && f.deviation <= math.MaxFloat64) {
			return nil, &ml.Error{Where: where, Field: "X", Found: "numbers too large to square", Want: "smaller ones", Kind: ml.ErrNotFinite}
		}
	}
	if !c.Small {
		tree, err := Agglomerative{K: min(c.K, len(small))}.Fit(ctx, ml.Table{X: m.Centers})
		if err != nil {
			return nil, err
		}
		m.Code = tree.Labels
	}
	if err := m.Restore(); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (c *BIRCH) resolve(where string) error {
	switch {
	case c.K < 0:
		return ml.BadConfig(where, "K", c.K, ">= 1, or 0 for 3")
	case c.K > 0 && c.Small:
		return ml.BadConfig(where, "K", c.K, "0 where the small clusters are the answer")
	case !(c.Threshold >= 0 && c.Threshold <= 1e150):
		return ml.BadConfig(where, "Threshold", c.Threshold, "> 0, or 0 for 0.5")
	case c.Branching < 0 || c.Branching == 1:
		return ml.BadConfig(where, "Branching", c.Branching, ">= 2, or 0 for 50")
	}
	if c.K == 0 && !c.Small {
		c.K = 3
	}
	if c.Threshold == 0 {
		c.Threshold = 0.5
	}
	if c.Branching == 0 {
		c.Branching = 50
	}
	return nil
}

// feature is what is kept of a cluster of rows; child is the node below it, nil for a small cluster.
type feature struct {
	weight, deviation float64
	mean              []float64
	child             *featureNode
}

type featureNode struct{ entries []*feature }

type featureTree struct {
	d, branching int
	square       float64 // of the threshold
	root         *featureNode
}

func squareBetween(x, y []float64) float64 {
	sum := 0.0
	for j, v := range x {
		sum += float64((v - y[j]) * (v - y[j]))
	}
	return sum
}

// together is the squared deviations of two clusters as one.
func (f *feature) together(o *feature) float64 {
	return f.deviation + o.deviation + float64(squareBetween(f.mean, o.mean)*(f.weight/(f.weight+o.weight)*o.weight))
}

func (f *feature) add(o *feature) {
	f.deviation = f.together(o)
	f.weight += o.weight
	for j, v := range o.mean {
		f.mean[j] += float64((v - f.mean[j]) * (o.weight / f.weight))
	}
}

func (t *featureTree) insert(f *feature) {
	if !t.into(t.root, f) {
		return
	}
	a, b := t.split(t.root)
	t.root = &featureNode{[]*feature{a, b}}
}

// into puts f in the tree below a node and tells whether the node has to be split.
func (t *featureTree) into(n *featureNode, f *feature) bool {
	if len(n.entries) == 0 {
		n.entries = append(n.entries, f)
		return false
	}
	best, least := 0, math.Inf(1)
	for k, e := range n.entries {
		if d := squareBetween(f.mean, e.mean); d < least {
			best, least = k, d
		}
	}
	e := n.entries[best]
	switch {
	case e.child == nil && e.together(f)/(e.weight+f.weight) <= t.square:
		e.add(f)
	case e.child == nil:
		n.entries = append(n.entries, f)
	case t.into(e.child, f):
		a, b := t.split(e.child)
		n.entries[best] = a
		n.entries = append(n.entries, b)
	default:
		e.add(f)
	}
	return len(n.entries) > t.branching
}

// split parts the entries of a node by which of the two farthest they are nearer to.
func (t *featureTree) split(n *featureNode) (a, b *feature) {
	from, to, most := 0, 1, -1.0
	for i, e := range n.entries {
		for j := i + 1; j < len(n.entries); j++ {
			if d := squareBetween(e.mean, n.entries[j].mean); d > most {
				from, to, most = i, j, d
			}
		}
	}
	for k, e := range n.entries {
		side := &b
		if k == from || k != to && squareBetween(e.mean, n.entries[from].mean) < squareBetween(e.mean, n.entries[to].mean) {
			side = &a
		}
		if *side == nil {
			*side = &feature{weight: e.weight, deviation: e.deviation, mean: append([]float64(nil), e.mean...), child: &featureNode{}}
		} else {
			(*side).add(e)
		}
		(*side).child.entries = append((*side).child.entries, e)
	}
	return a, b
}

// leaves are the small clusters.
func (n *featureNode) leaves(out []*feature) []*feature {
	for _, e := range n.entries {
		if e.child == nil {
			out = append(out, e)
		} else {
			out = e.child.leaves(out)
		}
	}
	return out
}

// Predict returns the cluster of the small cluster whose centre is nearest to each row of x, the first of equally near ones.
func (m *BIRCHModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers.predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *BIRCHModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *BIRCHModel) PredictRow(x []float64) (int, error) { return m.answers.predictRow(x) }

// Restore checks a model that was read from a file.
func (m *BIRCHModel) Restore() error {
	const where = "cluster.BIRCHModel"
	if _, ok := m.Config.(BIRCH); !ok {
		return notSound(where, "Config", fmt.Sprintf("%T", m.Config), "a cluster.BIRCH")
	}
	n := len(m.Code)
	if n < 1 || len(m.Weights) != n || len(m.Deviation) != n {
		return notSound(where, "Code, Weights and Deviation", "of other lengths", "one for each of Centers")
	}
	if err := checkRows(where, "Centers", m.Centers, n, m.Info.Features); err != nil {
		return err
	}
	k := 0
	for i, code := range m.Code {
		if code < 0 || code >= n || !(m.Weights[i] > 0 && m.Weights[i] <= math.MaxFloat64 && m.Deviation[i] >= 0 && m.Deviation[i] <= math.MaxFloat64) {
			return notSound(where, fmt.Sprintf("Code, Weights and Deviation[%d]", i), fmt.Sprint(code, m.Weights[i], m.Deviation[i]), "a cluster, a weight and a sum of squares")
		}
		k = max(k, code+1)
	}
	m.K = k
	m.index, _ = near.Choose(near.PointsOf(rows.Of(m.Centers)), nil, near.Auto, 0)
	m.answers = newAnswerer("cluster.BIRCHModel", &m.Fitted, 1000, func(a *asking, x []float64) int {
		return m.Code[m.index.Nearest(&a.Search, x, 1)[0].Index]
	})
	return nil
}
