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
	mltest.Classifier(t, semi.LabelPropagation{Kernel: metrics.RBF{Gamma: 0.5}}, mltest.Data(some(90, 3)))
	mltest.Classifier(t, semi.LabelPropagation{Neighbors: 5}, mltest.Data(some(90, 3)), mltest.Waive(mltest.RepeatedRows, "copies of a row are neighbours of their own"))
	mltest.Classifier(t, semi.LabelSpreading{Kernel: metrics.RBF{Gamma: 0.5}}, mltest.Data(some(90, 3)))
	mltest.Classifier(t, semi.LabelSpreading{Neighbors: 7}, mltest.Data(some(90, 3)), mltest.Waive(mltest.RepeatedRows, "copies of a row are neighbours of their own"))
}
