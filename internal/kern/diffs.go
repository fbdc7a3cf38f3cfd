package kern

import "math"

// Maps of errors, in float64, with the same bits at every level. The destination may be one of the sources.

// SqDiff sets dst[i] to (x[i]-y[i])². The lengths must agree.
func SqDiff(dst, x, y []float64) {
	same("SqDiff", len(dst), len(x))
	same("SqDiff", len(dst), len(y))
	reads(y)
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		sqDiff(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// AbsDiff sets dst[i] to |x[i]-y[i]|. The lengths must agree.
func AbsDiff(dst, x, y []float64) {
	same("AbsDiff", len(dst), len(x))
	same("AbsDiff", len(dst), len(y))
	reads(y)
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		absDiff(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// Div sets dst[i] to x[i]/y[i]. The lengths must agree.
func Div(dst, x, y []float64) {
	same("Div", len(dst), len(x))
	same("Div", len(dst), len(y))
	reads(y)
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		div(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// Sqrt sets dst[i] to the root of x[i]. The lengths must agree.
func Sqrt(dst, x []float64) {
	same("Sqrt", len(dst), len(x))
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		sqrt(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

func sqDiffGeneric(dst, x, y []float64) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		d := x[i] - y[i]
		dst[i] = float64(d * d)
	}
}

func absDiffGeneric(dst, x, y []float64) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = math.Abs(x[i] - y[i])
	}
}

func divGeneric(dst, x, y []float64) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

func sqrtGeneric(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = math.Sqrt(x[i])
	}
}
