package kern

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// columns of numbers that find out sorts.
func columns[T Float](n int) map[string][]T {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	make := func(f func(i int) float64) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = T(f(i))
		}
		return x
	}
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, math.SmallestNonzeroFloat64, -1e-40, math.MaxFloat32}
	return map[string][]T{
		"normal":   make(func(int) float64 { return r.NormFloat64() }),
		"ties":     make(func(int) float64 { return float64(r.IntN(5)) }),
		"special":  make(func(int) float64 { return special[r.IntN(len(special))] }),
		"rising":   make(func(i int) float64 { return float64(i) }),
		"falling":  make(func(i int) float64 { return -float64(i) }),
		"constant": make(func(int) float64 { return 3 }),
		"organ":    make(func(i int) float64 { return float64(min(i, n-i)) }),
		"wide":     make(func(int) float64 { return math.Ldexp(r.NormFloat64(), r.IntN(200)-100) }),
	}
}

func testArgSort[T Float](t *testing.T) {
	var s Sorter[T]
	for _, n := range []int{0, 1, 2, 17, 256, 257, 1000, 5000} {
		for name, x := range columns[T](n) {
			for _, falling := range []bool{false, true} {
				got, want := make([]int32, n), make([]int32, n)
				for i := range want {
					want[i] = int32(i)
				}
				slices.SortStableFunc(want, func(i, j int32) int {
					a, b := float64(x[i]), float64(x[j])
					switch {
					case a != a || b != b: // NaN last
						return cmp.Compare(b2i(a != a), b2i(b != b))
					case falling:
						a, b = b, a
					}
					return cmp.Compare(a, b)
				})
				s.ArgSort(got, x, falling)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, n %d, falling %v", name, n, falling)
				}
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestArgSortF32(t *testing.T) { testArgSort[float32](t) }
func TestArgSortF64(t *testing.T) { testArgSort[float64](t) }

func TestSortingAgainAllocatesNothing(t *testing.T) {
	if racing {
		t.Skip("the race detector allocates")
	}
	var s Sorter[float64]
	x, dst := columns[float64](2000)["normal"], make([]int32, 2000)
	if n := testing.AllocsPerRun(5, func() { s.ArgSort(dst, x, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func testNth[T Float](t *testing.T) {
	for _, n := range []int{1, 2, 16, 17, 100, 3000} {
		for name, x := range columns[T](n) {
			sorted := slices.Clone(x)
			slices.SortFunc(sorted, func(a, b T) int {
				if a != a || b != b {
					return cmp.Compare(b2i(a != a), b2i(b != b))
				}
				return cmp.Compare(a, b)
			})
			for _, k := range []int{0, n / 3, n / 2, n - 1} {
				y := slices.Clone(x)
				got := NthElement(y, k)
				if got != sorted[k] && !(got != got && sorted[k] != sorted[k]) {
					t.Fatalf("%s, n %d: element %d is %v, want %v", name, n, k, got, sorted[k])
				}
				for i, v := range y {
					if i < k && v > got || i > k && v < got {
						t.Fatalf("%s, n %d: %v at %d, %v at %d", name, n, v, i, got, k)
					}
				}
			}
		}
	}
}

func TestNthElementF32(t *testing.T) { testNth[float32](t) }
func TestNthElementF64(t *testing.T) { testNth[float64](t) }

func testTopK[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 63, 64, 65, 1000} {
			for name, x := range columns[T](n) {
				var all []Neighbor[T]
				for i, v := range x {
					if v == v {
						all = append(all, Neighbor[T]{v, i + 7})
					}
				}
				slices.SortFunc(all, func(a, b Neighbor[T]) int {
					return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Index, b.Index))
				})
				for _, k := range []int{0, 1, 3, 10, n + 1} {
					want := all[:min(k, len(all))]
					once, parts, other := NewTopK[T](k), NewTopK[T](k), NewTopK[T](k)
					once.Offer(x, 7)
					cut := n / 3
					other.Offer(x[cut:], 7+cut) // any order, joined
					parts.Offer(x[:cut], 7)
					parts.Merge(other)
					for what, top := range map[string]*TopK[T]{"once": once, "in parts": parts} {
						if got := top.Sorted(nil); !slices.Equal(got, want) {
							t.Fatalf("%s, n %d, k %d, %s: %v, want %v", name, n, k, what, got, want)
						}
					}
				}
			}
		}
	})
}

func TestTopKF32(t *testing.T) { testTopK[float32](t) }
func TestTopKF64(t *testing.T) { testTopK[float64](t) }

func BenchmarkArgSort(b *testing.B) {
	for _, n := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			x, dst := make([]float64, n), make([]int32, n)
			normals(r, x)
			var s Sorter[float64]
			for b.Loop() {
				s.ArgSort(dst, x, false)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/item")
		})
	}
}

func BenchmarkNthElement(b *testing.B) {
	const n = 1_000_000
	r := rand.New(rand.NewPCG(1, 1))
	x, y := make([]float64, n), make([]float64, n)
	normals(r, x)
	for b.Loop() {
		copy(y, x)
		NthElement(y, n/2)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/item")
}

func BenchmarkTop10(b *testing.B) {
	const n = 1_000_000
	r := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, n)
	normals(r, x)
	top := NewTopK[float64](10)
	for b.Loop() {
		top.Reset()
		top.Offer(x, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/item")
}
