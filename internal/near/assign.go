package near

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Assigner finds the nearest of a few centres for many rows, again and again as the centres move. Rows are kept in single precision, moved and scaled as the filter of
// Brute does it; where its rounding could change the answer the distances are measured in double, so the answers are those of doubles: the nearest centre, the lowest of
// equally near ones.
//
// With bounds, a row whose centre cannot have been overtaken since it was last looked at is not looked at (Hamerly, "Making k-means even faster", SDM 2010). The bounds
// are of single precision and safe, so the answers are the same.
type Assigner struct {
	x       rows.Rows
	f       *filter // nil: everything in double
	rounded []float32
	norms   []float64
	upper   []float32 // no less than the distance of each row's centre, in the filter's scale
	lower   []float32 // no more than that of any other
	before  []float64 // centres of the last call
}

// NewAssigner prepares dense rows; bounds says whether rows are skipped.
func NewAssigner(x rows.Rows, bounds bool) *Assigner {
	a := &Assigner{x: x, f: scaleOf(x)}
	if a.f == nil {
		return a
	}
	n, d := x.Dims()
	a.rounded, a.norms = kern.Fresh[float32](n*d), make([]float64, n)
	par.For(n, 2*d, func(lo, hi int) {
		buf := make([]float64, d)
		for i := lo; i < hi; i++ {
			a.norms[i] = a.f.round(a.rounded[i*d:(i+1)*d], x.Row(i, buf))
		}
	})
	if bounds {
		a.upper, a.lower = make([]float32, n), make([]float32, n)
		a.Forget()
	}
	return a
}

// Forget drops the bounds: the next centres have nothing to do with those before.
func (a *Assigner) Forget() {
	a.before = a.before[:0]
	for i := range a.upper {
		a.upper[i] = float32(math.Inf(1))
	}
}

// centresPart is how many centres are compared at once.
const centresPart = 512

// Assign writes the nearest of k centres (rows of d numbers) to every row's label, and returns how many labels changed.
func (a *Assigner) Assign(label []int32, centres []float64, k int) (changed int) {
	n, d := a.x.Dims()
	var parts []*kern.Points[float32]
	longest := 0.0
	gamma := float64(d+4) / (1 << 24)
	single := a.f != nil && gamma < 0.25
	if single {
		low := make([]float32, k*d)
		for c := range k {
			longest = max(longest, a.f.round(low[c*d:(c+1)*d], centres[c*d:(c+1)*d]))
		}
		for c := 0; c < k; c += centresPart {
			parts = append(parts, kern.NewPoints(min(centresPart, k-c), d, low[c*d:], d))
		}
		a.drift(label, centres, k)
	}
	counts := par.Reduce(n, max(1, min(8192, (n+15)/16)), func(_, lo, hi int) int {
		w := assigning{a: a, label: label, centres: Points{k, d, centres}, parts: parts, longest: longest, gamma: gamma, row: make([]float64, d)}
		if !single {
			w.inDouble(lo, hi)
			return w.changed
		}
		w.dists, w.queries = make([]float32, assignStrip*k), make([]float32, assignStrip*d)
		if a.upper == nil { // all rows, where they lie
			for i := lo; i < hi; i += assignStrip {
				for w.held = 0; w.held < min(assignStrip, hi-i); w.held++ {
					w.at[w.held] = i + w.held
				}
				w.flush(a.rounded[i*d : (i+w.held)*d])
			}
			return w.changed
		}
		for i := lo; i < hi; i++ {
			if a.upper[i] < a.lower[i] {
				continue
			}
			w.take(i)
		}
		w.flush(w.queries)
		return w.changed
	}, func(x, y int) int { return x + y })
	a.before = append(a.before[:0], centres...)
	return counts
}

// drift moves the bounds by how far the centres went.
func (a *Assigner) drift(label []int32, centres []float64, k int) {
	if a.upper == nil || len(a.before) != len(centres) {
		return
	}
	d := a.x.Cols()
	went := make([]float32, k)
	most, second, far := float32(0), float32(0), -1
	for c := range k {
		sum := 0.0
		for j := range d {
			z := (centres[c*d+j] - a.before[c*d+j]) * a.f.scale
			sum += float64(z * z)
		}
		went[c] = up(math.Sqrt(sum) * (1 + 1e-9))
		switch {
		case went[c] > most:
			most, second, far = went[c], most, c
		case went[c] > second:
			second = went[c]
		}
	}
	par.For(len(label), 2, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a.upper[i] = up(float64(a.upper[i] + went[label[i]]))
			other := most
			if int(label[i]) == far {
				other = second
			}
			a.lower[i] = down(float64(a.lower[i] - other))
		}
	})
}

