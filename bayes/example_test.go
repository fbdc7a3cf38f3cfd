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

// Four measurements of flowers, projected on the two directions in which the species differ.
func ExampleLDA() {
	iris := datasets.Iris()
	model, err := bayes.LDA{}.Fit(context.Background(), iris)
	if err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(iris.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("accuracy %.3f\n", metrics.Accuracy(iris.Y, pred))
	fmt.Printf("share of the variance between species: %.4f\n", model.ExplainedVarianceRatio)
	z, err := model.Transform(iris.X)
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range []int{0, 50, 100} {
		fmt.Printf("%-10s %5.1f %5.1f\n", iris.Classes[iris.Y[i]], z.At(i, 0), z.At(i, 1))
	}
	// Output:
	// accuracy 0.980
	// share of the variance between species: [0.9912 0.0088]
	// setosa      -8.1   0.3
	// versicolor   1.5   0.0
	// virginica    7.9   2.2
}

func ExampleQDA() {
	train, test := selection.Split(datasets.Iris(), 0.25, 1)
	model, err := bayes.QDA{AutoShrinkage: bayes.LedoitWolf}.Fit(context.Background(), train)
	if err != nil {
		log.Fatal(err)
	}
	p := make([]float64, 3)
	if err := model.ProbaRow(p, []float64{6.1, 2.8, 4.9, 1.7}); err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f accuracy %.3f\n", p, metrics.Accuracy(test.Y, pred))
	// Output:
	// [0.000 0.420 0.580] accuracy 1.000
}

// Twenty rows of thirty columns: no class has a covariance of its own.
func ExampleRDA() {
	d, err := datasets.Classification{Rows: 20, Features: 30, Informative: 5, Seed: 1}.Make()
	if err != nil {
		log.Fatal(err)
	}
	_, err = bayes.QDA{}.Fit(context.Background(), d)
	fmt.Println(err)
	model, err := bayes.RDA{Pooling: 0.5, Shrinkage: 0.3}.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(d.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accuracy on the training rows", metrics.Accuracy(d.Y, pred))
	// Output:
	// bayes.QDA.Fit: the covariance of class 0 (0) is of rank 9 with 30 columns and 10 rows: want more rows, or RegParam, Shrinkage or AutoShrinkage; or bayes.RDA (wrong shape)
	// accuracy on the training rows 1
}
