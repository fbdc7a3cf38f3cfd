package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// DBCV is the density-based validity of clusters of any shape, -1 to 1, best 1: how much sparser it is between clusters than within them, the mean over the clusters by their share of all rows. Code -1 is
// noise, which is no cluster but counts among the rows. d = nil: Euclidean. Of equal edges of a spanning tree the one to the lowest row is taken. Rows that are equal to another have no finite density: their core distance is 0. NaN for fewer than
// two clusters, a cluster of a single row, and where [Distances] gives an error. O(rows² · columns), memory for the distances within the largest cluster and between two.
//
// Moulavi, Jaskowiak, Campello, Zimek and Sander: Density-based clustering validation. SDM (2014).
func DBCV(x tensor.Matrix, cluster []int, d Distance) float64 {
	const where = "metrics.DBCV"
	if rows.Fault(x) != "" {
		return math.NaN()
	}
	n, p := x.Dims()
	if CheckRows(where, n, len(cluster), nil) != nil {
		return math.NaN()
	}
	if d == nil {
		d = Euclidean{}
	}
	clustered := make([]int, 0, n)
	for i, c := range cluster {
		if c != -1 {
			clustered = append(clustered, i)
		}
	}
	codes := make([]int, len(clustered))
	for k, i := range clustered {
		codes[k] = cluster[i]
	}
	at, k := ordinals(codes, nil)
	if k < 2 {
		return math.NaN()
	}
	members := make([][]int, k)
	for i, c := range at {
		members[c] = append(members[c], clustered[i])
	}
	parts := make([]dense, k)
	for c, list := range members {
		if len(list) < 2 {
			return math.NaN()
		}
		dist, err := Distances(rows.Select(x, list), nil, d)
		if err != nil {
			return math.NaN()
		}
		parts[c] = newDense(dist, list, float64(p))
	}
	apart := make([]float64, k)
	for c := range apart {
		apart[c] = math.Inf(1)
	}
	for a := range parts {
		for b := a + 1; b < k; b++ {
			dist, err := Distances(rows.Select(x, parts[a].inner), rows.Select(x, parts[b].inner), d)
			if err != nil {
				return math.NaN()
			}
			least := math.Inf(1)
			for i := range parts[a].inner {
				for j, v := range dist.Row(i) {
					least = min(least, max(v, parts[a].core[i], parts[b].core[j]))
				}
			}
			apart[a], apart[b] = min(apart[a], least), min(apart[b], least)
		}
	}
	var total sum
	for c, part := range parts {
		if widest := max(apart[c], part.sparse); widest > 0 {
			total.add(float64(len(members[c])) / float64(n) * ((apart[c] - part.sparse) / widest))
		}
	}
	return total.value()
}

// dense is a cluster by its spanning tree of mutual reachability.
type dense struct {
	sparse float64   // the longest edge between inner rows
	inner  []int     // rows with more than one edge
	core   []float64 // their core distances
}

// newDense grows the tree from the first row, by the nearest row that is not in it.
func newDense(dist *tensor.Tensor[float64], list []int, dimension float64) dense {
	n := len(list)
	core := make([]float64, n)
	for i := range core {
		core[i] = coreDistance(dist.Row(i), dimension)
	}
	reach := func(i, j int) float64 { return max(dist.At(i, j), core[i], core[j]) }
	type edge struct {
		from, to int
		long     float64
	}
	in, near, from := make([]bool, n), make([]float64, n), make([]int, n)
	for i := range near {
		near[i] = math.Inf(1)
	}
	edges, degree, current := make([]edge, 0, n-1), make([]int, n), 0
	for len(edges) < n-1 {
		in[current] = true
		next := -1
		for j := range n {
			if in[j] {
				continue
			}
			if v := reach(current, j); v < near[j] || v == near[j] && current < from[j] {
				near[j], from[j] = v, current
			}
			if next < 0 || near[j] < near[next] {
				next = j
			}
		}
		edges = append(edges, edge{from[next], next, near[next]})
		degree[from[next]]++
		degree[next]++
		current = next
	}
	out := dense{}
	for i, e := range degree {
		if e > 1 {
			out.inner, out.core = append(out.inner, list[i]), append(out.core, core[i])
		}
	}
	longest, some := 0.0, false
	for _, e := range edges {
		longest = max(longest, e.long)
		if degree[e.from] > 1 && degree[e.to] > 1 {
			out.sparse, some = max(out.sparse, e.long), true
		}
	}
	if !some { // as the authors' own program
		out.sparse = longest
	}
	if out.inner == nil {
		out.inner, out.core = list[:1], core[:1]
	}
	return out
}

// coreDistance is the inverse of the mean density around a row: of 1/distance to the power of the dimension, taken relative to the nearest row so that no power overflows.
func coreDistance(to []float64, dimension float64) float64 {
	least := math.Inf(1)
	zeros := 0
	for _, v := range to {
		if v == 0 {
			zeros++
		} else {
			least = min(least, v)
		}
	}
	if zeros > 1 || math.IsInf(least, 1) {
		return 0
	}
	var total sum
	for _, v := range to {
		if v > 0 {
			total.add(math.Pow(least/v, dimension))
		}
	}
	return least * math.Pow(total.value()/float64(len(to)-1), -1/dimension)
}