// up and down round to single precision and one step further.
func up(v float64) float32   { return math.Nextafter32(float32(v), float32(math.Inf(1))) }
func down(v float64) float32 { return math.Nextafter32(float32(v), float32(math.Inf(-1))) }

// assignStrip is how many rows are compared together.
const assignStrip = 48

// assigning is the work of one chunk of rows.
type assigning struct {
	a       *Assigner
	label   []int32
	centres Points
	parts   []*kern.Points[float32]
	longest float64
	gamma   float64
	row     []float64
	queries []float32
	dists   []float32
	at      [assignStrip]int
	held    int
	changed int
}

// take puts row i into the strip.
func (w *assigning) take(i int) {
	d := w.centres.D
	copy(w.queries[w.held*d:(w.held+1)*d], w.a.rounded[i*d:(i+1)*d])
	w.at[w.held] = i
	if w.held++; w.held == assignStrip {
		w.flush(w.queries)
	}
}

// flush finds the centres of the strip, whose rows are given.
func (w *assigning) flush(queries []float32) {
	k, d := w.centres.N, w.centres.D
	first := 0
	for _, p := range w.parts {
		p.SqDists(w.held, queries, d, w.dists[first:], k)
		first += centresPart
	}
	for s, i := range w.at[:w.held] {
		w.decide(i, w.dists[s*k:(s+1)*k])
	}
	w.held = 0
}

// decide takes the nearest centre of row i: the one of the least square, or the nearest by doubles of those whose squares may have been misjudged.
func (w *assigning) decide(i int, squares []float32) {
	best := kern.ArgMin(squares)
	least := squares[best]
	e := 1.01/(1<<24)*(w.a.norms[i]+w.longest) + 1e-20
	u := math.Sqrt(float64(least)/(1-w.gamma)) + e // the nearest is no farther
	limit := up((1 + w.gamma) * (u + e) * (u + e))
	squares[best] = float32(math.Inf(1))
	second := kern.Min(squares)
	alone := second > limit // false for NaN, from single precision that overflowed
	if !alone {
		squares[best] = least
		best = w.measure(i, squares, limit)
	}
	w.set(i, best)
	if w.a.upper == nil {
		return
	}
	w.a.upper[i] = up(u)
	w.a.lower[i] = down(math.Sqrt(float64(second)/(1+w.gamma)) - e)
	if !alone {
		w.a.lower[i] = -1 // to be looked at again
	}
}

// measure finds the nearest by doubles among the centres whose squares are within the limit, or all if that says nothing.
func (w *assigning) measure(i int, squares []float32, limit float32) int {
	x := w.a.x.Row(i, w.row)
	best, least := -1, math.Inf(1)
	for c := range w.centres.N {
		if squares != nil && squares[c] > limit {
			continue
		}
		if v := (Norm{2}).between(x, w.centres.Row(c)); v < least || best < 0 {
			best, least = c, v
		}
	}
	return best
}

func (w *assigning) set(i, c int) {
	if w.label[i] != int32(c) {
		w.label[i] = int32(c)
		w.changed++
	}
}

func (w *assigning) inDouble(lo, hi int) {
	for i := lo; i < hi; i++ {
		w.set(i, w.measure(i, nil, 0))
	}
}

// Seeds writes the squared distances of every row to each of a few rows, n x len(at), in the scale of the rows; nil if that is beyond single precision, where the
// distances are those of doubles.
func (a *Assigner) Seeds(dst []float32, at []int) bool {
	n, d := a.x.Dims()
	if a.f == nil {
		return false
	}
	chosen := make([]float32, len(at)*d)
	for s, i := range at {
		copy(chosen[s*d:], a.rounded[i*d:(i+1)*d])
	}
	kern.NewPoints(len(at), d, chosen, d).SqDists(n, a.rounded, d, dst, len(at))
	return true
}
