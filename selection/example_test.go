package selection_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// A nested cross-validation: the search picks C on the training rows of each fold alone, so the score is an honest one.
func Example() {
	ctx := context.Background()
	iris := datasets.Iris()
	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, 0.01, 1, 100)
	search := selection.NewSearch(grid, selection.StratifiedKFold{K: 3}, selection.LogLoss{})
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), search)

	cv, err := selection.CrossValidate(ctx, pipe, iris, selection.StratifiedKFold{K: 5}, selection.Accuracy{}, selection.ROCAUC{})
	if err != nil {
		panic(err)
	}
	accuracy, _ := cv.Metric("accuracy")
	fmt.Printf("%.3f +- %.3f over %d folds\n", accuracy.Mean(), accuracy.Std(), len(cv.Folds))
	// Output: 0.973 +- 0.033 over 5 folds
}

func ExampleSplit() {
	train, test := selection.Split(datasets.Iris(), 0.25, 1)
	fmt.Println(train.Rows(), test.Rows(), test.Classes)
	// Output: 112 38 [setosa versicolor virginica]
}

func ExampleNewSearch() {
	train, test := selection.Split(datasets.Iris(), 0.25, 1)
	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, 0.01, 0.1, 1)
	best, err := selection.NewSearch(grid, selection.StratifiedKFold{K: 5}, selection.LogLoss{}).Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	pred, err := best.Predict(test.X)
	if err != nil {
		panic(err)
	}
	fmt.Print(best)
	fmt.Println(best.Best.Coef.Shape()) // the model keeps its type
	fmt.Printf("%.3f\n", metrics.Accuracy(test.Y, pred))
	// Output:
	// 0  0.6909 +- 0.0081
	//   1  0.3729 +- 0.0270
	// * 2  0.1713 +- 0.0492
	// [3 4]
	// 1.000
}

func ExampleStratifiedKFold() {
	d := ml.Data(tensor.New[float64](8, 1), []int{0, 0, 0, 0, 1, 1, 0, 0})
	folds, err := selection.StratifiedKFold{K: 2}.Split(d.Any())
	if err != nil {
		panic(err)
	}
	for _, f := range folds {
		fmt.Println("test", f.Test, "train", f.TrainRows(8))
	}
	// Output:
	// test [0 1 2 4] train [3 5 6 7]
	// test [3 5 6 7] train [0 1 2 4]
}

func ExampleTimeSeriesSplit() {
	d := ml.Data(tensor.New[float64](8, 1), make([]float64, 8))
	folds, err := selection.TimeSeriesSplit{K: 3, Gap: 1}.Split(d.Any())
	if err != nil {
		panic(err)
	}
	for _, f := range folds {
		fmt.Println("train", f.Train, "test", f.Test)
	}
	// Output:
	// train [0] test [2 3]
	// train [0 1 2] test [4 5]
	// train [0 1 2 3 4] test [6 7]
}
