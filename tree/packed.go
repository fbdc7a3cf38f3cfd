package tree

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// packed is the form of trees that are too large for a group, or ask for categories: eight bytes for a node, children beside each other,
// level by level. A step is a load, a compare and an addition, without a branch, so that several walks can be under way at once.
type packed struct {
	e           *Ensemble
	first, last int // trees
	ranks       *ranks
	// nodes: the column in bits 0-15, the highest rank that goes left in bits 16-31, the left child in bits 32-62; the right
	// one is next to it. A leaf is its own left child. It asks for the column past all others, where every row has 0, so that every row goes left whatever its
	// bits 16-31 are: the number of its value in palette.
	nodes []uint64
	roots []uint32
	depth []int32   // of each tree: how many steps lead to its deepest leaf
	sets  []int32   // of each node: its set of categories; nil: no tree asks for any
	mixed []bool    // of each tree: whether it asks for categories
	node  []int32   // of each place: the node of the ensemble
	level []int32   // of each place: how many steps lead there
	value []float64 // of each place that is a scalar leaf: its value times the weight of its tree
	// The values, where leaves have few that differ, as those of a classifier have whose trees are grown out; value is nil then. A leaf that has been
	// reached is at hand, while its value by place would have to be brought from far memory.
	palette []float64
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
	p := &packed{e: e, first: first, last: last, ranks: r}
	sets := slices.ContainsFunc(e.Rule[lo:hi], Rule.Categorical)
	p.prepare(0, sets)
	// Parts of the trees are packed side by side and put together.
	parts := make([]*packed, last-first)
	par.For(len(parts), 200*n/len(parts), func(lo, hi int) {
		for k := lo; k < hi; k++ {
			one := &packed{e: e, first: first, last: last, ranks: r}
			one.prepare(e.Nodes(first+k), sets)
			one.pack(first + k)
			one.level = nil
			parts[k] = one
		}
	})
	total := 0
	for _, one := range parts {
		total += len(one.nodes)
	}
	if total > math.MaxInt32 {
		return nil, false
	}
	p.nodes, p.node, p.roots = kern.LargePages(make([]uint64, 0, total)), make([]int32, 0, total), make([]uint32, 0, len(parts))
	if p.value != nil {
		p.value = make([]float64, 0, total)
	}
	for _, one := range parts {
		at := len(p.nodes)
		p.roots, p.depth, p.mixed = append(p.roots, uint32(at)), append(p.depth, one.depth[0]), append(p.mixed, one.mixed[0])
		for _, v := range one.nodes {
			p.nodes = append(p.nodes, v+uint64(at)<<32)
		}
		p.node, p.value, p.sets = append(p.node, one.node...), append(p.value, one.value...), append(p.sets, one.sets...)
	}
	p.paint()
	return p, true
}

// mostColours is how many values a palette has at most: what stays in a near cache.
const mostColours = 1 << 11

// paint replaces the values of leaves by their numbers in a palette, if there are few enough.
func (p *packed) paint() {
	if p.value == nil {
		return
	}
	number, palette := map[uint64]int{}, []float64(nil)
	for at, v := range p.value {
		if p.nodes[at]>>32 != uint64(at) {
			continue
		}
		k, known := number[math.Float64bits(v)]
		if !known {
			if k = len(palette); k == mostColours {
				return // the numbers written so far mislead nobody
			}
			number[math.Float64bits(v)] = k
			palette = append(palette, v)
		}
		p.nodes[at] |= uint64(k) << 16
	}
	p.palette, p.value = palette, nil
}

// leafNode is a leaf at a place.
func (p *packed) leafNode(at int) uint64 { return uint64(at)<<32 | uint64(len(p.ranks.columns)) }

// scalar reports whether leaves are one number.
func (p *packed) scalar() bool { return p.value != nil || p.palette != nil }

// worth is the number of the scalar leaf at a place.
func (p *packed) worth(place uint32) float64 {
	if p.palette != nil {
		return p.palette[uint16(p.nodes[place]>>16)]
	}
	return p.value[place]
}

