package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// Selection is how HDBSCAN takes clusters out of its tree.
type Selection uint8

const (
	// ExcessOfMass takes the clusters that together last longest: of nested ones the whole or its parts, whichever has more excess of mass. The zero value.
	ExcessOfMass Selection = iota
	// Leaves takes the clusters that do not split: many small ones of about the same kind.
	Leaves
)

// HDBSCAN finds clusters of any shape and of different densities: it looks at DBSCAN's clusters for every Eps at once, follows how they split as Eps falls, and takes those
// that last longest (Campello, Moulavi and Sander, PAKDD 2013; Campello, Moulavi, Zimek and Sander, ACM TKDD 10, 2015). Rows that no such cluster holds are noise: ml.None.
//
// Two rows reach each other at the largest of their distance and their core distances, which is how far a row must look to see MinSamples rows, itself included. (That is
// scikit-learn's min_samples, and one more than package hdbscan's.) The tree is that of a minimum spanning tree of reachabilities; merges at the same height are one merge of
// many, so that nothing depends on the choice among spanning trees, or on the order of the rows. A row that leaves the rest just where a cluster begins is thus noise, as in
// the authors' program.
//
// A row of weight k counts as k rows, one of weight 0 is absent. Scale the columns first. CSR is an error. Under Euclidean, Manhattan, Chebyshev and Minkowski distances the
// tree is found over the leaves of a KD-tree, by Borůvka's method, in memory of O(rows · MinSamples); with other distances, or Algorithm other than Auto and KDTree, by
// comparing all rows. Nothing is random.
type HDBSCAN struct {
	MinClusterSize float64             // weight of the smallest cluster, > 1; 0: 5
	MinSamples     float64             // weight within the core distance; 0: MinClusterSize
	MaxClusterSize float64             // ExcessOfMass takes no cluster above this weight; 0: any
	Selection      Selection           // 0: ExcessOfMass
	Epsilon        float64             // clusters that split below this distance are taken whole (Malzer and Baum, 2020); 0: none
	AllowSingle    bool                // the whole may be the one cluster; false: it is no answer
	Distance       metrics.Distance    // nil: Euclidean
	Algorithm      neighbors.Algorithm // of the searches; 0: Auto
}

var _ ml.Fitter[ml.Table, *HDBSCANModel] = HDBSCAN{}

// HDBSCANModel is clusters and the tree that they were taken from. [HDBSCAN] returns it.
type HDBSCANModel struct {
	ml.Fitted
	Labels      []int     // the cluster of each training row, or ml.None; clusters are numbered by their first rows
	Strength    []float64 // how firmly each training row belongs to its cluster: 1 in its densest part, 0 for noise
	Outlier     []float64 // GLOSH: how much sparser than the densest part of the cluster that it falls out of a training row lies, from 0 to 1; for any row, noise or not
	K           int       // clusters
	Persistence []float64 // of each cluster: the share of its mass that is excess, 0 to 1

	Tree []CondensedCluster // every cluster of MinClusterSize or more that there is at some distance, parents first; the first is the whole

	Rows *tensor.Tensor[float64] // the training rows of positive weight
	Core []float64               // the core distance of each of Rows
	Last []int                   // the cluster of Tree that each of Rows falls out of, and
	Exit []float64               // the distance at which it does

	Weight []float64 // of each of Rows; nil: all 1

	index   near.Index
	code    []int     // the cluster that a cluster of Tree lies in, or ml.None
	edge    []float64 // the smallest distance at which a row falls out of that cluster
	answers answerer
}

// CondensedCluster is a cluster of HDBSCAN's tree.
type CondensedCluster struct {
	Parent   int     // -1: none
	Birth    float64 // the distance below which it is a cluster of its own; 0 for the whole, which always is
	Weight   float64 // of its rows at birth
	Selected bool
}

