package decomp

import (
	"math"
	"math/bits"
)

// bhTree holds points of up to three coordinates in nested cells, each with its centre of mass, for sums over all points of forces that fall with the distance: far cells are taken for
// points (Barnes and Hut, Nature 324, 1986). Points are kept in Morton order, and nodes in the order of a walk that goes down first, each with the place where the walk goes on
// if its node is not opened; so a walk is one loop.
type bhTree struct {
	dims  int       // 1 to 3 of the points
	x     []float64 // the points in order, 3 numbers each
	order []int32   // their indices
	nodes []bhNode

	codes, spare []uint64
	moved        []int32
}

type bhNode struct {
	x, y, z float64 // centre of mass
	mass    float64 // points
	reach   float64 // squares of distances above it take the node for a point
	next    int32   // the node after those inside
	lo, hi  int32   // points
	leaf    bool
	deep    bool // its points are too many and too near to look at each
}

const (
	bhLeaf = 4  // points of a leaf
	bhDeep = 64 // from so many on, points that no cell tells apart are taken together
	bhBits = 16 // of a coordinate
)

// build puts the points y, n x dims, into the tree; theta is how large a cell may be, over its distance, and be taken for a point.
func (t *bhTree) build(y []float64, dims int, theta float64) {
	n := len(y) / dims
	t.dims = dims
	if cap(t.codes) < n {
		t.codes, t.spare, t.order, t.moved, t.x = make([]uint64, n), make([]uint64, n), make([]int32, n), make([]int32, n), make([]float64, 3*n)
	}
	t.codes, t.spare, t.order, t.moved, t.x = t.codes[:n], t.spare[:n], t.order[:n], t.moved[:n], t.x[:3*n]
	var low, high [3]float64
	for k := range dims {
		low[k], high[k] = math.Inf(1), math.Inf(-1)
		for i := k; i < len(y); i += dims {
			low[k], high[k] = min(low[k], y[i]), max(high[k], y[i])
		}
	}
	side := max(high[0]-low[0], high[1]-low[1], high[2]-low[2])
	scale := 0.0
	if side > 0 {
		scale = (1<<bhBits - 1) / side
	}
	for i := range n {
		code := uint64(0)
		for k := range dims {
			code |= spread(uint64((y[i*dims+k]-low[k])*scale), dims) << k
		}
		t.codes[i], t.order[i] = code, int32(i)
	}
	t.sort(bhBits * dims)
	for at, i := range t.order {
		for k := range 3 {
			t.x[3*at+k] = 0
			if k < dims {
				t.x[3*at+k] = y[int(i)*dims+k]
			}
		}
	}
	t.nodes = t.nodes[:0]
	if n > 0 {
		t.node(0, n, max(1/(theta*theta), float64(dims)))
	}
}

// spread puts dims-1 zeros between the bits of v.
func spread(v uint64, dims int) uint64 {
	switch dims {
	case 2:
		v = (v | v<<16) & 0x0000ffff0000ffff
		v = (v | v<<8) & 0x00ff00ff00ff00ff
		v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
		v = (v | v<<2) & 0x3333333333333333
		v = (v | v<<1) & 0x5555555555555555
	case 3:
		v = (v | v<<32) & 0x001f00000000ffff
		v = (v | v<<16) & 0x001f0000ff0000ff
		v = (v | v<<8) & 0x100f00f00f00f00f
		v = (v | v<<4) & 0x10c30c30c30c30c3
		v = (v | v<<2) & 0x1249249249249249
	}
	return v
}

// sort orders by the lowest bits of the codes, equal ones by their indices.
func (t *bhTree) sort(used int) {
	for shift := 0; shift < used; shift += 8 {
		var count [257]int32
		for _, c := range t.codes {
			count[c>>shift&255+1]++
		}
		for b := range 256 {
			count[b+1] += count[b]
		}
		for i, c := range t.codes {
			to := &count[c>>shift&255]
			t.spare[*to], t.moved[*to] = c, t.order[i]
			*to++
		}
		t.codes, t.spare = t.spare, t.codes
		t.order, t.moved = t.moved, t.order
	}
}

