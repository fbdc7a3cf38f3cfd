package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// columnStore holds X by columns: the rows and values of column j are those from start[j] on.
type columnStore struct {
	start []int
	rows  []int32
	vals  []float64
}

// columns transposes the rows that are present, without zeros, with the intercept's column at the end.
func (s *svm) columns() columnStore {
	q := s.size()
	c := columnStore{start: make([]int, q+1)}
	each := func(visit func(i int, j int32, v float64)) {
		var buf scratch
		for i, cost := range s.cost {
			if cost == 0 {
				continue
			}
			cols, vals := s.nonzeros(i, &buf)
			for k, j := range cols {
				visit(i, j, vals[k])
			}
			if s.bias != 0 {
				visit(i, int32(s.cols), s.bias)
			}
		}
	}
	each(func(_ int, j int32, _ float64) { c.start[j+1]++ })
	for j := range q {
		c.start[j+1] += c.start[j]
	}
	c.rows, c.vals = make([]int32, c.start[q]), make([]float64, c.start[q])
	next := append([]int(nil), c.start[:q]...)
	each(func(i int, j int32, v float64) {
		c.rows[next[j]], c.vals[next[j]] = int32(i), v
		next[j]++
	})
	return c
}

func (c columnStore) column(j int32) ([]int32, []float64) {
	lo, hi := c.start[j], c.start[j+1]
	return c.rows[lo:hi], c.vals[lo:hi]
}

// sparsePrimal minimises |w|₁ + Σ cost·e² one coefficient after the other: Newton steps with a line search (Yuan et al., "A comparison of
// optimization methods and software for large-scale L1-regularized linear classification", JMLR 11 (2010), section 4.1 and appendix F).
// The gap is the largest violation of the optimality conditions in units of that at the start.
func (s *svm) sparsePrimal(ctx context.Context) (svmResult, error) {
	q := s.size()
	r := svmResult{w: make([]float64, q), status: ml.MaxIter}
	c := s.columns()
	m := &marginColumns{svm: s, columnStore: c, slack: make([]float64, s.rows), total: make([]float64, q)}
	for i := range m.slack {
		m.slack[i] = 1
	}
	order := dualOrder{rows: make([]int32, q), active: q, seed: s.seed}
	for j := range order.rows {
		order.rows[j] = int32(j)
		rows, vals := c.column(int32(j))
		for k, i := range rows {
			m.total[j] += s.cost[i] * vals[k] * vals[k]
		}
	}
	last, first := math.Inf(1), 0.0
	for r.iterations < s.maxIter {
		if err := ml.Done(ctx); err != nil {
			return r, err
		}
		order.shuffle(r.iterations)
		worst := 0.0
		whole := order.active == q
		for k := 0; k < order.active; k++ {
			j := order.rows[k]
			violation, rest := m.update(r.w, j, last)
			if rest {
				order.rest(k)
				k--
				continue
			}
			worst = max(worst, violation)
		}
		if r.iterations == 0 {
			first = worst
		}
		r.iterations++
		r.gap = 0
		if first > 0 {
			r.gap = worst / first
		}
		f := m.objective(r.w)
		r.loss = append(r.loss, f)
		stop, err := s.report(r.iterations, f)
		if err != nil {
			return r, err
		}
		if stop {
			r.status = ml.Stopped
			return r, nil
		}
		last = worst / float64(len(m.slack))
		if r.gap <= s.tol {
			if whole {
				r.status = ml.Converged
				return r, nil
			}
			order.active = q
			last = math.Inf(1)
		}
	}
	return r, nil
}

// marginColumns is the state of sparsePrimal.
type marginColumns struct {
	*svm
	columnStore
	slack []float64 // 1 - y_i w·x_i
	total []float64 // Σ cost·x² of each column: half a bound on the curvature
}

func (m *marginColumns) objective(w []float64) float64 {
	f := 0.0
	for _, v := range w {
		f += math.Abs(v)
	}
	for i, e := range m.slack {
		if e > 0 && m.cost[i] > 0 {
			f += m.cost[i] * e * e
		}
	}
	return f
}

// update improves coefficient j. It returns by how much j violated its optimality condition, and whether it is at zero and far from
// leaving it, by more than last.
func (m *marginColumns) update(w []float64, j int32, last float64) (violation float64, rest bool) {
	rows, vals := m.column(j)
	g, h := 0.0, 0.0
	for k, i := range rows {
		if e := m.slack[i]; e > 0 {
			cx := 2 * m.cost[i] * vals[k]
			g -= cx * m.y[i] * e
			h += cx * vals[k]
		}
	}
	old := w[j]
	up, down := g+1, g-1
	switch {
	case old == 0:
		if up > last && down < -last {
			return 0, true
		}
		violation = max(-up, down, 0)
	case old > 0:
		violation = math.Abs(up)
	default:
		violation = math.Abs(down)
	}
	h = max(h, 1e-12)
	step := -old
	switch {
	case up < h*old:
		step = -up / h
	case down > h*old:
		step = -down / h
	}
	const negligible = 1e-16
	if math.Abs(step) <= negligible*math.Abs(old) {
		return violation, false
	}
	w[j] = old + m.search(j, old, g, step)
	return violation, false
}

// search shortens a step until the objective falls enough, and takes it.
func (m *marginColumns) search(j int32, old, g, step float64) float64 {
	const sufficient, tries = 0.01, 40
	rows, vals := m.column(j)
	shrinks := math.Abs(old+step) - math.Abs(old)
	expected := shrinks + g*step
	for range tries {
		penalty := math.Abs(old+step) - math.Abs(old)
		bound := m.total[j]*step*step + g*step + penalty - sufficient*expected // never below the change of the objective
		if bound <= 0 {
			m.move(rows, vals, step)
			return step
		}
		change := 0.0
		for k, i := range rows {
			before := max(m.slack[i], 0)
			after := max(m.slack[i]-m.y[i]*vals[k]*step, 0)
			change += m.cost[i] * (after - before) * (after + before)
		}
		if change+penalty-sufficient*expected <= 0 {
			m.move(rows, vals, step)
			return step
		}
		step /= 2
		expected /= 2
	}
	return 0
}

func (m *marginColumns) move(rows []int32, vals []float64, step float64) {
	for k, i := range rows {
		m.slack[i] -= m.y[i] * vals[k] * step
	}
}
