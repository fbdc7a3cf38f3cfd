package kernel_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/compute/naive"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Kernel values that were made elsewhere lead to the same predictions: 1e-6, as machines are solved to 1e-9 from values of other roundings.
func TestKernelValuesFromElsewhere(t *testing.T) {
	ctx := context.Background()
	d := datasets.Iris()
	y := make([]float64, d.X.(*tensor.Tensor[float64]).Shape()[0])
	for i := range y {
		y[i] = d.X.At(i, 3)
	}
	numbers := ml.Data(tensor.Matrix(d.X), y)
	scores := func(k metrics.Kernel) (out []float64) {
		svc, err := kernel.SVC{Kernel: k, Tol: 1e-9, C: 0.5}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		s, err := svc.PairScores(d.X)
		if err != nil {
			t.Fatal(err)
		}
		ridge, err := kernel.KernelRidge{Kernel: k}.Fit(ctx, numbers)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ridge.Predict(d.X)
		if err != nil {
			t.Fatal(err)
		}
		one, err := ridge.PredictRow([]float64{5, 3, 2, 1})
		if err != nil {
			t.Fatal(err)
		}
		return append(append(append(out, s.Data()...), p...), one)
	}
	for _, k := range []metrics.Kernel{nil, metrics.LinearKernel{}, metrics.RBF{Gamma: 0.2}, metrics.PolynomialKernel{Gamma: 0.1, Coef0: 1, Degree: 2}, metrics.SigmoidKernel{Gamma: 0.01}, metrics.LaplacianKernel{}} {
		t.Run(fmt.Sprintf("%T", k), func(t *testing.T) {
			want := scores(k)
			e := &naive.Engine{}
			e.Serve(t)
			golden.Close(t, scores(k), want, 1e-6, 1e-6, "scores")
			_, foreign := k.(metrics.LaplacianKernel)
			if foreign != (e.Answered.Load() == 0) {
				t.Errorf("answered %d times", e.Answered.Load())
			}
		})
	}
}

// Squared distances that were made elsewhere serve a Gaussian process as well: 1e-6 of predictions, for the search of parameters stops where the gradient is small.
func TestSquaredDistancesFromElsewhere(t *testing.T) {
	ctx := context.Background()
	d := datasets.Diabetes()
	some := ml.Data(tensor.Matrix(tensor.FromSlice(d.X.(*tensor.Tensor[float64]).Data()[:80*10], 80, 10)), d.Y[:80])
	predict := func() []float64 {
		m, err := kernel.GaussianProcessRegressor{Kernel: kernel.Sum{A: kernel.SquaredExponential{}, B: kernel.White{}}}.Fit(ctx, some)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Predict(d.X)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	want := predict()
	e := &naive.Engine{}
	e.Serve(t)
	golden.Close(t, predict(), want, 1e-6, 1e-6, "predictions")
	if e.Answered.Load() == 0 {
		t.Error("nobody was asked")
	}
}
