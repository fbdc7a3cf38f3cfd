package linear

import (
	"github.com/gopherwood-ml/ml/tensor"
)

// source reads the rows of any matrix as float64: dense rows in blocks, sparse rows by their nonzeros.
// It is read by many goroutines at once, each with a buffer of its own.
type source struct {
	rows, cols int
	dense      *tensor.Tensor[float64]
	dense32    *tensor.Tensor[float32]
	csr        *tensor.CSR[float64]
	csr32      *tensor.CSR[float32]
	other      tensor.Matrix
}

func newSource(x tensor.Matrix) source {
	n, p := x.Dims()
	s := source{rows: n, cols: p}
	switch x := x.(type) {
	case *tensor.Tensor[float64]:
		s.dense = x
	case *tensor.Tensor[float32]:
		s.dense32 = x
	case *tensor.CSR[float64]:
		s.csr = x
	case *tensor.CSR[float32]:
		s.csr32 = x
	default:
		s.other = x
	}
	return s
}

func (s source) sparse() bool { return s.csr != nil || s.csr32 != nil }

// direct says that rows are read where they lie, without a buffer.
func (s source) direct() bool { return s.dense != nil }

// row returns row i, in place if it can be, else written to buf (cols long).
func (s source) row(i int, buf []float64) []float64 {
	switch {
	case s.dense != nil:
		return s.dense.Row(i)
	case s.dense32 != nil:
		for j, v := range s.dense32.Row(i) {
			buf[j] = float64(v)
		}
	case s.csr != nil:
		clear(buf)
		cols, vals := s.csr.RowNZ(i)
		for k, j := range cols {
			buf[j] = vals[k]
		}
	case s.csr32 != nil:
		clear(buf)
		cols, vals := s.csr32.RowNZ(i)
		for k, j := range cols {
			buf[j] = float64(vals[k])
		}
	default:
		for j := range buf {
			buf[j] = s.other.At(i, j)
		}
	}
	return buf
}

// block returns rows lo..hi-1 with the distance between their starts, in place if it can be, else in buf.
func (s source) block(lo, hi int, buf []float64) (data []float64, stride int) {
	if s.dense != nil {
		return s.dense.Rows(lo, hi).Data(), s.cols
	}
	for i := lo; i < hi; i++ {
		s.row(i, buf[(i-lo)*s.cols:(i-lo+1)*s.cols])
	}
	return buf, s.cols
}

// nonzeros returns the stored entries of sparse row i; float32 values are widened into buf.
func (s source) nonzeros(i int, buf []float64) (cols []int32, vals []float64) {
	if s.csr != nil {
		return s.csr.RowNZ(i)
	}
	cols, small := s.csr32.RowNZ(i)
	vals = buf[:len(small)]
	for k, v := range small {
		vals[k] = float64(v)
	}
	return cols, vals
}
