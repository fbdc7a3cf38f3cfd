package treegrow

// general finds the best cut of any column of numbers for any criterion that looks at sums.
func (f *frame[E]) general(s *space[E], nd *node, j int32) split {
	c := &f.cols[j]
	present, missing := f.part(nd, c)
	clear(s.miss)
	f.sum(s.miss, missing)
	zeros := f.zeros(s, nd, c, present, missing)
	var best split
	for _, missingLeft := range [2]bool{false, true} {
		if missingLeft && len(missing) == 0 {
			break
		}
		f.sweep(s, nd, j, present, len(missing), zeros, missingLeft, &best)
	}
	return best
}

// zeros puts the sums of the rows without an entry into s.zero, and returns how many there are.
func (f *frame[E]) zeros(s *space[E], nd *node, c *frameColumn[E], present, missing []E) int {
	if !c.sparse {
		return 0
	}
	clear(s.zero)
	f.sum(s.zero, present)
	for k := range s.zero {
		s.zero[k] = nd.stat[k] - s.zero[k] - s.miss[k]
	}
	return nd.size() - len(present) - len(missing)
}

// sum adds the rows of the entries.
func (f *frame[E]) sum(to []int64, e []E) {
	for _, x := range e {
		f.addRow(to, int32(uint64(x)&f.mask))
	}
}

// addRow adds a row.
func (f *frame[E]) addRow(to []int64, r int32) {
	w := int64(1)
	if f.weight != nil {
		w = f.weight[r]
	}
	to[0] += w
	if f.target.K > 0 {
		to[1+f.class[r]] += w
		return
	}
	m := f.target.M
	for k, t := range f.term[int(r)*m : (int(r)+1)*m] {
		to[1+k] += t
	}
}

// sweep tries all cuts, with the missing on one side.
func (f *frame[E]) sweep(s *space[E], nd *node, j int32, present []E, missing, zeros int, missingLeft bool, best *split) {
	c := &f.cols[j]
	clear(s.left)
	count := 0
	if missingLeft {
		copy(s.left, s.miss)
		count = missing
	}
	before := int32(noRow)
	for i := 0; i < len(present) || zeros > 0; {
		if zeros > 0 && (i == len(present) || uint64(present[i])>>f.shift > c.zero) {
			for k, v := range s.zero {
				s.left[k] += v
			}
			count += zeros
			zeros, before = 0, zeroRow
		} else {
			rank := present[i] >> f.shift
			for ; i < len(present) && present[i]>>f.shift == rank; i++ {
				f.addRow(s.left, int32(uint64(present[i])&f.mask))
				count++
			}
			before = int32(uint64(present[i-1]) & f.mask)
		}
		cut, after := f.missing, int32(noRow)
		switch {
		case zeros > 0 && (i == len(present) || uint64(present[i])>>f.shift > c.zero):
			cut, after = c.zero, zeroRow
		case i < len(present):
			cut, after = uint64(present[i])>>f.shift, int32(uint64(present[i])&f.mask)
		case missingLeft || missing == 0:
			return // nothing is left for the right side
		}
		f.try(s, nd, j, count, &split{feature: j, cut: cut, before: before, after: after, missingLeft: missingLeft}, best)
	}
}

// try judges the split whose left sums are in s.left, and keeps it in best if it is better.
func (f *frame[E]) try(s *space[E], nd *node, j int32, count int, sp *split, best *split) {
	least := max(f.params.MinLeaf, 1)
	if count < least || nd.size()-count < least {
		return
	}
	for k, v := range s.left {
		s.right[k] = nd.stat[k] - v
	}
	if s.left[0] < f.leastWeight || s.right[0] < f.leastWeight {
		return
	}
	if f.criterion.ordered() {
		if f.judgeRows(s, nd, sp) {
			best.better(sp)
		}
		return
	}
	if f.bound(j) && !f.allowed(nd, sp, f.level(s.left), f.level(s.right)) {
		return
	}
	sp.score = s.m.score(s.left, s.right, nd.stat)
	sp.found = sp.score > -maxFloat
	best.better(sp)
}

const maxFloat = 1.797693134862315708145274237317043567981e+308

// bound reports whether column j has a constraint.
func (f *frame[E]) bound(j int32) bool { return f.params.Monotone != nil && f.params.Monotone[j] != 0 }

// allowed checks the constraint on the column of a split whose children have the values a and b, and notes what divides them.
func (f *frame[E]) allowed(nd *node, sp *split, a, b float64) bool {
	if !f.bound(sp.feature) {
		return true
	}
	sp.middle = a/2 + b/2
	return (a == b || (a < b) == (f.params.Monotone[sp.feature] > 0)) && f.within(nd, sp, a, b)
}

// level is the value of a group with the given sums: the probability of class 1, or the mean.
func (f *frame[E]) level(s []int64) float64 {
	if f.target.K > 0 {
		return float64(s[2]) / float64(s[0])
	}
	mean := float64(float64(s[1])*f.numbers.term[0]) / float64(float64(s[0])*f.weights.unit)
	return f.numbers.origin[0] + (f.centre[0] + mean)
}
