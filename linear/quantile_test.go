package linear

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestQuantileLaws(t *testing.T) {
	mltest.Regressor(t, QuantileRegression{})
	mltest.Regressor(t, QuantileRegression{Quantile: 0.3, Alpha: 0.01}, mltest.Waive(mltest.SparseMemory, "measured without the penalty, which adds nothing the size of X"))
}

// pinball is the objective, written out.
func pinball(d ml.Dataset[float64], tau, alpha float64, coef []float64, intercept float64) float64 {
	sum, total := 0.0, 0.0
	for i, y := range d.Y {
		w := 1.0
		if d.Weight != nil {
			w = d.Weight[i]
		}
		r := y - intercept
		for j, b := range coef {
			r -= d.X.At(i, j) * b
		}
		total += w
		sum += w * max(tau*r, (tau-1)*r)
	}
	sum /= total
	for _, b := range coef {
		sum += alpha * math.Abs(b)
	}
	return sum
}

func TestQuantileMatchesScikitLearn(t *testing.T) {
	type fit struct {
		FitCase
		Y               []float64
		Quantile, Alpha float64
		NoIntercept     bool `json:"no_intercept"`
		Unique          bool
		Objective       float64
	}
	file := golden.Load[struct{ Cases map[string]fit }](t, "testdata/quantile.json")
	if len(file.Cases) < 15 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	for name, c := range file.Cases {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			d := ml.Dataset[float64]{Table: table, Y: c.Y}
			m, err := QuantileRegression{Quantile: c.Quantile, Alpha: c.Alpha, NoIntercept: c.NoIntercept}.Fit(ctx, d)
			if err != nil {
				t.Fatal(what, err)
			}
			if m.Info.Status != ml.Converged || m.Info.Gap > 1e-10 {
				t.Errorf("%s: %v after %d steps, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			// 1e-10: both stand on the corner of the same basis, condition numbers are below 1e4, and HiGHS stops at 1e-7 of infeasibility.
			if c.Unique {
				closeTo(t, m.Coef, c.Coef[0], 1e-10, what)
				golden.Close(t, []float64{m.Intercept}, c.Intercept, 1e-10, 1e-9, what+" intercept")
			}
			got := pinball(d, c.Quantile, c.Alpha, m.Coef, m.Intercept)
			golden.Close(t, []float64{got}, []float64{c.Objective}, 1e-11, 1e-11, what+" objective")
			golden.Close(t, m.Info.Loss[len(m.Info.Loss)-1:], []float64{got}, 1e-10, 1e-11, what+" Info.Loss")
		}
	}
}

// statsmodels stops when coefficients move less than its tolerance, away from the corner by about 1e-6.
func TestQuantileMatchesStatsmodels(t *testing.T) {
	c := golden.Load[struct {
		Statsmodels struct {
			X            [][]float64
			Y, Quantiles []float64
			Params       [][]float64
		}
	}](t, "testdata/quantile.json").Statsmodels
	x, err := tensor.FromRows(c.X)
	if err != nil {
		t.Fatal(err)
	}
	d := ml.Data[float64](x, c.Y)
	m, err := MultiQuantileRegression{Quantiles: c.Quantiles}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	for k, q := range c.Quantiles {
		closeTo(t, m.Coef.Row(k), c.Params[k][1:], 1e-5, fmt.Sprint("quantile ", q))
		ours, theirs := pinball(d, q, 0, m.Coef.Row(k), m.Intercept[k]), pinball(d, q, 0, c.Params[k][1:], c.Params[k][0])
		if ours > theirs+1e-13 {
			t.Errorf("quantile %v: objective %v, statsmodels' %v", q, ours, theirs)
		}
	}
}

// Of one column of ones the solution is the weighted quantile itself; rows tie by the hundred.
func TestQuantileOfTies(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, tau := range []float64{0.013, 0.25, 0.5, 0.77, 0.99} {
		n := 400
		x, y := tensor.New[float64](n, 2), make([]float64, n)
		for i := range y {
			x.Row(i)[0] = float64(r.IntN(2))
			x.Row(i)[1] = float64(r.IntN(3))
			y[i] = float64(r.IntN(5)) + x.Row(i)[0]
		}
		d := ml.Data[float64](x, y)
		m, err := QuantileRegression{Quantile: tau}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if m.Info.Status != ml.Converged || m.Info.Gap > 1e-10 {
			t.Errorf("quantile %v: %v, gap %g after %d steps", tau, m.Info.Status, m.Info.Gap, m.Info.Iterations)
		}
	}
}

func TestQuantileExactFit(t *testing.T) {
	d := regression(50, 3)
	for i := range d.Y {
		d.Y[i] = 2 + d.X.At(i, 0) - 3*d.X.At(i, 2)
	}
	m, err := QuantileRegression{Quantile: 0.2}.Fit(ctx, d)
	if err != nil || m.Info.Status != ml.Converged {
		t.Fatal(err, m.Info.Status, m.Info.Gap)
	}
	golden.Close(t, append(m.Coef, m.Intercept), []float64{1, 0, -3, 2}, 1e-12, 1e-12, "exact fit")
	for i := range d.Y {
		d.Y[i] = 7
	}
	if m, err = (QuantileRegression{}).Fit(ctx, d); err != nil || math.Abs(m.Intercept-7) > 1e-12 || m.Info.Status != ml.Converged {
		t.Error("constant Y:", m.Intercept, m.Info.Status, err)
	}
}

func TestQuantilesDoNotCross(t *testing.T) {
	d := regression(40, 4)
	c := MultiQuantileRegression{Quantiles: []float64{0.05, 0.1, 0.3, 0.6, 0.61, 0.95}}
	m, err := c.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	far := regression(300, 4)
	for i, v := range far.X.(*tensor.Tensor[float64]).Data() {
		far.X.(*tensor.Tensor[float64]).Data()[i] = 5 * v
	}
	got, err := m.PredictQuantiles(far.X)
	if err != nil {
		t.Fatal(err)
	}
	middle, err := m.Predict(far.X)
	if err != nil {
		t.Fatal(err)
	}
	crossed := 0
	for i := range far.Y {
		row, raw := got.Row(i), make([]float64, len(c.Quantiles))
		m.affine().row(raw, far.X.(*tensor.Tensor[float64]).Row(i), 0)
		if !slices.IsSorted(raw) {
			crossed++
		}
		slices.Sort(raw)
		if !slices.Equal(row, raw) || middle[i] != row[3] {
			t.Fatalf("row %d: %v from %v, middle %v", i, row, raw, middle[i])
		}
	}
	if crossed == 0 {
		t.Error("no lines cross: the test shows nothing")
	}
}

// With more penalised columns than rows the steps factor a matrix of rows x rows; the solution is that of a programme with the columns it uses alone.
func TestQuantileWideSparse(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	n, p := 150, 3000
	x, y := tensor.New[float64](n, p), make([]float64, n)
	for i := range y {
		row := x.Row(i)
		for range 20 {
			row[r.IntN(p)] = r.NormFloat64()
		}
		for j := range 5 {
			row[j] = r.NormFloat64()
		}
		y[i] = row[0] + row[1] - 2*row[2] + 0.1*r.NormFloat64() + 1
	}
	d := ml.Data[float64](tensor.SparseFrom[float64](x), y)
	m, err := QuantileRegression{Quantile: 0.4, Alpha: 0.02}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if m.Info.Status != ml.Converged || m.Info.Gap > 1e-10 {
		t.Fatalf("%v after %d steps, gap %g", m.Info.Status, m.Info.Iterations, m.Info.Gap)
	}
	var used []int
	var coef []float64
	for j, b := range m.Coef {
		if b != 0 {
			used, coef = append(used, j), append(coef, b)
		}
	}
	if len(used) == 0 || len(used) > 100 {
		t.Fatal(len(used), "columns used")
	}
	d.X = x.TakeCols(used)
	small, err := QuantileRegression{Quantile: 0.4, Alpha: 0.02}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, coef, small.Coef, 1e-9, "columns used")
}

