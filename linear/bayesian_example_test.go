package linear_test

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleBayesianRidge() {
	m, err := linear.BayesianRidge{}.Fit(context.Background(), stopping())
	if err != nil {
		panic(err)
	}
	mean, std, err := m.PredictStd(tensor.FromSlice([]float64{15, 50}, 2, 1))
	if err != nil {
		panic(err)
	}
	fmt.Printf("noise: %.1f feet\n", 1/math.Sqrt(m.NoisePrecision))
	fmt.Printf("at 15: %.1f ± %.1f\n", mean[0], std[0])
	fmt.Printf("at 50: %.1f ± %.1f\n", mean[1], std[1]) // far out, where the slope's uncertainty counts
	// Output:
	// noise: 7.0 feet
	// at 15: 39.0 ± 7.0
	// at 50: 163.2 ± 11.7
}

func ExampleARDRegression() {
	// Ten columns of which two matter.
	d, err := datasets.Regression{Features: 10, Informative: 2, Noise: 5, Seed: 4}.Make()
	if err != nil {
		panic(err)
	}
	m, err := linear.ARDRegression{}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	for _, j := range m.Active {
		fmt.Printf("%s: %.1f\n", ml.ColumnName(m.Columns, j), m.Coef[j])
	}
	fmt.Println(m.Info.Note)
	// Output:
	// noise6: 0.1
	// informative0: 82.3
	// noise2: -0.2
	// informative1: 56.2
	// 4 of 10 columns are active, the others pruned
}
