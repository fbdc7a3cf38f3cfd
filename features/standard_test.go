package features

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleStandardScaler() {
	rows := ml.Table{X: tensor.FromSlice([]float64{1, 10, 2, 10, 3, 10}, 3, 2)}
	scaler, err := StandardScaler{}.Fit(context.Background(), rows)
	if err != nil {
		panic(err)
	}
	z, err := scaler.Transform(rows.X)
	if err != nil {
		panic(err)
	}
	fmt.Println("mean", scaler.Mean, "scale", scaler.Scale)
	fmt.Printf("%.3f\n", z.(*tensor.Tensor[float64]).Data())
	// Output:
	// mean [2 10] scale [0.816496580927726 1]
	// [-1.225 0.000 0.000 0.000 1.225 0.000]
}

// scikit-learn sums in another order, so its last digits differ: 1e-12 relative for the statistics. The columns of mean
// 1e6 and spread 1 amplify that in z to 1e-9.
func TestStandardScalerGolden(t *testing.T) {
	type result struct {
		Mean, Var, Scale, Seen []float64
		Z                      [][]float64
	}
	type file struct {
		X, Sparse       [][]float64
		W               []float64
		Plain, Weighted result
		Nomean          result
		NomeanWeighted  result `json:"nomean_weighted"`
	}
	g := golden.Load[file](t, "testdata/standard.json")
	check := func(name string, c StandardScaler, d ml.Table, want result) {
		t.Run(name, func(t *testing.T) {
			m := must(c.Fit(ctx, d))
			if len(want.Mean) > 0 {
				near(t, "Mean", m.Mean, want.Mean, 1e-12)
			}
			near(t, "Var", m.Var, want.Var, 1e-12)
			near(t, "Scale", m.Scale, want.Scale, 1e-12)
			near(t, "Seen", m.Seen, want.Seen, 0)
			near(t, "z", dense(must(m.Transform(d.X))), fromRows(want.Z).Data(), 1e-9)
		})
	}
	w := g.W
	sparse := tensor.SparseFrom[float64](fromRows(g.Sparse))
	check("plain", StandardScaler{}, ml.Table{X: fromRows(g.X)}, g.Plain)
	check("weighted", StandardScaler{}, ml.Table{X: fromRows(g.X), Weight: w}, g.Weighted)
	check("sparse", StandardScaler{NoMean: true}, ml.Table{X: sparse}, g.Nomean)
	check("sparse weighted", StandardScaler{NoMean: true}, ml.Table{X: sparse, Weight: w}, g.NomeanWeighted)
	check("sparse as dense", StandardScaler{NoMean: true}, ml.Table{X: fromRows(g.Sparse)}, g.Nomean)
}

// A column far from zero: the spread is 1e-9 of the mean. The true moments come from exact rational arithmetic, and both
// one fit and updates with uneven pieces must agree with them to 1e-12.
func TestStandardScalerStable(t *testing.T) {
	const n = 20000
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, n)
	sum, square := new(big.Float).SetPrec(400), new(big.Float).SetPrec(400)
	for i := range x {
		x[i] = 1e9 + r.NormFloat64()
		v := new(big.Float).SetPrec(400).SetFloat64(x[i])
		sum.Add(sum, v)
		square.Add(square, new(big.Float).SetPrec(400).Mul(v, v))
	}
	count := new(big.Float).SetPrec(400).SetInt64(n)
	mean := new(big.Float).SetPrec(400).Quo(sum, count)
	variance := new(big.Float).SetPrec(400).Quo(square, count)
	variance.Sub(variance, new(big.Float).SetPrec(400).Mul(mean, mean))
	wantMean, _ := mean.Float64()
	wantVar, _ := variance.Float64()

	all := table(1, x...)
	whole := must(StandardScaler{}.Fit(ctx, all))
	pieces := must(StandardScaler{}.Fit(ctx, table(1, x[:1]...)))
	for lo := 1; lo < n; {
		hi := min(n, lo+1+lo%977)
		pieces = must(pieces.Update(ctx, table(1, x[lo:hi]...)))
		lo = hi
	}
	left, right := must(StandardScaler{}.Fit(ctx, table(1, x[:7001]...))), must(StandardScaler{}.Fit(ctx, table(1, x[7001:]...)))
	merged := must(left.Merge(right))
	for name, m := range map[string]*ScalerModel{"fit": whole, "updates": pieces, "merged": merged} {
		if m.Mean[0] != wantMean || math.Abs(m.Var[0]/wantVar-1) > 1e-12 || m.Seen[0] != n || m.Info.Rows != n {
			t.Errorf("%s: mean %v var %v seen %v, want %v %v %v", name, m.Mean[0], m.Var[0], m.Seen[0], wantMean, wantVar, n)
		}
	}
}

