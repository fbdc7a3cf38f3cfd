package linear

import "math"

// penalty is l1·Σ|b_j| + l2/2·Σ|b_j|², where |b_j| is the length of the coefficients of column j over the tasks.
type penalty struct {
	l1, l2   float64
	positive bool
}

func newPenalty(alpha, l1Ratio float64, positive bool) penalty {
	return penalty{l1: alpha * l1Ratio, l2: alpha * (1 - l1Ratio), positive: positive}
}

// pull is how hard the data pull at a column, beyond the L2 penalty: at the optimum it is at most l1, and l1 where b_j is not 0.
func (p penalty) pull(a float64) float64 {
	if p.positive {
		return max(a, 0)
	}
	return math.Abs(a)
}

// shrink minimises curve/2·b² - u·b + l1|b| for curve > 0.
func (p penalty) shrink(u, curve float64) float64 {
	switch {
	case u > p.l1:
		return (u - p.l1) / curve
	case u < -p.l1 && !p.positive:
		return (u + p.l1) / curve
	}
	return 0
}

// certificate is what a point proves of itself.
type certificate struct {
	gap   float64 // at least the distance of the objective from its minimum
	loss  float64 // the objective
	scale float64 // by which the residuals become a feasible dual point
	most  float64 // the largest pull
}

// certify takes b and q = XᵀR/W, tasks x n each, c = XᵀY/W, and yy = |Y|²/W. Both duals of the elastic net give a bound, and the better one counts:
// the one of the lasso with √l2·I below X (as in scikit-learn), whose dual points must be scaled into a box, and, for l2 > 0, the one of
// the elastic net itself, which every point is feasible for. Either gap is written as a sum of terms that are not negative, so that it
// keeps its digits however small it is.
func (p penalty) certify(tasks, n int, b, q, c []float64, yy float64) certificate {
	var squares, explained, length, most, fenchel float64
	for j := range n {
		var bb, qq, aa float64
		for t := range tasks {
			k := t*n + j
			a := q[k] - p.l2*b[k]
			bb += b[k] * b[k]
			qq += q[k] * q[k]
			aa += a * a
			explained += b[k] * (c[k] + q[k])
		}
		pull, strength, size := math.Sqrt(aa), math.Sqrt(qq), math.Sqrt(bb)
		if tasks == 1 {
			pull, strength, size = p.pull(q[j]-p.l2*b[j]), p.pull(q[j]), math.Abs(b[j])
		}
		most = max(most, pull)
		squares += bb
		length += size
		if p.l2 > 0 {
			inner := 0.0
			for t := range tasks {
				inner += b[t*n+j] * q[t*n+j]
			}
			over := max(strength-p.l1, 0)
			fenchel += max(p.l1*size-inner+p.l2/2*bb+over*over/(2*p.l2), 0)
		}
	}
	residual := max(yy-explained, 0)
	out := certificate{scale: 1, most: most, loss: residual/2 + p.l1*length + p.l2/2*squares}
	if most > p.l1 {
		out.scale = p.l1 / most
	}
	rest := 1 - out.scale
	out.gap = rest * rest / 2 * (residual + p.l2*squares)
	for j := range n {
		var bb, ba float64
		for t := range tasks {
			k := t*n + j
			bb += b[k] * b[k]
			ba += b[k] * (q[k] - p.l2*b[k])
		}
		if bb > 0 {
			out.gap += max(p.l1*math.Sqrt(bb)-out.scale*ba, 0)
		}
	}
	if p.l2 > 0 {
		out.gap = min(out.gap, fenchel)
	}
	return out
}
