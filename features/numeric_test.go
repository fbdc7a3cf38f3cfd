package features

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

type scaled struct{ Z, Back [][]float64 }

// checkScaler compares the transform of later rows and its inverse with scikit-learn's, by batch and by row.
func checkScaler[M interface {
	ml.Transformer
	ml.RowTransformer
	ml.Inverter
}](t *testing.T, name string, fit func(context.Context, ml.Table) (M, error), train, later tensor.Matrix, want scaled, tol float64) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		m := must(fit(ctx, ml.Table{X: train}))
		z := must(m.Transform(later))
		near(t, "z", dense(z), fromRows(want.Z).Data(), tol)
		near(t, "back", dense(must(m.Inverse(z))), fromRows(want.Back).Data(), tol)
		same(t, "rows", byRow(t, m, later), dense(z))
	})
}

// The scalers compute what scikit-learn does, some of it in another order: 1e-12 relative, on numbers up to 5e4.
func TestScalersGolden(t *testing.T) {
	g := golden.Load[struct {
		X, Later, Sparse [][]float64
		Minmax, Maxabs   scaled
		MinmaxClip       scaled `json:"minmax_clip"`
		MaxabsSparse     scaled `json:"maxabs_sparse"`
		Robust           scaled
		RobustUnit       scaled `json:"robust_unit"`
		RobustSparse     scaled `json:"robust_sparse"`
	}](t, "testdata/scalers.json")
	x, later, sparse := fromRows(g.X), fromRows(g.Later), tensor.SparseFrom[float64](fromRows(g.Sparse))
	checkScaler(t, "minmax", MinMaxScaler{}.Fit, x, later, g.Minmax, 1e-12)
	checkScaler(t, "minmax clip", MinMaxScaler{Low: -2, High: 3, Clip: true}.Fit, x, later, g.MinmaxClip, 1e-12)
	checkScaler(t, "maxabs", MaxAbsScaler{}.Fit, x, later, g.Maxabs, 1e-12)
	checkScaler(t, "maxabs sparse", MaxAbsScaler{}.Fit, sparse, tensor.SparseFrom[float64](later), g.MaxabsSparse, 1e-12)
	checkScaler(t, "robust", RobustScaler{}.Fit, x, later, g.Robust, 1e-12)
	checkScaler(t, "robust unit", RobustScaler{Low: 0.1, High: 0.8, UnitVariance: true}.Fit, x, later, g.RobustUnit, 1e-12)
	checkScaler(t, "robust sparse", RobustScaler{NoMedian: true}.Fit, sparse, tensor.SparseFrom[float64](later), g.RobustSparse, 1e-12)
}

func TestNormalizerGolden(t *testing.T) {
	g := golden.Load[struct{ X, L1, L2, Max [][]float64 }](t, "testdata/normalizer.json")
	x := fromRows(g.X)
	for norm, want := range map[Norm][][]float64{NormL1: g.L1, NormL2: g.L2, NormMax: g.Max} {
		m := must(Normalizer{norm}.Fit(ctx, ml.Table{X: x}))
		z := must(m.Transform(x))
		near(t, norm.String(), dense(z), fromRows(want).Data(), 1e-15) // a division and a square root
		same(t, norm.String()+" by row", byRow(t, m, x), dense(z))
		sparse := must(m.Transform(tensor.SparseFrom[float64](x)))
		if _, is := sparse.(*tensor.CSR[float64]); !is {
			t.Errorf("CSR became %T", sparse)
		}
		near(t, norm.String()+" sparse", dense(sparse), dense(z), 1e-15)
	}
}

func TestNormOfExtremeRows(t *testing.T) {
	for _, c := range []struct {
		n       Norm
		x, want []float64
	}{
		{NormL2, []float64{3e200, 4e200}, []float64{0.6, 0.8}},
		{NormL2, []float64{3e-200, 4e-200}, []float64{0.6, 0.8}},
		{NormL1, []float64{1e308, 1e308}, []float64{0.5, 0.5}},
		{NormL2, []float64{0, 0}, []float64{0, 0}},
	} {
		m := must(Normalizer{c.n}.Fit(ctx, table(2, c.x...)))
		dst := make([]float64, 2)
		if err := m.TransformRow(dst, c.x); err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprint(c.n, c.x), dst, c.want, 1e-15)
	}
}

