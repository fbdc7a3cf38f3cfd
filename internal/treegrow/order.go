package treegrow

import (
	"cmp"
	"math"
	"slices"
)

// fenwick holds weights and sums by the rank of the target, and finds quantiles in logarithmic time.
type fenwick struct {
	w, v       []int64
	wsum, vsum int64
	square     []wide // sums of squares, for Huber; else nil
}

func (t *fenwick) reset(n int, squares bool) {
	t.w, t.v = sized(t.w, n+1), sized(t.v, n+1)
	clear(t.w)
	clear(t.v)
	t.wsum, t.vsum = 0, 0
	if squares {
		t.square = sized(t.square, n+1)
		clear(t.square)
	}
}

func (t *fenwick) add(rank int32, w, v int64) {
	t.wsum += w
	t.vsum += v
	for i := int(rank) + 1; i < len(t.w); i += i & -i {
		t.w[i] += w
		t.v[i] += v
	}
}

// find returns the lowest rank up to which there is at least the given weight, and the weight and sum up to it, itself included.
func (t *fenwick) find(weight float64) (rank int, w, v int64) {
	step := 1
	for step*2 < len(t.w) {
		step *= 2
	}
	at := 0
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(t.w)-1 && float64(w+t.w[next]) < weight {
			at, w, v = next, w+t.w[next], v+t.v[next]
		}
	}
	// Rank at is the one; add what lies in it alone.
	for i, stop := at+1, at+1-((at+1)&-(at+1)); i > stop; {
		if i == at+1 {
			w, v = w+t.w[i], v+t.v[i]
			i--
			continue
		}
		w, v = w-t.w[i], v-t.v[i]
		i -= i & -i
	}
	return at, w, v
}

// estimate is the best single value of a group of targets, as far from the middle of the node as counted in whole units, and what it costs.
type estimate struct{ value, loss float64 }

// estimate is that of what the tree holds.
func (f *frame[E]) estimate(t *fenwick) estimate {
	if f.criterion == Huber {
		return f.huber(t)
	}
	level := f.params.Level
	target := level * float64(t.wsum)
	rank, w, v := t.find(target)
	unit, term := f.weights.unit, f.numbers.term[0]
	step := float64(f.ladder[rank])
	m := float64(step * f.numbers.unit[0])
	above := float64(float64(t.vsum-v)*term) - float64(m*float64(float64(t.wsum-w)*unit))
	below := float64(m*float64(float64(w)*unit)) - float64(float64(v)*term)
	e := estimate{step, float64(level*above) + float64((1-level)*below)}
	if f.params.Monotone != nil && float64(w) == target && w < t.wsum { // halfway, as in a leaf
		next, _, _ := t.find(math.Nextafter(target, math.Inf(1)))
		e.value = step/2 + float64(f.ladder[next])/2
	}
	return e
}

// climb orders the targets of a node.
func (f *frame[E]) climb(nd *node) {
	rows := append([]int32(nil), f.rows[nd.lo:nd.hi]...)
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Compare(f.y[a], f.y[b]) })
	f.ladder = f.ladder[:0]
	for i, r := range rows {
		if i == 0 || f.y[r] != f.y[rows[i-1]] {
			f.ladder = append(f.ladder, f.y[r]-f.shiftOf(0))
		}
		f.rank[r] = int32(len(f.ladder) - 1)
	}
	if f.criterion == Huber {
		f.steps = sized(f.steps, len(f.ladder))
		for i, y := range f.ladder {
			f.steps[i] = float64(y)
		}
	}
}

