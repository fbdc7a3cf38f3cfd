package compute

import (
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// defined is every function by its definition.
var defined = map[Kind]func(x, a, b float64) float64{
	Identity:  func(x, _, _ float64) float64 { return x },
	ReLU:      func(x, _, _ float64) float64 { return max(x, 0) },
	LeakyReLU: func(x, a, _ float64) float64 { return pick(x > 0, x, a*x) },
	GELU:      func(x, _, _ float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
	GELUTanh:  func(x, _, _ float64) float64 { return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+.044715*x*x*x))) },
	SiLU:      func(x, _, _ float64) float64 { return x / (1 + math.Exp(-x)) },
	Tanh:      func(x, _, _ float64) float64 { return math.Tanh(x) },
	Sigmoid:   func(x, _, _ float64) float64 { return 1 / (1 + math.Exp(-x)) },
	Softplus:  func(x, _, _ float64) float64 { return math.Log1p(math.Exp(x)) },
	ELU:       func(x, a, _ float64) float64 { return pick(x > 0, x, a*math.Expm1(x)) },
	SELU: func(x, _, _ float64) float64 {
		return 1.0507009873554805 * pick(x > 0, x, 1.6732632423543772*math.Expm1(x))
	},
	Mish:        func(x, _, _ float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) },
	HardSwish:   func(x, _, _ float64) float64 { return x * min(max(x/6+.5, 0), 1) },
	HardSigmoid: func(x, _, _ float64) float64 { return min(max(x/6+.5, 0), 1) },
	ReLU6:       func(x, _, _ float64) float64 { return min(max(x, 0), 6) },
	Softsign:    func(x, _, _ float64) float64 { return x / (1 + math.Abs(x)) },
	LogSigmoid:  func(x, _, _ float64) float64 { return -math.Log1p(math.Exp(-x)) },
	Exp:         func(x, _, _ float64) float64 { return math.Exp(x) },
	Log:         func(x, _, _ float64) float64 { return math.Log(x) },
	Sqrt:        func(x, _, _ float64) float64 { return math.Sqrt(x) },
	Square:      func(x, _, _ float64) float64 { return x * x },
	Abs:         func(x, _, _ float64) float64 { return math.Abs(x) },
	Neg:         func(x, _, _ float64) float64 { return -x },
	Reciprocal:  func(x, _, _ float64) float64 { return 1 / x },
	Sin:         func(x, _, _ float64) float64 { return math.Sin(x) },
	Cos:         func(x, _, _ float64) float64 { return math.Cos(x) },
	Erf:         func(x, _, _ float64) float64 { return math.Erf(x) },
	Clamp:       func(x, a, b float64) float64 { return min(max(x, a), b) },
	HardTanh:    func(x, a, b float64) float64 { return min(max(x, a), b) },
	Power:       func(x, a, _ float64) float64 { return math.Pow(x, a) },
	Scale:       func(x, a, b float64) float64 { return a*x + b },
}

// Every function over arrays of all the lengths at which the code changes its way: values by definition, derivatives by differences,
// with a bias, added or not, on one core and on several.
func TestMaps(t *testing.T) {
	for k := range Kinds {
		f := Func{Kind: k, A: -.25, B: .75}
		switch k {
		case LeakyReLU, ELU:
			f.A = .3
		case Power:
			f.A = 1.7
		}
		variants := []Func{f}
		if k == LeakyReLU || k == ELU {
			variants = append(variants, Func{Kind: k, A: -.3}, Func{Kind: k})
		}
		for _, f := range variants {
			for _, en := range engines {
				t.Run(fmt.Sprint(k, f.A, en.name), func(t *testing.T) { checkMap(t, f, en.e, en.tol) })
			}
		}
	}
}

func checkMap(t *testing.T, f Func, e Engine, tol float64) {
	of := func(x float64) float64 { return defined[f.Kind](x, f.A, f.B) }
	for _, n := range []int{0, 1, 3, 17, stretch/2 + 1, stretch + 7, 30012} { // the last is worth several cores, whatever the function costs
		if n > 5000 && (e.Double() || testing.Short() && f.Kind%3 != 0) {
			continue
		}
		on := on
		if n < 1000 {
			on = func(_ *testing.T, _ string, f func() []float64) []float64 { return f() }
		}
		r := rng.New(8, uint64(n))
		x, xs := wide(e, r, n)
		for i := range xs {
			xs[i] *= 2
			if f.Kind == Log || f.Kind == Sqrt || f.Kind == Power || f.Kind == Reciprocal {
				xs[i] = math.Abs(xs[i]) + .1
			}
			for _, kink := range []float64{0, -3, 3, 6, f.A, f.B} { // no difference quotient across one
				if math.Abs(xs[i]-kink) < .004 {
					xs[i] = kink + .01
				}
			}
		}
		e.PutWide(x, xs)
		e.GetWide(xs, x)
		want, slope := make([]float64, n), make([]float64, n)
		for i, v := range xs {
			const h = 1e-3 // by a quotient whose error is of sixth order
			d := func(k float64) float64 { return of(v+k*h) - of(v-k*h) }
			want[i], slope[i] = of(v), (45*d(1)-9*d(2)+d(3))/(60*h)
			if math.Abs(v) < 3*h { // a square root of .1 is far, kinks are not here
				slope[i] = (of(v+1e-6) - of(v-1e-6)) / 2e-6
			}
		}
		y := e.New(n)
		agree(t, on(t, "Map", func() []float64 {
			e.Fill(y, 7)
			e.Map(f, y, x)
			return read(e, y)
		}), want, tol, fmt.Sprint("Map of ", n))
		agree(t, on(t, "Map in place", func() []float64 {
			same := e.New(n)
			e.Copy(same, x)
			e.Map(f, same, same)
			return read(e, same)
		}), want, tol, fmt.Sprint("Map in place of ", n))
		dy, ds := wide(e, r, n)
		in := x
		if !f.NeedsInput() {
			in = Buf{}
		}
		for _, add := range []bool{false, true} {
			back := timesEach(ds, slope)
			for i := range back {
				back[i] += pick(add, 3, 0)
			}
			agree(t, on(t, "MapGrad", func() []float64 {
				g := e.New(n)
				e.Fill(g, 3)
				e.MapGrad(f, g, dy, in, y, add)
				return read(e, g)
			}), back, max(tol, 1e-9), fmt.Sprint("MapGrad of ", n, ", add ", add)) // 1e-9: the quotient's
		}
		if n == 0 {
			continue
		}
		agree(t, on(t, "MapGrad in place", func() []float64 {
			g := e.New(n)
			e.Copy(g, dy)
			e.MapGrad(f, g, g, in, y, false)
			return read(e, g)
		}), timesEach(ds, slope), max(tol, 1e-9), fmt.Sprint("MapGrad in place of ", n))
		cols := 3
		if n%cols != 0 || f.Kind == Log || f.Kind == Sqrt || f.Kind == Power || f.Kind == Reciprocal {
			continue
		}
		bias, bs := wide(e, r, cols)
		for i := range want {
			want[i] = of(xs[i] + bs[i%cols])
		}
		agree(t, on(t, "BiasMap", func() []float64 {
			e.BiasMap(f, y, x, bias, n/cols, cols)
			return read(e, y)
		}), want, tol*3, fmt.Sprint("BiasMap of ", n))
	}
}

func timesEach(a, b []float64) []float64 {
	c := make([]float64, len(a))
	for i := range c {
		c[i] = a[i] * b[i]
	}
	return c
}
