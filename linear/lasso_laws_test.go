package linear_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestLassoLaws(t *testing.T) { mltest.Regressor(t, linear.Lasso{Alpha: 0.05}) }
func TestLassoRandomPositiveLaws(t *testing.T) {
	mltest.Regressor(t, linear.Lasso{Alpha: 0.01, Positive: true, Random: true, Seed: 7})
}
func TestElasticNetLaws(t *testing.T) {
	mltest.Regressor(t, linear.ElasticNet{Alpha: 0.1, L1Ratio: 0.5})
}
func TestElasticNetRidgeEndLaws(t *testing.T) {
	mltest.Regressor(t, linear.ElasticNet{Alpha: 0.1})
}
func TestLassoMultiLaws(t *testing.T) { mltest.MultiRegressor(t, linear.LassoMulti{Alpha: 0.05}) }
func TestElasticNetMultiLaws(t *testing.T) {
	mltest.MultiRegressor(t, linear.ElasticNetMulti{Alpha: 0.05, L1Ratio: 0.3})
}
