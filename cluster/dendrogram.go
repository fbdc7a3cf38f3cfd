package cluster

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Dendrogram is a tree of merges of n leaves, in the layout of SciPy's linkage matrices.
type Dendrogram struct {
	// Z has a row for each merge, n-1 x 4: the numbers of the two clusters, the smaller first, the height, and how many leaves the new cluster has. Leaves are numbered
	// 0..n-1, the cluster of merge i is n+i. A leaf is a row of positive weight.
	Z *tensor.Tensor[float64]
}

// sortMerges puts merges in the order of their heights; of equal ones, those found first come first.
func sortMerges(m []merge) {
	slices.SortStableFunc(m, func(x, y merge) int { return cmp.Compare(x.height, y.height) })
}

// newDendrogram numbers the clusters of merges, which name each by any of its leaves, or by its number.
func newDendrogram(merges []merge, n int) Dendrogram {
	z := tensor.New[float64](len(merges), 4)
	root := make([]int, n+len(merges))
	size := make([]float64, len(root))
	for i := range root {
		root[i] = i
		size[i] = 1
	}
	for i, m := range merges {
		a, b := rootOf(root, int(m.a)), rootOf(root, int(m.b))
		k := n + i
		root[a], root[b] = k, k
		size[k] = size[a] + size[b]
		copy(z.Row(i), []float64{float64(min(a, b)), float64(max(a, b)), m.height, size[k]})
	}
	return Dendrogram{z}
}

// leaves is n.
func (d Dendrogram) leaves() int { return d.Z.Shape()[0] + 1 }

// check checks a tree that was read from a file and returns its leaves.
func (d Dendrogram) check(where string) (int, error) {
	if d.Z == nil || len(d.Z.Shape()) != 2 || d.Z.Shape()[1] != 4 {
		return 0, notSound(where, "Z", "of another shape", "n-1 x 4")
	}
	n := d.leaves()
	used := make([]bool, 2*n-1)
	for i := range n - 1 {
		row := d.Z.Row(i)
		count := 0.0
		for _, c := range row[:2] {
			if !(c >= 0 && c < float64(n+i)) || c != math.Trunc(c) || used[int(c)] {
				return 0, notSound(where, fmt.Sprintf("Z[%d]", i), fmt.Sprint(c), "a cluster that is not merged yet")
			}
			used[int(c)] = true
			count += d.count(int(c))
		}
		if !(row[2] >= 0 && row[2] <= math.MaxFloat64) || row[3] != count {
			return 0, notSound(where, fmt.Sprintf("Z[%d]", i), fmt.Sprint(row), "a finite height and the number of leaves")
		}
	}
	return n, nil
}

func (d Dendrogram) count(node int) float64 {
	if n := d.leaves(); node >= n {
		return d.Z.At(node-n, 3)
	}
	return 1
}

// children are the two clusters that a merge joined.
func (d Dendrogram) children(i int) (a, b int) { return int(d.Z.At(i, 0)), int(d.Z.At(i, 1)) }

// CutK returns for each leaf its cluster where the last K-1 merges are undone; k is held to 1..n. Clusters are numbered by their first leaves.
func (d Dendrogram) CutK(k int) []int {
	n := d.leaves()
	kept := make([]bool, n-1)
	for i := range n - max(1, min(k, n)) {
		kept[i] = true
	}
	return d.codes(kept)
}

// CutHeight returns for each leaf its cluster where all clusters are undone that were merged at height h or above, or that hold one which was.
func (d Dendrogram) CutHeight(h float64) []int {
	n := d.leaves()
	kept := make([]bool, n-1)
	for i := range kept {
		a, b := d.children(i)
		kept[i] = d.Z.At(i, 2) < h && (a < n || kept[a-n]) && (b < n || kept[b-n])
	}
	return d.codes(kept)
}

// codes numbers the clusters that the merges that are kept leave.
func (d Dendrogram) codes(kept []bool) []int {
	n := d.leaves()
	root := make([]int, 2*n-1)
	for i := range root {
		root[i] = i
	}
	for i := len(kept) - 1; i >= 0; i-- {
		if a, b := d.children(i); kept[i] {
			root[a], root[b] = root[n+i], root[n+i]
		}
	}
	codes := make([]int, n)
	name := map[int]int{}
	for i := range codes {
		k, ok := name[root[i]]
		if !ok {
			k = len(name)
			name[root[i]] = k
		}
		codes[i] = k
	}
	return codes
}

// within tells of each merge whether all that it joined has one code.
func (d Dendrogram) within(codes []int) []bool {
	n := d.leaves()
	of := make([]int, 2*n-1) // the code of a cluster, -1: several
	copy(of, codes)
	out := make([]bool, n-1)
	for i := range out {
		a, b := d.children(i)
		of[n+i] = -1
		if out[i] = of[a] >= 0 && of[a] == of[b]; out[i] {
			of[n+i] = of[a]
		}
	}
	return out
}

// Order returns the leaves from left to right as the tree is drawn, the cluster of the smaller number on the left.
func (d Dendrogram) Order() []int {
	n := d.leaves()
	order := make([]int, 0, n)
	stack := []int{2*n - 2}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if at < n {
			order = append(order, at)
			continue
		}
		a, b := d.children(at - n)
		stack = append(stack, b, a)
	}
	return order
}

