package bayes

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// DiscriminantCase is what internal/golden/bayes_discriminant.py writes for each fit.
type DiscriminantCase struct {
	QuadraticCase
	Contrast  [][]float64 // coefficients of the classes less those of the first
	Transform [][]float64
	Ratio     []float64
}

// QuadraticCase is the part that all models have.
type QuadraticCase struct {
	Data       string
	Predict    []int
	Weight     []float64
	LogProba   [][]float64
	Covariance [][]float64
}

// DiscriminantRows are rows to fit and to ask about.
type DiscriminantRows struct {
	X, Test [][]float64
	Y       []int
}

// DiscriminantFile is the whole golden file.
type DiscriminantFile struct {
	Data map[string]DiscriminantRows
	LDA  map[string]DiscriminantCase
	QDA  map[string]QuadraticCase
}

// discriminant is what the models of this file can do.
type discriminant interface {
	ml.Classifier
	PredictLogProba(tensor.Matrix) (*tensor.Tensor[float64], error)
}

func loadDiscriminant(t *testing.T) DiscriminantFile {
	return golden.Load[DiscriminantFile](t, "testdata/discriminant.json")
}

// forms are the data of a case in each storage.
func (c QuadraticCase) forms(t *testing.T, f DiscriminantFile, visit func(storage string, d ml.Dataset[int], test tensor.Matrix)) {
	rows := f.Data[c.Data]
	x, test := matrix(t, rows.X), matrix(t, rows.Test)
	d := ml.Data[int](x, rows.Y)
	if len(c.Weight) > 0 {
		d.Weight = c.Weight
	}
	visit("dense", d, test)
	d.X = tensor.SparseFrom[float64](x)
	visit("sparse", d, tensor.SparseFrom[float64](test))
}

func (c QuadraticCase) check(t *testing.T, what string, m discriminant, test tensor.Matrix, tol float64) {
	t.Helper()
	p, err := m.PredictLogProba(test)
	if err != nil {
		t.Fatal(what, err)
	}
	codes, err := m.Predict(test)
	if err != nil {
		t.Fatal(what, err)
	}
	golden.Close(t, p.Data(), slices.Concat(c.LogProba...), tol, tol, what+" log probabilities")
	if !slices.Equal(codes, c.Predict) {
		t.Errorf("%s: classes %v, want %v", what, codes, c.Predict)
	}
}

// 1e-8: the condition number of the covariances is about 10⁶ after scaling, and scikit-learn decomposes the rows themselves.
func TestLDAMatchesScikitLearn(t *testing.T) {
	const tol = 1e-8
	priors := []float64{0.5, 0.2, 0.3}
	configs := map[string]LDA{
		"svd": {}, "svd weights": {}, "svd priors": {Priors: priors}, "svd components": {Components: 1}, "svd collinear": {}, "svd sparse": {}, "svd few": {},
		"lsqr": {Solver: LSQRSolver}, "lsqr priors": {Solver: LSQRSolver, Priors: priors}, "lsqr fixed": {Solver: LSQRSolver, Shrinkage: 0.3, Priors: priors},
		"lsqr auto few": {Solver: LSQRSolver, AutoShrinkage: LedoitWolf},
		"eigen":         {Solver: EigenSolver}, "eigen priors": {Solver: EigenSolver, Priors: priors}, "eigen fixed": {Shrinkage: 0.3, Priors: priors},
		"eigen auto": {AutoShrinkage: LedoitWolf}, "eigen auto sparse": {AutoShrinkage: LedoitWolf, Priors: priors}, "eigen auto few": {AutoShrinkage: LedoitWolf},
		"eigen oas": {AutoShrinkage: OAS}, "iris": {},
	}
	file := loadDiscriminant(t)
	cases := file.LDA
	if len(cases) != len(configs) {
		t.Fatalf("%d cases for %d configs", len(cases), len(configs))
	}
	for name, c := range cases {
		c.forms(t, file, func(storage string, d ml.Dataset[int], test tensor.Matrix) {
			what := name + " " + storage
			config := configs[name]
			config.StoreCovariance = true
			m, err := config.Fit(ctx, d)
			if err != nil {
				t.Fatal(what, err)
			}
			c.check(t, what, m, test, tol)
			if name != "svd priors" { // there the covariance that scikit-learn stores, weighted by the priors, is not the one it uses
				golden.Close(t, m.Covariance.Data(), slices.Concat(c.Covariance...), tol, tol, what+" covariance")
			}
			var contrast []float64
			for k := 1; k < len(m.Prior); k++ {
				for j, v := range m.Coef.Row(k) {
					contrast = append(contrast, v-m.Coef.At(0, j))
				}
			}
			golden.Close(t, contrast, slices.Concat(c.Contrast...), tol, tol*largest(contrast), what+" coefficients")
			if len(c.Transform) == 0 {
				return
			}
			z, err := m.Transform(test)
			if err != nil {
				t.Fatal(what, err)
			}
			golden.Close(t, signed(z.(*tensor.Tensor[float64])), signed(matrix(t, c.Transform)), tol, tol, what+" components")
			golden.Close(t, m.ExplainedVarianceRatio, c.Ratio, tol, tol, what+" ratio")
		})
	}
}

