package treegrow

import (
	"cmp"
	"slices"
)

// Surrogate is a split of another column that stands in for that of a node where its column is missing.
type Surrogate struct {
	Feature   int
	Threshold float64
	Set       []uint32 // categories that go left; nil: a column of numbers
	Left      bool     // numbers up to the threshold go left, else right
	Agreement float64  // share of the weight of rows which have the node's column that both splits send to the same side; a row without this one's is no such row
	Adjusted  float64  // how far that lies between what sending all rows to the larger side agrees on, 0, and perfect agreement, 1
}

// stand is a surrogate as a frame finds it.
type stand struct {
	Surrogate
	split
	agree int64
}

// present finds the best split of column j among the rows of a node that are not missing in it, as rpart does: the score is what it gains there.
func (f *frame[E]) present(s *space[E], nd *node, j int32) split {
	groups := f.groups(s, nd, j)
	if n := len(groups); n > 0 && groups[n-1].missing {
		groups = groups[:n-1]
	}
	total, rows := make([]int64, f.width()), 0
	add := func(to []int64, g *group) {
		for k, v := range s.sums[g.at : g.at+f.width()] {
			to[k] += v
		}
	}
	for i := range groups {
		add(total, &groups[i])
		rows += groups[i].count
	}
	var best split
	least := max(f.params.MinLeaf, 1)
	cuts := func() {
		clear(s.left)
		count := 0
		for i := range groups[:max(len(groups)-1, 0)] {
			add(s.left, &groups[i])
			if count += groups[i].count; count < least || rows-count < least {
				continue
			}
			for k, v := range s.left {
				s.right[k] = total[k] - v
			}
			if s.left[0] < f.leastWeight || s.right[0] < f.leastWeight {
				continue
			}
			sp := split{feature: j, score: s.m.score(s.left, s.right, total)}
			if f.criterion != Hellinger {
				sp.score -= s.m.concentration(total)
			}
			if sp.found = sp.score > -maxFloat && (!best.found || sp.score > best.score); !sp.found {
				continue
			}
			if best = sp; f.cols[j].categorical {
				best.take(groups[:i+1])
				continue
			}
			best.cut, best.before, best.after = groups[i+1].rank, f.rowOf(nd, j, groups[i].rank), f.rowOf(nd, j, groups[i+1].rank)
		}
	}
	if !f.cols[j].categorical {
		slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.rank, b.rank) })
		cuts()
		return best
	}
	first, outputs := 0, f.width()-1
	if f.target.K == 2 {
		first = 1
	}
	for k := first; k < outputs; k++ {
		f.rankGroups(s, nd, groups, k)
		cuts()
	}
	return best
}

// rowOf is a row of a node that has a rank in a column, or zeroRow.
func (f *frame[E]) rowOf(nd *node, j int32, rank uint64) int32 {
	c := &f.cols[j]
	if c.sparse && rank == c.zero {
		return zeroRow
	}
	present, _ := f.part(nd, c)
	at, _ := slices.BinarySearch(present, E(rank<<f.shift))
	return int32(uint64(present[at]) & f.mask)
}

// undecided is the side of a row that no split has sent anywhere.
const undecided = 2

// markPresent marks the rows of a node that a split sends to a side by their own number, if they are undecided.
func (f *frame[E]) markPresent(nd *node, s *split, flip bool) {
	c := &f.cols[s.feature]
	present, missing := f.part(nd, c)
	send := func(r int32, left bool) {
		if f.side[r] != undecided {
			return
		}
		f.side[r] = 0
		if left != flip {
			f.side[r] = 1
		}
	}
	for _, x := range present {
		send(int32(uint64(x)&f.mask), s.left(uint64(x)>>f.shift))
	}
	if !c.sparse {
		return
	}
	var rest space[E]
	f.rowsWithout(&rest, nd, present, missing)
	for _, r := range rest.order {
		send(r, s.left(c.zero))
	}
}

func (f *frame[E]) rowsWithout(s *space[E], nd *node, present, missing []E) {
	s.order = s.order[:0]
	f.restRows(s, nd, present, missing)
}

// markSurrogates says of each row of a node whether it goes left: by the split, by the first surrogate whose column it has, or as the larger part.
func (f *frame[E]) markSurrogates(nd *node, sp *split) {
	rows := f.rows[nd.lo:nd.hi]
	for _, r := range rows {
		f.side[r] = undecided
	}
	f.markPresent(nd, sp, false)
	for i := range sp.stands {
		f.markPresent(nd, &sp.stands[i].split, !sp.stands[i].Left)
	}
	last := uint8(0)
	if sp.missingLeft {
		last = 1
	}
	for _, r := range rows {
		if f.side[r] == undecided {
			f.side[r] = last
		}
	}
}

