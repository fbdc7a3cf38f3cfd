package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

func ExampleRidgeCV() {
	// Each of the 442 patients is left out once, for each of the penalties; one decomposition does it.
	m, err := linear.RidgeCV{Alphas: []float64{1e-4, 1e-3, 1e-2, 0.1, 1}}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Printf("mean squared errors %.0f: penalty %g\n", m.Errors, m.Alpha)
	// Output: mean squared errors [3002 3001 3000 3005 3328]: penalty 0.01
}

func ExampleRidgeClassifierCV() {
	train, test := selection.Split(datasets.Wine(), 0.25, 1)
	m, err := linear.RidgeClassifierCV{Splitter: selection.StratifiedKFold{K: 5}}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	pred, err := m.Predict(test.X)
	if err != nil {
		panic(err)
	}
	right := 0
	for i, c := range pred {
		if c == test.Y[i] {
			right++
		}
	}
	fmt.Printf("penalty %g, %d of %d right\n", m.Alpha, right, len(pred))
	// Output: penalty 1, 45 of 45 right
}

func ExampleRidgeClassifier() {
	m, err := linear.RidgeClassifier{Alpha: 0.5}.Fit(context.Background(), datasets.Iris())
	if err != nil {
		panic(err)
	}
	code, err := m.PredictRow([]float64{5.1, 3.5, 1.4, 0.2})
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Classes[code])
	// Output: setosa
}
