package kern

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// The oracle of the elementary functions is arithmetic of 200 bits, itself checked in TestOracle against published tables
// and in TestTables against mpmath's.

const precision = 200

func wide(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func zero() *big.Float { return new(big.Float).SetPrec(precision) }

// bigExp is the exponential: the argument halved until it is small, Taylor's series, and squared back.
func bigExp(x *big.Float) *big.Float {
	const halvings = 20
	r := zero().SetMantExp(x, -halvings)
	sum, term := wide(1), wide(1)
	for i := 1; i < 30; i++ {
		term.Mul(term, r)
		term.Quo(term, wide(float64(i)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigExpm1 is bigExp less 1, or, where that leaves too few digits, three terms of its series.
func bigExpm1(x float64) *big.Float {
	if math.Abs(x) > 0x1p-40 {
		return zero().Sub(bigExp(wide(x)), wide(1))
	}
	v, square := wide(x), wide(x)
	square.Mul(square, v)
	cube := zero().Mul(square, v)
	v.Add(v, square.Quo(square, wide(2)))
	return v.Add(v, cube.Quo(cube, wide(6)))
}

// bigLog improves math.Log by Newton's method on the exponential. (math.Log itself is wrong for denormals on amd64.)
func bigLog(x float64) *big.Float {
	m, e := math.Frexp(x)
	y := wide(math.Log(m) + float64(e)*math.Ln2)
	for range 3 {
		e := bigExp(zero().Neg(y))
		e.Mul(e, wide(x))
		y.Add(y, e.Sub(e, wide(1)))
	}
	return y
}

// bigLog1p is bigLog of the exact sum, or, where that is too long for a float64, two terms of the series about it.
func bigLog1p(x float64) *big.Float {
	if x <= -1 { // the caller asks for nothing there
		return nil
	}
	u := 1 + x
	if u == 1 { // x - x*x/2 + x*x*x/3, |x| < 2**-52
		v := wide(x)
		sq := zero().Mul(v, v)
		cube := zero().Mul(sq, v)
		cube.Quo(cube, wide(3))
		return v.Add(v.Sub(v, sq.Quo(sq, wide(2))), cube)
	}
	d := zero().Add(wide(1), wide(x)) // log(u) + log(1+e) with e = (1+x-u)/u below 2**-52
	e := d.Sub(d, wide(u))
	e.Quo(e, wide(u))
	sq := zero().Mul(e, e)
	cube := zero().Mul(sq, e)
	e.Sub(e, sq.Quo(sq, wide(2)))
	e.Add(e, cube.Quo(cube, wide(3)))
	return e.Add(e, bigLog(u))
}

func bigSigmoid(x float64) *big.Float {
	e := bigExp(wide(-x))
	return e.Quo(wide(1), e.Add(e, wide(1)))
}

func bigTanh(x float64) *big.Float {
	if math.Abs(x) < 1e-15 { // x - x**3/3 and no more: the difference below would cancel
		v := wide(x)
		c := zero().Mul(v, v)
		c.Mul(c, v)
		return v.Sub(v, c.Quo(c, wide(3)))
	}
	e := bigExp(wide(2 * x))
	return zero().Quo(zero().Sub(e, wide(1)), zero().Add(e, wide(1)))
}

// Figures of Abramowitz and Stegun (tables 4.2, 4.4, 4.15, 7.1) and e, log 2, log 10 to 40 places.
func TestOracle(t *testing.T) {
	for _, c := range []struct {
		what, want string
		got        *big.Float
	}{
		{"e", "2.718281828459045235360287471352662497757", bigExp(wide(1))},
		{"exp(-10)", "0.00004539992976248485153559151556055061", bigExp(wide(-10))},
		{"log 2", "0.6931471805599453094172321214581765680755", bigLog(2)},
		{"log1p 1", "0.6931471805599453094172321214581765680755", bigLog1p(1)},
		{"log 10", "2.302585092994045684017991454684364207601", bigLog(10)},
		{"tanh 1", "0.7615941559557648881194582826047935904128", bigTanh(1)},
		{"sigmoid 1", "0.7310585786300048792511592418218362743651", bigSigmoid(1)},
		{"erf 1/2", "0.5204998778130465376827466538919645287365", bigErf(0.5)},
		{"erfc 2", "0.004677734981047265837930743632747071389108", bigErfc(wide(2))},
		{"erfc 4", "1.541725790028001885215967348688404857222e-8", bigErfc(wide(4))},
	} {
		want, _, err := big.ParseFloat(c.want, 10, precision, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		d := zero().Sub(want, c.got)
		if d.Quo(d, want).Abs(d).Cmp(wide(1e-35)) > 0 {
			t.Errorf("%s: %.40g, want %s", c.what, c.got, c.want)
		}
	}
}

// ulps returns how far got is from want in units in the last place of want, for a T with its least denormal.
func ulps[T Float](got T, want *big.Float) float64 {
	digits, least, greatest := 53, -1074, math.MaxFloat64
	if single[T]() {
		digits, least, greatest = 24, -149, math.MaxFloat32
	}
	if math.IsInf(float64(got), 0) { // right if want rounds to it
		w, _ := want.Float64()
		if single[T]() {
			w = float64(float32(w))
		}
		if w == float64(got) || math.Abs(w) >= greatest*(1-eps[T]()) && w > 0 == (got > 0) {
			return 0
		}
		return math.Inf(1)
	}
	if want.Sign() == 0 {
		return math.Abs(float64(got)) / math.Ldexp(1, least)
	}
	unit := max(want.MantExp(nil)-digits, least)
	d := zero().Sub(wide(float64(got)), want)
	u, _ := zero().SetMantExp(d, -unit).Float64()
	return math.Abs(u)
}

// elementary is one function with its bound and where it is looked at.
type elementary struct {
	name   string
	bound  float64
	f      func(x float64) *big.Float
	lo, hi float64 // of the even spread, for float32 and float64 both
	pos    bool    // defined for positive numbers only
}

var elementaries = []elementary{
	{"exp", 2, func(x float64) *big.Float { return bigExp(wide(x)) }, -750, 715, false},
	{"log", 2, bigLog, 0.25, 4, true},
	{"log1p", 2, bigLog1p, -0.999, 3, false},
	{"sigmoid", 3, bigSigmoid, -750, 50, false},
	{"tanh", 3, bigTanh, -25, 25, false},
	{"erf", 3, bigErf, -6, 6, false},
	{"gelu", 1, bigGELU, -39, 9, false}, // the bound of off
	{"gelutanh", 1, bigGELUTanh, -22, 9, false},
	{"exp portable", 2, func(x float64) *big.Float { return bigExp(wide(x)) }, -750, 715, false},
	{"expm1 portable", 2, bigExpm1, -750, 715, false},
	{"log portable", 2, bigLog, 0.25, 4, true},
	{"log1p portable", 2, bigLog1p, -0.999, 3, false},
	{"sigmoid portable", 3, bigSigmoid, -750, 50, false},
}

// function is the name without the form.
func (e elementary) function() string { return strings.TrimSuffix(e.name, " portable") }

// relative reports whether the bound is off's, not one of units in the last place.
func (e elementary) relative() bool { return e.name == "gelu" || e.name == "gelutanh" }

// apply runs the kernel of that name on x.
func apply[T Float](name string, dst, x []T) {
	switch name {
	case "exp":
		Exp(dst, x)
	case "log":
		Log(dst, x)
	case "log1p":
		Log1p(dst, x)
	case "sigmoid":
		Sigmoid(dst, x)
	case "tanh":
		Tanh(dst, x)
	case "erf":
		Erf(dst, x)
	case "gelu":
		GELU(dst, x)
	case "gelutanh":
		GELUTanh(dst, x)
	case "exp portable":
		ExpPortable(dst, x)
	case "expm1 portable":
		Expm1Portable(dst, x)
	case "log portable":
		LogPortable(dst, x)
	case "log1p portable":
		Log1pPortable(dst, x)
	case "sigmoid portable":
		SigmoidPortable(dst, x)
	default:
		panic(name)
	}
}

// points are arguments for e: an even spread, sizes of every order, and the neighbourhoods of 0, 1 and the ends of the
// range of results.
func points[T Float](e elementary, n int) []T {
	r := rand.New(rand.NewPCG(13, 14))
	lo, hi := e.lo, e.hi
	if single[T]() && e.lo < -100 {
		lo, hi = e.lo/7, e.hi/7
	}
	var x []T
	add := func(v float64) {
		w := T(v)
		if math.IsInf(float64(w), 0) || e.pos && !(w > 0) {
			return
		}
		x = append(x, w)
	}
	least, greatest := -1074.0, 1023.0
	if single[T]() {
		least, greatest = -149, 127
	}
	for range n {
		add(lo + (hi-lo)*r.Float64())
		add(math.Exp2(least + (greatest-least)*r.Float64()))
		add(-math.Exp2(least + (greatest-least)*r.Float64()))
		add(1 + r.NormFloat64()/1000)
		add(r.NormFloat64())
	}
	for _, v := range []float64{0.5, 1, 2, math.Sqrt2, math.Sqrt2 / 2, math.Ln2, math.Ln2 / 2, 88.72284, 88.72283, -87.33654, -103.97, -103.98, -104, -104.1,
		709.782712893384, 709.7827128933841, -708.3964185322641, -745.1332191019411, -745.1332191019412, -746, 9, 10, 19.06, 20, 22} {
		for _, s := range []float64{v, -v} {
			add(s)
			add(float64(nextAfter(T(s), 1)))
			add(float64(nextAfter(T(s), -1)))
		}
	}
	return x
}

// nextAfter is the neighbour of x on the side of the sign.
func nextAfter[T Float](x T, sign int) T {
	if single[T]() {
		return T(math.Nextafter32(float32(x), float32(math.Inf(sign))))
	}
	return T(math.Nextafter(float64(x), math.Inf(sign)))
}

func testElementary[T Float](t *testing.T, n int) {
	for _, e := range elementaries {
		x := points[T](e, n)
		want := make([]*big.Float, len(x))
		for i, v := range x {
			if e.function() == "log1p" && v <= -1 {
				continue
			}
			if v > 800 && e.function() == "exp" || math.Abs(float64(v)) > 800 && e.function() != "log" && e.function() != "log1p" { // beyond all ends: the oracle need not run there
				continue
			}
			want[i] = e.f(float64(v))
		}
		t.Run(e.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T) {
				got := make([]T, len(x))
				apply(e.name, got, x)
				worst, at := 0.0, T(0)
				for i, v := range x {
					if want[i] == nil {
						if bits(got[i]) != bits(limit(e.function(), v)) {
							t.Fatalf("%s(%v) = %v", e.name, v, got[i])
						}
						continue
					}
					if u := off(e, got[i], want[i]); u > worst || u != u {
						worst, at = u, v
					}
				}
				t.Logf("%d points, worst %.3f at %v", len(x), worst, at)
				if !(worst <= e.bound) {
					t.Errorf("%s(%v) is wrong by %.3f, bound %v", e.name, at, worst, e.bound)
				}
			})
		})
	}
}

// limit is the value far out.
func limit[T Float](name string, x T) T {
	switch {
	case name == "expm1" && x > 0:
		return T(math.Inf(1))
	case name == "expm1":
		return -1
	case name == "log1p" && x == -1:
		return T(math.Inf(-1))
	case name == "log1p":
		return T(math.NaN())
	case name == "gelu" || name == "gelutanh":
		if x > 0 {
			return x
		}
		return T(math.Copysign(0, -1))
	case name == "tanh" || name == "erf":
		return T(math.Copysign(1, float64(x)))
	case x < 0:
		return 0
	case name == "exp":
		return T(math.Inf(1))
	default:
		return 1
	}
}

// somePoints keeps the oracle's share of the time small.
func somePoints() int {
	if small() {
		return 60
	}
	return 400
}

func TestElementaryF32(t *testing.T) { testElementary[float32](t, somePoints()) }
func TestElementaryF64(t *testing.T) { testElementary[float64](t, somePoints()) }

// Float32 against math's float64 functions, whose error is far below a unit there, on patterns spread over all of them.
func testPatterns(t *testing.T, step uint64) {
	reference := map[string]func(float64) float64{
		"exp": math.Exp, "expm1": math.Expm1, "log": math.Log, "tanh": math.Tanh, "log1p": math.Log1p, // of float32 arguments, where math is right
		"sigmoid":  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		"erf":      math.Erf,
		"gelu":     func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
		"gelutanh": func(x float64) float64 { return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) },
	}
	for _, e := range elementaries {
		t.Run(e.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T) {
				f := reference[e.function()]
				x, y := make([]float32, 4096), make([]float32, 4096)
				worst, at := 0.0, float32(0)
				for p := uint64(0); p < 1<<32; {
					n := 0
					for ; n < len(x) && p < 1<<32; n++ {
						x[n] = math.Float32frombits(uint32(p))
						p += step
					}
					apply(e.name, y[:n], x[:n])
					for i, v := range x[:n] {
						want := f(float64(v))
						if e.function() == "sigmoid" && v < -50 {
							want = math.Exp(float64(v))
						}
						if math.IsInf(float64(v), -1) && (e.name == "gelu" || e.name == "gelutanh") {
							want = 0 // the limit, not Inf*0
						}
						if got := float64(y[i]); got != want {
							_, exp := math.Frexp(want)
							u := math.Abs(got-want) / math.Ldexp(1, max(exp-24, -149))
							if got != got && want != want || float64(float32(want)) == got {
								continue
							}
							if e.relative() && u == u {
								d := math.Abs(got - want)
								if math.Abs(want) < 0x1p-126 { // as off has it
									d = max(0, d-math.SmallestNonzeroFloat32/2)
								}
								u = d / math.Abs(want) / 4e-7
							}
							if u > worst || u != u {
								worst, at = u, v
							}
						}
					}
				}
				t.Logf("worst of the not correctly rounded %.3f at %v", worst, at)
				if !(worst <= e.bound) {
					t.Errorf("%s(%v) is wrong by %.3f, bound %v", e.name, at, worst, e.bound)
				}
			})
		})
	}
}

