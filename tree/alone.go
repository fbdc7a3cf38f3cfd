package tree

import "github.com/gopherwood-ml/ml/internal/kern"

// alone is what a group needs to be fastest for rows by themselves.
type alone struct {
	cuts *kern.RowCuts  // nil: columns are read one by one
	low  *kern.LowTrees // nil: trees are walked
	leaf [][64]uint8    // of each tree of low: the leaf at each end
}

// patience is after how many rows alone is made. That takes as long as some hundred rows.
const patience = 32

func newAlone(g *group) *alone {
	a := &alone{}
	if cuts, ok := kern.NewRowCuts(g.e.Float32); ok && a.readable(g) {
		for _, c := range g.ranks.columns {
			cuts.Add(c.feature, g.ranks.cuts[c.feature], c.reading.missing(g.ranks.keys[c.feature]))
		}
		a.cuts = cuts
	}
	low, ok := kern.NewLowTrees(len(g.ranks.columns))
	splits := []kern.TreeSplit(nil)
	for t := g.first; ok && t < g.last; t++ {
		var ends [64]uint8
		splits = g.splits(splits[:0], t)
		ends, ok = low.Add(splits)
		a.leaf = append(a.leaf, ends)
	}
	if ok {
		a.low = low
	}
	return a
}

// readable reports whether all columns are plain ranks.
func (a *alone) readable(g *group) bool {
	for _, c := range g.ranks.columns {
		if c.reading > missingZero {
			return false
		}
	}
	return true
}

// row adds the trees to the scores of x.
func (g *group) row(dst, x []float64, s *scratch) { g.addLeaves(dst, x, g.numbers(x, s)) }

// numbers is the number of the leaf of x in each tree, good until the next call with s.
func (g *group) numbers(x []float64, s *scratch) []uint8 {
	a := g.alone.Load()
	if a == nil && g.asked.Load() < patience && g.asked.Add(1) == patience {
		g.alone.Store(newAlone(g))
	}
	if a != nil && a.cuts != nil {
		a.cuts.Ranks(s.bytes[:a.cuts.Len()], x)
	} else {
		readColumns(g.ranks, s.bytes[:], x)
	}
	trees := g.last - g.first
	if len(s.leaf) < trees {
		s.leaf = make([]uint8, trees)
	}
	leaf := s.leaf[:trees]
	if a == nil || a.low == nil {
		kern.WalkTrees(leaf, g.nodes, g.roots, g.depth, &s.bytes)
	} else {
		a.low.Ends(leaf, &s.bytes)
		for t, end := range leaf {
			leaf[t] = a.leaf[t][end&63]
		}
	}
	return leaf
}

// addLeaves adds a leaf of each tree.
func (g *group) addLeaves(dst, x []float64, leaf []uint8) {
	e := g.e
	if g.value == nil {
		for t, number := range leaf {
			e.addLeaf(dst, x, g.first+t, int(g.node[int(g.begin[t])+int(number)]))
		}
		return
	}
	leaves, value := g.begin[:len(leaf)], g.value
	switch {
	case e.Output != nil && e.Outputs > 1:
		for t, number := range leaf {
			e.sum(&dst[e.output(g.first+t)], value[int(leaves[t])+int(number)])
		}
	case e.Float32:
		sum := float32(dst[0])
		for t, number := range leaf {
			sum += float32(value[int(leaves[t])+int(number)])
		}
		dst[0] = float64(sum)
	default:
		sum := dst[0]
		for t, number := range leaf {
			sum += value[int(leaves[t])+int(number)]
		}
		dst[0] = sum
	}
}
