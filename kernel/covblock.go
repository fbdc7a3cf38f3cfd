package kernel

import (
	"math"
	"sync"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// lot is the rows that covariances are taken with, column by column, so that a row's covariances with all of them are a few sweeps of vectors.
type lot struct {
	rows    *tensor.Tensor[float64]
	columns []float64 // p x n
	n       int
	squares []float64 // n x n, the upper half: squared distances of the rows from each other, if many steps want them
}

func newLot(t *tensor.Tensor[float64]) *lot {
	n, p := t.Shape()[0], t.Shape()[1]
	l := &lot{rows: t, columns: make([]float64, n*p), n: n}
	for i := range n {
		for j, v := range t.Row(i) {
			l.columns[j*n+i] = v
		}
	}
	return l
}

func (l *lot) len() int { return l.n }

// query is a row whose covariances with rows lo to hi-1 of a lot are asked for.
type query struct {
	*lot
	lo, hi int
	x      []float64
	same   int  // which of them is x itself, from lo; -1: none
	own    bool // x is row lo of the lot
	room   []float64
	used   int
}

var queries = sync.Pool{New: func() any { return new(query) }}

// take returns room for one number of each row, of arbitrary value; leave gives back all that was taken since.
func (q *query) take() []float64 {
	n := q.hi - q.lo
	if q.used+n > len(q.room) { // what was taken before stays where it is
		q.room, q.used = make([]float64, 2*len(q.room)+8*n), 0
	}
	q.used += n
	return q.room[q.used-n : q.used : q.used]
}

func (q *query) column(j int) []float64 {
	n := q.len()
	return q.columns[j*n+q.lo : j*n+q.hi]
}

// many is a Covariance that does all rows of a query at once: those of this package. Others go pair by pair.
type many interface {
	values(dst []float64, q *query)   // covariances
	pull(grad, g []float64, q *query) // adds Σ_j g[j]·(derivatives of covariance j) to grad; g is lost
}

func valuesOf(k Covariance, dst []float64, q *query) {
	if m, ok := k.(many); ok {
		used, room := q.used, q.room
		m.values(dst, q)
		q.leave(used, room)
		return
	}
	for j := range dst {
		dst[j] = k.Of(q.x, q.rows.Row(q.lo+j), j == q.same)
	}
}

func pullOf(k Covariance, grad, g []float64, q *query) {
	if m, ok := k.(many); ok {
		used, room := q.used, q.room
		m.pull(grad, g, q)
		q.leave(used, room)
		return
	}
	d := make([]float64, len(grad))
	for j, w := range g {
		k.Gradient(d, q.x, q.rows.Row(q.lo+j), j == q.same)
		for t, v := range d {
			grad[t] += float64(w * v)
		}
	}
}

func (q *query) leave(used int, room []float64) {
	if len(room) == len(q.room) {
		q.used = used
	} // else the room grew, and is kept for the next
}

// against writes the covariances of a row that is none of the lot's to dst.
func (l *lot) against(k Covariance, dst, x []float64) {
	q := queries.Get().(*query)
	q.lot, q.lo, q.hi, q.x, q.same, q.used, q.own = l, 0, l.len(), x, -1, 0, false
	valuesOf(k, dst, q)
	q.lot, q.x = nil, nil
	queries.Put(q)
}

// matrix writes the upper triangle of the covariances of the lot's rows with each other to dst, n x n.
func (l *lot) matrix(k Covariance, dst []float64) {
	n := l.len()
	l.upper(10*n, func(q *query, i int) { valuesOf(k, dst[i*n+i:(i+1)*n], q) })
}

// slope is the derivative by the logarithms of all parameters of a function of the covariances of the rows: weigh writes how it changes with those of row i and rows i to n-1, each pair once.
func (l *lot) slope(k Covariance, count int, weigh func(dst []float64, i int)) []float64 {
	n := l.len()
	return par.Reduce(n, 32, func(_, lo, hi int) []float64 {
		sum, g := make([]float64, count), make([]float64, n)
		q := queries.Get().(*query)
		for i := lo; i < hi; i++ {
			q.lot, q.lo, q.hi, q.x, q.same, q.used, q.own = l, i, n, l.rows.Row(i), 0, 0, true
			weigh(g[i:], i)
			pullOf(k, sum, g[i:], q)
		}
		q.lot, q.x = nil, nil
		queries.Put(q)
		return sum
	}, func(a, b []float64) []float64 {
		for t, v := range b {
			a[t] += v
		}
		return a
	})
}

// squaredTo writes squared distances in units of the lengths.
func (q *query) squaredTo(dst, length []float64) {
	if len(length) <= 1 && q.own && q.squares != nil {
		copy(dst, q.squares[q.lo*q.n+q.lo:q.lo*q.n+q.hi])
	} else {
		clear(dst)
		gap := q.take()
		for j, v := range q.x {
			kern.Shift(1, -v, gap, q.column(j))
			if len(length) > 1 {
				kern.Scal(1/length[j], gap, gap)
			}
			kern.FMA(dst, gap, gap, dst)
		}
	}
	if len(length) == 1 {
		kern.Scal(1/length[0], dst, dst)
		kern.Scal(1/length[0], dst, dst)
	}
}

// measure keeps the squared distances if the covariance has a part that wants them in one unit for all columns, whatever its parameters are.
func (l *lot) measure(k Covariance) {
	if !plain(k) {
		return
	}
	n := l.n
	squares := make([]float64, n*n)
	compute.Squares(l, squares)
	l.squares = squares
}

// Columns implements compute.SquaresTask.
func (l *lot) Columns() (x []float64, rows, columns int) {
	return l.columns, l.n, l.rows.Shape()[1]
}

// HostSquares implements compute.SquaresTask.
func (l *lot) HostSquares(dst []float64) {
	n := l.n
	l.upper(n/4*len(l.columns)/max(n, 1), func(q *query, i int) { q.squaredTo(dst[i*n+i:(i+1)*n], nil) })
}

func plain(k Covariance) bool {
	switch c := k.(type) {
	case SquaredExponential:
		return len(c.Length) <= 1
	case Matern:
		return len(c.Length) <= 1
	case RationalQuadratic, ExpSineSquared:
		return true
	case Sum:
		return plain(c.A) || plain(c.B)
	case Product:
		return plain(c.A) || plain(c.B)
	case Power:
		return plain(c.A)
	}
	return false
}

// upper asks about every row and those from it on.
func (l *lot) upper(cost int, of func(q *query, i int)) {
	par.For(l.n, cost, func(lo, hi int) {
		q := queries.Get().(*query)
		for i := lo; i < hi; i++ {
			q.lot, q.lo, q.hi, q.x, q.same, q.used, q.own = l, i, l.n, l.rows.Row(i), 0, 0, true
			of(q, i)
		}
		q.lot, q.x = nil, nil
		queries.Put(q)
	})
}

// spread adds Σ_j g[j]·(squares of the differences) to the derivatives by the lengths; squared are the distances.
func (q *query) spread(grad, g, squared, length []float64) {
	if len(length) <= 1 {
		grad[0] += kern.Dot(g, squared)
		return
	}
	gap := q.take()
	for j, v := range q.x {
		kern.Shift(1, -v, gap, q.column(j))
		kern.Scal(1/length[j], gap, gap)
		kern.Mul(gap, gap, gap)
		grad[j] += kern.Dot(g, gap)
	}
}

func (k SquaredExponential) values(dst []float64, q *query) {
	q.squaredTo(dst, k.Length)
	kern.Scal(-0.5, dst, dst)
	kern.Exp(dst, dst)
}

func (k SquaredExponential) pull(grad, g []float64, q *query) {
	s, v := q.take(), q.take()
	q.squaredTo(s, k.Length)
	kern.Scal(-0.5, v, s)
	kern.Exp(v, v)
	kern.Mul(g, g, v)
	q.spread(grad, g, s, k.Length)
}

// rate is what the distance is multiplied by.
func (k Matern) rate() float64 {
	switch k.Nu {
	case 0.5:
		return 1
	case 2.5:
		return math.Sqrt(5)
	}
	return math.Sqrt(3)
}

// decays turns squared distances into t, the distances times the rate, and writes exp(-t) to e.
func (k Matern) decays(t, e []float64) {
	kern.Sqrt(t, t)
	if r := k.rate(); r != 1 {
		kern.Scal(r, t, t)
	}
	kern.Scal(-1, e, t)
	kern.Exp(e, e)
}

func (k Matern) values(dst []float64, q *query) {
	q.squaredTo(dst, k.Length)
	e := q.take()
	k.decays(dst, e)
	switch k.Nu {
	case 0.5:
		copy(dst, e)
		return
	case 2.5: // (1 + t + t²/3)·e
		u := q.take()
		kern.Shift(1.0/3, 1, u, dst)
		kern.Mul(dst, dst, u)
	}
	kern.Shift(1, 1, dst, dst)
	kern.Mul(dst, dst, e)
}

func (k Matern) pull(grad, g []float64, q *query) {
	s, t, e := q.take(), q.take(), q.take()
	q.squaredTo(s, k.Length)
	copy(t, s)
	k.decays(t, e)
	kern.Mul(g, g, e)
	switch k.Nu {
	case 0.5: // e/t, 0 at 0
		for j, d := range t {
			if d > 0 {
				g[j] /= d
			} else {
				g[j] = 0
			}
		}
	case 2.5: // 5/3·(1+t)·e
		kern.Shift(5.0/3, 5.0/3, t, t)
		kern.Mul(g, g, t)
	default: // 3·e
		kern.Scal(3, g, g)
	}
	q.spread(grad, g, s, k.Length)
}

func (k RationalQuadratic) values(dst []float64, q *query) {
	l, a := or1(k.Length), or1(k.Mixture)
	q.squaredTo(dst, nil)
	kern.Scal(1/(2*a*l*l), dst, dst)
	kern.Log1p(dst, dst)
	kern.Scal(-a, dst, dst)
	kern.Exp(dst, dst)
}

func (k RationalQuadratic) pull(grad, g []float64, q *query) {
	l, a := or1(k.Length), or1(k.Mixture)
	s, logs, v := q.take(), q.take(), q.take()
	q.squaredTo(s, nil)
	kern.Scal(1/(2*a*l*l), s, s) // base - 1
	kern.Log1p(logs, s)
	kern.Scal(-a, v, logs)
	kern.Exp(v, v)
	kern.Mul(g, g, v)
	grad[0] -= a * kern.Dot(g, logs)
	kern.Shift(1, 1, v, s)
	kern.Div(s, s, v) // (base - 1)/base
	d := kern.Dot(g, s)
	grad[0] += a * d
	grad[1] += 2 * a * d
}

func (k ExpSineSquared) values(dst []float64, q *query) {
	l, r := or1(k.Length), math.Pi/or1(k.Period)
	q.squaredTo(dst, nil)
	kern.Sqrt(dst, dst)
	for j, d := range dst {
		s := math.Sin(d*r) / l
		dst[j] = -2 * s * s
	}
	kern.Exp(dst, dst)
}

func (k ExpSineSquared) pull(grad, g []float64, q *query) {
	l, r := or1(k.Length), math.Pi/or1(k.Period)
	s, v, u := q.take(), q.take(), q.take()
	q.squaredTo(s, nil)
	kern.Sqrt(s, s)
	for j, d := range s {
		sin, cos := math.Sincos(d * r)
		v[j] = -2 * (sin / l) * (sin / l)
		s[j] = 4 / (l * l) * sin * sin
		u[j] = 4 * (d * r) / (l * l) * cos * sin
	}
	kern.Exp(v, v)
	kern.Mul(g, g, v)
	grad[0] += kern.Dot(g, s)
	grad[1] += kern.Dot(g, u)
}

func (k DotProduct) values(dst []float64, q *query) {
	s := or1(k.Sigma)
	for j := range dst {
		dst[j] = s * s
	}
	for j, v := range q.x {
		kern.Axpy(v, q.column(j), dst)
	}
}

func (k DotProduct) pull(grad, g []float64, _ *query) {
	s := or1(k.Sigma)
	grad[0] += 2 * s * s * kern.Sum(g)
}

func (k White) values(dst []float64, q *query) {
	clear(dst)
	if q.same >= 0 {
		dst[q.same] = or1(k.Noise)
	}
}

func (k White) pull(grad, g []float64, q *query) {
	if q.same >= 0 {
		grad[0] += float64(g[q.same] * or1(k.Noise))
	}
}

func (k Constant) values(dst []float64, _ *query) {
	for j := range dst {
		dst[j] = or1(k.Value)
	}
}

func (k Constant) pull(grad, g []float64, _ *query) { grad[0] += or1(k.Value) * kern.Sum(g) }

func (k Sum) values(dst []float64, q *query) {
	valuesOf(k.A, dst, q)
	if w, ok := k.B.(White); ok { // the commonest sum needs no second vector
		if q.same >= 0 {
			dst[q.same] += or1(w.Noise)
		}
		return
	}
	b := q.take()
	valuesOf(k.B, b, q)
	kern.Add(dst, dst, b)
}

func (k Sum) pull(grad, g []float64, q *query) {
	n := len(k.A.Parameters(len(q.x)))
	if w, ok := k.B.(White); ok {
		w.pull(grad[n:], g, q)
	} else {
		own := q.take()
		copy(own, g)
		pullOf(k.B, grad[n:], own, q)
	}
	pullOf(k.A, grad[:n], g, q)
}

func (k Product) values(dst []float64, q *query) {
	valuesOf(k.B, dst, q)
	if c, ok := k.A.(Constant); ok {
		kern.Scal(or1(c.Value), dst, dst)
		return
	}
	a := q.take()
	valuesOf(k.A, a, q)
	kern.Mul(dst, dst, a)
}

func (k Product) pull(grad, g []float64, q *query) {
	n := len(k.A.Parameters(len(q.x)))
	v, own := q.take(), q.take()
	valuesOf(k.B, v, q)
	kern.Mul(own, g, v)
	if c, ok := k.A.(Constant); ok {
		grad[0] += or1(c.Value) * kern.Sum(own)
		kern.Scal(or1(c.Value), g, g)
		pullOf(k.B, grad[n:], g, q)
		return
	}
	pullOf(k.A, grad[:n], own, q)
	valuesOf(k.A, v, q)
	kern.Mul(g, g, v)
	pullOf(k.B, grad[n:], g, q)
}

func (k Power) values(dst []float64, q *query) {
	valuesOf(k.A, dst, q)
	e := or1(k.Exponent)
	for j, v := range dst {
		dst[j] = math.Pow(v, e)
	}
}

func (k Power) pull(grad, g []float64, q *query) {
	v, e := q.take(), or1(k.Exponent)
	valuesOf(k.A, v, q)
	for j, a := range v {
		g[j] *= e * math.Pow(a, e-1)
	}
	pullOf(k.A, grad, g, q)
}
