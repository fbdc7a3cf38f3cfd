package explain

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// formula answers rows with a function of one row.
type formula func(x []float64) []float64

func (f formula) Answer(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	t := tensor.FromMatrix[float64](x)
	n := t.Shape()[0]
	var out *tensor.Tensor[float64]
	for i := range n {
		y := f(t.Row(i))
		if out == nil {
			out = tensor.New[float64](n, len(y))
		}
		copy(out.Row(i), y)
	}
	return out, nil
}

// crossed has interactions of up to four columns.
func crossed(x []float64) []float64 {
	s := 0.0
	for j, v := range x {
		s += float64(j) * v
	}
	return []float64{s + x[0]*x[1]*x[2] + math.Sin(x[3]*x[4]) + x[5]*x[6]*x[7]*x[8], x[0] * x[1]}
}

func explainAll(t *testing.T, how interface {
	For(m Model) (Explainer, error)
}, m Model, x tensor.Matrix) *Explanation {
	t.Helper()
	e, err := how.For(m)
	require.NoError(t, err)
	out, err := e.Explain(context.Background(), x)
	require.NoError(t, err)
	return out
}

// TestAnyModelsValuesAreTheTrees compares two ways to the same values.
func TestAnyModelsValuesAreTheTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := shape{features: 7, trees: 5, depth: 5, categories: true, missing: true}
	m := randomTrees(t, r, s)
	rows, background := randomRows(r, 6, s), ml.Table{X: randomRows(r, 8, s), Weight: []float64{1, 2, 0, 1, 1, 3, 1, 0.5}}
	for _, index := range []Index{Shapley, Banzhaf} {
		x, err := TreeSHAP{Background: background, Index: index}.For(m)
		require.NoError(t, err)
		want, err := x.Explain(context.Background(), rows)
		require.NoError(t, err)
		got := explainAll(t, ExactSHAP{Sampled: Sampled{Background: background}, Index: index}, Values(m), rows)
		require.InDeltaSlice(t, want.Values.Data(), got.Values.Data(), 1e-12)
		require.InDeltaSlice(t, want.Base.Data(), got.Base.Data(), 1e-12)
		require.Nil(t, got.Errors)
	}
	exact := explainAll(t, ExactSHAP{Sampled: Sampled{Background: background}}, Values(m), rows)
	all := explainAll(t, KernelSHAP{Sampled: Sampled{Background: background}}, Values(m), rows)
	require.InDeltaSlice(t, exact.Values.Data(), all.Values.Data(), 1e-12)
}

func TestSampledValuesAreNearTheExactOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := shape{features: 10}
	background := Sampled{Background: ml.Table{X: randomRows(r, 5, s)}}
	n := 30
	if testing.Short() {
		n = 20
	}
	rows := randomRows(r, n, s)
	exact := explainAll(t, ExactSHAP{Sampled: background}, formula(crossed), rows)
	var errors [2]float64
	for i, how := range []interface {
		For(m Model) (Explainer, error)
	}{
		KernelSHAP{Sampled: background, Evaluations: 200},
		PermutationSHAP{Sampled: background, Evaluations: 200},
	} {
		got := explainAll(t, how, formula(crossed), rows)
		want, err := formula(crossed).Answer(rows)
		require.NoError(t, err)
		worst, err := got.Additivity(want)
		require.NoError(t, err)
		require.Less(t, worst, 1e-12)
		within, of := 0, 0
		for q, v := range got.Values.Data() {
			e := math.Abs(v - exact.Values.Data()[q])
			errors[i] += e * e
			if got.Errors.Data()[q] > 1e-9 {
				of++
				if e <= 2*got.Errors.Data()[q] {
					within++
				}
			}
		}
		// Two standard errors are about 95 % of a normal distribution; the estimates are of few numbers, some of them zero.
		require.Greater(t, float64(within)/float64(of), 0.85)
		require.Greater(t, of, 6*n)
	}
	require.Less(t, errors[0], errors[1]) // the fit knows more than the orders
	more := explainAll(t, KernelSHAP{Sampled: background, Evaluations: 400}, formula(crossed), rows)
	square := 0.0
	for q, v := range more.Values.Data() {
		square += (v - exact.Values.Data()[q]) * (v - exact.Values.Data()[q])
	}
	require.Less(t, square, errors[0]/3)
}

