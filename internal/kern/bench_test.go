package kern

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// share prints what part of the peak measured beside it a kernel reached. Every round measures both in turn, in CPU time
// of this thread where the system has it, and the best of each counts: other processes only ever make them slower.
func share[T Float](b *testing.B, flops float64, kernel func()) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	kernel()
	reps := 1
	for {
		start := threadTime()
		for range reps {
			kernel()
		}
		if threadTime()-start > time.Millisecond || reps > 1<<24 {
			break
		}
		reps *= 2
	}
	best, top := 0.0, 0.0
	for b.Loop() {
		start := threadTime()
		for range reps {
			kernel()
		}
		best = max(best, flops*float64(reps)/float64(threadTime()-start))
		start = threadTime()
		n := PeakRounds[T]()
		top = max(top, n/float64(threadTime()-start))
	}
	b.ReportMetric(best, "GFLOP/s")
	if top > 1 {
		b.ReportMetric(100*best/top, "%peak")
	}
	b.ReportMetric(0, "ns/op") // of a round with its peak: says nothing
}

// atEach runs f at every level.
func atEach(b *testing.B, f func(b *testing.B)) {
	for _, l := range levels() {
		b.Run(l.String(), func(b *testing.B) {
			defer force(l)()
			f(b)
		})
	}
}

// against prints how many times faster kernel is than loop, both measured in turn as in share, and its time per item.
func against(b *testing.B, items int, loop, kernel func()) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // threadTime is this thread's
	reps := 1 + 100_000/items                       // so that reading the clock does not count
	timed := func(f func()) float64 {
		start := threadTime()
		for range reps {
			f()
		}
		return float64(threadTime()-start) / float64(reps)
	}
	slow, fast := math.Inf(1), math.Inf(1)
	for b.Loop() {
		slow, fast = min(slow, timed(loop)), min(fast, timed(kernel))
	}
	b.ReportMetric(slow/fast, "x")
	b.ReportMetric(fast/float64(items), "ns/item")
	b.ReportMetric(0, "ns/op")
}

func benchElementary[T Float](b *testing.B) {
	const n = 2000
	x, y := make([]T, n), make([]T, n)
	normals(rand.New(rand.NewPCG(1, 1)), x)
	each := func(name string, f func(float64) float64, kernel func(dst, x []T)) {
		if name == "log" {
			for i, v := range x {
				x[i] = v*v + 1e-3
			}
		}
		b.Run(name, func(b *testing.B) {
			against(b, n, func() {
				for i, v := range x {
					y[i] = T(f(float64(v)))
				}
			}, func() { kernel(y, x) })
		})
	}
	each("exp", math.Exp, Exp[T])
	each("sigmoid", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, Sigmoid[T])
	each("tanh", math.Tanh, Tanh[T])
	each("log", math.Log, Log[T])
	each("log1p", math.Log1p, Log1p[T])
	each("erf", math.Erf, Erf[T])
	each("gelu", func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }, GELU[T])
	each("gelutanh", func(x float64) float64 { return 0.5 * x * (1 + math.Tanh(0.7978845608028654*(x+0.044715*x*x*x))) }, GELUTanh[T])
	each("exp portable", math.Exp, ExpPortable[T])
	each("expm1 portable", math.Expm1, Expm1Portable[T])
	each("sigmoid portable", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, SigmoidPortable[T])
	b.Run("softmax", func(b *testing.B) {
		against(b, n, func() { loopSoftmax(y, x) }, func() { Softmax(y, x) })
	})
}

func loopSoftmax[T Float](y, x []T) {
	m, sum := x[0], 0.0
	for _, v := range x {
		m = max(m, v)
	}
	for i, v := range x {
		e := math.Exp(float64(v - m))
		y[i] = T(e)
		sum += e
	}
	for i := range y {
		y[i] *= T(1 / sum)
	}
}

func benchSoftmaxRows[T Float](b *testing.B) {
	for _, n := range []int{3, 10, 16, 128, 512} {
		m := 5000 / n
		x, y := make([]T, m*n), make([]T, m*n)
		normals(rand.New(rand.NewPCG(1, 1)), x)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			against(b, m*n, func() {
				for i := range m {
					loopSoftmax(y[i*n:i*n+n], x[i*n:i*n+n])
				}
			}, func() { SoftmaxRows(m, n, x, n, y, n) })
		})
	}
}

// The baseline is a loop over package math.
func BenchmarkSoftmaxRowsF32(b *testing.B) { atEach(b, benchSoftmaxRows[float32]) }
func BenchmarkSoftmaxRowsF64(b *testing.B) { atEach(b, benchSoftmaxRows[float64]) }

// The baseline is a loop over package math.
func BenchmarkElementaryF32(b *testing.B) { atEach(b, benchElementary[float32]) }
func BenchmarkElementaryF64(b *testing.B) { atEach(b, benchElementary[float64]) }

