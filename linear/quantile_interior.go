package linear

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// quantileLP is the linear programme of one quantile: minimise Σ u_i ρ(y_i - x_i·b) + Σ penalty_j |b_j|, with ρ(r) = tau·r for r > 0 and
// (tau-1)·r below. Its dual is to maximise Σ (a_i - (1-tau)u_i) y_i over 0 <= a <= u with Xᵀ(a - (1-tau)u) = -c, |c_j| <= penalty_j.
//
// A penalised coefficient is one more row, with y = 0, x = the unit vector, u = 2·penalty and tau = 1/2: the vectors of the solvers
// are those of the rows with those of the penalties behind them.
type quantileLP struct {
	x       scaledRows
	n, m    int       // rows, columns with the intercept
	y       []float64 // about 1 in size
	u       []float64 // > 0: of the rows, then 2·penalty of the first columns
	tau     float64
	b       []float64 // the solution
	steps   int
	maxStep int
	watch   func(step int, loss float64) (stop bool, err error)
	loss    []float64
	matrix  []float64
	exact   bool    // least squares leaves no residuals: nothing can be better
	gap     float64 // duality gap, relative to the objective
	rank    int     // columns of the last basis
}

// penalties is the number of penalised columns.
func (p *quantileLP) penalties() int { return len(p.u) - p.n }

// share is what a is for a row on neither side: the dual's origin.
func (p *quantileLP) share(i int) float64 {
	if i < p.n {
		return (1 - p.tau) * p.u[i]
	}
	return p.u[i] / 2
}

// mul is X b with the penalised coefficients behind it.
func (p *quantileLP) mul(dst, b []float64) {
	p.x.mul(dst[:p.n], b)
	copy(dst[p.n:], b)
}

// trans is the transpose of mul.
func (p *quantileLP) trans(dst, v []float64) {
	p.x.trans(dst, v[:p.n])
	for j, t := range v[p.n:] {
		dst[j] += t
	}
}

// objective of residuals y - Xb and, behind them, -b.
func (p *quantileLP) objective(r []float64) float64 {
	sum := 0.0
	for i, v := range r {
		if v > 0 {
			sum += (p.u[i] - p.share(i)) * v
		} else {
			sum -= p.share(i) * v
		}
	}
	return sum
}

// interior solves the programme to a relative duality gap of about 1e-9 by Frisch's and Newton's method with Mehrotra's corrector (Portnoy
// and Koenker, Statistical Science 12 (1997)), and returns the dual solution a and q, which tells rows that are fitted exactly (large)
// from others (near 0).
func (p *quantileLP) interior() (a, q []float64, stopped bool, err error) {
	size := len(p.u)
	buf := make([]float64, 12*size)
	vec := func() []float64 {
		v := buf[:size:size]
		buf = buf[size:]
		return v
	}
	a, q = vec(), vec()
	s, z, w, r, da, dz, dw, xi, fit, tmp := vec(), vec(), vec(), vec(), vec(), vec(), vec(), vec(), vec(), vec()
	rhs, db := make([]float64, p.m), make([]float64, p.m)
	for i := range a {
		a[i] = p.share(i)
		s[i] = p.u[i] - a[i]
		q[i] = p.u[i]
	}
	// Start from weighted least squares.
	solver := p.newSystem(q)
	if solver == nil {
		return a, q, false, nil
	}
	for i, v := range p.y {
		tmp[i] = q[i] * v
	}
	p.trans(rhs, tmp)
	solver.solve(p.b, rhs)
	p.residuals(r, p.b)
	for range 2 { // of refinement, in case the rows can be fitted exactly
		for i, v := range r {
			tmp[i] = q[i] * v
		}
		p.trans(rhs, tmp)
		solver.solve(db, rhs)
		linalg.Axpy(1, db, p.b)
		p.residuals(r, p.b)
	}
	if linalg.MaxAbs(r) <= roundingOfY {
		p.exact, p.loss = true, []float64{p.objective(r)}
		return a, q, false, nil
	}
	for i, v := range r {
		const least = 1e-3
		z[i], w[i] = least+max(-v, 0), least+max(v, 0)
	}
	for range p.maxStep {
		gap := 0.0
		for i := range a {
			gap += z[i]*a[i] + w[i]*s[i]
			r[i] = w[i] - z[i]
			q[i] = 1 / (z[i]/a[i] + w[i]/s[i])
		}
		loss := p.objective(r)
		p.gap = gap / p.least(loss)
		if p.steps > 0 {
			p.loss = append(p.loss, loss)
			if stopped, err = p.watch(p.steps, loss); err != nil || stopped {
				return a, q, stopped, err
			}
		}
		const tol = 1e-9
		if gap <= tol*max(loss, tol*float64(p.n)) || math.IsNaN(gap) {
			break
		}
		if solver = p.newSystem(q); solver == nil {
			break
		}
		p.steps++
		direction := func() (fp, fd float64) {
			for i := range tmp {
				tmp[i] = q[i] * (r[i] + xi[i])
			}
			p.trans(rhs, tmp)
			solver.solve(db, rhs)
			p.mul(fit, db)
			fp, fd = math.Inf(1), math.Inf(1)
			for i := range da {
				d := q[i] * (r[i] + xi[i] - fit[i])
				// With xi = mu/a - mu/s and the second-order terms: what the affine step leaves.
				ca, cs := dz[i], dw[i]
				za := ca/a[i] - z[i] - z[i]/a[i]*d
				ws := cs/s[i] - w[i] + w[i]/s[i]*d
				da[i], dz[i], dw[i] = d, za, ws
				if d < 0 {
					fp = min(fp, -a[i]/d)
				} else if d > 0 {
					fp = min(fp, s[i]/d)
				}
				if za < 0 {
					fd = min(fd, -z[i]/za)
				}
				if ws < 0 {
					fd = min(fd, -w[i]/ws)
				}
			}
			const back = 0.9995
			return min(back*fp, 1), min(back*fd, 1)
		}
		clear(xi)
		clear(dz)
		clear(dw)
		fp, fd := direction()
		if min(fp, fd) < 1 {
			after := 0.0
			for i := range a {
				after += (z[i]+fd*dz[i])*(a[i]+fp*da[i]) + (w[i]+fd*dw[i])*(s[i]-fp*da[i])
			}
			ratio := after / gap
			mu := gap * ratio * ratio * ratio / float64(2*size)
			for i := range a {
				dz[i], dw[i] = mu-da[i]*dz[i], mu+da[i]*dw[i]
				xi[i] = dz[i]/a[i] - dw[i]/s[i]
			}
			fp, fd = direction()
		}
		if !(max(fp, fd) > 1e-10) {
			break
		}
		for i := range a {
			a[i] += fp * da[i]
			s[i] -= fp * da[i]
			z[i] += fd * dz[i]
			w[i] += fd * dw[i]
		}
		linalg.Axpy(fd, db, p.b)
	}
	return a, q, false, nil
}

