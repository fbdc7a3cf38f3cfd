package hnsw

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// A Plan is the links of nodes that are to be inserted together.
type Plan struct {
	nodes []int32
	links [][][]int32 // of each, of each of its layers
}

// Batch is how many nodes are inserted together into a graph of n: they do not see each other, so they are few of all.
func Batch(n int) int { return min(max(n/32, 1), 2048) }

// Plan looks for links of some nodes. It changes nothing that searches read.
func (g *Graph) Plan(nodes []int32) *Plan {
	p := &Plan{nodes, make([][][]int32, len(nodes))}
	if g.Entry == none {
		return p
	}
	par.For(len(nodes), 30_000, func(from, to int) {
		s := g.Begin()
		for i := from; i < to; i++ {
			p.links[i] = g.choose(s, nodes[i])
		}
		g.End(s)
	})
	return p
}

// choose finds the links of a node in each of its layers, of which the node itself may be a part already.
func (g *Graph) choose(s *Search, node int32) [][]int32 {
	copy(s.x, g.Vector(node))
	level := min(int(g.Level[node]), int(g.Level[g.Entry]))
	g.descend(s, level)
	links := make([][]int32, level+1)
	candidates := make([]key, 0, g.Width)
	for l := level; l >= 0; l-- {
		s.again(g.N(), g.Width)
		g.walk(s, l, g.Width)
		candidates = candidates[:0]
		for _, k := range s.near {
			if nodeOf(k) != node {
				candidates = append(candidates, k&^followed)
			}
		}
		links[l] = g.spread(s, candidates, g.M)
	}
	return links
}

// spread takes up to m of the candidates, which are in order, so that they lie in different directions: one that is nearer to another that was taken than to the node is left out.
func (g *Graph) spread(s *Search, candidates []key, m int) []int32 {
	const together = 4
	taken := make([]int32, 0, m)
	var far [together]float32
next:
	for _, k := range candidates {
		x := g.Vector(nodeOf(k))
		own := distanceOf(k)
		for at := 0; at < len(taken); at += together {
			some := taken[at:min(at+together, len(taken))]
			g.distances(far[:len(some)], x, some)
			for _, d := range far[:len(some)] {
				if d < own {
					continue next
				}
			}
		}
		if taken = append(taken, nodeOf(k)); len(taken) == m {
			break
		}
	}
	return taken
}

// Apply links the nodes of a plan.
func (g *Graph) Apply(p *Plan) {
	var back [MaxLevel + 1][]int64
	for i, layers := range p.links {
		node := p.nodes[i]
		for l, to := range layers {
			setLinks(g.links(node, l), to)
			for _, at := range to {
				back[l] = append(back[l], int64(at)<<32|int64(node))
			}
		}
	}
	for l, edges := range back {
		if len(edges) > 0 {
			g.linkBack(l, edges)
		}
	}
	for _, node := range p.nodes {
		if g.Entry == none || g.Level[node] > g.Level[g.Entry] {
			g.Entry = node
		}
	}
}

// linkBack adds edges, whose upper half is the node that gets the link, to a layer.
func (g *Graph) linkBack(layer int, edges []int64) {
	kern.SortWords(edges)
	var first []int
	for i, e := range edges {
		if i == 0 || e>>32 != edges[i-1]>>32 {
			first = append(first, i)
		}
	}
	first = append(first, len(edges))
	par.For(len(first)-1, 500, func(lo, hi int) {
		s := g.Begin()
		for j := lo; j < hi; j++ {
			g.addLinks(s, int32(edges[first[j]]>>32), layer, edges[first[j]:first[j+1]])
		}
		g.End(s)
	})
}

// addLinks gives a node more links, and leaves those out that others make needless where it has no room.
func (g *Graph) addLinks(s *Search, node int32, layer int, edges []int64) {
	list := g.links(node, layer)
	old := linked(list)
	if len(old)+len(edges) <= len(list) {
		for i, e := range edges {
			list[len(old)+i] = int32(e)
		}
		return
	}
	at := append(s.at[:0], old...)
	for _, e := range edges {
		at = append(at, int32(e))
	}
	setLinks(list, g.spread(s, g.inOrder(s, g.Vector(node), at), len(list)))
}

// inOrder are the keys of some nodes for x, the nearest first.
func (g *Graph) inOrder(s *Search, x []float32, at []int32) []key {
	if len(s.far) < len(at) {
		s.far = make([]float32, 2*len(at))
	}
	g.distances(s.far[:len(at)], x, at)
	s.near = s.near[:0]
	for i, d := range s.far[:len(at)] {
		s.near = append(s.near, keyOf(d, at[i]))
	}
	slices.Sort(s.near)
	return s.near
}

// Insert links the nodes from lo on, a batch at a time; what links those of a batch, lo to hi-1, is handed to change, which runs it when nobody searches.
func (g *Graph) Insert(ctx context.Context, lo int, change func(lo, hi int, apply func())) error {
	for n := g.N(); lo < n; {
		if err := ctx.Err(); err != nil {
			return err
		}
		nodes := make([]int32, min(Batch(lo), n-lo))
		for i := range nodes {
			nodes[i] = int32(lo + i)
		}
		p := g.Plan(nodes)
		change(lo, lo+len(nodes), func() { g.Apply(p) })
		lo += len(nodes)
	}
	return nil
}
