package linear

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// keptColumns keeps columns of X at hand from one model to the next.
type keptColumns struct {
	csc   *cscColumns
	dense map[int][]float64 // centred
}

// sparse is the transposed copy of a sparse X, not centred.
func (s *keptColumns) sparse(f *proximal) *cscColumns {
	if s.csc == nil {
		s.csc = (&rowCurvature{design: &design{source: f.source}, stored: f.stored()}).transpose()
	}
	return s.csc
}

// fetch copies the columns that are not there yet.
func (s *keptColumns) fetch(f *proximal, cols []int) {
	if s.dense == nil {
		s.dense = make(map[int][]float64)
	}
	var missing []int
	for _, j := range cols {
		if _, ok := s.dense[j]; !ok {
			s.dense[j] = make([]float64, f.rows)
			missing = append(missing, j)
		}
	}
	if len(missing) == 0 {
		return
	}
	to := make([][]float64, len(missing))
	for k, j := range missing {
		to[k] = s.dense[j]
	}
	const tile = 64
	par.For((f.rows+tile-1)/tile, tile*len(missing)*2, func(lo, hi int) {
		buf := f.scratch()
		for i := lo * tile; i < min(hi*tile, f.rows); i++ {
			x := f.row(i, buf)
			for k, j := range missing {
				to[k][i] = x[j] - f.center[j]
			}
		}
	})
}

// pairColumns is a workspace that keeps what a change of the coefficients does to the scores: a step costs the numbers stored in a column, and
// a change of score as much as there are rows.
type pairColumns struct {
	localState
	model    *logModel
	csc      *cscColumns // nil: dense
	cross    []float64   // len(work) x k: Σ x M, what a coefficient does to the pulls at the intercepts
	follow   []float64   // len(work) x k: how the intercepts follow a coefficient
	inter    []float64   // k: what the intercepts have followed so far
	p, h, w  []float64   // k x rows, score by score: p, w·p(1-p), w·p
	d        []float64   // k x rows: XB
	mean     []float64   // rows: Σ p d
	others   []float64   // rows: that of the scores other than the one at work
	e, spare []float64   // rows: M d of the score at work
	class    int         // at work, -1 for none
}

func (m *logModel) pairColumns(ctx context.Context, s *pairColumns, work []int) (*pairColumns, error) {
	k, n := m.k, m.rows
	if s == nil {
		s = &pairColumns{localState: localState{tasks: 1}, model: m, inter: make([]float64, k), d: make([]float64, k*n), mean: make([]float64, n),
			others: make([]float64, n), e: make([]float64, n), spare: make([]float64, n), class: -1}
		s.turn()
		if m.sparse() {
			s.csc = m.columns.sparse(m.proximal)
		}
	}
	known := len(s.work)
	if known == len(work) {
		return s, nil
	}
	if s.csc == nil {
		cols := make([]int, 0, len(work)-known)
		for _, i := range work[known:] {
			cols = append(cols, i%m.cols)
		}
		m.columns.fetch(m.proximal, cols)
	}
	curve := append([]float64(nil), s.curve...)
	s.resize(work)
	copy(s.curve, curve)
	s.cross = append(s.cross, make([]float64, (len(work)-known)*k)...)
	s.follow = append(s.follow, make([]float64, (len(work)-known)*k)...)
	par.For(len(work)-known, (k+2)*n/2, func(lo, hi int) {
		for place := known + lo; place < known+hi; place++ {
			s.measure(place)
		}
	})
	return s, ml.Done(ctx)
}

// turn writes what the rows have score by score.
func (s *pairColumns) turn() {
	m := s.model
	k, n := m.k, m.rows
	all := make([]float64, 3*k*n)
	s.p, s.h, s.w = all[:k*n], all[k*n:2*k*n], all[2*k*n:]
	par.For(n, 6*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			w := m.share(i)
			for c := range k {
				p := m.p[i*k+c]
				if w == 0 {
					p = 0
				}
				s.p[c*n+i], s.h[c*n+i], s.w[c*n+i] = p, 0, w*p
				if w > 0 {
					s.h[c*n+i] = m.curve(i, c)
				}
			}
		}
	})
}

// measure fills what the pair at a place has to do with the intercepts, and its curvature.
func (s *pairColumns) measure(place int) {
	m := s.model
	k, n := m.k, m.rows
	c, j := s.work[place]/m.cols, s.work[place]%m.cols
	cross := s.cross[place*k : (place+1)*k]
	h, w := s.h[c*n:(c+1)*n], s.w[c*n:(c+1)*n]
	square := 0.0
	if s.csc != nil {
		rows, vals := s.csc.column(j)
		for q, i := range rows {
			v := vals[q]
			square += v * v * h[i]
			cross[c] += v * h[i]
			for l := range k {
				if l != c {
					cross[l] -= v * w[i] * s.p[l*n+int(i)]
				}
			}
		}
	} else {
		x := m.columns.dense[j]
		for i, v := range x {
			square += v * v * h[i]
			cross[c] += v * h[i]
		}
		for l := range k {
			if l == c {
				continue
			}
			p := s.p[l*n : (l+1)*n]
			for i, v := range x {
				cross[l] -= v * w[i] * p[i]
			}
		}
	}
	if m.fitted {
		follow := s.follow[place*k : (place+1)*k]
		copy(follow, cross)
		m.inverse.solve(follow)
		square -= linalg.Dot(follow, cross)
	}
	s.curve[place] = m.steady(square, s.work[place])
}

