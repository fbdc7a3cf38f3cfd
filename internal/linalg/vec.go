package linalg

import (
	"math"

	blasgonum "gonum.org/v1/gonum/blas/gonum"

	"github.com/gopherwood-ml/ml/internal/kern"
)

var kernels blasgonum.Implementation

// Dot is the scalar product of x and the first len(x) elements of y.
func Dot(x, y []float64) float64 { return kern.Dot(x, y[:len(x)]) }

// Axpy adds a*x to the first len(x) elements of y.
func Axpy(a float64, x, y []float64) { kern.Axpy(a, x, y[:len(x)]) }

// Norm is the Euclidean norm of x, safe from overflow.
func Norm(x []float64) float64 { return kernels.Dnrm2(len(x), x, 1) }

// MaxAbs is the largest absolute value in x, 0 for none.
func MaxAbs(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// AllFinite reports whether x holds neither NaN nor Inf.
func AllFinite(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v - v) {
			return false
		}
	}
	return true
}

// MulVec sets dst = A x for a rows x cols block whose rows lie stride apart.
func MulVec(dst, a []float64, rows, cols, stride int, x []float64) {
	kern.Gemv(false, rows, cols, 1, a, stride, x[:cols], 0, dst[:rows])
}

// AddMulTrans adds Aᵀ y to dst for a rows x cols block whose rows lie stride apart.
func AddMulTrans(dst, a []float64, rows, cols, stride int, y []float64) {
	kern.Gemv(true, rows, cols, 1, a, stride, y[:rows], 1, dst[:cols])
}
