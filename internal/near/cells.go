package near

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// cells are points in groups that lie together, with the box of each: the cells of a grid for up to three coordinates, the leaves of a KD-tree beyond. They say which
// others may hold points within a radius.
type cells struct {
	points Points
	norm   Norm
	index  []int32   // points, cell by cell
	x      []float64 // their coordinates in that order
	first  []int32   // of each cell in that order, and the end
	boxes  []float64 // lower and upper corner of each cell

	key  []int64 // of each cell in the grid, rising; nil: a tree
	step [3]int64
	span int64 // cells that the radius reaches in each direction

	tree    *KDTree
	node    []int32 // of each cell
	ordinal []int32 // of each node that is a leaf
}

func (c *cells) len() int { return len(c.first) - 1 }

func (c *cells) box(i int32) (lo, hi []float64) {
	d := c.points.D
	at := 2 * int(i) * d
	return c.boxes[at : at+d], c.boxes[at+d : at+2*d]
}

// row is the point at a place of the cells' order.
func (c *cells) row(at int32) []float64 {
	d := c.points.D
	return c.x[int(at)*d : (int(at)+1)*d]
}

// newCells cuts points so that all of a cell lie within r of each other, in a grid, or in leaves of so many.
func newCells(p Points, norm Norm, r float64, leaf int) *cells {
	if c := newGrid(p, norm, r); c != nil {
		return c
	}
	return newLeaves(p, norm, leaf)
}

// newLeaves are the leaves of a KD-tree.
func newLeaves(p Points, norm Norm, leaf int) *cells {
	t := NewKDTree(p, norm, leaf)
	c := &cells{points: p, norm: norm, index: t.index, x: t.x, tree: t, ordinal: make([]int32, len(t.nodes))}
	stack := []int32{0}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := t.nodes[at]
		if n.left != 0 {
			stack = append(stack, n.right, n.left)
			continue
		}
		c.ordinal[at] = int32(len(c.node))
		c.node, c.first = append(c.node, at), append(c.first, n.lo)
		lo, hi := t.box(int(at))
		c.boxes = append(append(c.boxes, lo...), hi...)
	}
	c.first = append(c.first, int32(p.N))
	return c
}

