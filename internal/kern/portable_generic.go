package kern

import "math"

// The specification of the portable forms, in the precision of T: a conversion to T around a product keeps the compiler
// from fusing it with a sum. The methods and coefficients are those of the assembly (_asm/amd64_exp.go, amd64_log.go).

func expPortableGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = canonical(expRounded(v))
	}
}

func expm1PortableGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = canonical(expm1Rounded(v))
	}
}

func sigmoidPortableGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		e := expRounded(-abs(v))
		if negative(v) {
			dst[i] = canonical(e / (1 + e))
		} else {
			dst[i] = canonical(1 / (1 + e))
		}
	}
}

func logPortableGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		switch {
		case v != v || v < 0:
			dst[i] = nan[T]()
		case v == 0:
			dst[i] = T(math.Inf(-1))
		case v-v != 0: // +Inf
			dst[i] = v
		default:
			dst[i] = logRounded(v, 0)
		}
	}
}

func log1pPortableGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		u := 1 + v
		switch {
		case v != v || v < -1:
			dst[i] = nan[T]()
		case v == -1:
			dst[i] = T(math.Inf(-1))
		case v-v != 0 || u == 1: // +Inf, or less than matters
			dst[i] = v
		default: // what rounding took off 1+v, exactly (Knuth's two-sum)
			part := u - 1
			dst[i] = logRounded(u, ((v-part)+(1-(u-part)))/u)
		}
	}
}

func sumPortableGeneric[T Float](x []T) T {
	var s [32]T
	for len(x) >= len(s) {
		for i, v := range (*[32]T)(x) {
			s[i] += v
		}
		x = x[len(s):]
	}
	for i, v := range x {
		s[i] += v
	}
	return joinPortable(&s)
}

func dotPortableGeneric[T Float](x, y []T) T {
	var s [32]T
	y = y[:len(x)]
	for len(x) >= len(s) {
		b := (*[32]T)(y)
		for i, v := range (*[32]T)(x) {
			s[i] += T(v * b[i])
		}
		x, y = x[len(s):], y[len(s):]
	}
	for i, v := range x {
		s[i] += T(v * y[i])
	}
	return joinPortable(&s)
}

func joinPortable[T Float](s *[32]T) T {
	for half := len(s) / 2; half > 0; half /= 2 {
		for i := range half {
			s[i] += s[i+half]
		}
	}
	return s[0]
}

// portableConstants are what differs between the precisions.
type portableConstants[T Float] struct {
	low, high       T // beyond these exp is 0 or +Inf
	log2e           T
	ln2High, ln2Low T
	whole           T   // adding and subtracting it rounds to whole numbers
	q, r            []T // lowest first
	lift            T   // makes denormals normal
	lifted          int
}

var portable32 = portableConstants[float32]{
	low: -104, high: 89, log2e: math.Log2E, ln2High: 355.0 / 512, ln2Low: math.Ln2 - 355.0/512, whole: 0x1.8p23,
	q:    []float32{0.49999998144047286874, 0.16666543178349782556, 0.041667201793396128072, 0.0083665803114345558947, 0.0013882509138088502452},
	r:    []float32{0.66666665641691269793, 0.40000336149502800299, 0.28537242015270400511, 0.23583508043556762905},
	lift: 0x1p25, lifted: 25,
}

var portable64 = portableConstants[float64]{
	low: -746, high: 710, log2e: math.Log2E, ln2High: ln2High, ln2Low: ln2Low, whole: 0x1.8p52,
	q: []float64{0.50000000000000000086, 0.16666666666666676596, 0.04166666666666650734, 0.0083333333333216076507,
		0.0013888888888962910728, 0.00019841269886207332599, 0.000024801587171819061927, 2.755724410481189431e-6,
		2.7557402963693000091e-7, 2.5109081183000703204e-8, 2.0875320594547424234e-9},
	r: []float64{0.66666666666667348116, 0.39999999999411535029, 0.28571428743178803396, 0.22222198483604791083,
		0.18183569380779439917, 0.15313911714513788445, 0.14797428664168296504},
	lift: 0x1p54, lifted: 54,
}

