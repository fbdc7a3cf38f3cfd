package rl

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// LinearProgram finds the best policy of an MDP as the solution of its linear program (Manne, Management Science 6 (1960); Puterman, "Markov Decision Processes", section
// 6.9): maximise Σ r(s,a)·x(s,a) over the expected counts x of actions, of which as many must leave a state as enter it. A basis of it is a policy, and a step of the
// simplex method changes the one action that gains most, a rule with which the steps are few (Ye, Mathematics of Operations Research 36 (2011)). What it has to offer over
// [PolicyIteration] are the counts, in Visits: what happens how often, and so what a constraint would cost.
//
// A step costs states² and states·actions; the memory is 8·states² bytes. Nothing is random.
type LinearProgram struct {
	Discount float64 // of the reward a step later, in (0, 1]. 0: 0.99. 1: none; then every state must be able to end
	MaxIter  int     // steps of the simplex method at the most. 0: 100 for each state
}

var _ ml.Fitter[*MDP, *TableModel] = LinearProgram{}

// widestProgram bounds the states, so that the basis can be kept.
const widestProgram = 4096

// Fit returns the best policy with its exact values. Info.Gap is the most that an action promises above the value of its state.
func (c LinearProgram) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where, fresh = "rl.LinearProgram.Fit", 500
	if err := checkPlanner(where, &c.Discount, nil, &c.MaxIter, 0); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	if m.States > widestProgram {
		return nil, &ml.Error{Where: where, Field: "States", Found: fmt.Sprint(m.States), Want: fmt.Sprintf("at most %d; PolicyIteration takes more", widestProgram), Kind: ml.ErrConfig}
	}
	setDefault(&c.MaxIter, 100*m.States)
	s := &simplex{plan: t, best: t.ending()}
	if err := s.factor(ctx); err != nil {
		return nil, err
	}
	if err := checkValues(where, s.v); err != nil {
		return nil, err
	}
	var inner error
	info, err := iterate(ctx, "pivot", c.MaxIter, 0, func(i int) float64 {
		gain := s.pivot()
		// Rounding adds up in the inverse: it is made anew at times, and before the end is believed.
		if i%fresh == fresh-1 || gain == 0 && s.stale {
			inner = s.factor(ctx)
			gain = max(gain, math.SmallestNonzeroFloat64)
		}
		if inner != nil {
			return 0
		}
		return gain
	})
	switch {
	case err != nil:
		return nil, err
	case inner != nil:
		return nil, inner
	}
	if err := checkValues(where, s.v); err != nil {
		return nil, err
	}
	model := t.modelOf(c, s.v, t.worths(s.v), s.best, info)
	model.Visits = s.visits()
	return model, nil
}

// simplex is a basis of the linear program: a policy, and the inverse of I - P under it.
type simplex struct {
	*plan
	best    []int
	inverse []float64 // States x States
	v       []float64
	stale   bool // steps were taken since the inverse was made
}

// factor makes the inverse and the values.
func (s *simplex) factor(ctx context.Context) error {
	n := s.States
	a, inverse := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		a[i*n+i], inverse[i*n+i] = 1, 1
		if !s.isEnd(i) {
			for _, l := range s.at(i) {
				a[i*n+int(l.next)] -= l.p
			}
		}
	}
	if err := invert(ctx, a, inverse, n); err != nil {
		return err
	}
	s.inverse, s.stale = inverse, false
	s.v = make([]float64, n)
	for i := range n {
		sum := 0.0
		for j, x := range inverse[i*n : (i+1)*n] {
			if !s.isEnd(j) {
				sum += float64(x * s.reward[j*s.Actions+s.best[j]])
			}
		}
		s.v[i] = sum
	}
	return nil
}

// at are the links of a state under the policy.
func (s *simplex) at(state int) []link {
	pair := state*s.Actions + s.best[state]
	return s.links[s.first[pair]:s.first[pair+1]]
}

// pivot changes the action that gains most, and returns the gain; 0 if nothing is better.
func (s *simplex) pivot() float64 {
	gain, state, action := 0.0, -1, 0
	for i := range s.v {
		if s.isEnd(i) {
			continue
		}
		for a := range s.Actions {
			if g := s.worth(i*s.Actions+a, s.v) - s.v[i]; g > 1e-11*max(1, math.Abs(s.v[i])) && g > gain {
				gain, state, action = g, i, a
			}
		}
	}
	if state < 0 {
		return 0
	}
	// Row `state` of the matrix changes by d, so its inverse B changes by B·e·(d·B) / (1 + d·B·e), after Sherman and Morrison.
	n := s.States
	change := make([]float64, n) // d·B
	add := func(links []link, sign float64) {
		for _, l := range links {
			f := sign * l.p
			for j, x := range s.inverse[int(l.next)*n : (int(l.next)+1)*n] {
				change[j] += float64(f * x)
			}
		}
	}
	add(s.at(state), 1)
	s.best[state] = action
	add(s.at(state), -1)
	f := 1 / (1 + change[state])
	for i := range n {
		row := s.inverse[i*n : (i+1)*n]
		// The values follow from the gain alone.
		if x := float64(row[state] * f); x != 0 {
			s.v[i] += float64(x * gain)
			for j, y := range change {
				row[j] -= float64(x * y)
			}
		}
	}
	s.stale = true
	return gain
}

// visits are the counts of the policy's actions from the start.
func (s *simplex) visits() []float64 {
	n := s.States
	x := make([]float64, n*s.Actions)
	for i := range n {
		if p := s.start(i); p > 0 {
			for j, y := range s.inverse[i*n : (i+1)*n] {
				if !s.isEnd(j) {
					x[j*s.Actions+s.best[j]] += float64(p * y)
				}
			}
		}
	}
	return x
}

// invert turns inverse, the identity, into the inverse of a, which it spoils: Gauss-Jordan with partial pivoting, zeros passed over. A singular matrix gives infinities
// or NaN.
func invert(ctx context.Context, a, inverse []float64, n int) error {
	for k := range n {
		if k%16 == 0 && ctx.Err() != nil {
			return ml.Done(ctx)
		}
		top := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[top*n+k]) {
				top = i
			}
		}
		if top != k {
			for j := range n {
				a[k*n+j], a[top*n+j] = a[top*n+j], a[k*n+j]
				inverse[k*n+j], inverse[top*n+j] = inverse[top*n+j], inverse[k*n+j]
			}
		}
		pivot, by := a[k*n:(k+1)*n], inverse[k*n:(k+1)*n]
		f := 1 / pivot[k]
		for j := range n {
			pivot[j] *= f
			by[j] *= f
		}
		for i := range n {
			row, to := a[i*n:(i+1)*n], inverse[i*n:(i+1)*n]
			f := row[k]
			if i == k || f == 0 {
				continue
			}
			for j := k; j < n; j++ {
				row[j] -= float64(f * pivot[j])
			}
			for j, x := range by {
				to[j] -= float64(f * x)
			}
		}
	}
	return nil
}