// scikit-learn interpolates from both sides and takes the mean, which is the middle of a jump: 1e-12. The normal numbers near 1e-7 magnify a rounding of the rank
// by 1e7, which is 1e-9.
func TestQuantileTransformerGolden(t *testing.T) {
	type result struct {
		Quantiles, Z, Back [][]float64
	}
	g := golden.Load[struct {
		X, Later             [][]float64
		Uniform, Normal, Few result
		FewNormal            result `json:"few_normal"`
	}](t, "testdata/quantile.json")
	x, later := fromRows(g.X), fromRows(g.Later)
	for name, c := range map[string]struct {
		config QuantileTransformer
		want   result
		tol    float64
	}{
		"uniform": {QuantileTransformer{}, g.Uniform, 1e-12}, "normal": {QuantileTransformer{Normal: true}, g.Normal, 1e-9},
		"few": {QuantileTransformer{Quantiles: 7}, g.Few, 1e-12}, "few normal": {QuantileTransformer{Quantiles: 7, Normal: true}, g.FewNormal, 1e-9},
	} {
		m := must(c.config.Fit(ctx, ml.Table{X: x}))
		for j, q := range m.Quantiles {
			near(t, fmt.Sprintf("%s: quantiles of column %d", name, j), q, c.want.Quantiles[j], 1e-12)
		}
		checkScaler(t, name, c.config.Fit, x, later, scaled{c.want.Z, c.want.Back}, c.tol)
	}
}

// Without a shortcut: the share of a value is what a search through the steps gives, however uneven they are.
func TestLadderFindsTheStep(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, draw := range map[string]func() float64{
		"normal": r.NormFloat64,
		"skewed": func() float64 { return math.Exp(20 * r.NormFloat64()) },
		"ties":   func() float64 { return math.Round(2 * r.NormFloat64()) },
		"huge":   func() float64 { return 1e308 * r.Float64() },
		"tiny":   func() float64 { return 5e-324 * math.Round(20*r.Float64()) },
	} {
		q := make([]float64, 300)
		for i := range q {
			q[i] = draw()
		}
		slices.Sort(q)
		l := newLadder(q)
		search := func(v float64) float64 {
			n := len(l.x)
			k, on := slices.BinarySearch(l.x, v)
			switch {
			case k == 0:
				return 0
			case k >= n-1 && v >= l.x[n-1]:
				return 1
			case on:
				return (l.below[k] + l.above[k]) / 2
			}
			return l.above[k-1] + float64((v-l.x[k-1])*((l.below[k]-l.above[k-1])/(l.x[k]-l.x[k-1])))
		}
		for range 5000 {
			v := draw()
			if r.IntN(3) == 0 {
				v = q[r.IntN(len(q))]
			}
			if got, want := l.share(v), search(v); got != want {
				t.Fatalf("%s: share(%v) = %v, by search %v", name, v, got, want)
			}
		}
	}
}

func TestQuantileSubsample(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x := tensor.New[float64](20000, 1)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	all := must(QuantileTransformer{Quantiles: 11}.Fit(ctx, ml.Table{X: x}))
	some := must(QuantileTransformer{Quantiles: 11, Subsample: 5000, Seed: 1}.Fit(ctx, ml.Table{X: x}))
	for i := 1; i < 10; i++ {
		// the standard error of an inner decile of 5000 normal numbers is at most 0.025
		if d := math.Abs(all.Quantiles[0][i] - some.Quantiles[0][i]); d > 0.1 || d == 0 {
			t.Errorf("decile %d: of all %v, of a sample %v", i, all.Quantiles[0][i], some.Quantiles[0][i])
		}
	}
}

