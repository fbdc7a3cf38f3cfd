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

func TestMultiTaskLassoLaws(t *testing.T) {
	mltest.MultiRegressor(t, linear.MultiTaskLasso{Alpha: 0.05})
}
func TestMultiTaskElasticNetLaws(t *testing.T) {
	mltest.MultiRegressor(t, linear.MultiTaskElasticNet{Alpha: 0.05, L1Ratio: 0.5})
}

func cvOptions() []mltest.Option {
	return []mltest.Option{mltest.Waive(mltest.RepeatedRows, "a row of weight 2 is in one fold, its two copies may be in two"), mltest.Waive(mltest.RowOrder, "folds are runs of rows as they come")}
}

func TestLassoCVLaws(t *testing.T) {
	mltest.Regressor(t, linear.LassoCV{NAlphas: 10, Eps: 0.1}, cvOptions()...)
}
func TestElasticNetCVLaws(t *testing.T) {
	mltest.Regressor(t, linear.ElasticNetCV{L1Ratios: []float64{0, 0.5, 1}, NAlphas: 8, Eps: 0.1, OneSE: true, K: 3}, cvOptions()...)
}
func TestMultiTaskLassoCVLaws(t *testing.T) {
	mltest.MultiRegressor(t, linear.MultiTaskLassoCV{NAlphas: 10, Eps: 0.1}, cvOptions()...)
}
func TestMultiTaskElasticNetCVLaws(t *testing.T) {
	mltest.MultiRegressor(t, linear.MultiTaskElasticNetCV{NAlphas: 10, Eps: 0.1, K: 3}, cvOptions()...)
}
