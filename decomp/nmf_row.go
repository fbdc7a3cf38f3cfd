package decomp

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// rowSolver finds the shares of given parts in one row at a time.
type rowSolver struct {
	c          NMF
	k, p       int
	h          []float64 // parts in columns, p x k
	gram, sums []float64
	l1, l2     float64
}

type solverRoom struct {
	entries  rows.Entries
	cols     []int32
	vals     []float64
	up, down []float64
}

func newRowSolver(c NMF, parts [][]float64, p int) *rowSolver {
	s := &rowSolver{c: c, k: len(parts), p: p, h: make([]float64, p*len(parts))}
	for k, row := range parts {
		for j, v := range row {
			s.h[j*s.k+k] = v
		}
	}
	s.gram, s.sums = gramOf(s.h, s.k), columnSums(s.h, s.k, nil)
	w := c.AlphaW * float64(p)
	s.l1, s.l2 = w*c.L1, w*(1-c.L1)
	if c.descends() {
		for i := range s.k {
			s.gram[i*s.k+i] += s.l2
		}
	}
	return s
}

func (s *rowSolver) room() *solverRoom {
	return &solverRoom{cols: make([]int32, 0, s.p), vals: make([]float64, 0, s.p), up: make([]float64, s.k), down: make([]float64, s.k)}
}

// row sets w to the shares in a row of which what is not zero is given.
func (s *rowSolver) row(r *solverRoom, w []float64, cols []int32, vals []float64) {
	if s.c.descends() {
		s.descend(r, w, cols, vals)
		return
	}
	mean := 0.0
	for _, v := range vals {
		mean += v / float64(s.p)
	}
	for k := range w {
		w[k] = math.Sqrt(mean / float64(s.k))
	}
	for range s.c.MaxIter {
		clear(r.up)
		clear(r.down)
		slopes(s.c.Loss, w, r.up, r.down, cols, vals, s.h, s.gram, s.sums)
		moved, size := 0.0, 0.0
		for k, old := range w {
			d := r.down[k] + s.l1 + float64(s.l2*old)
			if d == 0 {
				d = least
			}
			ratio := r.up[k] / d
			if s.c.Loss == ItakuraSaito {
				ratio = math.Sqrt(ratio)
			}
			w[k] *= ratio
			moved, size = max(moved, math.Abs(w[k]-old)), max(size, w[k])
		}
		if moved <= s.c.Tol*1e-2*size {
			return
		}
	}
}

func (s *rowSolver) descend(r *solverRoom, w []float64, cols []int32, vals []float64) {
	clear(w)
	clear(r.up)
	for a, j := range cols {
		linalg.Axpy(-vals[a], s.h[int(j)*s.k:(int(j)+1)*s.k], r.up)
	}
	for k := range r.up {
		r.up[k] += s.l1
	}
	first := 0.0
	for it := range s.c.MaxIter {
		moved := sweepRow(w, r.up, s.gram)
		if it == 0 {
			first = moved
		}
		if moved <= s.c.Tol*first {
			return
		}
	}
}

// sweepRow moves the numbers of a row in turn; slope is the loss's along each, and follows the moves.
func sweepRow(x, slope, gram []float64) float64 {
	sum, k := 0.0, len(x)
	for t, v := range x {
		if v == 0 {
			sum += math.Abs(min(slope[t], 0))
		} else {
			sum += math.Abs(slope[t])
		}
		if bend := gram[t*k+t]; bend != 0 {
			x[t] = max(v-slope[t]/bend, 0)
			if moved := x[t] - v; moved != 0 {
				linalg.Axpy(moved, gram[t*k:(t+1)*k], slope)
			}
		}
	}
	return sum
}
