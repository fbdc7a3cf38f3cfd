package ensemble

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// RandomCutTree is one tree of a robust random cut forest over the rows that it holds, each in a slot of its own. A node is a slot s, whose leaf it is, or the inner node i, written ^i
// (which is below 0). Rows with a column Feature of at most Cut lie under Left, others under Right.
type RandomCutTree struct {
	Points      []float64 // of the rows held, slots x columns
	Leaf        []int32   // of each slot: the slot whose leaf has its row, its own unless several rows are equal
	Left, Right []int32   // of each inner node; both 0 if it is not in use
	Feature     []int32   // of each inner node
	Cut         []float64 // of each inner node
	Root        int32

	columns   int
	above     []int32 // the inner node above each leaf; -1: none
	parent    []int32 // the inner node above each inner node; -1: none
	alike     []int32 // how many rows the leaf of each slot has
	count     []int32 // how many rows lie under each inner node
	low, high []float64
}

// newCutTree grows a tree of rows. It keeps points, slots x columns.
func newCutTree(points []float64, columns int, r *rand.Rand) RandomCutTree {
	slots := len(points) / columns
	t := RandomCutTree{Points: points, Leaf: make([]int32, slots)}
	inner := max(slots-1, 0)
	t.Left, t.Right, t.Feature, t.Cut = make([]int32, inner), make([]int32, inner), make([]int32, inner), make([]float64, inner)
	all := make([]int32, slots)
	for s := range all {
		all[s] = int32(s)
	}
	next, low, high := int32(0), make([]float64, columns), make([]float64, columns)
	var grow func(some []int32) int32
	grow = func(some []int32) int32 {
		row := func(s int32) []float64 { return points[int(s)*columns : (int(s)+1)*columns] }
		copy(low, row(some[0]))
		copy(high, low)
		for _, s := range some[1:] {
			stretch(low, high, row(s))
		}
		total, by := girth(low, high, nil)
		if !(total > 0) {
			for _, s := range some {
				t.Leaf[s] = some[0]
			}
			return some[0]
		}
		j, cut := place(low, high, nil, float64(r.Float64()*total), by)
		at := next
		next++
		var left, right []int32
		for _, s := range some {
			if row(s)[j] <= cut {
				left = append(left, s)
			} else {
				right = append(right, s)
			}
		}
		t.Feature[at], t.Cut[at] = int32(j), cut
		l := grow(left)
		t.Left[at], t.Right[at] = l, grow(right)
		return ^at
	}
	t.Root = grow(all)
	t.derive(columns)
	return t
}

// stretch makes a box hold a row.
func stretch(low, high, row []float64) {
	for j, v := range row {
		low[j], high[j] = min(low[j], v), max(high[j], v)
	}
}

// girth is the sum of the sides of a box, stretched to hold x unless that is nil, times by: 1 unless that overflows.
func girth(low, high, x []float64) (total, by float64) {
	sum := func(by float64) (sum float64) {
		for j := range low {
			lo, hi := stretched(low, high, x, j)
			sum += float64(hi*by) - float64(lo*by)
		}
		return sum
	}
	if total = sum(1); total <= math.MaxFloat64 {
		return total, 1
	}
	by = 0.5 / float64(len(low))
	return sum(by), by
}

func stretched(low, high, x []float64, j int) (lo, hi float64) {
	if x == nil {
		return low[j], high[j]
	}
	return min(low[j], x[j]), max(high[j], x[j])
}

// place is where the number u, from 0 to the girth of a box, falls when its sides are laid one after the other: the side, and a number there that is below its end.
func place(low, high, x []float64, u, by float64) (j int, cut float64) {
	for k := range low {
		lo, hi := stretched(low, high, x, k)
		long := float64(hi*by) - float64(lo*by)
		if !(long > 0) {
			continue
		}
		j, cut = k, lo+u/by
		if !(cut >= lo && cut < hi) {
			cut = lo
		}
		if u < long {
			break
		}
		u -= long
	}
	return j, cut
}

func (t *RandomCutTree) point(slot int32) []float64 {
	return t.Points[int(slot)*t.columns : (int(slot)+1)*t.columns]
}

// box is that of all rows under a node. It is not to be written to.
func (t *RandomCutTree) box(node int32) (low, high []float64) {
	if node >= 0 {
		return t.point(node), t.point(node)
	}
	from, to := int(^node)*t.columns, (int(^node)+1)*t.columns
	return t.low[from:to], t.high[from:to]
}

func (t *RandomCutTree) size(node int32) int32 {
	if node >= 0 {
		return t.alike[node]
	}
	return t.count[^node]
}

func (t *RandomCutTree) over(node int32) int32 {
	if node >= 0 {
		return t.above[node]
	}
	return t.parent[^node]
}

// hang puts a node under the inner node at, -1 to make it the root, in place of another.
func (t *RandomCutTree) hang(node, at, instead int32) {
	if node >= 0 {
		t.above[node] = at
	} else {
		t.parent[^node] = at
	}
	switch {
	case at < 0:
		t.Root = node
	case t.Left[at] == instead:
		t.Left[at] = node
	default:
		t.Right[at] = node
	}
}

