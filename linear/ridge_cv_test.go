package linear

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// inShort leaves out laws whose fits another test of laws makes too, in short runs: each decomposes a matrix of 1000 x 1000 several times,
// which takes an emulator a minute.
func inShort(t *testing.T, same string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: the fits are those of " + same)
	}
}

func TestRidgeCVLaws(t *testing.T) {
	inShort(t, "TestRidgeCVMultiLaws")
	mltest.Regressor(t, RidgeCV{Alphas: []float64{0.01, 1, 100}, Keep: true})
}
func TestRidgeCVFoldsLaws(t *testing.T) {
	inShort(t, "TestRidgeLaws, once for each fold")
	mltest.Regressor(t, RidgeCV{Alphas: []float64{1}, Splitter: contiguous{3}})
}
func TestRidgeCVMultiLaws(t *testing.T)    { mltest.MultiRegressor(t, RidgeCVMulti{PerTarget: true}) }
func TestRidgeClassifierLaws(t *testing.T) { mltest.Classifier(t, RidgeClassifier{}) }
func TestRidgeClassifierCVLaws(t *testing.T) {
	inShort(t, "TestRidgeCVMultiLaws")
	mltest.Classifier(t, RidgeClassifierCV{})
}

// contiguous is selection.KFold, which a test of this package cannot import.
type contiguous struct{ K int }

func init() { ml.Register[contiguous]("linear.contiguous") }

func (s contiguous) Split(d ml.AnyData) ([]ml.Fold, error) {
	n, _ := d.X.Dims()
	if n < s.K {
		return nil, ml.BadConfig("contiguous", "K", s.K, "at most the number of rows")
	}
	var out []ml.Fold
	for _, test := range folds.Tests(folds.KFold(n, s.K, nil), s.K) {
		out = append(out, ml.Fold{Test: test})
	}
	return out, nil
}

// 1e-9: both solve by decompositions of matrices of condition number 1e2. The cases named tiny come from arithmetic of 60 digits.
func TestRidgeCVMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct {
		Cases map[string]struct {
			X, Y, Squares, Coef       [][]float64
			Alphas, Weight, Alpha, B0 []float64
			Intercept                 bool
			PerTarget                 bool `json:"per_target"`
			Folds                     int
			Best                      float64
		}
	}](t, "testdata/ridgecv.json")
	require.Len(t, file.Cases, 13)
	for name, c := range file.Cases {
		const tol = 1e-9
		for storage, table := range storages(FitCase{X: c.X, Weight: c.Weight}.table(t)) {
			config := RidgeCVMulti{Alphas: c.Alphas, PerTarget: c.PerTarget, NoIntercept: !c.Intercept, Keep: c.Folds == 0}
			if c.Folds > 0 {
				config.Splitter = contiguous{c.Folds}
			}
			if storage == "sparse" && name == "wide tiny" {
				continue // documented: the Gram matrix of sparse rows does not hold so small a penalty
			}
			what := name + " " + storage
			m, err := config.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: c.Y})
			require.NoError(t, err, what)
			require.Equal(t, c.Alpha, m.Alpha, what)
			for k := range m.Intercept {
				closeTo(t, m.Coef.Row(k), c.Coef[k], tol, what+" coefficients")
			}
			golden.Close(t, m.Intercept, c.B0, tol, 1e-9, what+" intercept")
			if c.Folds > 0 {
				golden.Close(t, []float64{-m.Errors.At(0, 2)}, []float64{c.Best}, tol, 0, what+" errors")
				require.Equal(t, 1.0, m.Alpha[0])
			}
			total, n := 0.0, 0.0 // scikit-learn divides by the number of rows
			for i := range c.X {
				w := 1.0
				if len(c.Weight) > 0 {
					w = c.Weight[i]
				}
				total, n = total+w, n+math.Max(math.Ceil(w), 0)
			}
			if name == "weights below 1" || name == "wide weights below 1" {
				n = float64(len(c.X))
			}
			for k, want := range c.Squares {
				got := append([]float64(nil), m.Errors.Row(k)...)
				for a := range got {
					got[a] *= total / n
				}
				golden.Close(t, got, want, tol, 0, what+" errors")
			}
			if len(c.Y[0]) == 1 {
				single, err := RidgeCV{Alphas: c.Alphas, NoIntercept: !c.Intercept, Splitter: config.Splitter}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: transposed(c.Y)[0]})
				require.NoError(t, err)
				require.Equal(t, m.Coef.Row(0), single.Coef)
				require.Equal(t, m.Errors.Row(0), single.Errors)
			}
		}
	}
}

