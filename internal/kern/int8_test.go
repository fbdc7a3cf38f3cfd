package kern

import (
	"math/rand/v2"
	"testing"
)

// extremes fills x with the ends of A's range, where saturation shows (VPMADDUBSW would give 32767 for 255·127 twice), and
// with others.
func extremes[A octet](r *rand.Rand, x []A) {
	low, high := 0, 255
	if signed[A]() {
		low, high = -128, 127
	}
	for i := range x {
		x[i] = A([]int{low, high, r.IntN(256)}[r.IntN(3)])
	}
}

func testInt8[A octet](t *testing.T, longest int, most A, dot func([]A, []int8) int32, dotRows func([]int32, []A, []int8, int)) {
	eachLevel(t, func(t *testing.T) {
		eachInt8Path(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 3))
			sizes := []int{0, 1, 15, 16, 17, 31, 63, 64, 65, 127, 128, 200}
			if !small() {
				sizes = append(sizes, 1000, longest)
			}
			for _, k := range sizes {
				for _, n := range []int{1, 3, 4, 5, 9} {
					stride := k + r.IntN(3)
					all := make([]int8, n*stride+2*guard)
					rows := all[guard : guard+max(0, (n-1)*stride+k) : guard+max(0, (n-1)*stride+k)]
					around := make([]A, k+2*guard)
					a := around[guard : guard+k : guard+k]
					extremes(r, around)
					extremes(r, all)
					if n == 1 && k == longest { // the largest sum that fits
						for i := range a {
							a[i], rows[i] = most, -128
						}
					}
					got, want := make([]int32, n+2), make([]int32, n)
					got[0], got[n+1] = 77, 77
					dotRowsInt8Generic(want, a, rows, stride)
					dotRows(got[1:n+1], a, rows, stride)
					for i, v := range want {
						if got[i+1] != v {
							t.Fatalf("k %d, row %d of %d: %d, want %d", k, i, n, got[i+1], v)
						}
					}
					if got[0] != 77 || got[n+1] != 77 {
						t.Fatal("wrote outside of dst")
					}
					if n == 1 && dot(a, rows[:k]) != want[0] {
						t.Fatal("one row alone")
					}
					if n == 1 && k == longest {
						exact := int64(k) * int64(most) * -128
						if int64(want[0]) != exact {
							t.Fatalf("the longest sum is %d, not %d", want[0], exact)
						}
					}
				}
			}
		})
	})
}

func TestInt8ProductsAreExact(t *testing.T) { testInt8(t, 65793, 255, DotU8S8, DotRowsU8S8) }
func TestInt8SignedProductsAreExact(t *testing.T) {
	testInt8(t, 131071, -128, DotS8S8, DotRowsS8S8)
}

type gemmInt8[A octet] func(m, n, k int, a []A, lda int, b []int8, ldb int, c []int32, ldc int)

func testGemmInt8[A octet](t *testing.T, gemm gemmInt8[A]) {
	eachLevel(t, func(t *testing.T) {
		eachInt8Path(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, 5))
			shapes := [][3]int{{0, 3, 4}, {3, 0, 4}, {2, 3, 0}, {1, 1, 1}, {2, 3, 4}, {5, 13, 70}, {13, 5, 129}, {3, 9, 5000}}
			if !small() {
				shapes = append(shapes, [][3]int{{64, 300, 784}, {300, 64, 257}}...)
			}
			for _, s := range shapes {
				m, n, k := s[0], s[1], s[2]
				lda, ldb, ldc := k+r.IntN(3), k+r.IntN(3), n+2
				a, b := make([]A, max(0, (m-1)*lda+k)), make([]int8, max(0, (n-1)*ldb+k))
				extremes(r, a)
				extremes(r, b)
				c := make([]int32, m*ldc)
				for i := range c {
					c[i] = 77
				}
				gemm(m, n, k, a, lda, b, ldb, c, ldc)
				for i := range m {
					for j := range ldc {
						want := int32(77)
						if j < n {
							want = 0
							for p := range k {
								want += int32(a[i*lda+p]) * int32(b[j*ldb+p])
							}
						}
						if got := c[i*ldc+j]; got != want {
							t.Fatalf("%v: %d, %d is %d, want %d", s, i, j, got, want)
						}
					}
				}
			}
		})
	})
	for name, f := range map[string]func(){
		"a": func() { gemm(2, 2, 4, make([]A, 7), 4, make([]int8, 8), 4, make([]int32, 4), 2) },
		"b": func() { gemm(2, 2, 4, make([]A, 8), 4, make([]int8, 7), 4, make([]int32, 4), 2) },
		"c": func() { gemm(2, 2, 4, make([]A, 8), 4, make([]int8, 8), 4, make([]int32, 3), 2) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("short %s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestGemmInt8IsExact(t *testing.T)       { testGemmInt8(t, GemmU8S8) }
func TestGemmInt8SignedIsExact(t *testing.T) { testGemmInt8(t, GemmS8S8) }

func benchInt8[A octet](b *testing.B, gemm gemmInt8[A]) {
	const m, n, k = 32, 256, 1024
	r := rand.New(rand.NewPCG(1, 1))
	x, rows, dst := make([]A, m*k), make([]int8, n*k), make([]int32, m*n)
	extremes(r, x)
	extremes(r, rows)
	for _, m := range []int{1, m} {
		b.Run(map[bool]string{true: "one", false: "many"}[m == 1], func(b *testing.B) {
			atEach(b, func(b *testing.B) {
				for b.Loop() {
					gemm(m, n, k, x, k, rows, k, dst, n)
				}
				b.ReportMetric(2*float64(m)*n*k*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GOP/s")
			})
		})
	}
}

func BenchmarkInt8U8S8(b *testing.B) { benchInt8(b, GemmU8S8) }
func BenchmarkInt8S8S8(b *testing.B) { benchInt8(b, GemmS8S8) }
