package kern

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func benchGemm[T Float](b *testing.B) {
	for _, s := range [][3]int{
		{16, 16, 16}, {32, 32, 32}, {64, 64, 64}, {128, 128, 128}, {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048},
		{128, 256, 784}, {32, 10, 784}, {100, 10, 64}, {1000, 100, 50}, {10000, 64, 64}, {1, 1000, 1000}, {1000, 1, 1000},
	} {
		m, n, k := s[0], s[1], s[2]
		b.Run(fmt.Sprintf("%dx%dx%d", m, n, k), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			x, y, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
			normals(r, x)
			normals(r, y)
			share[T](b, 2*float64(m)*float64(n)*float64(k), func() { Gemm(false, false, m, n, k, 1, x, k, y, n, 0, c, n) })
		})
	}
	for _, tr := range [][2]bool{{true, false}, {false, true}} {
		b.Run(fmt.Sprintf("512x512x512 transposed %v", tr), func(b *testing.B) {
			x, y, c := make([]T, 512*512), make([]T, 512*512), make([]T, 512*512)
			share[T](b, 2*512*512*512, func() { Gemm(tr[0], tr[1], 512, 512, 512, 1, x, 512, y, 512, 0, c, 512) })
		})
	}
}

func BenchmarkSgemm(b *testing.B) { atEach(b, benchGemm[float32]) }
func BenchmarkDgemm(b *testing.B) { atEach(b, benchGemm[float64]) }

// Both cores, wall time, best of the rounds, against one core in the same rounds.
func BenchmarkGemmCores(b *testing.B) {
	for _, n := range []int{256, 512, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x, y, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
			normals(rand.New(rand.NewPCG(1, 1)), x)
			once := func(procs int) time.Duration {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				start := time.Now()
				Gemm(false, false, n, n, n, 1, x, n, y, n, 0, c, n)
				return time.Since(start)
			}
			one, all := time.Hour, time.Hour
			for b.Loop() {
				one, all = min(one, once(1)), min(all, once(runtime.NumCPU()))
			}
			b.ReportMetric(float64(one)/float64(all), "x")
			b.ReportMetric(2*float64(n)*float64(n)*float64(n)/float64(all), "GFLOP/s")
		})
	}
}
