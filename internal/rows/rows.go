// Package rows gives an estimator fast rows, blocks, columns or nonzeros of any tensor.Matrix. It looks at the matrix's
// type once, in Of; no estimator has a type switch of its own.
//
//	x := rows.Of(d.X)
//	par.For(x.Len(), 4*x.Cols(), func(lo, hi int) {
//		buf := make([]float64, x.Cols())        // one buffer for each goroutine
//		for i := lo; i < hi; i++ {
//			row := x.Row(i, buf)            // where it lies, or in buf
//			...
//		}
//	})
//
// Storage it knows: tensors and CSR matrices of both widths, and everything with gonum's RawRowView. Any other Matrix is
// read with At, which must then be safe for several goroutines. Nothing is densified as a whole, and nothing but the caller's
// buffers is written to, so any number of goroutines may read one Rows.
package rows

import (
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml/tensor"
)

// rowViewer is gonum's zero-copy row access (*mat.Dense has it).
type rowViewer interface{ RawRowView(i int) []float64 }

// Rows reads a matrix. Exactly one of the storage fields is set, none for a matrix without rows to read.
type Rows struct {
	rows, cols int
	wide       *tensor.Tensor[float64]
	narrow     *tensor.Tensor[float32]
	csr        *tensor.CSR[float64]
	csr32      *tensor.CSR[float32]
	view       rowViewer
	other      tensor.Matrix
}

// Of looks at the storage of m. A matrix with a Fault gives Rows without rows and columns.
func Of(m tensor.Matrix) Rows {
	if Fault(m) != "" {
		return Rows{}
	}
	n, p := m.Dims()
	r := Rows{rows: n, cols: p}
	switch m := m.(type) {
	case *tensor.Tensor[float64]:
		r.wide = m
	case *tensor.Tensor[float32]:
		r.narrow = m
	case *tensor.CSR[float64]:
		r.csr = m
	case *tensor.CSR[float32]:
		r.csr32 = m
	case rowViewer:
		r.view = m
	default:
		r.other = m
	}
	return r
}

