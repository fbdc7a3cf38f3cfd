package stats

import "math"

// Compensated is a running sum that carries what rounding has lost (Neumaier, Z. Angew. Math. Mech. 54 (1974)): the error does not grow with
// the number of terms. The zero value is an empty sum.
type Compensated struct{ sum, lost float64 }

// Add adds a term.
func (c *Compensated) Add(x float64) {
	t := c.sum + x
	if math.Abs(c.sum) >= math.Abs(x) {
		c.lost += (c.sum - t) + x
	} else {
		c.lost += (x - t) + c.sum
	}
	c.sum = t
}

// Sum is the sum so far.
func (c *Compensated) Sum() float64 {
	if math.IsNaN(c.lost) || math.IsInf(c.sum, 0) {
		return c.sum
	}
	return c.sum + c.lost
}

// Exact returns the exact sum of x, rounded once (Shewchuk, Discrete Comput. Geom. 18 (1997)): it does not depend on the order of the terms.
// Inf and NaN give what adding them gives. Where a partial sum overflows,
// terms are scaled by 2^-60, which rounds those below 1e-290.
func Exact(x []float64) float64 {
	sum, ok := exact(x, 1)
	if !ok {
		const small = 0x1p-60
		sum, _ = exact(x, small)
		return sum / small
	}
	return sum
}

// exact is false if a partial sum overflowed.
func exact(x []float64, scale float64) (float64, bool) {
	var partials []float64 // they do not overlap, and grow
	special := 0.0
	for _, v := range x {
		v *= scale
		if math.IsNaN(v - v) {
			special += v
			continue
		}
		kept := partials[:0]
		for _, p := range partials {
			if math.Abs(v) < math.Abs(p) {
				v, p = p, v
			}
			hi := v + p
			if math.IsInf(hi, 0) {
				return 0, false
			}
			if lo := p - (hi - v); lo != 0 {
				kept = append(kept, lo)
			}
			v = hi
		}
		partials = append(kept, v)
	}
	if special != 0 {
		return special, true
	}
	n := len(partials)
	if n == 0 {
		return 0, true
	}
	n--
	hi, lo := partials[n], 0.0
	for n > 0 && lo == 0 {
		n--
		v := hi
		hi = v + partials[n]
		lo = partials[n] - (hi - v)
	}
	// half a unit exactly: what is left decides which way it is rounded
	if n > 0 && (lo < 0 && partials[n-1] < 0 || lo > 0 && partials[n-1] > 0) {
		twice := 2 * lo
		if v := hi + twice; v-hi == twice {
			hi = v
		}
	}
	return hi, true
}

// LogSum is a running log Σ exp(x). The zero value is empty: log 0.
type LogSum struct {
	top, sum float64
	any      bool
}

// Add adds exp(x).
func (l *LogSum) Add(x float64) {
	switch {
	case math.IsInf(x, -1):
	case !l.any:
		l.top, l.sum, l.any = x, 1, true
	case x > l.top:
		l.sum = l.sum*math.Exp(l.top-x) + 1
		l.top = x
	case math.IsInf(x, 1): // and so is top
		l.sum++
	default:
		l.sum += math.Exp(x - l.top)
	}
}

// Merge adds what another has summed.
func (l *LogSum) Merge(o LogSum) {
	switch {
	case !o.any:
	case !l.any:
		*l = o
	case o.top > l.top:
		l.sum = l.sum*math.Exp(l.top-o.top) + o.sum
		l.top = o.top
	case math.IsInf(o.top, 1):
	default:
		l.sum += o.sum * math.Exp(o.top-l.top)
	}
}

// Value is the logarithm of the sum so far.
func (l *LogSum) Value() float64 {
	if !l.any {
		return math.Inf(-1)
	}
	return l.top + math.Log(l.sum)
}
