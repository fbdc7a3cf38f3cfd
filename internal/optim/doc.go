// Package optim minimises smooth functions for the estimators: L-BFGS with a metric that follows the problem, and a line search
// that satisfies the strong Wolfe conditions. The functions are deterministic if the objective is.
package optim
