package kern

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

func testGemmBatch[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(19, 20))
		for _, s := range [][4]int{{0, 3, 3, 3}, {1, 3, 4, 5}, {7, 5, 9, 4}, {40, 16, 16, 16}, {300, 8, 8, 32}, {3, 90, 80, 200}, {5, 4, 4, 0}} {
			batch, m, n, k := s[0], s[1], s[2], s[3]
			for _, share := range []bool{false, true} {
				stepA, stepB, stepC := m*k+3, n*k+1, m*n+2
				if share {
					stepB = 0
				}
				a, b := make([]T, batch*stepA+m*k), make([]T, batch*stepB+n*k)
				normals(r, a)
				normals(r, b)
				c, check := guarded[T](t, max(0, batch*stepC-2), 1)
				for i := range c {
					c[i] = T(math.NaN())
				}
				GemmBatch(batch, false, true, m, n, k, 2, a, k, stepA, b, k, stepB, 0, c, n, stepC)
				check()
				want := make([]T, m*n)
				for i := range batch {
					Gemm(false, true, m, n, k, 2, a[i*stepA:], k, b[i*stepB:], k, 0, want, n)
					if !equalBits(want, c[i*stepC:][:m*n]) {
						t.Fatalf("%v: product %d differs", s, i)
					}
					for j := i*stepC + m*n; j < min((i+1)*stepC, len(c)); j++ {
						if c[j] == c[j] {
							t.Fatalf("%v: wrote between results %d and %d", s, i, i+1)
						}
					}
				}
			}
		}
		defer func() {
			if recover() == nil {
				t.Error("overlapping results: no panic")
			}
		}()
		x := make([]T, 100)
		GemmBatch(2, false, false, 3, 3, 3, 1, x, 3, 9, x, 3, 9, 0, x[50:], 3, 8)
	})
}

func TestGemmBatchF32(t *testing.T) { testGemmBatch[float32](t) }
func TestGemmBatchF64(t *testing.T) { testGemmBatch[float64](t) }

// Products of every kind allocate nothing on one core, also where several would share the work.
func TestProductsAllocateNothing(t *testing.T) {
	if racing {
		t.Skip("the race detector makes sync.Pool forget")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const m, n, k, batch = 600, 64, 300, 16
	a, b, c := make([]float32, batch*m*k), make([]float32, batch*k*m), make([]float32, batch*m*m)
	for name, f := range map[string]func(){
		"product":    func() { Gemm(false, false, m, n, k, 1, a, k, b, n, 0.5, c, n) },
		"transposed": func() { Gemm(true, true, m, n, k, 1, a, m, b, k, 0, c, n) },
		"column":     func() { Gemm(false, false, batch*m, 1, k, 1, a, k, b, 1, 0, c, 1) },
		"row":        func() { Gemm(false, false, 1, 8*m, k, 1, a, k, b, 8*m, 0, c, 8*m) },
		"scaled":     func() { Gemm(false, false, m, m, 0, 1, a, k, b, m, 0.5, c, m) },
		"batch":      func() { GemmBatch(batch, false, false, m/4, n, 16, 1, a, k, m*k/4, b, n, k*n, 0, c, n, m*n/4) },
	} {
		f()
		if got := testing.AllocsPerRun(3, f); got != 0 {
			t.Errorf("%s: %g allocations", name, got)
		}
	}
}
