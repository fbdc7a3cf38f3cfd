package bayes

import (
	"context"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

// FitCase is what internal/golden/bayes_sklearn.py writes for each fit.
type FitCase struct {
	X, Test      [][]float64
	Y, Predict   []int
	Weight       []float64
	Joint, Proba [][]float64
}

// answering is what all models of this package can do.
type answering interface {
	ml.Classifier
	JointLogProba(tensor.Matrix) (*tensor.Tensor[float64], error)
}

func fitter[M answering](f ml.Fitter[ml.Dataset[int], M]) func(ml.Dataset[int]) (answering, error) {
	return func(d ml.Dataset[int]) (answering, error) { return f.Fit(ctx, d) }
}

func matrix(t *testing.T, x [][]float64) *tensor.Tensor[float64] {
	t.Helper()
	m, err := tensor.FromRows(x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// 1e-9: the same formulas, summed in another order; scores are sums of some ten terms.
func TestNaiveBayesMatchesScikitLearn(t *testing.T) {
	const tol = 1e-9
	priors := []float64{0.5, 0.2, 0.3}
	configs := map[string]func(ml.Dataset[int]) (answering, error){
		"gaussian":            fitter(GaussianNB{}),
		"gaussian weights":    fitter(GaussianNB{}),
		"gaussian priors":     fitter(GaussianNB{Priors: priors, VarSmoothing: 0.01}),
		"multinomial":         fitter(MultinomialNB{}),
		"multinomial weights": fitter(MultinomialNB{Smoothing: 0.3}),
		"multinomial uniform": fitter(MultinomialNB{UniformPrior: true}),
		"multinomial priors":  fitter(MultinomialNB{Priors: priors}),
		"complement":          fitter(ComplementNB{}),
		"complement norm":     fitter(ComplementNB{Norm: true, Smoothing: 0.5}),
		"bernoulli":           fitter(BernoulliNB{}),
		"bernoulli threshold": fitter(BernoulliNB{Threshold: 1.5, Smoothing: 2}),
		"categorical":         fitter(CategoricalNB{}),
		"categorical weights": fitter(CategoricalNB{Smoothing: 0.1, Priors: priors}),
	}
	cases := golden.Load[struct{ Cases map[string]FitCase }](t, "testdata/naive.json").Cases
	if len(cases) != len(configs) {
		t.Fatalf("%d cases for %d configs", len(cases), len(configs))
	}
	for name, c := range cases {
		dense := matrix(t, c.X)
		test := matrix(t, c.Test)
		for storage, x := range map[string]tensor.Matrix{"dense": dense, "sparse": tensor.SparseFrom[float64](dense)} {
			d := ml.Data[int](x, c.Y)
			if len(c.Weight) > 0 {
				d.Weight = c.Weight
			}
			m, err := configs[name](d)
			if err != nil {
				t.Fatal(name, storage, err)
			}
			for _, q := range []tensor.Matrix{test, tensor.SparseFrom[float64](test)} {
				what := name + " " + storage
				joint, err := m.JointLogProba(q)
				if err != nil {
					t.Fatal(what, err)
				}
				proba, err := m.PredictProba(q)
				if err != nil {
					t.Fatal(what, err)
				}
				codes, err := m.Predict(q)
				if err != nil {
					t.Fatal(what, err)
				}
				golden.Close(t, joint.Data(), slices.Concat(c.Joint...), tol, tol, what+" joint")
				golden.Close(t, proba.Data(), slices.Concat(c.Proba...), tol, tol, what+" probabilities")
				if !slices.Equal(codes, c.Predict) {
					t.Errorf("%s: classes %v, want %v", what, codes, c.Predict)
				}
			}
		}
	}
}