// The exponents are roots found with 50 digits: ours agree to 1e-9, where the likelihood is so flat that float64 tells no more, and the transforms with them.
func TestPowerTransformerGolden(t *testing.T) {
	type result struct {
		Lambda []float64
		Z      [][]float64
	}
	g := golden.Load[struct {
		X, Positive [][]float64
		W           []float64
		Yeo, Box    result
		YeoPlain    result `json:"yeo_plain"`
		YeoWeighted result `json:"yeo_weighted"`
		BoxPlain    result `json:"box_plain"`
	}](t, "testdata/power.json")
	for name, c := range map[string]struct {
		config PowerTransformer
		x      [][]float64
		w      []float64
		want   result
	}{
		"yeo-johnson": {PowerTransformer{}, g.X, nil, g.Yeo}, "yeo-johnson plain": {PowerTransformer{NoStandardize: true}, g.X, nil, g.YeoPlain},
		"weighted": {PowerTransformer{}, g.X, g.W, g.YeoWeighted},
		"box-cox":  {PowerTransformer{BoxCox: true}, g.Positive, nil, g.Box}, "box-cox plain": {PowerTransformer{BoxCox: true, NoStandardize: true}, g.Positive, nil, g.BoxPlain},
	} {
		x := fromRows(c.x)
		m := must(c.config.Fit(ctx, ml.Table{X: x, Weight: c.w}))
		near(t, name+": lambda", m.Lambda, c.want.Lambda, 1e-9)
		z := must(m.Transform(x))
		near(t, name+": z", dense(z), fromRows(c.want.Z).Data(), 1e-8)
		same(t, name+": rows", byRow(t, m, x), dense(z))
		near(t, name+": back", dense(must(m.Inverse(z))), x.Data(), 1e-9)
	}
}

// Numbers whose powers are beyond float64 on the way to the best exponent.
func TestPowerTransformerExtreme(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	x := tensor.New[float64](200, 3)
	for i := range 200 {
		x.Row(i)[0] = math.Exp(100 * r.NormFloat64())
		x.Row(i)[1] = 2003 + r.Float64()*1e-3 // the likelihood asks for exponents of thousands: SciPy overflows here
		x.Row(i)[2] = -math.Exp(3 * r.NormFloat64())
	}
	m := must(PowerTransformer{}.Fit(ctx, ml.Table{X: x}))
	z := must(m.Transform(x))
	for j := range 3 {
		column := tensor.FromMatrix[float64](z)
		sum, squares := 0.0, 0.0
		for i := range 200 {
			sum += column.At(i, j)
			squares += column.At(i, j) * column.At(i, j)
		}
		if math.Abs(sum/200) > 1e-6 || math.Abs(squares/200-1) > 1e-6 {
			t.Errorf("column %d: lambda %v, mean %v, mean square %v", j, m.Lambda[j], sum/200, squares/200)
		}
	}
}

func TestPowerTransformerRefuses(t *testing.T) {
	_, err := PowerTransformer{BoxCox: true}.Fit(ctx, table(1, 1, 0, 2))
	wantError(t, err, ml.ErrNotFinite, "features.PowerTransformer.Fit: X[1, 0] is 0: want a number > 0, as Box-Cox needs; or Yeo-Johnson, PowerTransformer{} (not a finite number)")
	m := must(PowerTransformer{BoxCox: true}.Fit(ctx, table(1, 1, 2, 3, 4, 5)))
	_, err = m.Transform(table(1, -1).X)
	wantError(t, err, ml.ErrNotFinite, "features.PowerModel.Transform: X[0, 0] is -1: want a number whose transform is finite (not a finite number)")
	_, err = m.Inverse(table(1, -1e9).X)
	wantError(t, err, ml.ErrNotFinite, "features.PowerModel.Inverse: X[0, 0] is -1e+09: want a number whose transform is finite (not a finite number)")
}

