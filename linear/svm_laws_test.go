package linear_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestLinearSVCLaws(t *testing.T) { mltest.Classifier(t, linear.LinearSVC{}) }

// Descent ends near the minimum, in an order that depends on the places of the rows: the laws compare to 1e-6.
func TestLinearSVCHingeLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: TestSVMMethodsAgree fits hinges as well; the laws' fits to 1e-11 take an emulator a minute")
	}
	mltest.Classifier(t, linear.LinearSVC{Hinge: true, C: 0.1, Tol: 1e-11, MaxIter: 20_000})
}

func TestLinearSVCSparseLaws(t *testing.T) {
	mltest.Classifier(t, linear.LinearSVC{L1: true, C: 0.1, Tol: 1e-11})
}

func TestLinearSVCCrammerSingerLaws(t *testing.T) {
	mltest.Classifier(t, linear.LinearSVC{CrammerSinger: true, C: 0.05, Tol: 1e-11, MaxIter: 20_000})
}

func TestLinearSVRLaws(t *testing.T) {
	mltest.Regressor(t, linear.LinearSVR{Epsilon: 0.1, Squared: true})
	if !testing.Short() { // thousands of passes take an emulator a minute
		mltest.Regressor(t, linear.LinearSVR{C: 0.1, Epsilon: 0.1, Tol: 1e-11, MaxIter: 20_000})
	}
}
