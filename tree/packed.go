package tree

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/rows"
)

// packed is the form of trees that are too large for a group, or ask for categories: eight bytes for a node, children beside each other,
// level by level. A step is a load, a compare and an addition, without a branch, so that several walks can be under way at once.
type packed struct {
	e           *Ensemble
	first, last int // trees
	ranks       *ranks
	// nodes: the column in bits 0-15, the highest rank that goes left in bits 16-31, the left child in bits 32-62; the right
	// one is next to it. A leaf is its own left child, and every rank goes there.
	nodes []uint64
	roots []uint32
	depth []int32   // of each tree: how many steps lead to its deepest leaf
	sets  []int32   // of each node: its set of categories; nil: no tree asks for any
	mixed []bool    // of each tree: whether it asks for categories
	node  []int32   // of each place: the node of the ensemble
	value []float64 // of each place that is a scalar leaf: its value times the weight of its tree
}

// categorical marks a node that asks for a set.
const categorical = 1 << 63

// newPacked packs the trees from first to last-1, or reports that they are too large for the form.
func newPacked(e *Ensemble, first, last int) (*packed, bool) {
	r, ok := newRanks(e, first, last, math.MaxUint16)
	lo, hi := e.Start[first], e.Start[last]
	n := int(hi - lo)
	if !ok || n > math.MaxInt32/2 {
		return nil, false
	}
	p := &packed{e: e, first: first, last: last, ranks: r, nodes: make([]uint64, 0, n), node: make([]int32, 0, n), mixed: make([]bool, last-first)}
	if e.scalar() {
		p.value = make([]float64, n)
	}
	if slices.ContainsFunc(e.Rule[lo:hi], Rule.Categorical) {
		p.sets = make([]int32, n)
	}
	for t := first; t < last; t++ {
		p.pack(t)
	}
	return p, true
}

// pack appends tree t, level by level.
func (p *packed) pack(t int) {
	e, root := p.e, len(p.nodes)
	p.roots = append(p.roots, uint32(root))
	p.node = append(p.node, e.Start[t])
	depth, level := int32(0), root+1 // level: where the nodes of the level under way end
	for at := root; at < len(p.node); at++ {
		if at == level {
			depth, level = depth+1, len(p.node)
		}
		i := int(p.node[at])
		if e.Feature[i] < 0 {
			p.nodes = append(p.nodes, uint64(at)<<32|math.MaxUint16<<16)
			if p.value != nil {
				p.value[at] = e.weighted(t, e.Value[i])
			}
			continue
		}
		rule, column, left := e.Rule[i], uint64(p.ranks.find(e.Feature[i], e.Rule[i])), uint64(len(p.node))
		p.node = append(p.node, e.Start[t]+e.Left[i], e.Start[t]+e.Right[i])
		if rule.Categorical() {
			p.mixed[t-p.first] = true
			p.sets[at] = int32(e.Threshold[i])
			p.nodes = append(p.nodes, categorical|left<<32|column)
			continue
		}
		cut, _ := cutOf(rule, e.Threshold[i])
		highest := uint64(rank(p.ranks.keys[e.Feature[i]], cut) - 1)
		p.nodes = append(p.nodes, left<<32|highest<<16|column)
	}
	p.depth = append(p.depth, depth)
}

// step goes from place i to a child of it.
func step(nodes []uint64, columns []uint16, i uint32) uint32 {
	n := nodes[i]
	return uint32(n>>32) + (uint32(uint16(n>>16))-uint32(columns[uint16(n)]))>>31
}

// lanes is how many walks go side by side.
const lanes = 8

// settle is after how many steps the walks look whether all of them have ended.
const settle = 4

// walkRows walks eight rows, whose columns lie in sight of each other, through tree t of those packed.
func (p *packed) walkRows(at *[lanes]uint32, columns []uint16, t int) {
	w, root := len(p.ranks.columns), p.roots[t]
	c0, c1, c2, c3 := columns[:w], columns[w:2*w], columns[2*w:3*w], columns[3*w:4*w]
	c4, c5, c6, c7 := columns[4*w:5*w], columns[5*w:6*w], columns[6*w:7*w], columns[7*w:8*w]
	nodes := p.nodes
	i0, i1, i2, i3, i4, i5, i6, i7 := root, root, root, root, root, root, root, root
	for left := p.depth[t]; left > 0; left -= settle {
		j0, j1, j2, j3, j4, j5, j6, j7 := i0, i1, i2, i3, i4, i5, i6, i7
		for range min(settle, left) {
			j0, j1, j2, j3 = i0, i1, i2, i3
			j4, j5, j6, j7 = i4, i5, i6, i7
			i0, i1, i2, i3 = step(nodes, c0, i0), step(nodes, c1, i1), step(nodes, c2, i2), step(nodes, c3, i3)
			i4, i5, i6, i7 = step(nodes, c4, i4), step(nodes, c5, i5), step(nodes, c6, i6), step(nodes, c7, i7)
		}
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3)|(i4^j4)|(i5^j5)|(i6^j6)|(i7^j7) == 0 {
			break
		}
	}
	*at = [lanes]uint32{i0, i1, i2, i3, i4, i5, i6, i7}
}

