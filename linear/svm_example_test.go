package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func ExampleLinearSVC() {
	train, test := selection.Split(datasets.BreastCancer(), 0.25, 1)
	m, err := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LinearSVC{C: 0.1}).Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	pred, err := m.Predict(test.X)
	if err != nil {
		panic(err)
	}
	fmt.Printf("accuracy %.2f, %v\n", metrics.Accuracy(test.Y, pred), m.Final.Info.Status)
	// Output:
	// accuracy 0.97, converged
}

// An L1 penalty selects columns: the coefficients of the others are exactly zero.
func ExampleLinearSVC_l1() {
	m, err := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LinearSVC{C: 0.002, L1: true}).Fit(context.Background(), datasets.BreastCancer())
	if err != nil {
		panic(err)
	}
	for j, v := range m.Final.Coef.Row(0) {
		if v != 0 {
			fmt.Printf("%s %.2f\n", ml.ColumnName(m.Final.Columns, j), v)
		}
	}
	// Output:
	// worst radius -0.06
	// worst perimeter -0.09
	// worst concave points -0.21
}

func ExampleLinearSVR() {
	d := stopping()
	m, err := linear.LinearSVR{C: 10, Epsilon: 2, InterceptScaling: 10}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f + %.2f·speed\n", m.Intercept, m.Coef[0])
	// Output:
	// -13.3 + 3.39·speed
}
