package rows

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// Entries is the scratch space of NZ. The zero value is ready; each goroutine has its own.
type Entries struct {
	cols []int32
	vals []float64
}

// NZ returns the columns, rising, and values of row i that are not zero; of sparse storage, what is stored. The slices
// may lie in the matrix or in buf, are good until the next call with buf, and must not be written to.
func (r Rows) NZ(i int, buf *Entries) (cols []int32, vals []float64) {
	switch {
	case r.csr != nil:
		return r.csr.RowNZ(i)
	case r.csr32 != nil:
		cols, narrow := r.csr32.RowNZ(i)
		buf.vals = slices.Grow(buf.vals[:0], len(narrow))[:len(narrow)]
		convert(buf.vals, narrow)
		return cols, buf.vals
	}
	buf.cols = slices.Grow(buf.cols[:0], r.cols)
	buf.vals = slices.Grow(buf.vals[:0], r.cols)
	for j, v := range r.Row(i, buf.vals[:r.cols]) {
		if v != 0 {
			// Row may have filled vals itself: the write position never passes the read position.
			buf.cols, buf.vals = append(buf.cols, int32(j)), append(buf.vals, v)
		}
	}
	return buf.cols, buf.vals
}

// Dot returns the inner product of row i and w, which has Cols numbers. It needs no buffer and, in sparse storage, costs
// the nonzeros. Equal numbers give the same sum from dense storage of either width.
func (r Rows) Dot(i int, w []float64) float64 {
	switch {
	case r.wide != nil:
		return dot(r.wide.Row(i), w)
	case r.view != nil:
		return dot(r.view.RawRowView(i)[:r.cols], w)
	case r.narrow != nil:
		return dot(r.narrow.Row(i), w)
	case r.csr != nil:
		return dotSparse(r.csr, i, w)
	case r.csr32 != nil:
		return dotSparse(r.csr32, i, w)
	}
	// The same order of additions as dot.
	var s [4]float64
	j := 0
	for ; j+4 <= r.cols; j += 4 {
		for k := range s {
			s[k] += r.other.At(i, j+k) * w[j+k]
		}
	}
	for ; j < r.cols; j++ {
		s[0] += r.other.At(i, j) * w[j]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// AddTo adds a times row i to dst, which has Cols numbers. In sparse storage it costs the nonzeros.
func (r Rows) AddTo(dst []float64, a float64, i int) {
	switch {
	case r.wide != nil:
		add(dst, a, r.wide.Row(i))
	case r.view != nil:
		add(dst, a, r.view.RawRowView(i)[:r.cols])
	case r.narrow != nil:
		add(dst, a, r.narrow.Row(i))
	case r.csr != nil:
		addSparse(dst, a, r.csr, i)
	case r.csr32 != nil:
		addSparse(dst, a, r.csr32, i)
	default:
		for j := range r.cols {
			dst[j] += a * r.other.At(i, j)
		}
	}
}

// dot keeps four sums, so that an addition does not wait for the one before it.
func dot[T tensor.Float](x []T, w []float64) float64 {
	w = w[:len(x)]
	var a, b, c, d float64
	j := 0
	for ; j+4 <= len(x); j += 4 {
		a += float64(x[j]) * w[j]
		b += float64(x[j+1]) * w[j+1]
		c += float64(x[j+2]) * w[j+2]
		d += float64(x[j+3]) * w[j+3]
	}
	for ; j < len(x); j++ {
		a += float64(x[j]) * w[j]
	}
	return (a + b) + (c + d)
}

func dotSparse[T tensor.Float](m *tensor.CSR[T], i int, w []float64) float64 {
	cols, vals := m.RowNZ(i)
	return kern.SparseDot(vals, cols, w)
}

func add[T tensor.Float](dst []float64, a float64, x []T) {
	dst = dst[:len(x)]
	for j, v := range x {
		dst[j] += a * float64(v)
	}
}

func addSparse[T tensor.Float](dst []float64, a float64, m *tensor.CSR[T], i int) {
	cols, vals := m.RowNZ(i)
	kern.SparseAxpy(a, vals, cols, dst)
}
