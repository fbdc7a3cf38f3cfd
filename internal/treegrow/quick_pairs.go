package treegrow

import (
	"math"
	"math/bits"
)

// Searches for two classes and Gini's impurity. Few rows are compared all with all. Of more, the classes are counted in buckets of codes: the score is convex in the
// counts on the left, so that no cut within a bucket has more than the corner of the rectangle of counts that lies between its ends; buckets whose corners
// fall behind the best cut so far are never opened.

// searchFew tries all cuts of column j for the rows of a small node; it reports whether there are any.
func (q *quick[C]) searchFew(codes []C, rows []int32, j int32, best *quickSplit) bool {
	to := q.cutter.Codes[:len(rows)]
	first, differ := uint32(codes[rows[0]]), uint32(0)
	for i, r := range rows {
		c := uint32(codes[r])
		to[i] = c
		differ |= c ^ first
	}
	if differ == 0 {
		return false
	}
	score, last := q.cutter.Best(len(rows), uint32(q.stat[0]), uint32(q.stat[2]), uint32(min(q.leastWeight, math.MaxUint16)))
	if score >= 0 && (!best.found || score > best.score) {
		*best = quickSplit{found: true, open: true, score: score, column: j, last: float64(last)}
	}
	return true
}

const (
	mostBuckets  = 1 << 11 // whose counts stay in the nearest cache
	rowsOfBucket = 8       // in the mean: how much is looked at twice against how much must be sorted
)

// bucketShift is how many low bits of codes a bucket leaves open.
func bucketShift(span uint32, n int) int {
	most := uint32(min(mostBuckets, max(n/rowsOfBucket, 16)))
	if span <= min(mostBuckets, 2*uint32(n)) {
		return 0
	}
	return bits.Len32((span - 1) / most)
}

// searchBuckets tries all cuts of column j, whose codes are fetched.
func (q *quick[C]) searchBuckets(j int32, low, high uint32, best *quickSplit) {
	shift := bucketShift(high-low+1, len(q.codes))
	n := int((high-low)>>shift) + 1
	q.table, q.before = sized(q.table, n), sized(q.before, n)
	table, before, pair := q.table, q.before, q.pair[:len(q.codes)]
	clear(table)
	for i, c := range q.codes {
		table[(uint32(c)-low)>>shift] += pair[i]
	}
	total, ones := q.stat[0], q.stat[2]
	sum := uint64(0)
	for k, v := range table {
		before[k] = sum
		if v == 0 {
			continue
		}
		sum += v
		w := int64(uint32(sum))
		if w < q.leastWeight || total-w < q.leastWeight {
			continue
		}
		if g := pairScore(w, int64(sum>>32), total, ones); g > best.score || !best.found {
			*best = quickSplit{found: true, open: true, score: g, column: j, last: float64(low + uint32(k+1)<<shift - 1)}
		}
	}
	if shift > 0 && q.markBuckets(best) {
		q.searchMarked(j, low, shift, best)
	}
}

// markBuckets marks the buckets within which there may be a cut that is as good as the best one, and reports whether there are any.
func (q *quick[C]) markBuckets(best *quickSplit) bool {
	q.marked = sized(q.marked, len(q.table))
	bound := -1.0
	if best.found {
		bound = best.score * (1 - 1e-9) // more than rounding takes
	}
	total, ones := float64(q.stat[0]), float64(q.stat[2])
	above := func(w, o float64) bool {
		d := float64(o*total) - float64(w*ones)
		return float64(d*d) > float64(bound*float64(w*(total-w)))
	}
	found := uint8(0)
	for k, v := range q.table {
		mark := uint8(0)
		if v != 0 {
			b := q.before[k]
			w, o, w1, o1 := float64(uint32(b)), float64(b>>32), float64(uint32(v)), float64(v>>32)
			if above(w+(w1-o1), o) || above(w+o1, o+o1) {
				mark = 1
			}
		}
		q.marked[k] = mark
		found |= mark
	}
	return found != 0
}

// searchMarked tries the cuts within marked buckets.
func (q *quick[C]) searchMarked(j int32, low uint32, shift int, best *quickSplit) {
	n, span := len(q.codes), uint32(len(q.table))<<shift
	if n > 1<<16 || span > 1<<16 {
		q.words, q.spare64 = sized(q.words, n), sized(q.spare64, n)
		openMarked(q, q.words, q.spare64, j, low, span, 32, shift, best)
		return
	}
	q.bytes, q.spare32 = sized(q.bytes, n), sized(q.spare32, n)
	openMarked(q, q.bytes, q.spare32, j, low, span, 16, shift, best)
}

// openMarked sorts what is in marked buckets: codes from bit at on, places below.
func openMarked[E entry, C code](q *quick[C], to, spare []E, j int32, low, span uint32, at uint, shift int, best *quickSplit) {
	k := 0
	for i, c := range q.codes {
		v := uint32(c) - low
		to[k] = E(v)<<at | E(i)
		k += int(q.marked[v>>shift])
	}
	scanMarked(q, sortEntries(to[:k], spare[:k], at, bits.Len32(span-1), &q.counts), j, low, at, shift, best)
}

// scanMarked tries the cuts between entries that are sorted and fill their buckets.
func scanMarked[E entry, C code](q *quick[C], e []E, j int32, low uint32, at uint, shift int, best *quickSplit) {
	pair, total, ones, least, mask := q.pair, q.stat[0], q.stat[2], q.leastWeight, E(1)<<at-1
	bucket, sum := -1, uint64(0)
	for i, x := range e {
		v := uint32(x >> at)
		if b := int(v >> shift); b != bucket {
			bucket, sum = b, q.before[b]
		}
		sum += pair[x&mask]
		if i+1 == len(e) || uint32(e[i+1]>>at) == v {
			continue // the end of a bucket has been tried
		}
		w := int64(uint32(sum))
		if w < least || total-w < least {
			continue
		}
		g := pairScore(w, int64(sum>>32), total, ones)
		last := float64(low + v)
		if g > best.score || !best.found || g == best.score && best.column == j && last < best.last {
			*best = quickSplit{found: true, open: true, score: g, column: j, last: last}
		}
	}
}

// settle finds the codes on either side of a split, and what is on its left.
func (q *quick[C]) settle(codes []C, rows []int32, s *quickSplit) {
	last := int64(s.last)
	before, after, sum, pair := int64(0), int64(math.MaxUint32), uint64(0), q.pair[:len(rows)]
	for i, r := range rows { // without a branch, which would be guessed wrong for many rows
		c := int64(uint32(codes[r]))
		left := (c - last - 1) >> 63 // all ones, or 0
		before = max(before, c&left)
		after = min(after, c|left&math.MaxUint32)
		sum += pair[i] & uint64(left)
	}
	q.setPair(q.bestLeft, sum)
	q.take(s, s.column, s.score, uint32(before), uint32(after))
}
