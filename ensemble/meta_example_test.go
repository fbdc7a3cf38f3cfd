package ensemble_test

import (
	"fmt"
	"log"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

// Two unlike models, and a third that learns from what they say of rows that they have not seen.
func ExampleStackingClassifier() {
	train, test := selection.Split(datasets.BreastCancer(), 0.25, 1)
	stack := ensemble.StackingClassifier{Bases: []ml.AnyClassifier{
		ml.Decide(ml.Pipe(ml.Step(features.StandardScaler{}), linear.LinearSVC{})),
		ml.Classify(bayes.GaussianNB{}),
	}}
	model, err := stack.Fit(ctx, train)
	if err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(metrics.Accuracy(test.Y, pred) > 0.95, model.Final.(*linear.LogisticModel).Columns[1].Name)
	// Output: true estimator 1
}

// Rows that a tree was not fitted to say how good the bag is, without a test set.
func ExampleBaggingRegressor() {
	model, err := ensemble.BaggingRegressor{Members: 50, OOB: true}.Fit(ctx, datasets.Diabetes())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(model.Members), model.OOB.Score > 0.35)
	// Output: 50 true
}

// Stumps, and the error after each of them.
func ExampleAdaBoostClassifier() {
	train, test := selection.Split(datasets.BreastCancer(), 0.25, 1)
	model, err := ensemble.AdaBoostClassifier{Rounds: 100}.Fit(ctx, train)
	if err != nil {
		log.Fatal(err)
	}
	var accuracy []float64
	for pred, err := range model.Staged(test.X) {
		if err != nil {
			log.Fatal(err)
		}
		accuracy = append(accuracy, metrics.Accuracy(test.Y, pred))
	}
	fmt.Println(len(accuracy), accuracy[99] > accuracy[0])
	// Output: 100 true
}

// A method for two classes told all pairs of ten apart.
func ExampleOneVsOne() {
	digits := datasets.Digits()
	model, err := ensemble.OneVsOne{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1})}.Fit(ctx, digits)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(model.Members))
	// Output: 45
}
