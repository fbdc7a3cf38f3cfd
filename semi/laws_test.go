package semi_test

import (
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/semi"
)

func TestSelfTrainingLaws(t *testing.T) {
	mltest.Classifier(t, semi.SelfTraining{Base: ml.Classify(bayes.GaussianNB{})}, mltest.Data(some(90, 3)))
	mltest.Classifier(t, semi.SelfTraining{Base: ml.Classify(linear.LogisticRegression{}), Best: 7}, mltest.Data(some(80, 2)), mltest.Waive(mltest.RepeatedRows, "Best counts rows, not weights"))
}

func TestPropagationLaws(t *testing.T) {
	mltest.Classifier(t, semi.LabelPropagation{Neighbors: 5}, mltest.Data(some(90, 3)), mltest.Waive(mltest.RepeatedRows, "copies of a row are neighbours of their own"))
	mltest.Classifier(t, semi.LabelSpreading{Neighbors: 7}, mltest.Data(some(90, 3)), mltest.Waive(mltest.RepeatedRows, "copies of a row are neighbours of their own"))
}

// All pairs of the thousands of rows that the law about processors takes: seconds.
func TestKernelPropagationLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	mltest.Classifier(t, semi.LabelPropagation{Kernel: metrics.RBF{Gamma: 0.5}}, mltest.Data(some(90, 3)))
	mltest.Classifier(t, semi.LabelSpreading{Kernel: metrics.RBF{Gamma: 0.5}}, mltest.Data(some(90, 3)))
}

func TestCoTrainingLaws(t *testing.T) {
	mltest.Classifier(t, semi.CoTraining{Base: ml.Classify(linear.LogisticRegression{}), Second: ml.Classify(bayes.GaussianNB{}), MaxIter: 3}, mltest.Data(some(80, 3)),
		mltest.Waive(mltest.RepeatedRows, "PerClass counts rows, not weights"), mltest.Waive(mltest.RowOrder, "rows of equal probability, 1 of GaussianNB, are labelled in their order"))
}

func TestCoTrainingViewsLaws(t *testing.T) {
	mltest.Classifier(t, semi.CoTraining{Base: ml.Classify(bayes.GaussianNB{}), Views: [2][]int{{0, 2}, {1, 3}}, MaxIter: 8}, mltest.Data(some(80, 2)),
		mltest.Waive(mltest.RepeatedRows, "PerClass counts rows, not weights"))
}

// positive are rows of which some of class 1 are known.
func positive(n int) ml.Dataset[int] {
	d := some(n, 2)
	for i := range d.Y {
		d.Y[i] = ml.None
		if i%2 == 1 && i%5 != 0 { // the law about targets takes every third label away
			d.Y[i] = 1
		}
	}
	return d
}

func TestElkanNotoLaws(t *testing.T) {
	options := []mltest.Option{mltest.Data(positive(90)), mltest.Waive(mltest.RepeatedRows, "rows are divided into folds by their place"), mltest.Waive(mltest.RowOrder, "rows are divided into folds by their place"),
		mltest.Waive(mltest.AbsentClass, "there are two classes, and no row of class 0 is known")}
	mltest.Classifier(t, semi.ElkanNoto{Base: ml.Classify(bayes.GaussianNB{})}, options...)
	mltest.Classifier(t, semi.ElkanNoto{Base: ml.Classify(bayes.GaussianNB{}), Reweigh: true, Folds: 3}, options...)
}

func TestBaggingPULaws(t *testing.T) {
	mltest.Classifier(t, semi.BaggingPU{Base: ml.Classify(bayes.GaussianNB{}), Members: 6}, mltest.Data(positive(90)), mltest.Waive(mltest.RepeatedRows, "rows are drawn by their place"),
		mltest.Waive(mltest.RowOrder, "rows are drawn by their place"), mltest.Waive(mltest.AbsentClass, "there are two classes, and no row of class 0 is known"))
}