func constants[T Float]() *portableConstants[T] {
	if single[T]() {
		return any(&portable32).(*portableConstants[T])
	}
	return any(&portable64).(*portableConstants[T])
}

// expRounded is exp64's method: x = n*ln(2) + r, exp(x) = 2**n * (1 + r + r*r*Q(r)).
func expRounded[T Float](x T) T {
	if x != x {
		return x
	}
	n, p := reduced(x)
	return scaled(1+p, n)
}

// expm1Rounded is 2**n * (exp(r)-1) + (2**n - 1), for an n at which that is not exp(x) or -1.
func expm1Rounded[T Float](x T) T {
	const near = 60
	if x != x {
		return x
	}
	n, p := reduced(x)
	if n > near {
		return scaled(1+p, n)
	}
	s := T(power2(max(n, -near)))
	return T(s*p) + (s - 1)
}

// reduced splits x into n*ln(2) + r and returns n and exp(r)-1.
func reduced[T Float](x T) (n int, p T) {
	c := constants[T]()
	x = max(min(x, c.high), c.low)
	whole := (T(x*c.log2e) + c.whole) - c.whole
	r := (x - T(whole*c.ln2High)) - T(whole*c.ln2Low)
	r2 := T(r * r)
	return int(whole), T(r2*byHalves(c.q, r, r2)) + r
}

// scaled is p * 2**n, in two halves.
func scaled[T Float](p T, n int) T {
	half := n >> 1
	return T(T(p*T(power2(half))) * T(power2(n-half)))
}

// byHalves returns the polynomial of x with 4, 5, 7 or 11 coefficients, in the order of additions of the assembly
// (Estrin's scheme).
func byHalves[T Float](c []T, x, x2 T) T {
	four := func(c []T) T {
		c = c[:4]
		return (T(c[1]*x) + c[0]) + T((T(c[3]*x)+c[2])*x2)
	}
	low := four(c)
	if len(c) == 4 {
		return low
	}
	x4 := T(x2 * x2)
	switch len(c) {
	case 5:
		return low + T(c[4]*x4)
	case 7:
		return low + T(((T(c[5]*x)+c[4])+T(c[6]*x2))*x4)
	default:
		low += T(four(c[4:]) * x4)
		return low + T(((T(c[9]*x)+c[8])+T(c[10]*x2))*T(x4*x4))
	}
}

// logRounded is log64's method, for finite x > 0, and adds the small number low.
func logRounded[T Float](x, low T) T {
	c := constants[T]()
	k := 0
	if x < leastNormal[T]() {
		x *= c.lift
		k = -c.lifted
	}
	var f T
	if single[T]() {
		const rise, bias = 0x3f800000 - 0x3f3504f3, 127
		u := math.Float32bits(float32(x)) + rise
		k += int(u>>23) - bias
		f = T(math.Float32frombits(u&(1<<23-1)+0x3f3504f3)) - 1
	} else {
		const rise, bias = 0x3ff0000000000000 - 0x3fe6a09e667f3bcd, 1023
		u := math.Float64bits(float64(x)) + rise
		k += int(u>>52) - bias
		f = T(math.Float64frombits(u&(1<<52-1)+0x3fe6a09e667f3bcd)) - 1
	}
	s := f / (2 + f)
	z := T(s * s)
	h := T(T(f*f) / 2)
	p := T(s*(h+T(byHalves(c.r, z, T(z*z))*z))) + (low + T(T(k)*c.ln2Low))
	return T(T(k)*c.ln2High) + (f - (h - p))
}

// nan is the NaN of portable results.
func nan[T Float]() T {
	if single[T]() {
		return T(math.Float32frombits(0x7fc00000))
	}
	return T(math.NaN())
}

// canonical is x, or nan for any NaN.
func canonical[T Float](x T) T {
	if x != x {
		return nan[T]()
	}
	return x
}

func abs[T Float](x T) T {
	if negative(x) {
		return -x
	}
	return x
}

func negative[T Float](x T) bool { return math.Signbit(float64(x)) }

func leastNormal[T Float]() T {
	if single[T]() {
		return T(0x1p-126)
	}
	least := 0x1p-1022
	return T(least)
}
