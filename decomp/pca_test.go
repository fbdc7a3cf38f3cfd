package decomp

import (
	"context"
	"errors"
	"fmt"
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
	wantAbout(t, what, got, want, 1e-8)
}

// wantAbout is wantNumbers with another bound.
func wantAbout(t *testing.T, what string, got, want []float64, tol float64) {
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
		if !(math.Abs(v-want[i]) <= tol*largest) {
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
	for _, c := range []PCA{{Components: 2, Solver: FullSolver}, {Components: 2, Solver: CovarianceSolver}, {Components: 2, Solver: RandomizedSolver}, {Components: 2, Solver: LanczosSolver}, {MLE: true}, {Share: .6}} {
		solver := fmt.Sprintf("%+v", c)
		a, err := c.Fit(context.Background(), ml.Table{X: x, Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Fit(context.Background(), ml.Table{X: matrix(t, var2)})
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, solver, a.Components, b.Components)
		wantNumbers(t, solver, a.Variance, b.Variance)
		wantNumbers(t, solver, []float64{a.Noise}, []float64{b.Noise})
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

func TestTruncatedSVDKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, TruncatedSVD{}, nearest)
	mltest.Transformer(t, TruncatedSVD{Components: 1, Solver: LanczosSolver, Seed: 2}, nearest)
}

func TestTruncatedSVDAgainstScikitLearn(t *testing.T) {
	g := loadComponents(t)
	dense, fresh := matrix(t, g.X), matrix(t, g.New)
	for _, solver := range []Solver{RandomizedSolver, LanczosSolver} {
		for storage, x := range map[string]tensor.Matrix{"dense": dense, "sparse": tensor.SparseFrom[float64](dense)} {
			what := solver.String() + ", " + storage
			m, err := TruncatedSVD{Components: 3, Solver: solver, Iterations: 20}.Fit(context.Background(), ml.Table{X: x})
			if err != nil {
				t.Fatal(what, err)
			}
			wantNumbers(t, what+": singular", m.Singular, g.SVD.Singular)
			wantNumbers(t, what+": variance", m.Variance, g.SVD.Variance)
			wantNumbers(t, what+": ratio", m.VarianceRatio, g.SVD.Ratio)
			wantRows(t, what+": components", m.Components, g.SVD.Components)
			for _, q := range []tensor.Matrix{fresh, tensor.SparseFrom[float64](fresh)} {
				y, err := m.Transform(q)
				if err != nil {
					t.Fatal(err)
				}
				wantRows(t, what+": new rows", rowsOf(y), g.SVD.Transformed)
			}
		}
	}
}

func TestIncrementalPCAKeepsTheLaws(t *testing.T) {
	copies := mltest.Waive(mltest.RepeatedRows, "copies of a row are in the batch beside it, or in the next, and what a batch adds beyond Components is forgotten")
	mltest.Transformer(t, IncrementalPCA{}, mltest.Waive(mltest.SparseMemory, "a batch, by default five rows for each column, is made dense"))
	mltest.Transformer(t, IncrementalPCA{Components: 2, BatchSize: 20, Whiten: true}, nearest, copies, mltest.Waive(mltest.RowOrder, "batches are made of rows as they come"))
}

func TestIncrementalPCAAgainstScikitLearn(t *testing.T) {
	g := loadComponents(t)
	x := matrix(t, g.X)
	part := func(lo, hi int) ml.Table { return ml.Table{X: matrix(t, g.X[lo:hi])} }
	check := func(what string, m *IncrementalPCAModel) {
		want := g.Incremental[what]
		wantNumbers(t, what+": mean", m.Mean, want.Mean)
		wantNumbers(t, what+": variance", m.Variance, want.Variance)
		wantNumbers(t, what+": singular", m.Singular, want.Singular)
		wantRows(t, what+": components", m.Components, want.Components)
		wantNumbers(t, what+": noise", []float64{m.Noise}, []float64{want.Noise})
	}
	one, err := IncrementalPCA{Components: 3, BatchSize: 100}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	check("one", one)
	m, err := IncrementalPCA{Components: 3, BatchSize: 100}.Fit(context.Background(), part(0, 20))
	for _, at := range [][2]int{{20, 45}, {45, 60}} {
		if err == nil {
			m, err = m.Update(context.Background(), part(at[0], at[1]))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	check("three", m)
}

// With all components kept nothing is forgotten: batches give what PCA does.
func TestIncrementalPCAOfAllComponentsIsPCA(t *testing.T) {
	g := loadComponents(t)
	x := matrix(t, g.X)
	m, err := IncrementalPCA{BatchSize: 11}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	want, err := PCA{}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, "components", m.Components, want.Components)
	wantNumbers(t, "variance", m.Variance, want.Variance)
	wantNumbers(t, "ratio", m.VarianceRatio, want.VarianceRatio)
}

// With fewer rows than columns the products of rows serve: the components are those of the full decomposition, dense and sparse, with weights and without.
func TestPCAOfFewRows(t *testing.T) {
	x := tensor.New[float64](9, 14)
	rng.Normal(rng.New(6, 6), x.Data(), 1, 2)
	for _, weight := range [][]float64{nil, {1, 2, 1, 3, 1, 1, 2, 1, 1}} {
		want, err := PCA{Components: 4, Solver: FullSolver}.Fit(context.Background(), ml.Table{X: x, Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		for storage, x := range map[string]tensor.Matrix{"dense": x, "sparse": tensor.SparseFrom[float64](x)} {
			m, err := PCA{Components: 4, Solver: CovarianceSolver}.Fit(context.Background(), ml.Table{X: x, Weight: weight})
			if err != nil {
				t.Fatal(err)
			}
			wantRows(t, storage, m.Components, want.Components)
			wantNumbers(t, storage, m.Variance, want.Variance)
			wantNumbers(t, storage, []float64{m.Noise}, []float64{want.Noise})
		}
	}
}