// node adds the cell of points lo to hi-1 with what is inside, and returns its box. open is the square of how many sizes away a cell is taken for a point: at least the dimensions, so
// that none is for its own points.
func (t *bhTree) node(lo, hi int, open float64) (low, high [3]float64) {
	self := len(t.nodes)
	t.nodes = append(t.nodes, bhNode{lo: int32(lo), hi: int32(hi)})
	var sum [3]float64
	// Codes are sorted, so the first and the last one tell at what level they part.
	level := (bits.Len64(t.codes[lo]^t.codes[hi-1]) + t.dims - 1) / t.dims
	if hi-lo <= bhLeaf || level == 0 {
		t.nodes[self].leaf, t.nodes[self].deep = true, hi-lo >= bhDeep
		low, high = [3]float64(t.x[3*lo:]), [3]float64(t.x[3*lo:])
		for i := lo; i < hi; i++ {
			for k, v := range t.x[3*i : 3*i+3] {
				sum[k] += v
				low[k], high[k] = min(low[k], v), max(high[k], v)
			}
		}
	} else {
		shift := (level - 1) * t.dims
		first := true
		for at := lo; at < hi; {
			cell := t.codes[at] >> shift
			end := at + 1
			for end < hi && t.codes[end]>>shift == cell {
				end++
			}
			child := len(t.nodes)
			a, b := t.node(at, end, open)
			if first {
				low, high, first = a, b, false
			}
			c := &t.nodes[child]
			for k, v := range [3]float64{c.x, c.y, c.z} {
				sum[k] += float64(v * c.mass)
				low[k], high[k] = min(low[k], a[k]), max(high[k], b[k])
			}
			at = end
		}
	}
	size := max(high[0]-low[0], high[1]-low[1], high[2]-low[2])
	n := &t.nodes[self]
	n.mass = float64(hi - lo)
	n.x, n.y, n.z = sum[0]/n.mass, sum[1]/n.mass, sum[2]/n.mass
	n.reach, n.next = float64(size*size)*open, int32(len(t.nodes))
	return low, high
}

// repel2 sums, over all points but the one in place self of the order (-1: none), w = 1/(1+d²), and w² times what x and y are away. Points have up to two coordinates.
func (t *bhTree) repel2(x, y float64, self int32) (z, fx, fy float64) {
	nodes := t.nodes
	for at := 0; at < len(nodes); {
		n := &nodes[at]
		dx, dy := x-n.x, y-n.y
		square := float64(dx*dx) + float64(dy*dy)
		switch {
		case square > n.reach:
			w := 1 / (1 + square)
			mw := float64(n.mass * w)
			z += mw
			mw *= w
			fx += float64(mw * dx)
			fy += float64(mw * dy)
			at = int(n.next)
		case !n.leaf:
			at++
		case n.deep:
			mass := n.mass
			if n.lo <= self && self < n.hi {
				mass--
			}
			w := 1 / (1 + square)
			mw := float64(mass * w)
			z += mw
			mw *= w
			fx += float64(mw * dx)
			fy += float64(mw * dy)
			at = int(n.next)
		default:
			points := t.x[3*n.lo : 3*n.hi]
			for i := 0; i+2 < len(points); i += 3 {
				if n.lo+int32(i/3) == self {
					continue
				}
				dx, dy := x-points[i], y-points[i+1]
				w := 1 / (1 + float64(dx*dx) + float64(dy*dy))
				z += w
				w *= w
				fx += float64(w * dx)
				fy += float64(w * dy)
			}
			at = int(n.next)
		}
	}
	return z, fx, fy
}

// repel3 is repel2 for three coordinates.
func (t *bhTree) repel3(p [3]float64, self int32) (z float64, f [3]float64) {
	nodes := t.nodes
	add := func(x, y, v, mass float64) {
		dx, dy, dz := p[0]-x, p[1]-y, p[2]-v
		w := 1 / (1 + float64(dx*dx) + float64(dy*dy) + float64(dz*dz))
		mw := float64(mass * w)
		z += mw
		mw *= w
		f[0] += float64(mw * dx)
		f[1] += float64(mw * dy)
		f[2] += float64(mw * dz)
	}
	for at := 0; at < len(nodes); {
		n := &nodes[at]
		dx, dy, dz := p[0]-n.x, p[1]-n.y, p[2]-n.z
		square := float64(dx*dx) + float64(dy*dy) + float64(dz*dz)
		switch {
		case square > n.reach:
			add(n.x, n.y, n.z, n.mass)
		case !n.leaf:
			at++
			continue
		case n.deep:
			mass := n.mass
			if n.lo <= self && self < n.hi {
				mass--
			}
			add(n.x, n.y, n.z, mass)
		default:
			for i := n.lo; i < n.hi; i++ {
				if i != self {
					add(t.x[3*i], t.x[3*i+1], t.x[3*i+2], 1)
				}
			}
		}
		at = int(n.next)
	}
	return z, f
}
