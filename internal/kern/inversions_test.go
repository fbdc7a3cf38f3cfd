package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestInversions(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, n := range []int{0, 1, 2, 7, 8, 9, 63, 64, 65, 66, 100, 500, 1000, 3000} {
			for _, values := range []int64{1, 2, 10, 1 << 40} {
				x := make([]int64, n)
				for i := range x {
					x[i] = r.Int64N(values) - values/2
				}
				if n > 3 && values == 10 {
					x[1], x[2] = math.MaxInt64, math.MinInt64
				}
				want := uint64(0)
				for i, v := range x {
					for _, w := range x[i+1:] {
						if w < v {
							want++
						}
					}
				}
				sorted := slices.Clone(x)
				slices.Sort(sorted)
				if got := Inversions(x); got != want || !slices.Equal(x, sorted) {
					t.Fatalf("%d of %d numbers out of %d, want %d; sorted: %v", got, n, values, want, slices.Equal(x, sorted))
				}
			}
		}
		for _, n := range []int{100_000, 70_001} { // falling, and shuffled with the pairs that merge sort counts
			if small() {
				n /= 10
			}
			x := make([]int64, n)
			for i := range x {
				x[i] = int64(n - i)
			}
			if got, want := Inversions(x), uint64(n)*uint64(n-1)/2; got != want {
				t.Errorf("%d pairs of %d falling numbers, want %d", got, n, want)
			}
			for i := range x {
				x[i] = r.Int64N(int64(n / 3))
			}
			want := mergeInversions(slices.Clone(x), make([]int64, n))
			if got := Inversions(x); got != want || !slices.IsSorted(x) {
				t.Errorf("%d pairs of %d, want %d", got, n, want)
			}
			same := slices.Repeat([]int64{math.MaxInt64}, n)
			if got := Inversions(same); got != 0 {
				t.Errorf("%d pairs of equal numbers", got)
			}
		}
	})
}

// A bad choice of pivots ends in merge sort.
func TestInversionsGiveUpInTime(t *testing.T) {
	x := make([]int64, 5000)
	for i := range x {
		x[i] = int64(i * 7919 % 5000)
	}
	want := mergeInversions(slices.Clone(x), make([]int64, len(x)))
	if got := quickInversions(nil, x, make([]int64, len(x)), 0); got != want || !slices.IsSorted(x) {
		t.Errorf("%d pairs, want %d", got, want)
	}
}
