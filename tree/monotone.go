package tree

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// MonotoneViolation is a proof that a tree is not monotone: two rows that differ in one column alone.
type MonotoneViolation struct {
	Tree, Column        int
	Low, High           []float64 // the rows; Low has the smaller number in Column. A column that the tree does not ask is 0
	LowLeaf, HighLeaf   int       // where they end, as nodes of the tree
	LowValue, HighValue float64   // what the tree adds to the score, its weight included
}

// VerifyMonotone proves that each tree that adds to the score of output follows the constraints: monotone has a number for each column, 1 where
// the score must not fall as the column rises, -1 where it must not rise, 0 where it is free. It looks at all pairs of leaves that two rows may reach
// which differ in one column, so nothing is left to chance: nil is a proof, and a violation, the worst there is in any tree, shows two rows. Missing
// values in the other columns are looked at, too; in the column itself they have no place in the order.
//
// Monotone trees make a monotone score, to the last bit, since rounded sums never turn. The reverse does not hold: in a sum, one tree may make good
// what another one breaks. Links keep the order, Share that of class 1 of 2.
//
// A constrained column that is split by categories gives ml.ErrConfig; linear leaves, and trees of more than 100,000 splits above a leaf, give
// errors.ErrUnsupported. The search cuts off all pairs of branches whose values cannot be in the wrong order, so a monotone tree takes about the time of
// its leaves, times the words of 64 pieces that its splits cut a column into.
func (e *Ensemble) VerifyMonotone(output int, monotone []int) (*MonotoneViolation, error) {
	const where, deepestWalk = "tree.Ensemble.VerifyMonotone", 100_000
	if output < 0 || output >= e.Outputs {
		return nil, ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d, from 0", e.Outputs))
	}
	if len(monotone) != e.Features {
		return nil, ml.BadConfig(where, "monotone", fmt.Sprintf("a list of %d", len(monotone)), fmt.Sprintf("%d, one for each column", e.Features))
	}
	for j, sign := range monotone {
		if sign < -1 || sign > 1 {
			return nil, ml.BadConfig(where, fmt.Sprintf("monotone[%d]", j), sign, "-1, 0 or 1")
		}
	}
	if e.Linear != nil {
		return nil, unsupported(where, "Linear", "linear leaves", "leaves that hold numbers")
	}
	for i, f := range e.Feature {
		if f >= 0 && monotone[f] != 0 && e.Rule[i].Categorical() {
			return nil, ml.BadConfig(where, fmt.Sprintf("monotone[%d]", f), monotone[f], "0 for a column of categories, which has no order")
		}
	}
	var worst *MonotoneViolation
	for t := range e.Trees() {
		if !e.Vector && e.output(t) != output {
			continue
		}
		if e.Depth(t) > deepestWalk {
			return nil, unsupported(where, fmt.Sprintf("tree %d", t), fmt.Sprintf("%d splits deep", e.Depth(t)), fmt.Sprintf("at most %d", deepestWalk))
		}
		s := newTurnSearch(e, t, output)
		s.worst = worst
		for j, sign := range monotone {
			if sign != 0 && s.pieces[j] != nil {
				s.column(j, sign)
			}
		}
		worst = s.worst
	}
	return worst, nil
}

// excess is by how much the two values are in the wrong order.
func (v *MonotoneViolation) excess() float64 {
	if v == nil {
		return 0
	}
	return math.Abs(v.LowValue - v.HighValue)
}

// turnSearch looks for the worst turn of a tree. The splits cut each column into pieces in which all numbers go the same way, so a set of numbers is
// one of pieces: bit p%64 of word p/64. The rows of a pair are walked together, with the sets that their numbers are in.
type turnSearch struct {
	e        *Ensemble
	t, start int
	least    []float64 // value below each node
	most     []float64
	pieces   [][]float64 // of each column: a number of each piece, rising, NaN last; nil: no split asks it
	lefts    [][]uint64  // of each split: the pieces that go left; nil: not known yet
	box      [][]uint64  // what both rows may hold in each column, the lower row in the column at hand
	high     []uint64    // what the higher row may hold in that
	arena    []uint64
	at       int     // the column at hand
	sign     float64 // of its constraint
	worst    *MonotoneViolation
}

