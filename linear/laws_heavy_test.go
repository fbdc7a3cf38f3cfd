//go:build heavy

package linear_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
)

// Settings that take seconds each, of estimators whose laws the default run holds as well.

func TestOLSPositiveLaws(t *testing.T)   { mltest.Regressor(t, linear.OLS{Positive: true}) }
func TestRidgePositiveLaws(t *testing.T) { mltest.Regressor(t, linear.Ridge{Alpha: 1, Positive: true}) }

func TestLogisticNewtonCGLaws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegression{Solver: linear.NewtonCG})
}