// newGrid is nil where the points have too many coordinates, or reach over too many cells.
func newGrid(p Points, norm Norm, r float64) *cells {
	if p.D < 1 || p.D > 3 {
		return nil
	}
	d := p.D
	var low, high [3]float64
	for j := range d {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
	}
	for i := range p.N {
		for j, v := range p.Row(i) {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	// A cell's diagonal is a little less than the radius. Boxes are those of the points themselves, so that no rounding here counts.
	side := r
	if !math.IsInf(norm.P, 1) {
		side = r / math.Pow(float64(d), 1/norm.P)
	}
	side *= 1 - 1e-5
	c := &cells{points: p, norm: norm, span: int64(r/side) + 1}
	limit := [4]float64{0, 1 << 40, 1 << 28, 1 << 18}[d]
	total := int64(1)
	for j := range d {
		n := (high[j] - low[j]) / side
		if !(n < limit) {
			return nil
		}
		c.step[j] = total
		total *= int64(n) + 1 + 2*c.span // so that no neighbour is in another line
	}
	keys, order := make([]int64, p.N), make([]int64, p.N)
	par.For(p.N, 5*d, func(from, to int) {
		for i := from; i < to; i++ {
			key := int64(0)
			for j, v := range p.X[i*d : (i+1)*d] {
				key += (int64((v-low[j])/side) + c.span) * c.step[j]
			}
			keys[i], order[i] = key, int64(i)
		}
	})
	kern.SortWordPairs(keys, order)
	c.index = make([]int32, p.N)
	for i, at := range order {
		c.index[i] = int32(at)
		if i == 0 || keys[i] != keys[i-1] {
			c.key, c.first = append(c.key, keys[i]), append(c.first, int32(i))
		}
	}
	c.first = append(c.first, int32(p.N))
	c.x = make([]float64, p.N*d)
	c.boxes = make([]float64, 2*d*c.len())
	par.For(c.len(), 30*d, func(from, to int) {
		for i := from; i < to; i++ {
			lo, hi := c.box(int32(i))
			for at := c.first[i]; at < c.first[i+1]; at++ {
				row := c.row(at)
				copy(row, p.Row(int(c.index[at])))
				if at == c.first[i] {
					copy(lo, row)
					copy(hi, row)
				}
				for j, v := range row {
					lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
				}
			}
		}
	})
	return c
}

// walk is where one goroutine stands in the grid, or in the tree.
type walk struct {
	cursor []int
	stack  []int32
}

// near calls f with every cell that may hold points within a form of bound of those of cell a, but a itself, until f says that it has seen enough. Cells asked for in
// rising order are found fastest.
func (c *cells) near(w *walk, a int32, bound float64, f func(b int32) bool) {
	lo, hi := c.box(a)
	if c.key == nil {
		c.nearInTree(w, a, bound, f)
		return
	}
	lines := 1
	for range c.points.D - 1 {
		lines *= int(2*c.span + 1)
	}
	if w.cursor == nil {
		w.cursor = make([]int, lines)
		for l := range w.cursor {
			w.cursor[l] = -1
		}
	}
	for l := range lines {
		// Lines of the grid from the middle outwards: the nearest are the likeliest to suffice.
		line, key := int64(l), c.key[a]
		for j := 1; j < c.points.D; j++ {
			o := line % (2*c.span + 1)
			line /= 2*c.span + 1
			if o%2 == 1 {
				key += (o + 1) / 2 * c.step[j]
			} else {
				key -= o / 2 * c.step[j]
			}
		}
		at := w.cursor[l]
		if at < 0 || at > 0 && c.key[at-1] >= key-c.span {
			at, _ = slices.BinarySearch(c.key, key-c.span)
		}
		for at < len(c.key) && c.key[at] < key-c.span {
			at++
		}
		w.cursor[l] = at
		for ; at < len(c.key) && c.key[at] <= key+c.span; at++ {
			if int32(at) == a {
				continue
			}
			lo2, hi2 := c.box(int32(at))
			if c.norm.betweenBoxes(lo, hi, lo2, hi2) <= bound && !f(int32(at)) {
				return
			}
		}
	}
}

func (c *cells) nearInTree(w *walk, a int32, bound float64, f func(b int32) bool) {
	lo, hi := c.box(a)
	s := append(w.stack[:0], 0)
	for len(s) > 0 {
		at := s[len(s)-1]
		s = s[:len(s)-1]
		lo2, hi2 := c.tree.box(int(at))
		if c.norm.betweenBoxes(lo, hi, lo2, hi2) > bound {
			continue
		}
		n := &c.tree.nodes[at]
		if n.left != 0 {
			s = append(s, n.right, n.left)
			continue
		}
		if b := c.ordinal[at]; b != a && !f(b) {
			break
		}
	}
	w.stack = s
}

// betweenBoxes is the least that between can give for points of two boxes, as computed; acrossBoxes the most.
func (n Norm) betweenBoxes(lo, hi, lo2, hi2 []float64) float64 {
	sum := 0.0
	hi, lo2, hi2 = hi[:len(lo)], lo2[:len(lo)], hi2[:len(lo)]
	if n.P == 2 {
		for j, l := range lo {
			if diff := lo2[j] - hi[j]; diff > 0 {
				sum += float64(diff * diff)
			} else if diff = l - hi2[j]; diff > 0 {
				sum += float64(diff * diff)
			}
		}
		return sum
	}
	for j, l := range lo {
		sum = n.join(sum, max(lo2[j]-hi[j], l-hi2[j], 0))
	}
	return sum
}

func (n Norm) acrossBoxes(lo, hi, lo2, hi2 []float64) float64 {
	sum := 0.0
	hi, lo2, hi2 = hi[:len(lo)], lo2[:len(lo)], hi2[:len(lo)]
	for j, l := range lo {
		sum = n.join(sum, max(hi2[j]-l, hi[j]-lo2[j]))
	}
	return sum
}

// join adds the difference of a coordinate to a form.
func (n Norm) join(sum, diff float64) float64 {
	switch {
	case n.P == 2:
		return sum + float64(diff*diff)
	case math.IsInf(n.P, 1):
		return max(sum, diff)
	}
	return sum + n.part(diff)
}