func (s *pairColumns) local() *localState         { return &s.localState }
func (s *pairColumns) jump([]int32, penalty) bool { return false }

// start computes the scores of the coefficients.
func (s *pairColumns) start() {
	m := s.model
	n := m.rows
	clear(s.d)
	clear(s.inter)
	clear(s.mean)
	s.class = -1
	for place, i := range s.work {
		b := s.b[place]
		if b == 0 {
			continue
		}
		c := i / m.cols
		s.addColumn(s.d[c*n:(c+1)*n], i%m.cols, b)
		linalg.Axpy(-b, s.follow[place*m.k:(place+1)*m.k], s.inter)
	}
	for c := range m.k {
		kern.Mul(s.spare, s.p[c*n:(c+1)*n], s.d[c*n:(c+1)*n])
		kern.Add(s.mean, s.mean, s.spare)
	}
}

// addColumn adds a multiple of a column.
func (s *pairColumns) addColumn(dst []float64, j int, by float64) {
	if s.csc == nil {
		kern.Axpy(by, s.model.columns.dense[j], dst)
		return
	}
	rows, vals := s.csc.column(j)
	kern.SparseAxpy(by, vals, rows, dst)
}

// enter makes a score the one at work.
func (s *pairColumns) enter(c int) {
	if c == s.class {
		return
	}
	s.leave()
	n := s.model.rows
	p, d, h, w := s.p[c*n:(c+1)*n], s.d[c*n:(c+1)*n], s.h[c*n:(c+1)*n], s.w[c*n:(c+1)*n]
	s.class = c
	kern.Mul(s.e, h, d)
	if s.model.k == 1 {
		return
	}
	kern.Mul(s.spare, p, d)
	copy(s.others, s.mean)
	kern.Axpy(-1, s.spare, s.others)
	kern.Mul(s.spare, w, s.others)
	kern.Axpy(-1, s.spare, s.e)
}

func (s *pairColumns) leave() {
	if c, n := s.class, s.model.rows; c >= 0 && s.model.k > 1 {
		kern.Mul(s.spare, s.p[c*n:(c+1)*n], s.d[c*n:(c+1)*n])
		kern.Add(s.mean, s.others, s.spare)
	}
	s.class = -1
}

// gradientOf is one element of q, of the score at work.
func (s *pairColumns) gradientOf(place int) float64 {
	m := s.model
	j := s.work[place] % m.cols
	q := s.c[place]
	if s.csc == nil {
		q -= kern.Dot(m.columns.dense[j], s.e)
	} else {
		rows, vals := s.csc.column(j)
		q -= kern.SparseDot(vals, rows, s.e)
	}
	if m.fitted {
		q -= linalg.Dot(s.cross[place*m.k:(place+1)*m.k], s.inter)
	}
	return q
}

// move adds to a coefficient of the score at work.
func (s *pairColumns) move(place int, by float64) {
	m := s.model
	n, c, j := m.rows, s.class, s.work[place]%m.cols
	d, h := s.d[c*n:(c+1)*n], s.h[c*n:(c+1)*n]
	if s.csc == nil {
		x := m.columns.dense[j]
		kern.Axpy(by, x, d)
		kern.Mul(s.spare, h, x)
		kern.Axpy(by, s.spare, s.e)
	} else {
		rows, vals := s.csc.column(j)
		for q, i := range rows {
			v := by * vals[q]
			d[i] += v
			s.e[i] += v * h[i]
		}
	}
	linalg.Axpy(-by, s.follow[place*m.k:(place+1)*m.k], s.inter)
}

func (s *pairColumns) sweep(places []int32, pen penalty) float64 {
	lost := 0.0
	for _, place := range places {
		p := int(place)
		curve := s.curve[p]
		if curve == 0 {
			continue
		}
		s.enter(s.work[p] / s.model.cols)
		next := pen.shrink(s.gradientOf(p)+curve*s.b[p], curve+pen.l2)
		step := next - s.b[p]
		if step == 0 {
			continue
		}
		s.b[p] = next
		lost += step * step / 2 * (curve + pen.l2)
		s.move(p, step)
	}
	return lost
}

func (s *pairColumns) settle() {
	m := s.model
	byClass := make([][]int, m.k)
	for place, i := range s.work {
		byClass[i/m.cols] = append(byClass[i/m.cols], place)
	}
	for c, places := range byClass {
		if len(places) == 0 {
			continue
		}
		s.enter(c)
		par.For(len(places), m.rows/8, func(lo, hi int) {
			for _, place := range places[lo:hi] {
				s.q[place] = s.gradientOf(place)
			}
		})
	}
}