func largest(x []float64) float64 {
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(v))
	}
	return top
}

// signed makes the largest number of each column positive.
func signed(z *tensor.Tensor[float64]) []float64 {
	n, p := z.Dims()
	out := slices.Clone(z.Data())
	for j := range p {
		top := 0.0
		for i := range n {
			if v := out[i*p+j]; math.Abs(v) > math.Abs(top) {
				top = v
			}
		}
		for i := range n {
			out[i*p+j] *= math.Copysign(1, top)
		}
	}
	return out
}

// 1e-8: as for LDA.
func TestQDAMatchesScikitLearn(t *testing.T) {
	const tol = 1e-8
	configs := map[string]func(ml.Dataset[int]) (*QDAModel, error){}
	with := func(name string, c QDA) {
		c.StoreCovariance = true
		configs[name] = func(d ml.Dataset[int]) (*QDAModel, error) { return c.Fit(ctx, d) }
	}
	with("plain", QDA{})
	with("priors", QDA{Priors: []float64{0.5, 0.2, 0.3}})
	with("reg", QDA{RegParam: 0.2})
	with("fixed", QDA{Shrinkage: 0.3})
	with("auto", QDA{AutoShrinkage: LedoitWolf})
	with("auto sparse", QDA{AutoShrinkage: LedoitWolf})
	with("auto few", QDA{AutoShrinkage: LedoitWolf})
	with("oas", QDA{AutoShrinkage: OAS})
	with("iris", QDA{})
	for name, c := range map[string]RDA{"rda": {Pooling: 0.4, Shrinkage: 0.1}, "rda few": {Pooling: 0.4, Shrinkage: 0.1}, "rda pooled": {Pooling: 1}} {
		c.StoreCovariance = true
		configs[name] = func(d ml.Dataset[int]) (*QDAModel, error) { return c.Fit(ctx, d) }
	}
	file := loadDiscriminant(t)
	cases := file.QDA
	if len(cases) != len(configs) {
		t.Fatalf("%d cases for %d configs", len(cases), len(configs))
	}
	for name, c := range cases {
		c.forms(t, file, func(storage string, d ml.Dataset[int], test tensor.Matrix) {
			what := name + " " + storage
			m, err := configs[name](d)
			if err != nil {
				t.Fatal(what, err)
			}
			c.check(t, what, m, test, tol)
			want := slices.Concat(c.Covariance...)
			golden.Close(t, m.Covariance.Data(), want, tol, 1e-14*largest(want), what+" covariances")
		})
	}
}

func TestRDAWithAllPooledIsLDA(t *testing.T) {
	rows := loadDiscriminant(t).Data["data 0"]
	d := ml.Data[int](matrix(t, rows.X), rows.Y)
	rda, err := RDA{Pooling: 1}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	lda, err := LDA{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	a, err := rda.PredictProba(d.X)
	if err != nil {
		t.Fatal(err)
	}
	b, err := lda.PredictProba(d.X)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, a.Data(), b.Data(), 1e-9, 1e-9, "probabilities")
}
