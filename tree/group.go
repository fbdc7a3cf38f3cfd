package tree

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// group is a form of consecutive trees of at most 256 leaves whose columns fit into bytes. A model trained on histograms of 255 bins is one
// group, any other is cut into groups with cuts of their own. A row is walked, four bytes a node; blocks of rows run on vectors.
type group struct {
	e           *Ensemble
	first, last int // trees
	ranks       *ranks
	// nodes: the column in bits 0-7, the highest rank that goes left in bits 8-15, how far on the left child is in bits 16-31; the
	// right one is next to it. A leaf has its number for a column, and leads to itself, as every rank goes left.
	nodes []uint32
	roots []uint32
	depth []int32   // of each tree: how many steps lead to its deepest leaf
	begin []int32   // where the leaves of each tree begin
	node  []int32   // of each leaf, from left to right: the node of the ensemble
	value []float64 // of each leaf that is a scalar: its value times the weight of its tree

	once   sync.Once
	vector *vectors

	asked atomic.Int32 // rows by themselves
	alone atomic.Pointer[alone]
}

const mostLeaves = kern.TreeLeaves

// newGroup makes a group of the trees from first to last-1, for which r holds.
func newGroup(e *Ensemble, first, last int, r *ranks) *group {
	g := &group{e: e, first: first, last: last, ranks: r}
	n := int(e.Start[last] - e.Start[first])
	g.nodes = make([]uint32, 0, n)
	g.node = make([]int32, 0, n/2+last-first)
	for t := first; t < last; t++ {
		g.add(t)
	}
	if e.scalar() {
		g.value = make([]float64, len(g.node))
		for t := first; t < last; t++ {
			for l := g.begin[t-first]; int(l) < g.end(t-first); l++ {
				g.value[l] = e.weighted(t, e.Value[g.node[l]])
			}
		}
	}
	return g
}

// end is where the leaves of tree t of the group end.
func (g *group) end(t int) int {
	if t+1 < len(g.begin) {
		return int(g.begin[t+1])
	}
	return len(g.node)
}

// add appends tree t.
func (g *group) add(t int) {
	e, start := g.e, int(g.e.Start[t])
	number := e.numberLeaves(t)
	g.begin = append(g.begin, int32(len(g.node)))
	g.node = append(g.node, make([]int32, (len(number)+1)/2)...)
	order, depth := e.clustered(t)
	root := len(g.nodes)
	g.roots, g.depth = append(g.roots, uint32(root)), append(g.depth, depth)
	g.nodes = append(g.nodes, make([]uint32, len(order))...)
	place := make([]int32, len(order))
	for at, n := range order {
		place[n] = int32(at)
	}
	for at, n := range order {
		i := start + int(n)
		if e.Feature[i] < 0 {
			g.node[int(g.begin[t-g.first])+int(number[n])] = int32(i)
			g.nodes[root+at] = uint32(number[n]) | math.MaxUint8<<8
			continue
		}
		column, bound := g.split(i)
		g.nodes[root+at] = uint32(column) | uint32(bound)<<8 | uint32(place[e.Left[i]]-int32(at))<<16
	}
}

// clustered orders the nodes of tree t, as counted from the root, with children beside each other and seven pairs of them, which fill a cache
// line, as near to each other in the tree as can be. It also tells how deep the tree is.
func (e *Ensemble) clustered(t int) (order []int32, depth int32) {
	const pairs = 7
	start, n := int(e.Start[t]), e.Nodes(t)
	order = append(make([]int32, 0, n), 0)
	deep := make([]int32, n)
	tops := []int32{0}
	for len(tops) > 0 {
		near := []int32{tops[len(tops)-1]}
		tops = tops[:len(tops)-1]
		for k := 0; k < len(near); k++ {
			i := start + int(near[k])
			if e.Feature[i] < 0 {
				continue
			}
			if k >= pairs {
				tops = append(tops, near[k])
				continue
			}
			order = append(order, e.Left[i], e.Right[i])
			near = append(near, e.Left[i], e.Right[i])
			for _, child := range [2]int32{e.Left[i], e.Right[i]} {
				deep[child] = deep[near[k]] + 1
				depth = max(depth, deep[child])
			}
		}
	}
	return order, depth
}

// split is the column of node i and the highest rank that goes left.
func (g *group) split(i int) (column, bound uint8) {
	e := g.e
	cut, _ := cutOf(e.Rule[i], e.Threshold[i])
	return uint8(g.ranks.find(e.Feature[i], e.Rule[i])), uint8(rank(g.ranks.keys[e.Feature[i]], cut) - 1)
}

