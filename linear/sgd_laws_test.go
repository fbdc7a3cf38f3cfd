package linear_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
)

// sgdWaivers are for what learning row by row cannot have.
func sgdWaivers() []mltest.Option {
	return []mltest.Option{
		mltest.Waive(mltest.RepeatedRows, "a row of weight k is one step k times as long; k rows are k steps"),
		mltest.Waive(mltest.RowOrder, "the steps are taken in an order that is drawn for positions"),
	}
}

func TestSGDClassifierLaws(t *testing.T) {
	mltest.Classifier(t, linear.SGDClassifier{Seed: 3, Average: 50}, sgdWaivers()...)
}

// A constant rate: the first steps of the optimal one are so long that they multiply rounding.
func TestSGDLogLaws(t *testing.T) {
	mltest.Classifier(t, linear.SGDClassifier{Loss: linear.LogLoss{}, Alpha: 0.01, L1Ratio: 1, Rate: linear.ConstantRate}, sgdWaivers()...)
}

func TestSGDModifiedHuberLaws(t *testing.T) {
	mltest.Classifier(t, linear.SGDClassifier{Loss: linear.ModifiedHuberLoss{}, Rate: linear.AdaptiveRate}, sgdWaivers()...)
}

func TestSGDRegressorLaws(t *testing.T) {
	mltest.Regressor(t, linear.SGDRegressor{L1Ratio: 0.5}, sgdWaivers()...)
}

func TestPerceptronLaws(t *testing.T) { mltest.Classifier(t, linear.Perceptron{}, sgdWaivers()...) }

func TestPassiveAggressiveLaws(t *testing.T) {
	mltest.Classifier(t, linear.PassiveAggressiveClassifier{Average: 10}, sgdWaivers()...)
	mltest.Regressor(t, linear.PassiveAggressiveRegressor{Squared: true}, sgdWaivers()...)
}

func TestSGDOneClassLaws(t *testing.T) { mltest.Detector(t, linear.SGDOneClass{}, sgdWaivers()...) }
