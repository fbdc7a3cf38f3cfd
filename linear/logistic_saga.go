package linear

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// saga minimises by steps along gradients of single rows. After each pass over the rows, the gradients of all of them are brought up to date, from which
// the gap follows, too, and intercepts are moved to their optimum.
func (p *logisticProblem) saga(ctx context.Context, watch logisticWatch, out *logisticOutcome) error {
	f, err := p.ready(ctx)
	if err != nil {
		return err
	}
	s := newSaga(f, p.Seed)
	end := outcome{}
	for stopped := false; ; end.sweeps++ {
		if p.NoPenalty {
			end.gap = f.slope()
		} else {
			end.certificate = f.certify()
		}
		if end.close(f, stopped) {
			break
		}
		if err := ml.Done(ctx); err != nil {
			return err
		}
		s.refresh()
		s.pass()
		s.store()
		if stopped, err = watch(end.sweeps+1, f.objective()); err != nil {
			return err
		}
	}
	out.dual(p, f, end)
	return nil
}

// saga is a fit under way. Columns are in units of the spread of dense ones and of the size of sparse ones; coefficients and gradients are k x cols.
type saga struct {
	*proximal
	random    *rand.Rand
	order     []int32   // rows of positive weight
	unit      []float64 // 1 / the unit of each column; 0 for constant ones
	l1, l2    []float64 // penalties of a step, in these units: times its length
	step      float64
	v, mean   []float64 // k x cols: coefficients, and the mean of the gradients that the rows had when they were last seen
	base      []float64 // k: intercepts
	meanBase  []float64 // k
	seen      []float64 // rows x k: p - y when a row was last seen
	fresh     []int     // cols: the steps that a column of a sparse X has made
	negCenter []float64
	done      int // steps in this pass
	x, z      []float64
	buf       *scratch
}

func newSaga(f *proximal, seed uint64) *saga {
	s := &saga{proximal: f, random: rng.New(seed, 0), unit: make([]float64, f.cols), l1: make([]float64, f.cols), l2: make([]float64, f.cols),
		v: make([]float64, len(f.b)), mean: make([]float64, len(f.b)), base: make([]float64, f.k), meanBase: make([]float64, f.k), seen: make([]float64, len(f.z)),
		fresh: make([]int, f.cols), negCenter: make([]float64, f.cols), x: make([]float64, f.cols), z: make([]float64, f.k), buf: f.scratch()}
	for i := range f.rows {
		if f.w(i) > 0 {
			s.order = append(s.order, int32(i))
		}
	}
	copy(s.unit, f.spread)
	if f.sparse() {
		s.sizes()
	} else {
		kern.Scal(-1, s.negCenter, f.center)
	}
	for j, u := range s.unit {
		s.unit[j] = 0
		if f.top[j] > 0 && u > 0 {
			s.unit[j] = 1 / u
		}
	}
	s.step = 1 / (3 * s.steepest())
	for j, u := range s.unit {
		s.l1[j], s.l2[j] = s.step*f.pen.l1*u, s.step*f.pen.l2*u*u
	}
	return s
}

// sizes makes the units of sparse columns: the root mean squares of what is not zero. The spread of a column that few rows have would make those rows
// long beside all others, and steps short.
func (s *saga) sizes() {
	count := make([]float64, s.cols)
	clear(s.unit)
	for _, i := range s.order {
		cols, vals := s.nonzeros(int(i), s.buf)
		for q, j := range cols {
			s.unit[j] += vals[q] * vals[q]
			count[j]++
		}
	}
	for j, n := range count {
		s.unit[j] = math.Sqrt(s.unit[j] / max(n, 1))
	}
}

// scale is the weight of a row beside the mean of those that have one.
func (s *saga) scale(i int) float64 { return s.share(i) * float64(len(s.order)) }

// steepest bounds the curvature of the loss of any row.
func (s *saga) steepest() float64 {
	bound := 0.25
	if s.k > 1 {
		bound = 0.5
	}
	most := math.SmallestNonzeroFloat64
	for _, r := range s.order {
		i, square := int(r), 0.0
		if s.sparse() {
			cols, vals := s.nonzeros(i, s.buf)
			for q, j := range cols {
				v := vals[q] * s.unit[j]
				square += v * v
			}
		} else {
			s.load(i)
			square = linalg.Dot(s.x, s.x)
		}
		if s.fitted {
			square++
		}
		most = max(most, bound*square*s.scale(i))
	}
	return most
}

// load reads a dense row, centred and scaled.
func (s *saga) load(i int) {
	kern.Add(s.x, s.row(i, s.buf), s.negCenter)
	kern.Mul(s.x, s.x, s.unit)
}

// refresh takes over the point of the proximal fit, and the gradients there.
func (s *saga) refresh() {
	for i, b := range s.b {
		j := i % s.cols
		s.v[i], s.mean[i] = 0, 0
		if u := s.unit[j]; u > 0 {
			s.v[i], s.mean[i] = b/u, -s.q[i]*u
			if s.sparse() {
				s.mean[i] -= s.center[j] * s.off[i/s.cols] * u
			}
		}
	}
	copy(s.base, s.shift)
	if s.sparse() {
		for c := range s.base {
			s.base[c] -= linalg.Dot(s.center, s.b[c*s.cols:(c+1)*s.cols])
		}
	}
	kern.Scal(-1, s.meanBase, s.off)
	for _, r := range s.order {
		i := int(r)
		w := s.share(i)
		for c := i * s.k; c < (i+1)*s.k; c++ {
			s.seen[c] = -s.res[c] / w
		}
	}
	clear(s.fresh)
	s.done = 0
}

