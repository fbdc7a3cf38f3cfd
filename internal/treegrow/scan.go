package treegrow

// The scans of this file find the best place to cut a dense column without missing numbers, for the commonest criteria. e is in rising order;
// the first part of the answer holds at least least entries, and so does the rest. They return the number of entries before the cut, 0 if
// there is none. Products and sums are of whole numbers, or are rounded one by one (no fused operations), so each CPU gives the same.

func binaryScore(d int64, left, n int) float64 {
	v := float64(d)
	return float64(v*v) / float64(int64(left)*int64(n-left))
}

func classScore(squaresLeft, squaresRight int64, left, n int) float64 {
	return float64(squaresLeft)/float64(left) + float64(squaresRight)/float64(n-left)
}

func squaredScore(left, right, weightLeft, weightRight int64) float64 {
	a, b := float64(left), float64(right)
	wa, wb := float64(weightLeft), float64(weightRight)
	return (float64(float64(a*a)*wb) + float64(float64(b*b)*wa)) / float64(wa*wb)
}

// scanBinary maximises what the Gini impurity falls by: with d = left·total₁ - left₁·total it is d²/(left·right), but for a constant.
func scanBinary[E entry](e []E, l layout, class []uint8, ones, least int) (best float64, at int) {
	n := len(e)
	best = -1
	d, step := int64(0), [2]int64{int64(-ones), int64(n - ones)}
	for i := range least - 1 {
		d += step[class[uint64(e[i])&l.mask]&1]
	}
	rank := e[least-1] >> l.shift
	last := e[least-1]
	for i, next := range e[least : n-least+1] {
		d += step[class[uint64(last)&l.mask]&1]
		last = next
		before := rank
		rank = next >> l.shift
		left := i + least
		if g := binaryScore(d, left, n); g > best && rank != before {
			best, at = g, left
		}
	}
	return best, at
}

// scanClasses is scanBinary for any number of classes: it maximises Σ left_k²/left + Σ right_k²/right. counts are those of the node; left and
// right are scratch.
func scanClasses[E entry](e []E, l layout, class []int32, counts, left, right []int64, least int) (best float64, at int) {
	n := len(e)
	best = -1
	clear(left)
	copy(right, counts)
	squaresLeft, squaresRight := int64(0), int64(0)
	for _, c := range counts {
		squaresRight += c * c
	}
	for i, x := range e[:n-least] {
		c := class[uint64(x)&l.mask]
		squaresLeft += 2*left[c] + 1
		squaresRight -= 2*right[c] - 1
		left[c]++
		right[c]--
		if i+1 < least || x>>l.shift == e[i+1]>>l.shift {
			continue
		}
		if g := classScore(squaresLeft, squaresRight, i+1, n); g > best {
			best, at = g, i+1
		}
	}
	return best, at
}

// scanSquared maximises left²/weight_left + right²/weight_right, where left and right are sums of term. weight may be nil: 1 for each.
func scanSquared[E entry](e []E, l layout, term, weight []int64, total, totalWeight int64, least int, leastWeight int64) (best float64, at int) {
	n := len(e)
	best = -1
	sum, w := int64(0), int64(0)
	for i, x := range e[:n-least] {
		r := uint64(x) & l.mask
		sum += term[r]
		if weight == nil {
			w++
		} else {
			w += weight[r]
		}
		if i+1 < least || x>>l.shift == e[i+1]>>l.shift || w < leastWeight || totalWeight-w < leastWeight {
			continue
		}
		if g := squaredScore(sum, total-sum, w, totalWeight-w); g > best {
			best, at = g, i+1
		}
	}
	return best, at
}

// fast runs one of the scans above where they apply.
func (f *frame[E]) fast(s *space[E], nd *node, present []E, j int32) (sp split, ok bool) {
	least := max(f.params.MinLeaf, 1)
	var at int
	switch {
	case f.criterion == Gini && f.weight == nil:
		if f.leastWeight > 1 {
			least = max(least, int(f.leastWeight))
		}
		if 2*least > len(present) {
			return sp, true
		}
		if f.target.K == 2 {
			sp.score, at = scanBinary(present, f.layout, f.bit, int(nd.stat[2]), least)
		} else {
			sp.score, at = scanClasses(present, f.layout, f.class, nd.stat[1:], s.left[1:], s.right[1:], least)
		}
	case f.criterion == Squared && f.target.M == 1:
		if 2*least > len(present) {
			return sp, true
		}
		sp.score, at = scanSquared(present, f.layout, f.term, f.weight, nd.stat[1], nd.stat[0], least, max(f.leastWeight, 1))
	default:
		return sp, false
	}
	if at > 0 {
		sp.found, sp.feature = true, j
		if f.mixed {
			sp.score = f.rescore(s, nd, present[:at])
		}
		sp.cut = uint64(present[at]) >> f.shift
		sp.before, sp.after = int32(uint64(present[at-1])&f.mask), int32(uint64(present[at])&f.mask)
	}
	return sp, true
}

// rescore is the score by the general measure of a split whose left side is given.
func (f *frame[E]) rescore(s *space[E], nd *node, left []E) float64 {
	clear(s.left)
	f.sum(s.left, left)
	for k, v := range s.left {
		s.right[k] = nd.stat[k] - v
	}
	return s.m.score(s.left, s.right, nd.stat)
}
