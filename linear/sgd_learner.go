package linear

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// sgdData is what all learners of a fit read.
type sgdData struct {
	source
	weight []float64 // nil: ones
	norms  []float64 // |x|² of each row; nil unless the core asks for it
	codes  []int     // classes of the rows; nil in regression
	y      []float64 // targets; nil in classification
}

// sgdLearner learns one linear score, one row after the other. Its coefficients are scale·v, so that the shrinking of all of them in
// every step is one multiplication, and their running average is (sum + part·v)/count (Bottou, "Stochastic gradient descent
// tricks" (2012)): a step costs the nonzeros of a row.
type sgdLearner struct {
	*sgdCore
	class     int // the positive one, if the data has classes
	v         []float64
	scale     float64
	intercept float64

	sum           []float64 // of the average; nil without
	part, count   float64
	meanIntercept float64

	paid  []float64 // the L1 penalty that each coefficient has had; nil without
	due   float64   // what each would have had if none had met zero
	t     float64   // the number of the next step, from 1
	eta   float64
	sq    float64 // |Coef|², for the objective
	cost  float64 // of this epoch: sum of losses
	shape float64 // of this epoch: sum over steps of what the penalty adds

	best, last float64 // mean objective
	still      int     // epochs in a row without improvement
	done       bool

	buf *scratch
	z   []float64 // scores and targets of the steps since the last tally
	y   []float64
	wt  []float64
}

const (
	sgdBatch = 256 // steps between tallies
	sgdAhead = 6   // steps that a row is asked for before its turn: a row from memory takes as long as some steps
)

func newSGDLearner(core *sgdCore, class, cols int) *sgdLearner {
	l := &sgdLearner{sgdCore: core, class: class, v: make([]float64, cols), scale: 1, t: 1, eta: core.eta0, best: math.Inf(1), last: math.NaN()}
	if core.average > 0 {
		l.sum, l.count = make([]float64, cols), 1
	}
	if core.l1 > 0 {
		l.paid = make([]float64, cols)
	}
	l.z, l.y, l.wt = make([]float64, 0, sgdBatch), make([]float64, 0, sgdBatch), make([]float64, 0, sgdBatch)
	return l
}

// steps learns from the given rows, in this order.
func (l *sgdLearner) steps(d *sgdData, rows []int32) {
	sparse := d.sparse()
	if l.buf == nil {
		l.buf = d.scratch()
	}
	near := d.direct()
	for at, i := range rows {
		if near && at+sgdAhead < len(rows) {
			d.bring(int(rows[at+sgdAhead]), l.buf)
		}
		var cols []int32
		var x []float64
		var dot float64
		if sparse {
			cols, x = d.nonzeros(int(i), l.buf)
			if l.paid != nil {
				l.payNonzeros(cols)
			}
			dot = l.scale * kern.SparseDot(x, cols, l.v)
		} else {
			x = d.row(int(i), l.buf)
			dot = l.scale * kern.Dot(x, l.v)
		}
		w := 1.0
		if d.weight != nil {
			w = d.weight[i]
		}
		norm := 0.0
		if d.norms != nil {
			norm = d.norms[i]
			if norm == 0 && l.schedule == PassiveAggressive1 {
				continue // nothing to move
			}
		}
		change := l.step(l.target(d, int(i)), dot, w, norm)
		if change != 0 {
			if sparse {
				kern.SparseAxpy(change, x, cols, l.v)
			} else {
				kern.Axpy(change, x, l.v)
			}
		}
		if l.sum != nil && l.t >= float64(l.average) {
			if back := -l.part * change; back != 0 {
				if sparse {
					kern.SparseAxpy(back, x, cols, l.sum)
				} else {
					kern.Axpy(back, x, l.sum)
				}
			}
			l.averaged()
		}
		if l.paid != nil {
			l.due += l.l1 * l.eta * l.alpha
			if sparse {
				l.payNonzeros(cols)
			} else {
				l.payAll()
			}
		}
		l.t++
	}
}

func (l *sgdLearner) target(d *sgdData, i int) float64 {
	switch {
	case d.y != nil:
		return d.y[i]
	case d.codes == nil || d.codes[i] == l.class:
		return 1
	}
	return -1
}

// step takes the step for a row of target y and weight w whose inner product with the coefficients is dot, except for the coefficients
// themselves: what it returns times the row must be added to v.
func (l *sgdLearner) step(y, dot, w, norm float64) float64 {
	z := dot + l.intercept
	switch l.schedule {
	case OptimalRate:
		l.eta = 1 / (l.alpha * (l.firstStep + l.t - 1))
	case InverseRate:
		l.eta = l.eta0 / math.Pow(l.t, l.power)
	}
	if len(l.z) == sgdBatch {
		l.tally()
	}
	l.z, l.y, l.wt = append(l.z, z), append(l.y, y), append(l.wt, w)
	update := 0.0
	switch l.schedule {
	case PassiveAggressive1:
		update = l.toward(y, z) * min(l.eta0, l.loss.Value(y, z)/norm)
	case PassiveAggressive2:
		update = l.toward(y, z) * l.loss.Value(y, z) / (norm + 0.5/l.eta0)
	default:
		const steepest = 1e12 // as scikit-learn has it
		update = -l.eta * max(-steepest, min(steepest, l.loss.Slope(y, z)))
	}
	update *= w
	if l.penalised {
		if l.l1 == 0 {
			l.shape += l.sq
		}
		if l.l1 < 1 {
			shrink := max(0, 1-(1-l.l1)*l.eta*l.alpha)
			l.scale *= shrink
			l.sq *= shrink * shrink
			dot *= shrink
			const least = 1e-9
			if l.scale < least {
				l.rescale()
			}
		}
		l.sq += update * (2*dot + update*norm)
	}
	if l.oneClass {
		l.shape += 2 * l.intercept // the objective has alpha·intercept, and shape counts times alpha/2
	}
	if l.fitted {
		l.intercept += update
		if l.oneClass {
			l.intercept -= l.eta * l.alpha
		}
	}
	return update / l.scale
}