func newTurnSearch(e *Ensemble, t, output int) *turnSearch {
	n := e.Nodes(t)
	s := &turnSearch{e: e, t: t, start: int(e.Start[t]), least: make([]float64, n), most: make([]float64, n), lefts: make([][]uint64, n),
		box: make([][]uint64, e.Features)}
	for i := n - 1; i >= 0; i-- { // children stand after their parents
		at := s.start + i
		if e.Feature[at] >= 0 {
			l, r := e.Left[at], e.Right[at]
			s.least[i], s.most[i] = min(s.least[l], s.least[r]), max(s.most[l], s.most[r])
			continue
		}
		v := e.Value[at*e.width()]
		if e.Vector {
			v = e.Value[at*e.Outputs+output]
		}
		v = e.weighted(t, v)
		s.least[i], s.most[i] = v, v
	}
	s.pieces = e.pieces(t)
	for j, numbers := range s.pieces {
		s.box[j] = firstPieces(len(numbers))
	}
	return s
}

// firstPieces is the set of the first n pieces.
func firstPieces(n int) []uint64 {
	set := make([]uint64, (n+63)/64)
	for p := range n {
		set[p/64] |= 1 << (p % 64)
	}
	return set
}

// column looks for turns in one column.
func (s *turnSearch) column(j, sign int) {
	all, nan := s.box[j], len(s.pieces[j])-1
	numbers := slices.Clone(all)
	numbers[nan/64] &^= 1 << (nan % 64)
	s.at, s.sign, s.box[j], s.high = j, float64(sign), numbers, numbers
	s.together(0)
	s.box[j] = all
}

// together walks both rows from node i, which both have reached.
func (s *turnSearch) together(i int32) {
	k := int(s.e.Feature[s.start+int(i)])
	if k < 0 || !s.turns(i, i) {
		return
	}
	mark, low, high := len(s.arena), s.box[k], s.high
	for _, left := range [2]bool{true, false} {
		lower := s.narrow(low, i, left)
		if lower == nil {
			continue
		}
		s.box[k] = lower
		if k != s.at {
			s.together(s.child(i, left))
		} else {
			if s.high = s.narrow(high, i, left); s.high != nil {
				s.together(s.child(i, left))
			}
			if s.high = s.narrow(high, i, !left); s.high != nil {
				s.apart(s.child(i, left), s.child(i, !left))
			}
		}
		s.arena, s.box[k], s.high = s.arena[:mark], low, high
	}
}

// apart walks the lower row from node a and the higher one from b.
func (s *turnSearch) apart(a, b int32) {
	if !s.turns(a, b) || !s.ordered() {
		return
	}
	leafA, leafB := s.e.Feature[s.start+int(a)] < 0, s.e.Feature[s.start+int(b)] < 0
	if leafA && leafB {
		s.record(a, b)
		return
	}
	first := !leafA && (leafB || s.most[a]-s.least[a] >= s.most[b]-s.least[b])
	at := b
	if first {
		at = a
	}
	k := s.e.Feature[s.start+int(at)]
	set := &s.box[k]
	if !first && int(k) == s.at {
		set = &s.high
	}
	for _, left := range [2]bool{true, false} {
		mark, old := len(s.arena), *set
		if narrow := s.narrow(old, at, left); narrow != nil {
			*set = narrow
			if first {
				s.apart(s.child(a, left), b)
			} else {
				s.apart(a, s.child(b, left))
			}
		}
		s.arena, *set = s.arena[:mark], old
	}
}

func (s *turnSearch) child(i int32, left bool) int32 {
	if left {
		return s.e.Left[s.start+int(i)]
	}
	return s.e.Right[s.start+int(i)]
}

// turns reports whether leaves below a and b can be in the wrong order by more than the worst known.
func (s *turnSearch) turns(a, b int32) bool {
	if s.sign > 0 {
		return s.most[a]-s.least[b] > s.worst.excess()
	}
	return s.most[b]-s.least[a] > s.worst.excess()
}

// ordered reports whether the lower row can have a smaller number than the higher one.
func (s *turnSearch) ordered() bool { return lowest(s.box[s.at]) < highest(s.high) }

func lowest(set []uint64) int {
	for w, word := range set {
		if word != 0 {
			return 64*w + bits.TrailingZeros64(word)
		}
	}
	return 64 * len(set)
}

func highest(set []uint64) int {
	for w := len(set) - 1; w >= 0; w-- {
		if set[w] != 0 {
			return 64*w + 63 - bits.LeadingZeros64(set[w])
		}
	}
	return -1
}

