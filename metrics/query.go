package metrics

import "math"

// Gain is what a relevance is worth.
type Gain uint8

const (
	// Identity is the relevance itself. The zero value.
	Identity Gain = iota
	// Exponential is 2^relevance - 1.
	Exponential
)

func (g Gain) of(rel float64) float64 {
	if g == Exponential {
		return math.Exp2(rel) - 1
	}
	return rel
}

// discounts of the first ranks, which most queries do not go beyond.
var discounts = func() (d [512]float64) {
	for i := range d {
		d[i] = 1 / math.Log2(float64(i+2))
	}
	return d
}()

// discountAt is that of the row with so many above it.
func discountAt(i int) float64 {
	if i < len(discounts) {
		return discounts[i]
	}
	return 1 / math.Log2(float64(i+2))
}

// Len is the number of rows.
func (q *Query) Len() int { return len(q.rel) }

// first is how many rows a cut at k leaves.
func (q *Query) first(k int) int {
	if k <= 0 || k > len(q.rel) {
		return len(q.rel)
	}
	return k
}

// relevant is how many rows have a relevance above 0.
func (q *Query) relevant() int {
	n := 0
	for n < len(q.ideal) && q.ideal[n] > 0 {
		n++
	}
	return n
}

// runs calls f for each run of equal scores, rows lo to hi-1 of which r are relevant, that begins above the cut; before is how many above it are relevant.
func (q *Query) runs(cut int, f func(lo, hi, r, before int) bool) {
	lo, before := 0, 0
	for _, hi := range q.ends {
		if lo >= cut {
			return
		}
		r := 0
		for _, v := range q.rel[lo:hi] {
			if v > 0 {
				r++
			}
		}
		if !f(lo, hi, r, before) {
			return
		}
		lo, before = hi, before+r
	}
}

// DCG is the sum over the first k rows (0: all) of the gain over log2(rank+1).
func (q *Query) DCG(k int, g Gain) float64 {
	cut, lo := q.first(k), 0
	var s sum
	for _, hi := range q.ends {
		switch {
		case lo >= cut:
			return s.value()
		case hi == lo+1:
			s.add(float64(g.of(q.rel[lo]) * discountAt(lo)))
		default:
			var gain, discount sum
			for i := lo; i < hi; i++ {
				gain.add(g.of(q.rel[i]))
				if i < cut {
					discount.add(discountAt(i))
				}
			}
			s.add(float64(gain.value() / float64(hi-lo) * discount.value()))
		}
		lo = hi
	}
	return s.value()
}

// NDCG is DCG over that of the rows by falling relevance; undefined if no row is relevant: 0 in scikit-learn, 1 in LightGBM.
func (q *Query) NDCG(k int, g Gain, undefined float64) float64 {
	var best sum
	for i, v := range q.ideal[:q.first(k)] {
		best.add(float64(g.of(v) * discountAt(i)))
	}
	return ratio(q.DCG(k, g), best.value(), undefined)
}

// AveragePrecision is the mean of the precision at each relevant row among the first k (0: all), over the relevant rows or k, whichever is fewer; undefined if no row is relevant. The mean over the orders of
// equal scores is that of McSherry and Najork (ECIR 2008).
func (q *Query) AveragePrecision(k int, undefined float64) float64 {
	cut := q.first(k)
	var s sum
	q.runs(cut, func(lo, hi, r, before int) bool {
		m := float64(hi - lo)
		for i := lo; i < min(hi, cut) && r > 0; i++ {
			others := 0.0 // relevant rows of the run above this one, if this one is relevant
			if hi-lo > 1 {
				others = float64(i-lo) * float64(r-1) / (m - 1)
			}
			s.add(float64(r) / m * (float64(before+1) + others) / float64(i+1))
		}
		return true
	})
	return ratio(s.value(), float64(min(q.relevant(), cut)), undefined)
}

