package metrics

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// By hand: ages over 40 years, incomes over 3000, colours.
func TestGowerByHand(t *testing.T) {
	nan := math.NaN()
	table := ml.Table{X: matrix(t, [][]float64{{20, 1000, 0}, {60, nan, 1}, {30, 4000, 0}, {nan, nan, nan}}),
		Columns: []ml.Column{{Name: "age"}, {Name: "income"}, {Name: "colour", Kind: ml.Categorical, Levels: []string{"red", "blue"}}}}
	g, err := GowerOf(table)
	if err != nil || g.Range[0] != 40 || g.Range[1] != 3000 || !g.Categorical[2] || g.Categorical[0] {
		t.Fatal(g, err)
	}
	got, err := Distances(table.X, nil, g)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		i, j int
		want float64
	}{{0, 0, 0}, {0, 1, (1 + 1.0) / 2}, {0, 2, (0.25 + 1 + 0) / 3}, {1, 2, (0.75 + 1) / 2}, {2, 0, (0.25 + 1 + 0) / 3}} {
		if v := got.At(c.i, c.j); math.Abs(v-c.want) > 1e-15 {
			t.Errorf("%d to %d: %g, want %g", c.i, c.j, v, c.want)
		}
	}
	if v := got.At(3, 1); v == v {
		t.Errorf("of rows without a common column: %g", v)
	}
	g.Weight = []float64{2, 1, 0}
	if v := g.Between([]float64{20, 1000, 0}, []float64{30, 4000, 1}); math.Abs(v-(2*0.25+1)/3) > 1e-15 {
		t.Errorf("weighted: %g", v)
	}
	if v := g.Between([]float64{20, 0, 0}, []float64{200, 0, 1}); math.Abs(v-2.0/3) > 1e-15 {
		t.Errorf("beyond the range: %g", v)
	}
	for _, bad := range []Gower{{}, {Range: []float64{1, 2, -1}}, {Range: []float64{1, 2, 3}, Weight: []float64{1}}, {Range: []float64{1, 2, 3}, Categorical: []bool{true}}} {
		if CheckDistance("test", bad, 3) == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

func TestSequencesByHand(t *testing.T) {
	word := func(s string) []float64 {
		x := []float64{-1, -1, -1, -1, -1, -1, -1, -1}
		for i, c := range s {
			x[i] = float64(c)
		}
		return x
	}
	for _, c := range []struct {
		a, b string
		want float64
	}{{"kitten", "sitting", 3}, {"", "abc", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}, {"abcdefgh", "bcdefgha", 2}} {
		if a, b := (EditDistance{}).Between(word(c.a), word(c.b)), (EditDistance{}).Between(word(c.b), word(c.a)); a != c.want || b != c.want {
			t.Errorf("%s to %s: %g and %g, want %g", c.a, c.b, a, b, c.want)
		}
	}
	// A series and the same one step later cost their ends; without room to warp it is Euclid's.
	a, b := []float64{0, 0, 1, 2, 1, 0}, []float64{0, 1, 2, 1, 0, 0}
	if v := (DTW{}).Between(a, b); v != 0 {
		t.Errorf("shifted: %g", v)
	}
	r := rng.New(4, 0)
	for n := 1; n < 8; n++ {
		x, y := make([]float64, n), make([]float64, n)
		rng.Normal(r, x, 0, 1)
		rng.Normal(r, y, 0, 1)
		for _, window := range []int{0, 1, 2, 20} {
			if got, want := (DTW{window}).Between(x, y), math.Sqrt(walk(x, y, 0, 0, window)); math.Abs(got-want) > 1e-12 {
				t.Errorf("%d steps, window %d: %g, want %g", n, window, got, want)
			}
		}
	}
	if CheckDistance("test", DTW{-1}, 3) == nil {
		t.Error("a window of -1")
	}
}

// walk is the least sum by all ways.
func walk(x, y []float64, i, j, window int) float64 {
	if i == len(x) || j == len(y) || window > 0 && (i-j > window || j-i > window) {
		return math.Inf(1)
	}
	d := (x[i] - y[j]) * (x[i] - y[j])
	if i == len(x)-1 && j == len(y)-1 {
		return d
	}
	return d + min(walk(x, y, i+1, j, window), walk(x, y, i, j+1, window), walk(x, y, i+1, j+1, window))
}

// What says that it keeps the triangle inequality keeps it, on rows of yes and no with every combination of columns; and each kind of rows is found where it lies.
func TestTrianglesHold(t *testing.T) {
	bits := tensor.New[float64](64, 6)
	for i := range 64 {
		for j := range 6 {
			bits.Row(i)[j] = float64(i >> j & 1)
		}
	}
	weight := []float64{1, 2, 0, 1, 3, 1}
	for _, d := range []Distance{RogersTanimoto{}, RussellRao{}, SokalSneath{}, JaccardDistance{}, Hamming{}, Canberra{}, EditDistance{}, WeightedMinkowski{3, weight}, StandardizedEuclidean{[]float64{1, 2, 1, 1, 3, 1}}, JensenShannonDistance{}} {
		if !d.(interface{ Triangle() bool }).Triangle() {
			t.Errorf("%T does not say so", d)
		}
		all, err := Distances(bits, nil, d)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 64 {
			for j := range 64 {
				for k := range 64 {
					if all.At(i, k) > all.At(i, j)+all.At(j, k)+1e-12 {
						t.Fatalf("%T: %v, %v, %v", d, bits.Row(i), bits.Row(j), bits.Row(k))
					}
				}
			}
		}
	}
}
