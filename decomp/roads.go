package decomp

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
)

// roads is a graph with lengths.
type roads struct {
	n       int
	points  near.Points
	measure near.Measure
	lists   [][]road
}

type road struct {
	to     int32
	length float64
}

// bothWays adds the way back of every road; one that is there twice does no harm.
func (g *roads) bothWays() {
	count := make([]int, g.n)
	for i, list := range g.lists {
		count[i] = len(list)
	}
	for i := range g.n {
		for _, r := range g.lists[i][:count[i]] {
			g.lists[r.to] = append(g.lists[r.to], road{int32(i), r.length})
		}
	}
}

// join adds for each two parts the shortest road between them, and returns how many parts there were.
func (g *roads) join() int {
	part := make([]int, g.n)
	for i := range part {
		part[i] = -1
	}
	count := 0
	var stack []int32
	for i := range part {
		if part[i] >= 0 {
			continue
		}
		part[i] = count
		for stack = append(stack[:0], int32(i)); len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, r := range g.lists[at] {
				if part[r.to] < 0 {
					part[r.to] = count
					stack = append(stack, r.to)
				}
			}
		}
		count++
	}
	if count == 1 {
		return 1
	}
	type bridge struct {
		from, to int
		length   float64
	}
	best := make([]bridge, count*count)
	for k := range best {
		best[k].length = math.Inf(1)
	}
	for i := range g.n {
		for j := range i {
			a, b := part[i], part[j]
			if a == b {
				continue
			}
			if d := near.Between(g.measure, g.points.Row(i), g.points.Row(j)); d < best[max(a, b)*count+min(a, b)].length {
				best[max(a, b)*count+min(a, b)] = bridge{i, j, d}
			}
		}
	}
	for a := range count {
		for b := range a {
			r := best[a*count+b]
			g.lists[r.from] = append(g.lists[r.from], road{int32(r.to), r.length})
			g.lists[r.to] = append(g.lists[r.to], road{int32(r.from), r.length})
		}
	}
	return count
}

// paths writes the lengths of the shortest paths between all pairs, n x n (Dijkstra, Numerische Mathematik 1, 1959).
func (g *roads) paths(ctx context.Context, out []float64) error {
	cost := 0
	for _, list := range g.lists {
		cost += 50 + 10*len(list)
	}
	par.For(g.n, cost, func(lo, hi int) {
		h := heap{place: make([]int32, g.n)}
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			far := out[i*g.n : (i+1)*g.n]
			for j := range far {
				far[j] = math.Inf(1)
				h.place[j] = -1
			}
			far[i] = 0
			h.far = far
			h.lower(int32(i))
			for len(h.nodes) > 0 {
				at := h.pop()
				for _, r := range g.lists[at] {
					if d := far[at] + r.length; d < far[r.to] {
						far[r.to] = d
						h.lower(r.to)
					}
				}
			}
		}
	})
	if err := ml.Done(ctx); err != nil {
		return err
	}
	mirror(out, g.n) // sums of one path from both ends may round differently
	return nil
}

// heap is a binary heap of nodes by their distance.
type heap struct {
	nodes []int32
	place []int32 // in nodes; -1: not there
	far   []float64
}

// lower brings a node up whose distance fell, or that is new.
func (h *heap) lower(node int32) {
	at := int(h.place[node])
	if at < 0 {
		at = len(h.nodes)
		h.nodes = append(h.nodes, node)
	}
	for at > 0 {
		up := (at - 1) / 2
		if h.far[h.nodes[up]] <= h.far[node] {
			break
		}
		h.nodes[at] = h.nodes[up]
		h.place[h.nodes[at]] = int32(at)
		at = up
	}
	h.nodes[at], h.place[node] = node, int32(at)
}

// pop takes the nearest node.
func (h *heap) pop() int32 {
	top, last := h.nodes[0], h.nodes[len(h.nodes)-1]
	h.nodes = h.nodes[:len(h.nodes)-1]
	h.place[top] = -1
	if len(h.nodes) == 0 {
		return top
	}
	at := 0
	for {
		down := 2*at + 1
		if down >= len(h.nodes) {
			break
		}
		if down+1 < len(h.nodes) && h.far[h.nodes[down+1]] < h.far[h.nodes[down]] {
			down++
		}
		if h.far[last] <= h.far[h.nodes[down]] {
			break
		}
		h.nodes[at] = h.nodes[down]
		h.place[h.nodes[at]] = int32(at)
		at = down
	}
	h.nodes[at], h.place[last] = last, int32(at)
	return top
}
