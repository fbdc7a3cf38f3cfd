package linear

import (
	"github.com/stretchr/testify/require"

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

func TestHuberLaws(t *testing.T) { mltest.Regressor(t, HuberRegressor{Alpha: 1}) }
func TestRANSACLaws(t *testing.T) {
	mltest.Regressor(t, RANSAC{Threshold: 5},
		mltest.Waive(mltest.RepeatedRows, "rows are drawn, not weights"),
		mltest.Waive(mltest.RowOrder, "rows are drawn by their position"))
}
func TestMEstimatorLaws(t *testing.T) { mltest.Regressor(t, MEstimator{MaxIter: 100}) }

// 1e-8: the reference's gradient is rounding where the loss is quadratic, and a Newton step away from the same point; condition numbers are below 1e3.
func TestHuberMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct {
		Huber map[string]struct {
			FitCase
			Y                           []float64
			Epsilon, Alpha, Scale, Loss float64
			NoIntercept                 bool `json:"no_intercept"`
			Outliers                    []bool
		}
	}](t, "testdata/robust.json")
	if len(file.Huber) < 6 {
		t.Fatal("only", len(file.Huber), "cases")
	}
	for name, c := range file.Huber {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			m, err := HuberRegressor{Epsilon: c.Epsilon, Alpha: c.Alpha, NoIntercept: c.NoIntercept}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(what, err)
			}
			if m.Info.Status != ml.Converged || m.Info.Iterations > 40 {
				t.Errorf("%s: %v after %d iterations, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			closeTo(t, m.Coef, c.Coef[0], 1e-8, what)
			golden.Close(t, []float64{m.Intercept, m.Scale}, []float64{c.Intercept[0], c.Scale}, 1e-8, 1e-8, what+" intercept and scale")
			golden.Close(t, m.Info.Loss[len(m.Info.Loss)-1:], []float64{c.Loss}, 1e-11, 0, what+" loss")
			if !slices.Equal(m.Outliers, c.Outliers) {
				t.Errorf("%s: other outliers", what)
			}
		}
	}
}

// 1e-9: both iterate to a fixed point, statsmodels with a change of 1e-13 at the most, at rates of about 0.9.
func TestMEstimatorMatchesStatsmodels(t *testing.T) {
	norms := map[string]RobustNorm{"huber": nil, "tukey": TukeyNorm{}, "hampel": HampelNorm{}, "andrew": AndrewNorm{},
		"narrow huber": HuberNorm{K: 0.8}, "wide tukey": TukeyNorm{C: 6}}
	file := golden.Load[struct {
		RLM map[string]struct {
			FitCase
			Y, Weights []float64
			Scale      float64
		}
	}](t, "testdata/robust.json")
	if len(file.RLM) < 12 {
		t.Fatal("only", len(file.RLM), "cases")
	}
	for name, c := range file.RLM {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			norm, _, _ := strings.Cut(name, ",")
			m, err := MEstimator{Norm: norms[norm], Tol: 1e-12, MaxIter: 5000}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(what, err)
			}
			if m.Info.Status != ml.Converged {
				t.Errorf("%s: %v, gap %g", what, m.Info.Status, m.Info.Gap)
			}
			closeTo(t, m.Coef, c.Coef[0], 1e-9, what)
			golden.Close(t, []float64{m.Intercept, m.Scale}, []float64{c.Intercept[0], c.Scale}, 1e-9, 1e-8, what+" intercept and scale")
			golden.Close(t, m.RowWeights, c.Weights, 1e-8, 1e-9, what+" weights")
		}
	}
}

// spoiled is a plane of which the first share of the rows is garbage: far off in y, and far out in x if leverage.
func spoiled(n, p int, share float64, leverage bool) (d ml.Dataset[float64], coef []float64, bad []bool) {
	r := rand.New(rand.NewPCG(11, 12))
	x, y := tensor.New[float64](n, p), make([]float64, n)
	coef, bad = make([]float64, p), make([]bool, n)
	for j := range coef {
		coef[j] = float64(j%3) - 1.5
	}
	for i := range y {
		row := x.Row(i)
		y[i] = 2 + 0.1*r.NormFloat64()
		for j := range row {
			row[j] = r.NormFloat64()
			y[i] += coef[j] * row[j]
		}
		if bad[i] = i < int(share*float64(n)); bad[i] {
			y[i] = 100 + 10*r.NormFloat64()
			if leverage {
				row[0] += 20
			}
		}
	}
	return ml.Data[float64](x, y), coef, bad
}