// Edges are quantiles or means: 1e-12. The reference's k-means goes on until all centres rest, as ours; within KBinsDiscretizer it stops a little earlier.
func TestKBinsGolden(t *testing.T) {
	type result struct {
		Edges, Z, Hot, Back [][]float64
	}
	g := golden.Load[struct {
		X                 [][]float64
		W, W1             []float64
		Quantile, Uniform result
		Kmeans            result
		QuantileWeighted  result `json:"quantile_weighted"`
		KmeansWeighted    result `json:"kmeans_weighted"`
	}](t, "testdata/bins.json")
	x := fromRows(g.X)
	later := x.Clone()
	for i := range later.Data() {
		later.Data()[i] *= 1.1
	}
	for name, c := range map[string]struct {
		strategy Binning
		w        []float64
		want     result
	}{
		"quantile": {QuantileBins, nil, g.Quantile}, "uniform": {UniformBins, nil, g.Uniform}, "kmeans": {KMeansBins, nil, g.Kmeans},
		"quantile weighted": {QuantileBins, g.W, g.QuantileWeighted}, "kmeans weighted": {KMeansBins, g.W1, g.KmeansWeighted},
	} {
		d := ml.Table{X: x, Weight: c.w}
		m := must(KBinsDiscretizer{Bins: 4, Strategy: c.strategy, Encode: BinOrdinal}.Fit(ctx, d))
		for j, e := range m.Edges {
			near(t, fmt.Sprintf("%s: edges of column %d", name, j), e, c.want.Edges[j], 1e-12)
		}
		z := must(m.Transform(later))
		near(t, name, dense(z), fromRows(c.want.Z).Data(), 0)
		near(t, name+" back", dense(must(m.Inverse(z))), fromRows(c.want.Back).Data(), 1e-12)
		hot := must(KBinsDiscretizer{Bins: 4, Strategy: c.strategy}.Fit(ctx, d))
		near(t, name+" one-hot", dense(must(hot.Transform(later))), fromRows(c.want.Hot).Data(), 0)
		near(t, name+" one-hot back", dense(must(hot.Inverse(must(hot.Transform(later))))), fromRows(c.want.Back).Data(), 1e-12)
		same(t, name+" rows", byRow(t, hot, later), fromRows(c.want.Hot).Data())
		sparse := must(KBinsDiscretizer{Bins: 4, Strategy: c.strategy, Sparse: true}.Fit(ctx, d))
		near(t, name+" sparse", dense(must(sparse.Transform(later))), fromRows(c.want.Hot).Data(), 0)
	}
}

func ExampleKBinsDiscretizer() {
	ages := ml.Table{X: tensor.FromSlice([]float64{21, 25, 30, 38, 47, 52, 60, 71}, 8, 1), Columns: []ml.Column{{Name: "age"}}}
	bins, err := KBinsDiscretizer{Bins: 3, Encode: BinCategory}.Fit(context.Background(), ages)
	if err != nil {
		panic(err)
	}
	fmt.Println(bins.Out()[0].Levels)
	x, err := bins.Transform(tensor.FromSlice([]float64{18, 40, 99}, 3, 1))
	if err != nil {
		panic(err)
	}
	fmt.Println(x.(*tensor.Tensor[float64]).Data())
	// Output:
	// [[-Inf, 30) [30, 52) [52, +Inf)]
	// [0 1 2]
}

// Products of at most four numbers, multiplied in the same order: 1e-15.
func TestPolynomialGolden(t *testing.T) {
	type result struct {
		Z, Sparse, Powers [][]float64
		Names             []string
	}
	g := golden.Load[struct {
		X, Xs              [][]float64
		Two                result
		ThreeBias          result `json:"three_bias"`
		Interactions, High result
		Range              result
	}](t, "testdata/polynomial.json")
	x, xs := fromRows(g.X), tensor.SparseFrom[float64](fromRows(g.Xs))
	columns := []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	for name, c := range map[string]struct {
		config PolynomialFeatures
		want   result
	}{
		"two": {PolynomialFeatures{}, g.Two}, "three with bias": {PolynomialFeatures{Degree: 3, Bias: true}, g.ThreeBias},
		"interactions": {PolynomialFeatures{Degree: 3, InteractionOnly: true}, g.Interactions}, "range": {PolynomialFeatures{MinDegree: 2, Degree: 3}, g.Range},
		"high": {PolynomialFeatures{MinDegree: 3, Degree: 4, Bias: true}, g.High},
	} {
		m := must(c.config.Fit(ctx, ml.Table{X: x, Columns: columns}))
		z := must(m.Transform(x))
		near(t, name, dense(z), fromRows(c.want.Z).Data(), 1e-15)
		near(t, name+" sparse", dense(must(m.Transform(xs))), fromRows(c.want.Sparse).Data(), 1e-15)
		same(t, name+" rows", byRow(t, m, x), dense(z))
		for k, column := range m.Out() {
			if column.Name != c.want.Names[k] {
				t.Errorf("%s: column %d is %q, want %q", name, k, column.Name, c.want.Names[k])
			}
			for j, power := range c.want.Powers[k] {
				if slices.Contains(column.From, j) != (power > 0) {
					t.Errorf("%s: %q comes from %v", name, column.Name, column.From)
				}
			}
		}
	}
}

