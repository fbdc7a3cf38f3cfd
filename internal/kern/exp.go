package kern

// Elementwise functions. The destination may be the source. An element's result does not depend on its place. The
// bounds are in units in the last place of the exact result, denormal results included, and hold at every level.

// Exp sets dst[i] to e**x[i], within 2 ulp. The lengths must agree.
func Exp[T Float](dst, x []T) {
	same("Exp", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		expCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Log sets dst[i] to the natural logarithm of x[i], within 2 ulp: -Inf for zeros, NaN for negative numbers. The lengths
// must agree.
func Log[T Float](dst, x []T) {
	same("Log", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		logCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Log1p sets dst[i] to the natural logarithm of 1+x[i], within 2 ulp, however small x[i] is: -Inf for -1, NaN below. The
// lengths must agree.
func Log1p[T Float](dst, x []T) {
	same("Log1p", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		log1pCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Sigmoid sets dst[i] to 1/(1+exp(-x[i])), within 3 ulp. The lengths must agree.
func Sigmoid[T Float](dst, x []T) {
	same("Sigmoid", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		sigmoidCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Tanh sets dst[i] to the hyperbolic tangent of x[i], within 3 ulp. The lengths must agree.
func Tanh[T Float](dst, x []T) {
	same("Tanh", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		tanhCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

//go:noinline
func expCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	exp(dst, x)
}

//go:noinline
func logCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	log(dst, x)
}

//go:noinline
func log1pCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	log1p(dst, x)
}

//go:noinline
func sigmoidCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	sigmoid(dst, x)
}

//go:noinline
func tanhCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	tanh(dst, x)
}
