package linear

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestOLSInferenceLaws(t *testing.T) { mltest.Regressor(t, OLSInference{}) }
func TestOLSInferenceHC3Laws(t *testing.T) {
	mltest.Regressor(t, OLSInference{Covariance: HC3, NoIntercept: true})
}

type inferenceCase struct {
	Covariance                                string
	Intercept, Precision, Uncorrected, Normal bool
	Weight, Coef, Bse, T, P                   []float64
	Ci, Cov, Probe                            [][]float64
	Lags                                      int
	Quality, F                                []float64
	Rows                                      []int
	Resid, Leverage                           []float64
	Internal, External, Cook, Dffits          []float64
}

func (c inferenceCase) config(t *testing.T) OLSInference {
	t.Helper()
	for kind := Classical; kind < covariances; kind++ {
		if kind.String() == c.Covariance || kind == Classical && c.Covariance == "nonrobust" {
			return OLSInference{NoIntercept: !c.Intercept, Covariance: kind, Lags: c.Lags, Uncorrected: c.Uncorrected, Normal: c.Normal, Precision: c.Precision}
		}
	}
	t.Fatal("no covariance", c.Covariance)
	return OLSInference{}
}

// 1e-9: statsmodels solves by pinv, whose condition number on these columns is about 1e3, and p-values come from other code.
func TestOLSInferenceMatchesStatsmodels(t *testing.T) {
	const tol = 1e-9
	file := golden.Load[struct {
		X, At [][]float64
		Y     []float64
		Group []int
		Cases map[string]inferenceCase
	}](t, "testdata/inference.json")
	require.Len(t, file.Cases, 25)
	at, err := tensor.FromRows(file.At)
	require.NoError(t, err)
	for name, c := range file.Cases {
		table := FitCase{X: file.X, Weight: c.Weight}.table(t)
		table.Group = file.Group
		for storage, table := range storages(table) {
			m, err := c.config(t).Fit(ctx, ml.Dataset[float64]{Table: table, Y: file.Y})
			require.NoError(t, err, name)
			what := name + " " + storage + ": "
			var estimate, stderr, stat, p, ends, wantEnds []float64
			for k, term := range m.Terms() {
				estimate, stderr, stat, p = append(estimate, term.Estimate), append(stderr, term.StdErr), append(stat, term.Stat), append(p, term.P)
				ends, wantEnds = append(ends, term.Lower, term.Upper), append(wantEnds, c.Ci[k]...)
				golden.Close(t, m.Cov.Row(k), c.Cov[k], tol, tol*c.Bse[k]*c.Bse[0], what+"covariance")
			}
			golden.Close(t, estimate, c.Coef, tol, 1e-10, what+"coefficients")
			golden.Close(t, stderr, c.Bse, tol, 0, what+"standard errors")
			golden.Close(t, stat, c.T, tol, 1e-10, what+"t")
			golden.Close(t, p, c.P, tol, 1e-12, what+"p")
			golden.Close(t, ends, wantEnds, tol, 1e-9, what+"confidence intervals")
			jb, jp := m.JarqueBera()
			quality := []float64{m.Observations, m.DFResidual, m.RSS, m.TSS, m.Sigma, m.R2, m.AdjR2, m.LogLik, m.AIC, m.BIC, m.DurbinWatson, jb, jp, m.Skewness, m.Kurtosis}
			golden.Close(t, quality, c.Quality, tol, 1e-10, what+"quality")
			if len(c.F) > 0 {
				golden.Close(t, []float64{m.F, m.PF}, c.F, 1e-8, 1e-12, what+"F")
			}
			golden.Close(t, m.Residuals, c.Resid, tol, 1e-10, what+"residuals")
			rows := func(v []float64) []float64 {
				out := make([]float64, len(c.Rows))
				for k, i := range c.Rows {
					out[k] = v[i]
				}
				return out
			}
			golden.Close(t, rows(m.Leverage), c.Leverage, tol, 1e-12, what+"leverage")
			golden.Close(t, rows(m.Standardized), c.Internal, tol, 1e-10, what+"standardised residuals")
			golden.Close(t, rows(m.Studentized()), c.External, tol, 1e-10, what+"studentised residuals")
			golden.Close(t, rows(m.CooksDistance()), c.Cook, tol, 1e-10, what+"Cook's distance")
			golden.Close(t, rows(m.DFFITS()), c.Dffits, tol, 1e-10, what+"DFFITS")
			intervals, err := m.PredictInterval(at)
			require.NoError(t, err)
			for k, v := range intervals {
				got := []float64{v.Mean, v.StdErr, v.Lower, v.Upper, v.NewLower, v.NewUpper}
				if c.Covariance == "cluster" { // intervals of predictions there have n-k degrees of freedom, though those of coefficients have groups-1
					got, c.Probe[k] = got[:2], c.Probe[k][:2]
				}
				golden.Close(t, got, c.Probe[k], tol, 1e-9, what+"prediction")
			}
		}
	}
}

