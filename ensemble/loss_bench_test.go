package ensemble_test

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/tree"
)

// ownLogistic is the loss of two classes by package math, as a user would write it.
type ownLogistic struct{}

func (ownLogistic) Outputs(int) int    { return 1 }
func (ownLogistic) Link(int) tree.Link { return tree.Logistic }

func (ownLogistic) Start(share []float64) []float64 { return []float64{math.Log(share[1] / share[0])} }

func (ownLogistic) Value(dst []float64, y []int, score [][]float64) {
	for i := range dst {
		s := score[0][i]
		dst[i] = max(s, 0) - float64(y[i])*s + math.Log1p(math.Exp(-math.Abs(s)))
	}
}

func (ownLogistic) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	for i, s := range score[0] {
		p := 1 / (1 + math.Exp(-s))
		grad[0][i], hess[0][i] = float32(p-float64(y[i])), float32(p*(1-p))
	}
}

// ownFast is ownLogistic by this package's vector functions.
type ownFast struct{ ownLogistic }

func (ownFast) Value(dst []float64, y []int, score [][]float64) {
	ensemble.Softplus(dst, score[0])
	for i := range dst {
		dst[i] -= float64(y[i]) * score[0][i]
	}
}

func (ownFast) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	var p [256]float64
	for lo := 0; lo < len(y); lo += len(p) {
		n := min(len(p), len(y)-lo)
		ensemble.Sigmoid(p[:n], score[0][lo:])
		g, h, ys := grad[0][lo:lo+n], hess[0][lo:lo+n], y[lo:lo+n]
		for i, q := range p[:n] {
			g[i], h[i] = float32(q-float64(ys[i])), float32(q*(1-q))
		}
	}
}

// BenchmarkOwnLoss compares losses of the user's with the built-in ones: 20 trees on 100,000 rows of 10 columns.
func BenchmarkOwnLoss(b *testing.B) {
	numbers := must(datasets.Friedman1{Rows: 100_000, Noise: 1, Seed: 1}.Make())
	codes := make([]int, len(numbers.Y))
	for i, v := range numbers.Y {
		if v > 14 {
			codes[i] = 1
		}
	}
	classes := ml.Data[int](numbers.X, codes)
	for _, c := range []struct {
		name string
		loss ensemble.Loss
	}{{"squared/built-in", ensemble.SquaredLoss{}}, {"squared/own", ownSquared{}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				must(ensemble.GradientBoostingRegressor{Trees: 20, Loss: c.loss}.Fit(b.Context(), numbers))
			}
		})
	}
	for _, c := range []struct {
		name string
		loss ensemble.ClassLoss
	}{{"logistic/built-in", ensemble.LogLoss{}}, {"logistic/own by package math", ownLogistic{}}, {"logistic/own", ownFast{}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				must(ensemble.GradientBoostingClassifier{Trees: 20, Loss: c.loss}.Fit(b.Context(), classes))
			}
		})
	}
}
