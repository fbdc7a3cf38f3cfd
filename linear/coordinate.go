package linear

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// descent minimises |Y - XB|²/(2W) plus a penalty by coordinate descent (Friedman, Hastie and Tibshirani, J. Stat. Softw. 33 (2010)), for
// centred X and Y, weights that sum to W, and one or more tasks that share the columns they use.
//
// It works on the columns that matter: those that the data pull at hardest, and then those that turn out to violate the optimality
// conditions, until the duality gap over all columns is small. Columns that the gap proves to be zero are left out for good
// (gap-safe screening: Ndiaye, Fercoq, Gramfort and Salmon, J. Mach. Learn. Res. 18 (2017)). From one penalty to the next of a path the
// strong rule (Tibshirani et al., J. R. Stat. Soc. B 74 (2012)) says which columns to add first; what it misses, the gap finds.
//
// All arrays over tasks and columns are tasks x cols, and everything is divided by W.
type descent struct {
	lossTerms
	source curvature

	b, q []float64 // coefficients, and the gradient c - BG at them, which is exact between solves
	work []int     // the columns at work, in order of their arrival
	at   []bool    // a column is among them
	dead []bool    // a column is proved to be zero, for the present penalty
	on   workspace

	tol     float64 // of yy
	maxIter int     // sweeps
	random  *rand.Rand
	watch   func(sweep int, loss float64) (stop bool, err error)
	sweeps  int
}

// lossTerms are the parts of |Y - XB|²/(2W) = yy/2 - c·B + BGBᵀ/2 that are at hand for every column.
type lossTerms struct {
	cols, tasks int
	yy          float64
	c           []float64 // tasks x cols
	curve       []float64 // the diagonal of G; 0 for a constant column
}

// curvature is G = XᵀX/W, in whatever form.
type curvature interface {
	// gradient writes c - BG.
	gradient(ctx context.Context, dst, b []float64) error
	// workspace makes ready for the columns of work, keeping what the last one knew of its first columns.
	workspace(ctx context.Context, last workspace, work []int) (workspace, error)
}

// workspace is coordinate descent on some columns, which are numbered by their place in it.
type workspace interface {
	local() *localState
	start()                                      // after b and q have been set
	sweep(places []int32, pen penalty) float64   // improves each coefficient in turn; a lower bound on what the objective loses
	settle()                                     // brings q up to date
	jump(places []int32, pen penalty) (did bool) // tries to solve for the coefficients of the places at once, their signs given
}

// localState is the part of a problem that lies in a workspace: tasks x len(work).
type localState struct {
	work    []int
	tasks   int
	b, q, c []float64
	curve   []float64
}

func newDescent(terms lossTerms, source curvature, o descentOptions) *descent {
	d := &descent{lossTerms: terms, source: source, b: make([]float64, len(terms.c)), q: slices.Clone(terms.c),
		at: make([]bool, terms.cols), dead: make([]bool, terms.cols), tol: o.tol, maxIter: o.maxIter}
	if o.random {
		d.random = rng.New(o.seed, 0)
	}
	return d
}

// outcome is how a solve ended.
type outcome struct {
	certificate
	status ml.Status
	sweeps int
}

// solve goes from the present coefficients to the optimum for a penalty. before is the l1 for which they are optimal, or the largest pull.
func (d *descent) solve(ctx context.Context, pen penalty, before float64) (outcome, error) {
	first := d.sweeps
	target := d.tol * d.yy
	inner := target / 2
	threshold, near := 2*pen.l1-before, 2*pen.l1-before
	clear(d.dead)
	stopped, stalled, met := false, false, false
	best, idle := math.Inf(1), 0
	for {
		now := pen.certify(d.tasks, d.cols, d.b, d.q, d.c, d.yy)
		out := outcome{certificate: now, sweeps: d.sweeps - first}
		switch {
		case math.IsNaN(now.gap):
			out.status = ml.Stalled
			return out, nil
		case now.gap <= target:
			out.status = ml.Converged
			return out, nil
		case stopped:
			out.status = ml.Stopped
			return out, nil
		case out.sweeps >= d.maxIter:
			out.status = ml.MaxIter
			return out, nil
		}
		d.screen(pen, now)
		grown := d.grow(pen, threshold, near)
		if idle++; grown || now.gap < 0.99*best {
			best, idle = now.gap, 0
		}
		const patience = 3 // rounds in which only rounding moves the gap
		if !grown && (stalled || idle >= patience) {
			out.status = ml.Stalled
			return out, nil
		}
		if !grown && met {
			inner = min(inner, now.gap) / 10
		}
		const nearly = 0.8
		threshold, near = pen.l1, nearly*pen.l1
		var err error
		const fresh = 200 // sweeps between two gradients: updates gather rounding errors
		if stopped, stalled, met, err = d.improve(ctx, pen, inner, min(d.maxIter-out.sweeps, fresh)); err != nil {
			return outcome{}, err
		}
		if err := d.source.gradient(ctx, d.q, d.b); err != nil {
			return outcome{}, err
		}
	}
}

// screen marks the columns that the gap proves to be zero at the optimum, and that are.
func (d *descent) screen(pen penalty, now certificate) {
	if pen.l1 == 0 {
		return
	}
	radius := math.Sqrt(2 * now.gap)
	for j := range d.dead {
		if d.dead[j] || !(now.scale*d.pull(pen, j)+radius*math.Sqrt(d.curve[j]+pen.l2) < pen.l1) {
			continue
		}
		d.dead[j] = true
		for t := range d.tasks {
			if d.b[t*d.cols+j] != 0 {
				d.dead[j] = false // a step will find that it is to be zero, at less than the cost of a gradient
			}
		}
	}
}

