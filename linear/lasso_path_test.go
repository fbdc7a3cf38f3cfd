package linear

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestMultiTaskMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct{ Multi map[string]CoordinateCase }](t, "testdata/coordinate.json")
	if len(file.Multi) < 5 {
		t.Fatal("only", len(file.Multi), "cases")
	}
	for name, c := range file.Multi {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			m, err := MultiTaskElasticNet{Alpha: c.Alpha, L1Ratio: c.L1Ratio, NoIntercept: c.NoIntercept, Tol: tight}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(what, err)
			}
			for k := range m.Intercept {
				closeTo(t, m.Coef.Row(k), c.Coef[k], lassoTol, what)
			}
			golden.Close(t, m.Intercept, c.Intercept, lassoTol, 1e-9, what+" intercept")
			if c.L1Ratio == 1 {
				l, err := MultiTaskLasso{Alpha: c.Alpha, NoIntercept: c.NoIntercept, Tol: tight}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: c.Y})
				if err != nil {
					t.Fatal(what, err)
				}
				golden.Close(t, l.Coef.Data(), m.Coef.Data(), 0, 0, what+" as MultiTaskLasso")
			}
		}
	}
}

func TestMultiTaskInEveryWorkspace(t *testing.T) {
	file := golden.Load[struct{ Multi map[string]CoordinateCase }](t, "testdata/coordinate.json")
	for name, c := range file.Multi {
		for storage, table := range storages(c.table(t)) {
			targets := transposed(c.Y)
			x, err := newDesign("test", table, targets, !c.NoIntercept)
			if err != nil {
				t.Fatal(err)
			}
			terms, rows, err := newRowCurvature(ctx, x, 0, len(targets))
			if err != nil {
				t.Fatal(err)
			}
			products, err := x.productsOf(ctx, x.present())
			if err != nil {
				t.Fatal(err)
			}
			full, gram, _ := joined(x, []*crossProducts{products}, 0, len(targets))
			o := c.config().options()
			for how, p := range map[string]struct {
				terms  lossTerms
				source curvature
			}{"products": {full, gram}, "columns": {terms, columnsOnly{rows}}} {
				fits, _, err := o.run(ctx, "test", x, 0, p.terms, p.source)
				if err != nil {
					t.Fatal(err)
				}
				for k, fit := range fits {
					closeTo(t, fit.coef, c.Coef[k], lassoTol, name+" "+storage+" by "+how)
				}
			}
		}
	}
}

// Each target of the independent fits is that of a fit alone.
func TestMultiFitsAreThoseOfTheTargetsAlone(t *testing.T) {
	d := regression(90, 12)
	y := make([][]float64, len(d.Y))
	second := make([]float64, len(d.Y))
	for i, v := range d.Y {
		second[i] = math.Sin(v) + d.X.At(i, 2)
		y[i] = []float64{v, second[i]}
	}
	m, err := ElasticNetMulti{Alpha: 0.1, L1Ratio: 0.7, Tol: tight}.Fit(ctx, ml.Data(d.X, y))
	if err != nil {
		t.Fatal(err)
	}
	for k, y := range [][]float64{d.Y, second} {
		one, err := ElasticNet{Alpha: 0.1, L1Ratio: 0.7, Tol: tight}.Fit(ctx, ml.Data(d.X, y))
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, m.Coef.Row(k), one.Coef, 1e-9, "target")
	}
}

func TestPathsMatchScikitLearn(t *testing.T) {
	type pathCase struct {
		X       [][]float64
		Y       []float64
		Alphas  []float64
		Coef    [][]float64
		L1Ratio float64 `json:"l1_ratio"`
	}
	file := golden.Load[struct{ Paths map[string]pathCase }](t, "testdata/coordinate.json")
	if len(file.Paths) < 2 {
		t.Fatal("only", len(file.Paths), "cases")
	}
	for name, c := range file.Paths {
		for storage, table := range storages(FitCase{X: c.X}.table(t)) {
			what := name + " " + storage
			m, err := ElasticNetPath{L1Ratio: c.L1Ratio, NAlphas: 20, Eps: 1e-2, Tol: tight}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(what, err)
			}
			golden.Close(t, m.Alphas, c.Alphas, 1e-12, 0, what+" alphas")
			for k := range c.Alphas[1:] {
				closeTo(t, m.Coef.Row(k+1), c.Coef[k+1], lassoTol, what)
			}
			golden.Close(t, m.Coef.Row(0), make([]float64, len(c.X[0])), 0, 1e-9, what+": the first penalty leaves nothing")
		}
	}
}

