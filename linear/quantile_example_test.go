package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleQuantileRegression() {
	m, err := linear.QuantileRegression{Quantile: 0.9}.Fit(context.Background(), stopping())
	if err != nil {
		panic(err)
	}
	y, err := m.PredictRow([]float64{21})
	if err != nil {
		panic(err)
	}
	fmt.Printf("at 21 nine of ten cars stop within %.1f feet (%v)\n", y, m.Info.Status)
	// Output: at 21 nine of ten cars stop within 70.6 feet (converged)
}

func ExampleMultiQuantileRegression() {
	m, err := linear.MultiQuantileRegression{Quantiles: []float64{0.1, 0.5, 0.9}}.Fit(context.Background(), stopping())
	if err != nil {
		panic(err)
	}
	q, err := m.PredictQuantiles(tensor.FromSlice([]float64{10, 21}, 2, 1))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n%.1f\n", q.Row(0), q.Row(1))
	// Output:
	// [16.2 22.2 28.8]
	// [48.2 56.2 70.6]
}