// roundingOfY is what arithmetic leaves of numbers of about 1.
const roundingOfY = 1e-12

// least is what a gap is measured by: the objective or, where hardly a residual is left, a millionth of what y would give.
func (p *quantileLP) least(objective float64) float64 { return max(objective, 1e-6*float64(p.n)) }

// residuals are those of the rows and, behind them, -b.
func (p *quantileLP) residuals(r, b []float64) {
	p.mul(r, b)
	for i, v := range r {
		r[i] = -v
		if i < p.n {
			r[i] += p.y[i]
		}
	}
}

// square is scratch for the matrix of one step.
func (p *quantileLP) square(n int) []float64 {
	if len(p.matrix) != n*n {
		p.matrix = make([]float64, n*n)
	}
	return p.matrix
}

// system solves (Xᵀ diag(q) X + diag(q of the penalties)) b = rhs.
type system interface{ solve(b, rhs []float64) }

func (p *quantileLP) newSystem(q []float64) system {
	if k := p.penalties(); k > p.n {
		return p.newWide(q)
	}
	g := p.square(p.m)
	for ridge := 1e-13; ridge < 1e-3; ridge *= 1000 { // dependent columns are harmless here: the vertex drops them
		p.x.gram(g, q[:p.n])
		for j := range p.m {
			at := j*p.m + j
			if j < p.penalties() {
				g[at] += q[p.n+j]
			}
			g[at] += ridge*g[at] + math.SmallestNonzeroFloat64
		}
		if c := linalg.NewCholesky(g, p.m); c != nil {
			return primalSystem{c}
		}
	}
	return nil
}

type primalSystem struct{ *linalg.Cholesky }

func (c primalSystem) solve(b, rhs []float64) {
	copy(b, rhs)
	c.Solve(b)
}

// wideSystem is for more penalised columns than rows: by Woodbury's identity a matrix of rows x rows is factored. The intercept, which has no
// penalty, borders it.
type wideSystem struct {
	*quantileLP
	inverse []float64 // of the penalties' q
	chol    *linalg.Cholesky
	border  []float64 // Xᵀq of the penalised columns; nil without an intercept
	solved  []float64 // the system's solution for border
	corner  float64
	rows    []float64
	full    []float64
}

func (p *quantileLP) newWide(q []float64) system {
	k := p.penalties()
	s := &wideSystem{quantileLP: p, inverse: make([]float64, k), rows: make([]float64, p.n), full: make([]float64, p.m)}
	for j := range s.inverse {
		s.inverse[j] = 1 / q[p.n+j]
	}
	g := p.square(p.n)
	outerGram(g, p.x, s.inverse)
	for i := range p.n {
		g[i*p.n+i] += 1 / q[i]
	}
	if s.chol = linalg.NewCholesky(g, p.n); s.chol == nil {
		return nil
	}
	if k < p.m {
		p.x.trans(s.full, q[:p.n])
		s.corner = s.full[k]
		s.border = append([]float64(nil), s.full[:k]...)
		s.solved = make([]float64, k)
		s.penalized(s.solved, s.border)
		s.corner -= linalg.Dot(s.border, s.solved)
	}
	return s
}

// penalized solves without the intercept.
func (s *wideSystem) penalized(b, rhs []float64) {
	k := len(s.inverse)
	clear(s.full)
	for j, e := range s.inverse {
		s.full[j] = e * rhs[j]
	}
	s.x.mul(s.rows, s.full)
	s.chol.Solve(s.rows)
	s.x.trans(s.full, s.rows)
	for j, e := range s.inverse[:k] {
		b[j] = e * (rhs[j] - s.full[j])
	}
}

func (s *wideSystem) solve(b, rhs []float64) {
	k := len(s.inverse)
	s.penalized(b[:k], rhs[:k])
	if s.border != nil {
		b[k] = (rhs[k] - linalg.Dot(s.border, b[:k])) / s.corner
		linalg.Axpy(-b[k], s.solved, b[:k])
	}
}
