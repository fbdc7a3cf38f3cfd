package kernel

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// smo is the problem of one block. What cannot move is told apart by infinities added to its value, so that a search is a few maps over the block.
type smo struct {
	q, m, groups int
	k            []float64 // m x m kernel values of the rows
	at           []int     // the row of each variable
	twins        bool      // some share a row
	diag         []float64
	y, a, c, v   []float64
	rise, fall   [2][]float64 // 0 if a variable of the group can, an infinity below or above if not
	tol          float64

	size, gain, curve, gather []float64
}

// tinyCurve stands for curvatures that are not above 0.
const tinyCurve = 1e-12

func newSMO(q, m int, k []float64, at []int, tol float64) *smo {
	s := &smo{q: q, m: m, groups: 1, k: k, at: at, twins: q > m, tol: tol}
	room := make([]float64, 13*q)
	for _, p := range []*[]float64{&s.diag, &s.y, &s.a, &s.c, &s.v, &s.rise[0], &s.fall[0], &s.rise[1], &s.fall[1], &s.size, &s.gain, &s.curve, &s.gather} {
		*p, room = room[:q:q], room[q:]
	}
	for g := range 2 {
		for t := range q {
			s.rise[g][t], s.fall[g][t] = math.Inf(-1), math.Inf(1)
		}
	}
	return s
}

func (s *smo) put(t int, y, a, c, v, diag float64, group int) {
	s.y[t], s.a[t], s.c[t], s.v[t], s.diag[t] = y, a, c, v, diag
	s.groups = max(s.groups, group+1)
	s.free(t, group)
}

// free says where a variable can go.
func (s *smo) free(t, group int) {
	rise, fall := math.Inf(-1), math.Inf(1)
	if rises(s.y[t], s.a[t], s.c[t]) {
		rise = 0
	}
	if falls(s.y[t], s.a[t], s.c[t]) {
		fall = 0
	}
	s.rise[group][t], s.fall[group][t] = rise, fall
}

// row is the kernel values of variable i with all; the next call for the same room overwrites them.
func (s *smo) row(i int, room []float64) []float64 {
	row := s.k[s.at[i]*s.m : (s.at[i]+1)*s.m]
	if !s.twins {
		return row
	}
	for t, r := range s.at {
		room[t] = row[r]
	}
	return room
}

// run moves pairs of variables until no pair violates by more than tol.
func (s *smo) run() {
	for range 100 * s.q {
		bi, bj, bg, most, worst := -1, -1, 0, 0.0, 0.0
		for g := range s.groups {
			kern.Add(s.size, s.v, s.rise[g])
			i := kern.ArgMax(s.size)
			top := s.size[i]
			if !(top > math.Inf(-1)) {
				continue
			}
			// How far the others stand below, squared over the curvature.
			kern.Add(s.size, s.v, s.fall[g])
			kern.Shift(-1, top, s.size, s.size)
			kern.ReLU(s.size, s.size)
			worst = max(worst, kern.Max(s.size))
			kern.Shift(-2, s.diag[i], s.curve, s.row(i, s.curve))
			kern.Add(s.curve, s.curve, s.diag)
			for t, c := range s.curve {
				if !(c > 0) {
					s.curve[t] = tinyCurve
				}
			}
			kern.Mul(s.gain, s.size, s.size)
			kern.Div(s.gain, s.gain, s.curve)
			if j := kern.ArgMax(s.gain); s.gain[j] > most {
				bi, bj, bg, most = i, j, g, s.gain[j]
			}
		}
		if bi < 0 || worst <= s.tol {
			return
		}
		s.move(bi, bj, bg)
	}
}

// move takes the best step of y_i·a_i up and y_j·a_j down.
func (s *smo) move(i, j, group int) {
	ki := s.row(i, s.size)
	curve := s.diag[i] + s.diag[j] - float64(2*ki[j])
	if !(curve > 0) {
		curve = tinyCurve
	}
	limit := func(t int, up bool) (room, bound float64) {
		if up == (s.y[t] > 0) {
			return s.c[t] - s.a[t], s.c[t]
		}
		return s.a[t], 0
	}
	t := (s.v[i] - s.v[j]) / curve
	ri, bi := limit(i, true)
	rj, bj := limit(j, false)
	step := min(t, ri, rj)
	put := func(t int, room, bound, by float64) {
		if step == room {
			s.a[t] = bound
		} else {
			s.a[t] = min(max(s.a[t]+by, 0), s.c[t])
		}
		s.free(t, group)
	}
	put(i, ri, bi, s.y[i]*step)
	put(j, rj, bj, -s.y[j]*step)
	kern.Sub(s.gain, ki, s.row(j, s.gather))
	kern.Axpy(-step, s.gain, s.v)
}
