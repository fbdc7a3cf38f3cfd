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
	grown  []float64 // as long: expm1 of exponent times log
	logs   []float64 // log x for Box-Cox, else log(1 + |x|); less their mean unless signs are mixed
	minus  []uint8   // 1 where x < 0, else 0; nil unless signs are mixed
	weight []float64 // nil: 1 each
	total  float64
	slope  float64    // weighted mean of the logs with the sign of x, if signs are mixed
	mirror bool       // the exponent is 2 - lambda
	bounds [2]float64 // of the exponent
	spread float64    // greatest less least log with its sign
	most   float64    // greatest absolute log

	giveBack func() // of the memory
}

// Beyond these exponents of e a square of the transform overflows, or it keeps less than half of its digits beside the 1 that is subtracted.
const mostGrowth, mostDecay = 300, 18

func newLikelihood(t tally, boxCox bool) *likelihood {
	n := len(t.values)
	buf, giveBack := kern.Borrow(3 * n)
	l := &likelihood{values: t.values, buf: buf[:n], logs: buf[n : 2*n], grown: buf[2*n:], giveBack: giveBack, weight: t.weight, total: t.total, bounds: [2]float64{-mostGrowth, mostGrowth}}
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

// transform writes the transforms under an exponent to buf, less their mean, and what expm1 gives to grown, which may be buf. A constant may be missing in the transforms.
func (l *likelihood) transform(exponent float64, grown []float64) {
	sides := [2]side{newSide(exponent), newSide(2 - exponent)}
	sides[1].back = -sides[1].back // for x < 0 the transform turns its sign
	n := len(l.logs)
	buf, grown := l.buf[:n], grown[:n]
	if l.minus == nil {
		kern.Scal(sides[0].exponent, grown, l.logs)
		kern.Expm1Portable(grown, grown)
		kern.Scal(sides[0].back, buf, grown)
	} else {
		minus := l.minus[:n]
		for i, log := range l.logs { // the signs cannot be foretold: no branch on them
			grown[i] = sides[minus[i]&1].exponent * log
		}
		kern.Expm1Portable(grown, grown)
		for i, g := range grown {
			buf[i] = g * sides[minus[i]&1].back
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
	l.transform(exponent, l.buf)
	return math.Log(l.squares()/l.total)/2 - float64((exponent-1)*l.slope)
}

// gradient is the derivative of minusLog.
func (l *likelihood) gradient(exponent float64) float64 {
	l.transform(exponent, l.grown)
	variance, cross := l.squares(), 0.0
	sides := [2]side{newSide(exponent), newSide(2 - exponent)}
	minus := l.minus
	var dy [256]float64 // for x < 0 both signs turn: that of the transform and that of the exponent's derivative
	for lo := 0; lo < len(l.buf); lo += len(dy) {
		d := l.buf[lo:min(lo+len(dy), len(l.buf))]
		logs, grown := l.logs[lo:][:len(d)], l.grown[lo:][:len(d)]
		for i, log := range logs {
			s := &sides[0]
			if minus != nil {
				s = &sides[minus[lo+i]&1]
			}
			z := s.exponent * log
			if math.Abs(z) < 1e-2 { // the closed form of the derivative cancels
				y := 1./2 + float64(z*(1./3+float64(z*(1./8+float64(z*(1./30+float64(z*(1./144+float64(z*(1./840+z/5760))))))))))
				dy[i] = y * float64(log*log)
			} else {
				dy[i] = (float64(log*(1+grown[i])) - float64(grown[i]*s.back)) * s.back
			}
		}
		if l.weight != nil {
			kern.Mul(dy[:len(d)], dy[:len(d)], l.weight[lo:][:len(d)])
		}
		cross += kern.DotPortable(d, dy[:len(d)])
	}
	return cross/variance - l.slope
}

// sample is the likelihood of every step-th number, under the same exponents.
func (l *likelihood) sample(step int) *likelihood {
	n := (len(l.logs) + step - 1) / step
	buf := make([]float64, 3*n)
	s := &likelihood{buf: buf[:n], logs: buf[n : 2*n], grown: buf[2*n:], total: float64(n), bounds: l.bounds}
	if l.minus != nil {
		s.minus = make([]uint8, n)
	}
	if l.weight != nil {
		s.weight, s.total = make([]float64, n), 0
	}
	for i := range s.logs {
		log := l.logs[i*step]
		s.logs[i] = log
		if l.minus != nil {
			s.minus[i] = l.minus[i*step]
			if s.minus[i] != 0 {
				log = -log
			}
		}
		if l.weight != nil {
			s.weight[i] = l.weight[i*step]
			s.total += s.weight[i]
		}
		s.slope += float64(weightOf(s.weight, i) * log)
	}
	s.slope /= s.total
	return s
}

// search is the exponent of the greatest likelihood by Brent's minimum, to half of the digits.
func (l *likelihood) search() float64 {
	lo, hi, ok := optim.Bracket(l.minusLog, -2, 2)
	if !ok {
		lo, hi = l.bounds[0], l.bounds[1]
	}
	lo, hi = max(lo, l.bounds[0]), min(hi, l.bounds[1])
	if !(lo < hi) {
		lo, hi = l.bounds[0], l.bounds[1]
	}
	exponent, _ := optim.Minimum(l.minusLog, lo, hi, 1e-6)
	return exponent
}

// lowest is the exponent between two others at which the gradient turns from falling to rising.
func (l *likelihood) lowest(from, to float64) (exponent float64, ok bool) {
	rises := true
	f := func(at float64) float64 {
		g := l.gradient(at)
		if at == from && g > 0 || at == to && g < 0 {
			rises = false
		}
		return g
	}
	from, to = max(from, l.bounds[0]), min(to, l.bounds[1])
	if !(from < to) {
		return 0, false
	}
	exponent, ok = optim.Root(f, from, to, 1e-13)
	return exponent, ok && rises
}

// nearSample is the exponent of the greatest likelihood of many numbers: near to that of a sample, from which Newton's step leads most of the way.
func (l *likelihood) nearSample() (exponent float64, ok bool) {
	const many, share = 1 << 13, 16
	if len(l.logs) < many {
		return 0, false
	}
	s := l.sample(share)
	const h = 1e-3
	guess := s.search()
	if guess-h <= l.bounds[0] || guess+h >= l.bounds[1] {
		return 0, false
	}
	curvature := (s.gradient(guess+h) - s.gradient(guess-h)) / (2 * h)
	step := l.gradient(guess) / curvature
	if !(curvature > 0) || !(math.Abs(step) < 0.2) {
		return 0, false
	}
	guess -= step
	around := max(math.Abs(step)/4, 1e-9)
	for range 3 {
		if exponent, ok = l.lowest(guess-around, guess+around); ok {
			return exponent, true
		}
		around *= 8
	}
	return 0, false
}

// best is the lambda of the greatest likelihood: Brent's minimum, which a function's values cannot tell to more than half of the digits, made
// exact as a zero of the gradient beside it.
func (l *likelihood) best() float64 {
	exponent, exact := l.nearSample()
	if !exact {
		exponent = l.search()
	}
	for step := 1e-4; step <= 0.1 && !exact; step *= 10 {
		if root, ok := l.lowest(exponent-step, exponent+step); ok {
			exponent, exact = root, true
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