// narrow keeps the pieces that go to one side of split i; nil: there are none.
func (s *turnSearch) narrow(set []uint64, i int32, left bool) []uint64 {
	goes, mark, any := s.goesLeft(i), len(s.arena), uint64(0)
	for w, word := range set {
		if left {
			word &= goes[w]
		} else {
			word &^= goes[w]
		}
		any |= word
		s.arena = append(s.arena, word)
	}
	if any == 0 {
		return nil
	}
	return s.arena[mark:len(s.arena):len(s.arena)]
}

func (s *turnSearch) goesLeft(i int32) []uint64 {
	if s.lefts[i] == nil {
		at := s.start + int(i)
		numbers := s.pieces[s.e.Feature[at]]
		set := make([]uint64, (len(numbers)+63)/64)
		for p, v := range numbers {
			if s.e.passes(at, v) {
				set[p/64] |= 1 << (p % 64)
			}
		}
		s.lefts[i] = set
	}
	return s.lefts[i]
}

// record keeps a pair of leaves that is worse than the worst known.
func (s *turnSearch) record(a, b int32) {
	v := &MonotoneViolation{Tree: s.t, Column: s.at, Low: make([]float64, s.e.Features), High: make([]float64, s.e.Features),
		LowLeaf: int(a), HighLeaf: int(b), LowValue: s.least[a], HighValue: s.least[b]}
	for j, numbers := range s.pieces {
		if numbers != nil {
			v.Low[j] = numbers[lowest(s.box[j])]
		}
	}
	copy(v.High, v.Low)
	v.High[s.at] = s.pieces[s.at][highest(s.high)]
	s.worst = v
}

// pieces finds, for each column that tree t asks, a number of each of the pieces in which its splits tell no numbers apart: the numbers on both sides
// of each threshold, and a category of each kind.
func (e *Ensemble) pieces(t int) [][]float64 {
	out, sets := make([][]float64, e.Features), make([][]int, e.Features)
	numeric := make([]bool, e.Features)
	for i := int(e.Start[t]); i < int(e.Start[t+1]); i++ {
		j, threshold := e.Feature[i], e.Threshold[i]
		switch {
		case j < 0:
			continue
		case e.Rule[i].Categorical():
			sets[j] = append(sets[j], int(threshold))
			continue
		case e.Rule[i].Test() == Less:
			out[j] = append(out[j], e.next(threshold, -1), threshold)
		default:
			out[j] = append(out[j], threshold, e.next(threshold, 1))
		}
		if numeric[j] = true; e.Rule[i]&ZeroIsMissing != 0 {
			out[j] = append(out[j], e.next(-zeroBound, -1), -zeroBound, zeroBound, e.next(zeroBound, 1))
		}
	}
	for j := range out {
		if sets[j] != nil {
			out[j] = append(out[j], e.kinds(sets[j], numeric[j])...)
		}
		if out[j] != nil {
			out[j] = slices.DeleteFunc(out[j], func(v float64) bool { return !finite(v) })
			slices.Sort(out[j])
			out[j] = append(slices.Compact(out[j]), math.NaN())
		}
	}
	return out
}

// next is the neighbour of v in a direction, among the numbers that are compared.
func (e *Ensemble) next(v, direction float64) float64 {
	if e.Float32 {
		return float64(math.Nextafter32(float32(v), float32(math.Inf(int(direction)))))
	}
	return math.Nextafter(v, math.Inf(int(direction)))
}

// kinds returns a code of each kind of categories that some sets tell apart, or all codes up to the first that is in no set if each is to be a kind.
func (e *Ensemble) kinds(sets []int, each bool) []float64 {
	words := 0
	for _, s := range sets {
		words = max(words, len(e.set(s)))
	}
	kind := make([]int, 32*words+1)
	known := 1
	for _, s := range sets {
		split := map[int]int{} // what becomes of each kind in the set
		for _, code := range codes(e.set(s)) {
			k, ok := split[kind[code]]
			if !ok {
				k = known
				split[kind[code]] = k
				known++
			}
			kind[code] = k
		}
	}
	var out []float64
	seen := make([]bool, known)
	for code, k := range kind {
		if each || !seen[k] {
			seen[k] = true
			out = append(out, float64(code))
		}
	}
	return out
}
