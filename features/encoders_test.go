package features

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func nan() float64 { return math.NaN() }

// Means of at most 60 numbers: 1e-12.
func TestTargetEncoderGolden(t *testing.T) {
	type result struct{ Z, All [][]float64 }
	g := golden.Load[struct {
		C, Later                       [][]float64
		Y, Three                       []int
		T                              []float64
		Binary, Multiclass, Continuous result
		Smooth, Plain                  result
	}](t, "testdata/target.json")
	x, later := fromRows(g.C), fromRows(g.Later)
	check := func(name string, m *TargetModel, err error, want result) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		z := must(m.Transform(later))
		near(t, name, dense(z), fromRows(want.Z).Data(), 1e-12)
		near(t, name+" training rows", dense(must(m.Transform(x))), fromRows(want.All).Data(), 1e-12)
		same(t, name+" by row", byRow(t, m, later), dense(z))
	}
	m, err := TargetEncoder[int]{All: true}.Fit(ctx, ml.Data(x, g.Y))
	check("binary", m, err, g.Binary)
	m, err = TargetEncoder[int]{All: true}.Fit(ctx, ml.Data(x, g.Three))
	check("multiclass", m, err, g.Multiclass)
	for name, c := range map[string]struct {
		config TargetEncoder[float64]
		want   result
	}{"continuous": {TargetEncoder[float64]{All: true}, g.Continuous}, "smooth": {TargetEncoder[float64]{All: true, Smooth: 3.5}, g.Smooth}, "plain": {TargetEncoder[float64]{All: true, NoSmooth: true}, g.Plain}} {
		m, err = c.config.Fit(ctx, ml.Data(x, g.T))
		check(name, m, err, c.want)
	}
}

// FitTransform encodes each part by a fit to the others.
func TestTargetEncoderCrossFits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 90
	x, y := tensor.New[float64](n, 2), make([]float64, n)
	group := make([]int, n)
	for i := range n {
		x.Row(i)[0], x.Row(i)[1] = float64(r.IntN(6)), r.NormFloat64()
		y[i] = x.Row(i)[0] + r.NormFloat64()
		group[i] = i / 3
	}
	d := ml.Data(x, y)
	d.Columns = []ml.Column{{Name: "c", Kind: ml.Categorical, Levels: []string{"a", "b", "c", "d", "e", "f"}}, {Name: "x"}}
	for _, grouped := range []bool{false, true} {
		if grouped {
			d.Group = group
		}
		c := TargetEncoder[float64]{Folds: 4, Seed: 3}
		m, z, err := c.FitTransform(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		part, k, err := c.parts("test", d)
		if err != nil || k != 4 {
			t.Fatal(k, err)
		}
		for fold := range k {
			var others, own []int
			for i, p := range part {
				if p == fold {
					own = append(own, i)
				} else {
					others = append(others, i)
				}
			}
			if grouped {
				for _, i := range own {
					for _, k := range others {
						if group[i] == group[k] {
							t.Fatalf("group %d is in two parts", group[i])
						}
					}
				}
			}
			of := must(c.Fit(ctx, d.Select(others)))
			want := must(of.Transform(d.Select(own).X))
			for k, i := range own {
				near(t, fmt.Sprintf("row %d", i), []float64{z.At(i, 0), z.At(i, 1)}, []float64{want.At(k, 0), want.At(k, 1)}, 1e-12)
			}
		}
		near(t, "model", m.Encoded[0].Values[0], must(c.Fit(ctx, d)).Encoded[0].Values[0], 0)
	}
}

