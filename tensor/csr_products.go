package tensor

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// MulVec returns the product of the matrix (r x c) and a vector of c elements; sums are kept in T, in the order of the
// columns. It panics with a [*ShapeError] if the lengths do not fit. O(rows + entries), on all cores.
func (a *CSR[T]) MulVec(x []T) []T {
	rows, cols := a.Dims()
	if len(x) != cols {
		badShape("CSR.MulVec", "want a vector as long as the matrix is wide", a.shape(), []int{len(x)})
	}
	out := make([]T, rows)
	par.For(rows, a.perRow(1), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			js, vs := a.RowNZ(i)
			vs = vs[:len(js)]
			var sum T
			for p, j := range js {
				sum += vs[p] * x[j]
			}
			out[i] = sum
		}
	})
	return out
}

// TMulVec returns the product of the transpose of the matrix (r x c) and a vector of r elements, in one pass over the entries
// on one core. Sums are kept in T, in the order of the rows. It panics with a [*ShapeError] if the lengths do not fit.
// Who needs many such products is served faster by MulVec of [CSR.Transpose].
func (a *CSR[T]) TMulVec(x []T) []T {
	rows, cols := a.Dims()
	if len(x) != rows {
		badShape("CSR.TMulVec", "want a vector as long as the matrix is high", a.shape(), []int{len(x)})
	}
	out := make([]T, cols)
	for i, w := range x {
		js, vs := a.RowNZ(i)
		vs = vs[:len(js)]
		for p, j := range js {
			out[j] += vs[p] * w
		}
	}
	return out
}

// perRow is about how many nanoseconds one row takes if each entry takes ns.
func (a *CSR[T]) perRow(ns int) int {
	rows, _ := a.Dims()
	return a.NNZ()*ns/max(rows, 1) + 4
}

// MulDense returns the product of the matrix (r x k) and a dense one (k x c), a new r x c Tensor. Sums are kept in T, in the
// order of the columns of a; the bytes are the same for any GOMAXPROCS. It panics with a [*ShapeError] unless b has rank 2 and
// the inner axes are equal. O(r c + entries c).
func (a *CSR[T]) MulDense(b *Tensor[T]) *Tensor[T] {
	rows, cols := a.Dims()
	if len(b.shape) != 2 || b.rows != cols {
		badShape("CSR.MulDense", "want matrices with equal inner axes", a.shape(), b.shape)
	}
	out := New[T](rows, b.cols)
	par.For(rows, a.perRow(b.cols/2+2), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := out.Row(i)
			js, vs := a.RowNZ(i)
			for p, j := range js {
				addScaled(to, vs[p], b.Row(int(j)))
			}
		}
	})
	return out
}

// TMulDense returns the product of the transpose of the matrix (k x r) and a dense one (k x c), a new r x c Tensor, without
// transposing. Sums are kept in T, in the order of the rows of a; the bytes are the same for any GOMAXPROCS. It panics with a
// [*ShapeError] unless b has rank 2 and both have as many rows. O(r c + entries c).
func (a *CSR[T]) TMulDense(b *Tensor[T]) *Tensor[T] {
	rows, cols := a.Dims()
	if len(b.shape) != 2 || b.rows != rows {
		badShape("CSR.TMulDense", "want matrices with equal numbers of rows", a.shape(), b.shape)
	}
	out := New[T](cols, b.cols)
	// Rows of the result get additions from everywhere, so the work is cut by columns: a task reads all of a, and writes
	// whole cache lines that no other one writes.
	const group = 32
	groups := (b.cols + group - 1) / group
	par.For(groups, a.NNZ()*group/2+rows, func(lo, hi int) {
		j0, j1 := lo*group, min(hi*group, b.cols)
		for i := range rows {
			from := b.Row(i)[j0:j1]
			js, vs := a.RowNZ(i)
			for p, j := range js {
				addScaled(out.Row(int(j))[j0:j1], vs[p], from)
			}
		}
	})
	return out
}

// addScaled adds w*src to dst.
func addScaled[T Float](dst []T, w T, src []T) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += w * src[i]
	}
}

// Mul returns the product of two sparse matrices (r x k and k x c), row by row after Gustavson ("Two fast algorithms for
// sparse matrices", ACM TOMS 4(3), 1978). Sums that come out as zero stay stored; [CSR.Prune] removes them. It panics with a
// [*ShapeError] if the inner axes differ. The time is O(r + products of entries) and a sort of each row of the result; each
// task also needs c numbers of scratch.
func (a *CSR[T]) Mul(b *CSR[T]) *CSR[T] {
	rows, inner := a.Dims()
	if have, _ := b.Dims(); have != inner {
		badShape("CSR.Mul", "want matrices with equal inner axes", a.shape(), b.shape())
	}
	products := 0
	lo, hi := a.span()
	for _, j := range a.indices[lo:hi] {
		products += b.indptr[j+1] - b.indptr[j]
	}
	// A task is worth its scratch if it has several products for each number of it.
	tasks := min(rows, 64, max(1, products/(100_000+4*b.cols)))
	parts := make([]*CSR[T], max(tasks, 1))
	parts[0] = NewCSRZeros[T](rows, b.cols)
	if rows > 0 {
		par.ForChunks(rows, (rows+tasks-1)/tasks, func(c, lo, hi int) { parts[c] = a.Rows(lo, hi).mulRows(b) })
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return VStack(slices.DeleteFunc(parts, func(p *CSR[T]) bool { return p == nil })...)
}

// mulRows is one task of Mul.
func (a *CSR[T]) mulRows(b *CSR[T]) *CSR[T] {
	rows, _ := a.Dims()
	out := NewCSRZeros[T](rows, b.cols)
	sum := make([]T, b.cols)    // the row of the result under way
	seen := make([]int, b.cols) // seen[j] == i+1: column j has an entry in row i
	for i := range rows {
		first := len(out.indices)
		js, vs := a.RowNZ(i)
		for p, k := range js {
			ks, ws := b.RowNZ(int(k))
			for q, j := range ks {
				if seen[j] != i+1 {
					seen[j] = i + 1
					sum[j] = 0
					out.indices = append(out.indices, j)
				}
				sum[j] += vs[p] * ws[q]
			}
		}
		slices.Sort(out.indices[first:])
		for _, j := range out.indices[first:] {
			out.values = append(out.values, sum[j])
		}
		out.indptr[i+1] = len(out.indices)
	}
	return out
}
