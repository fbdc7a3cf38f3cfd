package treegrow

import (
	"cmp"
	"math"
	"slices"
)

// group is a category in a node.
type group struct {
	rank    uint64   // its bit in a set; the missing have none
	others  []uint64 // more bits, of a group of rare categories
	missing bool
	count   int
	first   int // of its rows in s.order
	at      int // of its sums in s.sums
	key     float64
}

// exhaustive is up to how many categories all divisions are tried, where an order by the target is not sure to hold the best one.
const exhaustive = 9

// categories finds the best division of the categories of column j. Missing values are a category of their own. For one number, and for
// two classes, the best division is a cut in the order of the means (Fisher, JASA 53 (1958); Breiman et al., 1984); for more of either,
// all divisions of few categories are tried, and the orders by each class or number of many.
func (f *frame[E]) categories(s *space[E], nd *node, j int32) split {
	groups := f.groups(s, nd, j)
	if len(groups) < 2 {
		return split{}
	}
	var best split
	outputs := f.width() - 1
	first := 0
	if f.target.K == 2 {
		first, outputs = 1, 2
	}
	if outputs-first > 1 && len(groups) <= exhaustive && !f.criterion.ordered() {
		f.allDivisions(s, nd, j, groups, &best)
	} else {
		for k := first; k < outputs; k++ {
			f.cutsInOrder(s, nd, j, groups, k, &best)
		}
	}
	return best
}

// groups gathers the categories of a node by rank.
func (f *frame[E]) groups(s *space[E], nd *node, j int32) []group {
	c := &f.cols[j]
	w := f.width()
	s.groups, s.sums = s.groups[:0], s.sums[:0]
	begin := func(rank uint64, missing bool, count int) []int64 {
		s.groups = append(s.groups, group{rank: rank, missing: missing, count: count, at: len(s.sums)})
		s.sums = slices.Grow(s.sums, w)[:len(s.sums)+w]
		sum := s.sums[len(s.sums)-w:]
		clear(sum)
		return sum
	}
	absent := 0
	if f.hist {
		absent = f.binGroups(s, nd, j)
	} else {
		present, missing := f.part(nd, c)
		absent = len(missing)
		clear(s.miss)
		f.sum(s.miss, missing)
		if zeros := f.zeros(s, nd, c, present, missing); zeros > 0 {
			copy(begin(c.zero, false, zeros), s.zero)
		}
		for i := 0; i < len(present); {
			k := i
			for k < len(present) && present[k]>>f.shift == present[i]>>f.shift {
				k++
			}
			f.sum(begin(uint64(present[i])>>f.shift, false, k-i), present[i:k])
			i = k
		}
	}
	if c.categorical && f.params.Categories.MinSamples > 1 {
		f.joinRare(s, begin)
	}
	if absent > 0 {
		copy(begin(0, true, absent), s.miss)
	}
	return s.groups
}

// joinRare makes one group of all categories with too few rows.
func (f *frame[E]) joinRare(s *space[E], begin func(rank uint64, missing bool, count int) []int64) {
	rare := func(g group) bool { return g.count < f.params.Categories.MinSamples }
	var all []group
	for _, g := range s.groups {
		if rare(g) {
			all = append(all, g)
		}
	}
	if len(all) < 2 {
		return
	}
	sum := begin(all[0].rank, false, 0)
	count, others := 0, make([]uint64, 0, len(all)-1)
	for i, g := range all {
		count += g.count
		for k, v := range s.sums[g.at : g.at+f.width()] {
			sum[k] += v
		}
		if i > 0 {
			others = append(others, g.rank)
		}
	}
	last := len(s.groups) - 1
	joined := s.groups[last]
	joined.count, joined.others = count, others
	s.groups = append(slices.DeleteFunc(s.groups[:last], rare), joined)
}

