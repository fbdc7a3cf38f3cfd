package compute

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Kind names a function of one number.
type Kind uint8

// The functions. Those with a parameter use Func.A, Clamp both.
const (
	Identity Kind = iota
	ReLU
	LeakyReLU // A: the slope below 0
	GELU      // by the error function
	GELUTanh  // by the hyperbolic tangent
	SiLU
	Tanh
	Sigmoid
	Softplus
	ELU // A: the depth
	SELU
	Mish
	HardSwish
	HardSigmoid
	ReLU6
	Softsign
	LogSigmoid
	Exp
	Log
	Sqrt
	Square
	Abs
	Neg
	Reciprocal
	Sin
	Cos
	Erf
	Clamp    // to A..B
	Power    // to the A
	Scale    // A x + B
	HardTanh // Clamp whose gradient is 0 at A and B
	Kinds    // how many there are
)

// Func is a function of one number with its parameters.
type Func struct {
	Kind Kind
	A, B float64
}

// Constants of SELU (Klambauer et al., NeurIPS 2017).
const (
	seluScale = 1.0507009873554804934193349852946
	seluAlpha = 1.6732632423543772848170429916717
)

// NeedsInput reports whether MapGrad reads x: the others can do with y.
func (f Func) NeedsInput() bool {
	switch f.Kind {
	case LeakyReLU, ELU:
		return f.A < 0 // then the sign of y does not tell that of x
	case Identity, ReLU, Tanh, Sigmoid, SELU, Exp, Sqrt, Neg, Reciprocal, Scale, ReLU6, HardSigmoid:
		return false
	}
	return true
}

// cost is about how many nanoseconds one element takes, with its gradient.
func (f Func) cost() int {
	switch f.Kind {
	case Identity, ReLU, Neg, Square, Scale:
		return 1
	case GELU, GELUTanh, SiLU, Tanh, Sigmoid, Exp, Log, Erf:
		return 2
	}
	return 20
}

func (e cpu[T]) Map(f Func, dst, x Buf) {
	d, s := Floats[T](dst), Floats[T](x)
	if small(len(d), f.cost()) {
		mapped(f, d, s)
		return
	}
	rowsTogether(len(d), f.cost(), func(lo, hi int) { mapped(f, d[lo:hi], s[lo:hi]) })
}

func (e cpu[T]) MapGrad(f Func, dx, dy, x, y Buf, add bool) {
	d, g, xs, ys := Floats[T](dx), Floats[T](dy), Floats[T](x), Floats[T](y)
	if small(len(d), f.cost()) {
		mappedBack(f, d, g, xs, ys, add)
		return
	}
	rowsTogether(len(d), f.cost(), func(lo, hi int) {
		mappedBack(f, d[lo:hi], g[lo:hi], part(xs, lo, hi), part(ys, lo, hi), add)
	})
}

// part is x[lo:hi], or nil where there is no x.
func part[T Float](x []T, lo, hi int) []T {
	if len(x) == 0 {
		return nil
	}
	return x[lo:hi]
}

func (e cpu[T]) BiasMap(f Func, y, x, bias Buf, rows, cols int) {
	d, s, b := Floats[T](y), Floats[T](x), Floats[T](bias)
	cost := cols * (f.cost() + 1)
	if small(rows, cost) {
		biasMapped(f, d, s, b, 0, rows, cols)
		return
	}
	rowsTogether(rows, cost, func(lo, hi int) { biasMapped(f, d, s, b, lo, hi, cols) })
}

// biasMapped takes narrow rows several at a time, beside a bias repeated as often: a call costs more than a few elements.
func biasMapped[T Float](f Func, dst, x, bias []T, lo, hi, cols int) {
	var wide [stretch / 4]T
	row := bias
	if n := len(wide) / cols; n > 1 {
		n = min(n, hi-lo)
		for i := range n {
			copy(wide[i*cols:], bias)
		}
		row = wide[:n*cols]
	}
	for i := lo * cols; i < hi*cols; i += len(row) {
		end := min(i+len(row), hi*cols)
		if f.Kind == ReLU {
			kern.AddReLU(dst[i:end], x[i:end], row[:end-i])
		} else {
			kern.Add(dst[i:end], x[i:end], row[:end-i])
		}
	}
	if f.Kind != Identity && f.Kind != ReLU {
		mapped(f, dst[lo*cols:hi*cols], dst[lo*cols:hi*cols])
	}
}