// TestOrdersOfPairsAreExact: where no more than two columns interact, an order and its reverse say all.
func TestOrdersOfPairsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := shape{features: 9}
	background := Sampled{Background: ml.Table{X: randomRows(r, 4, s)}}
	rows := randomRows(r, 5, s)
	pairs := formula(func(x []float64) []float64 { return []float64{x[0]*x[1] - x[2]*x[8] + 3*x[4]*x[5] + math.Exp(x[6])} })
	exact := explainAll(t, ExactSHAP{Sampled: background}, pairs, rows)
	one := explainAll(t, PermutationSHAP{Sampled: background, Evaluations: 1}, pairs, rows)
	require.InDeltaSlice(t, exact.Values.Data(), one.Values.Data(), 1e-12)
	require.True(t, math.IsInf(one.Errors.Data()[0], 1))
	early := explainAll(t, PermutationSHAP{Sampled: background, Evaluations: 1e6, Tol: 1e-3}, pairs, rows)
	require.InDeltaSlice(t, exact.Values.Data(), early.Values.Data(), 1e-12)
}

func TestGroupsPlayAsOne(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	s := shape{features: 9}
	groups := []Group{{Name: "first three", Columns: []int{0, 1, 2}}}
	background := Sampled{Background: ml.Table{X: randomRows(r, 4, s)}, Groups: groups}
	rows := randomRows(r, 3, s)
	got := explainAll(t, ExactSHAP{Sampled: background}, formula(crossed), rows)
	require.Len(t, got.Columns, 7)
	require.Equal(t, "first three", got.Columns[0].Name)
	require.Equal(t, rows.Row(0)[3], got.X.Row(0)[1])
	want, err := formula(crossed).Answer(rows)
	require.NoError(t, err)
	worst, err := got.Additivity(want)
	require.NoError(t, err)
	require.Less(t, worst, 1e-12)
	// The group and the fourth column do not interact: the sum is what the formula's part of the group alone differs by.
	part := func(x []float64) float64 { return x[1] + 2*x[2] + x[0]*x[1]*x[2] }
	for i := range 3 {
		base := 0.0
		for b := range 4 {
			base += part(background.Background.X.(*tensor.Tensor[float64]).Row(b)) / 4
		}
		require.InDelta(t, part(rows.Row(i))-base, got.Row(i, 0)[0], 1e-12)
	}
	_, err = ExactSHAP{Sampled: Sampled{Background: background.Background, Groups: []Group{{Columns: []int{9}}}}}.For(formula(crossed))
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestLinearValuesAreThoseOfAllSets(t *testing.T) {
	ctx := context.Background()
	d := datasets.Diabetes()
	m, err := linear.Ridge{Alpha: 0.1}.Fit(ctx, d)
	require.NoError(t, err)
	background := ml.Table{X: d.Select([]int{0, 5, 9, 100}).X, Columns: d.Columns}
	rows := d.Select([]int{1, 2, 3}).X
	got, err := LinearSHAP{Coef: tensor.FromSlice(m.Coef, 1, len(m.Coef)), Intercept: []float64{m.Intercept}, Background: background}.Explain(ctx, rows)
	require.NoError(t, err)
	want := explainAll(t, ExactSHAP{Sampled: Sampled{Background: background}}, Values(m), rows)
	require.InDeltaSlice(t, want.Values.Data(), got.Values.Data(), 1e-9) // answers of size 100
	require.Equal(t, "bmi", got.Columns[2].Name)
	_, err = LinearSHAP{Coef: tensor.FromSlice(m.Coef, 1, len(m.Coef)), Intercept: []float64{m.Intercept}}.Explain(ctx, rows)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestProbabilitiesAreExplained(t *testing.T) {
	ctx := context.Background()
	d := datasets.Iris()
	m, err := linear.LogisticRegression{}.Fit(ctx, d)
	require.NoError(t, err)
	background := Sampled{Background: ml.Table{X: d.Select([]int{0, 50, 100}).X}}
	rows := d.Select([]int{1, 60, 120}).X
	got := explainAll(t, KernelSHAP{Sampled: background}, Proba(m), rows)
	require.Equal(t, d.Classes, got.Outputs)
	want, err := m.PredictProba(rows)
	require.NoError(t, err)
	worst, err := got.Additivity(want)
	require.NoError(t, err)
	require.Less(t, worst, 1e-12)
	margins := explainAll(t, ExactSHAP{Sampled: background}, Margins(m), rows)
	linearly, err := LinearSHAP{Coef: m.Coef, Intercept: m.Intercept, Background: background.Background}.Explain(ctx, rows)
	require.NoError(t, err)
	require.InDeltaSlice(t, linearly.Values.Data(), margins.Values.Data(), 1e-10)
}

func TestSampledRefuses(t *testing.T) {
	x := tensor.New[float64](3, 20)
	wide := randomRows(rand.New(rand.NewPCG(1, 2)), 3, shape{features: 20})
	sum := formula(func(x []float64) []float64 { return []float64{x[0]} })
	_, err := ExactSHAP{}.For(sum)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = KernelSHAP{Sampled: Sampled{Background: ml.Table{X: x}}, Evaluations: -1}.For(sum)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = PermutationSHAP{Sampled: Sampled{Background: ml.Table{X: x}}, Tol: math.NaN()}.For(sum)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = ExactSHAP{Sampled: Sampled{Background: ml.Table{X: x}}, Index: 3}.For(sum)
	require.ErrorIs(t, err, ml.ErrConfig)
	e, err := ExactSHAP{Sampled: Sampled{Background: ml.Table{X: x}}}.For(sum)
	require.NoError(t, err)
	_, err = e.Explain(context.Background(), wide)
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = e.Explain(context.Background(), tensor.New[float64](3, 4))
	require.ErrorIs(t, err, ml.ErrShape)
	stopped, stop := context.WithCancel(context.Background())
	stop()
	_, err = e.Explain(stopped, tensor.FromSlice([]float64{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1, 20))
	require.ErrorIs(t, err, context.Canceled)
}

// meanSquares scores by mean squared error.
type meanSquares struct{}

func (meanSquares) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	pred, err := m.Predict(d.X)
	sum := 0.0
	for i, v := range pred {
		sum += (v - d.Y[i]) * (v - d.Y[i]) / float64(len(pred))
	}
	return sum, err
}
func (meanSquares) Lower() bool  { return true }
func (meanSquares) Name() string { return "MSE" }

// TestImportanceIsTheMeanOverAllPermutations: for y = f(x) without error, dealing column j out costs the mean over all pairs of rows of the squared change.
func TestImportanceIsTheMeanOverAllPermutations(t *testing.T) {
	ctx := context.Background()
	d := datasets.Diabetes()
	m, err := linear.Ridge{Alpha: 0.1}.Fit(ctx, d)
	require.NoError(t, err)
	d.Y, err = m.Predict(d.X)
	require.NoError(t, err)
	var tables []*ImportanceTable
	for _, procs := range []int{1, 8} {
		old := runtime.GOMAXPROCS(procs)
		table, err := Importance(ctx, m, d, meanSquares{}, PermutationImportance{Repeats: 40, Seed: 3})
		runtime.GOMAXPROCS(old)
		require.NoError(t, err)
		tables = append(tables, table)
	}
	require.Equal(t, tables[0], tables[1])
	n := float64(d.Rows())
	x := tensor.FromMatrix[float64](d.X)
	for j, r := range tables[0].Rows {
		mean, variance := 0.0, 0.0
		for i := range d.Rows() {
			mean += x.Row(i)[j] / n
		}
		for i := range d.Rows() {
			variance += (x.Row(i)[j] - mean) * (x.Row(i)[j] - mean) / n
		}
		want := 2 * m.Coef[j] * m.Coef[j] * variance * n / (n - 1) * (n - 1) / n // the mean squared difference of two rows, a row itself included
		require.InDelta(t, want, r.Mean, 5*r.SD/math.Sqrt(40)+1e-9, r.Name)
		require.True(t, r.Lo <= r.Mean && r.Mean <= r.Hi)
	}
	require.Contains(t, tables[0].String(), "MSE is 0 with all columns")
	both, err := Importance(ctx, m, d, meanSquares{}, PermutationImportance{Groups: []Group{{Name: "serum", Columns: []int{4, 5, 6, 7, 8, 9}}}})
	require.NoError(t, err)
	require.Len(t, both.Rows, 5)
	sparse := d
	sparse.X = tensor.SparseFrom[float64](d.X)
	again, err := Importance(ctx, m, sparse, meanSquares{}, PermutationImportance{Groups: []Group{{Name: "serum", Columns: []int{4, 5, 6, 7, 8, 9}}}})
	require.NoError(t, err)
	require.InDeltaSlice(t, both.Rows[0].Falls, again.Rows[0].Falls, 1e-6)
	_, err = Importance(ctx, m, d, meanSquares{}, PermutationImportance{Level: 2})
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = Importance(ctx, m, d, meanSquares{}, PermutationImportance{Repeats: -2})
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestPartialDependence(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(9, 10))
	rows := randomRows(r, 300, shape{features: 3})
	f := formula(func(x []float64) []float64 { return []float64{2*x[0] + x[1]*x[1], x[0] * x[2]} })
	squares, third, total := 0.0, 0.0, 0.0
	weight := make([]float64, 300)
	for i := range weight {
		weight[i] = float64(i % 3)
		total += weight[i]
	}
	for i, w := range weight {
		squares += w * rows.Row(i)[1] * rows.Row(i)[1] / total
		third += w * rows.Row(i)[2] / total
	}
	got, err := PartialDependence{Columns: []int{0}, Points: 7, ICE: true}.Of(ctx, f, ml.Table{X: rows, Weight: weight})
	require.NoError(t, err)
	require.Len(t, got.Grid[0], 7)
	for at, v := range got.Grid[0] {
		require.InDelta(t, 2*v+squares, got.Mean.Row(at)[0], 1e-12)
		require.InDelta(t, v*third, got.Mean.Row(at)[1], 1e-12)
		require.InDelta(t, v*rows.Row(5)[2], got.Rows.Data()[(at*2+1)*300+5], 1e-12)
	}
	centred, err := PartialDependence{Columns: []int{0}, Points: 7, Centre: true}.Of(ctx, f, ml.Table{X: rows})
	require.NoError(t, err)
	require.Equal(t, 0.0, centred.Mean.Row(0)[0])
	require.InDelta(t, 0, centred.SD.Row(6)[0], 1e-12) // the first output is additive: all curves move alike
	require.Greater(t, centred.SD.Row(6)[1], 0.5)
	surface, err := PartialDependence{Columns: []int{2, 0}, Grid: [][]float64{{0, 1}, {1, 2, 3}}}.Of(ctx, f, ml.Table{X: rows})
	require.NoError(t, err)
	require.Equal(t, []int{6, 2}, surface.Mean.Shape())
	require.InDelta(t, 3, surface.Mean.Row(5)[1], 1e-12)
	for _, bad := range []PartialDependence{{}, {Columns: []int{0, 0}}, {Columns: []int{3}}, {Columns: []int{0}, Points: 1}, {Columns: []int{0}, Lo: 0.5, Hi: 0.4}, {Columns: []int{0}, Grid: [][]float64{{2, 1}}}} {
		_, err := bad.Of(ctx, f, ml.Table{X: rows})
		require.ErrorIs(t, err, ml.ErrConfig)
	}
}
