package kern

// Elementwise maps. The destination may be one of the sources (the same elements, not an overlap with an offset). An
// element's result does not depend on its place.

// Axpy adds a*x[i] to y[i]; the levels with assembly round once, as FMA does. The lengths must agree.
func Axpy[T Float](a T, x, y []T) {
	same("Axpy", len(x), len(y))
	for len(y) > 0 {
		n := min(len(y), sweep)
		axpyCall(a, x[:n], y[:n])
		x, y = x[n:], y[n:]
	}
}

// Scal sets dst[i] to a*x[i]. The lengths must agree.
func Scal[T Float](a T, dst, x []T) {
	same("Scal", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		scalCall(a, dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Add sets dst[i] to x[i]+y[i]. The lengths must agree.
func Add[T Float](dst, x, y []T) {
	same("Add", len(dst), len(x))
	same("Add", len(dst), len(y))
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		addCall(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// Mul sets dst[i] to x[i]*y[i]. The lengths must agree.
func Mul[T Float](dst, x, y []T) {
	same("Mul", len(dst), len(x))
	same("Mul", len(dst), len(y))
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		mulCall(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// FMA sets dst[i] to x[i]*y[i]+z[i]; the levels with assembly round once. The lengths must agree.
func FMA[T Float](dst, x, y, z []T) {
	same("FMA", len(dst), len(x))
	same("FMA", len(dst), len(y))
	same("FMA", len(dst), len(z))
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		fmaCall(dst[:n], x[:n], y[:n], z[:n])
		dst, x, y, z = dst[n:], x[n:], y[n:], z[n:]
	}
}

//go:noinline
func axpyCall[T Float](a T, x, y []T) {
	reads(x)
	writes(y)
	axpy(a, x, y)
}

//go:noinline
func scalCall[T Float](a T, dst, x []T) {
	reads(x)
	writes(dst)
	scal(a, dst, x)
}

//go:noinline
func addCall[T Float](dst, x, y []T) {
	reads(x)
	reads(y)
	writes(dst)
	add(dst, x, y)
}

//go:noinline
func mulCall[T Float](dst, x, y []T) {
	reads(x)
	reads(y)
	writes(dst)
	mul(dst, x, y)
}

//go:noinline
func fmaCall[T Float](dst, x, y, z []T) {
	reads(x)
	reads(y)
	reads(z)
	writes(dst)
	fma(dst, x, y, z)
}