// Against the exact statistics of the numbers given, powers of x rounded, all digits but a few of rounding must be there; against those
// of the sets as published the powers' rounding tells, which moves Filip's by 1e-8.
func TestOLSInferenceReproducesNIST(t *testing.T) {
	type certified struct {
		Deviations   []float64
		Sigma, R2, F float64
	}
	type set struct {
		X         [][]float64
		Y         []float64
		Intercept bool
		Published certified `json:"statistics"`
		Exact     certified `json:"exact_statistics"`
	}
	sets := golden.Load[struct{ Sets map[string]set }](t, "testdata/nist.json").Sets
	require.Len(t, sets, 11)
	for name, set := range sets {
		x, err := tensor.FromRows(set.X)
		require.NoError(t, err)
		for kind, x := range map[string]tensor.Matrix{"dense": x, "sparse": tensor.SparseFrom[float64](x)} {
			m, err := OLSInference{NoIntercept: !set.Intercept}.Fit(ctx, ml.Data[float64](x, set.Y))
			require.NoError(t, err, name)
			what := name + " " + kind
			if set.Published.Sigma == 0 { // but for rounding of Y
				require.Less(t, m.Sigma, 1e-9, what)
				require.InDelta(t, 1, m.R2, 1e-15, what)
				continue
			}
			var stderr []float64
			for _, term := range m.Terms() {
				stderr = append(stderr, term.StdErr)
			}
			check := func(want certified, tol float64, what string) {
				golden.Close(t, stderr, want.Deviations, tol, 0, what+" standard deviations")
				golden.Close(t, []float64{m.Sigma, m.R2}, []float64{want.Sigma, want.R2}, tol, 0, what+" residual standard deviation and R²")
				golden.Close(t, []float64{m.F}, []float64{want.F}, max(tol, 1e-9), 0, what+" F") // 1 - R² of Norris and Wampler3 leave nine digits
			}
			check(set.Exact, 1e-12, what+" exact")
			if name != "Filip" {
				check(set.Published, 1e-12, what+" published")
			} else {
				check(set.Published, 3e-8, what+" published")
			}
		}
	}
}

// A dependent column leaves the fit of the others as it is without it.
func TestOLSInferenceNamesDependentColumns(t *testing.T) {
	d := datasets.Mtcars()
	n, p := d.X.Dims()
	wide := tensor.New[float64](n, p+2)
	for i := range n {
		wide.Set(d.X.At(i, 0)+2*d.X.At(i, 1), i, 2) // after the columns it depends on
		wide.Set(7, i, p+1)                         // constant, as the intercept is
		for j := range p {
			at := j
			if j > 1 {
				at++
			}
			wide.Set(d.X.At(i, j), i, at)
		}
	}
	want, err := OLSInference{}.Fit(ctx, d)
	require.NoError(t, err)
	got, err := OLSInference{}.Fit(ctx, ml.Data[float64](wide, d.Y))
	require.NoError(t, err)
	require.Equal(t, "rank 10 of 12: dependent on the columns before them, and left out: x2, x11", got.Info.Note)
	require.Contains(t, got.String(), "aliased")
	kept := 0
	for k, term := range got.Terms() {
		if k == 3 || k == p+2 {
			require.True(t, term.Aliased)
			require.Zero(t, term.Estimate)
			require.True(t, math.IsNaN(term.StdErr))
			continue
		}
		w := want.Terms()[kept]
		kept++
		golden.Close(t, []float64{term.Estimate, term.StdErr, term.P}, []float64{w.Estimate, w.StdErr, w.P}, 1e-9, 1e-12, term.Name)
	}
	golden.Close(t, got.Leverage, want.Leverage, 1e-10, 0, "leverage")
	require.InDelta(t, want.R2, got.R2, 1e-12)
	for name, x := range map[string]tensor.Matrix{"dense": wide, "sparse": tensor.SparseFrom[float64](wide)} {
		intervals, err := got.PredictInterval(x)
		require.NoError(t, err)
		expected, err := want.PredictInterval(d.X)
		require.NoError(t, err)
		for i := range intervals {
			require.InDelta(t, expected[i].StdErr, intervals[i].StdErr, 1e-9, name)
		}
	}
}

