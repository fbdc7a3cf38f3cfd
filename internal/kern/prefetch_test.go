package kern

import "testing"

// A hint has no result to check: it must take any length and alignment, and leave the numbers alone.
func TestPrefetchChangesNothing(t *testing.T) {
	for n := range 70 {
		for at := range 9 {
			x := make([]float64, n+at)
			for i := range x {
				x[i] = float64(i)
			}
			Prefetch(x[at:])
			Prefetch([]float32(nil))
			for i, v := range x {
				if v != float64(i) {
					t.Fatalf("x[%d] is %v", i, v)
				}
			}
		}
	}
	Prefetch(make([]float32, 1<<20))
}

func BenchmarkPrefetch50(b *testing.B) {
	x := make([]float64, 50)
	for b.Loop() {
		Prefetch(x)
	}
}
