package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// PoissonDeviance is the mean deviance of counts, 2(y log(y/pred) - y + pred). Best 0. NaN unless y >= 0 and pred > 0.
func PoissonDeviance(y, pred []float64, weight ...float64) float64 {
	return TweedieDeviance(y, pred, 1, weight...)
}

// GammaDeviance is the mean deviance of positive amounts, 2(log(pred/y) + y/pred - 1): scale does not matter. Best 0. NaN unless y > 0 and pred > 0.
func GammaDeviance(y, pred []float64, weight ...float64) float64 {
	return TweedieDeviance(y, pred, 2, weight...)
}

// TweedieDeviance is the mean deviance of the Tweedie family whose variance is the mean to the given power: 0 is the squared error, 1 Poisson's, 2
// gamma's, 3 that of the inverse Gaussian. Best 0. NaN for a power between 0 and 1, and outside the family's domain: pred > 0 unless
// power is 0; y >= 0 for 1 <= power < 2; y > 0 from 2 on.
func TweedieDeviance(y, pred []float64, power float64, weight ...float64) float64 {
	l := tweedie(power)
	if l.fill == nil {
		return math.NaN()
	}
	return meanOfValues(y, pred, weight, l)
}

// D2Tweedie is the share of the Tweedie deviance of the constant mean of y that pred explains: R2 for power 0. Best 1. NaN for fewer than two rows. A
// constant y is treated as in [R2].
func D2Tweedie(y, pred []float64, power float64, weight ...float64) float64 {
	left := TweedieDeviance(y, pred, power, weight...)
	seen, constant := spread(y, weight)
	if math.IsNaN(left) || seen < 2 {
		return math.NaN()
	}
	center := meanLoss(len(y), weight, func(lo, hi int, out []float64) { copy(out, y[lo:hi]) })
	total := meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		same := make([]float64, hi-lo)
		for i := range same {
			same[i] = center
		}
		tweedie(power).fill(y[lo:hi], same, out)
	})
	return explained(left, total, constant)
}

// tweedie is the unit deviance, without fill for a power that has none. Outside its domain it is NaN.
func tweedie(power float64) loss {
	switch {
	case power == 0:
		return squaredLoss
	case power == 1:
		return summed(kern.PoissonLoss, poisson)
	case power == 2:
		return summed(kern.GammaLoss, gamma)
	case power < 0 && !math.IsInf(power, -1):
		return row(func(y, mu float64) float64 {
			if !(mu > 0) {
				return math.NaN()
			}
			return 2*(math.Pow(max(y, 0), 2-power)/((1-power)*(2-power))-y*math.Pow(mu, 1-power)/(1-power)+math.Pow(mu, 2-power)/(2-power)) + 0*y
		})
	case power > 1 && !math.IsInf(power, 1):
		least := math.SmallestNonzeroFloat64
		if power < 2 {
			least = 0
		}
		return row(func(y, mu float64) float64 {
			if !(mu > 0) || !(y >= least) {
				return math.NaN()
			}
			return 2*(math.Pow(y, 2-power)/((1-power)*(2-power))-y*math.Pow(mu, 1-power)/(1-power)+math.Pow(mu, 2-power)/(2-power)) + 0*y + 0*mu
		})
	}
	return loss{}
}

func poisson(y, pred, out []float64) {
	pred, out = pred[:len(y)], out[:len(y)]
	kern.Div(out, y, pred)
	for i, v := range out {
		b := math.Float64bits(v)
		if b<<1 == 0 { // as integers, a comparison costs no branch
			b = 0x3ff << 52 // those of 1
		}
		out[i] = math.Float64frombits(b)
	}
	kern.LogPortable(out, out)
	outside := false
	for i, v := range y {
		out[i] = 2 * (float64(v*out[i]) - v + pred[i])
		outside = outside || !(v >= 0) || !(pred[i] > 0)
	}
	if outside {
		undefined(y, pred, out, 0)
	}
}

func gamma(y, pred, out []float64) {
	pred, out = pred[:len(y)], out[:len(y)]
	q := spare(out)
	kern.Div(out, pred, y)
	kern.Div(q, y, pred)
	kern.LogPortable(out, out)
	outside := false
	for i, v := range y {
		out[i] = 2 * (out[i] + q[i] - 1)
		outside = outside || !(v > 0) || !(pred[i] > 0)
	}
	if outside {
		undefined(y, pred, out, math.SmallestNonzeroFloat64)
	}
}

// undefined makes NaN of the losses of rows whose y is below the least one, or whose prediction is not positive.
func undefined(y, pred, out []float64, least float64) {
	for i, v := range y {
		if !(v >= least) || !(pred[i] > 0) {
			out[i] = math.NaN()
		}
	}
}
