package kern

// The error function and what networks make of the normal distribution. As with Exp, the destination may be the source
// and an element's result does not depend on its place.

// Erf sets dst[i] to the error function of x[i], within 3 ulp. The lengths must agree.
func Erf[T Float](dst, x []T) {
	same("Erf", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		erfCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// GELU sets dst[i] to x[i]*Phi(x[i]), Phi being the normal distribution function, within a relative 4e-7 (float32) or
// 1e-15 (float64) before it is rounded, if it is, to a denormal number; far out on the left, where 1+erf has no digits
// left, as well. GELU of -Inf is -0. The lengths must agree.
func GELU[T Float](dst, x []T) {
	same("GELU", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		geluCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// GELUTanh sets dst[i] to x[i]*(1+tanh(u))/2 with u = sqrt(2/pi)*(x[i]+0.044715*x[i]**3), the approximation of GELU that
// many networks were trained with, within the bounds of GELU. The lengths must agree.
func GELUTanh[T Float](dst, x []T) {
	same("GELUTanh", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		geluTanhCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

//go:noinline
func erfCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	erf(dst, x)
}

//go:noinline
func geluCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	gelu(dst, x)
}

//go:noinline
func geluTanhCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	geluTanh(dst, x)
}
