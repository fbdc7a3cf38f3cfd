package tensor

import (
	"fmt"
	"math"
	"slices"
)

// sumBlock is how many elements are added without looking back; above it sums are joined pairwise. So the rounding error of
// a sum of n elements grows with log n and not with n, and depends on the values and their number alone.
const sumBlock = 128

// Sum is the sum of all elements, accumulated pairwise in float64; 0 if there are none.
func (t *Tensor[T]) Sum() float64 {
	return t.pairwise(0, t.Len(), 0, false)
}

// Mean is the mean of all elements; NaN if there are none.
func (t *Tensor[T]) Mean() float64 { return t.Sum() / float64(t.Len()) }

// Var is the variance of all elements: the sum of squared deviations from the mean over n - ddof. ddof 0 is the variance of
// a population, 1 the unbiased estimate from a sample. It is NaN unless n > ddof. Two passes; no squares of the elements
// themselves are added, so a large mean costs no digits.
func (t *Tensor[T]) Var(ddof int) float64 {
	n := t.Len()
	if n <= ddof {
		return math.NaN()
	}
	mean := t.Mean()
	// What rounding of the mean leaves over is removed with the sum of the deviations.
	rest := t.pairwise(0, n, mean, false)
	squares := t.pairwise(0, n, mean, true)
	return max(squares-rest*rest/float64(n), 0) / float64(n-ddof)
}

// Std is the square root of [Tensor.Var].
func (t *Tensor[T]) Std(ddof int) float64 { return math.Sqrt(t.Var(ddof)) }

// Min is the least element, NaN if there is a NaN. It panics with a [*ShapeError] if there are no elements.
func (t *Tensor[T]) Min() T { return t.data[t.extreme("Min", less[T])] }

// Max is the largest element, NaN if there is a NaN. It panics with a [*ShapeError] if there are no elements.
func (t *Tensor[T]) Max() T { return t.data[t.extreme("Max", more[T])] }

// ArgMin is the index, in row-major order, of the first least element, or of the first NaN if there is one. It panics with a
// [*ShapeError] if there are no elements.
func (t *Tensor[T]) ArgMin() int { return t.order(t.extreme("ArgMin", less[T])) }

// ArgMax is the index, in row-major order, of the first largest element, or of the first NaN if there is one. It panics with
// a [*ShapeError] if there are no elements.
func (t *Tensor[T]) ArgMax() int { return t.order(t.extreme("ArgMax", more[T])) }

// less and more report whether v replaces best. A NaN wins over every number, and nothing over a NaN.
func less[T Float](v, best T) bool { return v < best || v != v && best == best }
func more[T Float](v, best T) bool { return v > best || v != v && best == best }

// extreme is the place in data of the first element that no other one replaces.
func (t *Tensor[T]) extreme(op string, wins func(v, best T) bool) int {
	if t.Len() == 0 {
		badShape(op, "no elements", t.shape)
	}
	at, best := 0, t.data[0]
	for i := range t.rows {
		for j, v := range t.Row(i) {
			if wins(v, best) {
				at, best = i*t.stride+j, v
			}
		}
	}
	return at
}

// order turns a place in data into the index in row-major order.
func (t *Tensor[T]) order(place int) int { return place/t.stride*t.cols + place%t.stride }

// pairwise adds elements lo <= i < hi in row-major order, less a centre and squared if asked for. The halves of a range are
// added up on their own, down to blocks of sumBlock.
func (t *Tensor[T]) pairwise(lo, hi int, centre float64, square bool) float64 {
	n := hi - lo
	if n <= sumBlock {
		var buf [sumBlock]T
		return sumTerms(t.block(lo, hi, &buf), centre, square)
	}
	blocks := (n + sumBlock - 1) / sumBlock
	mid := lo + (blocks+1)/2*sumBlock
	return t.pairwise(lo, mid, centre, square) + t.pairwise(mid, hi, centre, square)
}

// block is elements lo <= i < hi in row-major order; buf takes them if they do not lie together.
func (t *Tensor[T]) block(lo, hi int, buf *[sumBlock]T) []T {
	if hi <= lo {
		return nil
	}
	row, col := lo/t.cols, lo%t.cols
	if t.Contiguous() || row == (hi-1)/t.cols {
		from := row*t.stride + col
		return t.data[from : from+hi-lo]
	}
	rest := buf[:hi-lo]
	for ; len(rest) > 0; row, col = row+1, 0 {
		rest = rest[copy(rest, t.Row(row)[col:]):]
	}
	return buf[:hi-lo]
}

