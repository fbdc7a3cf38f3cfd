package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Bisect is which cluster is split next.
type Bisect uint8

const (
	// BiggestInertia splits the cluster with the greatest sum of squared distances. The zero value.
	BiggestInertia Bisect = iota
	// LargestCluster splits the one of the greatest weight.
	LargestCluster
)

// BisectingKMeans splits clusters in two by k-means, beginning with all rows, until there are K (Steinbach, Karypis and Kumar, "A comparison of document clustering techniques",
// KDD Workshop on Text Mining 2000). Clusters are more of one size than those of [KMeans], and form a tree.
//
// Weights and CSR are as in KMeans, and so is the cost of a split. What is random, the first centres of each split, is drawn by Seed. Progress reports the inertia after each
// split. Rows that are all alike are never split: then there are fewer clusters, and Info.Note says so.
type BisectingKMeans struct {
	K        int     // clusters; 0: 8. More than there are rows is an error
	Next     Bisect  // 0: BiggestInertia
	Init     Init    // the first centres of each split; 0: PlusPlus
	Restarts int     // fits of each split, of which the one with the least inertia is kept; 0: 1
	MaxIter  int     // iterations of each; 0: 300
	Tol      float64 // as in KMeans; 0: 1e-4
	Seed     uint64  // of the first centres
}

var _ ml.Fitter[ml.Table, *BisectingModel] = BisectingKMeans{}

// BisectingModel is a tree of splits. [BisectingKMeans] returns it. A row goes from the root to the nearer of two centres until it is in a leaf, which is its cluster.
type BisectingModel struct {
	ml.Fitted
	Nodes       *tensor.Tensor[float64] // centres of all clusters there ever were, the root first
	Left, Right []int                   // of each node its halves, whose indices are greater; -1 for a leaf
	Code        []int                   // of each leaf its cluster, counted from the left; -1 for a node that was split
	Centers     *tensor.Tensor[float64] // of the clusters, K x columns
	Inertia     float64                 // weighted sum of the squared distances of the training rows from the centres of their clusters

	points near.Points
}

// Fit finds the clusters.
func (c BisectingKMeans) Fit(ctx context.Context, t ml.Table) (*BisectingModel, error) {
	const where = "cluster.BisectingKMeans.Fit"
	if c.Next > LargestCluster {
		return nil, ml.BadConfig(where, "Next", c.Next, "BiggestInertia or LargestCluster")
	}
	km := KMeans{K: c.K, Init: c.Init, Restarts: c.Restarts, MaxIter: c.MaxIter, Tol: c.Tol}
	if err := km.resolve(where); err != nil {
		return nil, err
	}
	c.K, c.Restarts, c.MaxIter, c.Tol = km.K, km.Restarts, km.MaxIter, km.Tol
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	s := newSpace(t)
	if s.n < c.K {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("at most %d, the rows of positive weight", s.n))
	}
	m := &BisectingModel{Fitted: ml.NewFitted(t, nil, c)}
	m.Info.Status = ml.Converged
	leaves, err := c.split(ctx, s, km, m)
	if err != nil {
		return nil, err
	}
	for _, l := range leaves {
		m.Inertia += l.inertia
	}
	m.number()
	if err := m.Restore(); err != nil {
		return nil, tooLargeToSquare(where, err)
	}
	return m, nil
}

// half is a cluster that may be split.
type half struct {
	node            int
	rows            []int // of the space
	inertia, weight float64
	whole           bool // all rows are alike
}

