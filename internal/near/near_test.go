package near

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// kinds of points that searches go wrong on.
var kinds = map[string]func(r *rand.Rand, i, j int) float64{
	"normal":     func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() },
	"grid":       func(r *rand.Rand, i, j int) float64 { return float64(r.IntN(4)) },
	"equal":      func(r *rand.Rand, i, j int) float64 { return 3 },
	"far off":    func(r *rand.Rand, i, j int) float64 { return 1e9 + r.NormFloat64() },
	"near":       func(r *rand.Rand, i, j int) float64 { return 1 + 1e-9*r.NormFloat64() },
	"small":      func(r *rand.Rand, i, j int) float64 { return 1e-200 * r.NormFloat64() },
	"unlike":     func(r *rand.Rand, i, j int) float64 { return math.Pow(10, float64(8*j%40-20)) * r.NormFloat64() },
	"outlier":    func(r *rand.Rand, i, j int) float64 { return map[bool]float64{true: 1e14, false: r.Float64()}[i == 5] },
	"enormous":   func(r *rand.Rand, i, j int) float64 { return 1e153 * r.NormFloat64() },
	"overflowed": func(r *rand.Rand, i, j int) float64 { return 1e200 * r.NormFloat64() },
}

func make2(seed uint64, n, d int, f func(r *rand.Rand, i, j int) float64) Points {
	r := rng.New(seed, 0)
	p := Points{N: n, D: d, X: make([]float64, n*d)}
	for i := range n {
		for j := range d {
			p.X[i*d+j] = f(r, i, j)
		}
	}
	return p
}

func indexes(p Points, m Measure) map[string]Index {
	ix := map[string]Index{"brute": NewBrute(p, m), "ball": NewBallTree(p, m, 4), "vp": NewVPTree(p, m, 4), "cover": NewCoverTree(p, m, 4), "bk": NewBKTree(p, m, 4)}
	if n, ok := m.(Norm); ok {
		ix["kd"] = NewKDTree(p, n, 4)
	}
	return ix
}

// Every index gives what sorting all distances gives, ties by index, to the bit.
func TestSearchesAreThatOfAllDistances(t *testing.T) {
	measures := map[string]Measure{"2": Norm{2}, "1": Norm{1}, "inf": Norm{math.Inf(1)}, "3": Norm{3}, "func": Func(func(x, y []float64) float64 {
		n := 0.0
		for j := range x {
			if x[j] != y[j] {
				n++
			}
		}
		return n
	})}
	for kind, f := range kinds {
		for _, size := range []struct{ n, d int }{{1, 1}, {30, 2}, {700, 3}, {2100, 17}, {4400, 9}} {
			p := make2(1, size.n, size.d, f)
			queries := make2(2, 7, size.d, f)
			copy(queries.Row(0), p.Row(0))
			for name, m := range measures {
				if size.n > 1000 && name != "2" {
					continue
				}
				for which, ix := range indexes(p, m) {
					where := fmt.Sprintf("%s, %dx%d, %s, %s", kind, size.n, size.d, name, which)
					if testing.Short() && size.n > 700 && (which == "vp" || which == "cover" || which == "bk") {
						continue // under emulation: the fewer points have all their turns
					}
					var s Search
					all := make([][]Neighbor, queries.N)
					for i := range queries.N {
						for at := range p.N {
							all[i] = append(all[i], Neighbor{Value: m.between(queries.Row(i), p.Row(at)), Index: at})
						}
						slices.SortFunc(all[i], func(a, b Neighbor) int { return cmp.Or(cmp.Compare(a.Value, b.Value), a.Index-b.Index) })
						finish(m, all[i])
						for _, k := range []int{0, 1, 5, 60} {
							if got, want := ix.Nearest(&s, queries.Row(i), k), all[i][:min(k, p.N)]; !slices.Equal(got, want) {
								t.Fatalf("%s: %d nearest of %d are %v, want %v", where, k, i, got, want)
							}
						}
						for _, r := range []float64{0, all[i][len(all[i])/3].Value} {
							want := slices.DeleteFunc(slices.Clone(all[i]), func(n Neighbor) bool { return n.Value > r })
							slices.SortFunc(want, byIndex)
							if got := ix.Within(&s, queries.Row(i), r); !slices.Equal(got, want) {
								t.Fatalf("%s: within %g of %d are %v, want %v", where, r, i, got, want)
							}
							var seen []int
							Visit(ix, &s, queries.Row(i), r, func(at int, _ float64) bool {
								seen = append(seen, at)
								return true
							})
							slices.Sort(seen)
							if !slices.EqualFunc(seen, want, func(at int, n Neighbor) bool { return at == n.Index }) {
								t.Fatalf("%s: within %g of %d were visited %v, want %v", where, r, i, seen, want)
							}
						}
					}
					x := rows.Of(tensor.FromSlice(queries.X, queries.N, queries.D))
					Each(ix, x, 5, func(i int, found []Neighbor) {
						if want := all[i][:min(5, p.N)]; !slices.Equal(found, want) {
							t.Errorf("%s: together, %d gets %v, want %v", where, i, found, want)
						}
					})
					r := all[3][min(len(all[3])-1, 40)].Value
					EachWithin(ix, x, r, func(i int, found []Neighbor) {
						want := slices.DeleteFunc(slices.Clone(all[i]), func(n Neighbor) bool { return n.Value > r })
						slices.SortFunc(want, byIndex)
						if !slices.Equal(found, want) {
							t.Errorf("%s: together, within %g of %d are %v, want %v", where, r, i, found, want)
						}
					})
				}
			}
		}
	}
}