// ordered finds the best split of column j for a criterion that needs the order of the targets: the least loss of every prefix and every
// suffix, by adding row after row to a Fenwick tree.
func (f *frame[E]) ordered(s *space[E], nd *node, j int32) split {
	c := &f.cols[j]
	var best split
	if c.categorical {
		groups := f.groups(s, nd, j)
		f.rankGroups(s, nd, groups, 0)
		f.orderRows(s, nd, c, groups)
		f.cuts(s, nd, groups, nil, func(i int, a, b estimate) {
			if sp := (split{feature: j}); f.judge(nd, &sp, a, b) && (!best.found || sp.score > best.score) {
				best = sp
				best.take(groups[:i+1])
			}
		})
		return best
	}
	groups := f.groups(s, nd, j)
	slices.SortStableFunc(groups, func(a, b group) int {
		if a.missing != b.missing {
			if a.missing {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.rank, b.rank)
	})
	f.orderRows(s, nd, c, groups)
	here := func(g group, last bool) int32 {
		switch {
		case g.missing:
			return noRow
		case c.sparse && g.rank == c.zero:
			return zeroRow
		case last:
			return s.order[g.first+g.count-1]
		}
		return s.order[g.first]
	}
	whole := groups
	var missing []int32
	if n := len(groups); n > 0 && groups[n-1].missing {
		missing = s.order[groups[n-1].first : groups[n-1].first+groups[n-1].count]
	}
	keep := func(missingLeft bool) func(int, estimate, estimate) {
		return func(i int, a, b estimate) {
			sp := split{feature: j, missingLeft: missingLeft, cut: whole[i+1].rank, before: here(whole[i], true), after: here(whole[i+1], false)}
			if whole[i+1].missing {
				sp.cut = f.missing
			}
			if f.judge(nd, &sp, a, b) {
				best.better(&sp)
			}
		}
	}
	f.cuts(s, nd, groups, nil, keep(false))
	if missing != nil {
		f.cuts(s, nd, groups[:len(groups)-1], missing, keep(true))
	}
	return best
}

// orderRows writes the rows of the groups one after the other to s.order.
func (f *frame[E]) orderRows(s *space[E], nd *node, c *frameColumn[E], groups []group) {
	present, missing := f.part(nd, c)
	s.order = s.order[:0]
	add := func(e []E) {
		for _, x := range e {
			s.order = append(s.order, int32(uint64(x)&f.mask))
		}
	}
	addRank := func(rank uint64) {
		if c.sparse && rank == c.zero {
			f.restRows(s, nd, present, missing)
			return
		}
		lo, _ := slices.BinarySearch(present, E(rank<<f.shift))
		hi := lo
		for hi < len(present) && uint64(present[hi])>>f.shift == rank {
			hi++
		}
		add(present[lo:hi])
	}
	for i := range groups {
		g := &groups[i]
		if g.first = len(s.order); g.missing {
			add(missing)
			continue
		}
		addRank(g.rank)
		for _, r := range g.others {
			addRank(r)
		}
	}
}

// restRows appends the rows of a node that have no entry.
func (f *frame[E]) restRows(s *space[E], nd *node, present, missing []E) {
	listed := make(map[int32]bool, len(present)+len(missing))
	for _, e := range [2][]E{present, missing} {
		for _, x := range e {
			listed[int32(uint64(x)&f.mask)] = true
		}
	}
	for _, r := range f.rows[nd.lo:nd.hi] {
		if !listed[r] {
			s.order = append(s.order, r)
		}
	}
}

// cuts calls use with the estimates on both sides of each cut after group i that is large enough. The rows in also are on the left from the start.
func (f *frame[E]) cuts(s *space[E], nd *node, groups []group, also []int32, use func(i int, left, right estimate)) {
	if len(groups) < 2 {
		return
	}
	least := max(f.params.MinLeaf, 1)
	s.rights = sized(s.rights, len(groups))
	f.empty(&s.tree)
	for i := len(groups) - 1; i > 0; i-- {
		f.addGroup(s, groups[i])
		s.rights[i] = f.estimate(&s.tree)
	}
	f.empty(&s.tree)
	for _, r := range also {
		f.addTarget(&s.tree, r)
	}
	count := len(also)
	for i, g := range groups[:len(groups)-1] {
		f.addGroup(s, g)
		count += g.count
		if count < least || nd.size()-count < least || s.tree.wsum < f.leastWeight || nd.stat[0]-s.tree.wsum < f.leastWeight {
			continue
		}
		use(i, f.estimate(&s.tree), s.rights[i+1])
	}
}

// empty makes a tree for the targets of the node at hand.
func (f *frame[E]) empty(t *fenwick) { t.reset(len(f.ladder), f.criterion == Huber) }

// judge gives a split its score, and reports whether it may be.
func (f *frame[E]) judge(nd *node, sp *split, a, b estimate) bool {
	sp.score = -(a.loss + b.loss)
	unit := f.numbers.unit[0]
	middle := f.numbers.origin[0] + f.centre[0]
	sp.found = sp.score == sp.score && f.allowed(nd, sp, middle+float64(a.value*unit), middle+float64(b.value*unit))
	return sp.found
}

// judgeRows is judge for a split whose sides are not known by group.
func (f *frame[E]) judgeRows(s *space[E], nd *node, sp *split) bool {
	c := &f.cols[sp.feature]
	present, missing := f.part(nd, c)
	s.order = s.order[:0]
	if c.sparse {
		f.restRows(s, nd, present, missing)
	}
	side := func(left bool) estimate {
		f.empty(&s.tree)
		for _, x := range present {
			if sp.left(uint64(x)>>f.shift) == left {
				f.addTarget(&s.tree, int32(uint64(x)&f.mask))
			}
		}
		for _, x := range missing {
			if sp.missingLeft == left {
				f.addTarget(&s.tree, int32(uint64(x)&f.mask))
			}
		}
		for _, r := range s.order {
			if sp.left(c.zero) == left {
				f.addTarget(&s.tree, r)
			}
		}
		return f.estimate(&s.tree)
	}
	return f.judge(nd, sp, side(true), side(false))
}

func (f *frame[E]) addGroup(s *space[E], g group) {
	for _, r := range s.order[g.first : g.first+g.count] {
		f.addTarget(&s.tree, r)
	}
}

func (f *frame[E]) addTarget(t *fenwick, r int32) {
	w := int64(1)
	if f.weight != nil {
		w = f.weight[r]
	}
	t.add(f.rank[r], w, f.term[r])
	if f.criterion == Huber {
		t.addSquare(f.rank[r], f.term[r], f.ladder[f.rank[r]])
	}
}