// HC3 is about the jackknife; here its parts are held to fits without each row.
func TestInfluenceIsLeavingRowsOut(t *testing.T) {
	d := datasets.Longley()
	d.Weight = make([]float64, d.Rows())
	for i := range d.Weight {
		d.Weight[i] = float64(1 + i%2) // one of the repetitions goes
	}
	m, err := OLSInference{}.Fit(ctx, d)
	require.NoError(t, err)
	student, cook, fits := m.Studentized(), m.CooksDistance(), m.DFFITS()
	k := m.Observations - m.DFResidual
	all, err := m.Predict(d.X)
	require.NoError(t, err)
	for i := range d.Y {
		less := d
		less.Weight = append([]float64(nil), d.Weight...)
		less.Weight[i]--
		without, err := OLSInference{}.Fit(ctx, less)
		require.NoError(t, err)
		pred, err := without.Predict(d.X)
		require.NoError(t, err)
		moved := 0.0
		for r, w := range d.Weight {
			moved += w * (pred[r] - all[r]) * (pred[r] - all[r])
		}
		const tol = 1e-6 // of quotients of small differences
		require.InEpsilon(t, moved/(k*m.Sigma*m.Sigma), cook[i], tol)
		require.InEpsilon(t, (all[i]-pred[i])/(without.Sigma*math.Sqrt(m.Leverage[i])), fits[i], tol)
		require.InEpsilon(t, m.Residuals[i]/(without.Sigma*math.Sqrt(1-m.Leverage[i])), student[i], tol)
	}
}

func TestOLSInferenceWithoutDegreesOfFreedom(t *testing.T) {
	x := tensor.FromSlice([]float64{1, 2, 3, 5}, 2, 2)
	m, err := OLSInference{Covariance: HC3}.Fit(ctx, ml.Data(x, []float64{1, 2}))
	require.NoError(t, err)
	require.Contains(t, m.Info.Note, "no residual degrees of freedom")
	for _, term := range m.Terms() {
		require.True(t, math.IsNaN(term.StdErr) && math.IsNaN(term.P) && math.IsNaN(term.Lower))
	}
	require.NotPanics(t, func() { _ = m.String() })
	var file bytes.Buffer
	require.NoError(t, ml.Save(&file, m))
	again, err := ml.Load[*OLSResults](&file)
	require.NoError(t, err)
	require.Equal(t, m.String(), again.String())
}

func TestOLSInferenceRefuses(t *testing.T) {
	d := datasets.Longley()
	for want, c := range map[string]OLSInference{
		"Covariance is Covariance(9)": {Covariance: 9}, "Lags is -1": {Covariance: HAC, Lags: -1}, "Lags is 2": {Lags: 2},
		"Uncorrected is true": {Covariance: HC1, Uncorrected: true}, "Miscoverage is 1": {Miscoverage: 1}, "Group is nil": {Covariance: Cluster},
	} {
		_, err := c.Fit(ctx, d)
		require.ErrorContains(t, err, want)
	}
	d.Weight = make([]float64, d.Rows())
	for i := range d.Weight {
		d.Weight[i] = 2
	}
	_, err := OLSInference{Covariance: HAC}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrWeight)
	d.Group = make([]int, d.Rows())
	_, err = OLSInference{Covariance: Cluster}.Fit(ctx, d)
	require.ErrorContains(t, err, "at least two groups")
	wide := tensor.SparseFrom[float64](tensor.New[float64](3, 2049)) // of more rows: TestOLSInferenceOfWideSparse
	_, err = OLSInference{}.Fit(ctx, ml.Data[float64](wide, []float64{1, 2, 3}))
	require.ErrorContains(t, err, "sparse")
}