// toward is the sign of the step that lessens the loss.
func (l *sgdLearner) toward(y, z float64) float64 {
	if l.classifies {
		return y
	}
	if y < z {
		return -1
	}
	return 1
}

// averaged counts the coefficients as they are now into their average.
func (l *sgdLearner) averaged() {
	n := l.t - float64(l.average) + 1
	if n > 1 {
		l.count /= 1 - 1/n
	}
	l.part += l.count * l.scale / n
	l.meanIntercept += (l.intercept - l.meanIntercept) / n
}

// pay takes what the L1 penalty is due from coefficient j, but not beyond zero: the truncated gradient with cumulative penalty of
// Tsuruoka, Tsujii and Ananiadou ("Stochastic gradient descent training for L1-regularized log-linear models", ACL 2009).
func (l *sgdLearner) pay(j int) {
	old := l.v[j]
	switch {
	case old > 0:
		l.v[j] = max(0, old-(l.due+l.paid[j])/l.scale)
	case old < 0:
		l.v[j] = min(0, old+(l.due-l.paid[j])/l.scale)
	default:
		return
	}
	change := l.v[j] - old
	l.paid[j] += l.scale * change
	if l.sum != nil {
		l.sum[j] -= l.part * change
	}
}

func (l *sgdLearner) payAll() {
	for j := range l.v {
		l.pay(j)
	}
}

func (l *sgdLearner) payNonzeros(cols []int32) {
	for _, j := range cols {
		l.pay(int(j))
	}
}

// rescale writes out the coefficients and their average.
func (l *sgdLearner) rescale() {
	if l.sum != nil {
		for j, v := range l.v {
			l.sum[j] = (l.sum[j] + l.part*v) / l.count
		}
		l.part, l.count = 0, 1
	}
	kern.Scal(l.scale, l.v, l.v)
	l.scale = 1
}

// tally adds the losses of the steps since the last one.
func (l *sgdLearner) tally() {
	if log, is := l.loss.(LogLoss); is {
		var values [sgdBatch]float64
		log.values(values[:len(l.z)], l.y, l.z)
		for i, v := range values[:len(l.z)] {
			l.cost += l.wt[i] * v
		}
	} else {
		for i, z := range l.z {
			l.cost += l.wt[i] * l.loss.Value(l.y[i], z)
		}
	}
	l.z, l.y, l.wt = l.z[:0], l.y[:0], l.wt[:0]
}

// begin starts an epoch.
func (l *sgdLearner) begin() {
	l.cost, l.shape = 0, 0
	l.sq = linalg.Dot(l.v, l.v)
}

// end ends an epoch of n steps: coefficients are written out, the objective is known. It is false if they overflowed.
func (l *sgdLearner) end(n int) bool {
	if l.paid != nil {
		l.payAll()
	}
	l.rescale()
	l.tally()
	objective := l.cost / float64(n)
	if l.penalised && l.l1 > 0 {
		sum, square := 0.0, 0.0
		for _, v := range l.v {
			sum += math.Abs(v)
			square += v * v
		}
		objective += l.alpha * (l.l1*sum + 0.5*(1-l.l1)*square)
	} else {
		objective += 0.5 * l.alpha * l.shape / float64(n)
	}
	l.last = objective
	return !math.IsNaN(objective-objective) && !math.IsNaN(l.intercept-l.intercept) && linalg.AllFinite(l.v)
}

// judge looks at the objective after an epoch; watching says that others decide when to end.
func (l *sgdLearner) judge() {
	if l.last > l.best-l.tol {
		l.still++
	} else {
		l.still = 0
	}
	l.best = min(l.best, l.last)
	if l.still >= l.noChange {
		l.done = !l.slower()
	}
}

// slower lowers an adaptive learning rate; false says that it is at its end, or not adaptive.
func (l *sgdLearner) slower() bool {
	const least = 1e-6
	if l.schedule != AdaptiveRate || l.eta <= least {
		return false
	}
	l.eta /= 5
	l.still = 0
	return true
}

// current is the solution so far: the average if there is one.
func (l *sgdLearner) current() (coef []float64, intercept float64) {
	if l.sum != nil && l.t > float64(l.average) {
		return l.sum, l.meanIntercept
	}
	return l.v, l.intercept
}
