package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// dualOrder goes through the rows that are not at rest, in another random order each time, and leaves out those that seem to stay at
// a bound ("shrinking") until all others are solved.
type dualOrder struct {
	rows   []int32
	active int
	seed   uint64
}

// shuffle draws the order of a sweep.
func (o *dualOrder) shuffle(sweep int) {
	rng.Shuffle(rng.New(o.seed, uint64(sweep)), o.rows[:o.active])
}

// rest takes the row at place k out of the order; the last active one takes its place.
func (o *dualOrder) rest(k int) {
	o.active--
	o.rows[k], o.rows[o.active] = o.rows[o.active], o.rows[k]
}

// dual minimises over the multipliers α of the rows, one at a time: coordinate descent (Hsieh et al., "A dual coordinate descent method
// for large-scale linear SVM", ICML 2008, algorithm 3). w = Σ α_i y_i x_i is kept along. The gap is the range of the projected gradients of
// the dual problem, in units of margin.
func (s *svm) dual(ctx context.Context) (svmResult, error) {
	r := svmResult{w: make([]float64, s.size()), status: ml.MaxIter}
	squares := s.squares()
	alpha := make([]float64, s.rows)
	order := dualOrder{rows: s.present(), seed: s.seed}
	order.active = len(order.rows)
	top, bottom := math.Inf(1), math.Inf(-1) // of the projected gradients in the last sweep
	buf := s.scratch()
	near := s.direct()
	for r.iterations < s.maxIter {
		if err := ml.Done(ctx); err != nil {
			return r, err
		}
		order.shuffle(r.iterations)
		high, low := math.Inf(-1), math.Inf(1)
		whole := order.active == len(order.rows)
		for k := 0; k < order.active; k++ {
			if near && k+sgdAhead < order.active {
				s.bring(int(order.rows[k+sgdAhead]), buf)
			}
			i := int(order.rows[k])
			upper, diag := s.cost[i], 0.0
			if s.squared {
				upper, diag = math.Inf(1), 0.5/s.cost[i]
			}
			y := s.y[i]
			g := y*s.dot(i, r.w, buf) - 1 + diag*alpha[i]
			pg := g
			switch {
			case alpha[i] == 0:
				if g > top {
					order.rest(k)
					k--
					continue
				}
				pg = min(g, 0)
			case alpha[i] == upper:
				if g < bottom {
					order.rest(k)
					k--
					continue
				}
				pg = max(g, 0)
			}
			high, low = max(high, pg), min(low, pg)
			if pg == 0 {
				continue
			}
			old := alpha[i]
			alpha[i] = clip(old, g, squares[i]+diag, upper)
			if d := alpha[i] - old; d != 0 {
				s.addTo(r.w, d*y, i, buf)
			}
		}
		r.iterations++
		r.gap = max(high-low, 0)
		done, again, err := s.swept(&r, &order, whole, s.dualValue(alpha, r.w))
		if done || err != nil {
			return r, err
		}
		if again {
			top, bottom = math.Inf(1), math.Inf(-1)
			continue
		}
		top, bottom = high, low
		if top <= 0 {
			top = math.Inf(1)
		}
		if bottom >= 0 {
			bottom = math.Inf(-1)
		}
	}
	return r, nil
}

// swept ends a sweep after which the dual objective is f. It is done when stopped, or when a sweep over the whole of the rows meets the
// tolerance; when one over the active rows does, all rows are to be looked at again.
func (s *svm) swept(r *svmResult, order *dualOrder, whole bool, f float64) (done, again bool, err error) {
	r.loss = append(r.loss, f)
	stop, err := s.report(r.iterations, f)
	switch {
	case err != nil:
		return false, false, err
	case stop:
		r.status = ml.Stopped
		return true, false, nil
	case !(r.gap <= s.tol):
		return false, false, nil
	case whole:
		r.status = ml.Converged
		return true, false, nil
	}
	order.active = len(order.rows)
	return false, true, nil
}

// clip is the minimum over a multiplier in [0, upper] with gradient g and curvature q at old.
func clip(old, g, q, upper float64) float64 {
	if q == 0 { // a row of zeros: the gradient is constant
		if g < 0 {
			return upper
		}
		return 0
	}
	return min(max(old-g/q, 0), upper)
}

// dualValue is the objective of the dual problem, which is never above that of the primal one, and equal at the solution.
func (s *svm) dualValue(alpha, w []float64) float64 {
	f := 0.0
	for i, a := range alpha {
		if a == 0 {
			continue
		}
		if s.number {
			f += s.y[i]*a - s.epsilon*math.Abs(a)
		} else {
			f += a
		}
		if s.squared {
			f -= a * a / (4 * s.cost[i])
		}
	}
	for _, v := range w {
		f -= 0.5 * v * v
	}
	return f
}

// dualRegression is dual for the loss of the tube: multipliers β in [-cost, cost] with the penalty epsilon·|β| (Ho and Lin, "Large-scale
// linear support vector regression", JMLR 13 (2012), algorithm 4). w = Σ β_i x_i. The gap is the largest violation of the optimality
// conditions, in units of y.
func (s *svm) dualRegression(ctx context.Context) (svmResult, error) {
	r := svmResult{w: make([]float64, s.size()), status: ml.MaxIter}
	squares := s.squares()
	beta := make([]float64, s.rows)
	order := dualOrder{rows: s.present(), seed: s.seed}
	order.active = len(order.rows)
	last := math.Inf(1) // the largest violation in the last sweep
	buf := s.scratch()
	near := s.direct()
	for r.iterations < s.maxIter {
		if err := ml.Done(ctx); err != nil {
			return r, err
		}
		order.shuffle(r.iterations)
		r.gap = 0
		whole := order.active == len(order.rows)
		for k := 0; k < order.active; k++ {
			if near && k+sgdAhead < order.active {
				s.bring(int(order.rows[k+sgdAhead]), buf)
			}
			i := int(order.rows[k])
			upper, diag := s.cost[i], 0.0
			if s.squared {
				upper, diag = math.Inf(1), 0.5/s.cost[i]
			}
			b := beta[i]
			g := s.dot(i, r.w, buf) - s.y[i] + diag*b
			up, down := g+s.epsilon, g-s.epsilon // the derivatives of the whole on the right and on the left of 0
			violation := 0.0
			switch {
			case b == 0:
				if up > last && down < -last { // deep inside the tube
					order.rest(k)
					k--
					continue
				}
				violation = max(-up, down, 0)
			case b >= upper:
				if up < -last {
					order.rest(k)
					k--
					continue
				}
				violation = max(up, 0)
			case b <= -upper:
				if down > last {
					order.rest(k)
					k--
					continue
				}
				violation = max(-down, 0)
			case b > 0:
				violation = math.Abs(up)
			default:
				violation = math.Abs(down)
			}
			r.gap = max(r.gap, violation)
			if violation == 0 {
				continue
			}
			h := squares[i] + diag
			step := -b // to zero
			switch {
			case h == 0: // a row of zeros: the gradient is constant
				if math.Abs(g) > s.epsilon {
					step = -math.Copysign(upper, g) - b
				}
			case up < h*b:
				step = -up / h
			case down > h*b:
				step = -down / h
			}
			beta[i] = min(max(b+step, -upper), upper)
			if d := beta[i] - b; d != 0 {
				s.addTo(r.w, d, i, buf)
			}
		}
		r.iterations++
		done, again, err := s.swept(&r, &order, whole, s.dualValue(beta, r.w))
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