func TestPolynomialRefusesTooMany(t *testing.T) {
	_, err := PolynomialFeatures{Degree: 9}.Fit(ctx, ml.Table{X: tensor.New[float64](2, 1000)})
	wantError(t, err, ml.ErrConfig, "features.PolynomialFeatures: Degree is 9: want one that makes at most 2147483647 columns of 1000 (bad configuration)")
	_, err = PolynomialFeatures{Degree: 3}.Fit(ctx, ml.Table{X: tensor.New[float64](2, 1000)})
	wantError(t, err, ml.ErrConfig, "features.PolynomialFeatures.Fit: Degree is 3: want one that makes at most 16777216 columns of 1000 for dense rows (bad configuration)")
	_, err = PolynomialFeatures{MinDegree: 3, Degree: 3, InteractionOnly: true}.Fit(ctx, table(2, 1, 2))
	wantError(t, err, ml.ErrConfig, "features.PolynomialFeatures: MinDegree is 3: want at most the 2 columns, which make no product of more factors with InteractionOnly (bad configuration)")
}

func ExamplePolynomialFeatures() {
	boxes := ml.Table{X: tensor.FromSlice([]float64{2, 3}, 1, 2), Columns: []ml.Column{{Name: "width"}, {Name: "height"}}}
	squares, err := PolynomialFeatures{}.Fit(context.Background(), boxes)
	if err != nil {
		panic(err)
	}
	x, err := squares.Transform(boxes.X)
	if err != nil {
		panic(err)
	}
	for j, c := range squares.Out() {
		fmt.Println(c.Name, x.At(0, j))
	}
	// Output:
	// width 2
	// height 3
	// width^2 4
	// width height 6
	// height^2 9
}

// The recurrence is that of SciPy: 1e-12, on splines up to 1; those that go on grow, and their tolerance with them.
func TestSplinesGolden(t *testing.T) {
	type result struct{ Z [][]float64 }
	g := golden.Load[struct {
		X, Later, Hours            [][]float64
		LaterHours                 [][]float64 `json:"later_hours"`
		Constant, Linear, Continue result
		Linear1, Quantile, Drop    result
		Periodic                   result
	}](t, "testdata/spline.json")
	x, later := fromRows(g.X), fromRows(g.Later)
	for name, c := range map[string]struct {
		config SplineTransformer
		x, at  tensor.Matrix
		want   result
	}{
		"constant": {SplineTransformer{}, x, later, g.Constant}, "linear": {SplineTransformer{Extrapolation: LinearSplines}, x, later, g.Linear},
		"continue": {SplineTransformer{Extrapolation: ContinueSplines, Degree: 2}, x, later, g.Continue}, "linear 1": {SplineTransformer{Extrapolation: LinearSplines, Degree: 1}, x, later, g.Linear1},
		"quantile": {SplineTransformer{QuantileKnots: true, Knots: 6}, x, later, g.Quantile}, "drop": {SplineTransformer{DropLast: true}, x, later, g.Drop},
		"periodic": {SplineTransformer{Extrapolation: PeriodicSplines, At: [][]float64{{0, 5, 11, 18, 24}}}, fromRows(g.Hours), fromRows(g.LaterHours), g.Periodic},
	} {
		m := must(c.config.Fit(ctx, ml.Table{X: c.x}))
		z := must(m.Transform(c.at))
		near(t, name, dense(z), fromRows(c.want.Z).Data(), 1e-12)
		same(t, name+" rows", byRow(t, m, c.at), dense(z))
	}
}

func TestSplinesBeyond(t *testing.T) {
	m := must(SplineTransformer{Extrapolation: ErrorSplines}.Fit(ctx, table(1, 0, 1, 2)))
	_, err := m.Transform(table(1, 1, 2.5).X)
	wantError(t, err, ml.ErrNotFinite, "features.SplineModel.Transform: X[1, 0] is 2.5: want a number within the training range, as Extrapolation is error (not a finite number)")
	z := must(m.Transform(table(1, math.NaN(), 1).X))
	for j := range len(m.Out()) {
		if z.At(0, j) != 0 {
			t.Errorf("missing value: spline %d is %v", j, z.At(0, j))
		}
	}
}

