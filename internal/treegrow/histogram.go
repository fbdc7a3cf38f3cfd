package treegrow

// A frame with hist set has no entries, but the codes of its rows in bins: it finds splits in histograms, which takes one pass over the rows of a node
// in each column, and no sorting. Its rows are the kept rows of the task.

// histogram reports whether a tree on bins should begin on histograms. What is small is faster on sorted entries.
func (t *task) histogram() bool {
	if t.columns.bins == nil || t.criterion.ordered() {
		return false
	}
	return t.params.MaxLeaves > 0 || t.params.Monotone != nil && t.params.Method != Basic || len(t.kept)*t.columns.Features > jobWork
}

func (f *frame[E]) beginHistograms(t *task, data []int32) {
	f.reset(t, data)
	f.hist = true
	f.cols = make([]frameColumn[E], t.columns.Features)
	f.coded = make([][]uint16, len(f.cols))
	for j := range f.cols {
		c, b := &t.columns.cols[j], t.columns.bins[j]
		f.cols[j] = frameColumn[E]{categorical: c.categorical, missing: c.missing, codes: b.names}
		if f.coded[j] = b.code; len(t.kept) < len(b.code) {
			f.coded[j] = gather(nil, b.code, t.kept)
		}
	}
	f.prepareColumns()
}

// anyMissing reports whether a node has missing values in a column.
func (f *frame[E]) anyMissing(nd *node, j int32) bool {
	c := &f.cols[j]
	if !c.missing {
		return false
	}
	if !f.hist {
		_, missing := f.part(nd, c)
		return len(missing) > 0
	}
	for _, r := range f.rows[nd.lo:nd.hi] {
		if f.coded[j][r] == missingCode {
			return true
		}
	}
	return false
}

// oneBin reports whether all rows of a node are in one bin.
func (f *frame[E]) oneBin(nd *node, j int) bool {
	code, rows := f.coded[j], f.rows[nd.lo:nd.hi]
	for _, r := range rows[1:] {
		if code[r] != code[rows[0]] {
			return false
		}
	}
	return true
}

// count makes the histogram of a column in a node: s.sums has the sums of each bin, those of the missing last, s.counts the rows.
func (f *frame[E]) count(s *space[E], nd *node, j int32) {
	bins, w := f.columns.bins[j].count, f.width()
	s.counts, s.sums = sized(s.counts, bins+1), sized(s.sums, (bins+1)*w)
	clear(s.counts)
	clear(s.sums)
	code, rows := f.coded[j], f.rows[nd.lo:nd.hi]
	at := func(r int32) int { return min(int(code[r]), bins) }
	switch {
	case f.weight == nil && f.target.K > 0:
		for _, r := range rows {
			b := at(r)
			s.counts[b]++
			s.sums[b*w+1+int(f.class[r])]++
		}
	case f.weight == nil && f.target.M == 1:
		for _, r := range rows {
			b := at(r)
			s.counts[b]++
			s.sums[2*b+1] += f.term[r]
		}
	default:
		for _, r := range rows {
			b := at(r)
			s.counts[b]++
			f.addRow(s.sums[b*w:(b+1)*w], r)
		}
		return
	}
	for b, n := range s.counts {
		s.sums[b*w] = int64(n)
	}
}

// binGroups are the groups of a column by its histogram. It returns the number of missing values, with their sums in s.miss.
func (f *frame[E]) binGroups(s *space[E], nd *node, j int32) (missing int) {
	f.count(s, nd, j)
	w, bins := f.width(), len(s.counts)-1
	for b, n := range s.counts[:bins] {
		if n > 0 {
			s.groups = append(s.groups, group{rank: uint64(b), count: int(n), at: b * w})
		}
	}
	copy(s.miss, s.sums[bins*w:])
	return int(s.counts[bins])
}

// binCuts finds the best cut of a column of numbers by its histogram.
func (f *frame[E]) binCuts(s *space[E], nd *node, j int32) split {
	groups := f.groups(s, nd, j)
	var missing *group
	if n := len(groups); n > 0 && groups[n-1].missing {
		missing, groups = &groups[n-1], groups[:n-1]
	}
	var best split
	if missing == nil && f.plain(nd, j) && f.fastBins(s, nd, j, groups, &best) {
		return best
	}
	for _, missingLeft := range [2]bool{false, true} {
		if missingLeft && missing == nil {
			break
		}
		clear(s.left)
		count := 0
		add := func(g *group) {
			for k, v := range s.sums[g.at : g.at+f.width()] {
				s.left[k] += v
			}
			count += g.count
		}
		if missingLeft {
			add(missing)
		}
		for i := range groups {
			add(&groups[i])
			sp := split{feature: j, binned: true, low: int(groups[i].rank), cut: f.missing, after: noRow, missingLeft: missingLeft}
			if i+1 < len(groups) {
				sp.cut, sp.after = groups[i+1].rank, 0
			} else if missing == nil || missingLeft {
				break // nothing is left for the right side
			}
			f.try(s, nd, j, count, &sp, &best)
		}
	}
	return best
}

// fastBins is [frame.fast] for the bins of a column: the scores are those of the scans, so that bins of single numbers give the same tree.
func (f *frame[E]) fastBins(s *space[E], nd *node, j int32, groups []group, best *split) bool {
	gini := f.criterion == Gini && f.weight == nil
	if !gini && !(f.criterion == Squared && f.target.M == 1) {
		return false
	}
	least := max(f.params.MinLeaf, 1)
	clear(s.left)
	copy(s.right, nd.stat)
	count, n, top := 0, nd.size(), -1.0
	for i := range groups[:max(len(groups)-1, 0)] {
		g := &groups[i]
		count += g.count
		for k, v := range s.sums[g.at : g.at+f.width()] {
			s.left[k] += v
			s.right[k] -= v
		}
		if count < least || n-count < least || s.left[0] < f.leastWeight || s.right[0] < f.leastWeight {
			continue
		}
		var score float64
		switch {
		case gini && f.target.K == 2:
			score = binaryScore(s.left[2]*int64(n)-s.left[0]*nd.stat[2], count, n)
		case gini:
			score = classScore(squares(s.left[1:]), squares(s.right[1:]), count, n)
		default:
			score = squaredScore(s.left[1], s.right[1], s.left[0], s.right[0])
		}
		if score > top {
			top = score
			*best = split{found: true, feature: j, binned: true, low: int(g.rank), cut: groups[i+1].rank, score: score}
			if f.mixed {
				best.score = s.m.score(s.left, s.right, nd.stat)
			}
		}
	}
	return true
}

func squares(counts []int64) (sum int64) {
	for _, c := range counts {
		sum += c * c
	}
	return sum
}

// markBins is mark by codes.
func (f *frame[E]) markBins(nd *node, s *split) {
	code := f.coded[s.feature]
	for _, r := range f.rows[nd.lo:nd.hi] {
		goes := s.missingLeft
		if code[r] != missingCode {
			goes = s.left(uint64(code[r]))
		}
		f.side[r] = 0
		if goes {
			f.side[r] = 1
		}
	}
}