// findSurrogates completes a split: the columns that agree best with it stand in for its own (Breiman et al., 1984, chapter 5.3; rpart).
func (f *frame[E]) findSurrogates(nd *node, sp *split) {
	for _, r := range f.rows[nd.lo:nd.hi] {
		f.side[r] = undecided
	}
	f.markPresent(nd, sp, false)
	var all tallies
	for _, r := range f.rows[nd.lo:nd.hi] {
		all.add(f.side[r], f.whole(r))
	}
	sp.missingLeft = all.weight[1] > all.weight[0]
	if f.params.Surrogates == 0 {
		return
	}
	found := make([]stand, len(f.cols))
	columns := f.varying(nd)
	f.forColumns(nd, columns, 10, func(s *space[E], j int32) {
		if j != sp.feature {
			found[j] = f.surrogate(s, nd, j, &all)
		}
	})
	found = slices.DeleteFunc(found, func(s stand) bool { return s.agree == 0 || s.Adjusted <= 1e-10 })
	slices.SortStableFunc(found, func(a, b stand) int { return cmp.Compare(b.agree, a.agree) })
	sp.stands = found[:min(len(found), f.params.Surrogates)]
}

// tallies are the rows and the weight on the right, 0, and on the left, 1.
type tallies struct {
	rows   [2]int
	weight [2]int64
}

func (t *tallies) add(side uint8, w int64) {
	if side != undecided {
		t.rows[side]++
		t.weight[side] += w
	}
}

func (t *tallies) join(o *tallies, sign int) {
	for s := range t.rows {
		t.rows[s] += sign * o.rows[s]
		t.weight[s] += int64(sign) * o.weight[s]
	}
}

// surrogate finds the split of column j that agrees best with the sides of the rows. Each side of a cut must have two rows at least.
func (f *frame[E]) surrogate(s *space[E], nd *node, j int32, all *tallies) stand {
	c := &f.cols[j]
	present, missing := f.part(nd, c)
	type kind struct {
		tallies
		rank uint64
	}
	var kinds []kind
	for i, x := range present {
		rank, r := uint64(x)>>f.shift, int32(uint64(x)&f.mask)
		if i == 0 || kinds[len(kinds)-1].rank != rank {
			kinds = append(kinds, kind{rank: rank})
		}
		kinds[len(kinds)-1].add(f.side[r], f.whole(r))
	}
	if c.sparse {
		zero := kind{rank: c.zero}
		f.rowsWithout(s, nd, present, missing)
		for _, r := range s.order {
			zero.add(f.side[r], f.whole(r))
		}
		if len(s.order) > 0 {
			at, _ := slices.BinarySearchFunc(kinds, c.zero, func(k kind, zero uint64) int { return cmp.Compare(k.rank, zero) })
			kinds = slices.Insert(kinds, at, zero)
		}
	}
	var sum tallies
	for i := range kinds {
		sum.join(&kinds[i].tallies, 1)
	}
	out := stand{Surrogate: Surrogate{Feature: int(j)}, split: split{feature: j}}
	if c.categorical {
		out.Left, out.set = true, []uint64{}
		for _, k := range kinds {
			if k.weight[1] > k.weight[0] {
				out.hold(k.rank)
			}
			out.agree += max(k.weight[0], k.weight[1])
		}
		out.Set = f.codes(c, out.set)
		if out.Set == nil {
			out.Set = []uint32{}
		}
	} else {
		// Rows that the node's split does not send anywhere have a say in where cuts may be, as in rpart, and of equal cuts the lowest is taken.
		best, at := max(sum.weight[0], sum.weight[1]), -1
		var low tallies
		for i := range kinds[:max(len(kinds)-1, 0)] {
			low.join(&kinds[i].tallies, 1)
			if n := low.rows[0] + low.rows[1]; n < 2 || sum.rows[0]+sum.rows[1]-n < 2 {
				continue
			}
			left := low.weight[1] + sum.weight[0] - low.weight[0]
			right := sum.weight[0] + sum.weight[1] - left
			if v := max(left, right); v > best {
				best, at, out.Left = v, i, left >= right
			}
		}
		if at < 0 {
			return stand{}
		}
		out.agree, out.cut = best, kinds[at+1].rank
		out.Threshold = middleOf(f.number0(f.rowOf(nd, j, kinds[at].rank), j), f.number0(f.rowOf(nd, j, kinds[at+1].rank), j))
	}
	total, most := float64(all.weight[0]+all.weight[1]), float64(max(all.weight[0], all.weight[1]))
	out.Agreement = float64(out.agree) / total
	out.Adjusted = (float64(out.agree) - most) / (total - most)
	return out
}
