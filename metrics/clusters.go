package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// clustered is rows with their clusters, the absent ones left out, in the order of the clusters.
type clustered struct {
	x      tensor.Matrix
	weight []float64 // of each row of x
	start  []int     // of each cluster's rows, and their end
	at     []int     // where a row of x stood
}

// newClustered asks for one cluster for each row, and at least two clusters among them. Codes may be any whole numbers; -1, noise, is a cluster like another: give its rows the weight 0 to leave it out.
func newClustered(where string, x tensor.Matrix, cluster []int, weight []float64) (*clustered, error) {
	if fault := rows.Fault(x); fault != "" {
		return nil, ml.BadShape(where, "x", fault, "a matrix")
	}
	n, _ := x.Dims()
	if err := CheckRows(where, n, len(cluster), weight); err != nil {
		return nil, err
	}
	code, k := ordinals(cluster, weight)
	if k < 2 {
		return nil, &ml.Error{Where: where, Field: "clusters", Found: "one for all rows", Want: "at least two", Kind: ml.ErrData}
	}
	c := &clustered{start: make([]int, k+1)}
	members := make([][]int, k)
	for i, m := range code {
		if !absent(weight, i) {
			members[m] = append(members[m], i)
		}
	}
	for m, list := range members {
		c.at = append(c.at, list...)
		c.start[m+1] = len(c.at)
	}
	c.x = rows.Select(x, c.at)
	for _, i := range c.at {
		c.weight = append(c.weight, w(weight, i))
	}
	if i, j, v, ok := rows.CheckFinite(c.x, false); !ok {
		return nil, &ml.Error{Where: where, Field: fmt.Sprintf("x[%d, %d]", c.at[i], j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
	}
	return c, nil
}

func (c *clustered) k() int { return len(c.start) - 1 }

// of is the cluster of row i of x.
func (c *clustered) of(i int) int {
	m := 0
	for c.start[m+1] <= i {
		m++
	}
	return m
}

// sizes are the weights of the clusters.
func (c *clustered) sizes() []float64 {
	out := make([]float64, c.k())
	for m := range out {
		out[m] = totalOf(0, c.weight[c.start[m]:c.start[m+1]])
	}
	return out
}

// SilhouetteSamples is, for each row, how much nearer it is on average to its own cluster than to the nearest other one, -1 to 1; 0 for a row that is its cluster alone. d = nil: Euclidean. A row of weight k is k rows; those of weight 0 get
// NaN. ErrData for a single cluster, or one for each row; the rest is as in [CheckRows] and [Distances]. O(rows² · columns), memory for one block of distances.
func SilhouetteSamples(x tensor.Matrix, cluster []int, d Distance, weight ...float64) ([]float64, error) {
	const where = "metrics.SilhouetteSamples"
	if d == nil {
		d = Euclidean{}
	}
	c, err := newClustered(where, x, cluster, weight)
	if err != nil {
		return nil, err
	}
	n, sizes := len(c.at), c.sizes()
	if float64(c.k()) >= totalOf(0, c.weight) {
		return nil, &ml.Error{Where: where, Field: "clusters", Found: "one for each row", Want: "fewer clusters than rows", Kind: ml.ErrData}
	}
	p, err := newPairing(where, c.x, nil, d)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(cluster))
	for i := range out {
		out[i] = math.NaN()
	}
	err = p.blocks(0, func(first, m int, block []float64) error {
		par.For(m, n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row, own := block[i*n:(i+1)*n], c.of(first+i)
				if len(weight) > 0 {
					kern.Mul(row, row, c.weight)
				}
				inside, near := 0.0, math.Inf(1)
				for m, size := range sizes {
					s := kern.SumPortable(row[c.start[m]:c.start[m+1]])
					if m == own {
						inside = s / (size - 1)
					} else {
						near = min(near, s/size)
					}
				}
				v := (near - inside) / max(inside, near)
				if sizes[own] <= 1 || v != v {
					v = 0
				}
				out[c.at[first+i]] = v
			}
		})
		return nil
	})
	return out, err
}

// Silhouette is the mean of [SilhouetteSamples]. Best 1. NaN where that gives an error.
func Silhouette(x tensor.Matrix, cluster []int, d Distance, weight ...float64) float64 {
	s, err := SilhouetteSamples(x, cluster, d, weight...)
	if err != nil {
		return math.NaN()
	}
	return meanOf(len(s), weight, func(i int) float64 { return s[i] })
}

