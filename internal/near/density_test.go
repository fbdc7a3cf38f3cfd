package near

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Cores, groups and the lowest code within the radius are those that all distances give, for points on a lattice, which lie at just the radius, and for others.
func TestDensityIsThatOfAllDistances(t *testing.T) {
	r := rng.New(3, 0)
	for _, norm := range []Norm{{2}, {1}, {math.Inf(1)}, {3}} {
		for _, d := range []int{1, 2, 3, 5, 9} {
			for _, n := range []int{1, 40, 400} {
				p := Points{N: n, D: d, X: make([]float64, n*d)}
				lattice := d%2 == 1
				for i := range p.X {
					if p.X[i] = r.NormFloat64(); lattice {
						p.X[i] = math.Round(2*p.X[i]) * 0.1
					}
				}
				radius := 0.5 * math.Sqrt(float64(d))
				if lattice {
					radius = 0.3
				}
				weight := make([]float64, n)
				for i := range weight {
					weight[i] = float64(1 + i%3)
				}
				for _, w := range [][]float64{nil, weight} {
					checkDensity(t, p, norm, radius, w, 9)
				}
			}
		}
	}
}

func checkDensity(t *testing.T, p Points, norm Norm, radius float64, weight []float64, least float64) {
	t.Helper()
	within := func(i, j int) bool { return norm.distance(norm.between(p.Row(i), p.Row(j))) <= radius }
	want := make([]bool, p.N)
	for i := range want {
		sum := 0.0
		for j := range p.N {
			switch {
			case !within(i, j):
			case weight == nil:
				sum++
			default:
				sum += weight[j]
			}
		}
		want[i] = sum >= least
	}
	groups, k := make([]int32, p.N), 0
	for i := range groups {
		groups[i] = -1
	}
	for i := range groups {
		if !want[i] || groups[i] >= 0 {
			continue
		}
		for todo := []int{i}; len(todo) > 0; {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			groups[at] = int32(k)
			for j := range p.N {
				if want[j] && groups[j] < 0 && within(at, j) {
					groups[j] = int32(k)
					todo = append(todo, j)
				}
			}
		}
		k++
	}
	d := NewDense(p, norm, radius)
	got := d.Cores(weight, least)
	if !slices.Equal(got, want) {
		t.Fatalf("%v, %d x %d: other core points", norm, p.N, p.D)
	}
	code, found := d.Groups(got)
	if found != k || !slices.Equal(code, groups) {
		t.Fatalf("%v, %d x %d: %d groups, want %d, or other ones", norm, p.N, p.D, found, k)
	}
	var codes []int
	for _, c := range code {
		if c >= 0 {
			codes = append(codes, int(c))
		}
	}
	core := Points{D: p.D}
	for i, in := range got {
		if in {
			core.N++
			core.X = append(core.X, p.Row(i)...)
		}
	}
	d.Borders(code)
	index := NewCodes(NewKDTree(core, norm, 0), codes)
	var s Search
	for i := range p.N {
		lowest := -1
		for j := range p.N {
			if want[j] && within(i, j) && (lowest < 0 || int(groups[j]) < lowest) {
				lowest = int(groups[j])
			}
		}
		if c := index.Within(&s, p.Row(i), radius); c != lowest || int(code[i]) != lowest {
			t.Fatalf("%v, %d x %d: point %d has the code %d, want %d", norm, p.N, p.D, i, c, lowest)
		}
	}
}