func TestStandardScalerStorage(t *testing.T) {
	x := table(3, 1, 2, 0, 4, math.NaN(), 0, 7, 8, 5, 10, 11, 0).X.(*tensor.Tensor[float64])
	m := must(StandardScaler{}.Fit(ctx, ml.Table{X: x}))
	z := must(m.Transform(x))
	same(t, "rows", byRow(t, m, x), dense(z))
	near(t, "inverse", dense(must(m.Inverse(z))), x.Data(), 1e-15)

	m32 := must(StandardScaler{}.Fit(ctx, ml.Table{X: x.To32()}))
	near(t, "float32 mean", m32.Mean, m.Mean, 1e-15) // these numbers are exact in float32
	z32, is := must(m32.Transform(x.To32())).(*tensor.Tensor[float32])
	if !is {
		t.Fatal("float32 did not stay float32")
	}
	near(t, "float32", dense(z32), dense(z), 1e-7)

	sparse := tensor.SparseFrom[float32](x)
	ms := must(StandardScaler{NoMean: true}.Fit(ctx, ml.Table{X: sparse}))
	zs, is := must(ms.Transform(sparse)).(*tensor.CSR[float32])
	if !is || zs.NNZ() != sparse.NNZ() {
		t.Fatal("CSR did not stay CSR")
	}
	near(t, "CSR", dense(zs), dense(must(ms.Transform(x))), 1e-7)
	near(t, "CSR inverse", dense(must(ms.Inverse(zs))), x.Data(), 1e-6)
}

