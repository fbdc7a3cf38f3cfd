package linear_test

import (
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestOLSLaws(t *testing.T)        { mltest.Regressor(t, linear.OLS{}) }
func TestOLSMultiLaws(t *testing.T)   { mltest.MultiRegressor(t, linear.OLSMulti{}) }
func TestRidgeLaws(t *testing.T)      { mltest.Regressor(t, linear.Ridge{Alpha: 1}) }
func TestRidgeMultiLaws(t *testing.T) { mltest.MultiRegressor(t, linear.RidgeMulti{Alpha: 1}) }
func TestLogisticLaws(t *testing.T)   { mltest.Classifier(t, linear.LogisticRegression{}) }

func TestLogisticL1Laws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegression{L1Ratio: 1, C: 2})
}
func TestLogisticElasticLaws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegression{L1Ratio: 0.5, ClassWeight: ml.ClassWeight{Balanced: true}})
}
func TestLogisticSAGALaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: TestSAGAMatchesScikitLearn fits by SAGA as well; thousands of passes take an emulator a minute")
	}
	mltest.Classifier(t, linear.LogisticRegression{Solver: linear.SAGA, L1Ratio: 0.5, C: 0.05, Tol: 1e-12}, mltest.Waive(mltest.RowOrder, "the rows are visited in an order that is drawn for positions"))
}
func TestLogisticNewtonCholeskyLaws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegression{Solver: linear.NewtonCholesky}, mltest.Waive(mltest.SparseMemory, "the Hessian of all pairs of coefficients is what it is about"))
}
func TestLogisticCVLaws(t *testing.T) {
	mltest.Classifier(t, linear.LogisticRegressionCV{L1Ratios: []float64{0, 1}, Cs: []float64{0.1, 1}, K: 2}, cvOptions()...)
}
func TestOneVsRestLogisticCVLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: the fits are those of TestLogisticCVLaws")
	}
	mltest.Classifier(t, linear.OneVsRestLogisticCV{L1Ratios: []float64{1}, NCs: 2, Eps: 0.1, K: 2}, cvOptions()...)
}
