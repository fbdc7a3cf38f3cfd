package decomp

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
)

// ofProducts says whether a kernel of x and y follows from their inner product and their squares.
func ofProducts(k metrics.Kernel) bool {
	switch k.(type) {
	case metrics.LinearKernel, metrics.PolynomialKernel, metrics.SigmoidKernel, metrics.RBF, metrics.CosineKernel:
		return true
	}
	return false
}

// sparseKernels writes the kernel values of rows lo to hi-1 of x with all rows of y, which are sparse, at the cost of y's nonzeros for each. k is one of ofProducts, with its Gamma filled in.
func sparseKernels(dst []float64, k metrics.Kernel, x rows.Rows, lo, hi int, y rows.Rows) {
	n, p := y.Dims()
	squares := make([]float64, n)
	var buf rows.Entries
	for j := range squares {
		_, v := y.NZ(j, &buf)
		squares[j] = sumSquares(v)
	}
	par.For(hi-lo, 1+n+2*y.NNZ(), func(from, to int) {
		row, one, product := make([]float64, p), []float64{1}, make([]float64, 1)
		for i := from; i < to; i++ {
			left := x.Row(lo+i, row)
			own, out := sumSquares(left), dst[i*n:(i+1)*n]
			for j := range out {
				v := y.Dot(j, left)
				switch k := k.(type) {
				case metrics.RBF:
					v = math.Exp(-k.Gamma * max(own+squares[j]-float64(2*v), 0))
				case metrics.CosineKernel:
					v = ratio(v, math.Sqrt(own*squares[j]))
				default: // the product of one number and 1 is the number
					product[0] = v
					v = k.Of(product, one)
				}
				out[j] = v
			}
		}
	})
}

func sumSquares(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v * v)
	}
	return sum
}
