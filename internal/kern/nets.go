package kern

import "unsafe"

// What networks do to every activation, gradient and weight. In the maps, the destination may be one of the sources and
// the lengths must agree.

// Shift sets dst[i] to a*x[i]+b; the levels with assembly round once.
func Shift[T Float](a, b T, dst, x []T) {
	same("Shift", len(dst), len(x))
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		shift(a, b, dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Sub sets dst[i] to x[i]-y[i].
func Sub[T Float](dst, x, y []T) {
	same("Sub", len(dst), len(x))
	same("Sub", len(dst), len(y))
	reads(x)
	reads(y)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		sub(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// ReLU sets dst[i] to x[i] where that is above 0 or NaN, to 0 elsewhere.
func ReLU[T Float](dst, x []T) {
	same("ReLU", len(dst), len(x))
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		relu(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// AddReLU sets dst[i] to what ReLU makes of x[i]+y[i].
func AddReLU[T Float](dst, x, y []T) {
	same("AddReLU", len(dst), len(x))
	same("AddReLU", len(dst), len(y))
	reads(x)
	reads(y)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		addReLU(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// ReLUGrad sets dst[i] to dy[i] where y[i] is above 0, to 0 elsewhere.
func ReLUGrad[T Float](dst, dy, y []T) {
	same("ReLUGrad", len(dst), len(dy))
	same("ReLUGrad", len(dst), len(y))
	reads(dy)
	reads(y)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		reluGrad(dst[:n], dy[:n], y[:n])
		dst, dy, y = dst[n:], dy[n:], y[n:]
	}
}

// TanhGrad sets dst[i] to dy[i]*(1-y[i]²): what reaches x of a gradient dy at y = tanh x.
func TanhGrad[T Float](dst, dy, y []T) {
	same("TanhGrad", len(dst), len(dy))
	same("TanhGrad", len(dst), len(y))
	reads(dy)
	reads(y)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		tanhGrad(dst[:n], dy[:n], y[:n])
		dst, dy, y = dst[n:], dy[n:], y[n:]
	}
}

// SigmoidGrad sets dst[i] to dy[i]*y[i]*(1-y[i]).
func SigmoidGrad[T Float](dst, dy, y []T) {
	same("SigmoidGrad", len(dst), len(dy))
	same("SigmoidGrad", len(dst), len(y))
	reads(dy)
	reads(y)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		sigmoidGrad(dst[:n], dy[:n], y[:n])
		dst, dy, y = dst[n:], dy[n:], y[n:]
	}
}

// Maximum sets dst[i] to the larger of x[i] and y[i], NaN if either is.
func Maximum[T Float](dst, x, y []T) {
	same("Maximum", len(dst), len(x))
	same("Maximum", len(dst), len(y))
	reads(x)
	reads(y)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		maximum(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// EqualKeep sets dst[i] to z[i] where x[i] is y[i], to 0 elsewhere.
func EqualKeep[T Float](dst, x, y, z []T) {
	same("EqualKeep", len(dst), len(x))
	same("EqualKeep", len(dst), len(y))
	same("EqualKeep", len(dst), len(z))
	reads(x)
	reads(y)
	reads(z)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		equalKeep(dst[:n], x[:n], y[:n], z[:n])
		dst, x, y, z = dst[n:], x[n:], y[n:], z[n:]
	}
}

// AdamRates are the numbers of one step of Adam (Kingma and Ba, ICLR 2015): with g the gradient plus L2*w,
//
//	m += Fresh*(g - m);  v = Keep2*v + Fresh2*g*g;  w = Shrink*w - Rate*m/(Scale*sqrt(v) + Eps)
//
// the order in which PyTorch does it.
type AdamRates[T Float] struct {
	L2, Fresh, Keep2, Fresh2, Shrink, Rate, Scale, Eps T
}

// Adam moves the weights w against the gradients g and updates both moments. The lengths must agree.
func Adam[T Float](r *AdamRates[T], w, g, m, v []T) {
	same("Adam", len(w), len(g))
	same("Adam", len(w), len(m))
	same("Adam", len(w), len(v))
	reads(g)
	writes(w)
	writes(m)
	writes(v)
	for len(w) > 0 {
		n := min(len(w), sweep)
		adam(r, n, unsafe.SliceData(w), unsafe.SliceData(g), unsafe.SliceData(m), unsafe.SliceData(v))
		w, g, m, v = w[n:], g[n:], m[n:], v[n:]
	}
}