// mapped sets dst to f of every element of x, which may be dst.
func mapped[T Float](f Func, dst, x []T) {
	switch f.Kind {
	case Identity:
		copy(dst, x)
	case ReLU:
		kern.ReLU(dst, x)
	case GELU:
		kern.GELU(dst, x)
	case GELUTanh:
		kern.GELUTanh(dst, x)
	case Tanh:
		kern.Tanh(dst, x)
	case Sigmoid:
		kern.Sigmoid(dst, x)
	case Exp:
		kern.Exp(dst, x)
	case Log:
		kern.Log(dst, x)
	case Erf:
		kern.Erf(dst, x)
	case Square:
		kern.Mul(dst, x, x)
	case Neg:
		kern.Scal(-1, dst, x)
	case Scale:
		kern.Shift(T(f.A), T(f.B), dst, x)
	case SiLU:
		var s [stretch]T
		for len(dst) > 0 {
			n := min(len(dst), stretch)
			kern.Sigmoid(s[:n], x[:n])
			kern.Mul(dst[:n], x[:n], s[:n])
			dst, x = dst[n:], x[n:]
		}
	default:
		for i, v := range x {
			dst[i] = T(f.value(float64(v)))
		}
	}
}

// mappedBack sets, or adds to, dx what reaches x of dy.
func mappedBack[T Float](f Func, dx, dy, x, y []T, add bool) {
	if f.Kind == Identity {
		if add {
			kern.Add(dx, dx, dy)
		} else {
			copy(dx, dy)
		}
		return
	}
	if !add {
		slope(f, dx, dy, x, y)
		return
	}
	var s [stretch]T
	for len(dx) > 0 {
		n := min(len(dx), stretch)
		slope(f, s[:n], dy[:n], part(x, 0, min(n, len(x))), part(y, 0, min(n, len(y))))
		kern.Add(dx[:n], dx[:n], s[:n])
		dx, dy = dx[n:], dy[n:]
		x, y = x[min(n, len(x)):], y[min(n, len(y)):]
	}
}

const rootHalf = 0.70710678118654752440

// slope sets dx to dy times the derivative of f.
func slope[T Float](f Func, dx, dy, x, y []T) {
	switch f.Kind {
	case ReLU:
		kern.ReLUGrad(dx, dy, y)
	case Tanh:
		kern.TanhGrad(dx, dy, y)
	case Sigmoid:
		kern.SigmoidGrad(dx, dy, y)
	case Exp:
		kern.Mul(dx, dy, y)
	case Neg:
		kern.Scal(-1, dx, dy)
	case Scale:
		kern.Scal(T(f.A), dx, dy)
	case Square:
		inPieces(dx, dy, x, func(s, _, x []T) { kern.Scal(2, s, x) })
	case GELU: // Φ(x) + x φ(x)
		inPieces(dx, dy, x, func(s, t, x []T) {
			kern.Scal(rootHalf, s, x)
			kern.Erf(s, s)
			kern.Shift(.5, .5, s, s)
			kern.Mul(t, x, x)
			kern.Scal(-.5, t, t)
			kern.Exp(t, t)
			kern.Scal(T(1/math.Sqrt(2*math.Pi)), t, t)
			kern.FMA(s, t, x, s)
		})
	case GELUTanh: // with t = tanh(u), u = c (x + d x³): (1 + t)/2 + x/2 (1 - t²) u'
		const c, d = 0.79788456080286535588, 0.044715
		inPieces(dx, dy, x, func(s, t, x []T) {
			kern.Mul(t, x, x)
			kern.Shift(d, 1, s, t)
			kern.Mul(s, s, x)
			kern.Scal(c, s, s)
			kern.Tanh(s, s)
			kern.Shift(3*c*d, c, t, t)
			kern.Mul(t, t, x)
			kern.TanhGrad(t, t, s)
			kern.Add(s, s, t)
			kern.Shift(.5, .5, s, s)
		})
	case SiLU: // s + x s (1 - s)
		inPieces(dx, dy, x, func(s, t, x []T) {
			kern.Sigmoid(s, x)
			kern.SigmoidGrad(t, x, s)
			kern.Add(s, s, t)
		})
	default:
		for i := range dx {
			var at, value float64
			if len(x) > 0 {
				at = float64(x[i])
			}
			if len(y) > 0 {
				value = float64(y[i])
			}
			dx[i] = T(float64(dy[i]) * f.derivative(at, value))
		}
	}
}

