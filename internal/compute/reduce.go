package compute

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

func (cpu[T]) Axpby(a float64, x Buf, b float64, y Buf) {
	s, d := Floats[T](x), Floats[T](y)
	if small(len(d), 1) {
		axpby(T(a), s, T(b), d)
		return
	}
	rowsTogether(len(d), 1, func(lo, hi int) { axpby(T(a), s[lo:hi], T(b), d[lo:hi]) })
}

func axpby[T Float](a T, x []T, b T, y []T) {
	switch b {
	case 0:
		kern.Scal(a, y, x)
	case 1:
		kern.Axpy(a, x, y)
	default:
		for len(y) > 0 {
			n := min(len(y), stretch)
			kern.Scal(b, y[:n], y[:n])
			kern.Axpy(a, x[:n], y[:n])
			x, y = x[n:], y[n:]
		}
	}
}

// sumRows is how many rows are summed at a time when the cores share the work: fixed, so that the order of sums is.
const sumRows = 256

func (e cpu[T]) ColumnSums(dst, x Buf, rows, cols int, add bool) {
	d, s := Floats[T](dst)[:cols], Floats[T](x)
	if !add {
		clear(d)
	}
	chunks := par.Chunks(rows, sumRows)
	if chunks <= 1 {
		addRows(d, s, 0, rows)
		return
	}
	if small(rows, cols/2+1) { // the same sums of the same parts as with several cores
		part := borrow[T](cols)
		defer part.giveBack()
		for c := range chunks {
			lo, hi := par.Bounds(rows, chunks, c)
			clear(part.x)
			addRows(part.x, s, lo, hi)
			kern.Add(d, d, part.x)
		}
		return
	}
	columnSumsTogether(d, s, rows, chunks)
}

func columnSumsTogether[T Float](d, s []T, rows, chunks int) {
	cols := len(d)
	parts := borrow[T](chunks * cols)
	defer parts.giveBack()
	clear(parts.x)
	par.ForChunks(rows, sumRows, func(c, lo, hi int) { addRows(parts.x[c*cols:(c+1)*cols], s, lo, hi) })
	for c := range chunks {
		kern.Add(d, d, parts.x[c*cols:(c+1)*cols])
	}
}

// addRows adds rows lo to hi to dst. Narrow rows go several at a time, into sums beside each other that are joined at the end: a call
// costs more than a few elements.
func addRows[T Float](dst, x []T, lo, hi int) {
	cols := len(dst)
	var wide [stretch / 4]T
	if n := len(wide) / max(cols, 1); n > 1 && hi-lo > n {
		row := wide[:n*cols]
		for ; hi-lo >= n; lo += n {
			kern.Add(row, row, x[lo*cols:(lo+n)*cols])
		}
		for i := 0; i < len(row); i += cols {
			for j, v := range row[i : i+cols] {
				dst[j] += v
			}
		}
	}
	for i := lo; i < hi; i++ {
		kern.Add(dst, dst, x[i*cols:(i+1)*cols])
	}
}

func (cpu[T]) SumSq(x Buf) float64 {
	s := Floats[T](x)
	sum := 0.0
	for len(s) > 0 { // pieces in double: a long sum in single precision would lose what clipping by norm compares
		n := min(len(s), stretch)
		sum += float64(kern.SumSq(s[:n]))
		s = s[n:]
	}
	return sum
}

func (cpu[T]) Extreme(dst, place, x Buf, outer, n, inner int) {
	d, p, s := Floats[T](dst), Floats[T](place), Floats[T](x)
	for o := range outer {
		for i := range inner {
			at := o*n*inner + i
			best, where := T(math.Inf(-1)), 0
			for k := range n {
				if v := s[at+k*inner]; v > best || v != v || k == 0 {
					best, where = v, k
					if v != v {
						break
					}
				}
			}
			d[o*inner+i], p[o*inner+i] = best, T(where)
		}
	}
}

func (cpu[T]) ExtremeGrad(dx, dy, place Buf, outer, n, inner int, add bool) {
	d, g, p := Floats[T](dx), Floats[T](dy), Floats[T](place)
	if !add {
		clear(d)
	}
	for o := range outer {
		for i := range inner {
			d[(o*n+int(p[o*inner+i]))*inner+i] += g[o*inner+i]
		}
	}
}