// A random name of each row says nothing of the target. Encoded with its own target it would be a perfect predictor in training; cross-fitted it is none: its correlation
// with the target stays within the 4.5 standard errors of chance.
func TestTargetEncoderDoesNotLeak(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const n = 4000
	x, y := tensor.New[float64](n, 1), make([]int, n)
	for i := range n {
		x.Row(i)[0], y[i] = float64(r.IntN(n/2)), r.IntN(2)
	}
	d := ml.Data(x, y)
	_, z, err := TargetEncoder[int]{All: true, NoSmooth: true}.FitTransform(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	leaky := must(must(TargetEncoder[int]{All: true, NoSmooth: true}.Fit(ctx, d)).Transform(x))
	cross, own := correlation(dense(z), y), correlation(dense(leaky), y)
	if math.Abs(cross) > 4.5/math.Sqrt(n) || own < 0.5 {
		t.Errorf("correlation with the target: cross-fitted %.3f, with its own target %.3f", cross, own)
	}
}

func correlation(a []float64, y []int) float64 {
	var sa, sy, aa, yy, ay float64
	for i, v := range a {
		w := float64(y[i])
		sa, sy, aa, yy, ay = sa+v, sy+w, aa+v*v, yy+w*w, ay+v*w
	}
	n := float64(len(a))
	return (ay - sa*sy/n) / math.Sqrt((aa-sa*sa/n)*(yy-sy*sy/n))
}

func ExampleTargetEncoder() {
	rents := ml.Data(tensor.FromSlice([]float64{0, 0, 0, 1, 1, 1, 2, 2}, 8, 1), []float64{900, 1100, 1000, 600, 700, 650, 1500, 1700})
	rents.Columns = []ml.Column{{Name: "city", Kind: ml.Categorical, Levels: []string{"Lyon", "Metz", "Paris", "Brest"}}}
	encoder, err := TargetEncoder[float64]{Smooth: 1}.Fit(context.Background(), rents)
	if err != nil {
		panic(err)
	}
	x, err := encoder.Transform(tensor.FromSlice([]float64{0, 1, 2, 3}, 4, 1))
	if err != nil {
		panic(err)
	}
	for code, city := range rents.Columns[0].Levels {
		fmt.Printf("%s %.0f\n", city, x.At(code, 0))
	}
	// Output:
	// Lyon 1005
	// Metz 742
	// Paris 1406
	// Brest 1019
}

func TestCountEncoder(t *testing.T) {
	d := table(2, 0, 1.5, 2, 2.5, 0, 3.5, nan(), 4.5)
	d.Columns = []ml.Column{{Name: "c", Kind: ml.Categorical, Levels: []string{"a", "b", "c"}}, {Name: "x"}}
	m := must(CountEncoder{}.Fit(ctx, d))
	later := fromRows([][]float64{{0, 1}, {1, 1}, {2, 1}, {nan(), 1}})
	z := must(m.Transform(later))
	near(t, "counts", dense(z), []float64{2, 1, 0, 1, 1, 1, 1, 1}, 0)
	same(t, "rows", byRow(t, m, later), dense(z))
	d.Weight = []float64{1, 4, 0, 3}
	m = must(CountEncoder{Share: true}.Fit(ctx, d))
	near(t, "shares", dense(must(m.Transform(later))), []float64{0.125, 1, 0, 1, 0.5, 1, 0.375, 1}, 0)
	_, err := m.Transform(fromRows([][]float64{{3, 1}}))
	wantError(t, err, ml.ErrColumn, `features.CountEncoderModel.Transform: X[0, 0] (c) is 3: want a category code in 0..2, or NaN for a missing one (wrong column)`)
}

func TestHashingEncoder(t *testing.T) {
	levels := make([]string, 50)
	x := tensor.New[float64](50, 3)
	for i := range levels {
		levels[i] = fmt.Sprintf("level %d", i)
		copy(x.Row(i), []float64{float64(i), float64(i) / 2, float64(i % 7)})
	}
	d := ml.Table{X: x, Columns: []ml.Column{{Name: "a", Kind: ml.Categorical, Levels: levels}, {Name: "x"}, {Name: "b", Kind: ml.Categorical}}}
	m := must(HashingEncoder{Features: 16}.Fit(ctx, d))
	z := tensor.FromMatrix[float64](must(m.Transform(x)))
	same(t, "rows", byRow(t, m, x), z.Data())
	used := map[int]bool{}
	for i := range 50 {
		row := z.Row(i)
		if row[0] != x.At(i, 1) {
			t.Fatalf("row %d begins with %v", i, row[0])
		}
		sum := 0.0
		for k, v := range row[1:] {
			sum += math.Abs(v)
			used[k] = used[k] || v != 0
		}
		if sum != 2 && sum != 0 { // two categories, in one column with unlike signs at most
			t.Errorf("row %d: %v", i, row)
		}
	}
	if len(used) != 16 || slices.ContainsFunc(m.Out(), func(c ml.Column) bool { return c.Name == "" }) {
		t.Errorf("columns used: %v", used)
	}
	// the hash of a level does not depend on which other levels there are
	d.Columns[0].Levels = append([]string{"new"}, levels...)
	y := x.Clone()
	for i := range 50 {
		y.Row(i)[0]++
	}
	near(t, "shifted", dense(must(must(HashingEncoder{Features: 16}.Fit(ctx, ml.Table{X: y, Columns: d.Columns})).Transform(y))), z.Data(), 0)
}

func TestMissingIndicator(t *testing.T) {
	d := table(3, 1, nan(), 3, nan(), nan(), 6)
	m := must(MissingIndicator{}.Fit(ctx, d))
	z := must(m.Transform(d.X))
	near(t, "flags", dense(z), []float64{0, 1, 1, 1}, 0)
	same(t, "rows", byRow(t, m, d.X), dense(z))
	near(t, "sparse", dense(must(m.Transform(tensor.SparseFrom[float64](d.X)))), dense(z), 0)
	_, err := MissingIndicator{}.Fit(ctx, table(1, 1, 2))
	wantError(t, err, ml.ErrConfig, "features.MissingIndicator.Fit: X is without a missing value: want at least one; or MissingIndicator{All: true} (bad configuration)")
}

// Distances and means are summed in another order: 1e-12. Rounds of least squares magnify rounding a little: 1e-9. BayesianRidge goes on until its
// own iteration rests, in both: 1e-7, which is what a tolerance of 1e-12 in flat directions leaves.
func TestImputersGolden(t *testing.T) {
	type result struct {
		Z, Train [][]float64
		Rounds   int
	}
	type plain struct{ Z [][]float64 }
	g := golden.Load[struct {
		X, New       [][]float64
		Knn          plain
		KnnDistance  plain `json:"knn_distance"`
		KnnIndicator plain `json:"knn_indicator"`
		Mice         result
		MiceMedian   result `json:"mice_median"`
		MiceRest     result `json:"mice_rest"`
		MiceOLS      result `json:"mice_ols"`
	}](t, "testdata/imputers.json")
	d, later := ml.Table{X: fromRows(g.X)}, fromRows(g.New)
	for name, c := range map[string]struct {
		config KNNImputer
		want   plain
	}{"knn": {KNNImputer{}, g.Knn}, "knn by distance": {KNNImputer{K: 3, ByDistance: true}, g.KnnDistance}, "knn with indicators": {KNNImputer{K: 2, AddIndicator: true}, g.KnnIndicator}} {
		m := must(c.config.Fit(ctx, d))
		z := must(m.Transform(later))
		near(t, name, dense(z), fromRows(c.want.Z).Data(), 1e-12)
		same(t, name+" by row", byRow(t, m, later), dense(z))
	}
	for name, c := range map[string]struct {
		config IterativeImputer
		want   result
		tol    float64
	}{
		"mice": {IterativeImputer{MaxIter: 5}, g.Mice, 1e-7}, "mice median": {IterativeImputer{MaxIter: 3, Initial: Median, Low: -2, High: 9}, g.MiceMedian, 1e-7},
		"mice at rest": {IterativeImputer{MaxIter: 60}, g.MiceRest, 1e-7}, "mice of least squares": {IterativeImputer{MaxIter: 4, Base: ml.Regress(linear.OLS{})}, g.MiceOLS, 1e-9},
	} {
		if c.config.Base.Config == nil {
			c.config.Base = ml.Regress(linear.BayesianRidge{Tol: 1e-12, MaxIter: 3000})
		}
		m := must(c.config.Fit(ctx, d))
		if m.Info.Iterations != c.want.Rounds {
			t.Errorf("%s: %d rounds, want %d", name, m.Info.Iterations, c.want.Rounds)
		}
		near(t, name+" training", dense(must(m.Transform(d.X))), fromRows(c.want.Train).Data(), c.tol)
		near(t, name, dense(must(m.Transform(later))), fromRows(c.want.Z).Data(), c.tol)
	}
}

func TestKNNImputerOfCategories(t *testing.T) {
	d := table(2, 0, 0, 0, 0.1, 1, 0.2, 2, 9, 2, 9.1)
	d.Columns = []ml.Column{{Name: "c", Kind: ml.Categorical, Levels: []string{"x", "y", "z"}}, {Name: "v"}}
	m := must(KNNImputer{K: 3}.Fit(ctx, d))
	z := must(m.Transform(fromRows([][]float64{{nan(), 0.05}, {nan(), 8}, {nan(), nan()}, {2, nan()}})))
	near(t, "categories", dense(z), []float64{0, 0.05, 2, 8, 0, (0 + 0.1 + 0.2 + 9 + 9.1) / 5, 2, (9 + 9.1 + 0) / 3}, 1e-15)
}

func ExampleIterativeImputer() {
	heights := ml.Table{X: tensor.FromSlice([]float64{1.6, 60, 1.7, 70, 1.8, 80, math.NaN(), 75, 1.9, math.NaN()}, 5, 2)}
	imputer, err := IterativeImputer{}.Fit(context.Background(), heights)
	if err != nil {
		panic(err)
	}
	x, err := imputer.Transform(heights.X)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f m, %.0f kg\n", x.At(3, 0), x.At(4, 1))
	// Output:
	// 1.75 m, 90 kg
}