func TestPatternsF32(t *testing.T) { testPatterns(t, 20011) }

func testElementarySpecial[T Float](t *testing.T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	none := T(math.Copysign(0, -1))
	eachLevel(t, func(t *testing.T) {
		special := map[string][][2]T{
			"exp":      {{inf, inf}, {-inf, 0}, {nan, nan}, {0, 1}, {none, 1}, {1e9, inf}, {-1e9, 0}},
			"log":      {{inf, inf}, {-inf, nan}, {nan, nan}, {0, -inf}, {none, -inf}, {1, 0}, {-1, nan}, {-1e-40, nan}},
			"log1p":    {{inf, inf}, {-inf, nan}, {nan, nan}, {0, 0}, {none, none}, {-1, -inf}, {-1.5, nan}, {1e-40, 1e-40}},
			"sigmoid":  {{inf, 1}, {-inf, 0}, {nan, nan}, {0, 0.5}, {none, 0.5}, {1e9, 1}, {-1e9, 0}},
			"tanh":     {{inf, 1}, {-inf, -1}, {nan, nan}, {0, 0}, {none, none}, {1e9, 1}, {-1e9, -1}},
			"erf":      {{inf, 1}, {-inf, -1}, {nan, nan}, {0, 0}, {none, none}, {1e9, 1}, {-1e9, -1}},
			"gelu":     {{inf, inf}, {-inf, none}, {nan, nan}, {0, 0}, {none, none}, {1e9, 1e9}, {-1e9, none}, {-50, none}},
			"gelutanh": {{inf, inf}, {-inf, none}, {nan, nan}, {0, 0}, {none, none}, {1e9, 1e9}, {-1e9, none}, {-50, none}},
		}
		for _, e := range elementaries {
			name := e.name
			for _, p := range special[e.function()] {
				for n := 1; n < 20; n++ { // in the tail and out of it
					x, y := make([]T, n), make([]T, n)
					for i := range x {
						x[i] = 0.5
					}
					x[n-1] = p[0]
					apply(name, y, x)
					if bits(y[n-1]) != bits(p[1]) {
						t.Fatalf("%s(%v) = %v, want %v (element %d)", name, p[0], y[n-1], p[1], n-1)
					}
				}
			}
		}
	})
}

