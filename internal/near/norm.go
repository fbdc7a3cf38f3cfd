package near

import "math"

// Measure is how far points lie apart: a Norm or a Func. It orders by a form that may be cheaper than the distance and grows with it.
type Measure interface {
	between(x, y []float64) float64
	distance(form float64) float64
}

// Func is a distance of the user's, safe for use by several goroutines.
type Func func(x, y []float64) float64

func (f Func) between(x, y []float64) float64 {
	if v := f(x, y); v == v {
		return v
	}
	return math.Inf(1) // rows that cannot be compared are far apart
}
func (f Func) distance(form float64) float64 { return form }

// finish turns forms into distances.
func finish(m Measure, found []Neighbor) {
	for i := range found {
		found[i].Value = m.distance(found[i].Value)
	}
}

// Norm is a distance that adds up over the coordinates, or takes the largest. Distances are kept in a form that grows alike but is cheaper (squares, powers).
type Norm struct {
	P float64 // of Minkowski's distance, >= 1; 1 Manhattan, 2 Euclidean, +Inf Chebyshev
}

// part is what one coordinate adds.
func (n Norm) part(diff float64) float64 {
	switch {
	case n.P == 2:
		return diff * diff
	case n.P == 1 || math.IsInf(n.P, 1):
		return math.Abs(diff)
	}
	return math.Pow(math.Abs(diff), n.P)
}

// between is the distance of two points in that form.
func (n Norm) between(x, y []float64) float64 {
	sum := 0.0
	switch {
	case n.P == 2:
		y = y[:len(x)]
		for j, v := range x {
			diff := v - y[j]
			sum += float64(diff * diff)
		}
	case math.IsInf(n.P, 1):
		for j, v := range x {
			sum = max(sum, math.Abs(v-y[j]))
		}
	default:
		for j, v := range x {
			sum += n.part(v - y[j])
		}
	}
	return sum
}

// toBox is the least that between can give for a point within [lo, hi]: rounding is monotone, and the sum goes the same way, so it exceeds no such distance even as
// computed.
func (n Norm) toBox(q, lo, hi []float64) float64 {
	sum := 0.0
	lo, hi = lo[:len(q)], hi[:len(q)]
	for j, v := range q {
		diff := max(lo[j]-v, v-hi[j], 0)
		switch {
		case n.P == 2:
			sum += float64(diff * diff)
		case math.IsInf(n.P, 1):
			sum = max(sum, diff)
		default:
			sum += n.part(diff)
		}
	}
	return sum
}

// distance turns the form into the distance.
func (n Norm) distance(v float64) float64 {
	switch {
	case n.P == 2:
		return math.Sqrt(v)
	case n.P == 1 || math.IsInf(n.P, 1):
		return v
	}
	return math.Pow(v, 1/n.P)
}

// above is a bound in the form that no distance of r or less exceeds; what is below it has yet to be compared with r itself.
func (n Norm) above(r float64) float64 {
	if n.P == 1 || math.IsInf(n.P, 1) {
		return r
	}
	return n.part(r) * (1 + 1e-12)
}

// Between is the distance of two points by m.
func Between(m Measure, x, y []float64) float64 { return m.distance(m.between(x, y)) }
