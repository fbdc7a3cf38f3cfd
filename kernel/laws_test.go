package kernel_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
)

// The laws compare fits of the same problem from other starts to 1e-6: so they are solved to 1e-9.
func TestSVCLaws(t *testing.T) { mltest.Classifier(t, kernel.SVC{Tol: 1e-9}) }
func TestSVCPolynomialLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: TestSVCLaws goes the same way")
	}
	mltest.Classifier(t, kernel.SVC{Tol: 1e-9, Kernel: metrics.PolynomialKernel{Degree: 2, Coef0: 1}, BreakTies: true})
}
func TestNuSVCLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("slow on an emulated machine; SVC and OneClassSVM go through the same solver")
	}
	mltest.Classifier(t, kernel.NuSVC{Nu: 0.3, Tol: 1e-10})
}

func TestSVRLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("slow on an emulated machine; SVC and OneClassSVM go through the same solver")
	}
	mltest.Regressor(t, kernel.SVR{Tol: 1e-9})
}

func TestNuSVRLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: AnyProcs fits a thousand rows and more, which takes an emulator minutes; the goldens run")
	}
	mltest.Regressor(t, kernel.NuSVR{Tol: 1e-9})
}
func TestOneClassSVMLaws(t *testing.T) {
	mltest.Detector(t, kernel.OneClassSVM{Nu: 0.3, Tol: 1e-9})
}
func TestSVDDLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("slow on an emulated machine; SVC and OneClassSVM go through the same solver")
	}
	mltest.Detector(t, kernel.SVDD{Nu: 0.3, Tol: 1e-10})
}

func TestGaussianProcessRegressorLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: AnyProcs fits a thousand rows and more, which takes an emulator minutes; the goldens run")
	}
	mltest.Regressor(t, kernel.GaussianProcessRegressor{Noise: 0.1, Normalize: true})
}
func TestKernelRidgeLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("slow on an emulated machine")
	}
	mltest.Regressor(t, kernel.KernelRidge{Kernel: metrics.RBF{Gamma: 0.3}})
}

func TestGaussianProcessClassifierLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: AnyProcs fits hundreds of rows, which takes an emulator minutes; the goldens run")
	}
	mltest.Classifier(t, kernel.GaussianProcessClassifier{}, mltest.Rows(300))
}

func TestGaussianProcessRegressorMultiLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("short: TestGaussianProcessRegressorLaws")
	}
	mltest.MultiRegressor(t, kernel.GaussianProcessRegressorMulti{Noise: 0.1, Normalize: true}, mltest.Rows(500))
}
