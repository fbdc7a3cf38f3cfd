package linear

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// SGDLoss is what a row costs in stochastic gradient descent: a convex function of its score z = x·Coef + Intercept and of its target
// y, which is a number in regression and -1 or 1 in classification. The built-in losses are plain structs; one of your own works too,
// and models with it can be saved once it is registered with [ml.Register].
type SGDLoss interface {
	Value(y, z float64) float64 // the loss, >= 0
	Slope(y, z float64) float64 // its derivative by z, or a subgradient
}

// HingeLoss is max(0, 1 - yz), the loss of linear support vector machines.
type HingeLoss struct{}

// Value is the loss.
func (HingeLoss) Value(y, z float64) float64 { return max(0, 1-y*z) }

// Slope is its derivative by z.
func (HingeLoss) Slope(y, z float64) float64 {
	if y*z <= 1 {
		return -y
	}
	return 0
}

// SquaredHingeLoss is max(0, 1 - yz)².
type SquaredHingeLoss struct{}

// Value is the loss.
func (SquaredHingeLoss) Value(y, z float64) float64 {
	d := max(0, 1-y*z)
	return d * d
}

// Slope is its derivative by z.
func (SquaredHingeLoss) Slope(y, z float64) float64 { return -2 * y * max(0, 1-y*z) }

// PerceptronLoss is max(0, -yz).
type PerceptronLoss struct{}

// Value is the loss.
func (PerceptronLoss) Value(y, z float64) float64 { return max(0, -y*z) }

// Slope is its derivative by z.
func (PerceptronLoss) Slope(y, z float64) float64 {
	if y*z <= 0 {
		return -y
	}
	return 0
}

// LogLoss is log(1 + exp(-yz)): logistic regression, with probabilities.
type LogLoss struct{}

// Value is the loss.
func (LogLoss) Value(y, z float64) float64 {
	m := y * z
	return max(0, -m) + math.Log1p(math.Exp(-math.Abs(m)))
}

// Slope is its derivative by z.
func (LogLoss) Slope(y, z float64) float64 { return -y / (1 + exp(y*z)) }

// exp2s are 2^(j/64).
var exp2s = func() (t [64]float64) {
	for j := range t {
		t[j] = math.Exp2(float64(j) / 64)
	}
	return t
}()

// exp is math.Exp to 1e-15, in half the time that a step of descent has to wait for it; it stays at exp(±700) beyond.
func exp(x float64) float64 {
	const most = 700
	if x > most {
		x = most
	} else if x < -most {
		x = -most
	}
	// x = n·ln2/64 + r, with n rounded by adding and subtracting a number whose last bit is 1.
	const (
		shift     = 0x1.8p52
		high, low = 6.93147180369123816490e-01 / 64, 1.90821492927058770002e-10 / 64 // ln2/64; n·high is exact
	)
	t := x*(64/math.Ln2) + shift
	n := int64(math.Float64bits(t) - math.Float64bits(shift))
	t -= shift
	r := (x - t*high) - t*low
	q := r * r
	p := r + q*((0.5+r*(1.0/6))+q*(1.0/24+r*(1.0/120)))
	scale := exp2s[n&63]
	return math.Float64frombits(math.Float64bits(scale+scale*p) + uint64(n>>6)<<52)
}

// values writes the losses of many rows at once, some times faster than Value.
func (LogLoss) values(dst, y, z []float64) {
	for i, v := range z {
		dst[i] = -math.Abs(v)
	}
	kern.Exp(dst, dst)
	kern.Log1p(dst, dst)
	for i, v := range z {
		dst[i] += max(0, -y[i]*v)
	}
}

// ModifiedHuberLoss is max(0, 1 - yz)² as long as yz >= -1 and -4yz beyond, so that outliers weigh less; it has probabilities (T. Zhang,
// "Solving large scale linear prediction problems using stochastic gradient descent", ICML 2004).
type ModifiedHuberLoss struct{}

// Value is the loss.
func (ModifiedHuberLoss) Value(y, z float64) float64 {
	m := y * z
	if m < -1 {
		return -4 * m
	}
	d := max(0, 1-m)
	return d * d
}

// Slope is its derivative by z.
func (ModifiedHuberLoss) Slope(y, z float64) float64 {
	m := y * z
	if m < -1 {
		return -4 * y
	}
	return -2 * y * max(0, 1-m)
}

// SquaredLoss is (y - z)²/2.
type SquaredLoss struct{}

// Value is the loss.
func (SquaredLoss) Value(y, z float64) float64 { return 0.5 * (z - y) * (z - y) }

// Slope is its derivative by z.
func (SquaredLoss) Slope(y, z float64) float64 { return z - y }

// HuberLoss is SquaredLoss up to the distance Epsilon and grows linearly beyond.
type HuberLoss struct {
	Epsilon float64 // in units of Y, > 0. 0: 0.1
}

// Value is the loss.
func (l HuberLoss) Value(y, z float64) float64 {
	e := width(l.Epsilon)
	if d := math.Abs(z - y); d > e {
		return e * (d - e/2)
	}
	return 0.5 * (z - y) * (z - y)
}

// Slope is its derivative by z.
func (l HuberLoss) Slope(y, z float64) float64 {
	e := width(l.Epsilon)
	return max(-e, min(e, z-y))
}

// EpsilonInsensitiveLoss is max(0, |y - z| - Epsilon), the loss of support vector regression.
type EpsilonInsensitiveLoss struct {
	Epsilon float64 // in units of Y, > 0. 0: 0.1
}

// Value is the loss.
func (l EpsilonInsensitiveLoss) Value(y, z float64) float64 {
	return max(0, math.Abs(y-z)-width(l.Epsilon))
}

// Slope is its derivative by z.
func (l EpsilonInsensitiveLoss) Slope(y, z float64) float64 {
	switch e := width(l.Epsilon); {
	case y-z > e:
		return -1
	case z-y > e:
		return 1
	}
	return 0
}

// SquaredEpsilonInsensitiveLoss is max(0, |y - z| - Epsilon)².
type SquaredEpsilonInsensitiveLoss struct {
	Epsilon float64 // in units of Y, > 0. 0: 0.1
}

// Value is the loss.
func (l SquaredEpsilonInsensitiveLoss) Value(y, z float64) float64 {
	d := max(0, math.Abs(y-z)-width(l.Epsilon))
	return d * d
}

// Slope is its derivative by z.
func (l SquaredEpsilonInsensitiveLoss) Slope(y, z float64) float64 {
	switch e := width(l.Epsilon); {
	case y-z > e:
		return -2 * (y - z - e)
	case z-y > e:
		return 2 * (z - y - e)
	}
	return 0
}

// width is the Epsilon of a loss.
func width(epsilon float64) float64 {
	if epsilon == 0 {
		return 0.1
	}
	return epsilon
}

// lossWidth is the Epsilon as it is written in the config of a built-in loss, 0 for a loss that has none.
func lossWidth(l SGDLoss) float64 {
	switch l := l.(type) {
	case HuberLoss:
		return l.Epsilon
	case EpsilonInsensitiveLoss:
		return l.Epsilon
	case SquaredEpsilonInsensitiveLoss:
		return l.Epsilon
	}
	return 0
}
