package linear_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func ExampleSGDClassifier() {
	ctx := context.Background()
	train, test := selection.Split(datasets.BreastCancer(), 0.25, 1)
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.SGDClassifier{Loss: linear.LogLoss{}, Alpha: 0.001})
	m, err := pipe.Fit(ctx, train)
	if err != nil {
		panic(err)
	}
	pred, err := m.Predict(test.X)
	if err != nil {
		panic(err)
	}
	fmt.Printf("accuracy %.2f, %v\n", metrics.Accuracy(test.Y, pred), m.Final.Info.Status)
	// Output:
	// accuracy 0.98, converged
}

// A stream is learned in one pass, chunk by chunk. The classes are named, as the first chunk may not have them all.
func ExampleSGDModel_Update() {
	d := datasets.Iris()
	chunks := func(yield func(ml.Dataset[int], error) bool) {
		for lo := 0; lo < 30; lo++ {
			var rows []int
			for i := lo; i < d.Rows(); i += 30 {
				rows = append(rows, i)
			}
			if !yield(d.Select(rows), nil) {
				return
			}
		}
	}
	m, err := ml.FitStream(context.Background(), linear.PassiveAggressiveClassifier{C: 0.1, MaxIter: 1, Average: 1}, iter.Seq2[ml.Dataset[int], error](chunks))
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Info.Rows, "rows,", m.State.Steps, "steps")
	// Output:
	// 150 rows, 150 steps
}

func ExampleSGDRegressor() {
	ctx := context.Background()
	d := datasets.Diabetes()
	for i := range d.Y {
		d.Y[i] /= 100 // targets of the size of 1
	}
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.SGDRegressor{Loss: linear.HuberLoss{Epsilon: 0.5}})
	m, err := pipe.Fit(ctx, d)
	if err != nil {
		panic(err)
	}
	pred, err := m.Predict(d.X)
	if err != nil {
		panic(err)
	}
	fmt.Printf("R2 %.2f\n", metrics.R2(d.Y, pred))
	// Output:
	// R2 0.51
}

func ExamplePerceptron() {
	ctx := context.Background()
	d := datasets.Iris()
	m, err := ml.Pipe(ml.Step(features.StandardScaler{}), linear.Perceptron{Seed: 1}).Fit(ctx, d)
	if err != nil {
		panic(err)
	}
	pred, err := m.Predict(d.X)
	if err != nil {
		panic(err)
	}
	fmt.Println(metrics.Accuracy(d.Y, pred) > 0.85)
	// Output:
	// true
}

func ExamplePassiveAggressiveClassifier() {
	m, err := ml.Pipe(ml.Step(features.StandardScaler{}), linear.PassiveAggressiveClassifier{C: 0.01, Average: 1}).Fit(context.Background(), datasets.BreastCancer())
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Final.Coef.Dims())
	// Output:
	// 1 30
}

func ExamplePassiveAggressiveRegressor() {
	m, err := linear.PassiveAggressiveRegressor{C: 0.1, Epsilon: 0.05, Average: 1}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Println(len(m.Coef), "coefficients,", m.Info.Status)
	// Output:
	// 10 coefficients, converged
}

func ExampleSGDOneClass() {
	d := datasets.Iris()
	m, err := linear.SGDOneClass{Nu: 0.1}.Fit(context.Background(), d.Table)
	if err != nil {
		panic(err)
	}
	usual, err := m.PredictRow([]float64{5.8, 3.0, 4.3, 1.3})
	if err != nil {
		panic(err)
	}
	odd, err := m.PredictRow([]float64{0.5, 0.3, 0.4, 0.1})
	if err != nil {
		panic(err)
	}
	fmt.Println("inside:", usual > 0, odd > 0)
	// Output:
	// inside: true false
}
