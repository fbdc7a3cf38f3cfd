package hnsw

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Without is the graph of the nodes that are not dead, in their order. Who linked to a dead node gets links to what lay behind it, as far as they are worth having beside the
// others; nodes to which no way would lead any more are inserted anew. place is where
// each node is now, -1 for dead ones.
func (g *Graph) Without(dead func(node int32) bool) (out *Graph, place []int32) {
	n := g.N()
	kept := make([]int32, 0, n)
	place = make([]int32, n)
	for i := range int32(n) {
		place[i] = none
		if !dead(i) {
			place[i] = int32(len(kept))
			kept = append(kept, i)
		}
	}
	out = &Graph{Dim: g.Dim, Products: g.Products, M: g.M, Width: g.Width, Seed: g.Seed, Entry: none}
	levels := make([]uint8, len(kept))
	for to, from := range kept {
		levels[to] = g.Level[from]
	}
	out.Grow(levels)
	par.For(len(kept), 1000, func(lo, hi int) {
		s := g.Begin()
		for to := lo; to < hi; to++ {
			copy(out.Vector(int32(to)), g.Vector(kept[to]))
			for l := range int(levels[to]) + 1 {
				list := out.links(int32(to), l)
				setLinks(list, g.around(s, kept[to], l, place))
				for i, at := range linked(list) {
					list[i] = place[at]
				}
			}
		}
		g.End(s)
	})
	for i := range kept {
		if out.Entry == none || levels[i] > levels[out.Entry] {
			out.Entry = int32(i)
		}
	}
	out.rejoin()
	return out, place
}

// around are the links of a node where those that have no place any more are replaced by what they linked to.
func (g *Graph) around(s *Search, node int32, layer int, place []int32) []int32 {
	list := linked(g.links(node, layer))
	if !slices.ContainsFunc(list, func(at int32) bool { return place[at] == none }) {
		return list
	}
	const most = 4 // lists full of candidates are enough
	s.fresh(g.N())
	s.seen[node] = s.round
	limit := most * cap(g.links(node, layer))
	at, lost := s.at[:0], []int32{node}
	for i := 0; i < len(lost) && len(at) < limit; i++ {
		for _, to := range linked(g.links(lost[i], layer)) {
			if s.seen[to] == s.round {
				continue
			}
			s.seen[to] = s.round
			if place[to] == none {
				lost = append(lost, to)
			} else {
				at = append(at, to)
			}
		}
	}
	return g.spread(s, g.inOrder(s, g.Vector(node), at), cap(g.links(node, layer)))
}

// rejoin inserts those nodes anew to which no links of the lowest layer lead from the entry.
func (g *Graph) rejoin() {
	if g.Entry == none {
		return
	}
	reached := make([]bool, g.N())
	reached[g.Entry] = true
	for way := []int32{g.Entry}; len(way) > 0; {
		node := way[len(way)-1]
		way = way[:len(way)-1]
		for _, to := range linked(g.links(node, 0)) {
			if !reached[to] {
				reached[to] = true
				way = append(way, to)
			}
		}
	}
	var lost []int32
	for i, r := range reached {
		if !r {
			lost = append(lost, int32(i))
		}
	}
	for len(lost) > 0 {
		some := lost[:min(len(lost), Batch(g.N()))]
		g.Apply(g.Plan(some))
		lost = lost[len(some):]
	}
}

// Fault says what is wrong with a graph that was read from a file, or "". It finds where the links of nodes begin.
func (g *Graph) Fault() string {
	n := len(g.Level)
	if g.Dim < 1 || g.Dim%kern.RowLanes != 0 || len(g.Vectors)/g.Dim != n || len(g.Vectors)%g.Dim != 0 || len(g.Links)/(2*g.M) != n || len(g.Links)%(2*g.M) != 0 {
		return "vectors, levels and links of other lengths"
	}
	g.start = make([]int, n)
	upper := 0
	for i, l := range g.Level {
		if l > MaxLevel {
			return "a level that is too high"
		}
		g.start[i] = upper
		upper += int(l) * g.M
	}
	if len(g.Upper) != upper {
		return "links of upper layers that are not as many as the levels want"
	}
	if n == 0 {
		g.Entry = none
		return ""
	}
	if g.Entry < 0 || int(g.Entry) >= n {
		return "an entry that is not a node"
	}
	for i := range int32(n) {
		for l := range int(g.Level[i]) + 1 {
			list := g.links(i, l)
			for j, to := range list {
				if to == none {
					if slices.ContainsFunc(list[j:], func(v int32) bool { return v != none }) {
						return "a list of links with a hole"
					}
					break
				}
				if to < 0 || int(to) >= n || int(g.Level[to]) < l || to == i {
					return "a link to what is not there"
				}
			}
		}
	}
	return ""
}
