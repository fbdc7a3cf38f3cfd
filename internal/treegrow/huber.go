package treegrow

import (
	"math"
	"math/bits"
	"sort"
)

// wide is a sum of 128 bits.
type wide struct{ high, low uint64 }

func (a wide) plus(b wide) wide {
	low, carry := bits.Add64(a.low, b.low, 0)
	high, _ := bits.Add64(a.high, b.high, carry)
	return wide{high, low}
}

func (a wide) minus(b wide) wide {
	low, borrow := bits.Sub64(a.low, b.low, 0)
	high, _ := bits.Sub64(a.high, b.high, borrow)
	return wide{high, low}
}

func (a wide) float() float64 { return math.Ldexp(float64(a.high), 64) + float64(a.low) }

// addSquare adds the product of two numbers of the same sign, of which neither is the least int64.
func (t *fenwick) addSquare(rank int32, a, b int64) {
	var p wide
	p.high, p.low = bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
	for i := int(rank) + 1; i < len(t.square); i += i & -i {
		t.square[i] = t.square[i].plus(p)
	}
}

// below returns the weight and the sum of the ranks below one.
func (t *fenwick) below(rank int) (w, v int64) {
	for i := rank; i > 0; i -= i & -i {
		w, v = w+t.w[i], v+t.v[i]
	}
	return w, v
}

func (t *fenwick) squareBelow(rank int) (sum wide) {
	for i := rank; i > 0; i -= i & -i {
		sum = sum.plus(t.square[i])
	}
	return sum
}

// huber is the estimate of Huber's loss. The three parts of its loss are sums of whole numbers, so equal groups have equal losses.
func (f *frame[E]) huber(t *fenwick) estimate {
	unit := f.numbers.unit[0]
	delta := f.params.Delta / unit
	perValue := f.numbers.term[0] / f.weights.unit / unit // what scales a sum to the product of weights and steps
	m, value, from, to := huberRoot(f.steps, delta, func(rank int) (float64, float64) {
		w, v := t.below(rank)
		return float64(w), float64(float64(v) * perValue)
	})
	wLow, vLow := t.below(from)
	wIn, vIn := t.below(to)
	square := t.squareBelow(to).minus(t.squareBelow(from)).float()
	inner := float64(square*perValue) - float64(float64(2*m)*float64(float64(vIn-vLow)*perValue)) + float64(float64(m*m)*float64(wIn-wLow))
	above := float64(float64(t.vsum-vIn)*perValue) - float64((m+delta/2)*float64(t.wsum-wIn))
	below := float64((m-delta/2)*float64(wLow)) - float64(float64(vLow)*perValue)
	loss := max(inner, 0)/2 + float64(delta*(above+below))
	return estimate{value, float64(float64(float64(loss*unit)*unit) * f.weights.unit)}
}

// huberRoot finds where the slope of Huber's loss is 0: the steps are the numbers in rising order, below(i) is the weight and the weighted sum of the
// first i of them. Steps from to to-1 are within delta of the root, which is the upper end where the slope is 0 on an interval; value is its middle.
func huberRoot(steps []float64, delta float64, below func(rank int) (w, v float64)) (root, value float64, from, to int) {
	root, from, to, flat := huberEnd(steps, delta, below, true)
	if !flat {
		return root, root, from, to
	}
	lower, _, _, _ := huberEnd(steps, delta, below, false)
	return root, lower/2 + root/2, from, to
}

// huberEnd finds the upper or the lower end, and reports whether the slope below it is 0.
func huberEnd(steps []float64, delta float64, below func(rank int) (w, v float64), upper bool) (root float64, from, to int, flat bool) {
	n := len(steps)
	total, _ := below(n)
	slope := func(m float64, from, to int) float64 { // of minus the loss
		wLow, vLow := below(from)
		wIn, vIn := below(to)
		return (vIn - vLow) - float64(m*(wIn-wLow)) + float64(delta*((total-wIn)-wLow))
	}
	past := func(slope float64) bool { return slope < 0 || slope == 0 && !upper }
	// The slope falls as m rises. It bends where m is a step less delta, which joins those within, or a step plus delta, which leaves them.
	joining := func(i int) float64 {
		m := steps[i] - delta
		return slope(m, sort.SearchFloat64s(steps, m-delta), i)
	}
	leaving := func(i int) float64 {
		m := steps[i] + delta
		beyond := m + delta
		return slope(m, i, sort.Search(n, func(k int) bool { return steps[k] > beyond }))
	}
	to = sort.Search(n, func(i int) bool { return past(joining(i)) })
	from = sort.Search(n, func(i int) bool { return past(leaving(i)) })
	low, high := math.Inf(-1), math.Inf(1)
	if to > 0 {
		low, flat = steps[to-1]-delta, joining(to-1) == 0
	}
	if from > 0 {
		low, flat = max(low, steps[from-1]+delta), flat || leaving(from-1) == 0
	}
	if to < n {
		high = steps[to] - delta
	}
	if from < n {
		high = min(high, steps[from]+delta)
	}
	to = max(to, from)
	wLow, vLow := below(from)
	wIn, vIn := below(to)
	if wIn <= wLow { // by rounding alone
		return min(low, high), from, to, flat
	}
	root = ((vIn - vLow) + float64(delta*((total-wIn)-wLow))) / (wIn - wLow)
	return min(max(root, low), high), from, to, flat
}

// location is Huber's estimate of the targets of some rows, and the mean loss there.
func (f *frame[E]) location(rows []int32, total float64) (value, loss float64) {
	order, origin, delta := f.byNumber(rows), f.numbers.origin[0], f.params.Delta
	steps, w, v := make([]float64, len(order)), make([]float64, len(order)+1), make([]float64, len(order)+1)
	for i, r := range order {
		steps[i] = f.number[r] - origin
		weight := float64(f.whole(r))
		w[i+1], v[i+1] = w[i]+weight, v[i]+float64(weight*steps[i])
	}
	_, root, _, _ := huberRoot(steps, delta, func(rank int) (float64, float64) { return w[rank], v[rank] })
	for i, r := range order {
		d := math.Abs(steps[i] - root)
		part := float64(d*d) / 2
		if d > delta {
			part = float64(delta * (d - delta/2))
		}
		loss += float64(part * f.weight64(r))
	}
	return origin + root, loss / total
}
