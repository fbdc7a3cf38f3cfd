package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// dependent is rows of a parabola, noise, a line, codes, and a constant, and their targets.
func dependent(n int) (x *tensor.Tensor[float64], y []float64, class []int, weight []float64) {
	r := rand.New(rand.NewPCG(8, 8))
	x, y, class, weight = tensor.New[float64](n, 5), make([]float64, n), make([]int, n), make([]float64, n)
	for i := range n {
		y[i] = r.NormFloat64()
		copy(x.Row(i), []float64{y[i] * y[i], r.NormFloat64(), 3 - 2*y[i], float64(r.IntN(3)), 7})
		class[i] = min(int(math.Abs(2*y[i])), 2)
		weight[i] = float64(r.IntN(4))
	}
	return x, y, class, weight
}

// centredMean is the weighted mean product of two matrices less the weighted means of their rows and columns.
func centredMean(a, b func(i, j int) float64, share []float64) float64 {
	n := len(share)
	centred := func(m func(i, j int) float64) [][]float64 {
		rows, all := make([]float64, n), 0.0
		for i := range n {
			for j := range n {
				rows[i] += share[j] * m(i, j)
			}
			all += share[i] * rows[i]
		}
		out := make([][]float64, n)
		for i := range n {
			for j := range n {
				out[i] = append(out[i], m(i, j)-rows[i]-rows[j]+all)
			}
		}
		return out
	}
	ca, cb, sum := centred(a), centred(b), 0.0
	for i := range n {
		for j := range n {
			sum += share[i] * share[j] * ca[i][j] * cb[i][j]
		}
	}
	return sum
}

func TestDependencesAreThoseOfAllPairs(t *testing.T) {
	x, y, class, weight := dependent(60)
	table := ml.Table{X: x, Weight: weight}
	n, p := x.Dims()
	share := make([]float64, n)
	for i, w := range weight {
		share[i] = w / total(weight, n)
	}
	deviation := func(v func(i int) float64) float64 {
		mean, squares := 0.0, 0.0
		for i, w := range share {
			mean += w * v(i)
		}
		for i, w := range share {
			squares += w * (v(i) - mean) * (v(i) - mean)
		}
		return math.Sqrt(squares)
	}
	distance := func(v func(i int) float64) func(i, j int) float64 {
		return func(i, j int) float64 { return math.Abs(v(i) - v(j)) }
	}
	gaussian := func(v func(i int) float64) func(i, j int) float64 {
		s := 1.5 * deviation(v)
		return func(i, j int) float64 { return math.Exp(-(v(i) - v(j)) * (v(i) - v(j)) / (2 * s * s)) }
	}
	number := func(i int) float64 { return y[i] }
	same := func(i, j int) float64 {
		if class[i] == class[j] {
			return 1
		}
		return 0
	}
	for name, c := range map[string]struct {
		score func() ([]float64, []float64, error)
		of    func(func(i int) float64) func(i, j int) float64
		y     func(i, j int) float64
		root  bool
	}{
		"distances, numbers": {func() ([]float64, []float64, error) {
			return DistanceCorrelation[float64]{}.ScoreColumns(ctx, ml.Dataset[float64]{Table: table, Y: y})
		}, distance, distance(number), true},
		"distances, classes": {func() ([]float64, []float64, error) {
			return DistanceCorrelation[int]{}.ScoreColumns(ctx, ml.Dataset[int]{Table: table, Y: class})
		}, distance, func(i, j int) float64 { return 1 - same(i, j) }, true},
		"HSIC, numbers": {func() ([]float64, []float64, error) {
			return HSIC[float64]{Width: 1.5}.ScoreColumns(ctx, ml.Dataset[float64]{Table: table, Y: y})
		}, gaussian, gaussian(number), false},
		"HSIC, classes": {func() ([]float64, []float64, error) {
			return HSIC[int]{Width: 1.5}.ScoreColumns(ctx, ml.Dataset[int]{Table: table, Y: class})
		}, gaussian, same, false},
	} {
		got, _, err := c.score()
		if err != nil {
			t.Fatal(name, err)
		}
		want := make([]float64, p)
		for j := range p - 1 { // the last is constant: 0
			of := c.of(func(i int) float64 { return x.At(i, j) })
			want[j] = centredMean(of, c.y, share) / math.Sqrt(centredMean(of, of, share)*centredMean(c.y, c.y, share))
			if c.root {
				want[j] = math.Sqrt(want[j])
			}
		}
		golden.Close(t, got, want, 1e-9, 1e-12, name) // sums in another order
		if got[0] < 2*got[1] || got[2] < got[0] && name == "distances, numbers" {
			t.Errorf("%s: %v: the parabola says more than noise, and the line most", name, got)
		}
	}
}

func TestCorrelationIsTheRootOfTheSharedVariance(t *testing.T) {
	x, y, _, weight := dependent(200)
	d := ml.Dataset[float64]{Table: ml.Table{X: x, Weight: weight}, Y: y}
	r, p, err := Correlation{}.ScoreColumns(ctx, d)
	f, pf, err2 := FRegression{}.ScoreColumns(ctx, d)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	free := total(weight, 200) - 2
	for j, f := range f {
		if want := math.Sqrt(f / (f + free)); math.Abs(r[j]-want) > 1e-12 && !math.IsInf(f, 1) || p[j] != pf[j] {
			t.Errorf("column %d: correlation %v, p %v; want %v, %v", j, r[j], p[j], want, pf[j])
		}
	}
	if math.Abs(r[2]-1) > 1e-12 || r[4] != 0 {
		t.Errorf("line %v, constant %v", r[2], r[4])
	}
}