// Fit finds the clusters.
func (c HDBSCAN) Fit(ctx context.Context, t ml.Table) (*HDBSCANModel, error) {
	const where = "cluster.HDBSCAN.Fit"
	if c.MinClusterSize == 0 {
		c.MinClusterSize = 5
	}
	if c.MinSamples == 0 {
		c.MinSamples = c.MinClusterSize
	}
	if err := begin(ctx, where, t, func(columns int) error { return c.check(where, columns) }); err != nil {
		return nil, err
	}
	s := newSpace(t)
	points := s.points()
	core, edges, err := c.span(ctx, where, s, points)
	if err != nil {
		return nil, err
	}
	for _, e := range edges {
		if !(e.height <= math.MaxFloat64) {
			return nil, &ml.Error{Where: where, Field: "X", Found: "rows at a distance that is not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
		}
	}
	m := &HDBSCANModel{Fitted: ml.NewFitted(t, nil, c), Core: core, Weight: s.weight}
	m.Rows = tensor.FromSlice(append([]float64(nil), points.X...), s.n, s.d)
	tree := condense(edges, core, s.w, c.MinClusterSize)
	tree.choose(c)
	m.Tree, m.Last, m.Exit = tree.clusters, tree.last, tree.exit
	labels := tree.labels(c)
	m.K = renumber(labels, m.Tree)
	m.follow(labels)
	strength, outlier := tree.strengths(labels, m.edge), tree.outliers()
	m.Persistence = tree.persistence(m.code, labels, m.K)
	if err := m.open(where); err != nil {
		return nil, err
	}
	m.spread(t, labels, strength, outlier)
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (c HDBSCAN) check(where string, columns int) error {
	switch {
	case !(c.MinClusterSize > 1 && c.MinClusterSize <= 1e15):
		return ml.BadConfig(where, "MinClusterSize", c.MinClusterSize, "> 1, or 0 for 5")
	case !(c.MinSamples > 0 && c.MinSamples <= 1e15):
		return ml.BadConfig(where, "MinSamples", c.MinSamples, "> 0, or 0 for MinClusterSize")
	case c.MaxClusterSize != 0 && !(c.MaxClusterSize >= c.MinClusterSize && c.MaxClusterSize <= math.MaxFloat64):
		return ml.BadConfig(where, "MaxClusterSize", c.MaxClusterSize, "at least MinClusterSize, or 0 for any size")
	case c.Selection > Leaves:
		return ml.BadConfig(where, "Selection", c.Selection, "ExcessOfMass or Leaves")
	case !(c.Epsilon >= 0 && c.Epsilon <= math.MaxFloat64):
		return ml.BadConfig(where, "Epsilon", c.Epsilon, ">= 0")
	case c.Algorithm > neighbors.BKTree:
		return ml.BadConfig(where, "Algorithm", c.Algorithm, "Auto, Brute or one of the trees")
	}
	return metrics.CheckDistance(where, c.Distance, columns)
}

// span finds the core distances and a minimum spanning tree of reachabilities.
func (c HDBSCAN) span(ctx context.Context, where string, s *space, p near.Points) (core []float64, edges []merge, err error) {
	measure := near.MeasureOf(c.Distance)
	if norm, ok := measure.(near.Norm); ok && (c.Algorithm == neighbors.Auto || c.Algorithm == neighbors.KDTree) {
		r := near.NewReach(p, norm, s.weight, c.MinSamples)
		all, err := r.Span(func() error { return ml.Done(ctx) })
		if err != nil {
			return nil, nil, err
		}
		for _, e := range all {
			edges = append(edges, merge{e.A, e.B, e.Height})
		}
		return r.Core(), edges, nil
	}
	index, err := indexOf(where, p, c.Distance, c.Algorithm)
	if err != nil {
		return nil, nil, err
	}
	core = make([]float64, s.n)
	k := min(s.n, int(min(math.Ceil(c.MinSamples), float64(s.n))))
	near.Each(index, rows.Of(tensor.FromSlice(p.X, p.N, p.D)), k, func(i int, found []near.Neighbor) {
		var again near.Search
		core[i] = coreOf(index, &again, func() []float64 { return p.Row(i) }, found, s.w, s.n, c.MinSamples)
	})
	l := &linking{space: s, p: p, measure: measure, core: core}
	edges, err = l.spanningTree(ctx)
	return core, edges, err
}

// coreOf is how far the nearest rows of a weight of least reach; found are the first of them.
func coreOf(index near.Index, s *near.Search, x func() []float64, found []near.Neighbor, w func(int) float64, n int, least float64) float64 {
	for {
		sum := 0.0
		for _, f := range found {
			if sum += w(f.Index); sum >= least {
				return f.Value
			}
		}
		if len(found) >= n {
			return found[len(found)-1].Value
		}
		found = index.Nearest(s, x(), min(n, 2*len(found)))
	}
}

// follow finds for each cluster of the tree the selected one that it lies in, and where that ends.
func (m *HDBSCANModel) follow(labels []int) {
	m.code = make([]int, len(m.Tree))
	m.edge = make([]float64, len(m.Tree))
	top := make([]int, len(m.Tree)) // the selected cluster
	for k, t := range m.Tree {
		top[k], m.edge[k] = -1, math.Inf(1)
		if t.Selected {
			top[k] = k
		} else if t.Parent >= 0 {
			top[k] = top[t.Parent]
		}
		m.code[k] = ml.None
	}
	for i, k := range m.Last {
		if top[k] >= 0 && labels[i] >= 0 {
			m.code[top[k]] = labels[i]
		}
		m.edge[k] = min(m.edge[k], m.Exit[i])
	}
	for _, t := range m.Tree { // a cluster ends no later than where it splits
		if t.Parent >= 0 {
			m.edge[t.Parent] = min(m.edge[t.Parent], t.Birth)
		}
	}
	for k := range m.Tree {
		if top[k] >= 0 {
			m.code[k], m.edge[k] = m.code[top[k]], m.edge[top[k]]
		}
	}
}

// spread gives training rows of weight 0 what would be predicted for them.
func (m *HDBSCANModel) spread(t ml.Table, labels []int, strength, outlier []float64) {
	m.Labels = m.answers.label(t, func(i int) int { return labels[i] })
	if t.Weight == nil {
		m.Strength, m.Outlier = strength, outlier
		return
	}
	m.Strength, m.Outlier = make([]float64, len(m.Labels)), make([]float64, len(m.Labels))
	i := 0
	for at, w := range t.Weight {
		if w > 0 {
			m.Strength[at], m.Outlier[at] = strength[i], outlier[i]
			i++
		}
	}
}

// open makes the model ready for questions.
func (m *HDBSCANModel) open(where string) (err error) {
	c := m.Config.(HDBSCAN)
	if m.index, err = indexOf(where, near.Points{N: len(m.Core), D: m.Info.Features, X: m.Rows.Data()}, c.Distance, c.Algorithm); err != nil {
		return err
	}
	m.answers = newAnswerer("cluster.HDBSCANModel", &m.Fitted, 5000, func(a *asking, x []float64) int {
		code, _ := m.place(a, x)
		return code
	})
	return nil
}

// place finds where a row would fall out of the tree.
func (m *HDBSCANModel) place(a *asking, x []float64) (code int, strength float64) {
	c := m.Config.(HDBSCAN)
	n := len(m.Core)
	k := max(1, int(min(2*(math.Ceil(c.MinSamples)-1), float64(n))))
	found := m.index.Nearest(&a.Search, x, max(k, min(n, int(min(math.Ceil(c.MinSamples), float64(n))))))
	best, reach := -1, math.Inf(1)
	own := -1.0
	sum := 0.0
	for _, f := range found {
		w := 1.0
		if m.Weight != nil {
			w = m.Weight[f.Index]
		}
		if sum += w; sum >= c.MinSamples {
			own = f.Value
			break
		}
	}
	if own < 0 { // light rows, or fewer than MinSamples: the farthest found stands for it
		own = found[len(found)-1].Value
	}
	for _, f := range found[:min(k, len(found))] {
		if v := max(f.Value, own, m.Core[f.Index]); v < reach || best < 0 {
			best, reach = f.Index, v
		}
	}
	at := m.Last[best]
	if m.Exit[best] < reach {
		for m.Tree[at].Parent >= 0 && m.Tree[at].Birth <= reach {
			at = m.Tree[at].Parent
		}
	}
	if code = m.code[at]; code >= 0 {
		strength = 1
		if reach > 0 && reach > m.edge[at] {
			strength = m.edge[at] / reach
		}
	}
	return code, strength
}

// Predict returns for each row of x the cluster that it would fall out of last, if the tree stayed as it is, or ml.None: that of the training row which it reaches at the
// smallest distance. It costs a search for 2·MinSamples neighbours a row. For a training row it is nearly always its label.
func (m *HDBSCANModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers.predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *HDBSCANModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *HDBSCANModel) PredictRow(x []float64) (int, error) { return m.answers.predictRow(x) }

// PredictStrength is Predict with how firmly each row belongs to its cluster, from 0 to 1; 0 for noise.
func (m *HDBSCANModel) PredictStrength(x tensor.Matrix) ([]int, []float64, error) {
	r, err := m.answers.queries("cluster.HDBSCANModel.PredictStrength", x)
	if err != nil {
		return nil, nil, err
	}
	codes, strength := make([]int, r.Len()), make([]float64, r.Len())
	m.answers.each(r, func(a *asking, i int, row []float64) { codes[i], strength[i] = m.place(a, row) })
	return codes, strength, nil
}

// Restore checks a model that was read from a file.
func (m *HDBSCANModel) Restore() error {
	const where = "cluster.HDBSCANModel"
	c, ok := m.Config.(HDBSCAN)
	if !ok {
		return notSound(where, "Config", fmt.Sprintf("%T", m.Config), "a cluster.HDBSCAN")
	}
	if err := c.check(where, m.Info.Features); err != nil {
		return err
	}
	n := len(m.Core)
	if n < 1 || n > m.Info.Rows || len(m.Last) != n || len(m.Exit) != n || m.Weight != nil && len(m.Weight) != n {
		return notSound(where, "Core, Last, Exit and Weight", "of other lengths", "one for each of Rows")
	}
	if err := checkRows(where, "Rows", m.Rows, n, m.Info.Features); err != nil {
		return err
	}
	if err := checkLabels(where, m.Labels, m.Info.Rows, m.K); err != nil {
		return err
	}
	if len(m.Strength) != len(m.Labels) || len(m.Outlier) != len(m.Labels) || len(m.Persistence) != m.K || m.K > len(m.Tree) {
		return notSound(where, "Strength, Outlier and Persistence", "of other lengths", "one for each row, and one for each cluster")
	}
	for k, t := range m.Tree {
		if (t.Parent < 0) != (k == 0) || t.Parent >= k || !(t.Birth >= 0 && t.Birth <= math.MaxFloat64) {
			return notSound(where, fmt.Sprintf("Tree[%d]", k), fmt.Sprint(t), "a parent that stands before it and a distance")
		}
	}
	var live []int
	for i := range n {
		if m.Last[i] < 0 || m.Last[i] >= len(m.Tree) || !(m.Exit[i] >= 0 && m.Exit[i] <= math.MaxFloat64) || !(m.Core[i] >= 0 && m.Core[i] <= math.MaxFloat64) {
			return notSound(where, fmt.Sprintf("Last, Exit and Core[%d]", i), fmt.Sprint(m.Last[i], m.Exit[i], m.Core[i]), "a cluster of Tree and distances")
		}
	}
	for i, w := range m.Weight {
		if !(w > 0 && w <= math.MaxFloat64) {
			return notSound(where, fmt.Sprintf("Weight[%d]", i), fmt.Sprint(w), "a number > 0")
		}
	}
	tree := &condensed{clusters: m.Tree, last: m.Last, exit: m.Exit}
	live = tree.labels(c)
	if k := renumber(live, m.Tree); k != m.K {
		return notSound(where, "K", fmt.Sprint(m.K), fmt.Sprintf("%d, the selected clusters of Tree", k))
	}
	m.follow(live)
	return m.open(where)
}