func TestRest(t *testing.T) {
	list := func(index ...int) (n []Neighbor) {
		for _, i := range index {
			n = append(n, Neighbor{Index: i})
		}
		return n
	}
	if got := Rest(list(4, 7, 2), 7, 2); !slices.Equal(got, list(4, 2)) {
		t.Error(got)
	}
	if got := Rest(list(4, 7, 2), 9, 2); !slices.Equal(got, list(4, 7)) {
		t.Error(got)
	}
}

func TestSearchesAllocateNothing(t *testing.T) {
	p := make2(1, 3000, 3, kinds["normal"])
	for which, ix := range indexes(p, Norm{2}) {
		var s Search
		q := []float64{0.1, 0.2, 0.3}
		ask := func() { ix.Nearest(&s, q, 10); ix.Within(&s, q, 0.3) }
		ask()
		if n := testing.AllocsPerRun(20, ask); n != 0 {
			t.Errorf("%s: %g allocations", which, n)
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	for _, size := range []struct {
		n, d, m int
		which   string
	}{{50000, 16, 5000, "brute"}, {50000, 16, 1, "brute"}, {50000, 3, 50000, "kd"}, {50000, 16, 1000, "kd"}, {50000, 3, 20000, "ball"}} {
		p := make2(1, size.n, size.d, kinds["normal"])
		x := rows.Of(tensor.FromSlice(make2(2, size.m, size.d, kinds["normal"]).X, size.m, size.d))
		var ix Index
		switch size.which {
		case "brute":
			ix = NewBrute(p, Norm{2})
		case "kd":
			ix = NewKDTree(p, Norm{2}, 0)
		default:
			ix = NewBallTree(p, Norm{2}, 0)
		}
		b.Run(fmt.Sprintf("%s-%dx%d-%d", size.which, size.n, size.d, size.m), func(b *testing.B) {
			for b.Loop() {
				Each(ix, x, 10, func(int, []Neighbor) {})
			}
		})
	}
}

func BenchmarkKDTree(b *testing.B) {
	p := make2(1, 1000000, 3, kinds["normal"])
	for b.Loop() {
		NewKDTree(p, Norm{2}, 0)
	}
}

// Where all distances are equal, trees take no more than a few hundred of them for each point to be made, and as many as there are points to be searched.
func TestEqualDistancesDoNotBlowUp(t *testing.T) {
	const n = 3000
	p := make2(1, n, 1, func(r *rand.Rand, i, j int) float64 { return float64(i) })
	var calls atomic.Int64
	m := Func(func(x, y []float64) float64 {
		calls.Add(1)
		if x[0] == y[0] {
			return 0
		}
		return 1
	})
	for name, ix := range map[string]func() Index{"ball": func() Index { return NewBallTree(p, m, 4) }, "vp": func() Index { return NewVPTree(p, m, 4) },
		"cover": func() Index { return NewCoverTree(p, m, 4) }, "bk": func() Index { return NewBKTree(p, m, 4) }} {
		calls.Store(0)
		tree := ix()
		if c := calls.Load(); c > 300*n {
			t.Errorf("%s: made by %d distances", name, c)
		}
		calls.Store(0)
		var s Search
		if got := tree.Nearest(&s, p.Row(7), 3); got[0].Index != 7 || got[1].Index != 0 {
			t.Errorf("%s: %v", name, got)
		}
		if c := calls.Load(); c > 3*n {
			t.Errorf("%s: searched by %d distances", name, c)
		}
	}
}
