//go:build cuda

package cuda

/*
#include "shim.h"
*/
import "C"

import (
	"math"
	"runtime"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Gemm is cuBLAS's, whose matrices are column-major: to it ours are transposed, and cᵀ = op(b)ᵀ op(a)ᵀ.
func (e *engine) Gemm(transA, transB bool, m, n, k int, alpha float64, a compute.Buf, lda int, b compute.Buf, ldb int, beta float64, c compute.Buf, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		e.scale(1, m, n, beta, c, ldc, 0)
		return
	}
	pa, pb, pc := e.use(a), e.use(b), e.use(c)
	if e.counted(m, n, k, lda, ldb, ldc) && !e.failed() {
		e.check("a product of matrices", C.gwGemm(e.g, cBool(transB), cBool(transA), C.int(n), C.int(m), C.int(k), C.float(alpha), pb, C.int(ldb), pa, C.int(lda),
			C.float(beta), pc, C.int(ldc)))
	}
	runtime.KeepAlive([...]compute.Buf{a, b, c})
}

func (e *engine) GemmBatch(batch int, transA, transB bool, m, n, k int, alpha float64, a compute.Buf, lda, stepA int, b compute.Buf, ldb, stepB int, beta float64, c compute.Buf, ldc, stepC int) {
	if batch == 0 || m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		e.scale(batch, m, n, beta, c, ldc, stepC)
		return
	}
	pa, pb, pc := e.use(a), e.use(b), e.use(c)
	if e.counted(m, n, k, lda, ldb, ldc, batch) && !e.failed() {
		e.check("products of matrices", C.gwGemmBatch(e.g, cBool(transB), cBool(transA), C.int(n), C.int(m), C.int(k), C.float(alpha), pb, C.int(ldb), C.int64_t(stepB),
			pa, C.int(lda), C.int64_t(stepA), C.float(beta), pc, C.int(ldc), C.int64_t(stepC), C.int(batch)))
	}
	runtime.KeepAlive([...]compute.Buf{a, b, c})
}

// counted reports whether cuBLAS can count so far.
func (e *engine) counted(sizes ...int) bool {
	for _, n := range sizes {
		if n > math.MaxInt32 {
			e.fault.CompareAndSwap(nil, &Fault{Call: "a product of matrices with more rows or columns than cuBLAS counts"})
			return false
		}
	}
	return true
}

// scale is what is left of products of nothing: c times beta.
func (e *engine) scale(batch, m, n int, beta float64, c compute.Buf, ldc, step int) {
	switch beta {
	case 1:
	case 0:
		zero := e.New(1)
		e.Move([]int{batch, m, n}, c, []int{step, ldc, 1}, zero, []int{0, 0, 0}, false)
		e.free(zero)
	default:
		factor := e.New(1)
		e.Fill(factor, beta-1)
		e.Contract([]int{batch, m, n}, c, []int{step, ldc, 1}, c, []int{step, ldc, 1}, factor, []int{0, 0, 0}, true)
		e.free(factor)
	}
}
