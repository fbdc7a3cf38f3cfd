package linear

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Every solver ends at scikit-learn's optimum of smooth objectives: 1e-9 for those that end by the gradient, 1e-6 for those with a gap of 1e-13, which is
// the square of what the coefficients are off.
func TestEverySolverFindsTheSmoothOptimum(t *testing.T) {
	file := golden.Load[struct{ Cases map[string]logisticCase }](t, "testdata/logistic.json")
	for name, c := range file.Cases {
		for storage, table := range storages(c.table(t)) {
			d := ml.Dataset[int]{Table: table, Y: c.Y}
			for _, solver := range []Solver{LBFGS, NewtonCholesky, NewtonCG, CoordinateDescent, SAGA} {
				what := name + " " + storage + " by " + solver.String()
				config := c.config()
				config.Solver = solver
				tol := 1e-9
				switch solver {
				case CoordinateDescent:
					if c.NoPenalty {
						continue
					}
					config.Tol, tol = 1e-14, 1e-6
				case SAGA:
					if storage == "sparse" && name != "sparse" && name != "sparse, three classes" {
						continue // columns that are not centred
					}
					config.Tol, tol, config.MaxIter = 1e-13, 1e-5, 20000
					if c.NoPenalty {
						config.Tol = 1e-9
					}
				}
				m := mustLogistic(t, config, d)
				if m.Info.Status != ml.Converged && m.Info.Gap > 1e-12 {
					t.Errorf("%s: %v after %d iterations, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
				}
				for k := range m.Intercept {
					closeTo(t, m.Coef.Row(k), c.Coef[k], tol, what)
				}
				golden.Close(t, m.Intercept, c.Intercept, tol, tol, what+" intercept")
			}
		}
	}
}

// SAGA ends at the optimum of penalties on absolute values, too: the objective is above it by the gap at the most, and coefficients are off by its root.
func TestSAGAMatchesScikitLearn(t *testing.T) {
	for name, c := range sparseLogisticCases(t) {
		for storage, table := range storages(c.table(t)) {
			config := c.config()
			config.Solver, config.MaxIter = SAGA, 2000
			d := ml.Dataset[int]{Table: table, Y: c.Y}
			m := mustLogistic(t, config, d)
			what := name + " " + storage
			if !(m.Info.Gap < 1e-8) && name != "lasso, weak penalty" { // which takes scikit-learn 16 000 iterations
				t.Errorf("%s: %v after %d iterations, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			over := logisticObjective(t, m, d, c.config()) - c.Objective
			if over > m.Info.Gap+1e-14 || over < -1e-14 {
				t.Errorf("%s: %g above the minimum, and a gap of %g", what, over, m.Info.Gap)
			}
			for k := range m.Intercept {
				closeTo(t, m.Coef.Row(k), c.Coef[k], 20*math.Sqrt(m.Info.Gap), what)
			}
		}
	}
}

func TestSAGAFollowsItsSeed(t *testing.T) {
	d := classification(200, 6, 3)
	c := LogisticRegression{Solver: SAGA, L1Ratio: 0.5, MaxIter: 3}
	a, b := mustLogistic(t, c, d), mustLogistic(t, c, d)
	golden.Close(t, a.Coef.Data(), b.Coef.Data(), 0, 0, "the same seed")
	c.Seed = 1
	if slices.Equal(a.Coef.Data(), mustLogistic(t, c, d).Coef.Data()) {
		t.Error("another seed gave the same coefficients after three iterations")
	}
}

// Steps that are made up for at once are those made one by one.
func TestDriftedIsManySteps(t *testing.T) {
	r := rng.New(3, 0)
	for range 20_000 {
		v, by, l1, l2 := r.NormFloat64(), r.NormFloat64()/10, r.Float64()/10, r.Float64()/20
		if r.IntN(3) == 0 {
			l2 = 0
		}
		if r.IntN(3) == 0 {
			l1 = 0
		}
		if r.IntN(4) == 0 {
			v = 0
		}
		n := r.IntN(60)
		want := v
		for range n {
			want = shrunk(want-by, l1) / (1 + l2)
		}
		if got := drifted(v, by, l1, l2, n); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%d steps from %v by %v with %v and %v: %v, want %v", n, v, by, l1, l2, got, want)
		}
	}
}

func TestSolversThatDoNotFit(t *testing.T) {
	d := classification(40, 3, 2)
	for _, c := range []LogisticRegression{{Solver: LBFGS, L1Ratio: 1}, {Solver: NewtonCholesky, L1Ratio: 0.5}, {Solver: NewtonCG, L1Ratio: 1},
		{Solver: CoordinateDescent, NoPenalty: true}, {Solver: solvers}, {NoPenalty: true, L1Ratio: 1}, {L1Ratio: 2}, {L1Ratio: math.NaN()},
		{Start: []float64{1, 2}}, {Start: []float64{1, 2, math.NaN()}}} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	y, each, ones := make([]int, 30), make([]int, 9000), make([]float64, 9000)
	rows := make([]int, 9000)
	for j := range each {
		y[j%30], rows[j], each[j], ones[j] = j%2, j%30, j, 1
	}
	wide, err := tensor.FromCOO(30, 9000, rows, each, ones)
	require.NoError(t, err)
	_, err = LogisticRegression{Solver: NewtonCholesky}.Fit(ctx, ml.Data[int](wide, y))
	require.ErrorContains(t, err, "Solver is NewtonCholesky")
}

// A fit that starts at the optimum is at its end, whatever the solver, and Start has the order of Coef.
func TestLogisticStart(t *testing.T) {
	for _, k := range []int{2, 3} {
		d := classification(200, 4, k)
		d.Classes = []string{"a", "b", "c", "d"}[:k+k%2]
		for _, c := range []LogisticRegression{{}, {L1Ratio: 1, C: 0.3}, {Solver: NewtonCG}, {Solver: NewtonCholesky}, {Solver: LBFGS}, {Solver: SAGA, L1Ratio: 0.5, MaxIter: 5000}} {
			c.Tol = 1e-12
			m := mustLogistic(t, c, d)
			c.Start, c.Tol = m.Coef.Data(), 1e-9
			again := mustLogistic(t, c, d)
			if again.Info.Iterations > 1 || again.Info.Status != ml.Converged {
				t.Errorf("k = %d, %v: %d iterations, %v", k, c.Solver, again.Info.Iterations, again.Info.Status)
			}
			closeTo(t, again.Coef.Data(), m.Coef.Data(), 1e-6, c.Solver.String())
		}
	}
}