func TestStandardScalerRules(t *testing.T) {
	nan := math.NaN()
	m := must(StandardScaler{}.Fit(ctx, table(2, nan, 0.1, nan, 0.1, nan, 0.1)))
	if m.Scale[0] != 1 || m.Mean[0] != 0 || m.Scale[1] != 1 || m.Mean[1] != 0.1 {
		t.Errorf("empty and constant columns: mean %v scale %v", m.Mean, m.Scale)
	}
	raw := must(StandardScaler{NoStd: true}.Fit(ctx, table(1, 1, 2, 6)))
	near(t, "NoStd", dense(must(raw.Transform(table(1, 4).X))), []float64{1}, 0)

	named := table(2, 1, 2, 3, 4)
	named.Columns = []ml.Column{{Name: "a", From: []int{7}}, {Name: "b"}}
	if out := must(StandardScaler{}.Fit(ctx, named)).Out(); !reflect.DeepEqual(out, []ml.Column{{Name: "a"}, {Name: "b"}}) {
		t.Errorf("Out: %v", out)
	}
	for name, c := range map[string]struct {
		err  error
		kind error
	}{
		"sparse":      {second(StandardScaler{}.Fit(ctx, ml.Table{X: tensor.NewCSRZeros[float64](2, 2)})), ml.ErrConfig},
		"inf":         {second(StandardScaler{}.Fit(ctx, table(1, 1, math.Inf(1)))), ml.ErrNotFinite},
		"inf later":   {second(raw.Transform(table(1, 1, math.Inf(-1)).X)), ml.ErrNotFinite},
		"inf row":     {raw.TransformRow(make([]float64, 1), []float64{math.Inf(1)}), ml.ErrNotFinite},
		"short row":   {raw.TransformRow(make([]float64, 1), nil), ml.ErrShape},
		"short dst":   {raw.TransformRow(nil, []float64{1}), ml.ErrShape},
		"width":       {second(raw.Transform(table(2, 1, 2).X)), ml.ErrShape},
		"merge":       {second(raw.Merge(must(StandardScaler{}.Fit(ctx, table(1, 1, 2))))), ml.ErrConfig},
		"merge width": {second(raw.Merge(must(StandardScaler{NoStd: true}.Fit(ctx, table(2, 1, 2))))), ml.ErrConfig},
		"update":      {second(raw.Update(ctx, table(2, 1, 2))), ml.ErrShape},
		"categorical": {second(StandardScaler{}.Fit(ctx, ml.Table{X: table(1, 0, 1).X, Columns: []ml.Column{{Kind: ml.Categorical, Levels: []string{"a", "b"}}}})), ml.ErrColumn},
	} {
		var e *ml.Error
		if !errors.As(c.err, &e) || !errors.Is(c.err, c.kind) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (StandardScaler{}).Fit(stopped, table(1, 1, 2)); !errors.Is(err, context.Canceled) {
		t.Error("cancelled:", err)
	}
}

func second[T any](_ T, err error) error { return err }

// Integer weights are repeated rows, and a row of weight 0 is absent: to rounding, as chunks fall otherwise.
func TestStandardScalerWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var once, repeated, weight []float64
	for range 500 {
		row := []float64{r.NormFloat64(), 100 + r.ExpFloat64()}
		w := r.IntN(4)
		once, weight = append(once, row...), append(weight, float64(w))
		for range w {
			repeated = append(repeated, row...)
		}
	}
	d := table(2, once...)
	d.Weight = weight
	a, b := must(StandardScaler{}.Fit(ctx, d)), must(StandardScaler{}.Fit(ctx, table(2, repeated...)))
	near(t, "Mean", a.Mean, b.Mean, 1e-14)
	near(t, "Var", a.Var, b.Var, 1e-13)
	near(t, "Seen", a.Seen, b.Seen, 0)
}

func TestStandardScalerAnyProcs(t *testing.T) {
	x := tensor.New[float64](30000, 4)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64() * 1e3
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := must(StandardScaler{}.Fit(ctx, ml.Table{X: x}))
	z := dense(must(one.Transform(x)))
	for _, procs := range []int{2, 8} {
		runtime.GOMAXPROCS(procs)
		m := must(StandardScaler{}.Fit(ctx, ml.Table{X: x}))
		if !reflect.DeepEqual(m, one) {
			t.Fatalf("another model with GOMAXPROCS %d", procs)
		}
		same(t, "z", dense(must(m.Transform(x))), z)
	}
}

func benchmarkTable(n, p int) ml.Table {
	x := tensor.New[float64](n, p)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	return ml.Table{X: x}
}

func BenchmarkStandardScalerFit(b *testing.B) {
	d := benchmarkTable(1_000_000, 20)
	b.SetBytes(1_000_000 * 20 * 8)
	for b.Loop() {
		must(StandardScaler{}.Fit(ctx, d))
	}
}

func BenchmarkStandardScalerTransform(b *testing.B) {
	d := benchmarkTable(1_000_000, 20)
	m := must(StandardScaler{}.Fit(ctx, d))
	b.SetBytes(1_000_000 * 20 * 8)
	for b.Loop() {
		must(m.Transform(d.X))
	}
}

func BenchmarkStandardScalerRow(b *testing.B) {
	d := benchmarkTable(10, 20)
	m := must(StandardScaler{}.Fit(ctx, d))
	dst, src := make([]float64, 20), d.X.(*tensor.Tensor[float64]).Row(0)
	for b.Loop() {
		m.TransformRow(dst, src)
	}
}