// Cophenetic returns the height at which each pair of leaves comes into one cluster: those of leaf 0 with 1, 2, ..., then of 1 with 2, 3, ..., n(n-1)/2 in all.
func (d Dendrogram) Cophenetic() []float64 {
	n := d.leaves()
	out := make([]float64, n*(n-1)/2)
	members := make([][]int, 2*n-1)
	for i := range n {
		members[i] = []int{i}
	}
	for k := range n - 1 {
		a, b := d.children(k)
		for _, i := range members[a] {
			for _, j := range members[b] {
				u, v := min(i, j), max(i, j)
				out[u*n-u*(u+1)/2+v-u-1] = d.Z.At(k, 2)
			}
		}
		members[n+k] = append(members[a], members[b]...)
		members[a], members[b] = nil, nil
	}
	return out
}

// CopheneticCorrelation is how well the tree keeps distances between its leaves, given in the order of [Dendrogram.Cophenetic]: Pearson's correlation of the two (Sokal
// and Rohlf, "The comparison of dendrograms by objective methods", Taxon 11, 1962). NaN if either are all the same.
func (d Dendrogram) CopheneticCorrelation(distances []float64) (float64, error) {
	c := d.Cophenetic()
	if len(c) != len(distances) {
		return 0, ml.BadShape("cluster.Dendrogram.CopheneticCorrelation", "distances", fmt.Sprintf("%d long", len(distances)), fmt.Sprintf("%d, one for each pair", len(c)))
	}
	var mx, my float64
	for i, v := range c {
		mx += v / float64(len(c))
		my += distances[i] / float64(len(c))
	}
	var xx, yy, xy float64
	for i, v := range c {
		x, y := v-mx, distances[i]-my
		xx += float64(x * x)
		yy += float64(y * y)
		xy += float64(x * y)
	}
	return xy / math.Sqrt(xx*yy), nil
}

// OptimalOrder returns the order of the leaves, of all that a drawing of the tree can have, whose neighbours are the least apart in sum, by distances in the order of
// [Dendrogram.Cophenetic] (Bar-Joseph, Gifford and Jaakkola, "Fast optimal leaf ordering for hierarchical clustering", Bioinformatics 17, 2001). It takes O(n³) time and
// O(n²) memory.
func (d Dendrogram) OptimalOrder(distances []float64) ([]int, error) {
	n := d.leaves()
	if len(distances) != n*(n-1)/2 {
		return nil, ml.BadShape("cluster.Dendrogram.OptimalOrder", "distances", fmt.Sprintf("%d long", len(distances)), fmt.Sprintf("%d, one for each pair", n*(n-1)/2))
	}
	o := &ordering{d: d, n: n, apart: distances, cost: make([]float64, n*n), leaves: make([][]int, 2*n-1)}
	for i := range n {
		o.leaves[i] = []int{i}
	}
	for k := range n - 1 {
		o.solve(k)
	}
	if n == 1 {
		return []int{0}, nil
	}
	best := [2]int{-1, -1}
	a, b := d.children(n - 2)
	for _, u := range o.leaves[a] {
		for _, w := range o.leaves[b] {
			if best[0] < 0 || o.cost[u*n+w] < o.cost[best[0]*n+best[1]] {
				best = [2]int{u, w}
			}
		}
	}
	return o.lay(nil, 2*n-2, best[0], best[1]), nil
}

// ordering finds the least cost of each cluster's leaves between each two that can stand at its ends.
type ordering struct {
	d      Dendrogram
	n      int
	apart  []float64
	cost   []float64 // n x n, of the cluster where the two leaves come together
	leaves [][]int
}

func (o *ordering) gap(i, j int) float64 {
	i, j = min(i, j), max(i, j)
	return o.apart[i*o.n-i*(i+1)/2+j-i-1]
}

// inner are the leaves that can stand at the other end of a cluster than u.
func (o *ordering) inner(node, u int) []int {
	if node < o.n {
		return o.leaves[node]
	}
	a, b := o.d.children(node - o.n)
	if slices.Contains(o.leaves[a], u) {
		return o.leaves[b]
	}
	return o.leaves[a]
}

// solve finds the costs of merge k: with u and w at the ends, the left part ends in m and the right begins with j.
func (o *ordering) solve(k int) {
	n := o.n
	a, b := o.d.children(k)
	left, right := o.leaves[a], o.leaves[b]
	half := make([]float64, n) // the least with u at the end, before j
	for _, u := range left {
		ends := o.inner(a, u)
		for _, j := range right {
			half[j] = math.Inf(1)
			for _, m := range ends {
				half[j] = min(half[j], o.cost[u*n+m]+o.gap(m, j))
			}
		}
		for _, w := range right {
			least := math.Inf(1)
			for _, j := range o.inner(b, w) {
				least = min(least, half[j]+o.cost[j*n+w])
			}
			o.cost[u*n+w], o.cost[w*n+u] = least, least
		}
	}
	o.leaves[n+k] = slices.Concat(left, right)
}

// lay appends the leaves of a cluster from u to w.
func (o *ordering) lay(order []int, node, u, w int) []int {
	if node < o.n {
		return append(order, node)
	}
	a, b := o.d.children(node - o.n)
	if !slices.Contains(o.leaves[a], u) {
		a, b = b, a
	}
	best, least := [2]int{-1, -1}, math.Inf(1)
	for _, m := range o.inner(a, u) {
		for _, j := range o.inner(b, w) {
			if c := o.cost[u*o.n+m] + o.gap(m, j) + o.cost[j*o.n+w]; c < least || best[0] < 0 {
				best, least = [2]int{m, j}, c
			}
		}
	}
	return o.lay(o.lay(order, a, u, best[0]), b, best[1], w)
}
