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

// spread is what the choice of units depends on.
type spread struct{ grad, hess kern.Spread }

func (s spread) join(t spread) spread { return spread{s.grad.Join(t.grad), s.hess.Join(t.hess)} }

// measureRows is how many rows are measured at once.
const measureRows = 1 << 14

// measure finds the spread of the derivatives of the n rows of a tree, and the first row whose derivatives will not do, -1: none.
func (g *Grower) measure(n int) (s spread, bad int) {
	s = par.Reduce(n, measureRows, func(_, lo, hi int) (part spread) {
		grad, hess := g.grad, g.hess
		if rows := g.given; rows != nil {
			var of [2][measureRows]float32
			for i, r := range rows[lo:hi] {
				if of[0][i] = grad[r]; hess != nil {
					of[1][i] = hess[r]
				}
			}
			grad, lo, hi = of[0][:], 0, hi-lo
			if hess != nil {
				hess = of[1][:]
			}
		}
		part.grad = kern.SpreadOf(grad[lo:hi])
		if hess != nil {
			part.hess = kern.SpreadOf(hess[lo:hi])
		}
		return part
	}, spread.join)
	if s.grad.Finite() && s.hess.Positive() {
		return s, -1
	}
	for i := range n {
		r := rowAt(g.given, i)
		if !(math.Abs(float64(g.grad[r])) <= math.MaxFloat32) || g.hess != nil && !(g.hess[r] >= 0 && g.hess[r] <= math.MaxFloat32) {
			return s, r
		}
	}
	return s, -1
}

// quantise fills vals.
func (g *Grower) quantise(n int) error {
	s, bad := g.measure(n)
	if bad >= 0 {
		e := &BadDerivative{Row: bad, Grad: g.grad[bad], Hess: 1}
		if g.hess != nil {
			e.Hess = g.hess[bad]
		}
		return e
	}
	most, mostHess := float64(math.Float32frombits(s.grad.Size)), float64(math.Float32frombits(s.hess.Size))
	g.counter.values.Drop()
	u, k := &g.units, bits.Len(uint(n))
	rms := math.Sqrt(s.grad.Squares / float64(n))
	*u = units{form: packed, layout: kern.HistLayout{CountBits: countBits, HessBits: hessBits, CountShift: uint(63 - k)}}
	heavy := most > tail*rms || mostHess > tail*s.hess.Sum/float64(n)
	switch {
	case g.hess == nil:
		u.form, u.each, u.layout.HessBits = alone, 1, 0
		u.grad = unit(most, aloneBits)
	case n <= pairRows || heavy || g.b.exact != nil:
		u.form = pair
		u.grad, u.hess = unit(most, aloneBits), unit(mostHess, min(aloneBits, 63-2*k))
	default:
		u.grad, u.hess = unit(most, packedGrad), unit(mostHess, min(packedHess, 63-2*k))
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

// quantisePacked rounds at random.
func (g *Grower) quantisePacked(lo, hi int) {
	p := kern.Packing{Key: g.key>>32 ^ g.key, GradScale: 1 / g.units.grad, HessScale: 1 / g.units.hess, Above: 1 << (packedGrad + 1),
		HessShift: countBits, GradShift: countBits + hessBits}
	if g.given == nil {
		p.Pack(g.vals[lo:hi], g.grad[lo:hi], g.hess[lo:hi], lo)
		return
	}
	for _, r := range g.given[lo:hi] {
		g.vals[r] = p.One(g.grad[r], g.hess[r], int(r))
	}
}
