package kern

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// testSyrk compares with the definition in float64. The bound is that of a sum of k products in any order.
func testSyrk[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		for _, s := range [][2]int{{1, 1}, {1, 9}, {5, 1}, {13, 7}, {14, 3}, {15, 40}, {29, 33}, {60, 100}, {101, 160}, {7, 4500}, {20, 4097}, {500, 30}} {
			n, k := s[0], s[1]
			if small() && n*n*k > 500_000 {
				continue
			}
			for _, trans := range []bool{false, true} {
				for _, beta := range []T{0, 1, -0.5} {
					rows, cols := n, k
					if trans {
						rows, cols = k, n
					}
					a, lda, _ := padded[T](t, r, rows, cols, r.IntN(3))
					c, ldc, check := padded[T](t, r, n, n, r.IntN(3))
					at := func(i, p int) float64 {
						if trans {
							return float64(a[p*lda+i])
						}
						return float64(a[i*lda+p])
					}
					was := slices.Clone(c)
					if beta == 0 {
						for i := range n {
							for j := i; j < n; j++ {
								c[i*ldc+j] = T(math.NaN())
							}
						}
					}
					const alpha = 0.75
					Syrk(trans, n, k, alpha, a, lda, beta, c, ldc)
					check()
					for i := range n {
						for j := range n {
							got, old := c[i*ldc+j], was[i*ldc+j]
							if j < i {
								if got != old {
									t.Fatalf("%d x %d trans %v: wrote below the diagonal at %d, %d", n, k, trans, i, j)
								}
								continue
							}
							sum, size := float64(beta)*float64(old), math.Abs(float64(beta)*float64(old))
							for p := range k {
								v := alpha * at(i, p) * at(j, p)
								sum += v
								size += math.Abs(v)
							}
							if d := math.Abs(float64(got) - sum); !(d <= float64(k+4)*eps[T]()*size) {
								t.Fatalf("%d x %d trans %v beta %v at %d, %d: got %v, want %v", n, k, trans, beta, i, j, got, sum)
							}
						}
					}
				}
			}
		}
	})
}

func TestSyrkF32(t *testing.T) { testSyrk[float32](t) }
func TestSyrkF64(t *testing.T) { testSyrk[float64](t) }

func TestSyrkSameBitsOnAnyCores(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, s := range [][2]int{{90, 9000}, {700, 150}} {
			n, k := s[0], s[1]
			if small() {
				n, k = n/3, k/2
			}
			a := make([]float64, n*k)
			normals(r, a)
			var first []float64
			for _, procs := range []int{1, 2, 3, 8} {
				c := make([]float64, n*n)
				func() {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
					Syrk(true, n, k, 1, a, n, 0, c, n)
				}()
				if first == nil {
					first = c
				}
				if !slices.Equal(first, c) {
					t.Fatalf("%d x %d: other bits with GOMAXPROCS %d", n, k, procs)
				}
			}
		}
	})
}
