package treegrow

import (
	"context"
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// code is what columns hold: whole numbers in the order of the numbers, or, where cuts are drawn, these themselves.
type code interface{ uint16 | uint32 | float64 }

// quick grows a tree whose nodes look at few columns, or at one cut of each. A node gathers the codes of its rows in the columns that it
// draws, and sorts or counts them there; nothing is kept in order from node to node. Small subtrees are copied together.
type quick[C code] struct {
	coded  *Coded
	target *Target
	p      Params
	form   quickForm
	out    Grown

	weights     rowWeights
	numbers     wholeTargets
	leastWeight int64
	least       int // rows of a leaf
	total       float64
	m           measure
	paired      bool // pairs whose splits go by Gini's impurity and by weight alone
	width       int  // numbers of a node's sums

	base, part quickFrame[C]
	stack      []quickNode
	swaps      []int32
	columns    []int32

	// The rows of the node at hand, by their place in it.
	pair     []uint64 // the weight, and above it the weight that is of class 1: part of the frame's
	bits     []uint8  // of the rows that the cut at hand takes to the left
	bestBits []uint8  // of the best cut, where cuts are drawn for pairs
	pairs2   []uint64 // scratch
	class    []int32
	weight   []int64 // nil: 1
	term     []int64
	codes    []C
	bytes    []uint32 // entries to be sorted
	words    []uint64
	spare32  []uint32
	spare64  []uint64
	counts   [1 << 11]int32
	table    []uint64
	before   []uint64
	marked   []uint8
	cutter   kern.Cutter
	other    []int32
	stat     []int64
	left     []int64
	right    []int64
	bestLeft []int64
	shift    int64
}

// quickForm says what is known of a row.
type quickForm uint8

const (
	pairs   quickForm = iota // one of two classes, whole weights whose sum is below 2^31
	classes                  // one of some classes
	numbers                  // a number
)

// quickFrame is a set of rows.
type quickFrame[C code] struct {
	codes  [][]C    // by column
	rows   []int32  // those of a node together
	pair   []uint64 // in the order of rows
	class  []int32
	weight []int64
	y      []int64
	number []float64
	given  []float64 // the weights as they were given; nil: 1
	store  []C
}

// quickNode is a node that is to be split or found to be a leaf.
type quickNode struct {
	lo, hi, depth int32
	parent        int32
	right         bool
	key           uint64
}

// quickSplit is the best split so far.
type quickSplit struct {
	found     bool
	open      bool // last need not be a code of the node; the threshold and what is on the left are not known yet
	score     float64
	column    int32
	last      float64 // codes up to it go left
	threshold float64
}

func (q *quick[C]) grow(ctx context.Context, target *Target, weight []float64, p Params) (*Grown, error) {
	q.begin(target, weight, p)
	q.out.reset()
	root := quickNode{hi: int32(len(q.base.rows)), parent: -1, key: p.Seed}
	return &q.out, q.growFrom(ctx, &q.base, root)
}

// begin takes in the rows.
func (q *quick[C]) begin(target *Target, weight []float64, p Params) {
	q.target, q.p = target, p
	f := &q.base
	f.rows = f.rows[:0]
	for i := range q.coded.Rows {
		if weight == nil || weight[i] > 0 {
			f.rows = append(f.rows, int32(i))
		}
	}
	q.weights = wholeWeights(weight, f.rows)
	q.total = float64(q.weights.sum) * q.weights.unit
	q.leastWeight = max(int64(math.Ceil(p.MinWeight/q.weights.unit)), 1)
	q.least = max(p.MinLeaf, 1)
	q.width = 2
	q.m = measure{criterion: p.Criterion, unit: q.weights.unit, xlogx: q.m.xlogx}
	f.given = nil
	if q.weights.q != nil {
		f.given = weight
	}
	n := q.coded.Rows
	q.paired = false
	switch {
	case target.K == 0:
		q.form = numbers
		q.beginNumbers(f, n)
	case target.K == 2 && q.weights.whole && q.weights.sum < 1<<31:
		q.form, q.width = pairs, 3
		q.paired = p.Criterion == Gini && q.least == 1
		f.pair = sized(f.pair, len(f.rows))
		for k, i := range f.rows {
			w := uint64(1)
			if q.weights.q != nil {
				w = uint64(q.weights.q[k])
			}
			f.pair[k] = w | w<<32*uint64(target.class[i])
		}
	default:
		q.form, q.width = classes, target.K+1
		f.class = sized(f.class, n)
		for _, i := range f.rows {
			f.class[i] = int32(target.class[i])
		}
		q.spread(f, n)
	}
	q.stat, q.left, q.right, q.bestLeft = sized(q.stat, q.width), sized(q.left, q.width), sized(q.right, q.width), sized(q.bestLeft, q.width)
	if p.Criterion == Entropy && q.weights.whole && q.weights.sum <= 1<<22 {
		if len(q.m.xlogx) != int(q.weights.sum)+1 {
			q.m.xlogx = xlogxTable(int(q.weights.sum))
		}
	} else {
		q.m.xlogx = nil
	}
	if len(q.columns) != q.coded.Features {
		q.columns = make([]int32, q.coded.Features)
		for j := range q.columns {
			q.columns[j] = int32(j)
		}
	}
}

// spread puts whole weights at their rows.
func (q *quick[C]) spread(f *quickFrame[C], n int) {
	if q.weights.q == nil {
		f.weight = nil
		return
	}
	f.weight = sized(f.weight, n)
	for k, i := range f.rows {
		f.weight[i] = q.weights.q[k]
	}
}

func (q *quick[C]) beginNumbers(f *quickFrame[C], n int) {
	q.numbers = wholeNumbers(q.target, f.rows, q.weights, false)
	q.m.term = q.numbers.term
	f.y = sized(f.y, n)
	for k, i := range f.rows {
		f.y[i] = q.numbers.q[k]
	}
	f.number = q.target.y
	q.spread(f, n)
}

// partRows is how many rows a subtree has that is copied together: what the nearest caches hold.
const partRows = 1 << 12

// worthCopying reports whether a subtree should be copied: it costs a look at every column.
func (q *quick[C]) worthCopying(f *quickFrame[C], size int) bool {
	return f == &q.base && size <= partRows && size > 64 && len(f.rows) > 2*size && (q.p.MaxFeatures == 0 || q.coded.Features <= 8*q.p.MaxFeatures)
}

// growFrom grows the tree of a node, left children first.
func (q *quick[C]) growFrom(ctx context.Context, f *quickFrame[C], root quickNode) error {
	first := len(q.stack)
	q.stack = append(q.stack, root)
	for len(q.stack) > first {
		nd := q.stack[len(q.stack)-1]
		q.stack = q.stack[:len(q.stack)-1]
		size := int(nd.hi - nd.lo)
		if q.worthCopying(f, size) {
			q.copyPart(f, nd)
			nd.lo, nd.hi = 0, int32(size)
			if err := q.growFrom(ctx, &q.part, nd); err != nil {
				return err
			}
			continue
		}
		if size > partRows && ctx.Err() != nil {
			return ctx.Err()
		}
		at := q.out.add()
		if nd.parent >= 0 {
			if nd.right {
				q.out.Right[nd.parent] = at
			} else {
				q.out.Left[nd.parent] = at
			}
		}
		pure := q.load(f, nd)
		q.out.Weight[at] = float64(q.stat[0]) * q.weights.unit
		final := pure || q.p.MaxDepth > 0 && int(nd.depth) >= q.p.MaxDepth || size < max(q.p.MinSplit, 2) || size < 2*q.least || q.stat[0] < 2*q.leastWeight
		var best quickSplit
		if !final {
			best = q.find(f, nd)
		}
		if !best.found {
			q.leaf(f, nd)
			continue
		}
		gain := q.gain()
		if gain+epsilon < q.p.MinDecrease {
			q.leaf(f, nd)
			continue
		}
		mid := q.divide(f, nd, &best)
		q.inner()
		q.out.Feature[at], q.out.Threshold[at], q.out.Gain[at] = best.column, best.threshold, gain
		q.out.MissingLeft[at] = mid-nd.lo > nd.hi-mid
		q.stack = append(q.stack,
			quickNode{lo: mid, hi: nd.hi, depth: nd.depth + 1, parent: at, right: true, key: rng.Key(nd.key, 1)},
			quickNode{lo: nd.lo, hi: mid, depth: nd.depth + 1, parent: at, key: rng.Key(nd.key, 0)})
	}
	return nil
}

// copyPart copies the rows of a node together.
func (q *quick[C]) copyPart(f *quickFrame[C], nd quickNode) {
	rows, t := f.rows[nd.lo:nd.hi], &q.part
	n := len(rows)
	t.store = sized(t.store, n*len(f.codes))
	t.codes = sized(t.codes, len(f.codes))
	for j, from := range f.codes {
		to := t.store[j*n : (j+1)*n]
		gatherCodes(to, from, rows)
		t.codes[j] = to
	}
	t.given = gather(t.given, f.given, rows)
	switch q.form {
	case pairs:
		t.pair = append(t.pair[:0], f.pair[nd.lo:nd.hi]...)
	case classes:
		t.class, t.weight = gather(t.class, f.class, rows), gather(t.weight, f.weight, rows)
	default:
		t.y, t.number, t.weight = gather(t.y, f.y, rows), gather(t.number, f.number, rows), gather(t.weight, f.weight, rows)
	}
	t.rows = sized(t.rows, n)
	for i := range t.rows {
		t.rows[i] = int32(i)
	}
}

// gatherCodes copies the codes of rows.
func gatherCodes[C code](to, from []C, rows []int32) {
	if plain, is := any(from).([]float64); is {
		kern.GatherRange(any(to).([]float64), plain, rows)
		return
	}
	for i, r := range rows {
		to[i] = from[r]
	}
}

// load takes in the rows of a node: what each adds to a sum, and the sums of all. pure says that their targets are alike.
func (q *quick[C]) load(f *quickFrame[C], nd quickNode) (pure bool) {
	rows := f.rows[nd.lo:nd.hi]
	switch q.form {
	case pairs:
		q.pair = f.pair[nd.lo:nd.hi]
		sum := uint64(0)
		for _, v := range q.pair {
			sum += v
		}
		q.setPair(q.stat, sum)
		return q.stat[1] == 0 || q.stat[2] == 0
	case classes:
		q.class = sized(q.class, len(rows))
		q.loadWeights(f, rows)
		clear(q.stat)
		for i, r := range rows {
			c := f.class[r]
			q.class[i] = c
			q.stat[1+c] += q.weightAt(i)
		}
		for _, n := range q.stat[1:] {
			q.stat[0] += n
		}
		for _, n := range q.stat[1:] {
			pure = pure || n == q.stat[0]
		}
		return pure
	}
	return q.loadNumbers(f, rows)
}

func (q *quick[C]) loadNumbers(f *quickFrame[C], rows []int32) (pure bool) {
	q.term = sized(q.term, len(rows))
	q.loadWeights(f, rows)
	o := &q.numbers
	w, sum := int64(len(rows)), int64(0)
	pure = true
	first := f.number[rows[0]]
	if q.weights.q == nil {
		for i, r := range rows {
			q.term[i] = f.y[r]
			sum += f.y[r]
			pure = pure && f.number[r] == first
		}
	} else {
		w = 0
		for i, r := range rows {
			q.term[i] = f.y[r]
			w += q.weight[i]
			sum += o.product(f.y[r], q.weight[i])
			pure = pure && f.number[r] == first
		}
	}
	// Targets are taken about the mean of the node, which keeps digits.
	q.shift = int64(math.RoundToEven(math.Ldexp(float64(sum)/float64(w), int(o.shift))))
	sum = 0
	for i := range q.term {
		q.term[i] -= q.shift
		if q.weights.q != nil {
			q.term[i] = o.product(q.term[i], q.weight[i])
		}
		sum += q.term[i]
	}
	q.stat[0], q.stat[1] = w, sum
	return pure
}

func (q *quick[C]) loadWeights(f *quickFrame[C], rows []int32) {
	if f.weight == nil {
		q.weight = nil
		return
	}
	q.weight = sized(q.weight, len(rows))
	for i, r := range rows {
		q.weight[i] = f.weight[r]
	}
}

func (q *quick[C]) weightAt(i int) int64 {
	if q.weight == nil {
		return 1
	}
	return q.weight[i]
}

// setPair takes a sum of pairs apart.
func (q *quick[C]) setPair(s []int64, sum uint64) {
	w, ones := int64(sum&math.MaxUint32), int64(sum>>32)
	s[0], s[1], s[2] = w, w-ones, ones
}

// leaf writes the value of the node at hand, the last one of the tree.
func (q *quick[C]) leaf(f *quickFrame[C], nd quickNode) {
	if q.form != numbers {
		q.inner()
		return
	}
	rows := f.rows[nd.lo:nd.hi]
	first, same := f.number[rows[0]], true
	for _, r := range rows {
		same = same && f.number[r] == first
	}
	if same {
		q.out.Value = append(q.out.Value, first)
		return
	}
	origin, sum, total := q.numbers.origin[0], 0.0, float64(len(rows))
	if f.given == nil {
		for _, r := range rows {
			sum += f.number[r] - origin
		}
	} else {
		total = 0
		for _, r := range rows {
			total += f.given[r]
			sum += float64(f.given[r] * (f.number[r] - origin))
		}
	}
	q.out.Value = append(q.out.Value, origin+sum/total)
}

// inner writes the value that the sums of the node at hand give.
func (q *quick[C]) inner() {
	if q.form != numbers {
		for _, n := range q.stat[1:] {
			q.out.Value = append(q.out.Value, float64(n)/float64(q.stat[0]))
		}
		return
	}
	o := &q.numbers
	mean := float64(float64(q.stat[1])*o.term[0]) / float64(float64(q.stat[0])*q.weights.unit)
	q.out.Value = append(q.out.Value, o.origin[0]+(float64(float64(q.shift)*o.unit[0])+mean))
}

// gain is what the best split gains, whose left sums are in bestLeft.
func (q *quick[C]) gain() float64 {
	for k, v := range q.bestLeft {
		q.right[k] = q.stat[k] - v
	}
	return q.m.gain(q.bestLeft, q.right, q.stat) / q.total
}

// divide puts the rows of the left child first, either side in its old order, and returns where the right child begins.
func (q *quick[C]) divide(f *quickFrame[C], nd quickNode, s *quickSplit) int32 {
	rows, codes := f.rows[nd.lo:nd.hi], f.codes[s.column]
	q.other = sized(q.other, len(rows))
	right := q.other
	if q.form == pairs {
		if !q.p.Random {
			q.bestBits = sized(q.bestBits, (len(rows)+7)/8)
			markRows(q.bestBits, codes, rows, C(s.last))
		}
		q.pairs2 = sized(q.pairs2, len(rows))
		return nd.lo + int32(kern.PartBits(rows, f.pair[nd.lo:nd.hi], q.bestBits, right, q.pairs2))
	}
	a, b, last := 0, 0, C(s.last)
	for _, r := range rows {
		left := 0
		if codes[r] <= last {
			left = 1
		}
		rows[a], right[b] = r, r
		a += left
		b += 1 - left
	}
	copy(rows[a:], right[:b])
	return nd.lo + int32(a)
}

// markRows sets the bits of the rows whose codes are last or below.
func markRows[C code](bits []uint8, codes []C, rows []int32, last C) {
	word := 0
	for i, r := range rows {
		is := 0
		if codes[r] <= last {
			is = 1
		}
		if word |= is << (i & 7); i&7 == 7 {
			bits[i>>3] = uint8(word)
			word = 0
		}
	}
	if len(rows)&7 != 0 {
		bits[len(rows)>>3] = uint8(word)
	}
}

// pick draws number i of a node: below n, as good as evenly.
func pick(key uint64, i, n int) int {
	hi, _ := bits.Mul64(rng.Key(key, math.MaxUint64, uint64(i)), uint64(n))
	return int(hi)
}

// uniform draws from [0, 1) for column j of a node.
func uniform(key uint64, j int32) float64 {
	return float64(rng.Key(key, uint64(j))>>11) * 0x1p-53
}