// centers are the weighted means of the clusters' rows, and of all rows.
func (c *clustered) centers() (centers [][]float64, overall []float64) {
	x := rows.Of(c.x)
	buf := make([]float64, x.Cols())
	all := make([]mean, x.Cols())
	for m := range c.k() {
		own := make([]mean, x.Cols())
		for i := c.start[m]; i < c.start[m+1]; i++ {
			for j, v := range x.Row(i, buf) {
				own[j].add(v, c.weight[i])
			}
		}
		center := make([]float64, x.Cols())
		for j, s := range own {
			center[j] = s.value()
			all[j] = all[j].join(s)
		}
		centers = append(centers, center)
	}
	for _, s := range all {
		overall = append(overall, s.value())
	}
	return centers, overall
}

// CalinskiHarabasz is the variance between the centres of the clusters over that within them, each by its degrees of freedom. The more the better; 1 if all rows of each cluster are equal, as in
// scikit-learn. NaN for a single cluster, or one for each row. O(rows · columns).
func CalinskiHarabasz(x tensor.Matrix, cluster []int, weight ...float64) float64 {
	c, err := newClustered("metrics.CalinskiHarabasz", x, cluster, weight)
	if err != nil {
		return math.NaN()
	}
	n, k := totalOf(0, c.weight), float64(c.k())
	if k >= n {
		return math.NaN()
	}
	centers, overall := c.centers()
	r := rows.Of(c.x)
	buf := make([]float64, r.Cols())
	var between, within sum
	for m, size := range c.sizes() {
		between.add(size * squared(centers[m], overall))
		for i := c.start[m]; i < c.start[m+1]; i++ {
			within.add(c.weight[i] * squared(r.Row(i, buf), centers[m]))
		}
	}
	if within.value() == 0 {
		return 1
	}
	return between.value() / within.value() * ((n - k) / (k - 1))
}

// DaviesBouldin is the mean over the clusters of their likeness to the one most like them: the sum of the mean distances of both from their centres, over the distance of the centres. Best 0. NaN for a single
// cluster, or one for each row. O(rows · columns + clusters²).
func DaviesBouldin(x tensor.Matrix, cluster []int, weight ...float64) float64 {
	c, err := newClustered("metrics.DaviesBouldin", x, cluster, weight)
	if err != nil || float64(c.k()) >= totalOf(0, c.weight) {
		return math.NaN()
	}
	centers, _ := c.centers()
	r := rows.Of(c.x)
	buf := make([]float64, r.Cols())
	spread, still := make([]float64, c.k()), true
	for m := range spread {
		var s mean
		for i := c.start[m]; i < c.start[m+1]; i++ {
			s.add(math.Sqrt(squared(r.Row(i, buf), centers[m])), c.weight[i])
		}
		spread[m] = s.value()
		still = still && spread[m] <= 1e-8
	}
	var scores mean
	apart := false
	for a := range spread {
		worst := 0.0
		for b := range spread {
			d := math.Sqrt(squared(centers[a], centers[b]))
			apart = apart || d > 1e-8
			if a != b && d > 0 {
				worst = max(worst, (spread[a]+spread[b])/d)
			}
		}
		scores.add(worst, 1)
	}
	if still || !apart {
		return 0
	}
	return scores.value()
}

// Dunn is the smallest distance of two rows of different clusters over the largest of two rows of one. The more the better; +Inf if no two rows of a cluster differ. d = nil: Euclidean. Of weights it
// matters only which are 0. NaN for a single cluster. O(rows² · columns), memory for one block of distances.
func Dunn(x tensor.Matrix, cluster []int, d Distance, weight ...float64) float64 {
	const where = "metrics.Dunn"
	if d == nil {
		d = Euclidean{}
	}
	c, err := newClustered(where, x, cluster, weight)
	if err != nil {
		return math.NaN()
	}
	p, err := newPairing(where, c.x, nil, d)
	if err != nil {
		return math.NaN()
	}
	n := len(c.at)
	near, wide := math.Inf(1), 0.0
	_ = p.blocks(0, func(first, m int, block []float64) error {
		for i := range m {
			own := c.of(first + i)
			for j, v := range block[i*n : (i+1)*n] {
				if c.start[own] <= j && j < c.start[own+1] {
					wide = max(wide, v)
				} else {
					near = min(near, v)
				}
			}
		}
		return nil
	})
	if wide == 0 && near == 0 {
		return math.NaN()
	}
	return near / wide
}
