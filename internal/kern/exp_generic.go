package kern

import "math"

// The generic forms compute in float64 and round, so that float32 results are within half a unit but for rare ties.
// math.Exp and math.Log will not do: on amd64, Exp overflows a little early and Log is wrong for denormals.

func expGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(exp64(float64(v)))
	}
}

func logGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(log64(float64(v)))
	}
}

func log1pGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(math.Log1p(float64(v)))
	}
}

// sigmoidGeneric never takes the exponential of a positive number, which would overflow where the result is small but
// not zero.
func sigmoidGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		e := exp64(-math.Abs(float64(v)))
		if v < 0 {
			dst[i] = T(e / (1 + e))
		} else {
			dst[i] = T(1 / (1 + e))
		}
	}
}

// tanhGeneric is e/(e+2) with e = exp(2|x|)-1 computed without cancellation.
func tanhGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		e := math.Expm1(2 * min(math.Abs(float64(v)), 20)) // from 20 on the result is 1
		dst[i] = T(math.Copysign(e/(e+2), float64(v)))
	}
}

const (
	ln2High = 0x1.62e42fee00000p-1       // ln(2) to 32 bits: a whole number below 2**21 times it is exact
	ln2Low  = 1.90821492927058770002e-10 // the rest
)

// exp64 is the exponential: x = n*ln(2) + r with |r| <= ln(2)/2, then exp(x) = 2**n * (1 + r + r*r*Q(r)). The
// coefficients of Q minimise the greatest relative error (_asm/coefficients.py). 2**n is applied in two halves, so that
// a denormal result is rounded once.
func exp64(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	}
	n := math.RoundToEven(x * math.Log2E)
	r := x - n*ln2High - n*ln2Low
	q := 2.0875320594547424234e-9
	q = q*r + 2.5109081183000703204e-8
	q = q*r + 2.7557402963693000091e-7
	q = q*r + 2.755724410481189431e-6
	q = q*r + 0.000024801587171819061927
	q = q*r + 0.00019841269886207332599
	q = q*r + 0.0013888888888962910728
	q = q*r + 0.0083333333333216076507
	q = q*r + 0.04166666666666650734
	q = q*r + 0.16666666666666676596
	q = q*r + 0.5
	half := int(n) >> 1
	return (1 + (r + r*r*q)) * power2(half) * power2(int(n)-half)
}

// power2 is 2**n for the exponents of normal numbers.
func power2(n int) float64 { return math.Float64frombits(uint64(n+1023) << 52) }

// log64 is the logarithm: x = 2**k * (1+f) with 1+f in [sqrt(1/2), sqrt(2)), and log(1+f) = 2*s + s*z*R(z) with
// s = f/(2+f), z = s*s, arranged around f, which is exact.
func log64(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, e := math.Frexp(x) // handles denormals
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	k, f := float64(e), m-1
	s := f / (2 + f)
	z := s * s
	r := 0.14797428664168296504
	r = r*z + 0.15313911714513788445
	r = r*z + 0.18183569380779439917
	r = r*z + 0.22222198483604791083
	r = r*z + 0.28571428743178803396
	r = r*z + 0.39999999999411535029
	r = r*z + 0.66666666666667348116
	h := f * f / 2
	return k*ln2High + (f - (h - (s*(h+z*r) + k*ln2Low)))
}
