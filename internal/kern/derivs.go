package kern

import "math"

// What boosting does with the derivatives of all rows. All levels have the same bits: every operation rounds by itself, and sums have one order.

const (
	boundLanes = 16
	spreadCall = 1 << 14 // numbers of one call
	infinity32 = 0x7f800000
)

// Spread says how far numbers reach and what they add up to. Bounds are the bits of float32s, zeros without a sign: those of numbers that are not negative
// have the numbers' order, and come before those of all others.
type Spread struct {
	Size         uint32  // the largest without its sign
	Most, Least  uint32  // among the bits as they are
	Sum, Squares float64 // of the numbers, and of their squares
}

// Finite reports whether all numbers are.
func (s *Spread) Finite() bool { return s.Size < infinity32 }

// Positive reports whether all numbers are finite and none is below 0.
func (s *Spread) Positive() bool { return s.Most < infinity32 }

// Join is the spread of two sets of numbers.
func (s Spread) Join(t Spread) Spread {
	return Spread{max(s.Size, t.Size), max(s.Most, t.Most), min(s.Least, t.Least), s.Sum + t.Sum, s.Squares + t.Squares}
}

// boundsOf are the spreads of each sixteenth of the numbers.
type boundsOf struct {
	bounds [3 * boundLanes]uint32
	sums   [2 * boundLanes]float64
}

// SpreadOf measures numbers. Element i of a chunk of 16384 is added to partial sum i%16, and the partial sums are joined by halves.
func SpreadOf(x []float32) Spread {
	total := Spread{Least: 1<<32 - 1}
	for len(x) > 0 {
		n := min(len(x), spreadCall)
		total = total.Join(spreadCallOf(x[:n]))
		x = x[n:]
	}
	return total
}

//go:noinline
func spreadCallOf(x []float32) Spread {
	reads(x)
	var l boundsOf
	for i := range boundLanes {
		l.bounds[2*boundLanes+i] = 1<<32 - 1
	}
	spreadOver(x, &l)
	s := Spread{Least: 1<<32 - 1, Sum: joinSums(l.sums[:boundLanes]), Squares: joinSums(l.sums[boundLanes:])}
	for i := range boundLanes {
		s.Size, s.Most = max(s.Size, l.bounds[i]), max(s.Most, l.bounds[boundLanes+i])
		s.Least = min(s.Least, l.bounds[2*boundLanes+i])
	}
	return s
}

func spreadGeneric(x []float32, l *boundsOf) {
	for i, v := range x {
		lane := i % boundLanes
		w := math.Float32bits(v + 0)
		l.bounds[lane] = max(l.bounds[lane], math.Float32bits(v)&^(1<<31))
		l.bounds[boundLanes+lane] = max(l.bounds[boundLanes+lane], w)
		l.bounds[2*boundLanes+lane] = min(l.bounds[2*boundLanes+lane], w)
		d := float64(v)
		l.sums[lane] += d
		l.sums[boundLanes+lane] += float64(d * d)
	}
}

// Packing says how derivatives are rounded to packed cells: down, after a number from 0 to 1 that belongs to the row has been added.
type Packing struct {
	Key                  uint64 // of these numbers; the low 32 bits count
	GradScale, HessScale float64
	Above                float64 // a whole number above all sizes of scaled first derivatives, which makes them positive while they are cut
	HessShift, GradShift uint64  // where either begins in a cell
}

// Pack writes the cells of the rows from first on: a count of 1, the second derivative and the first one. The lengths must agree.
func (p *Packing) Pack(vals []int64, grad, hess []float32, first int) {
	same("Pack: grad", len(vals), len(grad))
	same("Pack: hess", len(vals), len(hess))
	for len(vals) > 0 {
		n := min(len(vals), sweep)
		p.packCall(vals[:n], grad[:n], hess[:n], first)
		vals, grad, hess, first = vals[n:], grad[n:], hess[n:], first+n
	}
}

//go:noinline
func (p *Packing) packCall(vals []int64, grad, hess []float32, first int) {
	reads(grad)
	reads(hess)
	writes(vals)
	pack(p, vals, grad, hess, first)
}

func packGeneric(p *Packing, vals []int64, grad, hess []float32, first int) {
	for i := range vals {
		vals[i] = p.One(grad[i], hess[i], first+i)
	}
}

// One is the cell of one row.
func (p *Packing) One(grad, hess float32, row int) int64 {
	z := mix32(uint32(row)*0x9e3779b1 + uint32(p.Key))
	g := int64(float64(float64(grad)*p.GradScale)+(p.Above+float64(z>>16)*0x1p-16)) - int64(p.Above)
	h := int64(float64(float64(hess)*p.HessScale) + float64(z&0xffff)*0x1p-16)
	return g<<p.GradShift + h<<p.HessShift + 1
}

// mix32 is the finaliser of MurmurHash3.
func mix32(z uint32) uint32 {
	z = (z ^ z>>16) * 0x85ebca6b
	z = (z ^ z>>13) * 0xc2b2ae35
	return z ^ z>>16
}

// LogisticDerivatives writes p-t and p*(1-p) for the probabilities p of rows, whose target t is the first one where the code in y is even and the second
// one where it is odd. The lengths must agree.
func LogisticDerivatives(grad, hess []float32, p []float64, y []int, targets *[2]float64) {
	same("LogisticDerivatives: grad", len(p), len(grad))
	same("LogisticDerivatives: hess", len(p), len(hess))
	same("LogisticDerivatives: y", len(p), len(y))
	for len(p) > 0 {
		n := min(len(p), sweep)
		logisticCall(grad[:n], hess[:n], p[:n], y[:n], targets)
		grad, hess, p, y = grad[n:], hess[n:], p[n:], y[n:]
	}
}

//go:noinline
func logisticCall(grad, hess []float32, p []float64, y []int, targets *[2]float64) {
	reads(p)
	reads(y)
	writes(grad)
	writes(hess)
	logistic(grad, hess, p, y, targets)
}

func logisticGeneric(grad, hess []float32, p []float64, y []int, targets *[2]float64) {
	for i, q := range p {
		grad[i], hess[i] = float32(q-targets[y[i]&1]), float32(q*(1-q))
	}
}
