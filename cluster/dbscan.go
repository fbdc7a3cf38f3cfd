package cluster

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// DBSCAN finds clusters of any shape where rows lie densely, and leaves out what lies alone (Ester, Kriegel, Sander and Xu, KDD 1996). A row with at least MinSamples
// rows within Eps, itself included, is a core row; core rows within Eps of each other share a cluster. Any other row goes to a cluster that has a core row within Eps,
// the one of the lowest code if there are several, or is noise: ml.None. Clusters are numbered by their first core row.
//
// A row of weight k counts as k rows, one of weight 0 is absent. Scale the columns first. Neighbours are never all kept, so memory is O(rows). Rows of CSR, and
// distances that are Precomputed, are all looked at for each; CSR rows have the distances of dense ones to the bit.
// Under Euclidean, Manhattan, Chebyshev and Minkowski distances rows are taken
// cell by cell, of a grid up to three columns and of a KD-tree beyond: cells that lie wholly within Eps of each other cost no distances, others a block of them at a time.
// Of other distances each row is compared with those that an index finds. Nothing is random.
type DBSCAN struct {
	Eps        float64             // how far the rows of a neighbourhood reach; 0: 0.5
	MinSamples float64             // weight within Eps that makes a core row; 0: 5
	Distance   metrics.Distance    // nil: Euclidean
	Algorithm  neighbors.Algorithm // 0: Auto, cells for the norms, else a ball tree for few columns, else all rows; KDTree is Auto for norms alone
	// Precomputed: X is rows x rows, the distances themselves, >= 0; Distance must be nil. What CSR does not store is beyond Eps, but for the row itself: so a radius
	// graph of lengths will do (neighbors.NearestModel.RadiusGraph). Predict takes the distances of other rows from the training rows. false: X is rows
	Precomputed bool
}

var _ ml.Fitter[ml.Table, *DBSCANModel] = DBSCAN{}

// DBSCANModel is the core rows of clusters. [DBSCAN] returns it. What it predicts for a training row is that row's cluster.
type DBSCANModel struct {
	ml.Fitted
	Core   *tensor.Tensor[float64] // core rows, in their order; nil if X was CSR or distances
	Sparse *tensor.CSR[float64]    // the same, if X was CSR
	At     []int                   // their places in the table, if X was distances
	Code   []int                   // the cluster of each
	Labels []int                   // the cluster of each training row, or ml.None
	K      int                     // clusters

	codes   func() *near.Codes // of a distance that is a norm
	index   near.Index         // of any other
	answers answerer
}

