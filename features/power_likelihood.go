package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// A likelihood is that of one column's numbers under a normal distribution of their transforms, as a function of an exponent: lambda, or 2 - lambda for a column of
// negative numbers. Unless signs are mixed, the logs are measured from their mean: the transform of x over its geometric mean is as normal as that of x, and its likelihood has
// the same best exponent, but no digits are lost to the distance from 0, and the term of the Jacobian is gone.
type likelihood struct {
	values []float64
	buf    []float64 // as long: the transforms
	logs   []float64 // log x for Box-Cox, else log(1 + |x|); less their mean unless signs are mixed
	minus  []uint8   // 1 where x < 0, else 0; nil unless signs are mixed
	weight []float64 // nil: 1 each
	total  float64
	slope  float64    // weighted mean of the logs with the sign of x, if signs are mixed
	mirror bool       // the exponent is 2 - lambda
	bounds [2]float64 // of the exponent
	spread float64    // greatest less least log with its sign
	most   float64    // greatest absolute log
}

// Beyond these exponents of e a square of the transform overflows, or it keeps less than half of its digits beside the 1 that is subtracted.
const mostGrowth, mostDecay = 300, 18

func newLikelihood(t tally, boxCox bool) *likelihood {
	n := len(t.values)
	l := &likelihood{values: t.values, buf: make([]float64, n), logs: make([]float64, n), weight: t.weight, total: t.total, bounds: [2]float64{-mostGrowth, mostGrowth}}
	minus, negative := make([]uint8, n), 0
	if boxCox {
		kern.LogPortable(l.logs, t.values)
	} else {
		for i, v := range t.values {
			l.logs[i] = math.Abs(v)
			if v < 0 {
				minus[i] = 1
				negative++
			}
		}
		kern.Log1pPortable(l.logs, l.logs)
	}
	if negative > 0 && negative < len(minus) {
		l.minus = minus
	}
	l.mirror = negative > 0 && l.minus == nil
	low, high := math.Inf(1), math.Inf(-1)
	for i, log := range l.logs {
		if l.minus != nil && minus[i] != 0 {
			log = -log
		}
		low, high = min(low, log), max(high, log)
		l.slope += weightOf(t.weight, i) * log
	}
	l.slope /= t.total
	l.spread = high - low
	if l.most = max(math.Abs(low), math.Abs(high)); l.most > 0 {
		l.bounds = [2]float64{-mostGrowth / l.most, mostGrowth / l.most}
	}
	switch {
	case l.minus != nil:
		l.bounds[1] += 2 // for 2 - lambda of the negative ones
	case low > 0:
		l.bounds[0] = max(l.bounds[0], -mostDecay/low)
	case high < 0:
		l.bounds[1] = min(l.bounds[1], -mostDecay/high)
	}
	if l.minus == nil {
		for i := range l.logs {
			l.logs[i] -= l.slope
		}
		l.slope = 0
	}
	return l
}

// constant reports whether no exponent changes anything.
func (l *likelihood) constant() bool {
	return !(l.spread > 4*0x1p-52*l.most)
}

// transform writes the transforms under an exponent to buf, less their mean. A constant may be missing in them.
func (l *likelihood) transform(exponent float64) {
	sides := [2]side{newSide(exponent), newSide(2 - exponent)}
	sides[1].back = -sides[1].back // for x < 0 the transform turns its sign
	if l.minus == nil {
		for i, log := range l.logs {
			l.buf[i] = sides[0].exponent * log
		}
		kern.Expm1Portable(l.buf, l.buf)
		kern.Scal(sides[0].back, l.buf, l.buf)
	} else {
		buf, minus := l.buf[:len(l.logs)], l.minus[:len(l.logs)]
		for i, log := range l.logs { // the signs cannot be foretold: no branch on them
			buf[i] = sides[minus[i]&1].exponent * log
		}
		kern.Expm1Portable(buf, buf)
		for i := range buf {
			buf[i] *= sides[minus[i]&1].back
		}
	}
	l.centre()
}

