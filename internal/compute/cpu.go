package compute

import (
	"runtime"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// cpu is the engine of the host in either width.
type cpu[T Float] struct{}

// CPU32 and CPU64 compute on the host's cores.
var (
	CPU32 Engine = cpu[float32]{}
	CPU64 Engine = cpu[float64]{}
)

func (cpu[T]) Double() bool { return Of([]T{0}).wide() }

func (cpu[T]) Sync() error { return nil }

func (cpu[T]) New(n int) Buf { return Of(kern.Aligned[T](n)) }

func convert[T, U Float](dst []T, src []U) {
	for i := range dst {
		dst[i] = T(src[i])
	}
}

func (e cpu[T]) Put(dst Buf, src []float32) {
	if !dst.wide() {
		copy(Floats[float32](dst), src)
		return
	}
	convert(Floats[T](dst), src)
}

func (cpu[T]) Get(dst []float32, src Buf) {
	if !src.wide() {
		copy(dst, Floats[float32](src))
		return
	}
	convert(dst, Floats[T](src))
}

func (cpu[T]) PutWide(dst Buf, src []float64) { convert(Floats[T](dst), src) }
func (cpu[T]) GetWide(dst []float64, src Buf) { convert(dst, Floats[T](src)) }

func (cpu[T]) Fill(dst Buf, v float64) {
	d := Floats[T](dst)
	if v == 0 {
		clear(d)
		return
	}
	for i := range d {
		d[i] = T(v)
	}
}

func (cpu[T]) Copy(dst, src Buf) { copy(Floats[T](dst), Floats[T](src)) }

func (cpu[T]) Gemm(transA, transB bool, m, n, k int, alpha float64, a Buf, lda int, b Buf, ldb int, beta float64, c Buf, ldc int) {
	kern.Gemm(transA, transB, m, n, k, T(alpha), Floats[T](a), lda, Floats[T](b), ldb, T(beta), Floats[T](c), ldc)
}

func (cpu[T]) GemmBatch(batch int, transA, transB bool, m, n, k int, alpha float64, a Buf, lda, stepA int, b Buf, ldb, stepB int, beta float64, c Buf, ldc, stepC int) {
	kern.GemmBatch(batch, transA, transB, m, n, k, T(alpha), Floats[T](a), lda, stepA, Floats[T](b), ldb, stepB, T(beta), Floats[T](c), ldc, stepC)
}

// stretch is the most elements of one call of a helper that works block by block, so that what it makes stays near.
const stretch = 2048

func (cpu[T]) Rows(n, nsPerRow int, f func(lo, hi int)) {
	if small(n, nsPerRow/worthRows) {
		f(0, n)
		return
	}
	share := (n + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	par.ForChunks(n, max(share, fewRows), func(_, lo, hi int) { f(lo, hi) })
}

// worthRows is how many times as much work as for other loops there has to be: a helper that is woken late holds up the half of it.
const worthRows = 8

// fewRows is the least number of rows for which products are about as fast as for many.
const fewRows = 8

// rowsTogether runs work on ranges of rows, on several cores where rows of the given cost are worth it. work must not
// be a closure that was made for this call alone unless it is worth it: see small.
func rowsTogether(rows, nsPerRow int, work func(lo, hi int)) { par.For(rows, max(nsPerRow, 1), work) }

// small reports whether rowsTogether would run on the caller's core alone; then the caller runs its loop in place, and
// no closure is allocated.
func small(rows, nsPerRow int) bool { return par.Small(rows, max(nsPerRow, 1)) || par.Alone() }