// reliefByHand follows the paper's formulas, row by row.
func reliefByHand(x *tensor.Tensor[float64], category int, y []float64, classes []int, k int) []float64 {
	n, p := x.Dims()
	spread := func(v func(i int) float64) float64 {
		low, high := v(0), v(0)
		for i := range n {
			low, high = min(low, v(i)), max(high, v(i))
		}
		return max(high-low, 1e-300)
	}
	diff := func(j, a, b int) float64 {
		if j == category {
			if x.At(a, j) == x.At(b, j) {
				return 0
			}
			return 1
		}
		return math.Abs(x.At(a, j)-x.At(b, j)) / spread(func(i int) float64 { return x.At(i, j) })
	}
	near := func(i int, of func(o int) bool) (out []int) {
		distance := make([]float64, n)
		for o := range n {
			for j := range p {
				distance[o] += diff(j, i, o)
			}
			if o != i && of(o) {
				out = append(out, o)
			}
		}
		slices.SortStableFunc(out, func(a, b int) int {
			if distance[a] < distance[b] {
				return -1
			} else if distance[a] > distance[b] {
				return 1
			}
			return 0
		})
		return out[:min(k, len(out))]
	}
	w, ndc, nda, both := make([]float64, p), 0.0, make([]float64, p), make([]float64, p)
	for i := range n {
		if classes == nil {
			list := near(i, func(int) bool { return true })
			for _, o := range list {
				dy := math.Abs(y[i]-y[o]) / spread(func(i int) float64 { return y[i] }) / float64(len(list))
				ndc += dy
				for j := range p {
					nda[j] += diff(j, i, o) / float64(len(list))
					both[j] += dy * diff(j, i, o)
				}
			}
			continue
		}
		count := func(c int) (m float64) {
			for _, o := range classes {
				if o == c {
					m++
				}
			}
			return m
		}
		for c := range slices.Max(classes) + 1 {
			list := near(i, func(o int) bool { return classes[o] == c })
			sign := -1.0
			if c != classes[i] {
				sign = count(c) / (float64(n) - count(classes[i]))
			}
			for _, o := range list {
				for j := range p {
					w[j] += sign * diff(j, i, o) / float64(len(list)) / float64(n)
				}
			}
		}
	}
	if classes == nil {
		for j := range p {
			w[j] = both[j]/ndc - (nda[j]-both[j])/(float64(n)-ndc)
		}
	}
	return w
}

func TestReliefFIsThePapers(t *testing.T) {
	x, y, class, _ := dependent(60)
	table := ml.Table{X: x, Columns: []ml.Column{{}, {}, {}, {Kind: ml.Categorical, Levels: []string{"a", "b", "c"}}, {}}}
	got, _, err := ReliefF[int]{Neighbors: 4}.ScoreColumns(ctx, ml.Dataset[int]{Table: table, Y: class})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, got, reliefByHand(x, 3, nil, class, 4), 1e-9, 1e-12, "classes")
	got, _, err = ReliefF[float64]{Neighbors: 4}.ScoreColumns(ctx, ml.Dataset[float64]{Table: table, Y: y})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, got, reliefByHand(x, 3, y, nil, 4), 1e-9, 1e-12, "numbers")
}

// Two columns that say something only together: none alone has a score by the means of the classes.
func TestReliefFSeesInteractions(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 5))
	x, y := tensor.New[float64](400, 6), make([]int, 400)
	for i := range y {
		for j := range 6 {
			x.Row(i)[j] = float64(r.IntN(2))
		}
		if x.At(i, 1) != x.At(i, 4) {
			y[i] = 1
		}
	}
	for _, samples := range []int{0, 100} {
		m, err := SelectKBest[int]{Score: ReliefF[int]{Samples: samples}, K: 2}.Fit(ctx, ml.Data(x, y))
		if err != nil || !slices.Equal(m.Support, []int{1, 4}) {
			t.Errorf("of %d rows: kept %v, %v", samples, m, err)
		}
	}
}

func ExampleMRMR() {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := tensor.New[float64](200, 4), make([]float64, 200)
	for i := range y {
		a, b := r.NormFloat64(), r.NormFloat64()
		y[i] = 1.2*a + b
		copy(x.Row(i), []float64{a, a + 0.01*r.NormFloat64(), b, r.NormFloat64()}) // the second says what the first says
	}
	model, err := MRMR[float64]{K: 2}.Fit(ctx, ml.Data(x, y))
	fmt.Println(model.Support, model.Ranking, err)
	best, err := SelectKBest[float64]{Score: FRegression{}, K: 2}.Fit(ctx, ml.Data(x, y))
	fmt.Println(best.Support, err)
	// Output:
	// [0 2] [1 3 2 3] <nil>
	// [0 1] <nil>
}
