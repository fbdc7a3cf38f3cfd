package near

import (
	"math"
	"sync"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Assigner finds the nearest of some centres for many rows, again and again as the centres move. Rows are kept in single precision, moved and scaled as the filter of
// Brute does it; where its rounding could change the answer the distances are measured in double, so the answers are those of doubles: the nearest centre, the lowest of
// equally near ones.
//
// With bounds, a row whose centre cannot have been overtaken since it was last looked at is not looked at (Hamerly, "Making k-means even faster", SDM 2010). The bounds
// are of single precision and safe, so the answers are the same.
type Assigner struct {
	once   bool // rows are rounded as they are looked at, and not kept
	x      rows.Rows
	f      *filter                 // nil: everything in double
	parts  []*kern.Points[float32] // of partRows rows each
	norms  []float64
	upper  []float32    // no less than the distance of each row's centre, in the filter's scale
	lower  []float32    // no more than that of any other
	before []float64    // centres of the last call
	kept   compute.Kept // of the rounded rows
	spare  sync.Pool    // of *workspace
}

const (
	partRows    = 512 // rows that are compared together
	partCentres = 512 // centres that are compared together
)

// NewAssigner prepares dense rows; bounds says whether rows are skipped.
func NewAssigner(x rows.Rows, bounds bool) *Assigner {
	a := &Assigner{x: x, f: scaleOf(x)}
	if a.f == nil {
		return a
	}
	n, d := x.Dims()
	a.norms = make([]float64, n)
	a.parts = make([]*kern.Points[float32], par.Chunks(n, partRows)) // all of partRows but the last
	par.For(len(a.parts), 2*d*partRows, func(lo, hi int) {
		buf, moved, rounded := make([]float64, partRows*d), make([]float64, partRows*d), make([]float32, partRows*d)
		for p := lo; p < hi; p++ {
			first := p * partRows
			m := min(partRows, n-first)
			a.f.roundRows(rounded[:m*d], a.norms[first:first+m], x.Block(first, first+m, buf), moved[:m*d])
			a.parts[p] = kern.NewPoints(m, d, rounded, d)
		}
	})
	if bounds {
		a.upper, a.lower = make([]float32, n), make([]float32, n)
		a.Forget()
	}
	return a
}

// Assign finds the nearest of some centres once, for dense rows: the lowest of equally near ones, by distances of doubles. It is false if a row has a number that is not finite.
// Rows are moved and scaled as the centres ask for it, so nothing needs to be known of them before.
func Assign(label []int32, x rows.Rows, centres Points) (finite bool) {
	n, d := x.Dims()
	a := &Assigner{x: x, once: true, f: scaleOf(rows.Of(tensor.FromSlice(centres.X, centres.N, d)))}
	if a.f != nil {
		a.norms = make([]float64, n)
	}
	a.Assign(label, centres.X, centres.N)
	if a.f == nil {
		return par.Reduce(n, 4096, func(_, lo, hi int) bool {
			buf, fine := make([]float64, d), true
			for i := lo; i < hi; i++ {
				fine = fine && rows.AllFinite(x.Row(i, buf))
			}
			return fine
		}, func(a, b bool) bool { return a && b })
	}
	for i, v := range a.norms {
		if !(v <= math.MaxFloat64) && !rows.AllFinite(x.Row(i, make([]float64, d))) { // or its square overflowed
			return false
		}
	}
	return true
}

// Forget drops the bounds: the next centres have nothing to do with those before.
func (a *Assigner) Forget() {
	a.before = a.before[:0]
	for i := range a.upper {
		a.upper[i] = float32(math.Inf(1))
	}
}

// Assign writes the nearest of k centres (rows of d numbers) to every row's label, and returns how many labels changed.
func (a *Assigner) Assign(label []int32, centres []float64, k int) (changed int) {
	d := a.x.Cols()
	w := &assigning{a: a, label: label, centres: Points{k, d, centres}, gamma: float64(d+4) / (1 << 24)}
	if a.f != nil && w.gamma < 0.25 {
		w.low = make([]float32, k*d)
		for c := range k {
			w.longest = max(w.longest, a.f.round(w.low[c*d:(c+1)*d], w.centres.Row(c)))
		}
		a.drift(label, centres, k)
	}
	compute.Assign(w)
	a.before = append(a.before[:0], centres...)
	return w.changed
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

// up and down round to single precision and at least one step further. It is 2^-24 of a number that rounding may take, or 2^-150 of a tiny one.
func up(v float64) float32 { return float32(v + math.Abs(v)*0x1p-22 + 0x1p-140) }
func down(v float64) float32 {
	v = min(v, math.MaxFloat32) // of infinity it is the largest number
	return float32(v - math.Abs(v)*0x1p-22 - 0x1p-140)
}

// assigning is one call of Assign; low is nil where everything is done in double.
type assigning struct {
	a       *Assigner
	label   []int32
	centres Points
	low     []float32
	longest float64
	gamma   float64
	changed int // labels
}

// Host implements compute.AssignTask.
func (w *assigning) Host() {
	n := w.a.x.Len()
	parts := par.Chunks(n, partRows)
	w.changed = par.Reduce(parts, (parts+63)/64, func(_, lo, hi int) int {
		return w.span(lo*partRows, min(hi*partRows, n))
	}, func(x, y int) int { return x + y })
}

// Dims implements compute.AssignTask.
func (w *assigning) Dims() (rows, centres, columns int) {
	return w.a.x.Len(), w.centres.N, w.centres.D
}

// Rows writes rounded rows.
func (w *assigning) Rows(dst []float32, lo, hi int) {
	d, parts := w.centres.D, par.Chunks(hi-lo, partRows)
	par.For(parts, 2*d*partRows, func(from, to int) {
		buf, moved := make([]float64, partRows*d), make([]float64, partRows*d)
		for p := from; p < to; p++ {
			first := lo + p*partRows
			last := min(first+partRows, hi)
			w.a.f.roundRows(dst[(first-lo)*d:(last-lo)*d], w.a.norms[first:last], w.a.x.Block(first, last, buf), moved[:(last-first)*d])
		}
	})
}

// Centres are rounded as rows are; none, where everything is done in double.
func (w *assigning) Centres() []float32 { return w.low }

// Take measures in double where rounding may have misjudged.
func (w *assigning) Take(at []int32, least, second []float32) {
	w.changed = par.Reduce(len(at), 4096, func(_, lo, hi int) int {
		s := &workspace{row: make([]float64, w.centres.D)}
		for i := lo; i < hi; i++ {
			w.decide(s, i, least[i], second[i], int(at[i]), nil, 0)
		}
		return s.changed
	}, func(x, y int) int { return x + y })
}

// Kept implements compute.AssignTask.
func (w *assigning) Kept() *compute.Kept {
	if w.a.once {
		return nil
	}
	return &w.a.kept
}

// workspace is the memory of a core for one part.
type workspace struct {
	row           []float64
	rounded       []float32
	squares       []float32
	least, second [2][]float32
	at            [2][]int32
	active        []int
	changed       int
	block, moved  []float64             // rows of a part, and they moved and scaled
	points        *kern.Points[float32] // made of them
}

// span labels the rows lo to hi, which begin with a part.
func (w *assigning) span(lo, hi int) int {
	k, d := w.centres.N, w.centres.D
	s, ok := w.a.spare.Get().(*workspace)
	if !ok {
		s = &workspace{row: make([]float64, d)}
	}
	defer w.a.spare.Put(s)
	s.changed = 0
	if w.low == nil {
		for i := lo; i < hi; i++ {
			w.set(s, i, w.measure(s, i, nil, 0, 0))
		}
		return s.changed
	}
	if held := min(k, partCentres) * partRows; len(s.squares) < held {
		s.squares = make([]float32, held)
	}
	for b := range 2 {
		if s.least[b] != nil {
			break
		}
		s.least[b], s.second[b], s.at[b] = make([]float32, partRows), make([]float32, partRows), make([]int32, partRows)
	}
	for i := lo; i < hi; i += partRows {
		w.part(s, i, min(i+partRows, hi))
	}
	return s.changed
}

// part labels the rows of one part, or those of them that their bounds do not settle.
func (w *assigning) part(s *workspace, lo, hi int) {
	a := w.a
	if a.once {
		w.compare(s, w.roundPart(s, lo, hi), func(j int) int { return lo + j })
		return
	}
	if a.upper == nil {
		w.compare(s, a.parts[lo/partRows], func(j int) int { return lo + j })
		return
	}
	s.active = s.active[:0]
	for i := lo; i < hi; i++ {
		if !(a.upper[i] < a.lower[i]) {
			s.active = append(s.active, i)
		}
	}
	switch {
	case len(s.active) == 0:
	case 3*len(s.active) > hi-lo:
		w.compare(s, a.parts[lo/partRows], func(j int) int { return lo + j })
	default: // few rows are brought together
		d := w.centres.D
		if s.rounded == nil {
			s.rounded = make([]float32, partRows*d)
		}
		for j, i := range s.active {
			a.f.round(s.rounded[j*d:(j+1)*d], a.x.Row(i, s.row))
		}
		w.compare(s, kern.NewPoints(len(s.active), d, s.rounded, d), func(j int) int { return s.active[j] })
	}
}

// roundPart moves, scales and rounds the rows of a part.
func (w *assigning) roundPart(s *workspace, lo, hi int) *kern.Points[float32] {
	d, n := w.centres.D, hi-lo
	if s.rounded == nil {
		s.rounded, s.block, s.moved = make([]float32, partRows*d), make([]float64, partRows*d), make([]float64, partRows*d)
	}
	w.a.f.roundRows(s.rounded[:n*d], w.a.norms[lo:hi], w.a.x.Block(lo, hi, s.block), s.moved[:n*d])
	if s.points == nil {
		s.points = kern.NewPoints(n, d, s.rounded, d)
	} else {
		s.points.Refill(n, s.rounded, d)
	}
	return s.points
}

// compare finds the nearest centre of some rows; row says which they are.
func (w *assigning) compare(s *workspace, rows *kern.Points[float32], row func(j int) int) {
	k, d := w.centres.N, w.centres.D
	n, _ := rows.Dims()
	for c := 0; c < k; c += partCentres {
		m := min(partCentres, k-c)
		rows.SqDists(m, w.low[c*d:], d, s.squares, partRows)
		b := min(c, 1)
		kern.LeastTwo(m, n, s.squares, partRows, s.least[b][:n], s.second[b][:n], s.at[b][:n])
		if c > 0 {
			s.join(n, int32(c))
		}
	}
	whole := s.squares
	if k > partCentres {
		whole = nil // only the last centres' squares are there
	}
	for j := range n {
		w.decide(s, row(j), s.least[0][j], s.second[0][j], int(s.at[0][j]), whole, j)
	}
}

// join brings what was found among the centres from first on together with what was found before.
func (s *workspace) join(n int, first int32) {
	for j := range n {
		if v := s.least[1][j]; v < s.least[0][j] {
			s.second[0][j] = min(s.least[0][j], s.second[1][j])
			s.least[0][j], s.at[0][j] = v, first+s.at[1][j]
		} else {
			s.second[0][j] = min(s.second[0][j], v)
		}
	}
}

// decide takes the centre of the least square for row i, or measures by doubles where others may have been misjudged.
func (w *assigning) decide(s *workspace, i int, least, second float32, at int, squares []float32, j int) {
	e := 1.01/(1<<24)*(w.a.norms[i]+w.longest) + 1e-20
	u := math.Sqrt(float64(least)/(1-w.gamma)) + e // the nearest is no farther
	limit := up((1 + w.gamma) * (u + e) * (u + e))
	alone := second > limit // false where single precision overflowed
	if !alone {
		at = w.measure(s, i, squares, limit, j)
	}
	w.set(s, i, at)
	if w.a.upper == nil {
		return
	}
	w.a.upper[i], w.a.lower[i] = up(u), -1 // to be looked at again
	if alone {
		w.a.lower[i] = down(math.Sqrt(float64(second)/(1+w.gamma)) - e)
	}
}

// measure finds the nearest by doubles among the centres whose squares (column j) are within the limit; among all if squares is nil.
func (w *assigning) measure(s *workspace, i int, squares []float32, limit float32, j int) int {
	x := w.a.x.Row(i, s.row)
	best, least := -1, math.Inf(1)
	for c := range w.centres.N {
		if squares != nil && squares[c*partRows+j] > limit {
			continue
		}
		if v := (Norm{2}).between(x, w.centres.Row(c)); v < least || best < 0 {
			best, least = c, v
		}
	}
	return best
}

func (w *assigning) set(s *workspace, i, c int) {
	if w.label[i] != int32(c) {
		w.label[i] = int32(c)
		s.changed++
	}
}

// ToRows writes the squared distances of every row to each of a few rows, len(at) x n, in a scale of its own; false, and nothing, if that is beyond single precision.
func (a *Assigner) ToRows(dst []float32, at []int) bool {
	if a.f == nil {
		return false
	}
	n, d := a.x.Dims()
	chosen, buf := make([]float32, len(at)*d), make([]float64, d)
	for c, i := range at {
		a.f.round(chosen[c*d:(c+1)*d], a.x.Row(i, buf))
	}
	par.For(len(a.parts), len(at)*partRows*d/16, func(lo, hi int) {
		for p := lo; p < hi; p++ {
			a.parts[p].SqDists(len(at), chosen, d, dst[p*partRows:], n)
		}
	})
	return true
}
