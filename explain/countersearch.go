package explain

import (
	"container/heap"
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// hunt is the search for the counterfactuals of one row.
type hunt struct {
	e       *tree.Ensemble
	aim     *aim
	row     []float64
	columns []ml.Column
	cols    []*choice
	place   []int // of each column: its choice, or -1
	words   int   // of a box
	boxes   int   // the budget
	most    int   // columns that may change; 0: any number

	cut   []int32    // of each split on a column whose sets are ranges: how many options pass
	mask  [][]uint64 // of each other split: which ones
	best  [][]float64
	need  []float64 // of each condition, less what no tree changes and what rounding may take
	avoid [][]int   // sets of choices that must not all change
}

// bestLeaves finds for each condition the most that a leaf below each node adds to its left side, and what the trees must add up to.
func (h *hunt) bestLeaves() {
	e := h.e
	x := &TreeExplainer{e: e}
	x.countAdders()
	for _, c := range h.aim.conditions {
		best := make([]float64, len(e.Feature))
		base, size := 0.0, 0.0
		for k, b := range e.Base {
			base += float64(c.coef[k] * b)
			size += math.Abs(float64(c.coef[k] * b))
		}
		for t := range e.Trees() {
			most := 0.0
			for i := int(e.Start[t+1]) - 1; i >= int(e.Start[t]); i-- { // children stand after their parents
				if e.Feature[i] >= 0 {
					root := int(e.Start[t])
					best[i] = max(best[root+int(e.Left[i])], best[root+int(e.Right[i])])
					continue
				}
				if e.Vector {
					for k, coef := range c.coef {
						best[i] += float64(float64(coef*x.factor(t, k)) * e.Value[i*e.Outputs+k])
					}
				} else {
					k := x.output(t)
					best[i] = float64(float64(c.coef[k]*x.factor(t, k)) * e.Value[i])
				}
				most = max(most, math.Abs(best[i]))
			}
			size += most
		}
		rounding := 0x1p-50
		if e.Float32 {
			rounding = 0x1p-22
		}
		h.best = append(h.best, best)
		h.need = append(h.need, c.need-base-float64(rounding*float64(e.Trees()+4))*(size+math.Abs(c.need)))
	}
}

// A box is, for each choice, a set of options that it may still take.
type box struct {
	sets  []uint64
	price price // of its cheapest point
	order int   // of its making
}

// frontier is a heap of boxes, the cheapest first; of equals the last one made, which lies deepest.
type frontier []*box

func (f frontier) Len() int { return len(f) }
func (f frontier) Less(a, b int) bool {
	if c := f[a].price.compare(f[b].price); c != 0 {
		return c < 0
	}
	return f[a].order > f[b].order
}
func (f frontier) Swap(a, b int) { f[a], f[b] = f[b], f[a] }
func (f *frontier) Push(x any)   { *f = append(*f, x.(*box)) }
func (f *frontier) Pop() any {
	last := len(*f) - 1
	out := (*f)[last]
	(*f)[last] = nil
	*f = (*f)[:last]
	return out
}

// whole is the box of everything.
func (h *hunt) whole() []uint64 {
	out := make([]uint64, h.words)
	for _, c := range h.cols {
		n := len(c.options)
		if !c.bits {
			out[c.at] = uint64(n-1) << 32 // from option 0 to n-1
			continue
		}
		for o := range n {
			out[c.at+o/64] |= 1 << (o % 64)
		}
	}
	return out
}

// cheapest is the option of a set that costs least.
func (c *choice) cheapest(sets []uint64) int {
	if !c.bits { // prices rise to both sides of staying
		lo, hi := int(sets[c.at]&0xffffffff), int(sets[c.at]>>32)
		return min(max(c.stay, lo), hi)
	}
	best := -1
	for w, word := range sets[c.at : c.at+c.words] {
		for o := 64 * w; word != 0; o, word = o+1, word>>1 {
			if word&1 != 0 && (best < 0 || c.options[o].price.compare(c.options[best].price) < 0) {
				best = o
			}
		}
	}
	return best
}

// narrow leaves the options that pass split i, or the others, and reports whether there are any. Without any the set is spoilt.
func (h *hunt) narrow(c *choice, sets []uint64, i int, passes bool) bool {
	if !c.bits {
		lo, hi := int(sets[c.at]&0xffffffff), int(sets[c.at]>>32)
		if passes {
			hi = min(hi, int(h.cut[i])-1)
		} else {
			lo = max(lo, int(h.cut[i]))
		}
		if lo > hi {
			return false
		}
		sets[c.at] = uint64(lo) | uint64(hi)<<32
		return true
	}
	any := uint64(0)
	for w, m := range h.mask[i] {
		if !passes {
			m = ^m
		}
		sets[c.at+w] &= m
		any |= sets[c.at+w]
	}
	return any != 0
}

// found is the end of a search: the best choice of options, if any.
type found struct {
	choice   []int
	cost     price
	bound    float64 // nothing costs less
	complete bool    // nothing better exists
	boxes    int
}

// search finds the cheapest choice that reaches the aim and changes all of none of the sets to avoid.
func (h *hunt) search(ctx context.Context) (*found, error) {
	out := &found{}
	h.descend(out)
	s := &searcher{hunt: h, out: out, prices: make([]price, len(h.cols))}
	open := frontier{}
	s.push(&open, h.whole())
	for open.Len() > 0 {
		b := heap.Pop(&open).(*box)
		if out.choice != nil && !below(b.price, out.cost) {
			break
		}
		if out.boxes == h.boxes {
			out.bound = b.price.main
			return out, nil
		}
		if out.boxes++; out.boxes%16 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.open(&open, b)
	}
	out.complete, out.bound = true, out.cost.main
	return out, ctx.Err()
}

// below reports whether a price is less than another by more than rounding.
func below(a, b price) bool {
	slack := 1e-12 * math.Abs(b.main)
	if a.main < b.main-slack {
		return true
	}
	return a.main <= b.main+slack && a.tie < b.tie-1e-12*math.Abs(b.tie)
}

// searcher is what the search holds while it opens boxes.
type searcher struct {
	*hunt
	out    *found
	prices []price // of the cheapest option of each choice in the box that is looked at
	total  price   // their sum
	made   int
}

// push adds a box unless it costs as much as what is known, or changes what may not. Its cheapest point changes a column only if all its points do, since staying
// costs nothing: so whatever is wrong with the changes of that point is wrong with all.
func (s *searcher) push(open *frontier, sets []uint64) {
	b := &box{sets: sets, order: s.made}
	point := make([]int, len(s.cols))
	for q, c := range s.cols {
		point[q] = c.cheapest(sets)
		b.price = b.price.plus(c.options[point[q]].price)
	}
	if !s.may(point) || s.out.choice != nil && !below(b.price, s.out.cost) {
		return
	}
	s.made++
	heap.Push(open, b)
}

// open looks at the cheapest point of a box: if it does, it is the best there; else the box is dropped or cut.
func (s *searcher) open(open *frontier, b *box) {
	point := make([]int, len(s.cols))
	s.total = price{}
	for q, c := range s.cols {
		point[q] = c.cheapest(b.sets)
		s.prices[q] = c.options[point[q]].price
		s.total = s.total.plus(s.prices[q])
	}
	// What the trees can still reach. The last condition that is short is the one to work on.
	work := -1
	var gaps []float64
	for a, need := range s.need {
		sum, now := 0.0, 0.0
		each := make([]float64, s.e.Trees())
		for t := range each {
			root := int(s.e.Start[t])
			most := s.reach(a, t, root, b.sets, math.Inf(-1))
			sum += most
			v := s.best[a][s.leaf(t, point)]
			now += v
			each[t] = most - v
		}
		if sum < need || math.IsInf(sum, -1) {
			return
		}
		if now < need || work < 0 {
			work, gaps = a, each
		}
	}
	if s.aim.reached(s.point(point)) {
		s.out.choice, s.out.cost = point, s.total
		return
	}
	if i, c := s.fork(work, gaps, b, point); i >= 0 {
		for _, passes := range [2]bool{true, false} {
			sets := slices.Clone(b.sets)
			if s.narrow(c, sets, i, passes) {
				s.push(open, sets)
			}
		}
	}
}

// reach is the most that tree t can add to a condition in a box, looking only at leaves that can be reached for less than what is known, and only for more than floor.
// The sets are changed on the way and put back.
func (s *searcher) reach(a, t, node int, sets []uint64, floor float64) float64 {
	e, best := s.e, s.best[a]
	if best[node] <= floor {
		return floor
	}
	if e.Feature[node] < 0 {
		return best[node]
	}
	root := int(e.Start[t])
	left, right := root+int(e.Left[node]), root+int(e.Right[node])
	first := best[left] >= best[right]
	for _, passes := range [2]bool{first, !first} {
		child := right
		if passes {
			child = left
		}
		if best[child] > floor {
			floor = s.enter(a, t, node, child, passes, sets, floor)
		}
	}
	return floor
}

// enter is reach for one child of a split.
func (s *searcher) enter(a, t, node, child int, passes bool, sets []uint64, floor float64) float64 {
	c := s.cols[s.place[s.e.Feature[node]]]
	var few [4]uint64
	saved := append(few[:0], sets[c.at:c.at+c.words]...)
	if s.narrow(c, sets, node, passes) {
		was, total := s.prices[c.place], s.total
		now := c.options[c.cheapest(sets)].price
		if now != was {
			s.prices[c.place], s.total = now, total.minus(was).plus(now)
		}
		if s.out.choice == nil || now == was || below(s.total, s.out.cost) {
			floor = s.reach(a, t, child, sets, floor)
		}
		s.prices[c.place], s.total = was, total
	}
	copy(sets[c.at:], saved)
	return floor
}

// leaf is where a point comes to in tree t.
func (h *hunt) leaf(t int, point []int) int {
	root := int(h.e.Start[t])
	i := root
	for h.e.Feature[i] >= 0 {
		if h.passes(i, point) {
			i = root + int(h.e.Left[i])
		} else {
			i = root + int(h.e.Right[i])
		}
	}
	return i
}

// passes reports whether a point passes split i.
func (h *hunt) passes(i int, point []int) bool {
	c := h.cols[h.place[h.e.Feature[i]]]
	o := point[c.place]
	if !c.bits {
		return o < int(h.cut[i])
	}
	return h.mask[i][o/64]>>(o%64)&1 != 0
}

// fork chooses the split that cuts a box: in the tree whose best leaf in reach is the furthest above that of the cheapest point, the split where the ways to them part.
// Without such a tree it is any split that is open along the cheapest point's way. -1 means that all points of the box answer alike.
func (s *searcher) fork(a int, gaps []float64, b *box, point []int) (int, *choice) {
	order := make([]int, s.e.Trees())
	for t := range order {
		order[t] = t
		if a >= 0 && gaps[t] > gaps[order[0]] {
			order[0], order[t] = t, order[0]
		}
	}
	e := s.e
	for _, t := range order {
		root, chosen, most := int(e.Start[t]), -1, math.Inf(-1)
		for i := root; e.Feature[i] >= 0; {
			c := s.cols[s.place[e.Feature[i]]]
			passes := s.passes(i, point)
			child, other := root+int(e.Left[i]), root+int(e.Right[i])
			if !passes {
				child, other = other, child
			}
			sets := slices.Clone(b.sets)
			if s.narrow(c, sets, i, !passes) {
				v := math.Inf(-1)
				if a >= 0 {
					v = s.enter(a, t, i, other, !passes, b.sets, math.Inf(-1))
				}
				if chosen < 0 || v > most {
					chosen, most = i, v
				}
			}
			i = child
		}
		if chosen >= 0 {
			return chosen, s.cols[s.place[e.Feature[chosen]]]
		}
	}
	return -1, nil
}

// point is the row of a choice of options.
func (h *hunt) point(choice []int) []float64 {
	out := slices.Clone(h.row)
	for q, c := range h.cols {
		if choice[q] != c.stay {
			out[c.column] = c.options[choice[q]].value
		}
	}
	return out
}

// changed is the choices in which a point does not stay.
func (h *hunt) changed(point []int) []int {
	var out []int
	for q, c := range h.cols {
		if point[q] != c.stay {
			out = append(out, q)
		}
	}
	return out
}

// may reports whether a point changes no more columns than may change, and not all of any set to avoid.
func (h *hunt) may(point []int) bool {
	if h.most > 0 && len(h.changed(point)) > h.most {
		return false
	}
	for _, set := range h.avoid {
		if !slices.ContainsFunc(set, func(q int) bool { return point[q] == h.cols[q].stay }) {
			return false
		}
	}
	return true
}
