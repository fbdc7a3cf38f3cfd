package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
)

// With a penalty on absolute values, two of thirty measurements tell most tumours apart.
func ExampleLogisticRegression_l1() {
	d := datasets.BreastCancer()
	scaled := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{L1Ratio: 1, C: 0.01})
	m, err := scaled.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	for j, b := range m.Final.Coef.Row(0) {
		if b != 0 {
			fmt.Printf("%s %.3f\n", ml.ColumnName(m.Final.Columns, j), b)
		}
	}
	fmt.Println(m.Final.Info.Status)
	// Output:
	// worst radius -0.449
	// worst concave points -0.652
	// converged
}
