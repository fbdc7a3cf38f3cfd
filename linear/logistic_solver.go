package linear

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// Solver is how logistic regression finds the minimum. All of them find the same one, within Tol.
type Solver uint8

const (
	// Automatic is L-BFGS on the Hessians of the classes, or with L1Ratio what CoordinateDescent is.
	Automatic Solver = iota
	// LBFGS makes no Hessian, only its diagonal: for very many columns. Not with L1Ratio.
	LBFGS
	// NewtonCholesky factors the whole Hessian, with its blocks between classes, at every step: few steps, for up to 8192 coefficients. Not with
	// L1Ratio.
	NewtonCholesky
	// NewtonCG solves the equations of Newton's method by conjugate gradients, with products of the Hessian and a vector, which cost two
	// passes over X. Not with L1Ratio.
	NewtonCG
	// CoordinateDescent is Newton's method whose steps carry the penalty and are found by coordinate descent, with gap-safe screening, as for the
	// lasso. Not with NoPenalty.
	CoordinateDescent
	// SAGA steps along the gradient of one row at a time, corrected by what the rows had when they were last seen (Defazio, Bach and
	// Lacoste-Julien, NIPS (2014)), columns in units of their standard deviation. Rows come in a random order, by Seed. An iteration visits each once. Many
	// are needed for digits: for a rough fit of many rows.
	SAGA
	solvers
)

// String returns the name of the constant.
func (s Solver) String() string {
	names := [...]string{"Automatic", "LBFGS", "NewtonCholesky", "NewtonCG", "CoordinateDescent", "SAGA"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("Solver(%d)", uint8(s))
}

func (c LogisticRegression) checkSolver(where string) error {
	switch {
	case c.Solver >= solvers:
		return ml.BadConfig(where, "Solver", c.Solver, "one of the constants, such as linear.SAGA")
	case c.L1Ratio > 0 && (c.Solver == LBFGS || c.Solver == NewtonCholesky || c.Solver == NewtonCG):
		return ml.BadConfig(where, "Solver", c.Solver, "Automatic, CoordinateDescent or SAGA with L1Ratio > 0: the others take smooth penalties only")
	case c.NoPenalty && c.Solver == CoordinateDescent:
		return ml.BadConfig(where, "Solver", c.Solver, "another one with NoPenalty: it ends by the duality gap, which needs a penalty")
	}
	return nil
}

// dual says that Info.Gap is a duality gap.
func (c LogisticRegression) dual() bool {
	return !c.NoPenalty && (c.L1Ratio > 0 || c.Solver == CoordinateDescent || c.Solver == SAGA)
}