func TestQuantileConfigErrors(t *testing.T) {
	d := regression(10, 2)
	for field, f := range map[string]func() error{
		"Quantile": func() error { _, err := QuantileRegression{Quantile: 1}.Fit(ctx, d); return err },
		"Alpha":    func() error { _, err := QuantileRegression{Alpha: -1}.Fit(ctx, d); return err },
		"MaxIter":  func() error { _, err := QuantileRegression{MaxIter: -1}.Fit(ctx, d); return err },
		"Quantiles[1]": func() error {
			_, err := MultiQuantileRegression{Quantiles: []float64{0.5, 0.5}}.Fit(ctx, d)
			return err
		},
		"Quantiles": func() error { _, err := MultiQuantileRegression{Quantiles: []float64{}}.Fit(ctx, d); return err },
	} {
		if err := f(); !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), field+" is") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestQuantileOutOfSteps(t *testing.T) {
	// The simplex steps make up for a poor start.
	m, err := QuantileRegression{Quantile: 0.3, MaxIter: 1}.Fit(ctx, regression(300, 5))
	if err != nil || m.Info.Status != ml.Converged {
		t.Fatal(err, m.Info.Status)
	}
	full, err := QuantileRegression{Quantile: 0.3}.Fit(ctx, regression(300, 5))
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, m.Coef, full.Coef, 1e-10, "after one interior step")
}

func BenchmarkQuantile10kx10(b *testing.B) {
	benchmarkFit(b, QuantileRegression{}, regression(10_000, 10))
}
func BenchmarkQuantile100kx20(b *testing.B) {
	benchmarkFit(b, QuantileRegression{}, regression(100_000, 20))
}