// sumTerms adds the terms of one block in four interleaved sums, which the processor can carry on side by side.
func sumTerms[T Float](block []T, centre float64, square bool) float64 {
	var a, b, c, d float64
	for ; len(block) >= 4; block = block[4:] {
		p, q, r, s := float64(block[0])-centre, float64(block[1])-centre, float64(block[2])-centre, float64(block[3])-centre
		if square {
			p, q, r, s = p*p, q*q, r*r, s*s
		}
		a, b, c, d = a+p, b+q, c+r, d+s
	}
	for _, v := range block {
		p := float64(v) - centre
		if square {
			p *= p
		}
		a += p
	}
	return (a + b) + (c + d)
}

// treeSum adds vectors pairwise as they come: levels[k], if it is there, is the sum of 2^k of them.
type treeSum struct {
	width  int
	levels [][]float64
	free   [][]float64
}

// add adds one vector, which it copies.
func (s *treeSum) add(v []float64) {
	carry := s.buffer()
	copy(carry, v)
	for k, have := range s.levels {
		if have == nil {
			s.levels[k] = carry
			return
		}
		for i, x := range have {
			carry[i] = x + carry[i]
		}
		s.free = append(s.free, have)
		s.levels[k] = nil
	}
	s.levels = append(s.levels, carry)
}

func (s *treeSum) buffer() []float64 {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b
	}
	return make([]float64, s.width)
}

// sum is the sum of all vectors so far; zeros if there were none.
func (s *treeSum) sum() []float64 {
	var out []float64
	for _, have := range s.levels {
		switch {
		case have == nil:
		case out == nil:
			out = slices.Clone(have)
		default:
			for i, x := range have {
				out[i] = x + out[i]
			}
		}
	}
	if out == nil {
		out = make([]float64, s.width)
	}
	return out
}

// SumAxis returns the sums along one axis, which the result lacks: of a matrix, axis 0 gives the sum of each column and axis
// 1 of each row. They are accumulated pairwise in float64 and rounded once. It panics with a [*ShapeError] if there is no
// such axis.
func (t *Tensor[T]) SumAxis(axis int) *Tensor[T] {
	return round(t, axis, t.sumAxis("SumAxis", axis, nil, false))
}

// MeanAxis returns the means along one axis, which the result lacks; NaN where the axis is empty. It panics with a
// [*ShapeError] if there is no such axis.
func (t *Tensor[T]) MeanAxis(axis int) *Tensor[T] {
	return round(t, axis, t.meanAxis("MeanAxis", axis))
}

// VarAxis returns the variances along one axis, which the result lacks, as [Tensor.Var] defines them. It panics with a
// [*ShapeError] if there is no such axis.
func (t *Tensor[T]) VarAxis(axis, ddof int) *Tensor[T] {
	return round(t, axis, t.varAxis("VarAxis", axis, ddof))
}

// StdAxis returns the square roots of [Tensor.VarAxis].
func (t *Tensor[T]) StdAxis(axis, ddof int) *Tensor[T] {
	v := t.varAxis("StdAxis", axis, ddof)
	for i, x := range v {
		v[i] = math.Sqrt(x)
	}
	return round(t, axis, v)
}

func (t *Tensor[T]) meanAxis(op string, axis int) []float64 {
	sums := t.sumAxis(op, axis, nil, false)
	for i := range sums {
		sums[i] /= float64(t.shape[axis])
	}
	return sums
}

func (t *Tensor[T]) varAxis(op string, axis, ddof int) []float64 {
	mean := t.meanAxis(op, axis)
	rest := t.sumAxis(op, axis, mean, false)
	out := t.sumAxis(op, axis, mean, true)
	n := float64(t.shape[axis])
	for i := range out {
		if t.shape[axis] <= ddof {
			out[i] = math.NaN()
			continue
		}
		out[i] = max(out[i]-rest[i]*rest[i]/n, 0) / (n - float64(ddof))
	}
	return out
}

// round gives float64 results along an axis their place in a Tensor without that axis.
func round[T Float](t *Tensor[T], axis int, v []float64) *Tensor[T] {
	out := New[T](slices.Delete(t.Shape(), axis, axis+1)...)
	convert(out.data, v)
	return out
}

// split checks an axis and returns the number of elements before it, along it and after it.
func (t *Tensor[T]) split(op string, axis int) (outer, n, inner int) {
	if uint(axis) >= uint(len(t.shape)) {
		badShape(op, fmt.Sprintf("there is no axis %d", axis), t.shape)
	}
	return count(op, t.shape[:axis]), t.shape[axis], count(op, t.shape[axis+1:])
}

