package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// crammerSinger learns the scores of all classes together: minimise Σ|w_m|²/2 + Σ cost_i·max(0, 1 + max_{m≠y} w_m·x_i - w_y·x_i) by
// dual descent, the multipliers of one row at a time (Crammer and Singer, JMLR 2 (2001); Keerthi et al., "A sequential dual method for large
// scale multi-class linear SVMs", KDD 2008). w_m = Σ α_i^m x_i is kept along. The gap is the largest violation of the optimality
// conditions, in units of margin. w holds one class after the other; code is the class of each row, of k.
func (s *svm) crammerSinger(ctx context.Context, code []int, k int) (svmResult, error) {
	q := s.size()
	r := svmResult{w: make([]float64, k*q), status: ml.MaxIter}
	squares := s.squares()
	row := crammerRow{gradient: make([]float64, k), fresh: make([]float64, k), order: make([]float64, k)}
	alpha := make([]float64, s.rows*k)
	order := dualOrder{rows: s.present(), seed: s.seed}
	order.active = len(order.rows)
	last := math.Inf(1)
	buf := s.scratch()
	for r.iterations < s.maxIter {
		if err := ml.Done(ctx); err != nil {
			return r, err
		}
		order.shuffle(r.iterations)
		r.gap = 0
		whole := order.active == len(order.rows)
		for at := 0; at < order.active; at++ {
			i := int(order.rows[at])
			row.alpha, row.class, row.cost = alpha[i*k:(i+1)*k], code[i], s.cost[i]
			for m := range k {
				row.gradient[m] = s.dot(i, r.w[m*q:(m+1)*q], buf)
				if m != row.class {
					row.gradient[m]++
				}
			}
			violation, inside := row.violation()
			if inside && -violation > last { // far inside its margin
				order.rest(at)
				at--
				continue
			}
			if violation = max(violation, 0); violation == 0 {
				continue
			}
			r.gap = max(r.gap, violation)
			row.solve(squares[i])
			for m, a := range row.fresh {
				if d := a - row.alpha[m]; d != 0 {
					row.alpha[m] = a
					s.addTo(r.w[m*q:(m+1)*q], d, i, buf)
				}
			}
		}
		r.iterations++
		f := 0.0
		for i, a := range alpha {
			if i%k != code[i/k] {
				f -= a
			}
		}
		for _, v := range r.w {
			f -= 0.5 * v * v
		}
		done, again, err := s.swept(&r, &order, whole, f)
		if done || err != nil {
			return r, err
		}
		last = r.gap
		if again {
			last = math.Inf(1)
		}
	}
	return r, nil
}

// crammerRow is the subproblem of one row: minimise over its multipliers, which sum to 0, are at most cost for its own class and at most 0
// for the others.
type crammerRow struct {
	class                  int
	cost                   float64
	alpha, gradient, fresh []float64
	order                  []float64
}

// upper bounds the multiplier of class m.
func (c *crammerRow) upper(m int) float64 {
	if m == c.class {
		return c.cost
	}
	return 0
}

// violation is by how much the largest gradient is above the least of those whose multiplier can grow. It is negative, and inside true,
// for a row whose multipliers are all 0 and far from changing: minus the distance.
func (c *crammerRow) violation() (v float64, inside bool) {
	highest, lowest := math.Inf(-1), math.Inf(1)
	others := math.Inf(-1)
	inside = true
	for m, g := range c.gradient {
		highest = max(highest, g)
		if m != c.class {
			others = max(others, g)
		}
		if c.alpha[m] < c.upper(m) {
			lowest = min(lowest, g)
		}
		if c.alpha[m] != 0 {
			inside = false
		}
	}
	if inside {
		return others - c.gradient[c.class], true
	}
	return highest - lowest, false
}

// solve writes the best multipliers to fresh; square is |x|².
func (c *crammerRow) solve(square float64) {
	if square == 0 { // the scores are 0 whatever the multipliers: the loss is cost, with all of it on one other class
		clear(c.fresh)
		c.fresh[c.class] = c.cost
		c.fresh[(c.class+1)%len(c.fresh)] = -c.cost
		return
	}
	for m, g := range c.gradient {
		c.gradient[m] = g - square*c.alpha[m]
		c.order[m] = c.gradient[m] + square*c.upper(m)
	}
	slices.Sort(c.order)
	slices.Reverse(c.order)
	level := c.order[0] - square*c.cost
	n := 1
	for ; n < len(c.order) && level < float64(n)*c.order[n]; n++ {
		level += c.order[n]
	}
	level /= float64(n)
	for m, b := range c.gradient {
		c.fresh[m] = min(c.upper(m), (level-b)/square)
	}
}
