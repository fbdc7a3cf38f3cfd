package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// misread is a line, 1 + 2x, with two readings that went wrong.
func misread() ml.Dataset[float64] {
	x := []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	y := []float64{1.1, 2.9, 5.2, 7, 90, 10.9, 13.1, 15, 16.8, -40}
	return ml.Data[float64](tensor.FromSlice(x, 10, 1), y)
}

func ExampleHuberRegressor() {
	m, err := linear.HuberRegressor{}.Fit(context.Background(), misread())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f + %.1f·x\n", m.Intercept, m.Coef[0])
	for i, bad := range m.Outliers {
		if bad {
			fmt.Printf("row %d counts as %.2f\n", i, m.RowWeights[i])
		}
	}
	// Output:
	// 1.2 + 2.0·x
	// row 1 counts as 0.75
	// row 4 counts as 0.00
	// row 6 counts as 0.96
	// row 9 counts as 0.00
}

func ExampleMEstimator() {
	m, err := linear.MEstimator{Norm: linear.TukeyNorm{}}.Fit(context.Background(), misread())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f + %.1f·x, scale %.2f\n", m.Intercept, m.Coef[0], m.Scale)
	fmt.Printf("%.2f\n", m.RowWeights)
	// Output:
	// 1.1 + 2.0·x, scale 0.19
	// [1.00 0.94 0.94 1.00 0.00 0.98 0.95 0.99 0.97 0.00]
}

func ExampleRANSAC() {
	m, err := linear.RANSAC{Threshold: 1, Base: ml.Regress(linear.OLS{})}.Fit(context.Background(), misread())
	if err != nil {
		panic(err)
	}
	y, err := m.PredictRow([]float64{20})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%v\nat 20: %.1f\n", m.Inliers, y)
	// Output:
	// [true true true true false true true true true false]
	// at 20: 40.7
}

func ExampleTheilSen() {
	d := misread()
	m, err := linear.TheilSen{}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f + %.1f·x, scale %.2f\n", m.Intercept, m.Coef[0], m.Scale)
	fmt.Printf("%v\n", m.Outliers)
	fmt.Printf("stands %.0f %% of bad rows\n", 100*linear.TheilSen{}.Breakdown(d.X.Dims()))
	// Output:
	// 1.1 + 2.0·x, scale 0.25
	// [false false false false true false false false false true]
	// stands 26 % of bad rows
}