func ExampleSplineTransformer() {
	hours := ml.Table{X: tensor.FromSlice([]float64{0, 6, 12, 18, 24}, 5, 1), Columns: []ml.Column{{Name: "hour"}}}
	splines, err := SplineTransformer{Knots: 5, Degree: 2, Extrapolation: PeriodicSplines}.Fit(context.Background(), hours)
	if err != nil {
		panic(err)
	}
	x, err := splines.Transform(tensor.FromSlice([]float64{0, 24, 3}, 3, 1))
	if err != nil {
		panic(err)
	}
	for i := range 3 {
		fmt.Printf("%.3f\n", x.(*tensor.Tensor[float64]).Row(i))
	}
	// Output:
	// [0.500 0.500 0.000 0.000]
	// [0.500 0.500 0.000 0.000]
	// [0.125 0.750 0.125 0.000]
}

func TestDateParts(t *testing.T) {
	at := time.Date(2024, 2, 29, 23, 30, 15, 0, time.UTC)
	all := make([]DatePart, len(dateParts))
	for i := range all {
		all[i] = DatePart(i)
	}
	d := table(1, float64(at.Unix())+0.5, math.NaN(), -1)
	m := must(DateParts{Parts: all}.Fit(ctx, d))
	z := tensor.FromMatrix[float64](must(m.Transform(d.X)))
	near(t, "leap day", z.Row(0), []float64{2024, 1, 2, 9, 60, 29, 3, 23, 30, 15.5, 0, 1, (23*3600 + 30*60 + 15.5) / 86400}, 1e-15)
	for _, v := range z.Row(1) {
		if v == v {
			t.Errorf("a part of a missing time is %v", v)
		}
	}
	near(t, "before 1970", z.Row(2), []float64{1969, 4, 12, 1, 365, 31, 2, 23, 59, 59, 0, 1, 86399. / 86400}, 1e-15)
	same(t, "rows", byRow(t, m, d.X), z.Data())
	_, err := m.Transform(table(1, 1e18).X)
	wantError(t, err, ml.ErrNotFinite, "features.DatePartsModel.Transform: X[0, 0] is 1e+18: want Unix seconds within the years -9999 to 9999 (not a finite number)")
	_, err = DateParts{Zone: "Atlantis/Center"}.Fit(ctx, d)
	wantError(t, err, ml.ErrConfig, `features.DateParts: Zone is "Atlantis/Center": want the name of a zone that this machine knows, such as "Europe/Paris"; or import _ "time/tzdata": unknown time zone Atlantis/Center (bad configuration)`)
}

func ExampleDateParts() {
	opened := time.Date(2026, 12, 31, 18, 0, 0, 0, time.UTC)
	visits := ml.Table{X: tensor.FromSlice([]float64{float64(opened.Unix())}, 1, 1), Columns: []ml.Column{{Name: "opened"}}}
	parts, err := DateParts{Parts: []DatePart{Year, Month, DayOfTime}, Cyclic: true}.Fit(context.Background(), visits)
	if err != nil {
		panic(err)
	}
	x, err := parts.Transform(visits.X)
	if err != nil {
		panic(err)
	}
	for j, c := range parts.Out() {
		fmt.Printf("%s %.2f\n", c.Name, x.At(0, j))
	}
	// Output:
	// opened_year 2026.00
	// opened_month_sin -0.50
	// opened_month_cos 0.87
	// opened_time_sin -1.00
	// opened_time_cos -0.00
}

func TestRangeModelUpdates(t *testing.T) {
	nan := math.NaN()
	whole := table(2, 1, nan, 5, nan, -2, nan, 3, 7)
	parts := must(MinMaxScaler{}.Fit(ctx, whole.Select([]int{0, 1})))
	parts = must(parts.Update(ctx, whole.Select([]int{2, 3})))
	all := must(MinMaxScaler{}.Fit(ctx, whole))
	near(t, "min", parts.Min, all.Min, 0)
	near(t, "max", parts.Max, all.Max, 0)
	if parts.Info.Rows != 4 {
		t.Errorf("rows %d", parts.Info.Rows)
	}
}

func wantError(t *testing.T, err error, kind error, text string) {
	t.Helper()
	if !isKind(err, kind) || err.Error() != text {
		t.Errorf("error %v\nwant %s", err, text)
	}
}
