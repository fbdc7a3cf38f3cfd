package linalg

import "math"

// LSQR minimises |A x - b|² + damp²|x|² by the method of Paige and Saunders (ACM Trans. Math. Softw. 8 (1982)) from x = 0, so
// that the shortest of all solutions comes out. It ends when the residual is at most tol(|b| + |A||x|) or |Aᵀr| is at most
// tol|A||r|, after maxIter steps, or when step says so. gap is the value of the second criterion, or of the first where that
// one ended it.
type LSQR struct {
	Damp    float64
	Tol     float64                                                 // 0: 1e-10
	MaxIter int                                                     // 0: 4·(columns + 100)
	Step    func(iter int, residual float64) (stop bool, err error) // called after each step; nil: nobody watches
}

// Solve writes the solution to x. Numbers that are not finite end it, not done.
func (o LSQR) Solve(x []float64, a Operator, b []float64) (Result, error) {
	rows, cols := a.Dims()
	clear(x)
	if o.Tol == 0 {
		o.Tol = 1e-10
	}
	if o.MaxIter == 0 {
		o.MaxIter = 4 * (cols + 100)
	}
	if !AllFinite(b) {
		return Result{Gap: math.NaN()}, nil
	}
	u := append([]float64(nil), b...)
	beta := normalize(u)
	v := make([]float64, cols)
	a.MulTrans(v, u)
	alpha := normalize(v)
	if alpha*beta == 0 {
		return Result{Done: true}, nil // b is orthogonal to the columns: x = 0
	}
	w := append([]float64(nil), v...)
	tmpRows, tmpCols := make([]float64, rows), make([]float64, cols)
	phiBar, rhoBar := beta, alpha
	bnorm, anorm2, damped := beta, alpha*alpha, 0.0
	var gap float64
	for iter := 1; iter <= o.MaxIter; iter++ {
		a.Mul(tmpRows, v)
		for i := range u {
			u[i] = tmpRows[i] - alpha*u[i]
		}
		beta = normalize(u)
		a.MulTrans(tmpCols, u)
		for j := range v {
			v[j] = tmpCols[j] - beta*v[j]
		}
		alpha = normalize(v)
		anorm2 += beta*beta + alpha*alpha + o.Damp*o.Damp

		// One rotation takes the damping out, a second one the subdiagonal.
		rhoBar1 := math.Hypot(rhoBar, o.Damp)
		psi := o.Damp / rhoBar1 * phiBar
		phiBar *= rhoBar / rhoBar1
		rho := math.Hypot(rhoBar1, beta)
		c, s := rhoBar1/rho, beta/rho
		theta := s * alpha
		rhoBar = -c * alpha
		phi := c * phiBar
		phiBar *= s
		damped += psi * psi

		Axpy(phi/rho, w, x)
		for j := range w {
			w[j] = v[j] - theta/rho*w[j]
		}
		residual := math.Sqrt(phiBar*phiBar + damped)
		normal := alpha * math.Abs(s*phi) // |Aᵀr|
		anorm := math.Sqrt(anorm2)
		gap = 0
		if residual > 0 {
			gap = normal / (anorm * residual)
		}
		done := gap <= o.Tol
		if fit := residual / (bnorm + anorm*Norm(x)); fit <= o.Tol {
			gap, done = fit, true
		}
		if math.IsNaN(residual-residual) || math.IsNaN(alpha-alpha) {
			return Result{Iterations: iter, Gap: math.NaN()}, nil
		}
		stop, err := false, error(nil)
		if o.Step != nil {
			if stop, err = o.Step(iter, residual); err != nil {
				return Result{}, err
			}
		}
		if done || stop || alpha == 0 || beta == 0 {
			return Result{Done: done || alpha == 0 || beta == 0, Stopped: stop && !done, Iterations: iter, Gap: gap}, nil
		}
	}
	return Result{Iterations: o.MaxIter, Gap: gap}, nil
}

// Result says how an iterative solution ended.
type Result struct {
	Done, Stopped bool // the criterion was met; the observer asked for the end
	Indefinite    bool // CG: the matrix is not positive definite
	Iterations    int
	Gap           float64
	scale         float64 // Lanczos: the largest value seen
}

func normalize(x []float64) float64 {
	n := Norm(x)
	if n > 0 {
		for i := range x {
			x[i] /= n
		}
	}
	return n
}
