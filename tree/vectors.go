package tree

import (
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// vectors is what a group needs to run blocks of rows on vectors.
type vectors struct {
	*group
	trees   *kern.Trees
	wide    [][]float64 // of each tree: the values of its leaves; nil for vectors and for float32
	narrow  [][]float32
	outputs []int            // that the trees add to
	cuts    []*kern.TreeCuts // of each column; nil: read one by one
	zeros   []int8           // what 0 is in each column
	slot    []int32          // of each feature: its place among those that have columns; -1: none
}

func newVectors(g *group) *vectors {
	v := &vectors{group: g, trees: kern.NewTrees()}
	adds := make([]bool, g.e.Outputs)
	splits := []kern.TreeSplit(nil)
	for t := range g.last - g.first {
		splits = v.splits(splits[:0], g.first+t)
		v.trees.Add(splits)
		if out := g.e.output(g.first + t); g.value != nil && !adds[out] {
			adds[out] = true
			v.outputs = append(v.outputs, out)
		}
		switch values := g.values(t); {
		case g.value == nil:
		case g.e.Float32:
			narrow := make([]float32, len(values))
			for l, value := range values {
				narrow[l] = float32(value)
			}
			v.narrow = append(v.narrow, kern.TreeTable(narrow))
		default:
			v.wide = append(v.wide, kern.TreeTable(values))
		}
	}
	for _, c := range g.ranks.columns {
		cuts := (*kern.TreeCuts)(nil)
		if c.reading <= missingZero {
			cuts, _ = kern.NewTreeCuts(g.ranks.cuts[c.feature], g.e.Float32, c.reading.missing(g.ranks.keys[c.feature]))
		}
		v.cuts = append(v.cuts, cuts)
		v.zeros = append(v.zeros, v.bin(c, 0))
	}
	v.slot = make([]int32, g.e.Features)
	for f := range v.slot {
		v.slot[f] = -1
	}
	for q, f := range g.ranks.features {
		v.slot[f] = int32(q)
	}
	return v
}

// bin is what x is in a column.
func (v *vectors) bin(c column, x float64) int8 {
	if v.ranks.float32 {
		x = float64(float32(x))
	}
	keys := v.ranks.keys[c.feature]
	return int8(value[uint8](c.reading, x, rank(keys, x), keys) ^ 0x80)
}

// values are the values of the leaves of tree t of the group, if they are scalars.
func (g *group) values(t int) []float64 {
	if g.value == nil {
		return nil
	}
	return g.value[g.begin[t]:g.end(t)]
}

// splits appends the splits of tree t.
func (g *group) splits(dst []kern.TreeSplit, t int) []kern.TreeSplit {
	e, number := g.e, g.e.numberLeaves(t)
	start := int(e.Start[t])
	place := make([]int16, len(number)) // of each node: its number among splits, or that of its leaf
	count := int16(0)
	for i := range place {
		if e.Feature[start+i] < 0 {
			place[i] = ^int16(number[i])
			continue
		}
		place[i] = count
		count++
	}
	for i := range place {
		if at := start + i; e.Feature[at] >= 0 {
			column, bound := g.split(at)
			dst = append(dst, kern.TreeSplit{Column: column, Bound: bound, Left: place[e.Left[at]], Right: place[e.Right[at]]})
		}
	}
	return dst
}

// board is memory for a block of rows on vectors.
type board struct {
	x      []float64 // of a group of rows: their features, one after the other
	bins   []int8
	wide   []float64 // sums, TreeRows for each output
	narrow []float32
	pass   *kern.TreeScratch
}

// board returns memory that suits v.
func (s *scratch) board(v *vectors) *board {
	if s.large == nil {
		s.large = &board{pass: kern.NewTreeScratch()}
	}
	b := s.large
	if n := len(v.ranks.features) * kern.TreeGroup; len(b.x) < n {
		b.x = kern.Aligned[float64](n)
	}
	if n := max(1, len(v.ranks.columns)) * kern.TreeRows; len(b.bins) < n {
		b.bins = kern.Aligned[int8](n)
	}
	switch n := v.e.Outputs * kern.TreeRows; {
	case v.narrow != nil && b.narrow == nil:
		b.narrow = kern.Aligned[float32](n)
	case v.wide != nil && b.wide == nil:
		b.wide = kern.Aligned[float64](n)
	}
	return b
}

// block adds the trees to the scores of n rows from lo, at most kern.TreeRows.
func (v *vectors) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	b := s.board(v)
	v.readAll(b, x, lo, n, s)
	switch {
	case v.narrow != nil:
		collect(v, v.narrow, b.narrow, dst, n, b)
	case v.wide != nil:
		collect(v, v.wide, b.wide, dst, n, b)
	default:
		v.addVectors(dst, n, b)
	}
}

