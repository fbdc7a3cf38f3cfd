package near

import (
	"math"
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Dense answers what clustering by density asks of all points at once: which have enough others within a radius, which of those hang together, and which others belong
// to them. Points are taken cell by cell: two cells that lie wholly within the radius of each other need no distances, and of others those of a whole block are computed
// at once.
type Dense struct {
	*cells
	radius      float64
	bound, sure float64                 // of forms: above the one a point is outside, below the other inside; between them the distance decides
	panels      []*kern.Points[float64] // of each cell, where blocks are computed
}

// NewDense prepares questions about the radius r.
func NewDense(p Points, norm Norm, r float64) *Dense {
	blocks := norm.P == 2 && p.D > 3
	leaf := 16
	if blocks {
		leaf = kern.Lanes
	}
	d := &Dense{cells: newCells(p, norm, r, leaf), radius: r, bound: norm.above(r)}
	d.sure = d.bound * (1 - 1e-11)
	if blocks {
		d.panel()
	}
	return d
}

// panel makes the cells ready for blocks.
func (d *Dense) panel() {
	w := d.points.D
	d.panels = make([]*kern.Points[float64], d.len())
	par.For(d.len(), 64*w, func(lo, hi int) {
		for l := lo; l < hi; l++ {
			first := int(d.first[l])
			d.panels[l] = kern.NewPoints(int(d.first[l+1])-first, w, d.x[first*w:], w)
		}
	})
}

func (d *Dense) inside(form float64) bool {
	return form <= d.bound && (form < d.sure || d.norm.distance(form) <= d.radius)
}

// close tells that all points of one cell are surely within the radius of all of the other.
func (d *Dense) close(a, b int32) bool {
	lo, hi := d.box(a)
	lo2, hi2 := d.box(b)
	return d.norm.acrossBoxes(lo, hi, lo2, hi2) < d.sure
}

// partners calls f with a and every cell that may hold points within the radius of those of a, until f says that it has seen enough.
func (d *Dense) partners(w *walk, a int32, f func(b int32) bool) {
	if f(a) {
		d.near(w, a, d.bound, f)
	}
}

// asking is the memory of one goroutine.
type asking struct {
	walk
	pending []int32 // places that still ask
	rows    []float64
	dists   []float64
	away    [kern.Lanes]float64 // from a box, of each point of a leaf
}

// block computes the squared distances of the pending points to those of cell b.
func (d *Dense) block(k *asking, b int32) {
	w := d.points.D
	if k.dists == nil {
		k.dists, k.rows = make([]float64, kern.Lanes*kern.Lanes), make([]float64, kern.Lanes*w)
	}
	for i, p := range k.pending {
		copy(k.rows[i*w:], d.row(p))
	}
	d.panels[b].SqDists(len(k.pending), k.rows, w, k.dists, kern.Lanes)
}

// lanes are the points of cell b within the radius of the i-th pending one, one bit each. The kernel's sums may be rounded otherwise than between's: what is near the
// limit is measured again.
func (d *Dense) lanes(k *asking, i int, b int32) uint64 {
	const band = 1e-9 // far more than the rounding of a sum of squares, for as many columns as memory holds
	first, n := d.first[b], d.first[b+1]-d.first[b]
	limit := uint64(math.MaxUint64) >> (64 - n)
	row := k.dists[i*kern.Lanes : (i+1)*kern.Lanes]
	in := kern.CompareLanes(row, d.bound*(1-band), false) & limit
	for open := kern.CompareLanes(row, d.bound*(1+band), true) & limit &^ in; open != 0; open &= open - 1 {
		j := bits.TrailingZeros64(open)
		if d.inside(d.norm.between(d.row(k.pending[i]), d.row(first+int32(j)))) {
			in |= 1 << j
		}
	}
	return in
}

// within calls f with each point of cell b within the radius of x, until f says that it has seen enough.
func (d *Dense) within(x []float64, b int32, f func(at int32) bool) {
	if d.points.D == 2 && d.norm.P == 2 { // the same sums, without a call for each point
		x0, x1 := x[0], x[1]
		y := d.x[2*d.first[b] : 2*d.first[b+1]]
		for i := 0; i+1 < len(y); i += 2 {
			u, v := x0-y[i], x1-y[i+1]
			if form := float64(u*u) + float64(v*v); d.inside(form) && !f(d.first[b]+int32(i/2)) {
				return
			}
		}
		return
	}
	for at := d.first[b]; at < d.first[b+1]; at++ {
		if d.inside(d.norm.between(x, d.row(at))) && !f(at) {
			return
		}
	}
}

// Cores tells which points have a weight of least or more within the radius, their own included; nil weights are 1 each.
func (d *Dense) Cores(weight []float64, least float64) []bool {
	ordered := make([]float64, d.points.N) // weights in the cells' order
	for i, at := range d.index {
		ordered[i] = 1
		if weight != nil {
			ordered[i] = weight[at]
		}
	}
	whole := make([]float64, d.len())
	for c := range whole {
		for _, w := range ordered[d.first[c]:d.first[c+1]] {
			whole[c] += w
		}
	}
	out := make([]bool, d.points.N)
	par.For(d.len(), 5000, func(lo, hi int) {
		var k asking
		var sum []float64
		for a := int32(lo); a < int32(hi); a++ {
			first := d.first[a]
			k.pending, sum = k.pending[:0], sum[:0]
			for at := first; at < d.first[a+1]; at++ {
				k.pending, sum = append(k.pending, at), append(sum, 0)
			}
			d.partners(&k.walk, a, func(b int32) bool {
				if d.close(a, b) {
					for _, p := range k.pending {
						sum[p-first] += whole[b]
					}
				} else {
					d.count(&k, sum, first, b, ordered, weight == nil, least)
				}
				k.pending = slices.DeleteFunc(k.pending, func(p int32) bool { return sum[p-first] >= least })
				return len(k.pending) > 0
			})
			for i, s := range sum {
				out[d.index[int(first)+i]] = s >= least
			}
		}
	})
	return out
}

// count adds the weights of cell b that are within the radius to the sums of the pending points, or enough of them.
func (d *Dense) count(k *asking, sum []float64, first, b int32, weight []float64, ones bool, least float64) {
	if d.panels == nil {
		for _, p := range k.pending {
			d.within(d.row(p), b, func(at int32) bool {
				sum[p-first] += weight[at]
				return sum[p-first] < least
			})
		}
		return
	}
	d.block(k, b)
	for i, p := range k.pending {
		in := d.lanes(k, i, b)
		if ones {
			sum[p-first] += float64(bits.OnesCount64(in))
			continue
		}
		for ; in != 0; in &= in - 1 {
			sum[p-first] += weight[int(d.first[b])+bits.TrailingZeros64(in)]
		}
	}
}

// Groups gives points that hang together, over steps within the radius from one of them to another, one code; codes count the groups by their first points. The others
// have the code -1.
func (d *Dense) Groups(inside []bool) (code []int32, k int) {
	g := newGrouping(d, inside)
	// Who is joined first depends on the cores at work, and with it which distances are measured, but not what hangs together in the end. Each cell is joined in itself
	// first: of two that are one group each, one step from one to the other is enough.
	for _, own := range []bool{true, false} {
		par.For(d.len(), 3000, func(lo, hi int) {
			var k asking
			for a := int32(lo); a < int32(hi); a++ {
				switch {
				case len(g.members(a)) == 0:
				case own:
					g.join(&k, a, a)
				default:
					d.near(&k.walk, a, d.bound, func(b int32) bool {
						if b > a && len(g.members(b)) > 0 {
							g.join(&k, a, b)
						}
						return true
					})
				}
			}
		})
	}
	code = make([]int32, d.points.N)
	for i := range code {
		code[i] = -1
	}
	for _, at := range g.member {
		code[d.index[at]] = g.find(at)
	}
	name := make([]int32, d.points.N)
	for i, root := range code {
		if root < 0 {
			continue
		}
		if name[root] == 0 {
			k++
			name[root] = int32(k)
		}
		code[i] = name[root] - 1
	}
	return code, k
}

// grouping is the core points on their way to groups.
type grouping struct {
	*Dense
	*unions
	member []int32       // places of the core points
	from   []int32       // of each cell's in member, and the end
	mask   []uint64      // of each cell's among its points, where blocks are computed
	one    []atomic.Bool // cells whose core points are known to be of one group
}

func newGrouping(d *Dense, inside []bool) *grouping {
	g := &grouping{Dense: d, unions: newUnions(d.points.N), from: make([]int32, d.len()+1), mask: make([]uint64, d.len()), one: make([]atomic.Bool, d.len())}
	g.member = make([]int32, 0, d.points.N)
	for c := range d.len() {
		for at := d.first[c]; at < d.first[c+1]; at++ {
			if inside[d.index[at]] {
				g.member = append(g.member, at)
				if d.panels != nil {
					g.mask[c] |= 1 << (at - d.first[c])
				}
			}
		}
		g.from[c+1] = int32(len(g.member))
	}
	return g
}

func (g *grouping) members(c int32) []int32 { return g.member[g.from[c]:g.from[c+1]] }

// join unites what is within the radius in two cells, or in one.
func (g *grouping) join(k *asking, a, b int32) {
	from, to := g.members(a), g.members(b)
	oneA, oneB := g.one[a].Load(), g.one[b].Load()
	if oneA && oneB && g.find(from[0]) == g.find(to[0]) {
		return
	}
	if g.close(a, b) {
		for _, i := range from {
			g.unite(i, to[0])
		}
		for _, j := range to[1:] {
			g.unite(from[0], j)
		}
		g.one[a].Store(true)
		g.one[b].Store(true)
		return
	}
	if g.panels != nil {
		if oneA && !oneB {
			a, b, from, to, oneA, oneB = b, a, to, from, oneB, oneA
		}
		k.pending = k.pending[:0]
		for _, i := range from {
			if !oneB || g.find(i) != g.find(to[0]) {
				k.pending = append(k.pending, i)
			}
		}
		g.block(k, b)
		for i, p := range k.pending {
			for in := g.lanes(k, i, b) & g.mask[b]; in != 0; in &= in - 1 {
				g.unite(p, g.first[b]+int32(bits.TrailingZeros64(in)))
				if oneB {
					break
				}
			}
			if oneA && oneB && g.find(p) == g.find(to[0]) {
				break
			}
		}
	} else {
		lo, hi := g.box(b)
		for i, p := range from {
			x, others := g.row(p), to
			if a == b {
				others = from[i+1:]
			} else if g.norm.toBox(x, lo, hi) > g.bound {
				continue
			}
			for _, j := range others {
				if g.find(p) != g.find(j) && g.inside(g.norm.between(x, g.row(j))) {
					g.unite(p, j)
					if oneA && oneB {
						return
					}
				}
			}
		}
	}
	for _, c := range [2]int32{a, b} {
		if !g.one[c].Load() && g.whole(g.members(c)) {
			g.one[c].Store(true)
		}
	}
}

// Borders gives every point that has no code the lowest code within the radius, if there is any.
func (d *Dense) Borders(code []int32) {
	const none = math.MaxInt32
	ordered := make([]int32, d.points.N)
	for i, at := range d.index {
		if ordered[i] = code[at]; ordered[i] < 0 {
			ordered[i] = none
		}
	}
	low := make([]int32, d.len())
	for c := range low {
		low[c] = slices.Min(ordered[d.first[c]:d.first[c+1]])
	}
	par.For(d.len(), 5000, func(from, to int) {
		var k asking
		var best []int32
		for a := int32(from); a < int32(to); a++ {
			k.pending, best = k.pending[:0], best[:0]
			for at := d.first[a]; at < d.first[a+1]; at++ {
				if ordered[at] == none {
					k.pending, best = append(k.pending, at), append(best, none)
				}
			}
			if len(best) == 0 {
				continue
			}
			d.partners(&k.walk, a, func(b int32) bool {
				if low[b] < slices.Max(best) {
					d.lowest(&k, best, b, ordered, low[b], d.close(a, b))
				}
				return true
			})
			for i, p := range k.pending {
				if best[i] < none {
					code[d.index[p]] = best[i]
				}
			}
		}
	})
}

// lowest takes the codes of cell b into the best ones of the pending points.
func (d *Dense) lowest(k *asking, best []int32, b int32, code []int32, low int32, close bool) {
	if !close && d.panels != nil {
		d.block(k, b)
	}
	for i, p := range k.pending {
		switch {
		case low >= best[i]:
		case close:
			best[i] = low
		case d.panels != nil:
			for in := d.lanes(k, i, b); in != 0; in &= in - 1 {
				best[i] = min(best[i], code[int(d.first[b])+bits.TrailingZeros64(in)])
			}
		default:
			d.within(d.row(p), b, func(at int32) bool {
				best[i] = min(best[i], code[at])
				return best[i] > low
			})
		}
	}
}
