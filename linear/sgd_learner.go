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
	whole  []float64 // X, if it lies in one piece
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

	buf            *scratch
	log            bool              // the loss is LogLoss, whose calls can be inlined
	z, y, wt, norm [sgdBatch]float64 // of the rows of a batch: scores, targets, weights, |x|²
}

const (
	sgdBatch = 256 // steps between two looks at what is not X
	sgdAhead = 8   // steps that a row is asked for before its turn: a row from memory takes as long as some steps
)

func newSGDLearner(core *sgdCore, class, cols int) *sgdLearner {
	l := &sgdLearner{sgdCore: core, class: class, v: make([]float64, cols), scale: 1, t: 1, eta: core.eta0, best: math.Inf(1), last: math.NaN()}
	if core.average > 0 {
		l.sum, l.count = make([]float64, cols), 1
	}
	if core.l1 > 0 {
		l.paid = make([]float64, cols)
	}
	_, l.log = core.loss.(LogLoss)
	return l
}

// steps learns from the given rows, in this order.
func (l *sgdLearner) steps(d *sgdData, rows []int32) {
	if l.buf == nil {
		l.buf = d.scratch()
	}
	for len(rows) > 0 {
		n := min(len(rows), sgdBatch)
		l.gather(d, rows[:n])
		switch {
		case d.sparse():
			l.sparseSteps(d, rows, n)
		case d.whole != nil && l.sum == nil && l.paid == nil:
			l.plainSteps(d, rows, n)
		default:
			l.denseSteps(d, rows, n)
		}
		l.tally(n)
		rows = rows[n:]
	}
}

// gather collects what the next steps need besides X. Done for many at once, the loads from all over memory do not wait for each other.
func (l *sgdLearner) gather(d *sgdData, rows []int32) {
	for k, i := range rows {
		l.y[k], l.wt[k], l.norm[k] = l.target(d, int(i)), 1, 0
	}
	if d.weight != nil {
		for k, i := range rows {
			l.wt[k] = d.weight[i]
		}
	}
	if d.norms != nil {
		for k, i := range rows {
			l.norm[k] = d.norms[i]
		}
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

// plainSteps takes n steps where only v changes. The score of a row depends on the step before it, x·(v + change·last) = x·v +
// change·(x·last): with both products found in advance, steps wait for each other only from score to change, not through v.
func (l *sgdLearner) plainSteps(d *sgdData, rows []int32, n int) {
	p := d.cols
	row := func(at int) []float64 {
		i := int(rows[at]) * p
		return d.whole[i : i+p : i+p]
	}
	x := row(0)
	last, change := x, 0.0 // the step that v lacks
	dot := kern.Dot(x, l.v)
	for k := range n {
		next := x
		if k+1 < n {
			next = row(k + 1)
		}
		var ahead []float64
		if at := k + 1 + sgdAhead; at < len(rows) {
			ahead = row(at)
		}
		nextDot, cross := kern.AxpyDots(change, last, l.v, next, x, ahead)
		scale := l.scale
		var taken bool
		change, taken = l.step(k, l.scale*dot)
		if taken {
			l.t++
		}
		if l.scale > scale { // v was rescaled
			nextDot = kern.Dot(next, l.v)
		}
		dot = nextDot + change*cross
		last, x = x, next
	}
	kern.Axpy(change, last, l.v)
}

func (l *sgdLearner) denseSteps(d *sgdData, rows []int32, n int) {
	for k := range n {
		if at := k + sgdAhead; d.direct() && at < len(rows) {
			d.bring(int(rows[at]), l.buf)
		}
		x := d.row(int(rows[k]), l.buf)
		change, taken := l.step(k, l.scale*kern.Dot(x, l.v))
		if !taken {
			continue
		}
		if change != 0 {
			kern.Axpy(change, x, l.v)
		}
		if l.averages() {
			if back := -l.part * change; back != 0 {
				kern.Axpy(back, x, l.sum)
			}
			l.averaged()
		}
		if l.paid != nil {
			l.due += l.l1 * l.eta * l.alpha
			l.payAll()
		}
		l.t++
	}
}

func (l *sgdLearner) sparseSteps(d *sgdData, rows []int32, n int) {
	for k := range n {
		if at := k + sgdAhead; d.direct() && at < len(rows) {
			d.bring(int(rows[at]), l.buf)
		}
		cols, x := d.nonzeros(int(rows[k]), l.buf)
		if l.paid != nil {
			l.payNonzeros(cols)
		}
		change, taken := l.step(k, l.scale*kern.SparseDot(x, cols, l.v))
		if !taken {
			continue
		}
		if change != 0 {
			kern.SparseAxpy(change, x, cols, l.v)
		}
		if l.averages() {
			if back := -l.part * change; back != 0 {
				kern.SparseAxpy(back, x, cols, l.sum)
			}
			l.averaged()
		}
		if l.paid != nil {
			l.due += l.l1 * l.eta * l.alpha
			l.payNonzeros(cols)
		}
		l.t++
	}
}

// averages says that the average has begun.
func (l *sgdLearner) averages() bool { return l.sum != nil && l.t >= float64(l.average) }

// step takes step k of a batch for a row whose inner product with the coefficients is dot, except for the coefficients themselves: change times
// the row must be added to v. taken is false where a row moves nothing and does not count as a step.
func (l *sgdLearner) step(k int, dot float64) (change float64, taken bool) {
	y, w, norm := l.y[k], l.wt[k], l.norm[k]
	z := dot + l.intercept
	l.z[k] = z
	update := 0.0
	switch l.schedule {
	case PassiveAggressive1:
		if norm == 0 {
			return 0, false
		}
		update = l.toward(y, z) * min(l.eta0, l.loss.Value(y, z)/norm)
	case PassiveAggressive2:
		update = l.toward(y, z) * l.loss.Value(y, z) / (norm + 0.5/l.eta0)
	default:
		switch l.schedule {
		case OptimalRate:
			l.eta = 1 / (l.alpha * (l.firstStep + l.t - 1))
		case InverseRate:
			l.eta = l.eta0 / math.Pow(l.t, l.power)
		}
		var slope float64
		if l.log {
			slope = LogLoss{}.Slope(y, z)
		} else {
			slope = l.loss.Slope(y, z)
		}
		const steepest = 1e12 // as scikit-learn has it
		if slope > steepest {
			slope = steepest
		} else if slope < -steepest {
			slope = -steepest
		}
		update = -l.eta * slope
	}
	update *= w
	inverse := 1.0
	if l.penalised {
		if l.l1 == 0 {
			l.shape += l.sq
		}
		if l.l1 < 1 {
			shrink := 1 - (1-l.l1)*l.eta*l.alpha
			if shrink < 0 {
				shrink = 0
			}
			l.scale *= shrink
			l.sq *= shrink * shrink
			dot *= shrink
			const least = 1e-9
			if l.scale < least {
				l.rescale()
			}
			inverse = 1 / l.scale
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
	return update * inverse, true
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

// tally adds the losses of a batch of n steps.
func (l *sgdLearner) tally(n int) {
	if l.log {
		var values [sgdBatch]float64
		LogLoss{}.values(values[:n], l.y[:n], l.z[:n])
		for i, v := range values[:n] {
			l.cost += l.wt[i] * v
		}
		return
	}
	for i, z := range l.z[:n] {
		l.cost += l.wt[i] * l.loss.Value(l.y[i], z)
	}
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

// judge looks at the objective after an epoch: too long without improvement is the end, or a lower rate.
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
