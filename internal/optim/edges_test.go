package optim

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// Fewer residuals than unknowns: any point of the solution set will do, and there is no covariance.
func TestLevenbergMarquardtWithFewResiduals(t *testing.T) {
	plane := func(r, x []float64) { r[0] = x[0] + 2*x[1] - 3*x[2] - 7 }
	for name, jacobian := range map[string]func(jac, x []float64){"differences": nil, "jacobian": func(jac, _ []float64) { copy(jac, []float64{1, 2, -3}) }} {
		x := []float64{1, 1, 1}
		fit, err := LevenbergMarquardt{Residuals: plane, Jacobian: jacobian}.Minimize(x, 1)
		if err != nil || len(fit.Residuals) != 1 || math.Abs(fit.Residuals[0]) > 1e-10 || fit.Covariance != nil || !linalg.AllFinite(x) {
			t.Errorf("%s: %v, %+v, %v", name, x, fit, err)
		}
	}
	// a curve: x0² + x1² = 4 with x2 of no influence
	x := []float64{3, 1, 5}
	fit, err := LevenbergMarquardt{Residuals: func(r, x []float64) { r[0] = x[0]*x[0] + x[1]*x[1] - 4 }}.Minimize(x, 1)
	if err != nil || math.Abs(fit.Residuals[0]) > 1e-8 || x[2] != 5 {
		t.Errorf("circle: %v, %+v, %v", x, fit, err)
	}
}

// Without a penalty FISTA is an accelerated gradient method.
func TestFISTAWithoutPenalty(t *testing.T) {
	x := []float64{5, 5}
	got, err := FISTA{Tol: 1e-10, Eval: func(x, grad []float64) float64 {
		grad[0], grad[1] = x[0]-1, 10*(x[1]+2)
		return 0.5*(x[0]-1)*(x[0]-1) + 5*(x[1]+2)*(x[1]+2)
	}}.Minimize(x)
	if err != nil || got.Status != Converged || math.Abs(x[0]-1) > 1e-9 || math.Abs(x[1]+2) > 1e-9 {
		t.Errorf("%v, %+v, %v", x, got, err)
	}
}

func TestLBFGSBRefusesBounds(t *testing.T) {
	eval := func(x, grad []float64) float64 {
		clear(grad)
		return 0
	}
	inf, nan := math.Inf(1), math.NaN()
	for name, o := range map[string]LBFGSB{
		"crossed":   {Lower: []float64{0, 2}, Upper: []float64{1, 1}},
		"NaN below": {Lower: []float64{0, nan}},
		"NaN above": {Upper: []float64{nan, 1}},
		"too few":   {Lower: []float64{0}},
		"too many":  {Upper: []float64{1, 1, 1}},
	} {
		o.Eval = eval
		if _, err := o.Minimize([]float64{0, 0}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	x := []float64{0, 0}
	if _, err := (LBFGSB{Lower: []float64{1, -inf}, Upper: []float64{1, inf}, Eval: eval}).Minimize(x); err != nil || x[0] != 1 {
		t.Error("equal bounds fix a variable:", x, err)
	}
}
