package linalg

import "math"

// CG solves A x = b for a symmetric positive definite A, known by its products, by conjugate gradients (Hestenes and Stiefel (1952)). It ends
// when the residual is at most Tol·|b|, after MaxIter steps, when Step says so, where A turns out not to be positive definite, or
// where a number is not finite.
type CG struct {
	Tol          float64                                                 // 0: 1e-10
	MaxIter      int                                                     // 0: 10·n
	Precondition func(dst, r []float64)                                  // dst = M⁻¹ r for a positive definite M that is like A; nil: none
	Step         func(iter int, residual float64) (stop bool, err error) // called after each step; nil: nobody watches
}

// Solve improves x, which is the start.
func (o CG) Solve(x []float64, mul func(dst, x []float64), b []float64) (Result, error) {
	n := len(b)
	if o.Tol == 0 {
		o.Tol = 1e-10
	}
	if o.MaxIter == 0 {
		o.MaxIter = 10 * n
	}
	if o.Precondition == nil {
		o.Precondition = func(dst, r []float64) { copy(dst, r) }
	}
	r, z, p, ap := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	mul(r, x)
	for i := range r {
		r[i] = b[i] - r[i]
	}
	size := Norm(b)
	if size == 0 {
		clear(x)
		return Result{Done: true}, nil
	}
	result := Result{Gap: Norm(r) / size}
	if math.IsNaN(result.Gap - result.Gap) {
		return result, nil
	}
	o.Precondition(z, r)
	copy(p, z)
	rz := Dot(r, z)
	for result.Iterations < o.MaxIter && !(result.Gap <= o.Tol) {
		mul(ap, p)
		curve := Dot(p, ap)
		if !(curve > 0) || math.IsInf(curve, 1) || !(rz > 0) {
			result.Indefinite = curve <= 0 || rz <= 0
			return result, nil
		}
		step := rz / curve
		Axpy(step, p, x)
		Axpy(-step, ap, r)
		result.Iterations++
		result.Gap = Norm(r) / size
		if o.Step != nil {
			stop, err := o.Step(result.Iterations, result.Gap*size)
			if err != nil {
				return Result{}, err
			}
			if stop && result.Gap > o.Tol {
				result.Stopped = true
				return result, nil
			}
		}
		o.Precondition(z, r)
		next := Dot(r, z)
		for i := range p {
			p[i] = z[i] + next/rz*p[i]
		}
		rz = next
	}
	result.Done = result.Gap <= o.Tol
	return result, nil
}
