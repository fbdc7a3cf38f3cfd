package linear

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestBayesianRidgeLaws(t *testing.T) { mltest.Regressor(t, BayesianRidge{}) }

// Few iterations, since wide ones are slow before columns are pruned.
func TestARDRegressionLaws(t *testing.T) {
	if testing.Short() {
		mltest.Regressor(t, ARDRegression{MaxIter: 1})
		return
	}
	mltest.Regressor(t, ARDRegression{MaxIter: 4})
}

type bayesianCase struct {
	X, At                      [][]float64
	Y, Weight, Coef, Precision []float64
	B0, Noise, Evidence, Last  float64
	Mean, Std, Scores, Hyper   []float64
	Intercept                  bool
	Ard                        bool
}

func (c bayesianCase) fit(table ml.Table) (*BayesianModel, error) {
	d := ml.Dataset[float64]{Table: table, Y: c.Y}
	if c.Ard {
		return ARDRegression{NoIntercept: !c.Intercept, CoefShape: 1e-6, CoefRate: 1e-6, Tol: 1e-11, MaxIter: 20000}.Fit(ctx, d)
	}
	return BayesianRidge{NoIntercept: !c.Intercept, NoiseShape: c.Hyper[0], NoiseRate: c.Hyper[1], CoefShape: c.Hyper[2], CoefRate: c.Hyper[3], Tol: 1e-13, MaxIter: 5000}.Fit(ctx, d)
}

// 1e-7: both end where coefficients change by 1e-12 or less of their length, and converge linearly, with ratios up to about 0.99.
func TestBayesianMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct{ Cases map[string]bayesianCase }](t, "testdata/bayesian.json")
	require.Len(t, file.Cases, 12)
	for name, c := range file.Cases {
		for storage, table := range storages(FitCase{X: c.X, Weight: c.Weight}.table(t)) {
			what := name + " " + storage
			tol := 1e-7
			if name == "ard wide" { // the active columns nearly interpolate, and scikit-learn's form of the covariance cancels there
				tol = 1e-5
			}
			m, err := c.fit(table)
			require.NoError(t, err, what)
			closeTo(t, m.Coef, c.Coef, tol, what+" coefficients")
			golden.Close(t, []float64{m.Intercept, m.NoisePrecision}, []float64{c.B0, c.Noise}, tol, tol, what+" intercept and noise")
			golden.Close(t, m.Precision, c.Precision, tol, 0, what+" precisions")
			at, err := tensor.FromRows(c.At)
			require.NoError(t, err)
			mean, std, err := m.PredictStd(at)
			require.NoError(t, err)
			golden.Close(t, mean, c.Mean, tol, tol, what+" means")
			golden.Close(t, std, c.Std, tol, 0, what+" standard deviations")
			last := -m.Info.Loss[len(m.Info.Loss)-1]
			if c.Ard {
				golden.Close(t, []float64{last}, []float64{c.Evidence}, 1e-8, 0, what+" evidence")
				continue
			}
			golden.Close(t, []float64{last}, []float64{c.Last}, 1e-8, 0, what+" evidence")
			for k, want := range c.Scores { // iteration by iteration
				golden.Close(t, []float64{-m.Info.Loss[k]}, []float64{want}, 1e-9, 1e-9, what+" evidence on the way")
			}
		}
	}
}

// The variance of a prediction is xᵀΣx with the covariance written out.
func TestBayesianCovarianceIsThatOfPredictions(t *testing.T) {
	d := datasets.Mtcars()
	for n, fit := range map[string]func(ml.Dataset[float64]) (*BayesianModel, error){
		"ridge": func(d ml.Dataset[float64]) (*BayesianModel, error) { return BayesianRidge{}.Fit(ctx, d) },
		"ard":   func(d ml.Dataset[float64]) (*BayesianModel, error) { return ARDRegression{Threshold: 100}.Fit(ctx, d) },
	} {
		for rows, data := range map[string]ml.Dataset[float64]{"long": d, "wide": {Table: d.Table.Select([]int{0, 3, 9, 12, 20, 30}), Y: []float64{21, 21.4, 19.2, 17.3, 21.5, 15}}} {
			m, err := fit(data)
			require.NoError(t, err)
			cov, err := m.Covariance()
			require.NoError(t, err)
			_, std, err := m.PredictStd(d.X)
			require.NoError(t, err)
			for i := range d.Rows() {
				v := 1 / m.NoisePrecision
				for a := range m.Coef {
					for b := range m.Coef {
						v += (d.X.At(i, a) - m.Center[a]) * cov.At(a, b) * (d.X.At(i, b) - m.Center[b])
					}
				}
				require.InEpsilon(t, v, std[i]*std[i], 1e-6, n, rows)
			}
		}
	}
}

func TestBayesianWithoutRoomForThePosterior(t *testing.T) {
	x := tensor.New[float64](3, 3)
	y := []float64{1, 2, 4}
	for i := range 3 {
		x.Set(1, i, i)
	}
	m, err := BayesianRidge{}.Fit(ctx, ml.Data(x, y))
	require.NoError(t, err)
	m.Posterior = false
	_, _, err = m.PredictStd(x)
	require.True(t, errors.Is(err, errors.ErrUnsupported))
	_, err = m.Covariance()
	require.True(t, errors.Is(err, errors.ErrUnsupported))
	wide := tensor.SparseFrom[float64](tensor.New[float64](3, 3000)) // zeros: only the prior speaks
	m, err = BayesianRidge{}.Fit(ctx, ml.Data[float64](wide, y))
	require.NoError(t, err)
	require.True(t, m.Posterior)
	_, std, err := m.PredictStd(wide)
	require.NoError(t, err)
	require.InEpsilon(t, 1/math.Sqrt(m.NoisePrecision), std[0], 1e-12)
}

func TestARDPrunesWhatIsOfNoUse(t *testing.T) {
	x, y := tensor.New[float64](50, 4), make([]float64, 50)
	for i := range y {
		for j := range 4 {
			x.Set(math.Sin(float64((i+1)*(j*7+3))), i, j)
		}
		y[i] = 3*x.At(i, 1) + 0.01*math.Sin(float64(i*i))
	}
	m, err := ARDRegression{}.Fit(ctx, ml.Data(x, y))
	require.NoError(t, err)
	require.Equal(t, []int{1}, m.Active)
	require.Equal(t, []float64{0, 0, 0}, []float64{m.Coef[0], m.Coef[2], m.Coef[3]})
	require.InDelta(t, 3, m.Coef[1], 0.01)
	require.True(t, math.IsInf(m.Precision[0], 1))
	require.Contains(t, m.Info.Note, "1 of 4 columns are active")
	require.Equal(t, ml.Converged, m.Info.Status)
	for k := 1; k < len(m.Info.Loss); k++ {
		require.LessOrEqual(t, m.Info.Loss[k], m.Info.Loss[k-1]+30, "a pruned column costs its share of the evidence, no more")
	}
}

func TestBayesianRefuses(t *testing.T) {
	d := datasets.Longley()
	for want, c := range map[string]BayesianRidge{"NoiseShape is -1": {NoiseShape: -1}, "CoefStart is": {CoefStart: math.Inf(1)}, "Tol is 1": {Tol: 1}, "MaxIter is -1": {MaxIter: -1}} {
		_, err := c.Fit(ctx, d)
		require.ErrorContains(t, err, want)
	}
	_, err := ARDRegression{Threshold: -1}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig)
	d.Weight = make([]float64, d.Rows())
	for i := range d.Weight {
		d.Weight[i] = 0.01
	}
	_, err = BayesianRidge{}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrWeight)
}