// leavesOf is group.leaves for at most kern.TreeRows rows.
func (v *vectors) leavesOf(dst []int32, x rows.Rows, lo, n int, s *scratch) {
	b, trees := s.board(v), v.e.Trees()
	v.readAll(b, x, lo, n, s)
	v.eachPass(n, b, func(t, from int, leaves []uint8) {
		node := v.node[v.begin[t]:]
		for i := range min(len(leaves), n-from) {
			dst[(from+i)*trees+v.first+t] = node[leaves[i&^63+kern.TreeByte(i&63)]]
		}
	})
}

// readAll fills in the columns of n rows.
func (v *vectors) readAll(b *board, x rows.Rows, lo, n int, s *scratch) {
	for from := 0; from < n; from += kern.TreeGroup {
		if x.Sparse() {
			v.readSparse(b, from, x, lo, n, &s.nz)
		} else {
			v.read(b, from, x, lo, n, s.x)
		}
	}
}

// readSparse is read for rows of which only what is not zero is stored.
func (v *vectors) readSparse(b *board, from int, x rows.Rows, lo, n int, nz *rows.Entries) {
	r := v.ranks
	for c, zero := range v.zeros {
		bins := b.bins[c*kern.TreeRows+from:][:kern.TreeGroup]
		for i := range bins {
			bins[i] = zero
		}
	}
	for i := range min(kern.TreeGroup, n-from) {
		cols, vals := x.NZ(lo+from+i, nz)
		at := from + kern.TreeByte(i)
		for k, f := range cols {
			q := v.slot[f]
			if q < 0 {
				continue
			}
			for c := r.first[q]; c < r.first[q+1]; c++ {
				b.bins[int(c)*kern.TreeRows+at] = v.bin(r.columns[c], vals[k])
			}
		}
	}
}

// read fills in the columns of a group of rows. Rows past the last one are like the last.
func (v *vectors) read(b *board, from int, x rows.Rows, lo, n int, buf []float64) {
	r := v.ranks
	for i := range kern.TreeGroup {
		row := x.Row(lo+min(from+i, n-1), buf)
		for q, f := range r.features {
			b.x[q*kern.TreeGroup+i] = row[f]
		}
	}
	for q := range r.features {
		column := (*[kern.TreeGroup]float64)(b.x[q*kern.TreeGroup:])
		for c := int(r.first[q]); c < int(r.first[q+1]); c++ {
			bins := (*[kern.TreeGroup]int8)(b.bins[c*kern.TreeRows+from:])
			if v.cuts[c] != nil {
				v.cuts[c].Bin(bins[:], column[:])
				continue
			}
			for i, x := range column {
				bins[kern.TreeByte(i)] = v.bin(r.columns[c], x)
			}
		}
	}
}

// eachPass runs all trees for n rows, as many at a time as suits them.
func (v *vectors) eachPass(n int, b *board, visit func(t, from int, leaves []uint8)) {
	if n > 2*kern.TreeGroup {
		for t := range v.last - v.first {
			visit(t, 0, v.trees.Pass(t, kern.TreeRows, b.bins, b.pass))
		}
		return
	}
	for from := 0; from < n; from += kern.TreeGroup {
		for t := range v.last - v.first {
			visit(t, from, v.trees.Pass(t, kern.TreeGroup, b.bins[from:], b.pass))
		}
	}
}

// collect adds up scalar leaves, in the arithmetic of the ensemble.
func collect[T float32 | float64](v *vectors, tables [][]T, sums []T, dst []float64, n int, b *board) {
	k := v.e.Outputs
	for _, out := range v.outputs {
		for i := range n {
			sums[out*kern.TreeRows+i&^63+kern.TreeSum[T](i&63)] = T(dst[i*k+out])
		}
	}
	v.eachPass(n, b, func(t, from int, leaves []uint8) {
		at := v.e.output(v.first+t)*kern.TreeRows + from
		kern.TreeAdd(sums[at:at+len(leaves)], leaves, tables[t])
	})
	for _, out := range v.outputs {
		for i := range n {
			dst[i*k+out] = float64(sums[out*kern.TreeRows+i&^63+kern.TreeSum[T](i&63)])
		}
	}
}

// addVectors adds leaves that are vectors.
func (v *vectors) addVectors(dst []float64, n int, b *board) {
	k := v.e.Outputs
	v.eachPass(n, b, func(t, from int, leaves []uint8) {
		for i := range min(len(leaves), n-from) {
			leaf := leaves[i&^63+kern.TreeByte(i&63)]
			v.e.addLeaf(dst[(from+i)*k:(from+i+1)*k], nil, v.first+t, int(v.node[int(v.begin[t])+int(leaf)]))
		}
	})
}
