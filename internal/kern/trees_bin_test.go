package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

func TestTreeCutsBin(t *testing.T) {
	if !treesBinned() {
		t.Skip("no assembly at this level")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, narrow := range []bool{true, false} {
		for _, n := range []int{0, 1, 2, 15, 30, 31, 32, 62, 63, 64, 127, 128, 200, 254, 255} {
			cuts := []float64{math.Inf(-1), -1e30, 0, float64(math.SmallestNonzeroFloat32), 1e-30, 1e30}[:min(n, 6)]
			if !narrow && n > 6 {
				cuts = append(cuts, -1e300, 1e300)
			}
			for len(cuts) < n {
				cuts = append(cuts, float64(len(cuts)%2)*r.NormFloat64()+float64(len(cuts)))
			}
			if narrow {
				for i := range cuts {
					cuts[i] = float64(float32(cuts[i]))
				}
			}
			slices.Sort(cuts)
			c, ok := NewTreeCuts(cuts, narrow, n/2)
			if !ok {
				t.Fatal(narrow, cuts)
			}
			x := []float64{math.NaN(), 0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1e299, 1e301, -1e299, -1e301, math.MaxFloat32, 1e39, 1e-60, -1e-60}
			for _, v := range cuts {
				x = append(x, v, math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1)), v+r.NormFloat64())
			}
			for len(x)%TreeGroup != 0 {
				x = append(x, 300*r.Float64())
			}
			dst := make([]int8, TreeGroup)
			for lo := 0; lo < len(x); lo += TreeGroup {
				for range 2 {
					c.Bin(dst, x[lo:])
					for i, v := range x[lo : lo+TreeGroup] {
						if narrow {
							v = float64(float32(v))
						}
						want := sort.Search(n, func(i int) bool { return cuts[i] > v })
						if v != v {
							want = n / 2
						}
						if got := int(dst[TreeByte(i)]) + 128; got != want {
							t.Fatalf("narrow %v, %d cuts: %v has rank %d, want %d", narrow, n, v, got, want)
						}
					}
					treeBinGeneric(c, dst, x[lo:])
				}
			}
		}
	}
}

func TestTreeCutsThatFloat32DoesNotTellApart(t *testing.T) {
	if _, ok := NewTreeCuts([]float64{1, 1 + 1e-12, 1 + 2e-12}, false, 0); ok {
		t.Fatal("taken")
	}
}

func BenchmarkTreeBin(b *testing.B) {
	if !treesBinned() {
		b.Skip("no assembly at this level")
	}
	for _, narrow := range []bool{true, false} {
		b.Run(map[bool]string{true: "float32", false: "float64"}[narrow], func(b *testing.B) {
			cuts := make([]float64, 254)
			for i := range cuts {
				cuts[i] = float64(i)
			}
			c, _ := NewTreeCuts(cuts, narrow, 0)
			x, dst := Aligned[float64](TreeGroup), Aligned[int8](TreeGroup)
			for i := range x {
				x[i] = 4 * float64(i)
			}
			for b.Loop() {
				c.Bin(dst, x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/TreeGroup, "ns/value")
		})
	}
}
