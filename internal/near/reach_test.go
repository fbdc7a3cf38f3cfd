package near

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Core distances are those of sorted distances, and the tree is as short as Prim's over all pairs, edge by edge; on any number of cores it is the same.
func TestSpanIsShortest(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	r := rng.New(8, 0)
	for _, norm := range []Norm{{2}, {1}, {math.Inf(1)}} {
		for _, d := range []int{1, 2, 5} {
			for _, n := range []int{1, 2, 30, 300} {
				for _, least := range []float64{1, 4, 90} {
					p := Points{N: n, D: d, X: make([]float64, n*d)}
					for i := range p.X {
						p.X[i] = r.NormFloat64() + 5*float64(i/d%3)
						if d == 1 || least == 4 && d == 2 {
							p.X[i] = math.Round(p.X[i] * 4) // many equal distances, and points
						}
					}
					var weight []float64
					if d == 5 {
						weight = make([]float64, n)
						for i := range weight {
							weight[i] = float64(1+i%4) / 2
						}
					}
					checkSpan(t, p, norm, weight, least)
				}
			}
		}
	}
}

func checkSpan(t *testing.T, p Points, norm Norm, weight []float64, least float64) {
	t.Helper()
	core := make([]float64, p.N)
	for i := range core {
		var all []Neighbor
		for j := range p.N {
			all = append(all, Neighbor{Value: Between(norm, p.Row(i), p.Row(j)), Index: j})
		}
		slices.SortFunc(all, func(a, b Neighbor) int {
			if a.Value != b.Value {
				if a.Value < b.Value {
					return -1
				}
				return 1
			}
			return a.Index - b.Index
		})
		sum := 0.0
		for _, a := range all {
			core[i] = a.Value
			if weight == nil {
				sum++
			} else {
				sum += weight[a.Index]
			}
			if sum >= least {
				break
			}
		}
	}
	var want []float64
	in := make([]bool, p.N)
	reach := make([]float64, p.N)
	for i := range reach {
		reach[i] = math.Inf(1)
	}
	for last, left := 0, p.N-1; left > 0; left-- {
		in[last] = true
		best := -1
		for j := range p.N {
			if !in[j] {
				reach[j] = min(reach[j], max(core[last], core[j], Between(norm, p.Row(last), p.Row(j))))
				if best < 0 || reach[j] < reach[best] {
					best = j
				}
			}
		}
		want = append(want, reach[best])
		last = best
	}
	slices.Sort(want)
	var first []Edge
	for _, procs := range []int{1, 4} {
		runtime.GOMAXPROCS(procs)
		s := NewReach(p, norm, weight, least)
		if got := s.Core(); !slices.Equal(got, core) {
			t.Fatalf("%v, %d x %d, %v: core distances %v, want %v", norm, p.N, p.D, least, got, core)
		}
		edges, err := s.Span(func() error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		var got []float64
		u := newUnions(p.N)
		for _, e := range edges {
			got = append(got, e.Height)
			if u.find(e.A) == u.find(e.B) {
				t.Fatal("a ring")
			}
			u.unite(e.A, e.B)
			if h := max(core[e.A], core[e.B], Between(norm, p.Row(int(e.A)), p.Row(int(e.B)))); h != e.Height {
				t.Fatalf("edge %v has the height %v", e, h)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, %d x %d, %v: heights %v, want %v", norm, p.N, p.D, least, got, want)
		}
		if procs == 1 {
			first = edges
		} else if !slices.Equal(first, edges) {
			t.Fatalf("%v, %d x %d: another tree on several cores", norm, p.N, p.D)
		}
	}
}
