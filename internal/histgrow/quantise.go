package histgrow

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// form is how derivatives are held as whole numbers.
type form uint8

const (
	alone  form = iota // packed cells of first derivative and count; the second ones are all 1
	packed             // packed cells of both and the count, few bits
	pair               // a cell for the first, another one for the second and the count
)

const (
	countBits   = 14
	hessBits    = 24
	blockRows   = 8128 // the sums of so many rows fit a packed cell
	pairRows    = 1 << 15
	tail        = 512.0
	aloneBits   = 30
	packedGrad  = 12
	packedHess  = 11
	quantiseFor = 4 // ns a row
)

// units says what the whole numbers of a tree stand for.
type units struct {
	form       form
	layout     kern.HistLayout
	grad, hess float64 // a unit of either
	each       float64 // second derivative of each row, beside what is counted
}

// count is the number of rows in a second sum.
func (u *units) count(h int64) int64 { return h >> u.layout.CountShift }

func (u *units) gradOf(g int64) float64 { return float64(g) * u.grad }

func (u *units) hessOf(h int64) float64 {
	return float64(float64(h&(1<<u.layout.CountShift-1))*u.hess) + float64(float64(u.count(h))*u.each)
}

// spread is what the choice of units depends on.
type spread struct {
	grad, hess   float64 // the largest
	square, mean float64 // sums of squares of the first, and of the second
	bad          int     // a row whose derivatives will not do, plus 1
}

func (a spread) join(b spread) spread {
	a.grad, a.hess = max(a.grad, b.grad), max(a.hess, b.hess)
	a.square += b.square
	a.mean += b.mean
	if a.bad == 0 {
		a.bad = b.bad
	}
	return a
}

// BadDerivative says that a row has a derivative that is not finite, or a second one below 0.
type BadDerivative struct {
	Row        int
	Grad, Hess float32
}

func (e *BadDerivative) Error() string {
	return fmt.Sprintf("row %d has derivatives %v and %v: want finite numbers, the second at least 0", e.Row, e.Grad, e.Hess)
}

// rowAt is row i of those a tree is grown on.
func rowAt(rows []int32, i int) int {
	if rows == nil {
		return i
	}
	return int(rows[i])
}

func (g *Grower) measure(n int) spread {
	grad, hess, rows := g.grad, g.hess, g.given
	return par.Reduce(n, 1<<15, func(_, lo, hi int) spread {
		var s spread
		for i := lo; i < hi; i++ {
			r := rowAt(rows, i)
			v := math.Abs(float64(grad[r]))
			if !(v <= math.MaxFloat32) {
				return spread{bad: r + 1}
			}
			s.grad = max(s.grad, v)
			s.square += float64(v * v)
			if hess != nil {
				h := float64(hess[r])
				if !(h >= 0 && h <= math.MaxFloat32) {
					return spread{bad: r + 1}
				}
				s.hess = max(s.hess, h)
				s.mean += h
			}
		}
		return s
	}, spread.join)
}

// quantise fills vals.
func (g *Grower) quantise(n int) error {
	s := g.measure(n)
	if s.bad > 0 {
		e := &BadDerivative{Row: s.bad - 1, Grad: g.grad[s.bad-1], Hess: 1}
		if g.hess != nil {
			e.Hess = g.hess[s.bad-1]
		}
		return e
	}
	u, k := &g.units, bits.Len(uint(n))
	rms := math.Sqrt(s.square / float64(n))
	*u = units{form: packed, layout: kern.HistLayout{CountBits: countBits, HessBits: hessBits, CountShift: uint(63 - k)}}
	heavy := s.grad > tail*rms || s.hess > tail*s.mean/float64(n)
	switch {
	case g.hess == nil:
		u.form, u.each, u.layout.HessBits = alone, 1, 0
		u.grad = unit(s.grad, aloneBits)
	case n <= pairRows || heavy || g.b.exact != nil:
		u.form = pair
		u.grad, u.hess = unit(s.grad, aloneBits), unit(s.hess, min(aloneBits, 63-2*k))
	default:
		u.grad, u.hess = unit(s.grad, packedGrad), unit(s.hess, min(packedHess, 63-2*k))
	}
	width := 1
	if u.form == pair {
		width = 2
	}
	if need := width * g.b.Rows; len(g.vals) < need {
		g.vals = make([]int64, need)
	}
	switch u.form {
	case alone:
		par.For(n, quantiseFor, g.quantiseAlone)
	case pair:
		par.For(n, quantiseFor, g.quantisePair)
	default:
		par.For(n, quantiseFor, g.quantisePacked)
	}
	return nil
}

// unit is the power of two of which the largest number makes less than 2^bits.
func unit(largest float64, bits int) float64 {
	if largest == 0 {
		return 1
	}
	_, e := math.Frexp(largest)
	return math.Ldexp(1, e-bits)
}

func (g *Grower) quantiseAlone(lo, hi int) {
	rows, scale := g.given, 1/g.units.grad
	for i := lo; i < hi; i++ {
		r := rowAt(rows, i)
		g.vals[r] = int64(math.RoundToEven(float64(g.grad[r])*scale))<<countBits | 1
	}
}

func (g *Grower) quantisePair(lo, hi int) {
	rows, gs, hs, one := g.given, 1/g.units.grad, 1/g.units.hess, int64(1)<<g.units.layout.CountShift
	for i := lo; i < hi; i++ {
		r := rowAt(rows, i)
		g.vals[2*r] = int64(math.RoundToEven(float64(g.grad[r]) * gs))
		g.vals[2*r+1] = int64(math.RoundToEven(float64(g.hess[r])*hs)) + one
	}
}

// quantisePacked rounds at random. What is added before the cut to a whole number makes it positive, so that the cut is downwards.
func (g *Grower) quantisePacked(lo, hi int) {
	const above = 1 << (packedGrad + 1)
	rows, gs, hs := g.given, 1/g.units.grad, 1/g.units.hess
	key := uint32(g.key>>32) ^ uint32(g.key)
	for i := lo; i < hi; i++ {
		r := rowAt(rows, i)
		z := draw(uint32(r), key)
		grad := int64(float64(float64(g.grad[r])*gs)+(above+float64(z>>16)*0x1p-16)) - above
		hess := int64(float64(float64(g.hess[r])*hs) + float64(z&0xffff)*0x1p-16)
		g.vals[r] = grad<<(countBits+hessBits) + hess<<countBits + 1
	}
}

// draw mixes 32 bits, as the finaliser of MurmurHash3 does.
func draw(i, key uint32) uint32 {
	z := i*0x9e3779b1 + key
	z = (z ^ z>>16) * 0x85ebca6b
	z = (z ^ z>>13) * 0xc2b2ae35
	return z ^ z>>16
}