type glmnetPath struct{ Lambda, Coef, Intercept, Explained []float64 }

// glmnet's lambda is Alpha and its alpha L1Ratio, for Y of variance 1 (see internal/golden/linear_glmnet.py). Its thresh of 1e-24 leaves coefficients
// right to about 1e-8.
func TestPathsMatchGlmnet(t *testing.T) {
	file := golden.Load[struct {
		X         [][]float64
		Y, Weight []float64
		Fold      []int
		One       glmnetPath `json:"ratio 1"`
		Half      glmnetPath `json:"ratio 0.5"`
		Early     struct{ Lambda []float64 }
		CV        struct {
			Mean, SE []float64
			Best     float64
			OneSE    float64 `json:"one_se"`
		} `json:"cv"`
	}](t, "testdata/glmnet.json")
	const tol = 1e-6
	weighted := FitCase{X: file.X, Weight: file.Weight}.table(t)
	plain := FitCase{X: file.X}.table(t)
	for ratio, want := range map[float64]glmnetPath{1: file.One, 0.5: file.Half} {
		m, err := ElasticNetPath{L1Ratio: ratio, Alphas: want.Lambda, Tol: tight}.Fit(ctx, ml.Dataset[float64]{Table: weighted, Y: file.Y})
		if err != nil {
			t.Fatal(err)
		}
		p := len(file.X[0])
		for k := range want.Lambda {
			closeTo(t, m.Coef.Row(k), want.Coef[k*p:(k+1)*p], tol, "coefficients")
		}
		golden.Close(t, m.Intercept, want.Intercept, tol, tol, "intercepts")
		golden.Close(t, m.Explained, want.Explained, tol, tol, "explained")
	}
	early, err := LassoPath{NAlphas: 60, Eps: 1e-4, EarlyStop: true, Tol: tight}.Fit(ctx, ml.Dataset[float64]{Table: plain, Y: file.Y})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, early.Alphas, file.Early.Lambda, 1e-9, 0, "penalties until the early stop")
	if len(early.Alphas) == 60 {
		t.Error("the path did not end early")
	}
	cv, err := LassoCV{Alphas: file.One.Lambda, Splitter: given{file.Fold}, OneSE: true, Tol: tight}.Fit(ctx, ml.Dataset[float64]{Table: plain, Y: file.Y})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, cv.Errors.Data(), file.CV.Mean, tol, 0, "mean errors")
	golden.Close(t, cv.StdErrors.Data(), file.CV.SE, tol, 0, "standard errors")
	golden.Close(t, []float64{cv.BestAlpha, cv.OneSEAlpha, cv.Alpha}, []float64{file.CV.Best, file.CV.OneSE, file.CV.OneSE}, 1e-12, 0, "penalties chosen")
}

// given are folds by number.
type given struct{ Fold []int }

func init() { ml.Register[given]("linear.given") }

func (g given) Split(ml.AnyData) ([]ml.Fold, error) {
	out := make([]ml.Fold, 4)
	for i, f := range g.Fold {
		out[f].Test = append(out[f].Test, i)
	}
	return out, nil
}

func TestPathModels(t *testing.T) {
	d := regression(60, 8)
	m, err := LassoPath{NAlphas: 30, Tol: tight}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	at := m.At(20)
	one, err := Lasso{Alpha: m.Alphas[20], Tol: tight}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, at.Coef, one.Coef, 1e-9, "At")
	pred, err := m.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	single, err := at.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	for i := range single {
		golden.Close(t, []float64{pred[i][20]}, single[i:i+1], 1e-12, 1e-12, "predictions")
	}
	for _, c := range []struct{ alpha, weight float64 }{{m.Alphas[20], 0}, {m.Alphas[21], 1}, {(m.Alphas[20] + m.Alphas[21]) / 2, 0.5}} {
		b, err := m.Between(c.alpha)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, 8)
		for j := range want {
			want[j] = (1-c.weight)*m.Coef.At(20, j) + c.weight*m.Coef.At(21, j)
		}
		golden.Close(t, b.Coef, want, 1e-12, 1e-12, "Between")
	}
	for _, alpha := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := m.Between(alpha); err == nil {
			t.Errorf("no error for a penalty of %v", alpha)
		}
	}
}

type cvCase struct {
	FitCase
	Y        [][]float64
	L1Ratios []float64 `json:"l1_ratios"`
	K        int
	Alphas   [][]float64
	MSE      [][][]float64 `json:"mse"`
	Alpha    float64
	L1Ratio  float64 `json:"l1_ratio"`
}

func TestCrossValidationMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct{ CV map[string]cvCase }](t, "testdata/coordinate.json")
	if len(file.CV) < 5 {
		t.Fatal("only", len(file.CV), "cases")
	}
	for name, c := range file.CV {
		for storage, table := range storages(c.table(t)) {
			for _, splitter := range []ml.Splitter{nil, contiguous{c.K}, spelled{c.K}} {
				what := name + " " + storage
				k := c.K
				if splitter != nil {
					k = 0
				}
				var found PenaltyCV
				var coef [][]float64
				var intercept []float64
				if len(c.Y[0]) == 1 {
					m, err := ElasticNetCV{L1Ratios: c.L1Ratios, NAlphas: 20, Eps: 1e-2, K: k, Splitter: splitter, Tol: tight}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: transposed(c.Y)[0]})
					if err != nil {
						t.Fatal(what, err)
					}
					found, coef, intercept = m.PenaltyCV, [][]float64{m.Coef}, []float64{m.Intercept}
				} else {
					m, err := MultiTaskElasticNetCV{L1Ratios: c.L1Ratios, NAlphas: 20, Eps: 1e-2, K: k, Splitter: splitter, Tol: tight}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: c.Y})
					if err != nil {
						t.Fatal(what, err)
					}
					found, intercept = m.PenaltyCV, m.Intercept
					for k := range intercept {
						coef = append(coef, m.Coef.Row(k))
					}
				}
				for r := range c.L1Ratios {
					golden.Close(t, found.Alphas.Row(r), c.Alphas[r], 1e-9, 0, what+" alphas")
					for a := range c.Alphas[r] {
						for f, want := range c.MSE[r][a] {
							golden.Close(t, []float64{found.FoldErrors.Data()[(r*20+a)*c.K+f]}, []float64{want}, lassoTol, 0, what+" errors")
						}
					}
				}
				golden.Close(t, []float64{found.Alpha, found.L1Ratio}, []float64{c.Alpha, c.L1Ratio}, 1e-9, 0, what+" choice")
				for k := range coef {
					closeTo(t, coef[k], c.Coef[k], lassoTol, what)
				}
				golden.Close(t, intercept, c.Intercept, lassoTol, 1e-9, what+" intercept")
			}
		}
	}
}

// spelled names the training rows, so that the products of folds cannot be shared.
type spelled struct{ K int }

func init() { ml.Register[spelled]("linear.spelled") }

func (s spelled) Split(d ml.AnyData) ([]ml.Fold, error) {
	out, err := contiguous(s).Split(d)
	for f := range out {
		out[f].Train = out[f].TrainRows(d.Rows())
	}
	return out, err
}

func TestPathConfigsRefuse(t *testing.T) {
	d := ml.Data(tensor.FromSlice([]float64{1, 2, 4, 3}, 4, 1), []float64{1, 2, 3, 5})
	for want, c := range map[string]ml.Fitter[ml.Dataset[float64], *ElasticNetCVModel]{
		"Eps is 2": LassoCV{Eps: 2}, "NAlphas is -1": LassoCV{NAlphas: -1}, "Alphas is empty": LassoCV{Alphas: []float64{}}, "is 0: want > 0": LassoCV{Alphas: []float64{1, 0}},
		"K is 1": LassoCV{K: 1}, "of 4 rows": LassoCV{K: 5}, "K is 2": LassoCV{K: 2, Splitter: contiguous{2}}, "L1Ratios is empty": ElasticNetCV{L1Ratios: []float64{}},
		"L1Ratios[1] is 1.5": ElasticNetCV{L1Ratios: []float64{1, 1.5}}, "MaxIter is -1": ElasticNetCV{MaxIter: -1},
	} {
		_, err := c.Fit(ctx, d)
		require.ErrorContains(t, err, want)
	}
	_, err := Lasso{Alpha: 1, Start: []float64{1, 2}}.Fit(ctx, d)
	require.ErrorContains(t, err, "Start is a list of 2")
	_, err = Lasso{Alpha: 1, Start: []float64{math.Inf(1)}}.Fit(ctx, d)
	require.ErrorContains(t, err, "Start[0] is +Inf")
	_, err = Lasso{}.Fit(ctx, d)
	require.ErrorContains(t, err, "linear.OLS")
	_, err = MultiTaskLasso{}.Fit(ctx, ml.Data(d.X, [][]float64{{1}, {2}, {3}, {4}}))
	require.ErrorContains(t, err, "linear.OLSMulti")
	_, err = ElasticNet{Alpha: 1, L1Ratio: -0.1}.Fit(ctx, d)
	require.ErrorContains(t, err, "L1Ratio is -0.1")
}
