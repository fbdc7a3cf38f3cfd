package decomp

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestPCAKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, PCA{}, mltest.Waive(mltest.SparseMemory, "all components are asked for, and each is a row of numbers"))
	mltest.Transformer(t, PCA{Components: 2, Whiten: true}, nearest)
	mltest.Transformer(t, PCA{Components: 1, Solver: RandomizedSolver, Seed: 3}, nearest)
	mltest.Transformer(t, PCA{Share: .8, Solver: CovarianceSolver}, nearest, mltest.Waive(mltest.SparseMemory, "nearly all components explain that share of random columns"))
	mltest.Transformer(t, PCA{Components: 2, Solver: LanczosSolver}, nearest)
}

var nearest = mltest.Waive(mltest.Inverse, "fewer components than columns: Inverse gives the nearest rows in their space")

type componentsGolden struct {
	X, New [][]float64
	PCA    map[string]struct {
		Mean, Variance, Ratio, Singular []float64
		Components, Transformed         [][]float64
		Inverse                         [][]float64
		Noise                           float64
		LogLikelihoods                  []float64 `json:"log_likelihoods"`
		Covariance, Precision           [][]float64
	}
	SVD struct {
		Singular, Variance, Ratio []float64
		Components, Transformed   [][]float64
	}
	Incremental map[string]struct {
		Mean, Variance, Singular []float64
		Components               [][]float64
		Noise                    float64
	}
}

func loadComponents(t *testing.T) componentsGolden {
	return golden.Load[componentsGolden](t, "testdata/components.json")
}

// near wants numbers that agree to 1e-8 of the largest, the bound for exact methods.
func wantNumbers(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	largest := 1e-300
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range got {
		if !(math.Abs(v-want[i]) <= 1e-8*largest) {
			t.Errorf("%s: [%d] is %v, want %v", what, i, v, want[i])
			return
		}
	}
}

func wantRows(t *testing.T, what string, got, want [][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
		return
	}
	wantNumbers(t, what, flat(got), flat(want))
}

func rowsOf(x tensor.Matrix) [][]float64 {
	n, p := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, p)
		for j := range p {
			out[i][j] = x.At(i, j)
		}
	}
	return out
}

// All solvers, dense and sparse, find what scikit-learn's full one does.
func TestPCAAgainstScikitLearn(t *testing.T) {
	g := loadComponents(t)
	dense, fresh := matrix(t, g.X), matrix(t, g.New)
	sparse := tensor.SparseFrom[float64](dense)
	configs := map[string]PCA{"all": {}, "three": {Components: 3}, "whiten": {Components: 3, Whiten: true}, "share": {Share: .7}, "mle": {MLE: true}}
	for name, want := range g.PCA {
		for _, solver := range []Solver{AutoSolver, FullSolver, CovarianceSolver, RandomizedSolver, LanczosSolver} {
			for storage, x := range map[string]tensor.Matrix{"dense": dense, "sparse": sparse} {
				c, ok := configs[name]
				if !ok {
					t.Fatal(name)
				}
				c.Solver, c.Iterations = solver, 20
				if solver >= RandomizedSolver && (c.Share > 0 || c.MLE) {
					continue
				}
				what := name + ", " + solver.String() + ", " + storage
				m, err := c.Fit(context.Background(), ml.Table{X: x})
				if err != nil {
					t.Fatal(what, err)
				}
				wantNumbers(t, what+": mean", m.Mean, want.Mean)
				wantNumbers(t, what+": variance", m.Variance, want.Variance)
				wantNumbers(t, what+": ratio", m.VarianceRatio, want.Ratio)
				wantNumbers(t, what+": singular", m.Singular, want.Singular)
				wantRows(t, what+": components", m.Components, want.Components)
				wantNumbers(t, what+": noise", []float64{m.Noise + 1}, []float64{want.Noise + 1})
				y, err := m.Transform(fresh)
				if err != nil {
					t.Fatal(what, err)
				}
				wantRows(t, what+": new rows", rowsOf(y), want.Transformed)
				back, err := m.Inverse(y)
				if err != nil {
					t.Fatal(what, err)
				}
				wantRows(t, what+": inverse", rowsOf(back), want.Inverse)
				l, err := m.LogLikelihoods(fresh)
				if err != nil {
					t.Fatal(what, err)
				}
				wantNumbers(t, what+": log-likelihoods", l, want.LogLikelihoods)
				wantRows(t, what+": covariance", rowsOf(m.Covariance()), want.Covariance)
				p, err := m.Precision()
				if err != nil {
					t.Fatal(what, err)
				}
				wantRows(t, what+": precision", rowsOf(p), want.Precision)
			}
		}
	}
}

// Weights are copies, with every solver.
func TestPCAWeightsAreCopies(t *testing.T) {
	r := rng.New(4, 4)
	x := tensor.New[float64](40, 5)
	rng.Normal(r, x.Data(), 1, 2)
	weight, var2 := make([]float64, 40), [][]float64(nil)
	for i := range weight {
		weight[i] = float64(i % 3)
		for range i % 3 {
			var2 = append(var2, x.Row(i))
		}
	}
	for _, solver := range []Solver{FullSolver, CovarianceSolver, RandomizedSolver, LanczosSolver} {
		c := PCA{Components: 2, Solver: solver}
		a, err := c.Fit(context.Background(), ml.Table{X: x, Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Fit(context.Background(), ml.Table{X: matrix(t, var2)})
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, solver.String(), a.Components, b.Components)
		wantNumbers(t, solver.String(), a.Variance, b.Variance)
		wantNumbers(t, solver.String(), []float64{a.Noise}, []float64{b.Noise})
	}
}

func TestPCARefuses(t *testing.T) {
	x := tensor.New[float64](6, 3)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	for _, c := range []PCA{{Components: 4}, {Components: -1}, {Share: 1}, {Share: .5, Components: 1}, {MLE: true, Share: .5}, {Share: .5, Solver: RandomizedSolver}, {Solver: 9}, {Oversample: -1}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	wide := tensor.New[float64](3, 6)
	rng.Normal(rng.New(1, 1), wide.Data(), 0, 1)
	if _, err := (PCA{MLE: true}).Fit(context.Background(), ml.Table{X: wide}); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}