// rankGroups puts groups in the order of the means of output k, or the shares of class k; those of the node count as Smooth more rows of each group.
func (f *frame[E]) rankGroups(s *space[E], nd *node, groups []group, k int) {
	rows := f.params.Categories.Smooth / f.weights.unit
	prior := float64(rows*float64(nd.stat[1+k])) / float64(nd.stat[0])
	for i := range groups {
		g := &groups[i]
		g.key = (float64(s.sums[g.at+1+k]) + prior) / (float64(s.sums[g.at]) + rows)
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
}

// cutsInOrder tries the cuts in the order of output k.
func (f *frame[E]) cutsInOrder(s *space[E], nd *node, j int32, groups []group, k int, best *split) {
	f.rankGroups(s, nd, groups, k)
	clear(s.left)
	count := 0
	for i, g := range groups[:len(groups)-1] {
		for k, v := range s.sums[g.at : g.at+f.width()] {
			s.left[k] += v
		}
		count += g.count
		f.trySet(s, nd, j, count, groups[:i+1], best)
	}
}

// allDivisions tries all divisions. The last category always goes right: the other half would be the same the other way round.
func (f *frame[E]) allDivisions(s *space[E], nd *node, j int32, groups []group, best *split) {
	var chosen []group
	for bits := 1; bits < 1<<(len(groups)-1); bits++ {
		clear(s.left)
		chosen = chosen[:0]
		count := 0
		for i, g := range groups {
			if bits>>i&1 == 0 {
				continue
			}
			for k, v := range s.sums[g.at : g.at+f.width()] {
				s.left[k] += v
			}
			chosen = append(chosen, g)
			count += g.count
		}
		f.trySet(s, nd, j, count, chosen, best)
	}
}

// trySet judges the division whose left side are the given categories, with their sums in s.left.
func (f *frame[E]) trySet(s *space[E], nd *node, j int32, count int, chosen []group, best *split) {
	sp := split{feature: j}
	if f.criterion.ordered() {
		sp.take(chosen)
	}
	before := best.score
	had := best.found
	f.try(s, nd, j, count, &sp, best)
	if best.found && (!had || best.score > before) {
		best.take(chosen)
	}
}

// take makes the split send the given categories left.
func (s *split) take(chosen []group) {
	s.set, s.missingLeft = []uint64{}, false
	for _, g := range chosen {
		if g.missing {
			s.missingLeft = true
			continue
		}
		s.hold(g.rank)
		for _, r := range g.others {
			s.hold(r)
		}
	}
}

// hold makes the split send a rank left.
func (s *split) hold(rank uint64) {
	for int(rank>>6) >= len(s.set) {
		s.set = append(s.set, 0)
	}
	s.set[rank>>6] |= 1 << (rank & 63)
}

// settleSides exchanges the sides of a division of categories if the left one weighs more, so that a category that no set holds goes
// where most rows go; or, if it is to go with the missing, if those are on the left.
func (f *frame[E]) settleSides(s *space[E], nd *node, sp *split) {
	groups := f.groups(s, nd, sp.feature)
	goes := func(g group) bool { return g.missing && sp.missingLeft || !g.missing && sp.left(g.rank) }
	exchange := sp.missingLeft
	if !f.params.Categories.UnseenMissing || !f.anyMissing(nd, sp.feature) {
		left := int64(0)
		for _, g := range groups {
			if goes(g) {
				left += s.sums[g.at]
			}
		}
		exchange = left > nd.stat[0]-left
	}
	if !exchange {
		return
	}
	var others []group
	for _, g := range groups {
		if !goes(g) {
			others = append(others, g)
		}
	}
	sp.take(others)
}

// draw makes a random split of column j, as extremely randomised trees do, and judges it: a number between the smallest and the largest
// of the node, a side for each category, a side for the missing.
func (f *frame[E]) draw(s *space[E], nd *node, j int32) split {
	c := &f.cols[j]
	if c.categorical {
		return f.drawSet(s, nd, j, newStream(nd.key, uint64(j)))
	}
	present, missing := f.part(nd, c)
	clear(s.miss)
	f.sum(s.miss, missing)
	zeros := f.zeros(s, nd, c, present, missing)
	low, high := math.Inf(1), math.Inf(-1)
	number := func(i int) float64 { return f.number0(int32(uint64(present[i])&f.mask), j) }
	if len(present) > 0 {
		low, high = number(0), number(len(present)-1)
	}
	if zeros > 0 {
		low, high = min(low, 0), max(high, 0)
	}
	var best split
	if !(low < high) {
		if len(missing) > 0 && len(present)+zeros > 0 { // the only split is by being missing
			f.sweep(s, nd, j, present, len(missing), zeros, false, &best)
		}
		return best
	}
	u := uniform(nd.key, j)
	sp := split{feature: j, drawn: true, cut: f.missing}
	sp.threshold = float64(low*(1-u)) + float64(high*u)
	if !(sp.threshold >= low && sp.threshold < high) {
		sp.threshold = low
	}
	sp.missingLeft = len(missing) > 0 && newStream(nd.key, uint64(j)).Uint64()&1 == 0
	clear(s.left)
	count := 0
	if sp.missingLeft {
		copy(s.left, s.miss)
		count = len(missing)
	}
	at, _ := slices.BinarySearchFunc(present, sp.threshold, func(x E, t float64) int {
		if f.number0(int32(uint64(x)&f.mask), j) <= t {
			return -1
		}
		return 1
	})
	f.sum(s.left, present[:at])
	count += at
	if at < len(present) {
		sp.cut = uint64(present[at]) >> f.shift
	}
	if zeros > 0 && 0 <= sp.threshold {
		for k, v := range s.zero {
			s.left[k] += v
		}
		count += zeros
	} else if c.sparse && 0 > sp.threshold {
		sp.cut = min(sp.cut, c.zero)
	}
	f.try(s, nd, j, count, &sp, &best)
	return best
}

// drawSet sends each category to a side at random, and if that leaves one empty, the first one to it.
func (f *frame[E]) drawSet(s *space[E], nd *node, j int32, r *stream) split {
	groups := f.groups(s, nd, j)
	if len(groups) < 2 {
		return split{}
	}
	side := make([]bool, len(groups))
	lefts := 0
	for i := range side {
		if side[i] = r.Uint64()&1 == 0; side[i] {
			lefts++
		}
	}
	if lefts == 0 || lefts == len(groups) {
		side[0] = !side[0]
	}
	clear(s.left)
	var chosen []group
	count := 0
	for i, g := range groups {
		if side[i] {
			for k, v := range s.sums[g.at : g.at+f.width()] {
				s.left[k] += v
			}
			chosen = append(chosen, g)
			count += g.count
		}
	}
	var best split
	f.trySet(s, nd, j, count, chosen, &best)
	return best
}
