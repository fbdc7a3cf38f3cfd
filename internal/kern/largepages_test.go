package kern

import "testing"

// Memory in large pages is memory like any other, from its first element to its last.
func TestLargePages(t *testing.T) {
	for _, n := range []int{0, 1, 2*largePage/8 - 1, 2 * largePage / 8, 5*largePage/8 + 3} {
		x := LargePages(make([]float64, n))
		if len(x) != n {
			t.Fatalf("%d of %d", len(x), n)
		}
		for i := range x {
			if x[i] != 0 {
				t.Fatalf("%d: %v", i, x[i])
			}
			x[i] = float64(i)
		}
		for i := range x {
			if x[i] != float64(i) {
				t.Fatalf("%d: %v", i, x[i])
			}
		}
		if y := LargePages(make([]float32, 0, n)); len(y) != 0 || cap(y) < n {
			t.Fatalf("%d of capacity %d", len(y), cap(y))
		}
	}
}
