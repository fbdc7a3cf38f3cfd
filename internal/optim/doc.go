// Package optim minimises functions for the estimators:
//
//	LBFGS                many variables, gradients; with a metric of the problem's own if it has one
//	LBFGSB               the same with bounds
//	ConjugateGradient    the same where memory is short
//	NewtonCG             products with the Hessian are cheap; with a line search or a trust region
//	LevenbergMarquardt   sums of squares, with the covariance of the estimate
//	FISTA                a smooth convex function and a penalty: L1, Box, Groups, or one of the caller's
//	NelderMead           a few variables, values only
//	Root, Minimum, Bracket   one variable
//
// A config says what it minimises and when it ends; zero fields have documented defaults, SciPy's where it has them. Minimize improves x
// in place and returns a Result whose Status says why it ended. A function that gives NaN or Inf is stepped back from, or ends the
// run with NotFinite; it never makes a loop endless. Everything is deterministic if the function is.
package optim