func benchRows[T Float](b *testing.B) {
	for _, d := range []int{16, 100} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			const n = 1000
			x, rows, dst := make([]T, d), make([]T, n*d), make([]T, n)
			normals(rand.New(rand.NewPCG(1, 1)), rows)
			against(b, n, func() {
				for r := range dst {
					row, sum := rows[r*d:r*d+d], T(0)
					for i, v := range x {
						sum += (v - row[i]) * (v - row[i])
					}
					dst[r] = sum
				}
			}, func() { SqDistRows(dst, x, rows, d) })
		})
	}
}

// The baseline is the plain double loop.
func BenchmarkSqDistRowsF32(b *testing.B) { atEach(b, benchRows[float32]) }
func BenchmarkSqDistRowsF64(b *testing.B) { atEach(b, benchRows[float64]) }

func benchDists[T Float](b *testing.B) {
	for _, s := range [][3]int{{1000, 1000, 16}, {1000, 1000, 100}, {500, 500, 784}, {1000, 10, 50}, {10, 1000, 50}} {
		m, n, d := s[0], s[1], s[2]
		x, y, dst := make([]T, m*d), make([]T, n*d), make([]T, m*n)
		normals(rand.New(rand.NewPCG(1, 1)), x)
		normals(rand.New(rand.NewPCG(1, 2)), y)
		b.Run(fmt.Sprintf("%dx%dx%d", m, n, d), func(b *testing.B) {
			against(b, m*n, func() { Gemm(false, true, m, n, d, 1, x, d, y, d, 0, dst, n) }, func() { SqDists(m, n, d, x, d, y, d, dst, n) })
		})
	}
	for _, d := range []int{16, 100} {
		const n = 1000
		x, y, dst := make([]T, d), make([]T, n*d), make([]T, n)
		normals(rand.New(rand.NewPCG(1, 1)), y)
		points := NewPoints(n, d, y, d)
		b.Run(fmt.Sprintf("one of %d to %d points", d, n), func(b *testing.B) {
			against(b, n, func() { SqDistRows(dst, x, y, d) }, func() { points.SqDists(1, x, d, dst, n) })
		})
	}
}

// The baseline is the product of the same shape, and, for one row, SqDistRows.
func BenchmarkSqDistsF32(b *testing.B) { atEach(b, benchDists[float32]) }
func BenchmarkSqDistsF64(b *testing.B) { atEach(b, benchDists[float64]) }

// Linear models of several classes: the digits, few columns, images, and rows longer than a part. The baseline is DotRows for every
// row and the product of the same shape.
func benchDots[T Float](b *testing.B) {
	for _, s := range [][3]int{{1188, 10, 64}, {1188, 3, 20}, {200, 10, 784}, {64, 20, 20000}} {
		m, n, d := s[0], s[1], s[2]
		x, y, dst := make([]T, m*d), make([]T, n*d), make([]T, m*n)
		normals(rand.New(rand.NewPCG(1, 1)), x)
		normals(rand.New(rand.NewPCG(1, 2)), y)
		ours := func() { Dots(m, n, d, x, d, y, d, dst, n) }
		b.Run(fmt.Sprintf("%dx%dx%d over DotRows", m, n, d), func(b *testing.B) {
			against(b, m*n, func() {
				for i := range m {
					DotRows(dst[i*n:i*n+n], x[i*d:i*d+d], y, d)
				}
			}, ours)
		})
		b.Run(fmt.Sprintf("%dx%dx%d over Gemm", m, n, d), func(b *testing.B) {
			against(b, m*n, func() { Gemm(false, true, m, n, d, 1, x, d, y, d, 0, dst, n) }, ours)
		})
	}
}

func BenchmarkDotsF32(b *testing.B) { atEach(b, benchDots[float32]) }
func BenchmarkDotsF64(b *testing.B) { atEach(b, benchDots[float64]) }

func benchVectors[T Float](b *testing.B) {
	for _, n := range []int{16, 100, 1024, 8192} {
		x, y := make([]T, n), make([]T, n)
		normals(rand.New(rand.NewPCG(1, 1)), x)
		b.Run(fmt.Sprintf("dot/%d", n), func(b *testing.B) {
			var keep T
			against(b, n, func() {
				s := T(0)
				for i, v := range x {
					s += v * y[i]
				}
				keep += s
			}, func() { keep += Dot(x, y) })
		})
		b.Run(fmt.Sprintf("sum portable/%d", n), func(b *testing.B) {
			var keep T
			against(b, n, func() {
				s := T(0)
				for _, v := range x {
					s += v
				}
				keep += s
			}, func() { keep += SumPortable(x) })
		})
		b.Run(fmt.Sprintf("axpy/%d", n), func(b *testing.B) {
			against(b, n, func() {
				for i, v := range x {
					y[i] += 0.5 * v
				}
			}, func() { Axpy(0.5, x, y) })
		})
		b.Run(fmt.Sprintf("max/%d", n), func(b *testing.B) {
			var keep T
			against(b, n, func() {
				m := x[0]
				for _, v := range x {
					m = max(m, v)
				}
				keep += m
			}, func() { keep += Max(x) })
		})
	}
}

func BenchmarkVectorsF32(b *testing.B) { atEach(b, benchVectors[float32]) }
func BenchmarkVectorsF64(b *testing.B) { atEach(b, benchVectors[float64]) }