// The residuals are those of fits without one repetition of each row, long and wide, dense and sparse, for any weights.
func TestRidgeCVIsLeavingRowsOut(t *testing.T) {
	r := func(i int) float64 { return math.Mod(math.Abs(math.Sin(float64(i)*12.9898)*43758.5453), 1) }
	for _, size := range [][2]int{{25, 4}, {12, 30}, {9, 8}} {
		n, p := size[0], size[1]
		x, y, weight := tensor.New[float64](n, p), make([]float64, n), make([]float64, n)
		for i := range n {
			for j := range p {
				x.Set(5*r(i*p+j)-2, i, j)
			}
			y[i], weight[i] = 7*r(9000+i), float64(i%4)
			if i%5 == 1 {
				weight[i] = 0.4
			}
		}
		alphas := []float64{1e-7, 0.05, 3}
		for storage, table := range storages(ml.Table{X: x, Weight: weight}) {
			m, err := RidgeCV{Alphas: alphas, Keep: true}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: y})
			require.NoError(t, err)
			for i := range n {
				for a, alpha := range alphas {
					if weight[i] == 0 {
						require.Zero(t, m.Residuals.At(i, a))
						continue
					}
					less := append([]float64(nil), weight...)
					less[i] -= min(1, less[i])
					without, err := Ridge{Alpha: alpha}.Fit(ctx, ml.Dataset[float64]{Table: ml.Table{X: x, Weight: less}, Y: y})
					require.NoError(t, err)
					pred, err := without.PredictRow(x.Row(i))
					require.NoError(t, err)
					require.InDelta(t, y[i]-pred, m.Residuals.At(i, a), 1e-6*(1+math.Abs(pred)), "%v %s row %d alpha %g", size, storage, i, alpha)
				}
			}
		}
	}
}

func TestRidgeClassifierMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct {
		Classes map[string]struct {
			X, Coef            [][]float64
			Y, Pred            []int
			Alphas, Weight, B0 []float64
			PerClass           []float64 `json:"per_class"`
			Alpha              float64
			Balanced           bool
		}
	}](t, "testdata/ridgecv.json")
	require.Len(t, file.Classes, 9)
	for name, c := range file.Classes {
		weight := ml.ClassWeight{Balanced: c.Balanced}
		if len(c.PerClass) > 0 {
			weight.PerClass = c.PerClass
		}
		for storage, table := range storages(FitCase{X: c.X, Weight: c.Weight}.table(t)) {
			what := name + " " + storage
			d := ml.Dataset[int]{Table: table, Y: c.Y}
			var m *MarginModel
			if len(c.Alphas) == 0 {
				var err error
				m, err = RidgeClassifier{Alpha: c.Alpha, ClassWeight: weight}.Fit(ctx, d)
				require.NoError(t, err, what)
			} else {
				chosen, err := RidgeClassifierCV{Alphas: c.Alphas, ClassWeight: weight}.Fit(ctx, d)
				require.NoError(t, err, what)
				require.Equal(t, c.Alpha, chosen.Alpha, what)
				m = &chosen.MarginModel
			}
			for k := range m.Intercept {
				closeTo(t, m.Coef.Row(k), c.Coef[k], 1e-10, what)
			}
			golden.Close(t, m.Intercept, c.B0, 1e-10, 1e-12, what+" intercept")
			pred, err := m.Predict(table.X)
			require.NoError(t, err)
			require.Equal(t, c.Pred, pred, what)
		}
	}
}

func TestRidgeCVRefuses(t *testing.T) {
	d := ml.Data(tensor.FromSlice([]float64{1, 2, 3, 4}, 4, 1), []float64{1, 2, 3, 5})
	for want, c := range map[string]RidgeCV{
		"Alphas is empty": {Alphas: []float64{}}, "Alphas[1] is 0": {Alphas: []float64{1, 0}}, "Keep is true": {Keep: true, Splitter: contiguous{2}},
		"contiguous": {Splitter: contiguous{9}},
	} {
		_, err := c.Fit(ctx, d)
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	d.Weight = []float64{0, 0, 1, 0}
	_, err := RidgeCV{}.Fit(ctx, d)
	require.ErrorContains(t, err, "at least two to leave one out")
	_, err = RidgeCV{Splitter: contiguous{2}}.Fit(ctx, d)
	require.ErrorContains(t, err, "no row of positive weight")
}

func TestRidgeCVNotesTheEndOfTheGrid(t *testing.T) {
	d := ml.Data(tensor.FromSlice([]float64{1, 2, 3, 4}, 4, 1), []float64{1, 2, 3, 4.1})
	m, err := RidgeCV{}.Fit(ctx, d)
	require.NoError(t, err)
	require.Equal(t, 0.1, m.Alpha)
	require.Contains(t, m.Info.Note, "smallest penalty of the grid, 0.1")
}