// IsNil reports whether m is nil or a nil pointer in an interface.
func IsNil(m tensor.Matrix) bool {
	if m == nil {
		return true
	}
	v := reflect.ValueOf(m)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// Fault says why m cannot be read as rows ("nil", "a tensor of rank 3"), or "" if it can.
func Fault(m tensor.Matrix) string {
	if IsNil(m) {
		return "nil"
	}
	if t, ok := m.(interface{ Rank() int }); ok && t.Rank() != 2 {
		return fmt.Sprintf("a tensor of rank %d", t.Rank())
	}
	return ""
}

// Dims returns the number of rows and columns.
func (r Rows) Dims() (rows, cols int) { return r.rows, r.cols }

// Len is the number of rows.
func (r Rows) Len() int { return r.rows }

// Cols is the number of columns.
func (r Rows) Cols() int { return r.cols }

// Sparse reports whether only nonzeros are stored: then NZ, Dot and AddTo cost the nonzeros, and Row the columns.
func (r Rows) Sparse() bool { return r.csr != nil || r.csr32 != nil }

// Narrow reports whether the numbers are stored as float32.
func (r Rows) Narrow() bool { return r.narrow != nil || r.csr32 != nil }

// Direct reports whether Row returns rows where they lie, without using its buffer.
func (r Rows) Direct() bool { return r.wide != nil || r.view != nil }

// Row returns row i where it lies if it is stored as dense float64, otherwise written to buf, which holds at least Cols
// numbers. It must not be written to.
func (r Rows) Row(i int, buf []float64) []float64 {
	switch {
	case r.wide != nil:
		return r.wide.Row(i)
	case r.view != nil:
		return r.view.RawRowView(i)[:r.cols]
	}
	buf = buf[:r.cols]
	switch {
	case r.narrow != nil:
		convert(buf, r.narrow.Row(i))
	case r.csr != nil:
		scatter(buf, r.csr, i)
	case r.csr32 != nil:
		scatter(buf, r.csr32, i)
	default:
		for j := range buf {
			buf[j] = r.other.At(i, j)
		}
	}
	return buf
}

// Row32 is Row in float32, rounded to nearest if the storage is wider.
func (r Rows) Row32(i int, buf []float32) []float32 {
	if r.narrow != nil {
		return r.narrow.Row(i)
	}
	buf = buf[:r.cols]
	switch {
	case r.wide != nil:
		convert(buf, r.wide.Row(i))
	case r.view != nil:
		convert(buf, r.view.RawRowView(i)[:r.cols])
	case r.csr != nil:
		scatter(buf, r.csr, i)
	case r.csr32 != nil:
		scatter(buf, r.csr32, i)
	default:
		for j := range buf {
			buf[j] = float32(r.other.At(i, j))
		}
	}
	return buf
}

// Part returns columns first to last-1 of row i where they lie if they are stored as dense float64, otherwise written to buf, which holds at least that many
// numbers. It must not be written to.
func (r Rows) Part(i, first, last int, buf []float64) []float64 {
	switch {
	case r.wide != nil:
		return r.wide.Row(i)[first:last]
	case r.view != nil:
		return r.view.RawRowView(i)[first:last]
	}
	buf = buf[:last-first]
	if r.narrow != nil {
		convert(buf, r.narrow.Row(i)[first:last])
		return buf
	}
	for j := range buf {
		buf[j] = r.At(i, first+j)
	}
	return buf
}

// InBlocks reports whether Block returns rows where they lie, without using its buffer.
func (r Rows) InBlocks() bool { return r.wide != nil && r.wide.Contiguous() }

// Block returns rows lo to hi-1 as one row-major slice of (hi-lo)*Cols numbers: where they lie if they are stored as
// contiguous float64, otherwise written to buf, which holds at least that many. It must not be written to.
func (r Rows) Block(lo, hi int, buf []float64) []float64 {
	if r.InBlocks() {
		return r.wide.Data()[lo*r.cols : hi*r.cols]
	}
	buf = buf[:(hi-lo)*r.cols]
	for i := lo; i < hi; i++ {
		to := buf[(i-lo)*r.cols : (i-lo+1)*r.cols]
		if row := r.Row(i, to); r.Direct() {
			copy(to, row)
		}
	}
	return buf
}

// Whole returns all rows as one row-major slice where they lie, if they are stored as contiguous float64. It must not be written to.
func (r Rows) Whole() (data []float64, ok bool) {
	if r.wide == nil || !r.wide.Contiguous() {
		return nil, false
	}
	return r.wide.Data(), true
}

// Col writes column j to dst, which holds Len numbers. In sparse storage that is a binary search in every row; a method
// that needs many columns transposes once.
func (r Rows) Col(j int, dst []float64) {
	switch {
	case r.wide != nil:
		for i := range r.rows {
			dst[i] = r.wide.Row(i)[j]
		}
	case r.narrow != nil:
		for i := range r.rows {
			dst[i] = float64(r.narrow.Row(i)[j])
		}
	case r.csr != nil:
		for i := range r.rows {
			dst[i] = r.csr.At(i, j)
		}
	case r.csr32 != nil:
		for i := range r.rows {
			dst[i] = r.csr32.At(i, j)
		}
	case r.view != nil:
		for i := range r.rows {
			dst[i] = r.view.RawRowView(i)[j]
		}
	default:
		for i := range r.rows {
			dst[i] = r.other.At(i, j)
		}
	}
}

func convert[To, From tensor.Float](dst []To, src []From) {
	for j, v := range src {
		dst[j] = To(v)
	}
}

func scatter[To, From tensor.Float](dst []To, m *tensor.CSR[From], i int) {
	clear(dst)
	cols, vals := m.RowNZ(i)
	for k, j := range cols {
		dst[j] = To(vals[k])
	}
}

// At is the number in row i and column j. In sparse storage it is found by binary search.
func (r Rows) At(i, j int) float64 {
	switch {
	case r.wide != nil:
		return r.wide.Row(i)[j]
	case r.narrow != nil:
		return float64(r.narrow.Row(i)[j])
	case r.csr != nil:
		return r.csr.At(i, j)
	case r.csr32 != nil:
		return r.csr32.At(i, j)
	case r.view != nil:
		return r.view.RawRowView(i)[j]
	}
	return r.other.At(i, j)
}
