package tree

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// noisy has the shape of the data that bench/ measures against scikit-learn.
func noisy(n, p int) (*tensor.Tensor[float64], []float64) {
	r := rand.New(rand.NewPCG(3, 4))
	x, y := tensor.New[float64](n, p), make([]float64, n)
	for i := range n {
		for j := range p {
			x.Set(r.NormFloat64(), i, j)
		}
		row := x.Row(i)
		y[i] = row[0]*row[1] + row[2] + row[p-1]*row[p-1] - 1 + 0.7*r.NormFloat64()
	}
	return x, y
}

func BenchmarkDecisionTree(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		x, y := noisy(n, 20)
		class := make([]int, n)
		for i, v := range y {
			if v > 0 {
				class[i] = 1
			}
		}
		b.Run(fmt.Sprintf("gini %dx20", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := (DecisionTreeClassifier{}).Fit(context.Background(), ml.Data[int](x, class)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("squared %dx20", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := (DecisionTreeRegressor{}).Fit(context.Background(), ml.Data[float64](x, y)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("squared on 255 bins %dx20", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := (DecisionTreeRegressor{Bins: Binning{Max: 255}}).Fit(context.Background(), ml.Data[float64](x, y)); err != nil {
					b.Fatal(err)
				}
			}
		})
		if n > 1000 {
			continue
		}
		b.Run(fmt.Sprintf("absolute %dx20", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := (DecisionTreeRegressor{Criterion: AbsoluteError}).Fit(context.Background(), ml.Data[float64](x, y)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
