// Package linalg is the linear algebra below the estimators, in float64:
//
//	NewCholesky, NewLU, NewFullQR    factorisations: solves, inverses, determinants, condition estimates
//	NewPivotedCholesky               rank and factor of a semidefinite matrix
//	QR, LeastSquares, NNLS           least squares from rows as they come: tall-skinny QR, rank, shortest and non-negative solutions
//	EigenSym, NewSVD, EigenGeneral   eigenvalues and singular values, with vectors or without
//	LSQR, CG, Lanczos, RandomizedSVD solvers that know a matrix by its products only (Operator)
//	SolveTriangular, InvertTriangular
//	Double                           sums in double-double arithmetic
//
// Matrices are row-major slices; where a stride is not an argument they are compact. The factorisations are cut into blocks so that
// kern.Gemm and kern.Syrk do the work. gonum serves where that costs nothing: small tridiagonal and bidiagonal problems at the
// ends of a recursion, single reflections, the general eigenproblem.
//
// Nothing here depends on GOMAXPROCS: sums run in a fixed order. Signs are fixed by rules that the functions state. Lengths that do
// not agree panic, since callers know their shapes; numbers that are not finite end in a false or nil result, never in an
// endless loop.
package linalg
