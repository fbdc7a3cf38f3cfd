package linear

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// sparseRegression has about 5 entries in each row, of which the first columns matter.
func sparseRegression(n, p int) ml.Dataset[float64] {
	r := rand.New(rand.NewPCG(5, 6))
	var row, col []int
	var value []float64
	y := make([]float64, n)
	for i := range n {
		y[i] = 2 + r.NormFloat64()
		for range 5 {
			j, v := r.IntN(p), r.NormFloat64()+1
			row, col, value = append(row, i), append(col, j), append(value, v)
			y[i] += v * math.Sin(float64(j))
		}
	}
	x, err := tensor.FromCOO(n, p, row, col, value)
	if err != nil {
		panic(err)
	}
	d := ml.Data[float64](x, y)
	d.Weight = make([]float64, n)
	for i := range d.Weight {
		d.Weight[i] = float64(i % 4)
	}
	return d
}

func designOf(t *testing.T, d ml.Dataset[float64]) *design {
	t.Helper()
	s, err := newDesign("test", d.Table, [][]float64{d.Y}, true)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// LSQR, which only large sparse problems reach, against the factorisations: 1e-7 for a Tol of 1e-10 and condition numbers around 1e2.
func TestLSQRMatchesDirect(t *testing.T) {
	for name, d := range map[string]ml.Dataset[float64]{"tall": sparseRegression(400, 60), "wide": sparseRegression(60, 150)} {
		for _, alpha := range []float64{0, 0.5} {
			s := designOf(t, d)
			want, _, err := s.direct(ctx, "test", []float64{alpha})
			if err != nil {
				t.Fatal(err)
			}
			got, info, err := s.lsqr(ctx, []float64{alpha}, 0, 0)
			if err != nil || info.Status != ml.Converged {
				t.Fatal(name, info.Status, err)
			}
			closeTo(t, got[0].coef, want[0].coef, 1e-7, name)
			golden.Close(t, []float64{got[0].intercept}, []float64{want[0].intercept}, 1e-7, 0, name+" intercept")
		}
	}
}

func TestLargeSparseTakesLSQR(t *testing.T) {
	d := sparseRegression(3000, 2500)
	ols, err := OLS{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	ridge, err := Ridge{Alpha: 1}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*RegressionModel{"OLS": ols, "Ridge": ridge} {
		if m.Info.Status != ml.Converged || m.Info.Iterations == 0 || len(m.Info.Loss) != m.Info.Iterations || m.Info.Gap > 1e-10 {
			t.Error(name, m.Info.Status, m.Info.Iterations, m.Info.Gap)
		}
	}
	few, err := Ridge{Alpha: 1, MaxIter: 2}.Fit(ctx, d)
	if err != nil || few.Info.Status != ml.MaxIter || few.Info.Iterations != 2 {
		t.Error("MaxIter:", few.Info.Status, few.Info.Iterations, err)
	}
}

// The dual and the primal form of ridge agree where both apply, dense and sparse.
func TestRidgeDualMatchesPrimal(t *testing.T) {
	d := sparseRegression(50, 50)
	for _, x := range []tensor.Matrix{d.X, d.X.(*tensor.CSR[float64]).Dense()} {
		d.X = x
		s := designOf(t, d)
		for _, alpha := range []float64{1, 1e-7} {
			want, _, err := s.primal(ctx, "test", []float64{alpha})
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := s.dual(ctx, "test", []float64{alpha})
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, got[0].coef, want[0].coef, 1e-6, "dual")
		}
	}
}

// More columns than the working set takes at first: the optimality conditions must hold over all of them.
func TestPositiveOnWorkingSets(t *testing.T) {
	d := sparseRegression(500, 700)
	for _, alpha := range []float64{0, 2} {
		s := designOf(t, d)
		fits, info, err := s.nonNegative(ctx, "test", []float64{alpha}, 0)
		if err != nil || info.Status != ml.Converged {
			t.Fatal(info, err)
		}
		grad := make([]float64, s.cols)
		s.gradient(grad, 0, alpha, &fits[0])
		positive := 0
		for j, g := range grad {
			b := fits[0].coef[j]
			if b > 0 {
				positive++
				g = math.Abs(g)
			}
			if b < 0 || g > 1e-7 {
				t.Fatalf("alpha %v: column %d has coefficient %v and gradient %v", alpha, j, b, g)
			}
		}
		if positive < 150 {
			t.Error("only", positive, "positive: the working set was never enlarged")
		}
	}
}

// Exact data on a far offset: y = 3 + 2x - z with x around 1e9. All digits that 1e9 leaves come back.
func TestFarOffsets(t *testing.T) {
	const n = 200
	x := tensor.New[float64](n, 2)
	y := make([]float64, n)
	for i := range n {
		x.Row(i)[0], x.Row(i)[1] = 1e9+float64(i), float64(i*i%17)
		y[i] = 3 + 2*x.Row(i)[0] - x.Row(i)[1]
	}
	m, err := OLS{}.Fit(ctx, ml.Data[float64](x, y))
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, m.Coef, []float64{2, -1}, 1e-14, 0, "Coef")
	golden.Close(t, []float64{m.Intercept}, []float64{3}, 1e-6, 0, "Intercept") // 1e9 eps
	if m.Info.Note != "" {
		t.Error(m.Info.Note)
	}
}

// float32 storage holds other numbers: with those in float64 the model is the same.
func TestNarrowInput(t *testing.T) {
	d := regression(100, 4)
	narrow := d.X.(*tensor.Tensor[float64]).To32()
	wide := narrow.To64()
	for name, x := range map[string]tensor.Matrix{"dense": narrow, "sparse": tensor.SparseFrom[float32](narrow)} {
		a, err := OLS{}.Fit(ctx, ml.Data(x, d.Y))
		if err != nil {
			t.Fatal(err)
		}
		b, err := OLS{}.Fit(ctx, ml.Data[float64](wide, d.Y))
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, a.Coef, b.Coef, 1e-14, 1e-14, name)
	}
}