func (d *descent) pull(pen penalty, j int) float64 {
	if d.tasks == 1 {
		return pen.pull(d.q[j] - pen.l2*d.b[j])
	}
	sum := 0.0
	for t := range d.tasks {
		a := d.q[t*d.cols+j] - pen.l2*d.b[t*d.cols+j]
		sum += a * a
	}
	return math.Sqrt(sum)
}

// grow adds columns if some are pulled at harder than the threshold: those, and with them the ones that are pulled at nearly as hard, since they
// may be next and a round costs more than some columns; the hardest first and not too many at once.
func (d *descent) grow(pen penalty, threshold, near float64) bool {
	type candidate struct {
		col  int
		pull float64
	}
	var found []candidate
	over := false
	for j := range d.cols {
		if d.at[j] || d.dead[j] || d.curve[j] == 0 {
			continue
		}
		pull := d.pull(pen, j)
		for t := range d.tasks {
			if d.b[t*d.cols+j] != 0 {
				pull = math.Inf(1)
			}
		}
		over = over || pull > threshold
		if pull > near {
			found = append(found, candidate{j, pull})
		}
	}
	if !over {
		return false
	}
	slices.SortFunc(found, func(a, b candidate) int {
		if a.pull != b.pull {
			return cmp.Compare(b.pull, a.pull)
		}
		return a.col - b.col
	})
	limit := len(d.work)
	if pen.l1 == 0 {
		limit = d.cols
	}
	// A pass over the rows costs as much as the products of about so many columns: fewer would be stingy.
	limit = max(limit, 64, int(4*math.Sqrt(float64(d.cols))))
	known := len(d.work)
	for i, f := range found {
		if i >= limit && !math.IsInf(f.pull, 1) {
			break
		}
		d.work = append(d.work, f.col)
		d.at[f.col] = true
	}
	slices.Sort(d.work[known:]) // rows are read from left to right
	return true
}

// improve brings the gap over the columns at work below target (met), unless nothing moves any more (stalled). All sweeps but the first of a round are over the
// columns that are not zero.
func (d *descent) improve(ctx context.Context, pen penalty, target float64, budget int) (stopped, stalled, met bool, err error) {
	if d.on, err = d.source.workspace(ctx, d.on, d.work); err != nil {
		return false, false, false, err
	}
	s := d.on.local()
	m := len(s.work)
	all := make([]int32, 0, m)
	for place, j := range s.work {
		if !d.dead[j] {
			all = append(all, int32(place))
		}
		for t := range d.tasks {
			k := t*d.cols + j
			s.b[t*m+place], s.q[t*m+place], s.c[t*m+place] = d.b[k], d.q[k], d.c[k]
		}
	}
	d.on.start()
	defer func() {
		for place, j := range s.work {
			for t := range d.tasks {
				d.b[t*d.cols+j] = s.b[t*m+place]
			}
		}
	}()
	const round = 10 // sweeps over the support between two over all
	still := d.yy * 0x1p-104
	support := make([]int32, 0, m)
	done, jumpAt := 0, 3*round
	for {
		list := all
		for k := range round {
			lost := d.sweep(list, pen)
			done++
			loss := math.NaN()
			if k == 0 {
				d.on.settle()
				now := pen.certify(d.tasks, m, s.b, s.q, s.c, d.yy)
				loss = now.loss
				stalled = lost <= still
				met = now.gap <= target
			}
			if stopped, err = d.watch(d.sweeps, loss); err != nil || stopped || done >= budget || stalled || met {
				return stopped, stalled, met, err
			}
			if k == 0 {
				support = s.support(support[:0])
				list = support
			}
			if lost <= target/20 {
				break
			}
		}
		if done >= jumpAt {
			if d.on.jump(s.support(support[:0]), pen) {
				jumpAt = done + 2
			} else {
				jumpAt = 2 * done
			}
		}
	}
}

func (d *descent) sweep(list []int32, pen penalty) float64 {
	if d.random != nil {
		rng.Shuffle(d.random, list)
	}
	d.sweeps++
	return d.on.sweep(list, pen)
}

// support appends the places of the coefficients that are not zero.
func (s *localState) support(dst []int32) []int32 {
	m := len(s.work)
	for place := range m {
		for t := range s.tasks {
			if s.b[t*m+place] != 0 {
				dst = append(dst, int32(place))
				break
			}
		}
	}
	return dst
}

// update is the optimum for the coefficients of one column, of which u is its gradient with its own part taken out. It writes the changes to
// step and reports whether there are any, and half their square.
func (pen penalty) update(step, b, u []float64, place, m int, curve float64) (changed bool, half float64) {
	denominator := curve + pen.l2
	if len(step) == 1 {
		next := pen.shrink(u[0], denominator)
		step[0] = next - b[place]
		b[place] = next
		return step[0] != 0, step[0] * step[0] / 2
	}
	length := 0.0
	for _, v := range u {
		length += v * v
	}
	length = math.Sqrt(length)
	factor := 0.0
	if length > pen.l1 {
		factor = (1 - pen.l1/length) / denominator
	}
	for t, v := range u {
		next := v * factor
		step[t] = next - b[t*m+place]
		b[t*m+place] = next
		changed = changed || step[t] != 0
		half += step[t] * step[t] / 2
	}
	return changed, half
}
