package linalg

import "math"

// NNLS minimises |R x - c| over x >= 0 by the active-set method of Lawson and Hanson, "Solving Least Squares Problems" (1974),
// chapter 23, with columns scaled to unit length. Tol is relative to |c|: a column enters only if the gain per unit of it exceeds
// Tol*|c|. It ends at the optimum, after MaxSteps, or when Step, called with the residual's length after each, says so.
type NNLS struct {
	Tol      float64
	MaxSteps int
	Step     func(step int, residual float64) (stop bool, err error)
}

// Solve writes the solution to x for rt, rows of cols+1 numbers: R and c side by side. Whenever it ends, x is feasible.
func (o NNLS) Solve(x, rt []float64, rows, cols int) (Result, error) {
	s := newNNLS(rt, rows, cols)
	tol := o.Tol * Norm(s.c)
	steps := 0
	result := func(done, stopped bool) (Result, error) {
		s.write(x)
		return Result{Done: done, Stopped: stopped, Iterations: steps}, nil
	}
	for {
		j := s.best(tol)
		if j < 0 {
			return result(true, false)
		}
		if steps == o.MaxSteps {
			return result(false, false)
		}
		steps++
		if s.enter(j) {
			s.settle(j)
		}
		if stop, err := o.Step(steps, Norm(s.c[len(s.passive):])); err != nil {
			return Result{}, err
		} else if stop {
			return result(false, true)
		}
	}
}

// nnls keeps the columns of E = Qᵀ R and f = Qᵀ c with the passive columns upper triangular in the order of passive.
type nnls struct {
	rows, cols int
	e          []float64 // column-major: column j is e[j*rows : (j+1)*rows]
	c          []float64
	scale      []float64
	passive    []int
	in         []bool
	refused    []bool    // columns that cannot help until the passive set changes
	x          []float64 // current feasible point
}

func newNNLS(rt []float64, rows, cols int) *nnls {
	s := &nnls{rows: rows, cols: cols, e: make([]float64, rows*cols), c: make([]float64, rows), scale: make([]float64, cols),
		in: make([]bool, cols), refused: make([]bool, cols), x: make([]float64, cols)}
	for i := range rows {
		row := rt[i*(cols+1) : (i+1)*(cols+1)]
		for j, v := range row[:cols] {
			s.e[j*rows+i] = v
		}
		s.c[i] = row[cols]
	}
	for j := range cols {
		col := s.column(j)
		if n := Norm(col); n > 0 {
			s.scale[j] = 1 / n
			for i := range col {
				col[i] *= s.scale[j]
			}
		}
	}
	return s
}

func (s *nnls) column(j int) []float64 { return s.e[j*s.rows : (j+1)*s.rows] }

// best is the column outside the passive set with the largest gain, -1 for none. The passive rows of the residual are
// zero, so only the rows below them count.
func (s *nnls) best(tol float64) int {
	k := len(s.passive)
	best, at := tol, -1
	for j := range s.cols {
		if s.in[j] || s.refused[j] || s.scale[j] == 0 {
			continue
		}
		if g := Dot(s.c[k:], s.column(j)[k:]); g > best {
			best, at = g, j
		}
	}
	return at
}

// enter makes column j passive: a reflection brings it to triangular form and is applied to the other columns. It is false
// if the column depends on the passive ones.
func (s *nnls) enter(j int) bool {
	k := len(s.passive)
	v := append([]float64(nil), s.column(j)[k:]...)
	norm := Norm(v)
	const dependent = 1e-14 // of a unit column
	if norm <= dependent {
		s.refused[j] = true
		return false
	}
	alpha := -math.Copysign(norm, v[0])
	v[0] -= alpha
	beta := 1 / (norm * math.Abs(v[0]))
	reflect := func(y []float64) { Axpy(-beta*Dot(v, y), v, y) }
	for l := range s.cols {
		if !s.in[l] && l != j {
			reflect(s.column(l)[k:])
		}
	}
	reflect(s.c[k:])
	col := s.column(j)[k:]
	clear(col)
	col[0] = alpha
	s.in[j] = true
	s.passive = append(s.passive, j)
	clear(s.refused)
	return true
}

// settle moves to the unconstrained optimum of the passive columns, and drops those that would turn negative on the way.
// entered is the column that came last: if rounding alone let it in it leaves at once, and stays out until another enters.
func (s *nnls) settle(entered int) {
	for len(s.passive) > 0 {
		z := s.solve()
		step, drop := 1.0, -1
		for i, j := range s.passive {
			if z[i] > 0 {
				continue
			}
			t := 0.0
			if s.x[j] > 0 {
				t = s.x[j] / (s.x[j] - z[i])
			}
			if drop < 0 || t < step {
				step, drop = t, i
			}
		}
		if drop < 0 {
			for i, j := range s.passive {
				s.x[j] = z[i]
			}
			return
		}
		for i, j := range s.passive {
			s.x[j] += step * (z[i] - s.x[j])
		}
		first := s.passive[drop]
		s.x[first] = 0
		for i := len(s.passive) - 1; i >= 0; i-- {
			if j := s.passive[i]; s.x[j] <= 0 {
				s.x[j] = 0
				s.leave(i)
			}
		}
		s.refused[entered] = s.refused[entered] || first == entered && step == 0
	}
}

// solve is back substitution in the triangle of the passive columns.
func (s *nnls) solve() []float64 {
	k := len(s.passive)
	z := append([]float64(nil), s.c[:k]...)
	for i := k - 1; i >= 0; i-- {
		col := s.column(s.passive[i])
		z[i] /= col[i]
		Axpy(-z[i], col[:i], z[:i])
	}
	return z
}

// leave takes the i-th passive column out; plane rotations make the rest triangular again.
func (s *nnls) leave(i int) {
	s.in[s.passive[i]] = false
	s.passive = append(s.passive[:i], s.passive[i+1:]...)
	for ; i < len(s.passive); i++ {
		col := s.column(s.passive[i])
		r := math.Hypot(col[i], col[i+1])
		cos, sin := col[i]/r, col[i+1]/r
		rotate := func(y []float64) {
			y[i], y[i+1] = cos*y[i]+sin*y[i+1], cos*y[i+1]-sin*y[i]
		}
		for l := range s.cols {
			rotate(s.column(l))
		}
		rotate(s.c)
		col[i], col[i+1] = r, 0
	}
}

func (s *nnls) write(x []float64) {
	for j := range x {
		x[j] = s.x[j] * s.scale[j]
	}
}