// walkTrees walks one row through the trees from t, eight of them.
func (p *packed) walkTrees(at *[lanes]uint32, columns []uint16, t int) {
	nodes, roots := p.nodes, p.roots[t:t+lanes]
	steps := int32(0)
	for _, d := range p.depth[t : t+lanes] {
		steps = max(steps, d)
	}
	i0, i1, i2, i3, i4, i5, i6, i7 := roots[0], roots[1], roots[2], roots[3], roots[4], roots[5], roots[6], roots[7]
	for left := steps; left > 0; left -= settle {
		j0, j1, j2, j3, j4, j5, j6, j7 := i0, i1, i2, i3, i4, i5, i6, i7
		for range min(settle, left) {
			j0, j1, j2, j3 = i0, i1, i2, i3
			j4, j5, j6, j7 = i4, i5, i6, i7
			i0, i1, i2, i3 = step(nodes, columns, i0), step(nodes, columns, i1), step(nodes, columns, i2), step(nodes, columns, i3)
			i4, i5, i6, i7 = step(nodes, columns, i4), step(nodes, columns, i5), step(nodes, columns, i6), step(nodes, columns, i7)
		}
		if (i0^j0)|(i1^j1)|(i2^j2)|(i3^j3)|(i4^j4)|(i5^j5)|(i6^j6)|(i7^j7) == 0 {
			break
		}
	}
	*at = [lanes]uint32{i0, i1, i2, i3, i4, i5, i6, i7}
}

// walkOne walks one row through tree t, which may ask for categories.
func (p *packed) walkOne(columns []uint16, t int) uint32 {
	e, i := p.e, p.roots[t]
	for {
		n := p.nodes[i]
		if n&categorical == 0 {
			next := step(p.nodes, columns, i)
			if next == i {
				return i
			}
			i = next
			continue
		}
		code := columns[uint16(n)]
		next := uint32(n << 1 >> 33)
		if code != everySet[uint16]() && (code == noSet[uint16]() || !contains(e.set(int(p.sets[i])), int(code))) {
			next++
		}
		i = next
	}
}

// row adds the trees to the scores of x.
func (p *packed) row(dst, x []float64, s *scratch) {
	readColumns(p.ranks, s.columns, x)
	t, trees := 0, p.last-p.first
	if p.sets == nil {
		var at [lanes]uint32
		for ; t+lanes <= trees; t += lanes {
			p.walkTrees(&at, s.columns, t)
			for l, place := range at {
				p.add(dst, x, t+l, place)
			}
		}
	}
	for ; t < trees; t++ {
		p.add(dst, x, t, p.walkOne(s.columns, t))
	}
}

func (p *packed) leaves(dst []int32, x rows.Rows, lo, n int, s *scratch) {
	trees := p.e.Trees()
	for i := range n {
		readColumns(p.ranks, s.columns, x.Row(lo+i, s.x))
		out := dst[i*trees+p.first : i*trees+p.last]
		t := 0
		var at [lanes]uint32
		for ; p.sets == nil && t+lanes <= len(out); t += lanes {
			p.walkTrees(&at, s.columns, t)
			for l, place := range at {
				out[t+l] = p.node[place]
			}
		}
		for ; t < len(out); t++ {
			out[t] = p.node[p.walkOne(s.columns, t)]
		}
	}
}

// add adds what the leaf at a place of tree t says about x.
func (p *packed) add(dst, x []float64, t int, place uint32) {
	if p.value != nil {
		p.e.sum(&dst[p.e.output(p.first+t)], p.value[place])
		return
	}
	p.e.addLeaf(dst, x, p.first+t, int(p.node[place]))
}

// block adds the trees to the scores of n rows from lo, tree by tree where leaves are scalars.
func (p *packed) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	k, done := p.e.Outputs, 0
	if p.value != nil {
		for ; n-done >= lanes; done += min(packedRows, n-done) / lanes * lanes {
			some := min(packedRows, n-done) / lanes * lanes
			p.lanes(dst[done*k:(done+some)*k], x, lo+done, some, s)
		}
	}
	for i := done; i < n; i++ {
		p.row(dst[i*k:(i+1)*k], x.Row(lo+i, s.x), s)
	}
}

// packedRows is how many rows pass a tree before the next one: enough to pay for bringing the tree near, and few enough for their columns to
// stay there.
const packedRows = 128

// lanes is block for a multiple of lanes.
func (p *packed) lanes(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	w, k := len(p.ranks.columns), p.e.Outputs
	if len(s.block) < packedRows*w+1 {
		s.block = make([]uint16, packedRows*w+1)
	}
	for i := range n {
		readColumns(p.ranks, s.block[i*w:(i+1)*w], x.Row(lo+i, s.x))
	}
	var at [lanes]uint32
	for t := range p.last - p.first {
		out := p.e.output(p.first + t)
		for i := 0; i < n; i += lanes {
			columns := s.block[i*w : (i+lanes)*w+1]
			if p.mixed[t] {
				for l := range at {
					at[l] = p.walkOne(columns[l*w:(l+1)*w+1], t)
				}
			} else {
				p.walkRows(&at, columns, t)
			}
			sums := dst[i*k+out:]
			for l, place := range at {
				p.e.sum(&sums[l*k], p.value[place])
			}
		}
	}
}
