package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// Operator is a matrix known by its products only.
type Operator interface {
	Dims() (rows, cols int)
	Mul(dst, x []float64)      // dst = A x
	MulTrans(dst, y []float64) // dst = Aᵀ y
}

// BlockOperator is an Operator that multiplies several vectors at once, the columns of row-major matrices of the given width.
type BlockOperator interface {
	Operator
	MulBlock(dst, x []float64, width int)
	MulTransBlock(dst, y []float64, width int)
}

// Dense is a row-major matrix as an operator.
type Dense struct {
	Rows, Cols, Stride int
	Data               []float64
}

func (d Dense) Dims() (rows, cols int) { return d.Rows, d.Cols }
func (d Dense) Mul(dst, x []float64) {
	kern.Gemv(false, d.Rows, d.Cols, 1, d.Data, d.Stride, x[:d.Cols], 0, dst[:d.Rows])
}
func (d Dense) MulTrans(dst, y []float64) {
	kern.Gemv(true, d.Rows, d.Cols, 1, d.Data, d.Stride, y[:d.Rows], 0, dst[:d.Cols])
}
func (d Dense) MulBlock(dst, x []float64, width int) {
	kern.Gemm(false, false, d.Rows, width, d.Cols, 1, d.Data, d.Stride, x, width, 0, dst, width)
}
func (d Dense) MulTransBlock(dst, y []float64, width int) {
	kern.Gemm(true, false, d.Cols, width, d.Rows, 1, d.Data, d.Stride, y, width, 0, dst, width)
}

// mulBlock multiplies column by column where the operator knows no better.
func mulBlock(a Operator, trans bool, dst, x []float64, width int) {
	if b, ok := a.(BlockOperator); ok {
		if trans {
			b.MulTransBlock(dst, x, width)
		} else {
			b.MulBlock(dst, x, width)
		}
		return
	}
	rows, cols := a.Dims()
	mul := a.Mul
	if trans {
		rows, cols = cols, rows
		mul = a.MulTrans
	}
	in, out := make([]float64, cols), make([]float64, rows)
	for j := range width {
		for i := range in {
			in[i] = x[i*width+j]
		}
		mul(out, in)
		for i, v := range out {
			dst[i*width+j] = v
		}
	}
}
