package bandit

import "math"

// Design says how requests become the rows of linear models. By default each arm has a model of its own over the context.
type Design struct {
	// Shared: one model for all arms, over the features that come with each candidate (Request.Features) and the context. Arms need not be known before.
	Shared      bool
	Interact    bool    // add the products of context and features; without them, a shared model ranks arms alike in all contexts
	NoIntercept bool    // no constant column
	L2          float64 // > 0, the penalty of the squared coefficients; 0: 1
	// Decay: the sums of a model lose 1-Decay of their weight with each reward that it learns from, but its penalty does not; 0: 1, none. An update then
	// costs a third of the cube of the columns.
	Decay float64
}

// linear is what the policies over linear models have in common: the models, several for each arm if they are bagged.
type linear struct {
	Design
	bags              int
	context, features int
	p                 int // columns of a row
	arm               [][]ridge
	common            []ridge
	u                 []float64 // scratch of updates
}

func (d Design) linear(where string, bags int) (linear, error) {
	d.L2, d.Decay = or(d.L2, 1), or(d.Decay, 1)
	for _, err := range []error{inRange(where, "L2", d.L2, 1e-9, math.MaxFloat64), inRange(where, "Decay", d.Decay, 1e-3, 1)} {
		if err != nil {
			return linear{}, err
		}
	}
	return linear{Design: d, bags: bags}, nil
}

func (l *linear) needs() needs { return needs{context: true, features: l.Shared} }

func (l *linear) widths(context, features int) {
	l.context, l.features = context, features
	l.p = context
	if l.Shared {
		l.p += features
		if l.Interact {
			l.p += context * features
		}
	}
	if !l.NoIntercept {
		l.p++
	}
}

func (l *linear) blocks() (sums, derived, common, commonDerived int) {
	sums, derived = l.bags*ridgeSums(l.p), l.bags*ridgeDerived(l.p)
	if l.Shared {
		return 0, 0, sums, derived
	}
	return sums, derived, 0, 0
}

func (l *linear) attach(arm int, block []float64, fresh bool) {
	sums, derived := ridgeSums(l.p), ridgeDerived(l.p)
	if len(block) == 0 {
		return
	}
	if len(l.u) != l.p {
		l.u = make([]float64, l.p)
	}
	models := make([]ridge, l.bags)
	for i := range models {
		models[i] = ridgeAt(block[i*sums:(i+1)*sums], block[l.bags*sums+i*derived:][:derived], l.p)
		if fresh {
			models[i].renew(l.L2)
		}
	}
	if arm < 0 {
		l.common = models
		return
	}
	for len(l.arm) <= arm {
		l.arm = append(l.arm, nil)
	}
	l.arm[arm] = models
}

func (l *linear) fades(f, now, base, _, _ []float64) {
	fill(f, 1)
	if l.Decay == 1 {
		return
	}
	size := ridgeSums(l.p)
	for at := 0; at+size <= len(f); at += size {
		last := at + size - 1
		fill(f[at:last], new(one).power(1/l.Decay, base[last]-now[last]))
	}
}

// models are those that speak for an arm.
func (l *linear) models(arm int) []ridge {
	if l.Shared {
		return l.common
	}
	return l.arm[arm]
}

// arm of candidate i, -1 where it has none.
func (q *query) arm(i int) int {
	if q.arms == nil {
		return -1
	}
	return q.arms[i]
}

// append makes the row of candidate i.
func (l *linear) append(dst []float64, q *query, i int) []float64 {
	if !l.NoIntercept {
		dst = append(dst, 1)
	}
	dst = append(dst, q.context...)
	if !l.Shared {
		return dst
	}
	f := q.features[i]
	dst = append(dst, f...)
	if l.Interact {
		for _, c := range q.context {
			for _, v := range f {
				dst = append(dst, c*v)
			}
		}
	}
	return dst
}

func (l *linear) width() int { return l.p }

func (l *linear) row(dst []float64, _ *scratch, q *query, i int) []float64 {
	return l.append(dst, q, i)
}

// means sets mean to what the models of one bag expect of the candidates.
func (l *linear) means(mean []float64, s *scratch, q *query, bag int) {
	for i := range q.n {
		if i == 0 || l.Shared {
			s.row = l.append(s.row[:0], q, i)
		}
		mean[i] = dot(s.row, l.models(q.arm(i))[bag].theta)
	}
}

// moments sets mean as means does, and variance to rowᵀ inv row.
func (l *linear) moments(mean, variance []float64, s *scratch, q *query) {
	s.block = grow(s.block, packed(l.p))
	for i := range q.n {
		if i == 0 || l.Shared {
			s.row = l.append(s.row[:0], q, i)
			outer(s.block, s.row)
		}
		m := &l.models(q.arm(i))[0]
		mean[i], variance[i] = dot(s.row, m.theta), m.variance(s.block)
	}
}

func (l *linear) update(u *outcome) {
	l.models(u.arm)[0].learn(u.row, 1, u.reward, l.L2, l.Decay, l.u)
}