// numberLeaves numbers the leaves of tree t from left to right, by node; other nodes have the number of the first leaf below.
func (e *Ensemble) numberLeaves(t int) []int32 {
	lo, hi := int(e.Start[t]), int(e.Start[t+1])
	below := make([]int32, 2*(hi-lo))
	first := below[hi-lo:]
	for i := hi - 1; i >= lo; i-- { // children stand after their parents
		below[i-lo] = 1
		if e.Feature[i] >= 0 {
			below[i-lo] = below[e.Left[i]] + below[e.Right[i]]
		}
	}
	for i := lo; i < hi; i++ {
		if e.Feature[i] >= 0 {
			first[e.Left[i]] = first[i-lo]
			first[e.Right[i]] = first[i-lo] + below[e.Left[i]]
		}
	}
	return first
}

// onVectors reports whether blocks run on vectors, and makes what that needs.
func (g *group) onVectors() bool {
	if g.e.Linear != nil || !kern.TreesFast() {
		return false
	}
	g.once.Do(func() { g.vector = newVectors(g) })
	return true
}

// block adds the trees to the scores of n rows from lo.
func (g *group) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	k := g.e.Outputs
	if g.onVectors() {
		for ; n >= fewRows; lo, dst, n = lo+min(n, kern.TreeRows), dst[min(n, kern.TreeRows)*k:], n-min(n, kern.TreeRows) {
			some := min(n, kern.TreeRows)
			g.vector.block(dst[:some*k], x, lo, some, s)
		}
	}
	for ; n >= lanes && g.value != nil; lo, dst, n = lo+lanes, dst[lanes*k:], n-lanes {
		g.lanes(dst[:lanes*k], x, lo, s)
	}
	for i := range n {
		g.row(dst[i*k:(i+1)*k], x.Row(lo+i, s.x), s)
	}
}

func (g *group) leaves(dst []int32, x rows.Rows, lo, n int, s *scratch) {
	trees := g.e.Trees()
	if n >= fewRows && g.onVectors() {
		g.vector.leavesOf(dst, x, lo, n, s)
		return
	}
	for i := range n {
		for t, number := range g.numbers(x.Row(lo+i, s.x), s) {
			dst[i*trees+g.first+t] = g.node[int(g.begin[t])+int(number)]
		}
	}
}

// fewRows is from how many rows on a block on vectors, which does 64 at least, is faster than walking them.
const fewRows = 8

// lanes is block for eight rows, by walking.
func (g *group) lanes(dst []float64, x rows.Rows, lo int, s *scratch) {
	for l := range s.lanes {
		readColumns(g.ranks, s.lanes[l][:], x.Row(lo+l, s.x))
	}
	k := g.e.Outputs
	var leaf [lanes]uint8
	for t := range g.last - g.first {
		g.walkRows(&leaf, &s.lanes, t)
		sums, values := dst[g.e.output(g.first+t):], g.value[g.begin[t]:]
		for l, number := range leaf {
			g.e.sum(&sums[l*k], values[number])
		}
	}
}

// hop goes from place i to a child of it.
func hop(nodes []uint32, columns *[mostLeaves]uint8, i uint32) uint32 {
	n := nodes[i]
	return i + n>>16 + (uint32(uint8(n>>8))-uint32(columns[uint8(n)]))>>31
}

// walkRows walks eight rows through tree t.
func (g *group) walkRows(leaf *[lanes]uint8, c *[lanes][mostLeaves]uint8, t int) {
	root, nodes := g.roots[t], g.nodes
	i0, i1, i2, i3, i4, i5, i6, i7 := root, root, root, root, root, root, root, root
	for left := g.depth[t]; left > 0; left -= settle {
		j0, j1, j2, j3, j4, j5, j6, j7 := i0, i1, i2, i3, i4, i5, i6, i7
		for range min(settle, left) {
			j0, j1, j2, j3 = i0, i1, i2, i3
			j4, j5, j6, j7 = i4, i5, i6, i7
			i0, i1, i2, i3 = hop(nodes, &c[0], i0), hop(nodes, &c[1], i1), hop(nodes, &c[2], i2), hop(nodes, &c[3], i3)
			i4, i5, i6, i7 = hop(nodes, &c[4], i4), hop(nodes, &c[5], i5), hop(nodes, &c[6], i6), hop(nodes, &c[7], i7)
		}
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3)|(i4^j4)|(i5^j5)|(i6^j6)|(i7^j7) == 0 {
			break
		}
	}
	*leaf = [lanes]uint8{uint8(nodes[i0]), uint8(nodes[i1]), uint8(nodes[i2]), uint8(nodes[i3]),
		uint8(nodes[i4]), uint8(nodes[i5]), uint8(nodes[i6]), uint8(nodes[i7])}
}
