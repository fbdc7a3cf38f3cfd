package histgrow

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Keys of the streams of a tree.
const (
	keyTree = iota
	keyLevel
	keyNode
)

// drawn is a share of the columns, at least one.
func drawn(from []int32, share float64, key uint64, into []int32) []int32 {
	if share == 0 || share == 1 {
		return from
	}
	k := max(1, int(math.Round(float64(len(from))*share)))
	at := rng.Sample(rng.New(key, 0), len(from), k)
	slices.Sort(at)
	into = into[:0]
	for _, i := range at {
		into = append(into, from[i])
	}
	return into
}

// drawTree chooses the columns of a tree.
func (g *Grower) drawTree() {
	g.active = drawn(g.all, g.cfg.ColumnsByTree, rng.Key(g.key, keyTree), g.active[:0:0])
}

// featuresOf are the columns a node may be split by.
func (g *Grower) featuresOf(nd *node) []int32 {
	from := g.active
	if g.groups != nil {
		nd.columns = nd.columns[:0]
		for _, j := range from {
			if g.mayFollow(nd, j) {
				nd.columns = append(nd.columns, j)
			}
		}
		from = nd.columns
	}
	if len(from) == 0 {
		return nil
	}
	from = drawn(from, g.cfg.ColumnsByLevel, rng.Key(g.key, keyLevel, uint64(nd.depth)), nil)
	return drawn(from, g.cfg.ColumnsByNode, rng.Key(nd.path, keyNode), nil)
}

// groupsOf are, for each column, the interaction groups it is in, as bits of words; a last group is for columns in no other. nil: no constraints.
func groupsOf(cfg *Config, features int) [][]uint64 {
	if cfg.Interaction == nil {
		return nil
	}
	words := len(cfg.Interaction)/64 + 1
	of := make([][]uint64, features)
	flat := make([]uint64, features*words)
	for j := range of {
		of[j] = flat[j*words : (j+1)*words]
	}
	for i, group := range cfg.Interaction {
		for _, j := range group {
			of[j][i>>6] |= 1 << (i & 63)
		}
	}
	for _, in := range of {
		if last := len(cfg.Interaction); !slices.ContainsFunc(in, func(w uint64) bool { return w != 0 }) {
			in[last>>6] |= 1 << (last & 63)
		}
	}
	return of
}

// mayFollow reports whether some group holds the column and all those above the node.
func (g *Grower) mayFollow(nd *node, j int32) bool {
	if nd.depth == 0 {
		return true
	}
	for w, bits := range g.groups[j] {
		if bits&nd.groups[w] != 0 {
			return true
		}
	}
	return false
}
