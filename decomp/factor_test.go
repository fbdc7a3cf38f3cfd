package decomp

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

var expects = mltest.Waive(mltest.Inverse, "factors give the rows to be expected, without their noise")

func TestFactorAnalysisKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, FactorAnalysis{Components: 2, MaxIter: 3}, expects)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, FactorAnalysis{Components: 2, MaxIter: 3, Solver: RandomizedSolver, Rotation: Oblimin}, expects)
	mltest.Transformer(t, FactorAnalysis{Components: 2, MaxIter: 3, Solver: FullSolver, Rotation: Promax}, expects, mltest.Waive(mltest.SparseMemory, "the full solver makes rows dense, as it says"))
	mltest.Transformer(t, FactorAnalysis{MaxIter: 10, Rotation: Varimax}, expects, mltest.Waive(mltest.SparseMemory, "as many factors as rows are asked for, and each is a row of numbers"))
}

func TestFactorAnalysisIsScikitLearns(t *testing.T) {
	g := golden.Load[struct {
		X, New [][]float64
		Cases  map[string]struct {
			Components, Transformed, Covariance, Precision [][]float64
			Noise, Mean, Loss                              []float64
			LogLikelihoods                                 []float64 `json:"log_likelihoods"`
		}
		Oblique map[string]struct{ Components, Correlation [][]float64 }
	}](t, "testdata/factor.json")
	ctx, x := context.Background(), matrix(t, g.X)
	configs := map[string]FactorAnalysis{"plain": {}, "varimax": {Rotation: Varimax}, "quartimax": {Rotation: Quartimax}, "tight": {Tol: 1e-6},
		"started": {Start: []float64{.5, .75, 1, 1.25, 1.5, 1.75, 2}}, "short": {MaxIter: 5, Tol: 1e-300}}
	for name, want := range g.Cases {
		for _, solver := range []Solver{FullSolver, CovarianceSolver, RandomizedSolver} {
			for storage, x := range map[string]tensor.Matrix{"dense": x, "sparse": tensor.SparseFrom[float64](x)} {
				if solver == RandomizedSolver && name != "plain" && name != "short" { // slow
					continue
				}
				c, what := configs[name], name+", "+solver.String()+", "+storage
				// With all columns among its random vectors the randomised solver is exact.
				c.Components, c.Solver, c.Iterations = 3, solver, 8
				m, err := c.Fit(ctx, ml.Table{X: x})
				if err != nil {
					t.Fatal(what, err)
				}
				wantNumbers(t, what+": loss", m.Info.Loss, want.Loss)
				wantNumbers(t, what+": mean", m.Mean, want.Mean)
				wantNumbers(t, what+": noise", m.Noise, want.Noise)
				wantRows(t, what+": components", m.Components, want.Components)
				z, err := m.Transform(matrix(t, g.New))
				if err != nil {
					t.Fatal(err)
				}
				wantRows(t, what+": factors", rowsOf(z), want.Transformed)
				wantRows(t, what+": covariance", rowsOf(m.Covariance()), want.Covariance)
				wantRows(t, what+": precision", rowsOf(m.Precision()), want.Precision)
				l, err := m.LogLikelihoods(matrix(t, g.New))
				if err != nil {
					t.Fatal(err)
				}
				wantNumbers(t, what+": log-likelihoods", l, want.LogLikelihoods)
			}
		}
	}
	plain, err := FactorAnalysis{Components: 3}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]FactorAnalysis{"oblimin 0": {Rotation: Oblimin}, "oblimin -0.5": {Rotation: Oblimin, Gamma: -.5}, "promax 4": {Rotation: Promax}, "promax 3": {Rotation: Promax, Power: 3}} {
		c.Components = 3
		m, err := c.Fit(ctx, ml.Table{X: x})
		if err != nil {
			t.Fatal(name, err)
		}
		want, ok := g.Oblique[name]
		if !ok {
			t.Fatal(name)
		}
		if c.Rotation == Promax {
			wantRows(t, name+": components", m.Components, want.Components)
			wantRows(t, name+": correlation", m.Correlation, want.Correlation)
		} else { // both descents end where steps no longer show in the criterion, whose 16 digits leave a gradient with 8
			wantAbout(t, name+": components", flat(m.Components), flat(want.Components), 3e-7)
			wantAbout(t, name+": correlation", flat(m.Correlation), flat(want.Correlation), 3e-7)
		}
		// What is rotated explains the same.
		wantRows(t, name+": covariance", rowsOf(m.Covariance()), rowsOf(plain.Covariance()))
		wantRows(t, name+": precision", rowsOf(m.Precision()), rowsOf(plain.Precision()))
		a, err := m.LogLikelihood(x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := plain.LogLikelihood(x)
		if err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, name+": log-likelihood", []float64{a}, []float64{b})
	}
}

// The likelihood never falls, and is that of the rows under the model's covariance.
func TestFactorAnalysisRaisesTheLikelihood(t *testing.T) {
	x := tensor.New[float64](200, 6)
	r := rng.New(2, 2)
	rng.Normal(r, x.Data(), 0, 1)
	for i := range 200 {
		row := x.Row(i)
		row[1] += 2 * row[0]
		row[4] -= row[3]
	}
	for _, k := range []int{1, 2, 6} {
		m, err := FactorAnalysis{Components: k, Tol: 1e-8}.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range m.Info.Loss {
			if i > 0 && v > m.Info.Loss[i-1]+1e-9*math.Abs(v) {
				t.Errorf("%d factors: the loss rises from %v to %v in iteration %d", k, m.Info.Loss[i-1], v, i)
			}
		}
	}
}

// A column that the factors explain wholly is flagged.
func TestFactorAnalysisFlagsHeywoodCases(t *testing.T) {
	x := tensor.New[float64](100, 4)
	rng.Normal(rng.New(5, 5), x.Data(), 0, 1)
	for i := range 100 {
		row := x.Row(i)
		row[1], row[2] = row[0]+.3*row[1], row[0]-.4*row[2]
		row[3] *= .9
	}
	m, err := FactorAnalysis{Components: 1, Tol: 1e-9, MaxIter: 5000}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Heywood, []int{0}) || m.Info.Note == "" {
		t.Errorf("flagged are %v of noise %v: %q", m.Heywood, m.Noise, m.Info.Note)
	}
}

func TestFactorAnalysisRefuses(t *testing.T) {
	x := tensor.New[float64](6, 3)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	for _, c := range []FactorAnalysis{{Components: 4}, {Components: -1}, {Rotation: 9}, {Rotation: Promax, Power: 1}, {Rotation: Oblimin, Gamma: 2}, {Solver: LanczosSolver}, {Tol: -1}, {Start: []float64{1}}, {Start: []float64{1, 0, 1}}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