// centre takes the mean from buf and returns it.
func (l *likelihood) centre() float64 {
	mean := 0.0
	if l.weight == nil {
		mean = kern.SumPortable(l.buf)
	} else {
		mean = kern.DotPortable(l.weight, l.buf)
	}
	mean /= l.total
	for i := range l.buf {
		l.buf[i] -= mean
	}
	return mean
}

// squares is the weighted sum of the squares of buf.
func (l *likelihood) squares() float64 {
	if l.weight == nil {
		return kern.DotPortable(l.buf, l.buf)
	}
	sum := 0.0
	for i, d := range l.buf {
		sum += float64(l.weight[i] * float64(d*d))
	}
	return sum
}

// minusLog is minus the log-likelihood for each unit of weight, but for a constant.
func (l *likelihood) minusLog(exponent float64) float64 {
	l.transform(exponent)
	return math.Log(l.squares()/l.total)/2 - float64((exponent-1)*l.slope)
}

// gradient is the derivative of minusLog.
func (l *likelihood) gradient(exponent float64) float64 {
	l.transform(exponent)
	variance, cross := l.squares(), 0.0
	var z, grown [256]float64
	for lo := 0; lo < len(l.buf); lo += len(z) {
		part := l.buf[lo:min(lo+len(z), len(l.buf))]
		for i := range part {
			z[i] = l.exponent(lo+i, exponent) * l.logs[lo+i]
		}
		kern.Expm1Portable(grown[:len(part)], z[:len(part)])
		for i, d := range part {
			log, z, e := l.logs[lo+i], z[i], l.exponent(lo+i, exponent)
			var dy float64          // for x < 0 both signs turn: that of the transform and that of the exponent's derivative
			if math.Abs(z) < 1e-2 { // the closed form of the derivative cancels
				dy = 1./2 + float64(z*(1./3+float64(z*(1./8+float64(z*(1./30+float64(z*(1./144+float64(z*(1./840+z/5760))))))))))
				dy *= float64(log * log)
			} else {
				dy = (float64(log*(1+grown[i])) - grown[i]/e) / e
			}
			cross += float64(weightOf(l.weight, lo+i) * float64(d*dy))
		}
	}
	return cross/variance - l.slope
}

// exponent is that of number i.
func (l *likelihood) exponent(i int, exponent float64) float64 {
	if l.minus != nil && l.minus[i] != 0 {
		return 2 - exponent
	}
	return exponent
}

// best is the lambda of the greatest likelihood: Brent's minimum, which a function's values cannot tell to more than half of the digits, made
// exact as a zero of the gradient beside it.
func (l *likelihood) best() float64 {
	lo, hi, ok := optim.Bracket(l.minusLog, -2, 2)
	if !ok {
		lo, hi = l.bounds[0], l.bounds[1]
	}
	lo, hi = max(lo, l.bounds[0]), min(hi, l.bounds[1])
	if !(lo < hi) {
		lo, hi = l.bounds[0], l.bounds[1]
	}
	exponent, _ := optim.Minimum(l.minusLog, lo, hi, 1e-6)
	for step := 1e-4; step <= 0.1; step *= 10 {
		from, to := max(exponent-step, l.bounds[0]), min(exponent+step, l.bounds[1])
		if exact, ok := optim.Root(l.gradient, from, to, 1e-13); ok {
			exponent = exact
			break
		}
	}
	if l.mirror {
		return 2 - exponent
	}
	return exponent
}

// moments are the mean and the standard deviation of the numbers under p.
func (l *likelihood) moments(p power) (mean, deviation float64) {
	c := newPowers([]float64{p.lambda}, nil, nil, p.boxCox)
	if c.run(l.buf, l.values) >= 0 {
		return math.NaN(), 1 // Fit refuses it
	}
	mean = l.centre()
	rest := 0.0
	for i, d := range l.buf {
		rest += float64(weightOf(l.weight, i) * d)
	}
	rest /= l.total
	variance := l.squares()/l.total - float64(rest*rest)
	mean += rest
	if constant(variance, mean, l.total) {
		return mean, 1
	}
	return mean, math.Sqrt(variance)
}