func TestRobustFitsDoNotBreakDown(t *testing.T) {
	fit := func(f ml.Fitter[ml.Dataset[float64], *RobustModel]) func(ml.Dataset[float64]) ([]float64, []bool, error) {
		return func(d ml.Dataset[float64]) ([]float64, []bool, error) {
			m, err := f.Fit(ctx, d)
			if err != nil {
				return nil, nil, err
			}
			return append(slices.Clone(m.Coef), m.Intercept), m.Outliers, nil
		}
	}
	for name, c := range map[string]struct {
		fit      func(ml.Dataset[float64]) ([]float64, []bool, error)
		share    float64
		leverage bool
		within   float64
	}{
		"Huber, 20 % in y": {fit(HuberRegressor{}), 0.2, false, 0.2},
		"RANSAC, 40 % in y and x": {func(d ml.Dataset[float64]) ([]float64, []bool, error) {
			m, err := RANSAC{Threshold: 1}.Fit(ctx, d)
			if err != nil {
				return nil, nil, err
			}
			out := slices.Clone(m.Inliers)
			for i := range out {
				out[i] = !out[i]
			}
			ols := m.Model.(*RegressionModel)
			return append(slices.Clone(ols.Coef), ols.Intercept), out, nil
		}, 0.4, true, 0.1},
		"M-estimate, 20 % in y": {fit(MEstimator{Norm: HuberNorm{}}), 0.2, false, 0.2},
	} {
		d, coef, bad := spoiled(200, 4, c.share, c.leverage)
		got, outliers, err := c.fit(d)
		if err != nil {
			t.Fatal(name, err)
		}
		for j, want := range append(coef, 2) {
			if math.Abs(got[j]-want) > c.within {
				t.Errorf("%s: coefficient %d is %v, want %v", name, j, got[j], want)
			}
		}
		for i, b := range bad {
			if b && !outliers[i] {
				t.Errorf("%s: bad row %d is no outlier", name, i)
			}
		}
	}
	d, coef, _ := spoiled(200, 4, 0.2, false)
	m, err := OLS{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(m.Intercept-2) < 5 && math.Abs(m.Coef[0]-coef[0]) < 5 {
		t.Error("least squares stands it too: the test shows nothing")
	}
}

func TestRobustExactFit(t *testing.T) {
	d := regression(60, 3)
	for i := range d.Y {
		d.Y[i] = 2 + d.X.At(i, 0) - 3*d.X.At(i, 2)
		if i < 10 {
			d.Y[i] += 50
		}
	}
	for _, f := range []ml.Fitter[ml.Dataset[float64], *RobustModel]{HuberRegressor{}, MEstimator{Norm: TukeyNorm{}}} {
		m, err := f.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, append(slices.Clone(m.Coef), m.Intercept), []float64{1, 0, -3, 2}, 1e-9, 1e-9, fmt.Sprintf("%T", f))
		for i, out := range m.Outliers {
			if i < 10 && (!out || m.RowWeights[i] > 1e-6) {
				t.Errorf("%T: row %d, %v, weight %v", f, i, out, m.RowWeights[i])
			}
		}
	}
}

func TestRobustConfigErrors(t *testing.T) {
	d := regression(10, 2)
	for field, c := range map[string]ml.Fitter[ml.Dataset[float64], *RobustModel]{"Epsilon": HuberRegressor{Epsilon: 1}, "Alpha": HuberRegressor{Alpha: -1},
		"Tol": HuberRegressor{Tol: 1}, "MaxIter": MEstimator{MaxIter: -1}, "Norm": MEstimator{Norm: HampelNorm{A: 1, B: 3, C: 2}}} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func BenchmarkHuber100kx20(b *testing.B)      { benchmarkFit(b, HuberRegressor{}, regression(100_000, 20)) }
func BenchmarkMEstimator100kx20(b *testing.B) { benchmarkFit(b, MEstimator{}, regression(100_000, 20)) }

// Above 2048 columns LSQR takes the place of the Gram matrix: here both solve one problem.
func TestReweighingByLSQRIsThatByTheGramMatrix(t *testing.T) {
	d := regression(300, 40)
	for i := range 30 {
		d.Y[10*i] += 50
	}
	for name, x := range map[string]tensor.Matrix{"dense": d.X, "sparse": tensor.SparseFrom[float64](d.X)} {
		for _, norm := range []RobustNorm{HuberNorm{}, TukeyNorm{}} {
			var got [2][]float64
			for k := range got {
				q, err := newScaledProblem(ctx, "", ml.Data(x, d.Y), true)
				require.NoError(t, err)
				f := q.newWeightedFit()
				f.direct = k == 0
				b, w := make([]float64, f.width), ones(q.rows)
				require.True(t, f.solve(b, w))
				m := reweighing{weightedFit: f, norm: norm, maxIter: 500, tol: 1e-10, track: ml.Track(ctx, "iteration", 500)}
				require.NoError(t, m.run(b))
				require.Equal(t, ml.Converged, m.info.Status)
				got[k] = b
			}
			golden.Close(t, got[1], got[0], 1e-9, 1e-9, name)
		}
	}
}
