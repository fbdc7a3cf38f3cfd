package kern

import (
	"math"
	"math/big"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

func number(text string) *big.Float {
	x, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return x
}

// bigErfc is the complementary error function of z, not below 0: the series of erf with terms of one sign, or, from 2 on,
// Laplace's continued fraction, whose error 300 terms there bring below 2**-150.
func bigErfc(z *big.Float) *big.Float {
	rootPi := number("1.7724538509055160272981674833411451827975494561224")
	square := zero().Mul(z, z)
	e := bigExp(zero().Neg(square))
	if z.Cmp(wide(2)) < 0 {
		sum, term := zero(), zero().Set(z)
		for n := 1; n < 80; n++ {
			sum.Add(sum, term)
			term.Mul(term, square)
			term.Quo(term.Mul(term, wide(2)), wide(float64(2*n+1)))
		}
		sum.Mul(sum, wide(2))
		return e.Sub(wide(1), sum.Quo(sum.Mul(sum, e), rootPi))
	}
	den := zero().Set(z)
	for n := 300; n > 0; n-- { // z + (n/2)/den
		den.Add(z, zero().Quo(wide(float64(n)/2), den))
	}
	return e.Quo(e, den.Mul(den, rootPi))
}

func bigErf(x float64) *big.Float {
	if math.Abs(x) < 1e-9 { // x - x**3/3, of which enough is 2/sqrt(pi)*x
		v := wide(x)
		c := zero().Mul(v, v)
		c.Quo(c, wide(3))
		v.Mul(v, c.Sub(wide(1), c))
		return v.Quo(v.Mul(v, wide(2)), number("1.7724538509055160272981674833411451827975494561224"))
	}
	e := zero().Sub(wide(1), bigErfc(wide(math.Abs(x))))
	if x < 0 {
		e.Neg(e)
	}
	return e
}

func bigGELU(x float64) *big.Float {
	z := zero().Quo(wide(math.Abs(x)), zero().Sqrt(wide(2)))
	tail := bigErfc(z)
	tail.Quo(tail, wide(2))
	if x > 0 {
		tail.Sub(wide(1), tail)
	}
	return tail.Mul(tail, wide(x))
}

func bigGELUTanh(x float64) *big.Float {
	v := wide(x)
	cube := zero().Mul(zero().Mul(v, v), v)
	cube.Quo(cube.Mul(cube, wide(44715)), wide(1e6))
	u := cube.Add(cube, v)
	u.Mul(u, number("-1.595769121605730711759784239737527473903417")) // -2*sqrt(2/pi)
	switch {                                                          // far out the series of bigExp has no end
	case u.Cmp(wide(5000)) > 0:
		return zero()
	case u.Cmp(wide(-5000)) < 0:
		return v
	}
	e := bigExp(u)
	return e.Quo(v, e.Add(e, wide(1)))
}

// off is how far got is from want in the function's unit: units in the last place, or, for the bounds that are relative,
// the share of the bound that the error is. Where the result is denormal, its rounding is not counted.
func off[T Float](e elementary, got T, want *big.Float) float64 {
	if !e.relative() {
		return ulps(got, want)
	}
	if got != got {
		return math.Inf(1)
	}
	bound, least := 1e-15, math.SmallestNonzeroFloat64
	if single[T]() {
		bound, least = 4e-7, math.SmallestNonzeroFloat32
	}
	d, size := zero().Sub(wide(float64(got)), want), zero().Abs(want)
	d.Abs(d)
	if size.Cmp(wide(float64(leastNormal[T]()))) < 0 {
		d.Sub(d, zero().SetMantExp(wide(least), -1))
	}
	if d.Sign() <= 0 {
		return 0
	}
	share, _ := zero().Quo(d, size).Float64()
	return share / bound
}

// The tables are mpmath's, at 60 digits (internal/golden/kern_elementary.py).
func testTables[T Float](t *testing.T) {
	type column struct {
		X    []float64
		Want []string
	}
	tables := golden.Load[map[string]map[string]column](t, "testdata/elementary.json")
	for _, e := range elementaries {
		t.Run(e.name, func(t *testing.T) {
			var x []T
			var want []*big.Float
			for kind, c := range tables[e.function()] {
				if kind == "wide" && single[T]() {
					continue
				}
				for i, text := range c.Want {
					w, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
					if err != nil {
						t.Fatal(err)
					}
					x, want = append(x, T(c.X[i])), append(want, w)
					if i%8 == 0 { // the oracle of the other tests, too
						d := zero().Sub(e.f(c.X[i]), w)
						if w.Sign() != 0 && d.Quo(d, w).Abs(d).Cmp(wide(2e-24)) > 0 {
							t.Fatalf("%s(%v): the oracle says %.30g, mpmath %s", e.name, c.X[i], e.f(c.X[i]), text)
						}
					}
				}
			}
			if len(x) < 80 {
				t.Fatalf("a table of %d lines", len(x))
			}
			eachLevel(t, func(t *testing.T) {
				got := make([]T, len(x))
				apply(e.name, got, x)
				worst, at := 0.0, 0
				for i := range x {
					if u := off(e, got[i], want[i]); u > worst || u != u {
						worst, at = u, i
					}
				}
				t.Logf("%d points, worst %.3f at %v", len(x), worst, x[at])
				if !(worst <= e.bound) {
					t.Errorf("%s(%v) = %v, want %.20g: off by %.3f, bound %v", e.name, x[at], got[at], want[at], worst, e.bound)
				}
			})
		})
	}
}

func TestTablesF32(t *testing.T) { testTables[float32](t) }
func TestTablesF64(t *testing.T) { testTables[float64](t) }
