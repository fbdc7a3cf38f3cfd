package near

// Searches for Euclidean neighbours in a plane or in space. A node's bound is kept coordinate by coordinate as the tree is cut: one subtraction for a cut, where the
// distance from a box takes six; only what comes off the stack is held against its box. Bounds are sums of squares in the order of the coordinates, so that, as computed,
// they do not exceed the distance of any point beyond the cut.

// cut is where a node's points part.
type cut struct {
	left, right float64 // the largest coordinate on the left, the smallest on the right
	axis        int32
}

// beyondCut is a node on the stack and how far its cell lies from the query in each coordinate.
type beyondCut struct {
	off   [3]float64
	bound float64
	node  int32
}

// cutUp finds the cuts of a tree for spatial.
func (t *KDTree) cutUp() {
	if d := t.points.D; t.norm.P != 2 || d != 2 && d != 3 {
		return
	}
	t.cuts = make([]cut, len(t.nodes))
	for i, n := range t.nodes {
		if n.left == 0 {
			continue
		}
		_, hi := t.box(int(n.left))
		lo, _ := t.box(int(n.right))
		c := cut{left: hi[0], right: lo[0]}
		for j := range lo { // that where the halves lie farthest apart, of which one parts them
			if gap := lo[j] - hi[j]; gap > c.right-c.left {
				c = cut{left: hi[j], right: lo[j], axis: int32(j)}
			}
		}
		t.cuts[i] = c
	}
}

// spatial is forms for trees with cuts.
func (t *KDTree) spatial(s *Search, q []float64, k int) []Neighbor {
	d := t.points.D
	var p [3]float64
	copy(p[:], q[:d])
	s.beyond = append(s.beyond[:0], beyondCut{})
	worst := s.worst(k)
	for len(s.beyond) > 0 {
		v := s.beyond[len(s.beyond)-1]
		s.beyond = s.beyond[:len(s.beyond)-1]
		if v.bound > worst {
			continue
		}
		if v.bound > 0 {
			if lo, hi := t.box(int(v.node)); t.norm.toBox(q, lo, hi) > worst {
				continue
			}
		}
		node := &t.nodes[v.node]
		for node.left != 0 {
			c := &t.cuts[v.node]
			x := p[c.axis]
			near, far, off := node.left, node.right, c.right-x
			if x-c.left > off {
				near, far, off = far, near, x-c.left
			}
			if off > 0 {
				w := beyondCut{off: v.off, node: far}
				w.off[c.axis] = off
				w.bound = float64(w.off[0]*w.off[0]) + float64(w.off[1]*w.off[1])
				if d == 3 {
					w.bound += float64(w.off[2] * w.off[2])
				}
				if w.bound <= worst {
					s.beyond = append(s.beyond, w)
				}
			} else {
				s.beyond = append(s.beyond, beyondCut{off: v.off, bound: v.bound, node: far})
			}
			v.node = near
			node = &t.nodes[near]
		}
		x := t.x[int(node.lo)*d : int(node.hi)*d]
		if d == 3 {
			for i := 0; i+2 < len(x); i += 3 {
				a, b, c := p[0]-x[i], p[1]-x[i+1], p[2]-x[i+2]
				if form := float64(a*a) + float64(b*b) + float64(c*c); form <= worst {
					s.offer(k, Neighbor{Value: form, Index: int(t.index[int(node.lo)+i/3])})
					worst = s.worst(k)
				}
			}
			continue
		}
		for i := 0; i+1 < len(x); i += 2 {
			a, b := p[0]-x[i], p[1]-x[i+1]
			if form := float64(a*a) + float64(b*b); form <= worst {
				s.offer(k, Neighbor{Value: form, Index: int(t.index[int(node.lo)+i/2])})
				worst = s.worst(k)
			}
		}
	}
	return s.found
}
