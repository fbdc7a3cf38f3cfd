package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// product is op(A) op(B), m x n, of compact matrices, op being the transpose where ta or tb says so.
func product(ta, tb bool, m, n, k int, a, b []float64) []float64 {
	c := make([]float64, m*n)
	lda, ldb := k, n
	if ta {
		lda = m
	}
	if tb {
		ldb = k
	}
	kern.Gemm(ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, n)
	return c
}