// ReciprocalRank is 1 over the rank of the first relevant row, 0 if it is not among the first k (0: all); undefined if no row is relevant.
func (q *Query) ReciprocalRank(k int, undefined float64) float64 {
	if q.relevant() == 0 {
		return undefined
	}
	cut := q.first(k)
	var s sum
	q.runs(cut, func(lo, hi, r, _ int) bool {
		none := 1.0 // the chance that no relevant row of the run is above
		for i := lo; i < min(hi, cut) && r > 0; i++ {
			here := float64(r) / float64(hi-i)
			s.add(none * min(here, 1) / float64(i+1))
			none *= 1 - min(here, 1)
		}
		return r == 0
	})
	return s.value()
}

// hits is how many of the first rows are relevant, on average.
func (q *Query) hits(cut int) float64 {
	n := 0.0
	q.runs(cut, func(lo, hi, r, _ int) bool {
		n += float64(r) * float64(min(hi, cut)-lo) / float64(hi-lo)
		return true
	})
	return n
}

// Precision is the share of relevant rows among the first k, which counts as k even where there are fewer rows; k = 0: among all.
func (q *Query) Precision(k int) float64 {
	if k <= 0 {
		k = len(q.rel)
	}
	return q.hits(q.first(k)) / float64(k)
}

// Recall is the share of the relevant rows that are among the first k (0: all); undefined if no row is relevant.
func (q *Query) Recall(k int, undefined float64) float64 {
	return ratio(q.hits(q.first(k)), float64(q.relevant()), undefined)
}

// Hit is 1 if a relevant row is among the first k (0: all), and 0 if none is.
func (q *Query) Hit(k int) float64 {
	cut, none := q.first(k), 1.0
	q.runs(cut, func(lo, hi, r, _ int) bool {
		for i := lo; i < min(hi, cut); i++ {
			none *= max(0, 1-float64(r)/float64(hi-i))
		}
		return none > 0
	})
	return 1 - none
}

// ERR is the expected reciprocal rank at which a reader stops who stops at a row of relevance r with probability (2^r - 1)/2^top (Chapelle et al., CIKM 2009), top being the highest relevance there is; k = 0: of all
// rows. NaN if a relevance is above top. O(m·min(m, k)) for m equal scores.
func (q *Query) ERR(k int, top float64) float64 {
	if len(q.ideal) > 0 && q.ideal[0] > top {
		return math.NaN()
	}
	cut, reached := q.first(k), 1.0
	var s sum
	q.runs(cut, func(lo, hi, _, _ int) bool {
		// pass[t] is the mean, over all choices of t rows of the run, of the chance to pass them all.
		pass := make([]float64, min(hi, cut)-lo+1)
		pass[0] = 1
		whole := 1.0
		for m, v := range q.rel[lo:hi] {
			on := 1 - (math.Exp2(v)-1)/math.Exp2(top)
			whole *= on
			n := float64(m + 1)
			for t := min(m+1, len(pass)-1); t > 0; t-- {
				pass[t] = (n-float64(t))/n*pass[t] + float64(t)/n*on*pass[t-1]
			}
		}
		for t := 1; t < len(pass); t++ {
			s.add(reached * (pass[t-1] - pass[t]) / float64(lo+t))
		}
		reached *= whole
		return true
	})
	return s.value()
}

// RBP is the rank-biased precision of a reader who goes on from any row with the given probability in (0, 1) (Moffat and Zobel, ACM Transactions on Information Systems 27, 2008), relevance above 0 counting 1. Best 1, of an endless
// list. NaN for another probability.
func (q *Query) RBP(persistence float64) float64 {
	if !(persistence > 0 && persistence < 1) {
		return math.NaN()
	}
	var s sum
	q.runs(len(q.rel), func(lo, hi, r, _ int) bool {
		s.add(float64(r) / float64(hi-lo) * (math.Pow(persistence, float64(lo)) - math.Pow(persistence, float64(hi))))
		return true
	})
	return s.value()
}

// AUC is the chance that a relevant row has a higher score than another, equal scores counting one half; undefined unless there are both.
func (q *Query) AUC(undefined float64) float64 {
	right, others := 0.0, float64(len(q.rel)-q.relevant())
	q.runs(len(q.rel), func(lo, hi, r, before int) bool {
		n := float64(hi - lo - r)
		right += n * (float64(before) + float64(r)/2)
		return true
	})
	return ratio(right, others*float64(q.relevant()), undefined)
}
