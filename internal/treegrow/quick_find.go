package treegrow

import (
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// find finds the best split of the node at hand. Columns are drawn until MaxFeatures of them are not constant; of equally good splits that
// of the column drawn first is taken, and its lowest cut.
func (q *quick[C]) find(f *quickFrame[C], nd quickNode) quickSplit {
	var best quickSplit
	rows := f.rows[nd.lo:nd.hi]
	p, tried := len(q.columns), 0
	want := q.p.MaxFeatures
	if want == 0 || want > p {
		want = p
	}
	few := q.paired && !q.p.Random && len(rows) <= kern.CutRows && q.stat[0] <= math.MaxUint16
	if few {
		for i, v := range q.pair {
			q.cutter.Pairs[i] = uint32(v) | uint32(v>>32)<<16
		}
	}
	q.swaps = q.swaps[:0]
	enough := q.perfect()
	for i := 0; i < p && tried < want && !(best.found && best.score >= enough); i++ {
		if q.p.MaxFeatures > 0 {
			o := i + pick(nd.key, i, p-i)
			q.columns[i], q.columns[o] = q.columns[o], q.columns[i]
			q.swaps = append(q.swaps, int32(o))
		}
		j := q.columns[i]
		if few {
			if q.searchFew(f.codes[j], rows, j, &best) {
				tried++
			}
			continue
		}
		low, high := q.fetch(f.codes[j], rows)
		if low == high {
			continue
		}
		tried++
		if q.p.Random {
			q.cut(nd.key, j, low, high, &best)
			continue
		}
		q.search(j, uint32(low), uint32(high), &best)
	}
	for i := len(q.swaps) - 1; i >= 0; i-- {
		o := q.swaps[i]
		q.columns[i], q.columns[o] = q.columns[o], q.columns[i]
	}
	if best.open {
		q.settle(f.codes[best.column], rows, &best)
	}
	return best
}

// perfect is a score that only cuts between pure halves reach, after which no other column need be looked at: the first of equally good ones is taken. For many rows cuts that are
// a little worse have nearly the same score, and it is infinite, as it is where the halves' scores are not those of pairs.
func (q *quick[C]) perfect() float64 {
	total, ones := q.stat[0], q.stat[2%len(q.stat)]
	if !q.paired || total >= 1<<16 {
		return math.Inf(1)
	}
	return pairScore(ones, ones, total, ones) * (1 - 1e-11) // another cut falls short of it by 1/total² or more
}

// fetch gathers the codes of rows, and finds the smallest and the largest.
func (q *quick[C]) fetch(codes []C, rows []int32) (low, high C) {
	q.codes = sized(q.codes, len(rows))
	to := q.codes
	if plain, is := any(codes).([]float64); is {
		l, h := kern.GatherRange(any(to).([]float64), plain, rows)
		return C(l), C(h)
	}
	low, high = codes[rows[0]], codes[rows[0]]
	for i, r := range rows {
		c := codes[r]
		to[i] = c
		if c < low {
			low = c
		}
		if c > high {
			high = c
		}
	}
	return low, high
}

// search tries all cuts of column j, whose codes are fetched.
func (q *quick[C]) search(j int32, low, high uint32, best *quickSplit) {
	n := len(q.codes)
	if q.paired {
		q.searchBuckets(j, low, high, best)
		return
	}
	if high-low < 1<<16 && n <= 1<<16 {
		q.bytes, q.spare32 = sized(q.bytes, n), sized(q.spare32, n)
		to := q.bytes
		for i, c := range q.codes {
			to[i] = (uint32(c)-low)<<16 | uint32(i)
		}
		scan(q, sortEntries(to, q.spare32, 16, bits.Len32(high-low), &q.counts), j, low, 16, best)
		return
	}
	q.words, q.spare64 = sized(q.words, n), sized(q.spare64, n)
	for i, c := range q.codes {
		q.words[i] = uint64(uint32(c)-low)<<32 | uint64(i)
	}
	scan(q, sortEntries(q.words, q.spare64, 32, bits.Len32(high-low), &q.counts), j, low, 32, best)
}

// sortEntries sorts a by all of its bits, the low ones of which rise; the others are those from shift on, as many as width. The result is in a
// or in b.
func sortEntries[E entry](a, b []E, shift uint, width int, counts *[1 << 11]int32) []E {
	const few, many = 40, 2048
	n := len(a)
	if n <= few {
		insertionSort(a)
		return a
	}
	most := 8
	if n >= many {
		most = 11
	}
	passes := (width + most - 1) / most
	digit := (width + passes - 1) / passes
	mask := E(1)<<digit - 1
	for range passes {
		c := counts[:1<<digit]
		clear(c)
		for _, x := range a {
			c[x>>shift&mask]++
		}
		sum := int32(0)
		for i, k := range c {
			c[i] = sum
			sum += k
		}
		for _, x := range a {
			to := &c[x>>shift&mask]
			b[*to] = x
			*to++
		}
		a, b = b, a
		shift += uint(digit)
	}
	return a
}

func insertionSort[E entry](a []E) {
	for i := 1; i < len(a); i++ {
		x, k := a[i], i
		for ; k > 0 && a[k-1] > x; k-- {
			a[k] = a[k-1]
		}
		a[k] = x
	}
}

// scan tries the cuts between entries that are sorted.
func scan[E entry, C code](q *quick[C], e []E, j int32, low uint32, shift uint, best *quickSplit) {
	if 2*q.least > len(e) {
		return
	}
	var score float64
	var at int
	switch {
	case q.p.Criterion != Gini && q.form != numbers || q.form == classes && !(q.weights.whole && q.weights.sum < 1<<31):
		score, at = scanScores(q, e, shift)
	case q.form == pairs:
		score, at = scanPairs(q, e, shift)
	case q.form == classes:
		score, at = scanQuickClasses(q, e, shift)
	default:
		score, at = scanNumbers(q, e, shift)
	}
	if at == 0 || best.found && score <= best.score {
		return
	}
	clear(q.bestLeft)
	for _, x := range e[:at] {
		q.addTo(q.bestLeft, int(x&(1<<shift-1)))
	}
	q.take(best, j, score, low+uint32(e[at-1]>>shift), low+uint32(e[at]>>shift))
}

// take notes a split between two codes.
func (q *quick[C]) take(best *quickSplit, j int32, score float64, before, after uint32) {
	v := q.coded.values[j]
	*best = quickSplit{found: true, score: score, column: j, last: float64(before), threshold: middleOf(v[before], v[after])}
}

// addTo adds the row at a place of the node at hand.
func (q *quick[C]) addTo(s []int64, i int) {
	switch q.form {
	case pairs:
		w, ones := int64(uint32(q.pair[i])), int64(q.pair[i]>>32)
		s[0] += w
		s[1] += w - ones
		s[2] += ones
	case classes:
		w := q.weightAt(i)
		s[0] += w
		s[1+q.class[i]] += w
	default:
		s[0] += q.weightAt(i)
		s[1] += q.term[i]
	}
}

// pairScore is what the Gini impurity of two classes falls by, but for a constant: with d = left₁·total - left·total₁ it is d²/(left·right).
func pairScore(left, leftOnes, total, ones int64) float64 {
	d := float64(leftOnes*total - left*ones)
	return float64(d*d) / float64(left*(total-left))
}

// scanPairs finds the best cut for two classes.
func scanPairs[E entry, C code](q *quick[C], e []E, shift uint) (best float64, at int) {
	pair, total, ones, least, leastWeight := q.pair, q.stat[0], q.stat[2], q.least, q.leastWeight
	best = -1
	sum, mask := uint64(0), E(1)<<shift-1
	x := e[0]
	for i, next := range e[1 : len(e)-least+1] {
		sum += pair[x&mask]
		same := x>>shift == next>>shift
		x = next
		if same || i+1 < least {
			continue
		}
		w := int64(uint32(sum))
		if w < leastWeight || total-w < leastWeight {
			continue
		}
		if g := pairScore(w, int64(sum>>32), total, ones); g > best {
			best, at = g, i+1
		}
	}
	return best, at
}

// scanQuickClasses maximises Σ left_k²/left + Σ right_k²/right.
func scanQuickClasses[E entry, C code](q *quick[C], e []E, shift uint) (best float64, at int) {
	left, right := q.left, q.right
	clear(left)
	copy(right, q.stat)
	squaresLeft, squaresRight := int64(0), int64(0)
	for _, c := range right[1:] {
		squaresRight += c * c
	}
	best = -1
	for i, x := range e[:len(e)-q.least] {
		r := x & (1<<shift - 1)
		c, w := q.class[r], int64(1)
		if q.weight != nil {
			w = q.weight[r]
		}
		l, s := left[1+c], right[1+c]
		squaresLeft += w * (2*l + w)
		squaresRight -= w * (2*s - w)
		left[1+c], right[1+c] = l+w, s-w
		left[0] += w
		right[0] -= w
		if x>>shift == e[i+1]>>shift || i+1 < q.least || left[0] < q.leastWeight || right[0] < q.leastWeight {
			continue
		}
		if g := float64(squaresLeft)/float64(left[0]) + float64(squaresRight)/float64(right[0]); g > best {
			best, at = g, i+1
		}
	}
	return best, at
}

// scanNumbers maximises left²/weight_left + right²/weight_right, where left and right are sums of term.
func scanNumbers[E entry, C code](q *quick[C], e []E, shift uint) (best float64, at int) {
	sum, w, total, totalWeight := int64(0), int64(0), q.stat[1], q.stat[0]
	best = -1
	for i, x := range e[:len(e)-q.least] {
		r := x & (1<<shift - 1)
		sum += q.term[r]
		if q.weight == nil {
			w++
		} else {
			w += q.weight[r]
		}
		if x>>shift == e[i+1]>>shift || i+1 < q.least || w < q.leastWeight || totalWeight-w < q.leastWeight {
			continue
		}
		a, b := float64(sum), float64(total-sum)
		wa, wb := float64(w), float64(totalWeight-w)
		if g := (float64(float64(a*a)*wb) + float64(float64(b*b)*wa)) / float64(wa*wb); g > best {
			best, at = g, i+1
		}
	}
	return best, at
}

// scanScores tries the cuts by the criterion itself.
func scanScores[E entry, C code](q *quick[C], e []E, shift uint) (best float64, at int) {
	clear(q.left)
	for i, x := range e[:len(e)-q.least] {
		q.addTo(q.left, int(x&(1<<shift-1)))
		if x>>shift == e[i+1]>>shift || i+1 < q.least {
			continue
		}
		if score, ok := q.judge(); ok && (at == 0 || score > best) {
			best, at = score, i+1
		}
	}
	return best, at
}

// judge is the score of the split whose left sums are in left.
func (q *quick[C]) judge() (score float64, ok bool) {
	for k, v := range q.left {
		q.right[k] = q.stat[k] - v
	}
	if q.left[0] < q.leastWeight || q.right[0] < q.leastWeight {
		return 0, false
	}
	if q.form == pairs && q.p.Criterion == Gini { // the same, but for a constant and its rounding
		return pairScore(q.left[0], q.left[2], q.stat[0], q.stat[2]), true
	}
	return q.m.score(q.left, q.right, q.stat), true
}

// cut draws a number between the smallest and the largest of column j, which is fetched, and judges the split there.
func (q *quick[C]) cut(key uint64, j int32, low, high C, best *quickSplit) {
	u := uniform(key, j)
	t := C(float64(float64(low)*(1-u)) + float64(float64(high)*u))
	if !(t >= low && t < high) {
		t = low
	}
	count := 0
	if q.form == pairs {
		var sum uint64
		if codes, plain := any(q.codes).([]float64); plain {
			q.bits = sized(q.bits, (len(codes)+7)/8)
			count, sum = kern.SumBelow(codes, float64(t), q.pair, q.bits)
		}
		q.setPair(q.left, sum)
	} else {
		clear(q.left)
		for i, c := range q.codes {
			if c <= t {
				count++
				q.addTo(q.left, i)
			}
		}
	}
	if count < q.least || len(q.codes)-count < q.least {
		return
	}
	score, ok := q.judge()
	if !ok || best.found && score <= best.score {
		return
	}
	copy(q.bestLeft, q.left)
	q.bits, q.bestBits = q.bestBits, q.bits
	*best = quickSplit{found: true, score: score, column: j, last: float64(t), threshold: float64(t)}
}
