package neighbors

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Algorithm is how neighbours are searched for. All give the same neighbours; they differ in time.
type Algorithm uint8

const (
	// Auto takes a KD-tree for few columns, a ball tree for other metrics, and brute force beyond. The zero value.
	Auto Algorithm = iota
	// Brute compares with every row: O(rows · columns) for a query, whatever the data.
	Brute
	// KDTree cuts along columns: O(log rows) for few columns. For Euclidean, Manhattan, Chebyshev and Minkowski distances.
	KDTree
	// BallTree holds rows in balls: for every distance that keeps the triangle inequality (see [Metric]).
	BallTree
	// VPTree halves rows by their distance from one of them, for the same distances: fewer of them in a query where they are dear.
	VPTree
	// CoverTree holds rows in levels of centres that lie apart, for the same distances: for rows that fill less room than they have columns.
	CoverTree
	// BKTree has a branch for each distance: for those that take few values, such as [metrics.EditDistance] and [metrics.Hamming].
	BKTree
)

// String returns the name.
func (a Algorithm) String() string {
	names := [...]string{"auto", "brute", "KD-tree", "ball tree", "VP-tree", "cover tree", "BK-tree"}
	if int(a) < len(names) {
		return names[a]
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// Metric is a distance of the user's that says whether it keeps the triangle inequality, and may so be searched with a ball tree and the trees after it.
type Metric interface {
	metrics.Distance
	Triangle() bool
}

// searching are the fields that the configs share.
type searching struct {
	where     string
	algorithm Algorithm
	leaf      int
	distance  metrics.Distance
}

func (c searching) check(columns int) error {
	switch {
	case c.algorithm > BKTree:
		return ml.BadConfig(c.where, "Algorithm", c.algorithm, "Auto, Brute or one of the trees")
	case c.leaf < 0:
		return ml.BadConfig(c.where, "LeafSize", c.leaf, ">= 1, or 0 for 16")
	}
	return metrics.CheckDistance(c.where, c.distance, columns)
}

// store is the training rows with their index.
type store struct {
	index  near.Index
	n      int
	weight []float64
	whole  float64 // sum of the weights
	pool   *sync.Pool
}

// asking is the memory of a query.
type asking struct {
	near.Search
	far    []float64
	shares []float64
	row    []float64
}

// buffer is room for a row and for shares.
func (a *asking) buffer(columns, shares int) (row, s []float64) {
	if cap(a.row) < columns {
		a.row = make([]float64, columns)
	}
	if cap(a.shares) < shares {
		a.shares = make([]float64, shares)
	}
	return a.row[:columns], a.shares[:shares]
}

// few tells whether so many rows are answered one by one, which allocates nothing.
func few(n int) bool { return n <= 4 }

// kept are the training rows whose weight is above zero; they are copied.
func kept(t ml.Table) (x *tensor.Tensor[float64], weight []float64, from []int) {
	r := rows.Of(t.X)
	n, d := r.Dims()
	for i := range n {
		if t.Weight == nil || t.Weight[i] > 0 {
			from = append(from, i)
		}
	}
	x = tensor.New[float64](len(from), d)
	buf := make([]float64, d)
	for k, i := range from {
		copy(x.Row(k), r.Row(i, buf))
		if t.Weight != nil {
			weight = append(weight, t.Weight[i])
		}
	}
	return x, weight, from
}

// check is the first line of every question about rows.
func check(where string, f *ml.Fitted, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	if err := dense(where, x); err != nil {
		return err
	}
	return ml.CheckFinite(where, f, x, ml.AcceptsOf(f.Config).Missing)
}

// checkRow is check of a single row.
func checkRow(where string, f *ml.Fitted, x []float64) error {
	if !ml.AcceptsOf(f.Config).Missing {
		return ml.CheckFiniteRow(where, f, x)
	}
	if err := ml.CheckRow(where, f, x); err != nil {
		return err
	}
	for j, v := range x {
		if math.IsInf(v, 0) {
			return ml.NotFinite(where, f.Columns, 0, j, v)
		}
	}
	return nil
}

// dense refuses CSR.
func dense(where string, x tensor.Matrix) error {
	if rows.Of(x).Sparse() {
		return ml.BadShape(where, "X", "a CSR matrix", "a dense one: searches need every number")
	}
	return nil
}

// newStore makes the index of rows that were checked.
func newStore(c searching, x *tensor.Tensor[float64], weight []float64) (*store, error) {
	if x == nil || len(x.Shape()) != 2 || x.Shape()[0] == 0 || weight != nil && len(weight) != x.Shape()[0] {
		return nil, &ml.Error{Where: c.where, Field: "Rows and Weight", Found: "of other shapes", Want: "rows, and a weight for each", Kind: ml.ErrFormat}
	}
	n, d := x.Dims()
	if i, j, v, ok := rows.CheckFinite(x, metrics.DistanceAccepts(c.distance).Missing); !ok {
		return nil, &ml.Error{Where: c.where, Field: fmt.Sprintf("Rows[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrFormat}
	}
	s := &store{n: n, weight: weight, whole: float64(n)}
	if weight != nil {
		s.whole = 0
		for i, w := range weight {
			if !(w > 0 && w <= math.MaxFloat64) {
				return nil, &ml.Error{Where: c.where, Field: fmt.Sprintf("Weight[%d]", i), Found: fmt.Sprint(w), Want: "above zero and finite", Kind: ml.ErrFormat}
			}
			s.whole += w
		}
	}
	data, ok := rows.Of(x).Whole()
	if !ok {
		data = slices.Clone(near.PointsOf(rows.Of(x)).X)
	}
	ix, why := near.Choose(near.Points{N: n, D: d, X: data}, c.distance, near.Kind(c.algorithm), c.leaf)
	if ix == nil {
		return nil, ml.BadConfig(c.where, "Algorithm", fmt.Sprintf("%v for %T", c.algorithm, c.distance), why)
	}
	s.index = ix
	s.pool = &sync.Pool{New: func() any { return new(asking) }}
	return s, nil
}

// nearest are the neighbours that make up k rows, a row of weight w being w rows; without weights they are k.
func (s *store) nearest(a *asking, q []float64, k int) []near.Neighbor {
	if s.weight == nil {
		return s.index.Nearest(&a.Search, q, k)
	}
	for ask := k; ; ask *= 2 {
		found := s.index.Nearest(&a.Search, q, ask)
		if cut, enough := s.enough(found, k); enough || len(found) == s.n {
			return found[:cut]
		}
	}
}

// enough is how many of the list make up k rows, and whether they do.
func (s *store) enough(found []near.Neighbor, k int) (int, bool) {
	sum := 0.0
	for i, n := range found {
		if sum += s.weight[n.Index]; sum >= float64(k) {
			return i + 1, true
		}
	}
	return len(found), false
}

// count is how many rows neighbour i of a list counts for, of k in all.
func (s *store) count(i int, k, before float64) float64 {
	if s.weight == nil {
		return 1
	}
	return min(s.weight[i], k-before)
}

// each asks for the neighbours of every row that make up k rows, on all cores.
func (s *store) each(x tensor.Matrix, k int, f func(i int, a *asking, found []near.Neighbor)) {
	r := rows.Of(x)
	near.Each(s.index, r, min(k, s.n), func(i int, found []near.Neighbor) {
		a := s.pool.Get().(*asking)
		defer s.pool.Put(a)
		if s.weight != nil {
			cut, enough := s.enough(found, k)
			if !enough && len(found) < s.n {
				f(i, a, s.nearest(a, r.Row(i, make([]float64, r.Cols())), k))
				return
			}
			found = found[:cut]
		}
		f(i, a, found)
	})
}

// eachWithin asks for all neighbours within a radius of every row.
func (s *store) eachWithin(x tensor.Matrix, radius float64, f func(i int, a *asking, found []near.Neighbor)) {
	near.EachWithin(s.index, rows.Of(x), radius, func(i int, found []near.Neighbor) {
		a := s.pool.Get().(*asking)
		defer s.pool.Put(a)
		f(i, a, found)
	})
}