// slab is element k of the axis, for one place before it and all places after it; buf takes it if it does not lie together.
// It is not for the last axis.
func (t *Tensor[T]) slab(buf []T, outer, n, k int) []T {
	if t.cols == 0 {
		return nil
	}
	each := len(buf) / t.cols
	first := (outer*n + k) * each
	if each == 1 || t.Contiguous() {
		return t.data[first*t.stride:][:len(buf)]
	}
	for r := range each {
		copy(buf[r*t.cols:], t.Row(first+r))
	}
	return buf
}

// sumAxis adds up, along an axis, the deviations from a centre for each result (nil: 0), squared if asked for.
func (t *Tensor[T]) sumAxis(op string, axis int, centre []float64, square bool) []float64 {
	outer, n, inner := t.split(op, axis)
	out := make([]float64, 0, outer*inner)
	if axis == len(t.shape)-1 {
		for o := range outer {
			c := 0.0
			if centre != nil {
				c = centre[o]
			}
			out = append(out, t.pairwise(o*n, (o+1)*n, c, square))
		}
		return out
	}
	if centre == nil {
		centre = make([]float64, outer*inner)
	}
	buf, block := make([]T, inner), make([]float64, inner)
	for o := range outer {
		tree := treeSum{width: inner}
		mean := centre[o*inner : (o+1)*inner]
		for k := range n {
			for i, v := range t.slab(buf, o, n, k) {
				p := float64(v) - mean[i]
				if square {
					p *= p
				}
				block[i] += p
			}
			if k%sumBlock == sumBlock-1 || k == n-1 {
				tree.add(block)
				clear(block)
			}
		}
		out = append(out, tree.sum()...)
	}
	return out
}

// MinAxis returns the least elements along one axis, which the result lacks; NaN where there is a NaN. It panics with a
// [*ShapeError] if there is no such axis or it is empty.
func (t *Tensor[T]) MinAxis(axis int) *Tensor[T] {
	return t.pick(axis, t.argAxis("MinAxis", axis, less[T]))
}

// MaxAxis returns the largest elements along one axis, which the result lacks; NaN where there is a NaN. It panics with a
// [*ShapeError] if there is no such axis or it is empty.
func (t *Tensor[T]) MaxAxis(axis int) *Tensor[T] {
	return t.pick(axis, t.argAxis("MaxAxis", axis, more[T]))
}

// ArgMinAxis returns the index along one axis of the first least element (or first NaN), for all places of the other axes in
// row-major order. It panics with a [*ShapeError] if there is no such axis or it is empty.
func (t *Tensor[T]) ArgMinAxis(axis int) []int { return t.argAxis("ArgMinAxis", axis, less[T]) }

// ArgMaxAxis returns the index along one axis of the first largest element (or first NaN), for all places of the other axes
// in row-major order: of a matrix of scores with one row for each sample, axis 1 gives the predicted classes. It panics with
// a [*ShapeError] if there is no such axis or it is empty.
func (t *Tensor[T]) ArgMaxAxis(axis int) []int { return t.argAxis("ArgMaxAxis", axis, more[T]) }

func (t *Tensor[T]) argAxis(op string, axis int, wins func(v, best T) bool) []int {
	outer, n, inner := t.split(op, axis)
	if n == 0 {
		badShape(op, fmt.Sprintf("axis %d is empty", axis), t.shape)
	}
	out := make([]int, outer*inner)
	if axis == len(t.shape)-1 {
		for o := range out {
			row := t.Row(o)
			for k, v := range row {
				if wins(v, row[out[o]]) {
					out[o] = k
				}
			}
		}
		return out
	}
	buf, best := make([]T, inner), make([]T, inner)
	for o := range outer {
		copy(best, t.slab(buf, o, n, 0))
		for k := 1; k < n; k++ {
			for i, v := range t.slab(buf, o, n, k) {
				if wins(v, best[i]) {
					best[i] = v
					out[o*inner+i] = k
				}
			}
		}
	}
	return out
}

// pick gathers the elements that argAxis chose.
func (t *Tensor[T]) pick(axis int, at []int) *Tensor[T] {
	out := New[T](slices.Delete(t.Shape(), axis, axis+1)...)
	_, n, inner := t.split("pick", axis)
	for i, k := range at {
		place := (i/inner*n+k)*inner + i%inner // in row-major order
		out.data[i] = t.data[place/t.cols*t.stride+place%t.cols]
	}
	return out
}
