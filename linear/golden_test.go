package linear

import (
	"context"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

// FitCase (exported so that golden.Load fills it where it is embedded) is what internal/golden/linear_sklearn.py writes for each fit.
type FitCase struct {
	X         [][]float64
	Weight    []float64
	Coef      [][]float64
	Intercept []float64
}

func (c FitCase) table(t *testing.T) ml.Table {
	t.Helper()
	x, err := tensor.FromRows(c.X)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Weight) == 0 {
		return ml.Table{X: x}
	}
	return ml.Table{X: x, Weight: c.Weight}
}

// storages are the same numbers held in other ways, exactly. (float32 would round them: see TestNarrowInput.)
func storages(t ml.Table) map[string]ml.Table {
	s := t
	s.X = tensor.SparseFrom[float64](t.X)
	return map[string]ml.Table{"dense": t, "sparse": s}
}

// closeTo compares each row of coefficients by its largest one: small coefficients beside large ones carry its rounding.
func closeTo(t *testing.T, got, want []float64, rel float64, what string) {
	t.Helper()
	size := 0.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	golden.Close(t, got, want, rel, rel*size, what)
}

func TestOLSMatchesScikitLearn(t *testing.T) {
	type single struct {
		FitCase
		Y []float64
	}
	type multi struct {
		FitCase
		Y [][]float64
	}
	// 1e-9: LAPACK's gelsd without refinement, condition numbers below 1e3, and room for other builds of LAPACK.
	const tol = 1e-9
	file := golden.Load[struct {
		Cases struct {
			Plain, Weights single
			Dependent      single `json:"dependent columns"`
			Wide           single `json:"more columns than rows"`
			Positive       single
			Several        multi `json:"several targets"`
		}
	}](t, "testdata/ols.json")
	c := file.Cases
	for name, c := range map[string]struct {
		single
		config OLS
		note   string
	}{
		"plain": {c.Plain, OLS{}, ""}, "weights": {c.Weights, OLS{}, ""},
		"dependent":              {c.Dependent, OLS{}, "rank 4 of 7: the columns are linearly dependent; the shortest solution was taken"},
		"more columns than rows": {c.Wide, OLS{}, "rank 11 of 30: the columns are linearly dependent; the shortest solution was taken"},
		"positive":               {c.Positive, OLS{Positive: true}, "5 of 8 coefficients are positive, the others 0"},
	} {
		for storage, table := range storages(c.table(t)) {
			m, err := c.config.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(name, storage, err)
			}
			what := name + " " + storage
			golden.Close(t, m.Coef, c.Coef[0], tol, 1e-9, what)
			golden.Close(t, []float64{m.Intercept}, c.Intercept, tol, 1e-9, what+" intercept")
			if m.Info.Note != c.note {
				t.Errorf("%s: note %q, want %q", what, m.Info.Note, c.note)
			}
		}
	}
	for storage, table := range storages(c.Several.table(t)) {
		m, err := OLSMulti{}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: c.Several.Y})
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Intercept {
			golden.Close(t, m.Coef.Row(k), c.Several.Coef[k], tol, 1e-12, "several targets "+storage)
		}
		golden.Close(t, m.Intercept, c.Several.Intercept, tol, 1e-12, "several targets intercept "+storage)
	}
}

func TestRidgeMatchesScikitLearn(t *testing.T) {
	type single struct {
		FitCase
		Y           []float64
		Alpha       []float64
		NoIntercept bool `json:"no_intercept"`
	}
	type multi struct {
		FitCase
		Y     [][]float64
		Alpha []float64
	}
	file := golden.Load[struct {
		Cases struct {
			Plain, Weights, Sparse single
			NoIntercept            single `json:"no intercept"`
			Scales                 single `json:"scales and offsets"`
			Wide                   single `json:"more columns than rows"`
			WideTiny               single `json:"tiny alpha"`
			Nearly                 single `json:"nearly dependent columns"`
			Several                multi  `json:"several targets"`
		}
	}](t, "testdata/ridge.json")
	c := file.Cases
	for name, c := range map[string]single{"plain": c.Plain, "weights": c.Weights, "sparse": c.Sparse, "no intercept": c.NoIntercept,
		"scales and offsets": c.Scales, "more columns than rows": c.Wide, "tiny alpha": c.WideTiny, "nearly dependent": c.Nearly} {
		for storage, table := range storages(c.table(t)) {
			m, err := Ridge{Alpha: c.Alpha[0], NoIntercept: c.NoIntercept}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(name, storage, err)
			}
			tol := 1e-9
			if name == "nearly dependent" {
				tol = 1e-7 // the condition number of X is 1e7, and scikit-learn centres before it solves
			}
			closeTo(t, m.Coef, c.Coef[0], tol, name+" "+storage)
			golden.Close(t, []float64{m.Intercept}, c.Intercept, tol, 1e-9, name+" "+storage+" intercept")
		}
	}
	for storage, table := range storages(c.Several.table(t)) {
		m, err := RidgeMulti{Alphas: c.Several.Alpha}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: c.Several.Y})
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Intercept {
			golden.Close(t, m.Coef.Row(k), c.Several.Coef[k], 1e-10, 1e-12, "several targets "+storage)
		}
		golden.Close(t, m.Intercept, c.Several.Intercept, 1e-10, 1e-12, "several targets intercept "+storage)
	}
}

type logisticCase struct {
	FitCase
	Y           []int
	C           float64
	NoPenalty   bool `json:"no_penalty"`
	NoIntercept bool `json:"no_intercept"`
	Balanced    bool
	PerClass    []float64 `json:"per_class"`
	Proba       [][]float64
	LogProba    [][]float64 `json:"log_proba"`
}

func (c logisticCase) config() LogisticRegression {
	r := LogisticRegression{C: c.C, NoPenalty: c.NoPenalty, NoIntercept: c.NoIntercept, ClassWeight: ml.ClassWeight{Balanced: c.Balanced}, Tol: 1e-13}
	if len(c.PerClass) > 0 {
		r.ClassWeight.PerClass = c.PerClass
	}
	return r
}

// 1e-9: both go on until rounding ends progress, and the Hessians' condition numbers are below 1e4 in units of the columns.
func TestLogisticMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct{ Cases map[string]logisticCase }](t, "testdata/logistic.json")
	if len(file.Cases) < 16 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	for name, c := range file.Cases {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			m, err := c.config().Fit(ctx, ml.Dataset[int]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(what, err)
			}
			if m.Info.Status != ml.Converged && m.Info.Gap > 1e-12 {
				t.Errorf("%s: %v after %d iterations, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			for k := range m.Intercept {
				closeTo(t, m.Coef.Row(k), c.Coef[k], 1e-9, what)
			}
			golden.Close(t, m.Intercept, c.Intercept, 1e-9, 1e-9, what+" intercept")
			probe := ml.Table{X: table.X}.Select([]int{0, 1, 2, 3, 4}).X
			proba, err := m.PredictProba(probe)
			if err != nil {
				t.Fatal(err)
			}
			logs, err := m.PredictLogProba(probe)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.Proba {
				golden.Close(t, proba.Row(i), c.Proba[i], 1e-8, 1e-12, what+" probabilities")
				golden.Close(t, logs.Row(i), c.LogProba[i], 1e-8, 1e-9, what+" log probabilities")
			}
		}
	}
}
