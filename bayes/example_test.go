package bayes_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleGaussianNB() {
	iris := datasets.Iris()
	train, test := selection.Split(iris, 0.25, 1)
	model, err := bayes.GaussianNB{}.Fit(context.Background(), train)
	if err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("accuracy %.3f\n", metrics.Accuracy(test.Y, pred))
	for c, name := range model.Classes {
		fmt.Printf("%-10s petal length %.2f cm\n", name, model.Mean.At(c, 2))
	}
	// Output:
	// accuracy 0.974
	// setosa     petal length 1.47 cm
	// versicolor petal length 4.32 cm
	// virginica  petal length 5.54 cm
}

// Counts of words: free, meeting, prize, report.
func ExampleMultinomialNB() {
	x, err := tensor.FromRows([][]float64{
		{3, 0, 2, 0}, {1, 0, 1, 0}, {0, 2, 0, 1}, {0, 1, 0, 3}, {1, 1, 0, 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	d := ml.Data[int](x, []int{1, 1, 0, 0, 0})
	d.Classes = []string{"mail", "spam"}
	model, err := bayes.MultinomialNB{}.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	p := make([]float64, 2)
	if err := model.ProbaRow(p, []float64{1, 0, 1, 0}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %.3f\n", model.Classes[1], p[1])
	// Output:
	// spam 0.915
}
