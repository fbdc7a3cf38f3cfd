package near

import "slices"

// Codes finds the lowest code of the points within a radius. Parts of the tree that hold no lower code than one that is found are not looked at.
type Codes struct {
	tree *KDTree
	code []int32 // of the points, in the tree's order
	low  []int32 // the lowest of each node
}

// NewCodes keeps t; code is that of each of its points.
func NewCodes(t *KDTree, code []int) *Codes {
	c := &Codes{tree: t, code: make([]int32, len(code)), low: make([]int32, len(t.nodes))}
	for i, at := range t.index {
		c.code[i] = int32(code[at])
	}
	for i := len(t.nodes) - 1; i >= 0; i-- { // children come after their parents
		n := t.nodes[i]
		switch {
		case n.left != 0:
			c.low[i] = min(c.low[n.left], c.low[n.right])
		case n.hi > n.lo:
			c.low[i] = slices.Min(c.code[n.lo:n.hi])
		default:
			c.low[i] = 1<<31 - 1
		}
	}
	return c
}

// Within is the lowest code within r of q, or -1.
func (c *Codes) Within(s *Search, q []float64, r float64) int {
	t := c.tree
	d := t.points.D
	bound := t.norm.above(r)
	sure := bound * (1 - 1e-11)
	best := int32(1<<31 - 1)
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 {
		at := s.stack[len(s.stack)-1].node
		s.stack = s.stack[:len(s.stack)-1]
		if c.low[at] >= best {
			continue
		}
		node := &t.nodes[at]
		if node.left == 0 {
			for i := int(node.lo); i < int(node.hi); i++ {
				if c.code[i] >= best {
					continue
				}
				if v := t.norm.between(q, t.x[i*d:(i+1)*d]); v <= bound && (v < sure || t.norm.distance(v) <= r) {
					best = c.code[i]
				}
			}
			continue
		}
		lo, hi := t.box(int(node.left))
		a := visit{node.left, t.norm.toBox(q, lo, hi)}
		lo, hi = t.box(int(node.right))
		b := visit{node.right, t.norm.toBox(q, lo, hi)}
		if a.bound < b.bound { // the nearer comes off the stack first
			a, b = b, a
		}
		for _, v := range [2]visit{a, b} {
			if v.bound <= bound && c.low[v.node] < best {
				s.stack = append(s.stack, v)
			}
		}
	}
	if best == 1<<31-1 {
		return -1
	}
	return int(best)
}
