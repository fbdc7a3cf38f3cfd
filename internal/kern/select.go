package kern

import (
	"cmp"
	mathbits "math/bits"
	"slices"
)

// NthElement puts the number that sorting would put at x[k] there, no larger ones before it and no smaller ones after it, and returns it.
// NaN count as larger than all numbers. It is quickselect with the median of three, in linear time on average; where the parts
// shrink too slowly it sorts what is left, so that no input takes more than len(x)·log(len(x)).
func NthElement[T Float](x []T, k int) T {
	if k < 0 || k >= len(x) {
		mismatch("NthElement: k and x", k, len(x))
	}
	numbers := len(x)
	for i := 0; i < numbers; { // NaN to the end
		if x[i] != x[i] {
			numbers--
			x[i], x[numbers] = x[numbers], x[i]
		} else {
			i++
		}
	}
	if k >= numbers {
		return x[k]
	}
	lo, hi := 0, numbers // of what is not settled
	for patience := 2 * mathbits.Len(uint(numbers)); ; patience-- {
		const few = 16
		if hi-lo <= few || patience == 0 {
			slices.Sort(x[lo:hi])
			return x[k]
		}
		mid := lo + (hi-lo)/2
		p := middle(x[lo], x[mid], x[hi-1])
		i, j := lo, hi-1
		for i <= j {
			for x[i] < p {
				i++
			}
			for x[j] > p {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j + 1
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
}

func middle[T Float](a, b, c T) T {
	if a > b {
		a, b = b, a
	}
	return max(a, min(b, c))
}

// TopK keeps the K smallest of the numbers offered to it, and their indices. Of equal numbers those of the lowest indices are kept. NaN
// are never kept. Make it with NewTopK; it is for one goroutine at a time.
type TopK[T Float] struct {
	k    int
	heap []Neighbor[T] // the largest on top
}

// A Neighbor is a number and its index.
type Neighbor[T Float] struct {
	Value T
	Index int
}

// after orders by value, and by index where values are equal.
func (a Neighbor[T]) after(b Neighbor[T]) bool {
	return a.Value > b.Value || a.Value == b.Value && a.Index > b.Index
}

// NewTopK makes room for k numbers.
func NewTopK[T Float](k int) *TopK[T] { return &TopK[T]{k: k, heap: make([]Neighbor[T], 0, k)} }

// Reset forgets everything.
func (t *TopK[T]) Reset() { t.heap = t.heap[:0] }

// Bound is what a number must be below to be kept for sure; false while there is room for any.
func (t *TopK[T]) Bound() (T, bool) {
	if len(t.heap) < t.k || t.k == 0 {
		return 0, false
	}
	return t.heap[0].Value, true
}

// Offer offers x[i] with the index first+i, for all i. Blocks without a number to keep cost no more than reading them.
func (t *TopK[T]) Offer(x []T, first int) {
	if t.k == 0 {
		return
	}
	i := 0
	for ; i < len(x) && len(t.heap) < t.k; i++ {
		t.add(Neighbor[T]{x[i], first + i})
	}
	const block = 64
	for ; i < len(x); i += block {
		part := x[i:min(i+block, len(x))]
		if least := Min(part); least > t.heap[0].Value { // false for NaN: then one by one
			continue
		}
		for j, v := range part {
			if v <= t.heap[0].Value {
				t.add(Neighbor[T]{v, first + i + j})
			}
		}
	}
}

// Merge offers what another has kept.
func (t *TopK[T]) Merge(o *TopK[T]) {
	for _, n := range o.heap {
		t.add(n)
	}
}

func (t *TopK[T]) add(n Neighbor[T]) {
	switch {
	case n.Value != n.Value || t.k == 0:
		return
	case len(t.heap) < t.k:
		t.heap = append(t.heap, n)
		for i := len(t.heap) - 1; i > 0; {
			up := (i - 1) / 2
			if !t.heap[i].after(t.heap[up]) {
				break
			}
			t.heap[i], t.heap[up] = t.heap[up], t.heap[i]
			i = up
		}
	case t.heap[0].after(n):
		t.heap[0] = n
		t.sink(0)
	}
}

func (t *TopK[T]) sink(i int) {
	for {
		down := 2*i + 1
		if down >= len(t.heap) {
			return
		}
		if down+1 < len(t.heap) && t.heap[down+1].after(t.heap[down]) {
			down++
		}
		if !t.heap[down].after(t.heap[i]) {
			return
		}
		t.heap[i], t.heap[down] = t.heap[down], t.heap[i]
		i = down
	}
}

// Sorted appends what is kept to dst, smallest first, and forgets it.
func (t *TopK[T]) Sorted(dst []Neighbor[T]) []Neighbor[T] {
	slices.SortFunc(t.heap, func(a, b Neighbor[T]) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Index, b.Index))
	})
	dst = append(dst, t.heap...)
	t.Reset()
	return dst
}
