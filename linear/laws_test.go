package linear_test

import (
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestOLSLaws(t *testing.T)           { mltest.Regressor(t, linear.OLS{}) }
func TestOLSPositiveLaws(t *testing.T)   { mltest.Regressor(t, linear.OLS{Positive: true}) }
func TestOLSMultiLaws(t *testing.T)      { mltest.MultiRegressor(t, linear.OLSMulti{}) }
func TestRidgeLaws(t *testing.T)         { mltest.Regressor(t, linear.Ridge{Alpha: 1}) }
func TestRidgePositiveLaws(t *testing.T) { mltest.Regressor(t, linear.Ridge{Alpha: 1, Positive: true}) }
func TestRidgeMultiLaws(t *testing.T)    { mltest.MultiRegressor(t, linear.RidgeMulti{Alpha: 1}) }
func TestLogisticLaws(t *testing.T)      { mltest.Classifier(t, linear.LogisticRegression{}) }

func TestLogisticL1Laws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegression{L1Ratio: 1, C: 2})
}
func TestLogisticElasticLaws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegression{L1Ratio: 0.5, ClassWeight: ml.ClassWeight{Balanced: true}})
}
