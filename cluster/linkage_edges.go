package cluster

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
)

// edges are the pairs of rows that Connectivity joins, among those of positive weight; nil without Connectivity.
func (c *Agglomerative) edges(where string, t ml.Table) ([][2]int32, error) {
	if c.Connectivity == nil {
		return nil, nil
	}
	n, _ := t.X.Dims()
	if p, q := c.Connectivity.Dims(); p != n || q != n {
		return nil, ml.BadConfig(where, "Connectivity", fmt.Sprintf("%d x %d", p, q), fmt.Sprintf("%d x %d, as many as rows", n, n))
	}
	number := make([]int32, n) // among those of positive weight
	live := int32(0)
	for i := range number {
		number[i] = -1
		if t.Weight == nil || t.Weight[i] > 0 {
			number[i] = live
			live++
		}
	}
	edges := [][2]int32{}
	start, cols, values := c.Connectivity.Arrays()
	for i := range n {
		for at := start[i]; at < start[i+1]; at++ {
			j := int(cols[at])
			if a, b := number[i], number[j]; values[at] != 0 && i != j && a >= 0 && b >= 0 {
				edges = append(edges, [2]int32{min(a, b), max(a, b)})
			}
		}
	}
	return edges, nil
}

// edge joins two clusters at a distance.
type edge struct {
	form float64
	a, b int32
}

// edgeHeap has the nearest pair on top, of equally near ones that of the lowest numbers.
type edgeHeap []edge

func (h edgeHeap) Len() int { return len(h) }
func (h edgeHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].form, h[j].form), cmp.Compare(h[i].a, h[j].a), cmp.Compare(h[i].b, h[j].b)) < 0
}
func (h edgeHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *edgeHeap) Push(x any)   { *h = append(*h, x.(edge)) }
func (h *edgeHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// growing are clusters by number, rows first and then one for each merge, with what each is joined to.
type growing struct {
	*linking
	x    [][]float64 // points of clusters, for geometric linkages
	size []float64
	to   []map[int32]float64 // nil: merged
}

// alongEdges merges the nearest of those clusters that an edge joins.
func (l *linking) alongEdges(ctx context.Context, edges [][2]int32) ([]merge, error) {
	g := &growing{linking: l}
	for i := range l.n {
		g.x, g.size, g.to = append(g.x, l.p.Row(i)), append(g.size, l.w(i)), append(g.to, map[int32]float64{})
	}
	bridges, err := l.bridges(ctx, edges)
	if err != nil {
		return nil, err
	}
	h := &edgeHeap{}
	for _, e := range append(edges, bridges...) {
		if _, ok := g.to[e[0]][e[1]]; !ok {
			f := g.rows(e[0], e[1])
			g.to[e[0]][e[1]], g.to[e[1]][e[0]] = f, f
			*h = append(*h, edge{f, e[0], e[1]})
		}
	}
	heap.Init(h)
	merges := make([]merge, 0, l.n)
	for len(merges) < l.n-1 {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		e := heap.Pop(h).(edge)
		if g.to[e.a] == nil || g.to[e.b] == nil {
			continue
		}
		merges = append(merges, merge{e.a, e.b, g.height(e.form)})
		for _, e := range g.merge(e.a, e.b) {
			heap.Push(h, e)
		}
	}
	return merges, nil
}

// rows is the distance of two rows, in the linkage's form.
func (g *growing) rows(i, j int32) float64 {
	if g.linkage.geometric() {
		return g.points(i, j)
	}
	return near.Between(g.measure, g.x[i], g.x[j])
}

func (g *growing) points(i, j int32) float64 {
	d := near.Between(g.measure, g.x[i], g.x[j])
	if g.linkage == Ward {
		return d * d * (2 * (g.size[i] * g.size[j] / (g.size[i] + g.size[j])))
	}
	return d * d
}

func (g *growing) height(form float64) float64 {
	if g.linkage.geometric() {
		return math.Sqrt(form)
	}
	return form
}

// merge makes a cluster of two and returns its edges.
func (g *growing) merge(a, b int32) []edge {
	k := int32(len(g.to))
	wa, wb := g.size[a], g.size[b]
	g.size = append(g.size, wa+wb)
	var x []float64
	if g.linkage.geometric() {
		x = make([]float64, g.d)
		for j := range x {
			if g.linkage == Median {
				x[j] = (g.x[a][j] + g.x[b][j]) / 2
			} else {
				x[j] = (float64(wa*g.x[a][j]) + float64(wb*g.x[b][j])) / (wa + wb)
			}
		}
	}
	g.x = append(g.x, x)
	all := map[int32]float64{}
	from, other := g.to[a], g.to[b]
	for j, f := range from {
		if j != b {
			all[j] = f
		}
	}
	for j, f := range other {
		if have, ok := all[j]; ok { // what only one of the two is joined to keeps its distance
			f = g.linkage.join(have, f, wa, wb)
		}
		if j != a {
			all[j] = f
		}
	}
	g.to[a], g.to[b] = nil, nil
	g.to = append(g.to, all)
	var edges []edge
	for j, f := range all {
		if g.linkage.geometric() {
			f = g.points(j, k)
			all[j] = f
		}
		delete(g.to[j], a)
		delete(g.to[j], b)
		g.to[j][k] = f
		edges = append(edges, edge{f, j, k})
	}
	return edges
}

// bridges join each two parts that no edges join by their nearest rows.
func (l *linking) bridges(ctx context.Context, edges [][2]int32) ([][2]int32, error) {
	root := make([]int, l.n)
	for i := range root {
		root[i] = i
	}
	for _, e := range edges {
		a, b := rootOf(root, int(e[0])), rootOf(root, int(e[1]))
		root[max(a, b)] = min(a, b)
	}
	var parts [][]int32
	at := map[int]int{}
	for i := range l.n {
		r := rootOf(root, i)
		if _, ok := at[r]; !ok {
			at[r] = len(parts)
			parts = append(parts, nil)
		}
		parts[at[r]] = append(parts[at[r]], int32(i))
	}
	var out [][2]int32
	for b := range parts {
		for a := range b {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
			best, least := [2]int32{parts[a][0], parts[b][0]}, math.Inf(1)
			for _, i := range parts[a] {
				for _, j := range parts[b] {
					if d := near.Between(l.measure, l.p.Row(int(i)), l.p.Row(int(j))); d < least {
						best, least = [2]int32{min(i, j), max(i, j)}, d
					}
				}
			}
			out = append(out, best)
		}
	}
	return out, nil
}

// rootOf is the root of a set in a forest of parents, whose paths it halves.
func rootOf(root []int, i int) int {
	for root[i] != i {
		root[i] = root[root[i]]
		i = root[i]
	}
	return i
}
