package ensemble

// ClassLossHessian is a ClassLoss of several scores that knows its second derivatives by pairs of scores, not by each score alone. Boosting then takes joint Newton
// steps: each row asks for the step -H⁻¹g of all its scores together, and a leaf of score k is the mean of what its rows ask of that score, weighted by their second
// derivatives by it. Where scores do not act on each other that is what boosting does without. Derivatives is not called then. The cost of a row is that of its matrix
// and of a Cholesky factorisation, of the order of the cube of the number of scores.
type ClassLossHessian interface {
	ClassLoss
	// Hessian writes the first derivatives of each score, and the second derivative by scores k and l, l <= k, to hess[k*(k+1)/2+l]. The matrix of a row is to be positive
	// semidefinite. It may be singular, as that of softmax is: its diagonal is raised by a thousandth, and the step made longer by as much, which leaves a step in a direction
	// of which the matrix knows nothing short.
	Hessian(grad, hess [][]float32, y []int, score [][]float64)
}

const (
	ridge      = 1e-3 // by which the diagonal is raised, of itself: scores that do not act on each other keep their steps
	leastPivot = 1e-6 // how small a pivot may be, of the largest diagonal number, should the matrix not be what it is to be
)

// jointly writes derivatives whose Newton steps, score by score, are the joint ones of each row: h as it is on the diagonal, and g = h·(H⁻¹g), but for the ridge.
func jointly(l ClassLossHessian, grad, hess [][]float32, y []int, score [][]float64) {
	k := len(score)
	pairs := k * (k + 1) / 2
	flat := make([]float32, pairs*block)
	g, h, s := make([][]float32, k), make([][]float32, pairs), make([][]float64, k)
	matrix, step := make([]float64, pairs), make([]float64, k)
	for lo := 0; lo < len(y); lo += block {
		n := min(block, len(y)-lo)
		for c := range g {
			g[c], s[c] = grad[c][lo:lo+n], score[c][lo:lo+n]
		}
		for p := range h {
			h[p] = flat[p*block : p*block+n]
		}
		l.Hessian(g, h, y[lo:lo+n], s)
		for i := range n {
			for p := range h {
				matrix[p] = float64(h[p][i])
			}
			for c := range g {
				step[c] = float64(g[c][i])
			}
			solveJointly(matrix, step)
			for c := range g {
				own := h[c*(c+1)/2+c][i]
				g[c][i], hess[c][lo+i] = float32(float64(own)*step[c]), own
			}
		}
	}
}

// solveJointly replaces x by (1+ridge)·(H+ridge·diag H)⁻¹x. The lower triangle of H, row by row, is replaced by its factors L·D·Lᵀ. Every product rounds by itself.
func solveJointly(h, x []float64) {
	largest := 0.0
	for k := range x {
		largest = max(largest, h[k*(k+1)/2+k])
	}
	least := leastPivot * largest
	if largest == 0 {
		least = 1 // nothing is known about the row's steps: they are as long as its slopes
	}
	for k := range x {
		h[k*(k+1)/2+k] *= 1 + ridge
		x[k] *= 1 + ridge
	}
	for k := range x {
		row := h[k*(k+1)/2:]
		for l := range k { // row[l] becomes L·D of this place, then L
			other := h[l*(l+1)/2:]
			for m := range l {
				row[l] -= float64(row[m] * other[m])
			}
		}
		pivot := row[k]
		for l := range k {
			d := h[l*(l+1)/2+l]
			f := row[l] / d
			pivot -= float64(f * row[l])
			row[l] = f
			x[k] -= float64(f * x[l])
		}
		row[k] = max(pivot, least)
	}
	for k := range x {
		x[k] /= h[k*(k+1)/2+k]
	}
	for k := len(x) - 1; k >= 0; k-- {
		row := h[k*(k+1)/2:]
		for l := range k {
			x[l] -= float64(row[l] * x[k])
		}
	}
}
