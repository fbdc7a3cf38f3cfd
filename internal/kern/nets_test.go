package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestNetsF32(t *testing.T) { testNets[float32](t) }
func TestNetsF64(t *testing.T) { testNets[float64](t) }

// Each map against one line of arithmetic, at every level, on every length around the cut-offs, between guards. Where the
// assembly fuses a product with a sum, the last bits may differ: near is a few units of what is summed.
func testNets[T Float](t *testing.T) {
	near := func(what string, n, i int, got, want, scale T) {
		t.Helper()
		if bound := 4 * float64(scale) * eps[T](); !(math.Abs(float64(got-want)) <= bound) {
			t.Fatalf("%s: element %d of %d is %v, want %v", what, i, n, got, want)
		}
	}
	abs := func(v T) T { return max(v, -v) }
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[T](t, n, offset)
		y, _ := guarded[T](t, n, 2*offset+1)
		dst, check := guarded[T](t, n, offset+3)
		normals(r, x)
		normals(r, y)
		if n > 3 {
			y[1], x[2] = 0, 0
		}
		Shift(3, -2, dst, x)
		for i, v := range dst {
			near("Shift", n, i, v, 3*x[i]-2, 3*abs(x[i])+2)
		}
		Sub(dst, x, y)
		for i, v := range dst {
			near("Sub", n, i, v, x[i]-y[i], 0)
		}
		ReLU(dst, x)
		for i, v := range dst {
			near("ReLU", n, i, v, max(x[i], 0), 0)
		}
		AddReLU(dst, x, y)
		for i, v := range dst {
			near("AddReLU", n, i, v, max(x[i]+y[i], 0), 0)
		}
		ReLUGrad(dst, x, y)
		for i, v := range dst {
			want := x[i]
			if y[i] <= 0 {
				want = 0
			}
			near("ReLUGrad", n, i, v, want, 0)
		}
		Maximum(dst, x, y)
		for i, v := range dst {
			near("Maximum", n, i, v, max(x[i], y[i]), 0)
		}
		same := append([]T(nil), x...)
		for i := 1; i < n; i += 3 {
			same[i]++
		}
		EqualKeep(dst, x, same, y)
		for i, v := range dst {
			want := y[i]
			if x[i] != same[i] {
				want = 0
			}
			near("EqualKeep", n, i, v, want, 0)
		}
		TanhGrad(dst, x, y)
		for i, v := range dst {
			near("TanhGrad", n, i, v, x[i]*(1-y[i]*y[i]), abs(x[i])*(1+y[i]*y[i]))
		}
		SigmoidGrad(dst, x, y)
		for i, v := range dst {
			near("SigmoidGrad", n, i, v, x[i]*y[i]*(1-y[i]), abs(x[i]*y[i])*(1+abs(y[i])))
		}
		check()
		testAdam(t, r, x, offset)
	})
	nan := T(math.NaN())
	x := []T{1, nan, 3, 4, 5, 6, 7, nan, 9, 10, 11, 12, 13, 14, 15, 16, 17, nan}
	dst := make([]T, len(x))
	ReLU(dst, x)
	for i := range x {
		if (dst[i] != dst[i]) != (x[i] != x[i]) {
			t.Errorf("ReLU of %v is %v", x[i], dst[i])
		}
	}
	zeros := make([]T, len(x))
	for k, pair := range [][2][]T{{x, zeros}, {zeros, x}} {
		Maximum(dst, pair[0], pair[1])
		for i := range x {
			if (dst[i] != dst[i]) != (x[i] != x[i]) {
				t.Errorf("Maximum, NaN in operand %d: %v of %v", k, dst[i], x[i])
			}
		}
	}
}

// testAdam compares three steps with the formula in float64.
func testAdam[T Float](t *testing.T, r *rand.Rand, g []T, offset int) {
	n := len(g)
	w, checkW := guarded[T](t, n, offset+1)
	m, checkM := guarded[T](t, n, offset+2)
	v, checkV := guarded[T](t, n, 2*offset)
	normals(r, w)
	clear(m)
	clear(v)
	wide := make([]float64, n)
	for i := range w {
		wide[i] = float64(w[i])
	}
	m64, v64 := make([]float64, n), make([]float64, n)
	for step := 1; step <= 3; step++ {
		b1, b2 := math.Pow(.9, float64(step)), math.Pow(.999, float64(step))
		rates := AdamRates[T]{L2: .01, Fresh: T(.1), Keep2: T(.999), Fresh2: T(.001), Shrink: .99, Rate: T(.01 / (1 - b1)), Scale: T(1 / math.Sqrt(1-b2)), Eps: T(1e-3)}
		Adam(&rates, w, g, m, v)
		for i := range wide {
			d := float64(g[i]) + .01*wide[i]
			m64[i] = .9*m64[i] + .1*d
			v64[i] = .999*v64[i] + .001*d*d
			wide[i] = .99*wide[i] - .01/(1-b1)*m64[i]/(math.Sqrt(v64[i])/math.Sqrt(1-b2)+1e-3)
			if math.Abs(float64(w[i])-wide[i]) > 64*eps[T]()*(1+math.Abs(wide[i])) {
				t.Fatalf("Adam: step %d, element %d of %d is %v, want %v", step, i, n, w[i], wide[i])
			}
		}
	}
	checkW()
	checkM()
	checkV()
}