func (t *RandomCutTree) other(at, child int32) int32 {
	if t.Left[at] == child {
		return t.Right[at]
	}
	return t.Left[at]
}

// enclose computes the box of an inner node from those under it.
func (t *RandomCutTree) enclose(at int32) {
	low, high := t.box(^at)
	l, h := t.box(t.Left[at])
	copy(low, l)
	copy(high, h)
	l, h = t.box(t.Right[at])
	for j := range low {
		low[j], high[j] = min(low[j], l[j]), max(high[j], h[j])
	}
}

// insert adds a row in a slot that is free, or one more than there are (Guha and others, algorithm 2): the tree is then as likely as one that was grown with the row.
func (t *RandomCutTree) insert(slot int32, x []float64, r *rand.Rand) {
	if int(slot) == len(t.Leaf) {
		t.Points, t.Leaf, t.above, t.alike = append(t.Points, x...), append(t.Leaf, -1), append(t.above, -1), append(t.alike, 0)
		t.Left, t.Right, t.Feature, t.Cut = append(t.Left, 0), append(t.Right, 0), append(t.Feature, 0), append(t.Cut, 0)
		t.parent, t.count = append(t.parent, -1), append(t.count, 0)
		t.low, t.high = append(t.low, x...), append(t.high, x...)
	}
	copy(t.point(slot), x)
	node := t.Root
	for {
		low, high := t.box(node)
		if node >= 0 && slices.Equal(low, x) {
			t.Leaf[slot] = node
			t.alike[node]++
			for at := t.above[node]; at >= 0; at = t.parent[at] {
				t.count[at]++
			}
			return
		}
		total, by := girth(low, high, x)
		j, cut := place(low, high, x, float64(r.Float64()*total), by)
		if x[j] <= cut && cut < low[j] || high[j] <= cut && cut < x[j] {
			t.split(node, slot, j, cut)
			return
		}
		if x[t.Feature[^node]] <= t.Cut[^node] {
			node = t.Left[^node]
		} else {
			node = t.Right[^node]
		}
	}
}

// split puts a cut above a node that parts it from the row in slot.
func (t *RandomCutTree) split(node, slot int32, j int, cut float64) {
	at := int32(0)
	for t.Left[at] != t.Right[at] {
		at++
	}
	t.hang(^at, t.over(node), node)
	t.Feature[at], t.Cut[at] = int32(j), cut
	t.Left[at], t.Right[at] = slot, node
	if t.point(slot)[j] > cut {
		t.Left[at], t.Right[at] = node, slot
	}
	t.above[slot], t.alike[slot], t.Leaf[slot] = at, 1, slot
	if node >= 0 {
		t.above[node] = at
	} else {
		t.parent[^node] = at
	}
	t.count[at] = t.size(node)
	for up := at; up >= 0; up = t.parent[up] {
		t.count[up]++
		t.enclose(up)
	}
}

// forget takes the row of a slot out, of a tree that has others: what is above its leaf goes too.
func (t *RandomCutTree) forget(slot int32) {
	leaf := t.Leaf[slot]
	t.Leaf[slot] = -1
	if t.alike[leaf] > 1 {
		if leaf == slot {
			leaf = t.rename(slot)
		}
		t.alike[leaf]--
		for at := t.above[leaf]; at >= 0; at = t.parent[at] {
			t.count[at]--
		}
		return
	}
	at := t.above[leaf]
	stays := t.other(at, leaf)
	t.hang(stays, t.parent[at], ^at)
	t.Left[at], t.Right[at] = 0, 0
	for up := t.over(stays); up >= 0; up = t.parent[up] {
		t.count[up]--
		t.enclose(up)
	}
}

// rename gives a leaf of several rows the slot of another of them.
func (t *RandomCutTree) rename(slot int32) int32 {
	to := int32(slices.Index(t.Leaf, slot))
	for s, leaf := range t.Leaf {
		if leaf == slot {
			t.Leaf[s] = to
		}
	}
	t.alike[to] = t.alike[slot]
	t.hang(to, t.above[slot], slot)
	return to
}

// displacement is what a row that the tree holds displaces: the largest, over all sets of rows under a node above it or its leaf, of the rows beside the set over those in it.
func (t *RandomCutTree) displacement(leaf int32) float64 {
	most := 0.0
	for node := leaf; ; {
		at := t.over(node)
		if at < 0 {
			return most
		}
		most = max(most, float64(t.size(t.other(at, node)))/float64(t.size(node)))
		node = ^at
	}
}