func TestRegressionEdges(t *testing.T) {
	one := ml.Data[float64](tensor.FromSlice([]float64{1, 2}, 1, 2), []float64{5})
	m, err := OLS{}.Fit(ctx, one)
	if err != nil || m.Coef[0] != 0 || m.Coef[1] != 0 || m.Intercept != 5 {
		t.Error("one row:", m, err)
	}
	if m.Info.Note != "rank 0 of 2: the columns are linearly dependent; the shortest solution was taken" {
		t.Error(m.Info.Note)
	}
	m, err = OLS{NoIntercept: true}.Fit(ctx, one)
	// 1e-14: a few roundings, whose number depends on whether the machine fuses products and sums
	if err != nil || math.Abs(m.Coef[0]-1) > 1e-14 || math.Abs(m.Coef[1]-2) > 1e-14 || m.Intercept != 0 {
		t.Error("one row through the origin:", m.Coef, m.Intercept, err)
	}
	huge := ml.Data[float64](tensor.FromSlice([]float64{1e200, 2e200, 3e200}, 3, 1), []float64{1, 2, 4})
	for name, f := range map[string]ml.Fitter[ml.Dataset[float64], *RegressionModel]{"OLS": OLS{}, "Positive": OLS{Positive: true}, "Ridge": Ridge{Alpha: 1}} {
		if _, err := f.Fit(ctx, huge); !errors.Is(err, ml.ErrNotFinite) {
			t.Error(name, "on numbers whose squares overflow:", err)
		}
	}
}

func TestRegressionConfigErrors(t *testing.T) {
	d := regression(10, 2)
	for want, f := range map[string]ml.Fitter[ml.Dataset[float64], *RegressionModel]{
		"linear.Ridge.Fit: Alpha is 0: want > 0; for no penalty use linear.OLS":   Ridge{},
		"linear.Ridge.Fit: Alpha is -1: want > 0; for no penalty use linear.OLS":  Ridge{Alpha: -1},
		"linear.Ridge.Fit: Alpha is NaN: want > 0; for no penalty use linear.OLS": Ridge{Alpha: math.NaN()},
		"linear.Ridge.Fit: Tol is -1: want >= 0 and < 1; 0 means the default":     Ridge{Alpha: 1, Tol: -1},
		"linear.OLS.Fit: Tol is NaN: want >= 0 and < 1; 0 means the default":      OLS{Tol: math.NaN()},
		"linear.OLS.Fit: MaxIter is -1: want >= 0; 0 means the default":           OLS{MaxIter: -1},
	} {
		if _, err := f.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	multi := ml.Data(d.X, [][]float64{})
	for range 10 {
		multi.Y = append(multi.Y, []float64{1, 2})
	}
	for want, f := range map[string]RidgeMulti{
		"linear.RidgeMulti.Fit: Alpha is 0: want > 0; for no penalty use linear.OLSMulti":     {},
		"linear.RidgeMulti.Fit: Alphas is a list of 3: want 2, one for each target":           {Alphas: []float64{1, 2, 3}},
		"linear.RidgeMulti.Fit: Alphas[1] is 0: want > 0; for no penalty use linear.OLSMulti": {Alphas: []float64{1, 0}},
		"linear.RidgeMulti.Fit: Alpha is 1: want 0 when Alphas is set: only one of them":      {Alpha: 1, Alphas: []float64{1, 2}},
	} {
		if _, err := f.Fit(ctx, multi); !errors.Is(err, ml.ErrConfig) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRegressionPredictErrors(t *testing.T) {
	m, err := OLS{}.Fit(ctx, regression(20, 3))
	if err != nil {
		t.Fatal(err)
	}
	bad := tensor.FromSlice([]float64{1, 2, 3, 4, math.NaN(), 6}, 2, 3)
	if _, err := m.Predict(bad); !errors.Is(err, ml.ErrNotFinite) || !strings.Contains(err.Error(), "X[1, 1]") {
		t.Error("NaN:", err)
	}
	if _, err := m.PredictRow([]float64{1, math.Inf(1), 0}); !errors.Is(err, ml.ErrNotFinite) {
		t.Error("Inf in a row:", err)
	}
	if _, err := m.Predict(bad.Cols(0, 2)); !errors.Is(err, ml.ErrShape) {
		t.Error("narrow:", err)
	}
	if err := m.PredictInto(make([]float64, 1), bad); !errors.Is(err, ml.ErrShape) {
		t.Error("short dst:", err)
	}
}

// Progress functions see LSQR's and the active set's steps, and stopping keeps a usable model.
func TestRegressionStop(t *testing.T) {
	d := sparseRegression(3000, 2500)
	for name, f := range map[string]ml.Fitter[ml.Dataset[float64], *RegressionModel]{"LSQR": OLS{}, "active set": OLS{Positive: true}} {
		calls := 0
		watched := ml.WithProgress(ctx, func(p ml.Progress) error {
			if calls++; p.Step != calls {
				t.Error(name, "reported step", p.Step, "after", calls-1)
			}
			if calls == 3 {
				return ml.Stop
			}
			return nil
		})
		m, err := f.Fit(watched, d)
		if err != nil || m.Info.Status != ml.Stopped || m.Info.Iterations != 3 {
			t.Fatal(name, err)
		}
		if _, err := m.Predict(d.X); err != nil {
			t.Error(name, err)
		}
	}
}
