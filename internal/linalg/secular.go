package linalg

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
)

// secularProblem is the inner problem of divide and conquer. Its values are the roots of 1 + rho·Σ w²/(pole - x), or, squared, the
// positive roots of 1 + rho·Σ w²/(pole² - x²). Poles rise and are apart.
type secularProblem struct {
	poles, weights []float64
	rho            float64
	squared        bool
	squares        []float64 // of the weights
	exact          []float64 // after solve: the weights for which the roots are exact
}

// solve writes the roots, rising, and in row i of diff the poles minus root i (their squares), accurate however small they are.
func (p *secularProblem) solve(roots, diff []float64) bool {
	k := len(p.poles)
	p.squares = make([]float64, k)
	for i, v := range p.weights {
		p.squares[i] = v * v
	}
	ok := par.Reduce(k, par.Grain(16*k), func(_, lo, hi int) bool {
		good := true
		for i := lo; i < hi; i++ {
			v, found := p.root(i, diff[i*k:(i+1)*k])
			roots[i] = v
			good = good && found
		}
		return good
	}, func(a, b bool) bool { return a && b })
	if !ok {
		return false
	}
	// Löwner's formula: with these weights the vectors are orthogonal.
	p.exact = make([]float64, k)
	par.For(k, 4*k, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			v := -diff[j*k+j]
			for i, pole := range p.poles {
				if i == j {
					continue
				}
				apart := p.poles[j] - pole
				if p.squared {
					apart *= p.poles[j] + pole
				}
				v *= diff[i*k+j] / apart
			}
			p.exact[j] = math.Copysign(math.Sqrt(math.Abs(v)/p.rho), p.weights[j])
		}
	})
	return true
}

// differences writes the poles minus x (their squares) for x given by its distance from a pole.
func (p *secularProblem) differences(dst []float64, origin int, x float64) {
	from := p.poles[origin]
	if !p.squared {
		for j, v := range p.poles {
			dst[j] = (v - from) - x
		}
		return
	}
	for j, v := range p.poles {
		dst[j] = ((v - from) - x) * ((v + from) + x)
	}
}

// root finds root i, which lies above pole i and below the next; the last one's bound comes from the sum of the squares. It is found as
// a distance from the nearer pole. Steps are those of Bunch, Nielsen and Sorensen (Numer. Math. 31 (1978)), inside a bracket.
func (p *secularProblem) root(i int, diff []float64) (root float64, ok bool) {
	k := len(p.poles)
	left, right, last := i, i+1, i == k-1
	lo, hi, origin := 0.0, 0.0, i
	switch {
	case last:
		for _, v := range p.squares {
			hi += v
		}
		hi *= p.rho
		if p.squared {
			hi /= p.poles[i] + math.Sqrt(p.poles[i]*p.poles[i]+hi)
		}
		left, right = max(k-2, 0), k-1
	default:
		width := p.poles[right] - p.poles[left]
		p.differences(diff, i, width/2)
		if p.value(diff, i).f < 0 { // in the upper half
			origin, lo = i+1, -width/2
		} else {
			hi = width / 2
		}
	}
	x := lo + (hi-lo)/2
	for range 100 {
		p.differences(diff, origin, x)
		v := p.value(diff, left)
		if v.f <= 0 {
			lo = x
		}
		if v.f >= 0 {
			hi = x
		}
		const eps = 0x1p-53
		shift := math.Abs(x)
		if p.squared {
			shift *= 2*p.poles[origin] + x
		}
		if math.Abs(v.f) <= eps*(v.size+shift*(v.below+v.above)) || !(hi-lo > 2*eps*math.Max(math.Abs(lo), math.Abs(hi))) {
			break
		}
		step := p.step(v, diff[left], diff[right], last)
		move := step
		if p.squared { // the step is one in x²
			now := p.poles[origin] + x
			move = step / (now + math.Sqrt(math.Max(now*now+step, 0)))
		}
		next := x + move
		if !(next > lo && next < hi) || v.f*step >= 0 {
			next = lo + (hi-lo)/2
		}
		if next == x {
			break
		}
		x = next
	}
	p.differences(diff, origin, x)
	for _, d := range diff {
		if d == 0 || math.IsNaN(d) {
			return 0, false
		}
	}
	return p.poles[origin] + x, true
}

// step goes to the root of the function that agrees with the secular one in value and slopes, and has the two poles dl and dr away.
func (p *secularProblem) step(v secularValue, dl, dr float64, last bool) float64 {
	if len(p.poles) == 1 {
		return math.NaN() // bisect: it is exact in the end
	}
	c := v.f - dl*v.below - dr*v.above
	a := c*(dl+dr) + dl*dl*v.below + dr*dr*v.above
	b := dl * dr * v.f
	root := math.Sqrt(math.Abs(a*a - 4*b*c))
	switch {
	case last && a >= 0:
		return (a + root) / (2 * c)
	case last:
		return 2 * b / (a - root)
	case a <= 0:
		return (a - root) / (2 * c)
	}
	return 2 * b / (a + root)
}

// A secularValue is the secular function at a point.
type secularValue struct {
	f            float64
	below, above float64 // slopes of the parts of the poles up to left, and of those after it
	size         float64 // of the rounding errors in the sum, in units of rounding
}

func (p *secularProblem) value(diff []float64, left int) secularValue {
	below, slopeBelow, sizeBelow := sumTerms(p.squares[:left+1], diff[:left+1])
	above, slopeAbove, sizeAbove := sumTerms(p.squares[left+1:], diff[left+1:])
	return secularValue{f: 1 + p.rho*(below+above), below: p.rho * slopeBelow, above: p.rho * slopeAbove, size: 8*p.rho*(sizeBelow+sizeAbove) + 1}
}

func sumTerms(squares, diff []float64) (sum, slope, size float64) {
	diff = diff[:len(squares)]
	for j, q := range squares {
		t := 1 / diff[j]
		v := q * t
		sum += v
		size += math.Abs(v)
		slope += v * t
	}
	return sum, slope, size
}
