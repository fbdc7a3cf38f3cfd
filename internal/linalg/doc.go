// Package linalg is the dense linear algebra below the estimators: Gram matrices, Cholesky, tall-skinny QR,
// rank-revealing least squares, non-negative least squares, LSQR and double-double sums. It computes in float64 on
// gonum's BLAS and LAPACK, which stay behind these functions.
//
// Matrices are row-major slices. Nothing here depends on GOMAXPROCS: sums run in a fixed order, and of gonum only
// routines are used whose order of operations is fixed by the shapes (its parallel Dgemm splits the output, never a sum).
package linalg
