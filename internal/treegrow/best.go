package treegrow

import (
	"container/heap"
	"slices"
)

// frontier holds the leaves that could be split, the best split on top; of equal gains the older one.
type frontier []*candidate

type candidate struct {
	nd    *node
	at    int // of its node
	split split
	gain  float64
}

func (q frontier) Len() int { return len(q) }
func (q frontier) Less(i, j int) bool {
	if q[i].gain != q[j].gain {
		return q[i].gain > q[j].gain
	}
	return q[i].at < q[j].at
}
func (q frontier) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *frontier) Push(x any)   { *q = append(*q, x.(*candidate)) }
func (q *frontier) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// growBest splits the leaf that gains most until there are MaxLeaves. Nodes come out in the order of a tree that is grown depth first.
func (f *frame[E]) growBest(root *node) ([]Node, error) {
	nodes := []Node{root.out}
	var open frontier
	consider := func(c *candidate) bool {
		if c.nd.final {
			return false
		}
		f.unpack(c.nd)
		defer f.pack(c.nd)
		if c.split = f.find(c.nd); !c.split.found {
			return false
		}
		gain := f.gainBefore(c.nd, &c.split)
		c.gain = float64(gain * f.discount(c.nd, c.split.feature))
		return gain+epsilon >= f.params.MinDecrease
	}
	add := func(nd *node, at int) {
		if c := (&candidate{nd: nd, at: at}); consider(c) {
			heap.Push(&open, c)
		}
	}
	add(root, 0)
	for leaves := 1; leaves < f.params.MaxLeaves && len(open) > 0; leaves++ {
		if err := f.ctx.Err(); err != nil {
			return nil, err
		}
		c := heap.Pop(&open).(*candidate)
		f.prepare(c.nd)
		f.unpack(c.nd)
		left, right := f.carryOut(c.nd, &c.split)
		if left == nil {
			leaves--
			continue
		}
		c.nd.out.Left, c.nd.out.Right = len(nodes), len(nodes)+1
		nodes[c.at] = c.nd.out
		nodes = append(nodes, left.out, right.out)
		if f.methodical() { // leaves that were tied to the node have other bounds now
			open = slices.DeleteFunc(open, func(o *candidate) bool { return o.nd.box.Apart(c.nd.box) >= 0 && !consider(o) })
			heap.Init(&open)
		}
		add(left, c.nd.out.Left)
		add(right, c.nd.out.Right)
	}
	return preorder(nodes), nil
}

// gainBefore is the gain of a split that is not carried out yet.
func (f *frame[E]) gainBefore(nd *node, sp *split) float64 {
	f.mark(nd, sp)
	mid := f.divide(nd) // the order of a node's rows may change as long as either child keeps its own
	gain := f.gainOf(nd, &node{lo: nd.lo, hi: mid, lower: nd.lower, upper: nd.upper}, &node{lo: mid, hi: nd.hi, lower: nd.lower, upper: nd.upper})
	return gain
}

// preorder renumbers the nodes of a tree: each before its left subtree, that before its right one.
func preorder(nodes []Node) []Node {
	out := make([]Node, 0, len(nodes))
	var visit func(i int) int
	visit = func(i int) int {
		at := len(out)
		n := nodes[i]
		out = append(out, n)
		if n.Feature >= 0 {
			out[at].Left = visit(n.Left)
			out[at].Right = visit(n.Right)
		}
		return at
	}
	visit(0)
	return out
}