// inPieces sets dx to dy times what derivative makes of x, with one slot beside the result.
func inPieces[T Float](dx, dy, x []T, derivative func(s, t, x []T)) {
	room := borrow[T](stretch) // an array would be allocated, since it is handed to a function value
	defer room.giveBack()
	s, t := room.x[:stretch/2], room.x[stretch/2:]
	for len(dx) > 0 {
		n := min(len(dx), len(s))
		derivative(s[:n], t[:n], x[:n])
		kern.Mul(dx[:n], dy[:n], s[:n])
		dx, dy, x = dx[n:], dy[n:], x[n:]
	}
}

// softplus is log(1 + exp x) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// value is f of one number, for what has no kernel of its own.
func (f Func) value(x float64) float64 {
	switch f.Kind {
	case LeakyReLU:
		if x < 0 {
			return f.A * x
		}
		return x
	case Softplus:
		return softplus(x)
	case ELU:
		if x < 0 {
			return f.A * math.Expm1(x)
		}
		return x
	case SELU:
		if x < 0 {
			return seluScale * seluAlpha * math.Expm1(x)
		}
		return seluScale * x
	case Mish:
		return x * math.Tanh(softplus(x))
	case HardSwish:
		return x * min(max(x+3, 0), 6) / 6
	case HardSigmoid:
		return min(max(x+3, 0), 6) / 6
	case ReLU6:
		return min(max(x, 0), 6)
	case Softsign:
		return x / (1 + math.Abs(x))
	case LogSigmoid:
		return -softplus(-x)
	case Sqrt:
		return math.Sqrt(x)
	case Abs:
		return math.Abs(x)
	case Reciprocal:
		return 1 / x
	case Sin:
		return math.Sin(x)
	case Cos:
		return math.Cos(x)
	case Clamp, HardTanh:
		return min(max(x, f.A), f.B)
	case Power:
		return math.Pow(x, f.A)
	}
	panic("compute: no such function")
}

// derivative is that of value at x with value y; functions that do not need x get 0 there.
func (f Func) derivative(x, y float64) float64 {
	switch f.Kind {
	case LeakyReLU:
		return pick(f.rises(x, y), 1, f.A)
	case Softplus:
		return sigmoid(x)
	case ELU:
		return pick(f.rises(x, y), 1, y+f.A)
	case SELU:
		return pick(y > 0, seluScale, y+seluScale*seluAlpha)
	case Mish:
		t := math.Tanh(softplus(x))
		return t + float64(x*sigmoid(x)*(1-float64(t*t)))
	case HardSwish:
		return pick(x <= -3, 0, pick(x >= 3, 1, (2*x+3)/6))
	case HardSigmoid:
		return pick(y > 0 && y < 1, 1./6, 0)
	case ReLU6:
		return pick(y > 0 && y < 6, 1, 0)
	case Softsign:
		d := 1 + math.Abs(x)
		return 1 / (d * d)
	case LogSigmoid:
		return sigmoid(-x)
	case Log:
		return 1 / x
	case Sqrt:
		return .5 / y
	case Abs:
		return pick(x > 0, 1, pick(x < 0, -1, 0))
	case Reciprocal:
		return -y * y
	case Sin:
		return math.Cos(x)
	case Cos:
		return -math.Sin(x)
	case Erf:
		return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x)
	case Clamp:
		return pick(x >= f.A && x <= f.B, 1, 0)
	case HardTanh:
		return pick(x > f.A && x < f.B, 1, 0)
	case Power:
		return f.A * math.Pow(x, f.A-1)
	}
	panic("compute: no such function")
}

// rises reports whether x is above 0, where LeakyReLU and ELU are the identity: at 0 PyTorch takes the slope of the other side.
func (f Func) rises(x, y float64) bool {
	if f.A < 0 {
		return x > 0
	}
	return y > 0
}

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}