// Fit finds the clusters.
func (c DBSCAN) Fit(ctx context.Context, t ml.Table) (*DBSCANModel, error) {
	const where = "cluster.DBSCAN.Fit"
	if c.Eps == 0 {
		c.Eps = 0.5
	}
	if c.MinSamples == 0 {
		c.MinSamples = 5
	}
	if err := beginAmong(ctx, where, t, c.Precomputed, c.check); err != nil {
		return nil, err
	}
	s := newSpace(t)
	m := &DBSCANModel{Fitted: ml.NewFitted(t, nil, c)}
	if norm, ok := c.norm(); ok && !s.x.Sparse() {
		if err := m.byCells(ctx, t, s, s.points(), norm); err != nil {
			return nil, err
		}
		return m, nil
	}
	among := soughtOf(t, s, c.Precomputed)
	index, err := among.index(where, c.Distance, c.Algorithm)
	if err != nil {
		return nil, err
	}
	inside := make([]bool, s.n)
	par.For(s.n, 3000, func(lo, hi int) {
		var a asking
		for i := lo; i < hi; i++ {
			weight := 0.0
			near.Visit(index, &a.Search, among.row(&a, i), c.Eps, func(at int, _ float64) bool {
				weight += s.w(at)
				return weight < c.MinSamples
			})
			inside[i] = weight >= c.MinSamples
		}
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	core := []int{}
	for i, in := range inside {
		if in {
			core = append(core, i)
		}
	}
	cores := among.part(s.table, core)
	m.Core, m.Sparse, m.At = cores.save()
	if index, err = cores.index(where, c.Distance, c.Algorithm); err != nil {
		return nil, err
	}
	if m.Code, m.K, err = c.join(ctx, cores, index); err != nil {
		return nil, err
	}
	m.open(index)
	labels := make([]int, s.n)
	m.answers.each(s.x, func(a *asking, i int, x []float64) { labels[i] = m.one(a, x) })
	if c.Precomputed { // a core row that does not store its distance from itself
		for k, i := range core {
			labels[i] = m.Code[k]
		}
	}
	m.Labels = m.answers.label(t, func(i int) int { return labels[i] })
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// norm is the distance as a norm, if a KD-tree is to be searched by it.
func (c DBSCAN) norm() (near.Norm, bool) {
	norm, ok := near.MeasureOf(c.Distance).(near.Norm)
	return norm, ok && !c.Precomputed && (c.Algorithm == neighbors.Auto || c.Algorithm == neighbors.KDTree)
}

// byCells finds core rows, what joins them, and who belongs to them, cell by cell.
func (m *DBSCANModel) byCells(ctx context.Context, t ml.Table, s *space, points near.Points, norm near.Norm) error {
	c := m.Config.(DBSCAN)
	dense := near.NewDense(points, norm, c.Eps)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	inside := dense.Cores(s.weight, c.MinSamples)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	var code []int32
	code, m.K = dense.Groups(inside)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	n := 0
	for _, in := range inside {
		if in {
			n++
		}
	}
	m.Core, m.Code = tensor.New[float64](n, s.d), make([]int, 0, n)
	for i, k := range code {
		if k >= 0 {
			copy(m.Core.Row(len(m.Code)), points.Row(i))
			m.Code = append(m.Code, int(k))
		}
	}
	dense.Borders(code)
	m.ask(norm)
	m.Labels = m.answers.label(t, func(i int) int { return int(code[i]) })
	return ml.Done(ctx)
}

// ask makes the model ready for questions by a norm. The tree is made when it is first asked.
func (m *DBSCANModel) ask(norm near.Norm) {
	m.codes = sync.OnceValue(func() *near.Codes {
		return near.NewCodes(near.NewKDTree(near.PointsOf(rows.Of(m.Core)), norm, 0), m.Code)
	})
	m.answers = newAnswererAmong("cluster.DBSCANModel", &m.Fitted, 1000, false, m.one)
}

func (c DBSCAN) check(where string, columns int, sparse bool) error {
	switch {
	case !(c.Eps > 0 && c.Eps <= math.MaxFloat64):
		return ml.BadConfig(where, "Eps", c.Eps, "> 0, or 0 for 0.5")
	case !(c.MinSamples > 0 && c.MinSamples <= math.MaxFloat64):
		return ml.BadConfig(where, "MinSamples", c.MinSamples, "> 0, or 0 for 5")
	}
	return checkSought(where, columns, sparse, c.Precomputed, c.Distance, c.Algorithm)
}

// join gives core rows within Eps of each other one code. Each row looks for those before it, in chunks that do not depend on the number of cores, and the unions are
// made in the order of the rows; the root of a set is its first row, so codes count first rows.
func (c DBSCAN) join(ctx context.Context, core *sought, index near.Index) (code []int, k int, err error) {
	n := core.x.Len()
	if n == 0 {
		return nil, 0, nil
	}
	root := make([]int32, n)
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	// The neighbours of a chunk of rows are found in parallel, and joined before the next chunk.
	const chunk = 2048
	before := make([][]int32, chunk)
	for lo := 0; lo < n; lo += chunk {
		if err := ml.Done(ctx); err != nil {
			return nil, 0, err
		}
		hi := min(lo+chunk, n)
		par.For(hi-lo, 3000, func(from, to int) {
			var a asking
			for i := from; i < to; i++ {
				before[i] = before[i][:0]
				near.Visit(index, &a.Search, core.row(&a, lo+i), c.Eps, func(at int, _ float64) bool {
					if at < lo+i {
						before[i] = append(before[i], int32(at))
					}
					return true
				})
			}
		})
		for i := range hi - lo {
			for _, j := range before[i] {
				a, b := find(int32(lo+i)), find(j)
				root[max(a, b)] = min(a, b)
			}
		}
	}
	code = make([]int, n)
	for i := range code {
		if r := find(int32(i)); int(r) == i {
			code[i] = k
			k++
		} else {
			code[i] = code[r]
		}
	}
	return code, k, nil
}

// Restore checks a model that was read from a file and makes its index.
func (m *DBSCANModel) Restore() error { return m.ready("cluster.DBSCANModel") }

func (m *DBSCANModel) ready(where string) error {
	c, ok := m.Config.(DBSCAN)
	if !ok {
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a cluster.DBSCAN", Kind: ml.ErrFormat}
	}
	core, err := soughtFrom(where, m.Core, m.Sparse, c.Precomputed, m.At, len(m.Code), m.Info.Features)
	if err != nil {
		return err
	}
	if err := c.check(where, m.Info.Features, m.Sparse != nil); err != nil {
		return err
	}
	for i, code := range m.Code {
		if code < 0 || code >= m.K {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Code[%d]", i), Found: fmt.Sprint(code), Want: fmt.Sprintf("0 to %d", m.K-1), Kind: ml.ErrFormat}
		}
	}
	if err := checkLabels(where, m.Labels, m.Info.Rows, m.K); err != nil {
		return err
	}
	if norm, ok := c.norm(); ok && m.Sparse == nil {
		m.ask(norm)
		return nil
	}
	index, err := core.index(where, c.Distance, c.Algorithm)
	if err != nil {
		return err
	}
	m.open(index)
	return nil
}

// open makes the model ready for questions by a search.
func (m *DBSCANModel) open(index near.Index) {
	m.index = index
	m.answers = newAnswererAmong("cluster.DBSCANModel", &m.Fitted, 3000, m.Config.(DBSCAN).Precomputed, m.one)
}

func (m *DBSCANModel) one(a *asking, x []float64) int {
	if m.codes != nil {
		return m.codes().Within(&a.Search, x, m.Config.(DBSCAN).Eps)
	}
	best := ml.None
	near.Visit(m.index, &a.Search, x, m.Config.(DBSCAN).Eps, func(at int, _ float64) bool {
		if code := m.Code[at]; best < 0 || code < best {
			best = code
		}
		return best != 0 // there is no lower one
	})
	return best
}

// Predict returns the cluster of each row of x: the lowest code of the core rows within Eps, or ml.None if there are none.
func (m *DBSCANModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers.predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *DBSCANModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *DBSCANModel) PredictRow(x []float64) (int, error) { return m.answers.predictRow(x) }