// prepare makes room for nodes; sets says that some tree asks for categories.
func (p *packed) prepare(n int, sets bool) {
	p.nodes, p.node, p.level = make([]uint64, 0, n+n/8+lineNodes), make([]int32, 0, n+n/8+lineNodes), make([]int32, 0, n+n/8+lineNodes)
	if p.e.scalar() {
		p.value = make([]float64, 0, n)
	}
	if sets {
		p.sets = make([]int32, 0, n)
	}
}

// lineNodes is how many nodes share a line of a cache.
const lineNodes = 8

// pack packs tree t alone. Children that rows are likely to meet after each other share a line of a cache: it begins with a pair of siblings, and takes in, as long
// as there is room, the children of that one of its nodes that most rows pass.
func (p *packed) pack(t int) {
	e := p.e
	p.fill(lineNodes)
	root := len(p.node)
	p.mixed = append(p.mixed, false)
	p.place(t, e.Start[t], 0)
	heads := []int{root} // nodes whose children begin a line
	for len(heads) > 0 {
		head := heads[len(heads)-1]
		heads = heads[:len(heads)-1]
		if p.inner(head) {
			heads = p.packLine(t, head, heads)
		}
	}
	depth := int32(0)
	for at := root; at < len(p.node); at++ {
		depth = max(depth, p.level[at])
	}
	p.depth = append(p.depth, depth)
	p.fill(lineNodes)
}

func (p *packed) inner(at int) bool { return p.e.Feature[p.node[at]] >= 0 }

// fill goes on to the next line, unless n places are left in this one.
func (p *packed) fill(n int) {
	if used := len(p.nodes) % lineNodes; used+n > lineNodes && used > 0 {
		for range lineNodes - used { // leaves that nothing leads to
			p.nodes, p.node, p.level = append(p.nodes, p.leafNode(len(p.nodes))), append(p.node, p.e.Start[p.first]), append(p.level, 0)
			p.lengthen()
		}
	}
}

// packLine places the children of a node and what shares their line, and appends the nodes whose children do not.
func (p *packed) packLine(t, head int, heads []int) []int {
	var open [lineNodes]int
	n := 1
	open[0] = head
	p.fill(2 * p.pairs(t, p.node[head], lineNodes/2))
	for room := lineNodes - len(p.nodes)%lineNodes; n > 0 && room > 0; room -= 2 {
		best := 0
		for k := 1; k < n; k++ {
			if p.likely(open[k]) > p.likely(open[best]) {
				best = k
			}
		}
		at := open[best]
		n--
		open[best] = open[n]
		left := p.split(t, at)
		for child := left; child < left+2; child++ {
			if p.inner(child) {
				open[n] = child
				n++
			}
		}
	}
	return append(heads, open[:n]...)
}

// pairs counts the pairs of children below node i of the ensemble, up to most.
func (p *packed) pairs(t int, i int32, most int) int {
	e := p.e
	if most == 0 || e.Feature[i] < 0 {
		return 0
	}
	found := 1 + p.pairs(t, e.Start[t]+e.Left[i], most-1)
	return found + p.pairs(t, e.Start[t]+e.Right[i], most-found)
}

// likely is the weight of the rows that pass a node; without it the nodes near the root are.
func (p *packed) likely(at int) float64 {
	if len(p.e.Cover) > 0 {
		return p.e.Cover[p.node[at]]
	}
	return -float64(p.level[at])
}

// split places the children of a node, and returns where.
func (p *packed) split(t, at int) int {
	e, i, left := p.e, p.node[at], len(p.nodes)
	p.place(t, e.Start[t]+e.Left[i], p.level[at]+1)
	p.place(t, e.Start[t]+e.Right[i], p.level[at]+1)
	rule, column := e.Rule[i], uint64(p.ranks.find(e.Feature[i], e.Rule[i]))
	if rule.Categorical() {
		p.mixed[0] = true
		p.sets[at] = int32(e.Threshold[i])
		p.nodes[at] = categorical | uint64(left)<<32 | column
		return left
	}
	cut, _ := cutOf(rule, e.Threshold[i])
	highest := uint64(rank(p.ranks.keys[e.Feature[i]], cut) - 1)
	p.nodes[at] = uint64(left)<<32 | highest<<16 | column
	return left
}