// store gives the point back.
func (s *saga) store() {
	for i, v := range s.v {
		s.b[i] = v * s.unit[i%s.cols]
	}
	copy(s.shift, s.base)
	if s.sparse() {
		for c := range s.shift {
			s.shift[c] += linalg.Dot(s.center, s.b[c*s.cols:(c+1)*s.cols])
		}
	}
	s.scoresOf(s.proximal.z, s.b, s.shift)
	s.settle(s.shift)
	s.pulls(s.q, s.res)
}

// pass visits every row.
func (s *saga) pass() {
	rng.Shuffle(s.random, s.order)
	for _, r := range s.order {
		if s.sparse() {
			s.visitSparse(int(r))
		} else {
			s.visit(int(r))
		}
		s.done++
	}
	if s.sparse() {
		for j := range s.fresh {
			s.catchUp(j, s.done)
		}
	}
}

// visit makes a step for a dense row.
func (s *saga) visit(i int) {
	s.load(i)
	p := s.cols
	for c := range s.z {
		s.z[c] = s.base[c] + kern.Dot(s.x, s.v[c*p:(c+1)*p])
	}
	s.residual(i)
	for c, change := range s.z {
		v, mean, x := s.v[c*p:(c+1)*p], s.mean[c*p:(c+1)*p], s.x
		l1, l2 := s.l1[:len(x)], s.l2[:len(x)]
		by, share := s.step*change, change/float64(len(s.order))
		for j, x := range x {
			t := v[j] - by*x - s.step*mean[j]
			v[j] = shrunk(t, l1[j]) / (1 + l2[j])
			mean[j] += share * x
		}
		s.moveBase(c, change)
	}
}

// shrunk moves a number towards zero.
func shrunk(t, by float64) float64 {
	switch {
	case t > by:
		return t - by
	case t < -by:
		return t + by
	}
	return 0
}

func (s *saga) moveBase(c int, change float64) {
	if s.fitted {
		s.base[c] -= s.step * (change + s.meanBase[c])
		s.meanBase[c] += change / float64(len(s.order))
	}
}

// residual turns the scores z of row i into the change of its weighted p - y since it was seen.
func (s *saga) residual(i int) {
	z, seen, w, y := s.z, s.seen[i*s.k:(i+1)*s.k], s.scale(i), int(s.code[i])
	if s.k == 1 {
		z[0] = 1/(1+math.Exp(-z[0])) - float64(y)
	} else {
		top, sum := slices.Max(z), 0.0
		for c, v := range z {
			z[c] = math.Exp(v - top)
			sum += z[c]
		}
		for c := range z {
			z[c] /= sum
		}
		z[y]--
	}
	for c, v := range z {
		z[c] = w * (v - seen[c])
		seen[c] = v
	}
}

// visitSparse makes a step for a sparse row. Columns that it does not have move all the same, but that is made up for when one has them.
func (s *saga) visitSparse(i int) {
	cols, vals := s.nonzeros(i, s.buf)
	p := s.cols
	copy(s.z, s.base)
	for q, j := range cols {
		s.catchUp(int(j), s.done)
		x := vals[q] * s.unit[j]
		for c := range s.z {
			s.z[c] += x * s.v[c*p+int(j)]
		}
	}
	s.residual(i)
	for c, change := range s.z {
		by, share := s.step*change, change/float64(len(s.order))
		for q, j := range cols {
			k := c*p + int(j)
			x := vals[q] * s.unit[j]
			t := s.v[k] - by*x - s.step*s.mean[k]
			s.v[k] = shrunk(t, s.l1[j]) / (1 + s.l2[j])
			s.mean[k] += share * x
		}
		s.moveBase(c, change)
	}
	for _, j := range cols {
		s.fresh[j] = s.done + 1
	}
}

// catchUp makes the steps of a column up to a number.
func (s *saga) catchUp(j, to int) {
	n := to - s.fresh[j]
	s.fresh[j] = to
	if n == 0 || s.unit[j] == 0 {
		return
	}
	for k := j; k < len(s.v); k += s.cols {
		s.v[k] = drifted(s.v[k], s.step*s.mean[k], s.l1[j], s.l2[j], n)
	}
}

// drifted takes n steps v = shrunk(v - by, l1)/(1 + l2): between changes of sign they have a closed form.
func drifted(v, by, l1, l2 float64, n int) float64 {
	for n > 0 {
		if v == 0 {
			if math.Abs(by) <= l1 {
				return 0
			}
			v = shrunk(-by, l1) / (1 + l2)
			n--
			continue
		}
		drift := by + math.Copysign(l1, v)
		m := float64(n)
		if l2 == 0 {
			if left := v / drift; drift != 0 && left > 0 && left <= m { // it reaches zero on the way
				m = math.Floor(left)
			}
			if m > 0 && m*drift == v {
				m--
			}
			v -= m * drift
		} else {
			rest := -drift / l2
			if rest*v < 0 {
				left := math.Log(rest/(rest-v)) / -math.Log1p(l2)
				if left <= m {
					m = max(math.Floor(left)-1, 0)
				}
			}
			v = rest + math.Exp(-m*math.Log1p(l2))*(v-rest)
		}
		if n -= int(m); n > 0 {
			v = shrunk(v-by, l1) / (1 + l2)
			n--
		}
	}
	return v
}
