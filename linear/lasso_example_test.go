package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
)

// A lasso names the columns that matter: of ten measurements of diabetes patients it keeps three.
func ExampleLasso() {
	m, err := linear.Lasso{Alpha: 1}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	for j, b := range m.Coef {
		if b != 0 {
			fmt.Printf("%s %.2f\n", ml.ColumnName(m.Columns, j), b)
		}
	}
	// Output:
	// bmi 367.70
	// bp 6.31
	// s5 307.60
}

func ExampleElasticNet() {
	m, err := linear.ElasticNet{Alpha: 1, L1Ratio: 0.5}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f %v\n", m.Coef[0], m.Info.Status)
	// Output:
	// 0.375 converged
}

func ExampleLassoMulti() {
	m, err := linear.LassoMulti{Alpha: 1}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", m.Coef.Row(0))
	// Output:
	// [-0.41 -0.22 0.09]
}

func ExampleElasticNetMulti() {
	m, err := linear.ElasticNetMulti{Alpha: 1, L1Ratio: 0.9}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", m.Coef.Row(0))
	// Output:
	// [-0.41 -0.22 0.09]
}