// split grows the tree.
func (c *BisectingKMeans) split(ctx context.Context, s *space, km KMeans, m *BisectingModel) ([]*half, error) {
	var centres []float64
	add := func(at []int, centre []float64) *half {
		h := &half{node: len(m.Left), rows: at}
		centres = append(centres, centre...)
		m.Left, m.Right, m.Code = append(m.Left, -1), append(m.Right, -1), append(m.Code, -1)
		p := s.part(at, true)
		h.inertia = p.inertia(make([]int32, len(at)), centre)
		for i := range at {
			h.weight += p.w(i)
		}
		h.whole = !(h.inertia > 0)
		return h
	}
	all := make([]int, s.n)
	for i := range all {
		all[i] = i
	}
	root := &lloyd{space: s, k: 1, label: make([]int32, s.n)}
	leaves := []*half{add(all, root.means())}
	track := ml.Track(ctx, "split", max(c.K-1, 1))
	for step := 1; len(leaves) < c.K; step++ {
		worst := -1
		for i, h := range leaves {
			if h.whole || len(h.rows) < 2 {
				continue
			}
			by := func(h *half) float64 { return h.inertia }
			if c.Next == LargestCluster {
				by = func(h *half) float64 { return h.weight }
			}
			if worst < 0 || by(h) > by(leaves[worst]) {
				worst = i
			}
		}
		if worst < 0 {
			m.Info.Note = fmt.Sprintf("%d clusters: the rows of each are alike", len(leaves))
			break
		}
		h := leaves[worst]
		p := s.part(h.rows, true)
		best, done, err := km.two(ctx, p, rng.Key(c.Seed, uint64(step)))
		if err != nil {
			return nil, err
		}
		m.Info.Iterations += done
		m.Info.Status = max(m.Info.Status, best.status)
		var sides [2][]int
		for i, at := range h.rows {
			sides[best.label[i]] = append(sides[best.label[i]], at)
		}
		if len(sides[0]) == 0 || len(sides[1]) == 0 { // alike but for rounding
			h.whole = true
			continue
		}
		left, right := add(sides[0], best.centres[:s.d]), add(sides[1], best.centres[s.d:])
		m.Left[h.node], m.Right[h.node] = left.node, right.node
		leaves = slices.Replace(leaves, worst, worst+1, left, right)
		sum := 0.0
		for _, l := range leaves {
			sum += l.inertia
		}
		stop, err := track.Step(len(leaves)-1, ml.Loss{Train: sum})
		if err != nil {
			return nil, err
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	m.Nodes = tensor.FromSlice(centres, len(m.Left), s.d)
	return leaves, nil
}

// two splits rows by k-means.
func (c KMeans) two(ctx context.Context, s *space, seed uint64) (best *lloyd, done int, err error) {
	c.K, c.Seed = 2, seed
	s.open(true)
	tol := c.Tol * s.variance()
	for r := range c.Restarts {
		run := c.begin(s, uint64(r))
		if _, err := run.iterate(ml.Track(ml.Quiet(ctx), "iteration", c.MaxIter), 0, c.MaxIter, tol); err != nil {
			return nil, 0, err
		}
		done += run.iterations
		if best == nil || run.inertia < best.inertia {
			best = run
		}
	}
	return best, done, nil
}

// number gives the leaves their codes, from the left, and collects their centres.
func (m *BisectingModel) number() {
	var centres []float64
	k := 0
	var walk func(node int)
	walk = func(node int) {
		if m.Left[node] >= 0 {
			walk(m.Left[node])
			walk(m.Right[node])
			return
		}
		m.Code[node] = k
		centres = append(centres, m.Nodes.Row(node)...)
		k++
	}
	walk(0)
	m.Centers = tensor.FromSlice(centres, k, m.Info.Features)
}

// Restore checks a model that was read from a file.
func (m *BisectingModel) Restore() error {
	const where = "cluster.BisectingModel"
	n := len(m.Left)
	k := (n + 1) / 2
	if err := cmp.Or(checkTensor(where, "Nodes", m.Nodes, n, m.Info.Features), checkTensor(where, "Centers", m.Centers, k, m.Info.Features)); err != nil {
		return &ml.Error{Where: where, Field: "Nodes", Found: "impossible numbers", Want: "centres", Kind: ml.ErrFormat, Cause: err}
	}
	ok := n > 0 && len(m.Right) == n && len(m.Code) == n && m.Inertia >= 0 && m.Inertia <= math.MaxFloat64
	parents, codes := make([]int, n), make([]bool, k)
	for i := 0; i < n && ok; i++ {
		l, r, c := m.Left[i], m.Right[i], m.Code[i]
		if l < 0 {
			if ok = l == -1 && r == -1 && c >= 0 && c < k && !codes[c]; ok {
				codes[c] = true
			}
			continue
		}
		if ok = l > i && r > l && r < n && c == -1; ok {
			parents[l]++
			parents[r]++
		}
	}
	for i, p := range parents {
		ok = ok && (i == 0 && p == 0 || i > 0 && p == 1)
	}
	if !ok {
		return &ml.Error{Where: where, Field: "Left, Right and Code", Found: "no tree", Want: "a tree of splits", Kind: ml.ErrFormat}
	}
	m.points = near.PointsOf(rows.Of(m.Nodes))
	return nil
}

// K is the number of clusters.
func (m *BisectingModel) K() int { return (len(m.Left) + 1) / 2 }

func (m *BisectingModel) code(x []float64) int {
	at := 0
	for m.Left[at] >= 0 {
		pair := [2]int{m.Left[at], m.Right[at]}
		at = pair[m.points.Nearer(x, pair[0], pair[1])]
	}
	return m.Code[at]
}

// Predict returns the cluster of each row of x.
func (m *BisectingModel) Predict(x tensor.Matrix) ([]int, error) {
	return predictCodes("cluster.BisectingModel.Predict", &m.Fitted, x, m.cost(), m)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *BisectingModel) PredictInto(dst []int, x tensor.Matrix) error {
	return predictCodesInto("cluster.BisectingModel.PredictInto", &m.Fitted, dst, x, m.cost(), m)
}

func (m *BisectingModel) cost() int { return 4 * m.points.D * (1 + int(math.Log2(float64(m.K())))) }

// PredictRow returns the cluster of a single row, without allocating.
func (m *BisectingModel) PredictRow(x []float64) (int, error) {
	if err := ml.CheckFiniteRow("cluster.BisectingModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	return m.code(x), nil
}
