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

// Cross-validation by log-loss; the one-standard-error rule prefers a stronger penalty that does about as well.
func ExampleLogisticRegressionCV() {
	for _, oneSE := range []bool{false, true} {
		pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegressionCV{L1Ratios: []float64{1}, OneSE: oneSE})
		m, err := pipe.Fit(context.Background(), datasets.BreastCancer())
		if err != nil {
			panic(err)
		}
		columns := 0
		for _, b := range m.Final.Coef.Row(0) {
			if b != 0 {
				columns++
			}
		}
		fmt.Printf("C %.3f, %d columns\n", m.Final.C, columns)
	}
	// Output:
	// C 0.815, 17 columns
	// C 0.343, 11 columns
}

// Each class with a penalty of its own.
func ExampleOneVsRestLogisticCV() {
	m, err := linear.OneVsRestLogisticCV{L1Ratios: []float64{1}}.Fit(context.Background(), datasets.Iris())
	if err != nil {
		panic(err)
	}
	for k, class := range m.Classes {
		fmt.Printf("%s: C %.2f\n", class, m.Searches[k].C)
	}
	// Output:
	// setosa: C 8.71
	// versicolor: C 1.26
	// virginica: C 11.15
}

// Along a path of weaker and weaker penalties the columns come in one by one.
func ExampleLogisticPath() {
	d := datasets.Iris()
	m, err := linear.LogisticPath{L1Ratio: 1, NCs: 5, Eps: 0.01}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	for i, c := range m.Cs {
		used := 0
		for _, b := range m.At(i).Coef.Data() {
			if b != 0 {
				used++
			}
		}
		fmt.Printf("C %.3f explains %.2f by %d coefficients\n", c, m.Explained[i], used)
	}
	// Output:
	// C 0.009 explains 0.00 by 0 coefficients
	// C 0.028 explains 0.46 by 2 coefficients
	// C 0.087 explains 0.72 by 2 coefficients
	// C 0.275 explains 0.85 by 3 coefficients
	// C 0.871 explains 0.91 by 4 coefficients
}
