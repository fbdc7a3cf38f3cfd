package ensemble

import (
	"cmp"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// SquaredLoss is (score - y)²/2. Predictions are means.
type SquaredLoss struct{}

// Value writes the losses.
func (SquaredLoss) Value(dst, y, score []float64) {
	for i := range dst {
		d := score[i] - y[i]
		dst[i] = d * d / 2
	}
}

// Derivatives writes score - y and 1.
func (SquaredLoss) Derivatives(grad, hess []float32, y, score []float64) {
	y, score, hess = y[:len(grad)], score[:len(grad)], hess[:len(grad)]
	for i := range grad {
		grad[i], hess[i] = float32(score[i]-y[i]), 1
	}
}

// Start is the mean.
func (SquaredLoss) Start(y, weight []float64) float64 { return meanOf(y, weight) }

// HuberLoss is SquaredLoss up to the distance Delta and grows linearly beyond (Huber, Annals of Mathematical Statistics 35 (1964)).
type HuberLoss struct {
	Delta float64 // in units of Y, > 0. 0: 0.9, as in LightGBM
}

func (l HuberLoss) delta() float64 { return cmp.Or(l.Delta, 0.9) }

// Value writes the losses.
func (l HuberLoss) Value(dst, y, score []float64) {
	e := l.delta()
	for i := range dst {
		if d := math.Abs(score[i] - y[i]); d > e {
			dst[i] = e * (d - e/2)
		} else {
			dst[i] = d * d / 2
		}
	}
}

// Derivatives writes score - y, cut off at Delta on both sides, and 1.
func (l HuberLoss) Derivatives(grad, hess []float32, y, score []float64) {
	e := l.delta()
	for i := range grad {
		grad[i], hess[i] = float32(max(-e, min(e, score[i]-y[i]))), 1
	}
}

// PseudoHuberLoss is Delta²·(√(1 + ((score - y)/Delta)²) - 1), a smooth relative of HuberLoss: XGBoost's reg:pseudohubererror.
type PseudoHuberLoss struct {
	Delta float64 // in units of Y, > 0. 0: 1
}

func (l PseudoHuberLoss) delta() float64 { return cmp.Or(l.Delta, 1) }

// Value writes the losses.
func (l PseudoHuberLoss) Value(dst, y, score []float64) {
	e := l.delta()
	for i := range dst {
		z := (score[i] - y[i]) / e
		q := float64(z * z)
		dst[i] = e * e * (q / (1 + math.Sqrt(1+q)))
	}
}

// Derivatives writes the slope and, as the second derivative, that of the parabola which touches the loss at the score and lies above it elsewhere: the
// loss bends so little far from the target that Newton steps go much too far.
func (l PseudoHuberLoss) Derivatives(grad, hess []float32, y, score []float64) {
	e := l.delta()
	for i := range grad {
		d := score[i] - y[i]
		z := d / e
		r := math.Sqrt(1 + float64(z*z))
		grad[i], hess[i] = float32(d/r), float32(1/r)
	}
}

// FairLoss is C²·(d/C - log(1 + d/C)) of the distance d = |score - y|.
type FairLoss struct {
	C float64 // in units of Y, > 0. 0: 1
}

func (l FairLoss) c() float64 { return cmp.Or(l.C, 1) }

// Value writes the losses.
func (l FairLoss) Value(dst, y, score []float64) {
	c := l.c()
	for i := range dst {
		dst[i] = math.Abs(score[i]-y[i]) / c
	}
	var logs [block]float64
	for lo := 0; lo < len(dst); lo += block {
		part := dst[lo:min(lo+block, len(dst))]
		kern.Log1pPortable(logs[:len(part)], part)
		for i := range part {
			part[i] = c * c * (part[i] - logs[i])
		}
	}
}

// Derivatives writes the derivatives.
func (l FairLoss) Derivatives(grad, hess []float32, y, score []float64) {
	c := l.c()
	for i := range grad {
		x := score[i] - y[i]
		d := math.Abs(x) + c
		grad[i], hess[i] = float32(c*x/d), float32(c*c/(d*d))
	}
}

// LogCoshLoss is log(cosh(score - y)): like SquaredLoss near 0 and AbsoluteLoss far away.
type LogCoshLoss struct{}

// Value writes the losses.
func (LogCoshLoss) Value(dst, y, score []float64) {
	var e [block]float64
	for lo := 0; lo < len(dst); lo += block {
		n := min(block, len(dst)-lo)
		for i := range n {
			e[i] = -2 * math.Abs(score[lo+i]-y[lo+i])
		}
		kern.ExpPortable(e[:n], e[:n])
		kern.Log1pPortable(e[:n], e[:n])
		for i := range n {
			dst[lo+i] = (math.Abs(score[lo+i]-y[lo+i]) - math.Ln2) + e[i]
		}
	}
}

// Derivatives writes tanh(score - y) and, as PseudoHuberLoss does, tanh(score - y)/(score - y).
func (LogCoshLoss) Derivatives(grad, hess []float32, y, score []float64) {
	var e [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		for i := range n {
			e[i] = -2 * math.Abs(score[lo+i]-y[lo+i])
		}
		kern.ExpPortable(e[:n], e[:n])
		for i := range n {
			d := math.Abs(score[lo+i] - y[lo+i])
			t := (1 - e[i]) / (1 + e[i])
			grad[lo+i] = float32(math.Copysign(t, score[lo+i]-y[lo+i]))
			hess[lo+i] = 1
			if d > 1e-3 {
				hess[lo+i] = float32(t / d)
			}
		}
	}
}

// ExpectileLoss is the squared distance, times Level where the score is below the target and 1 - Level where it is above. Predictions are
// expectiles (Newey and Powell, Econometrica 55 (1987)).
type ExpectileLoss struct {
	Level float64 // between 0 and 1. 0: 0.5, the mean
}

func (l ExpectileLoss) level() float64 { return cmp.Or(l.Level, 0.5) }

// Value writes the losses.
func (l ExpectileLoss) Value(dst, y, score []float64) {
	level := l.level()
	for i := range dst {
		d := score[i] - y[i]
		dst[i] = side(d, level) * (d * d)
	}
}

// side is the level below the target, and the rest to 1 above it.
func side(d, level float64) float64 {
	if d < 0 {
		return level
	}
	return 1 - level
}

// Derivatives writes the derivatives.
func (l ExpectileLoss) Derivatives(grad, hess []float32, y, score []float64) {
	level := l.level()
	for i := range grad {
		d := score[i] - y[i]
		w := 2 * side(d, level)
		grad[i], hess[i] = float32(w*d), float32(w)
	}
}

// PowerLoss is |score - y|^Power, which is CatBoost's Lq: the further above 2 the power, the more the largest errors count.
type PowerLoss struct {
	Power float64 // >= 1. 0: 2
}

func (l PowerLoss) power() float64 { return cmp.Or(l.Power, 2) }

// Value writes the losses.
func (l PowerLoss) Value(dst, y, score []float64) {
	for i := range dst {
		dst[i] = math.Abs(score[i] - y[i])
	}
	powers(dst, dst, l.power())
}

// Derivatives writes the derivatives. Below a power of 2 the second one has no bound; it is that of a distance of 1e-4 or more.
func (l PowerLoss) Derivatives(grad, hess []float32, y, score []float64) {
	q := l.power()
	var d, p [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		for i := range n {
			d[i] = math.Abs(score[lo+i] - y[lo+i])
			if q < 2 {
				d[i] = max(d[i], 1e-4)
			}
		}
		powers(p[:n], d[:n], q-2)
		for i := range n {
			x := score[lo+i] - y[lo+i]
			grad[lo+i] = float32(q * p[i] * x)
			hess[lo+i] = float32(max(q*max(q-1, 0.1)*p[i], 1e-6))
		}
	}
}

// powers writes x^a of numbers >= 0 in portable bits.
func powers(dst, x []float64, a float64) {
	switch a {
	case 0:
		for i := range dst {
			dst[i] = 1
		}
	case 1:
		copy(dst, x)
	case 2:
		for i, v := range x {
			dst[i] = v * v
		}
	default:
		kern.LogPortable(dst, x)
		for i := range dst {
			dst[i] *= a
		}
		kern.ExpPortable(dst, dst)
	}
}

// SquaredLogLoss is (log(1 + score) - log(1 + y))²/2 for targets above -1: XGBoost's reg:squaredlogerror. Scores at or below -1 count as
// -1 + 1e-6.
type SquaredLogLoss struct{}

const squaredLogLeast = -1 + 1e-6

// Value writes the losses.
func (SquaredLogLoss) Value(dst, y, score []float64) {
	var a, b [block]float64
	for lo := 0; lo < len(dst); lo += block {
		n := min(block, len(dst)-lo)
		squaredLogs(a[:n], b[:n], y[lo:], score[lo:])
		for i := range n {
			d := a[i] - b[i]
			dst[lo+i] = d * d / 2
		}
	}
}

// squaredLogs writes log(1 + score) and log(1 + y).
func squaredLogs(a, b, y, score []float64) {
	for i := range a {
		a[i], b[i] = max(score[i], squaredLogLeast), y[i]
	}
	kern.Log1pPortable(a, a)
	kern.Log1pPortable(b, b)
}

// Derivatives writes the derivatives; the second one is at least 1e-6.
func (SquaredLogLoss) Derivatives(grad, hess []float32, y, score []float64) {
	var a, b [block]float64
	for lo := 0; lo < len(grad); lo += block {
		n := min(block, len(grad)-lo)
		squaredLogs(a[:n], b[:n], y[lo:], score[lo:])
		for i := range n {
			u := max(score[lo+i], squaredLogLeast) + 1
			d := a[i] - b[i]
			grad[lo+i] = float32(d / u)
			hess[lo+i] = float32(max((1-d)/(u*u), 1e-6))
		}
	}
}

// Start is exp(mean of log(1 + y)) - 1.
func (SquaredLogLoss) Start(y, weight []float64) float64 {
	logs := make([]float64, len(y))
	kern.Log1pPortable(logs, y)
	return kern.ExpOne(meanOf(logs, weight)) - 1
}

// Takes wants numbers above -1.
func (SquaredLogLoss) Takes(y float64) string {
	if y > -1 {
		return ""
	}
	return "> -1"
}
