package linalg

import (
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

const benchmarked = 1000

// againstGonum prints how many times faster ours is than gonum's on the same matrix, by wall time, both measured in turn.
func againstGonum(b *testing.B, ours, theirs func()) {
	b.Helper()
	fast, slow := math.Inf(1), math.Inf(1)
	for b.Loop() {
		start := time.Now()
		ours()
		fast = min(fast, float64(time.Since(start)))
		start = time.Now()
		theirs()
		slow = min(slow, float64(time.Since(start)))
	}
	b.ReportMetric(slow/fast, "x")
	b.ReportMetric(fast/1e6, "ms")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkQR(b *testing.B) {
	const n = benchmarked
	a := random(seeded(), n*n)
	buf, dense := make([]float64, n*n), mat.NewDense(n, n, a)
	againstGonum(b, func() { copy(buf, a); NewFullQR(buf, n, n) }, func() { new(mat.QR).Factorize(dense) })
}

func BenchmarkLU(b *testing.B) {
	const n = benchmarked
	a := random(seeded(), n*n)
	buf, dense := make([]float64, n*n), mat.NewDense(n, n, a)
	againstGonum(b, func() { copy(buf, a); NewLU(buf, n) }, func() { new(mat.LU).Factorize(dense) })
}

func BenchmarkCholesky(b *testing.B) {
	const n = benchmarked
	a := random(seeded(), n*n)
	a = product(true, false, n, n, n, a, slices.Clone(a))
	buf, sym := make([]float64, n*n), mat.NewSymDense(n, slices.Clone(a))
	againstGonum(b, func() { copy(buf, a); NewCholesky(buf, n) }, func() { new(mat.Cholesky).Factorize(sym) })
}

func BenchmarkPivotedQR(b *testing.B) {
	const n = 500
	a := random(seeded(), n*n)
	buf, pivot := make([]float64, n*n), make([]int, n)
	tau, work := make([]float64, n), make([]float64, 100*n)
	againstGonum(b, func() { copy(buf, a); factorPivoted(n, n, buf, n, pivot) }, func() {
		copy(buf, a)
		for j := range pivot {
			pivot[j] = -1
		}
		factors.Dgeqp3(n, n, buf, n, pivot, tau, work, len(work))
	})
}

func BenchmarkEigenSym(b *testing.B) {
	const n = benchmarked
	a := random(seeded(), n*n)
	for i := range n {
		for j := range i {
			a[i*n+j] = a[j*n+i]
		}
	}
	buf, sym := make([]float64, n*n), mat.NewSymDense(n, a)
	againstGonum(b, func() { copy(buf, a); EigenSym(buf, n, true) }, func() { new(mat.EigenSym).Factorize(sym, true) })
}

func BenchmarkSVD(b *testing.B) {
	const n = benchmarked
	a := random(seeded(), n*n)
	buf, dense := make([]float64, n*n), mat.NewDense(n, n, a)
	againstGonum(b, func() { copy(buf, a); NewSVD(buf, n, n, ThinVectors) }, func() { new(mat.SVD).Factorize(dense, mat.SVDThin) })
}
