package treegrow

import (
	"math"
	"math/bits"
)

// Target is what a tree learns: class codes or numbers.
type Target struct {
	K     int // number of classes; 0: numbers
	class []int
	M     int // numbers of each row
	y     []float64
}

// Classes is a target of codes below k.
func Classes(y []int, k int) *Target { return &Target{K: k, class: y} }

// Numbers is a target of m numbers for each row, one row after the other.
func Numbers(y []float64, m int) *Target { return &Target{M: m, y: y} }

// rowWeights are the weights as whole numbers.
type rowWeights struct {
	q     []int64 // of each kept row; nil: 1 for each
	unit  float64 // the weight that 1 stands for
	whole bool    // the weights are whole numbers, unit is 1
	sum   int64
}

// wholeWeights turns the weights of the kept rows into whole numbers.
func wholeWeights(weight []float64, kept []int32) rowWeights {
	w := rowWeights{unit: 1, whole: true, sum: int64(len(kept))}
	if weight == nil {
		return w
	}
	total, ones := 0.0, true
	top := 0.0
	for _, i := range kept {
		v := weight[i]
		total += v
		top = max(top, v)
		ones = ones && v == 1
		w.whole = w.whole && v == math.Trunc(v)
	}
	if ones {
		return w
	}
	w.q = make([]int64, len(kept))
	shift := 0
	if w.whole = w.whole && total < 1<<40; !w.whole {
		_, e := math.Frexp(top)
		shift = 50 - bits.Len(uint(len(kept))) - e // the sum stays below 2^50
		w.unit = math.Ldexp(1, -shift)
	}
	w.sum = 0
	for k, i := range kept {
		w.q[k] = max(int64(math.RoundToEven(math.Ldexp(weight[i], shift))), 1)
		w.sum += w.q[k]
	}
	return w
}

// wholeTargets are numbers as whole numbers: y is about origin + q·unit.
type wholeTargets struct {
	q      []int64 // of each kept row, m of them
	origin []float64
	unit   []float64
	shift  uint      // a term of a weighted sum is q·weight >> shift, rounded
	term   []float64 // what 1 stands for in a weighted sum
}

// wholeNumbers turns the targets of the kept rows into whole numbers, about the middle of their range, or about 0 if fromZero.
func wholeNumbers(t *Target, kept []int32, w rowWeights, fromZero bool) wholeTargets {
	m := t.M
	o := wholeTargets{q: make([]int64, len(kept)*m), origin: make([]float64, m), unit: make([]float64, m), term: make([]float64, m)}
	size := 61 - bits.Len64(uint64(w.sum)) // of q in bits
	if !w.whole {
		size = 61 - bits.Len(uint(len(kept)))
		o.shift = uint(max(bits.Len64(uint64(w.sum))+size-60, 0))
	}
	for j := range m {
		low, high := math.Inf(1), math.Inf(-1)
		for _, i := range kept {
			v := t.y[int(i)*m+j]
			low, high = min(low, v), max(high, v)
		}
		if !fromZero {
			o.origin[j] = low/2 + high/2
		}
		_, e := math.Frexp(max(high-o.origin[j], o.origin[j]-low))
		b := size - e
		for k, i := range kept {
			o.q[k*m+j] = int64(math.RoundToEven(math.Ldexp(t.y[int(i)*m+j]-o.origin[j], b)))
		}
		o.unit[j] = math.Ldexp(1, -b)
		o.term[j] = math.Ldexp(w.unit, int(o.shift)-b)
	}
	return o
}

// product is q·weight, shifted and rounded.
func (o *wholeTargets) product(q, weight int64) int64 {
	if o.shift == 0 {
		return q * weight
	}
	return int64(math.RoundToEven(math.Ldexp(float64(float64(q)*float64(weight)), -int(o.shift))))
}
