package kern

import "github.com/gopherwood-ml/ml/internal/par"

// GemmBatch is Gemm for batch products of one shape: operand i starts stepA (stepB, stepC) elements after operand i-1. A
// step of 0 uses the same A or B for all; stepC must keep the results apart, one behind the other or side by side in the
// same rows. Each result has the bits Gemm gives it.
func GemmBatch[T Float](batch int, transA, transB bool, m, n, k int, alpha T, a []T, lda, stepA int, b []T, ldb, stepB int, beta T, c []T, ldc, stepC int) {
	if batch <= 0 || m <= 0 || n <= 0 {
		return
	}
	beside := stepC >= n && (batch-1)*stepC+n <= ldc
	if batch > 1 && (stepA < 0 || stepB < 0 || stepC < (m-1)*ldc+n && !beside) {
		mismatch("GemmBatch: C and step", (m-1)*ldc+n, stepC)
	}
	g := product[T]{m: m, n: n, k: k}
	per := max(1, g.worth(2*m*n*k))
	if batch == 1 || par.Small(batch, per) || par.Alone() || per > 20*par.Grain(1) { // large products share the cores themselves
		for i := range batch {
			Gemm(transA, transB, m, n, k, alpha, a[i*stepA:], lda, b[i*stepB:], ldb, beta, c[i*stepC:], ldc)
		}
		return
	}
	par.For(batch, per, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			Gemm(transA, transB, m, n, k, alpha, a[i*stepA:], lda, b[i*stepB:], ldb, beta, c[i*stepC:], ldc)
		}
	})
}
