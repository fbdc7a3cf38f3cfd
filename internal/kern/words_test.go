package kern

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// inputs are lists of integers of many lengths and kinds.
func wordInputs(yield func(name string, x []int64)) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 100, 127, 129, 1000, 4097, 70001} {
		for name, draw := range map[string]func(i int) int64{
			"any":     func(int) int64 { return int64(r.Uint64()>>1) * (1 - 2*r.Int64N(2)) },
			"few":     func(int) int64 { return r.Int64N(3) - 1 },
			"equal":   func(int) int64 { return 7 },
			"rising":  func(i int) int64 { return int64(i) },
			"falling": func(i int) int64 { return -int64(i) },
			"saw":     func(i int) int64 { return int64(i % 37) },
			"ends":    func(int) int64 { return []int64{math.MinInt64, math.MaxInt64 - 1, 0}[r.IntN(3)] },
			"skewed":  func(int) int64 { return 1 << r.IntN(62) },
		} {
			x := make([]int64, n)
			for i := range x {
				x[i] = draw(i)
			}
			yield(name, x)
		}
	}
}

func TestSortWordsSorts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		wordInputs(func(name string, x []int64) {
			want := slices.Sorted(slices.Values(x))
			SortWords(x)
			if !slices.Equal(x, want) {
				t.Fatalf("%s of %d: not sorted", name, len(x))
			}
		})
		x := []int64{math.MaxInt64, 3, math.MaxInt64}
		x = slices.Repeat(x, 100)
		want := slices.Sorted(slices.Values(x))
		if SortWords(x); !slices.Equal(x, want) {
			t.Error("the largest integer is sorted, too")
		}
	})
}

func TestSortWordPairsCarries(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		wordInputs(func(name string, x []int64) {
			with := make([]int64, len(x))
			for i := range with {
				with[i] = int64(i)
			}
			want := slices.Clone(with)
			before := slices.Clone(x)
			slices.SortFunc(want, func(i, j int64) int { return cmp.Or(cmp.Compare(before[i], before[j]), cmp.Compare(i, j)) })
			SortWordPairs(x, with)
			if !slices.IsSorted(x) || !slices.Equal(with, want) {
				t.Fatalf("%s of %d: not in order", name, len(x))
			}
		})
	})
}

func TestNthSize(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		wordInputs(func(name string, x []int64) {
			v := make([]float64, len(x))
			for i, w := range x {
				v[i] = math.Abs(float64(w))
			}
			want := slices.Sorted(slices.Values(v))
			for _, k := range []int{0, len(v) / 2, len(v) - 1} {
				if len(v) == 0 {
					continue
				}
				got, next := NthSize(slices.Clone(v), k)
				if after := want[min(k+1, len(v)-1)]; got != want[k] || next != after {
					t.Fatalf("%s of %d: number %d is %v, then %v, not %v, then %v", name, len(v), k, got, next, want[k], after)
				}
			}
		})
	})
}

// TestQuickGivesUpInTime: a bad choice of pivots ends in radix sort.
func TestQuickGivesUpInTime(t *testing.T) {
	x := make([]int64, 5000)
	for i := range x {
		x[i] = int64(i*7919%5000) - 2500
	}
	for _, here := range []bool{true, false} {
		from, to := slices.Clone(x), make([]int64, len(x))
		with, withTo := slices.Clone(x), make([]int64, len(x))
		quick(nil, span{from, to, with, withTo, here, 0})
		if !here {
			from, with = to, withTo
		}
		if !slices.IsSorted(from) || !slices.Equal(from, with) {
			t.Error("not sorted")
		}
	}
}

func TestOrderWordsKeepOrder(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		v := []float64{math.Inf(-1), -math.MaxFloat64, -1, -math.SmallestNonzeroFloat64, math.Copysign(0, -1), 0, math.SmallestNonzeroFloat64, 1e-300, 1, 2, math.MaxFloat64, math.Inf(1)}
		w, back := make([]int64, len(v)), make([]float64, len(v))
		OrderWords(w, v)
		if !slices.IsSorted(w) || len(slices.Compact(slices.Clone(w))) != len(w) {
			t.Errorf("not in order: %v", w)
		}
		FloatsOf(back, w)
		for i := range v {
			if math.Float64bits(v[i]) != math.Float64bits(back[i]) {
				t.Errorf("%v came back as %v", v[i], back[i])
			}
		}
	})
}

func TestSplitClasses(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{0, 1, 15, 16, 17, 40, 1001} {
			class, score, dst := make([]int, n), make([]float64, n), make([]int64, n)
			var want [2][]float64
			for i := range n {
				class[i], score[i] = r.IntN(2), math.Round(8*r.NormFloat64())/8
				want[class[i]] = append(want[class[i]], score[i]+0)
			}
			zeros, ok := SplitClasses(dst, class, score)
			got := make([]float64, n)
			FloatsOf(got, dst)
			if !ok || zeros != len(want[0]) {
				t.Fatalf("%d: %d of class 0, not %d (%v)", n, zeros, len(want[0]), ok)
			}
			for c, part := range [][]float64{got[:zeros], got[zeros:]} {
				slices.Sort(part)
				slices.Sort(want[c])
				if !slices.Equal(part, want[c]) {
					t.Errorf("%d: class %d has other scores", n, c)
				}
			}
			for i := range n {
				class[i] += 2
				if _, ok := SplitClasses(dst, class, score); ok {
					t.Errorf("class %d taken", class[i])
				}
				class[i] -= 2
				was := score[i]
				score[i] = math.NaN()
				if _, ok := SplitClasses(dst, class, score); ok {
					t.Error("NaN taken")
				}
				score[i] = was
			}
		}
	})
}

func BenchmarkSortWords(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	from := make([]float64, 1_000_000)
	for i := range from {
		from[i] = r.NormFloat64()
	}
	x, with := make([]int64, len(from)), make([]int64, len(from))
	b.Run("words", func(b *testing.B) {
		for b.Loop() {
			OrderWords(x, from)
			SortWords(x)
		}
	})
	b.Run("pairs", func(b *testing.B) {
		for b.Loop() {
			OrderWords(x, from)
			for i := range with {
				with[i] = int64(i)
			}
			SortWordPairs(x, with)
		}
	})
	var sorter Sorter[float64]
	order, levels := make([]int32, len(from)), make([]float64, len(from))
	for i, v := range from {
		levels[i] = math.Round(v)
	}
	for name, v := range map[string][]float64{"argsort": from, "argsort of few levels": levels} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sorter.ArgSort(order, v, false)
			}
		})
	}
}
