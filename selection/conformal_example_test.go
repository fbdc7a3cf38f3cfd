package selection_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

// Intervals that hold the progress of diabetes of four new patients in five.
func ExampleConformalRegressor() {
	train, test := selection.Split(datasets.DiabetesRaw(), 0.25, 1)
	m, err := selection.ConformalRegressor{Base: ml.Regress(linear.Ridge{Alpha: 1}), Miscoverage: 0.2, Splitter: selection.KFold{K: 10}}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	low, high, err := m.PredictInterval(test.X)
	if err != nil {
		panic(err)
	}
	inside := 0
	for i, y := range test.Y {
		if low[i] <= y && y <= high[i] {
			inside++
		}
	}
	fmt.Printf("%.0f to %.0f, in truth %.0f\n", low[0], high[0], test.Y[0])
	fmt.Printf("%d of %d inside\n", inside, len(test.Y))
	// Output:
	// 29 to 168, in truth 49
	// 84 of 111 inside
}

// Sets of species that hold the right one of nineteen flowers in twenty.
func ExampleConformalClassifier() {
	train, test := selection.Split(datasets.Iris(), 0.3, 1)
	m, err := selection.ConformalClassifier{Base: ml.Classify(bayes.GaussianNB{}), Miscoverage: 0.05, Splitter: selection.StratifiedKFold{}}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	sets, err := m.PredictSet(test.X)
	if err != nil {
		panic(err)
	}
	sizes := map[int]int{}
	for _, s := range sets {
		sizes[len(s)]++
	}
	fmt.Println("flowers by the size of their set:", sizes)
	// Output: flowers by the size of their set: map[1:45]
}