func TestElementarySpecialF32(t *testing.T) { testElementarySpecial[float32](t) }
func TestElementarySpecialF64(t *testing.T) { testElementarySpecial[float64](t) }

// Every element alone gives what it gives among others, in place or not, and nothing else is written.
func testElementaryPlaces[T Float](t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		if n > 200 && n != brief+1 && n != sweep+1 {
			return
		}
		x, _ := guarded[T](t, n, offset)
		dst, check := guarded[T](t, n, 2*offset+1)
		one, res := make([]T, 1), make([]T, 1)
		for _, e := range elementaries {
			normals(r, x)
			apply(e.name, dst, x)
			for i, got := range dst {
				one[0] = x[i]
				apply(e.name, res, one)
				if bits(res[0]) != bits(got) {
					t.Fatalf("%s: element %d of %d is %v, alone %v", e.name, i, n, got, res[0])
				}
			}
			want := append([]T(nil), dst...)
			copy(dst, x)
			apply(e.name, dst, dst)
			if !equalBits(dst, want) {
				t.Fatalf("%s of %d in place differs", e.name, n)
			}
			check()
			for i := range dst {
				dst[i] = T(math.NaN())
			}
		}
	})
}

func TestElementaryPlacesF32(t *testing.T) { testElementaryPlaces[float32](t) }
func TestElementaryPlacesF64(t *testing.T) { testElementaryPlaces[float64](t) }
