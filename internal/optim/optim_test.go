package optim

import (
	"errors"
	"math"
	"testing"
)

type scaled []float64

func (m scaled) Apply(dst, g []float64) {
	for i, v := range m {
		dst[i] = v * g[i]
	}
}

func unit(n int) func([]float64) Metric {
	return func([]float64) Metric {
		m := make(scaled, n)
		for i := range m {
			m[i] = 1
		}
		return m
	}
}

func maxAbs(g []float64) float64 {
	m := 0.0
	for _, v := range g {
		m = max(m, math.Abs(v))
	}
	return m
}

func goOn(int, float64, float64) (bool, error) { return false, nil }

// rosenbrock in n dimensions; its minimum is at (1, ..., 1).
func rosenbrock(x, g []float64) float64 {
	clear(g)
	f := 0.0
	for i := range len(x) - 1 {
		a, b := 1-x[i], x[i+1]-x[i]*x[i]
		f += a*a + 100*b*b
		g[i] += -2*a - 400*b*x[i]
		g[i+1] += 200 * b
	}
	return f
}

func TestRosenbrock(t *testing.T) {
	for _, n := range []int{2, 10, 50} {
		x := make([]float64, n)
		for i := range x {
			x[i] = -1.2
		}
		r, err := LBFGS{Memory: 8, MaxIter: 2000, Tol: 1e-9, Gap: maxAbs, Metric: unit(n), Cost: 1, Observe: goOn, Eval: rosenbrock}.Minimize(x)
		if err != nil || r.Status != Converged {
			t.Fatal(n, r, err)
		}
		for i, v := range x {
			if math.Abs(v-1) > 1e-6 {
				t.Fatalf("n = %d: x[%d] = %v", n, i, v)
			}
		}
	}
}

// With the exact Hessian as metric a quadratic takes a step or two, however ill-conditioned.
func TestMetricMakesQuadraticsEasy(t *testing.T) {
	d := []float64{1e-8, 1, 1e8}
	inverse := scaled{1e8, 1, 1e-8}
	x := []float64{0, 0, 0}
	r, err := LBFGS{Memory: 5, MaxIter: 50, Tol: 1e-12, Gap: maxAbs, Cost: 1, Observe: goOn,
		Metric: func([]float64) Metric { return inverse },
		Eval: func(x, g []float64) float64 {
			f := 0.0
			for i, v := range d {
				e := x[i] - 3
				f += v * e * e / 2
				g[i] = v * e
			}
			return f
		}}.Minimize(x)
	if err != nil || r.Status != Converged || r.Iterations > 3 {
		t.Fatal(r, err)
	}
}

func TestEndings(t *testing.T) {
	base := LBFGS{Memory: 5, MaxIter: 3, Tol: 1e-12, Gap: maxAbs, Metric: unit(2), Cost: 1, Observe: goOn, Eval: rosenbrock}
	if r, err := base.Minimize([]float64{-1, 1.5}); err != nil || r.Status != MaxIter || r.Iterations != 3 {
		t.Error("MaxIter:", r, err)
	}
	stop := base
	stop.Observe = func(step int, _, _ float64) (bool, error) { return step == 2, nil }
	if r, err := stop.Minimize([]float64{-1, 1.5}); err != nil || r.Status != Stopped || r.Iterations != 2 {
		t.Error("Stopped:", r, err)
	}
	fault := errors.New("fault")
	fail := base
	fail.Observe = func(int, float64, float64) (bool, error) { return false, fault }
	if _, err := fail.Minimize([]float64{-1, 1.5}); !errors.Is(err, fault) {
		t.Error("error:", err)
	}
	flat := base
	flat.Eval = func(_, g []float64) float64 { g[0], g[1] = 1, 1; return 0 } // a gradient that lies
	if r, err := flat.Minimize([]float64{1, 2}); err != nil || r.Status != Stalled {
		t.Error("Stalled:", r, err)
	}
	nan := base
	nan.Eval = func(_, g []float64) float64 { g[0], g[1] = math.NaN(), 1; return math.NaN() }
	if r, err := nan.Minimize([]float64{1, 2}); err != nil || r.Status == Converged {
		t.Error("NaN:", r, err)
	}
}

// A function that is not a number beyond a point, and falls up to it, has no such step: the search ends all the same.
func TestLineSearchAtAnEdge(t *testing.T) {
	edge := func(t float64) (float64, float64) {
		if t > 0.5 {
			return math.NaN(), math.NaN()
		}
		return -t, -1
	}
	if p, ok := lineSearch(edge, point{slope: -1}, 1, math.Inf(1), loose, 40); ok {
		t.Error(p)
	}
}

// Every accepted step satisfies the strong Wolfe conditions it promises.
func TestLineSearch(t *testing.T) {
	for name, f := range map[string]func(float64) (float64, float64){
		"quadratic": func(t float64) (float64, float64) { return (t - 7) * (t - 7), 2 * (t - 7) },
		"steep":     func(t float64) (float64, float64) { return math.Exp(5*t) - 20*t, 5*math.Exp(5*t) - 20 },
		"wavy": func(t float64) (float64, float64) {
			return -t + math.Sin(3*t)/4 + t*t/50, -1 + 3*math.Cos(3*t)/4 + t/25
		},
	} {
		f0, s0 := f(0)
		for _, first := range []float64{1e-3, 1, 100} {
			p, ok := lineSearch(f, point{f: f0, slope: s0}, first, math.Inf(1), loose, 60)
			if !ok || p.f > f0+armijo*p.t*s0 || math.Abs(p.slope) > -loose*s0 {
				t.Errorf("%s from %v: %+v, ok %v", name, first, p, ok)
			}
		}
	}
}