func TestOLSResultsWriteTo(t *testing.T) {
	m, err := OLSInference{Covariance: HAC, Normal: true, Miscoverage: 0.1}.Fit(ctx, datasets.Longley())
	require.NoError(t, err)
	var b bytes.Buffer
	n, err := m.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n)
	require.Equal(t, m.String(), b.String())
	for _, part := range []string{"HAC standard errors of 2 lags", "P(>|z|)", "90% from", "GNPDEFL", "F (Wald)", "on 6 and 9 degrees"} {
		require.Contains(t, b.String(), part)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		require.Equal(t, strings.TrimRight(line, " "), line)
	}
}

// R counts the variance as a parameter in its criteria, and as a name for aliased has NA.
func TestOLSInferenceMatchesR(t *testing.T) {
	type fit struct {
		Coef, Quality, Hat, Cook, Standard, Student []float64
		Const, HC0, HC1, HC2, HC3                   []float64
	}
	file := golden.Load[struct {
		Data map[string][]float64
		OLS  map[string]fit
	}](t, "testdata/glm_r.json")
	require.Len(t, file.OLS, 3)
	const tol, abs = 1e-9, 1e-11
	for name, c := range file.OLS {
		columns := []string{"a", "b", "twice", "c"}
		if name == "plain" {
			columns = []string{"a", "b", "c"}
		}
		n := len(file.Data["a"])
		x := tensor.New[float64](n, len(columns))
		for i := range n {
			for j, column := range columns {
				if column == "twice" {
					x.Set(2*file.Data["a"][i]-file.Data["b"][i], i, j)
				} else {
					x.Set(file.Data[column][i], i, j)
				}
			}
		}
		d := ml.Data(x, file.Data["gauss"])
		config := OLSInference{Precision: name == "precision"}
		if config.Precision {
			d.Weight = file.Data["trials"]
		}
		for k, v := range c.Coef {
			if math.IsNaN(v) {
				c.Coef[k] = 0
			}
		}
		for kind, want := range map[Covariance][]float64{Classical: c.Const, HC0: c.HC0, HC1: c.HC1, HC2: c.HC2, HC3: c.HC3} {
			config.Covariance = kind
			m, err := config.Fit(ctx, d)
			require.NoError(t, err)
			what := name + " " + kind.String() + ": "
			golden.Close(t, append([]float64{m.Intercept}, m.Coef...), c.Coef, tol, abs, what+"coefficients")
			k := m.Observations - m.DFResidual
			quality := []float64{m.Sigma, m.R2, m.LogLik, 2*(k+1) - 2*m.LogLik, (k+1)*math.Log(m.Observations) - 2*m.LogLik}
			golden.Close(t, quality, c.Quality, tol, abs, what+"sigma, R², log-likelihood, AIC, BIC")
			require.InDelta(t, c.Quality[3]-2, m.AIC, 1e-9)
			require.InDelta(t, c.Quality[4]-math.Log(m.Observations), m.BIC, 1e-9)
			golden.Close(t, m.Leverage, c.Hat, tol, abs, what+"leverage")
			golden.Close(t, m.CooksDistance(), c.Cook, tol, abs, what+"Cook's distance")
			golden.Close(t, m.Standardized, c.Standard, tol, abs, what+"standardised")
			golden.Close(t, m.Studentized(), c.Student, tol, abs, what+"studentised")
			var cov []float64
			for i, a := range append([]bool{false}, m.Aliased...) {
				for j, b := range append([]bool{false}, m.Aliased...) {
					if !a && !b {
						cov = append(cov, m.Cov.At(i, j))
					}
				}
			}
			golden.Close(t, cov, want, tol, abs, what+"covariance")
		}
	}
}
