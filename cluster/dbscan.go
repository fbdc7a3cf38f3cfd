package cluster

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
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// DBSCAN finds clusters of any shape where rows lie densely, and leaves out what lies alone (Ester, Kriegel, Sander and Xu, KDD 1996). A row with at least MinSamples
// rows within Eps, itself included, is a core row; core rows within Eps of each other share a cluster. Any other row goes to a cluster that has a core row within Eps,
// the one of the lowest code if there are several, or is noise: ml.None. Clusters are numbered by their first core row.
//
// A row of weight k counts as k rows, one of weight 0 is absent. Scale the columns first. CSR is an error. Neighbours are never all kept, so memory is O(rows).
// Under Euclidean, Manhattan, Chebyshev and Minkowski distances rows are taken
// cell by cell, of a grid up to three columns and of a KD-tree beyond: cells that lie wholly within Eps of each other cost no distances, others a block of them at a time.
// Of other distances each row is compared with those that an index finds. Nothing is random.
type DBSCAN struct {
	Eps        float64             // how far the rows of a neighbourhood reach; 0: 0.5
	MinSamples float64             // weight within Eps that makes a core row; 0: 5
	Distance   metrics.Distance    // nil: Euclidean
	Algorithm  neighbors.Algorithm // 0: Auto, cells for the norms, else a ball tree for few columns, else all rows; KDTree is Auto for norms alone
}

var _ ml.Fitter[ml.Table, *DBSCANModel] = DBSCAN{}

// DBSCANModel is the core rows of clusters. [DBSCAN] returns it. What it predicts for a training row is that row's cluster.
type DBSCANModel struct {
	ml.Fitted
	Core   *tensor.Tensor[float64] // core rows, in their order
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
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := c.check(where, t.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	s := newSpace(t)
	m := &DBSCANModel{Fitted: ml.NewFitted(t, nil, c)}
	points := s.points()
	if norm, ok := c.norm(); ok {
		if err := m.byCells(ctx, t, s, points, norm); err != nil {
			return nil, err
		}
		return m, nil
	}
	index, err := c.index(where, points)
	if err != nil {
		return nil, err
	}
	inside := make([]bool, s.n)
	par.For(s.n, 3000, func(lo, hi int) {
		var search near.Search
		for i := lo; i < hi; i++ {
			weight := 0.0
			near.Visit(index, &search, points.Row(i), c.Eps, func(at int, _ float64) bool {
				weight += s.w(at)
				return weight < c.MinSamples
			})
			inside[i] = weight >= c.MinSamples
		}
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	var core []int
	for i, in := range inside {
		if in {
			core = append(core, i)
		}
	}
	m.Core = tensor.New[float64](len(core), s.d)
	for k, i := range core {
		copy(m.Core.Row(k), points.Row(i))
	}
	if m.Code, m.K, err = c.join(ctx, where, m.Core); err != nil {
		return nil, err
	}
	if err := cmp.Or(m.open(where, c), ml.Done(ctx)); err != nil {
		return nil, err
	}
	labels := make([]int, s.n)
	m.answers.fill(labels, s.x)
	m.Labels = m.answers.label(t, func(i int) int { return labels[i] })
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// norm is the distance as a norm, if a KD-tree is to be searched by it.
func (c DBSCAN) norm() (near.Norm, bool) {
	norm, ok := near.MeasureOf(c.Distance).(near.Norm)
	return norm, ok && (c.Algorithm == neighbors.Auto || c.Algorithm == neighbors.KDTree)
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
	m.answers = newAnswerer("cluster.DBSCANModel", &m.Fitted, 1000, m.one)
}

func (c DBSCAN) check(where string, x tensor.Matrix) error {
	switch {
	case !(c.Eps > 0 && c.Eps <= math.MaxFloat64):
		return ml.BadConfig(where, "Eps", c.Eps, "> 0, or 0 for 0.5")
	case !(c.MinSamples > 0 && c.MinSamples <= math.MaxFloat64):
		return ml.BadConfig(where, "MinSamples", c.MinSamples, "> 0, or 0 for 5")
	case c.Algorithm > neighbors.BallTree:
		return ml.BadConfig(where, "Algorithm", c.Algorithm, "Auto, Brute, KDTree or BallTree")
	}
	_, d := x.Dims()
	if err := denseOnly(where, x); err != nil {
		return err
	}
	return metrics.CheckDistance(where, c.Distance, d)
}

func (c DBSCAN) index(where string, p near.Points) (near.Index, error) {
	return indexOf(where, p, c.Distance, c.Algorithm)
}

// join gives core rows within Eps of each other one code. Each row looks for those before it, in chunks that do not depend on the number of cores, and the unions are
// made in the order of the rows; the root of a set is its first row, so codes count first rows.
func (c DBSCAN) join(ctx context.Context, where string, core *tensor.Tensor[float64]) (code []int, k int, err error) {
	n := core.Shape()[0]
	if n == 0 {
		return nil, 0, nil
	}
	x := rows.Of(core)
	index, err := c.index(where, near.PointsOf(x))
	if err != nil {
		return nil, 0, err
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
			var s near.Search
			for i := from; i < to; i++ {
				before[i] = before[i][:0]
				near.Visit(index, &s, core.Row(lo+i), c.Eps, func(at int, _ float64) bool {
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
	if m.Core == nil || len(m.Core.Shape()) != 2 || m.Core.Shape()[1] != m.Info.Features || len(m.Code) != m.Core.Shape()[0] {
		return &ml.Error{Where: where, Field: "Core and Code", Found: "of other shapes", Want: fmt.Sprintf("rows of %d columns, and a code for each", m.Info.Features), Kind: ml.ErrFormat}
	}
	if err := c.check(where, m.Core); err != nil {
		return err
	}
	if i, j, v, ok := rows.CheckFinite(m.Core, false); !ok {
		return &ml.Error{Where: where, Field: fmt.Sprintf("Core[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrFormat}
	}
	for i, code := range m.Code {
		if code < 0 || code >= m.K {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Code[%d]", i), Found: fmt.Sprint(code), Want: fmt.Sprintf("0 to %d", m.K-1), Kind: ml.ErrFormat}
		}
	}
	if err := checkLabels(where, m.Labels, m.Info.Rows, m.K); err != nil {
		return err
	}
	return m.open(where, c)
}

// open makes the index.
func (m *DBSCANModel) open(where string, c DBSCAN) (err error) {
	if norm, ok := c.norm(); ok {
		m.ask(norm)
		return nil
	}
	m.index, err = c.index(where, near.PointsOf(rows.Of(m.Core)))
	m.answers = newAnswerer("cluster.DBSCANModel", &m.Fitted, 3000, m.one)
	return err
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