// expected is what a row would displace once it were inserted, the mean over the places where it might be; what it displaces if the tree has it.
func (t *RandomCutTree) expected(x []float64) float64 {
	sum, left, most := 0.0, 1.0, 0.0 // left: the chance that it is inserted below
	for node := t.Root; ; {
		low, high := t.box(node)
		if node >= 0 && slices.Equal(low, x) {
			return sum + float64(left*t.displacement(node))
		}
		total, by := girth(low, high, x)
		out := 0.0
		for j, v := range x {
			out += max(float64(low[j]*by)-float64(v*by), float64(v*by)-float64(high[j]*by), 0)
		}
		here := 1.0
		if node < 0 {
			here = out / total
		}
		sum += float64(left * here * max(float64(t.size(node)), most))
		if left *= 1 - here; !(left > 0) {
			return sum
		}
		child := t.Left[^node]
		if x[t.Feature[^node]] > t.Cut[^node] {
			child = t.Right[^node]
		}
		most = max(most, float64(t.size(t.other(^node, child)))/float64(t.size(child)+1))
		node = child
	}
}

// clone is a tree that may change.
func (t *RandomCutTree) clone() RandomCutTree {
	return RandomCutTree{Points: slices.Clone(t.Points), Leaf: slices.Clone(t.Leaf), Left: slices.Clone(t.Left), Right: slices.Clone(t.Right), Feature: slices.Clone(t.Feature),
		Cut: slices.Clone(t.Cut), Root: t.Root, columns: t.columns, above: slices.Clone(t.above), parent: slices.Clone(t.parent), alike: slices.Clone(t.alike), count: slices.Clone(t.count),
		low: slices.Clone(t.low), high: slices.Clone(t.high)}
}

// derive computes what is not stored, and says what keeps the tree from being one.
func (t *RandomCutTree) derive(columns int) string {
	slots, inner := len(t.Leaf), len(t.Left)
	if columns < 1 || slots < 1 || slots > math.MaxInt32 || inner != slots-1 || len(t.Points) != slots*columns || len(t.Right) != inner || len(t.Feature) != inner || len(t.Cut) != inner {
		return "arrays of different lengths"
	}
	t.columns = columns
	t.above, t.alike, t.parent, t.count = make([]int32, slots), make([]int32, slots), make([]int32, inner), make([]int32, inner)
	t.low, t.high = make([]float64, inner*columns), make([]float64, inner*columns)
	for k, v := range t.Points {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return fmt.Sprintf("%v in slot %d", v, k/columns)
		}
	}
	leaves := 0
	for s, leaf := range t.Leaf {
		if leaf < 0 || int(leaf) >= slots || t.Leaf[leaf] != leaf || !slices.Equal(t.point(leaf), t.point(int32(s))) {
			return fmt.Sprintf("slot %d in the leaf of slot %d", s, leaf)
		}
		if t.alike[leaf]++; int(leaf) == s {
			leaves++
		}
	}
	order, said := t.walk(leaves)
	for k := len(order) - 1; k >= 0 && said == ""; k-- {
		at := order[k]
		t.count[at] = t.size(t.Left[at]) + t.size(t.Right[at])
		t.enclose(at)
		_, high := t.box(t.Left[at])
		low, _ := t.box(t.Right[at])
		if j := t.Feature[at]; !(high[j] <= t.Cut[at] && t.Cut[at] < low[j]) {
			said = fmt.Sprintf("a cut at %v, between %v and %v", t.Cut[at], high[j], low[j])
		}
	}
	return said
}

// walk lists the inner nodes, each after the one above it.
func (t *RandomCutTree) walk(leaves int) (order []int32, said string) {
	seen, met := make([]bool, len(t.Left)), make([]bool, len(t.Leaf))
	visit := func(node, above int32) bool {
		switch {
		case node >= 0 && int(node) < len(met) && t.Leaf[node] == node && !met[node]:
			met[node], t.above[node] = true, above
			leaves--
		case node < 0 && int(^node) < len(seen) && !seen[^node] && t.Left[^node] != t.Right[^node] && t.Feature[^node] >= 0 && int(t.Feature[^node]) < t.columns:
			seen[^node], t.parent[^node] = true, above
			order = append(order, ^node)
		default:
			return false
		}
		return true
	}
	if !visit(t.Root, -1) {
		return nil, fmt.Sprintf("the root %d", t.Root)
	}
	for k := 0; k < len(order); k++ {
		at := order[k]
		if !visit(t.Left[at], at) || !visit(t.Right[at], at) {
			return nil, fmt.Sprintf("node %d over %d and %d", at, t.Left[at], t.Right[at])
		}
	}
	for i, is := range seen {
		if !is && (t.Left[i] != 0 || t.Right[i] != 0) {
			return nil, fmt.Sprintf("node %d in no tree", i)
		}
	}
	if leaves != 0 {
		return nil, fmt.Sprintf("%d leaves in no tree", leaves)
	}
	return order, ""
}

// check is derive for a tree from a file.
func (t *RandomCutTree) check(where string, k, columns int) error {
	if said := t.derive(columns); said != "" {
		return ml.BadFile(where, fmt.Sprintf("Trees[%d]", k), said, "a sound tree")
	}
	return nil
}