// place appends a node, as a leaf.
func (p *packed) place(t int, i, level int32) {
	at := len(p.nodes)
	p.nodes, p.node, p.level = append(p.nodes, p.leafNode(at)), append(p.node, i), append(p.level, level)
	p.lengthen()
	if p.value != nil && p.e.Feature[i] < 0 {
		p.value[at] = p.e.weighted(t, p.e.Value[i])
	}
}

// lengthen makes room for what else is known of the last node.
func (p *packed) lengthen() {
	if p.value != nil {
		p.value = append(p.value, 0)
	}
	if p.sets != nil {
		p.sets = append(p.sets, 0)
	}
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
	w, root := len(p.ranks.columns)+1, p.roots[t]
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

// together is how many trees one row walks at a time: more than the memory beyond the caches answers at once, so that there is always something to ask it for.
const together = 64

// walkTrees walks one row through all trees, and writes the places of its leaves. Some trees are walked at a time, a level of each in turn. Those whose walks have ended make
// room for others, without a branch: it would be guessed wrong, and what was under way from far memory with it.
func (p *packed) walkTrees(leaf []uint32, columns []uint16) {
	nodes, roots := p.nodes, p.roots[:len(leaf)]
	var at, tree [together]uint32
	n, begun := 0, 0
	for {
		for ; n < together && begun < len(roots); n++ {
			at[n], tree[n] = roots[begun], uint32(begun)
			begun++
		}
		if n == 0 {
			return
		}
		now, which := at[:n], tree[:n]
		for range settle - 1 {
			for l, i := range now {
				now[l] = step(nodes, columns, i)
			}
		}
		n = 0
		for l, i := range now {
			next := step(nodes, columns, i)
			t := which[l]
			leaf[t] = next
			at[n&(together-1)], tree[n&(together-1)] = next, t
			moved := next ^ i
			n += int((moved | -moved) >> 31)
		}
	}
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
	for t, place := range p.places(x, s) {
		p.add(dst, x, t, place)
	}
}

// places is the place of the leaf of x in each tree, good until the next call with s.
func (p *packed) places(x []float64, s *scratch) []uint32 {
	trees, w := p.last-p.first, len(p.ranks.columns)
	if len(s.places) < trees {
		s.places = make([]uint32, trees)
	}
	leaf, columns := s.places[:trees], s.columns[:w+1]
	readColumns(p.ranks, columns, x)
	columns[w] = 0
	if p.sets == nil {
		p.walkTrees(leaf, columns)
		return leaf
	}
	for t := range leaf {
		leaf[t] = p.walkOne(columns, t)
	}
	return leaf
}

func (p *packed) leaves(dst []int32, x rows.Rows, lo, n int, s *scratch) {
	trees := p.e.Trees()
	for i := range n {
		out := dst[i*trees+p.first : i*trees+p.last]
		for t, place := range p.places(x.Row(lo+i, s.x), s) {
			out[t] = p.node[place]
		}
	}
}

// add adds what the leaf at a place of tree t says about x.
func (p *packed) add(dst, x []float64, t int, place uint32) {
	if p.scalar() {
		p.e.sum(&dst[p.e.output(p.first+t)], p.worth(place))
		return
	}
	p.e.addLeaf(dst, x, p.first+t, int(p.node[place]))
}

// block adds the trees to the scores of n rows from lo, tree by tree where leaves are scalars.
func (p *packed) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	k, done := p.e.Outputs, 0
	if p.scalar() {
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
const packedRows = 1024

// lanes is block for a multiple of lanes.
func (p *packed) lanes(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	w, k := len(p.ranks.columns)+1, p.e.Outputs
	if len(s.block) < n*w {
		s.block = make([]uint16, n*w)
	}
	for i := range n {
		readColumns(p.ranks, s.block[i*w:(i+1)*w], x.Row(lo+i, s.x))
		s.block[(i+1)*w-1] = 0
	}
	var at [lanes]uint32
	for t := range p.last - p.first {
		out := p.e.output(p.first + t)
		for i := 0; i < n; i += lanes {
			columns := s.block[i*w : (i+lanes)*w]
			if p.mixed[t] {
				for l := range at {
					at[l] = p.walkOne(columns[l*w:(l+1)*w], t)
				}
			} else {
				p.walkRows(&at, columns, t)
			}
			sums := dst[i*k+out:]
			for l, place := range at {
				p.e.sum(&sums[l*k], p.worth(place))
			}
		}
	}
}
