package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// plan is an MDP as the planners use it: mean rewards, and probabilities times the discount of the states that follow.
type plan struct {
	*MDP
	discount float64
	reward   []float64 // of each state and action
	first    []int32   // the links of pair i are links[first[i]:first[i+1]]
	links    []link
}

type link struct {
	p    float64 // probability times discount
	next int32
}

func newPlan(where string, m *MDP, discount float64) (*plan, error) {
	if err := m.check(where); err != nil {
		return nil, err
	}
	t := &plan{MDP: m, discount: discount, reward: make([]float64, m.States*m.Actions), first: make([]int32, 1, m.States*m.Actions+1)}
	for i := range t.reward {
		for _, o := range m.Outcomes[m.Begin[i]:m.Begin[i+1]] {
			t.reward[i] += float64(o.P * o.Reward)
			if !o.Terminated {
				t.links = append(t.links, link{float64(o.P * discount), int32(o.Next)})
			}
		}
		t.first = append(t.first, int32(len(t.links)))
	}
	return t, nil
}

func (t *plan) allowed(pair int) bool { return t.Begin[pair] < t.Begin[pair+1] }

// isEnd tells of a state without actions.
func (t *plan) isEnd(s int) bool { return t.Begin[s*t.Actions] == t.Begin[(s+1)*t.Actions] }

// worth is the value of a state and action, -Inf if it cannot be taken.
func (t *plan) worth(pair int, v []float64) float64 {
	if !t.allowed(pair) {
		return math.Inf(-1)
	}
	sum := t.reward[pair]
	for _, l := range t.links[t.first[pair]:t.first[pair+1]] {
		sum += float64(l.p * v[l.next])
	}
	return sum
}

// best is the largest worth in a state, 0 where there is no action.
func (t *plan) best(s int, v []float64) float64 {
	top := math.Inf(-1)
	for pair := s * t.Actions; pair < (s+1)*t.Actions; pair++ {
		top = max(top, t.worth(pair, v))
	}
	if top == math.Inf(-1) && t.isEnd(s) {
		return 0
	}
	return top
}

// sweep sets every value to the best worth in turn, using those that are new already, up or down the states, and returns the largest change.
func (t *plan) sweep(v []float64, backwards bool) float64 {
	change := 0.0
	for i := range v {
		s := i
		if backwards {
			s = len(v) - 1 - i
		}
		x := t.best(s, v)
		change = max(change, math.Abs(x-v[s]))
		v[s] = x
	}
	return change
}

// bounds says how far values can be from the truth, from the changes of one sweep after another. With a discount that is certain. Without one it is an estimate, from how
// fast the changes shrink: over two sweeps, one of which may go down the states.
type bounds struct {
	discount    float64
	last, first float64 // the changes of the last sweep and of the one before
}

func (b *bounds) of(change float64) float64 {
	rate := b.discount
	if rate == 1 {
		rate = math.Sqrt(change / b.first)
	}
	b.first, b.last = b.last, change
	switch {
	case change == 0:
		return 0
	case !(rate < 1):
		return math.MaxFloat64
	}
	return change * max(1, rate/(1-rate))
}

// worths is worth of every pair.
func (t *plan) worths(v []float64) []float64 {
	q := make([]float64, len(t.reward))
	for pair := range q {
		q[pair] = t.worth(pair, v)
	}
	return q
}

// policy takes the best action of every state, the first of several. Without a discount that is not enough: of actions that are equally good to rounding, some may
// lead round in circles, where the promised reward never comes. So it prefers those that lead to an end: from the ends backwards, each state takes an action that is
// among its best and may lead to a state which has taken one already.
func (t *plan) policy(q []float64) []int {
	best := make([]int, t.States)
	for s := range best {
		best[s] = argmax(q[s*t.Actions : (s+1)*t.Actions])
	}
	if t.discount < 1 {
		return best
	}
	size := 1.0
	for _, x := range q {
		if math.Abs(x) <= math.MaxFloat64 {
			size = max(size, math.Abs(x))
		}
	}
	good := make([]bool, len(q))
	for s := range best {
		for a := range t.Actions {
			pair := s*t.Actions + a
			good[pair] = t.allowed(pair) && q[pair] >= q[s*t.Actions+best[s]]-float64(1e-9*size)
		}
	}
	t.toEnds(good, func(s, a int) { best[s] = a })
	return best
}

// toEnds finds the states from which the marked actions may lead to an end, nearest first, and calls found with the action that does.
func (t *plan) toEnds(good []bool, found func(s, a int)) []bool {
	before := t.predecessors(good)
	reached := make([]bool, t.States)
	var queue []int
	for s := range t.States {
		if t.isEnd(s) {
			reached[s] = true
			queue = append(queue, s)
			continue
		}
		for a := range t.Actions {
			pair := s*t.Actions + a
			if good[pair] && t.first[pair+1]-t.first[pair] < int32(t.Begin[pair+1]-t.Begin[pair]) {
				reached[s] = true
				queue = append(queue, s)
				found(s, a)
				break
			}
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, pair := range before[s] {
			if from := int(pair) / t.Actions; !reached[from] {
				reached[from] = true
				queue = append(queue, from)
				found(from, int(pair)%t.Actions)
			}
		}
	}
	return reached
}

// predecessors are, for each state, the marked pairs that may lead there.
func (t *plan) predecessors(good []bool) [][]int32 {
	before := make([][]int32, t.States)
	for pair := range t.reward {
		if good != nil && !good[pair] {
			continue
		}
		for _, l := range t.links[t.first[pair]:t.first[pair+1]] {
			before[l.next] = append(before[l.next], int32(pair))
		}
	}
	return before
}

// model makes the model of values, with the policy that is best by them.
func (t *plan) model(config any, v []float64, info ml.Info) *TableModel {
	q := t.worths(v)
	return t.modelOf(config, v, q, t.policy(q), info)
}

func (t *plan) modelOf(config any, v, q []float64, best []int, info ml.Info) *TableModel {
	m := &TableModel{States: t.States, Actions: t.Actions, V: v, Q: q, Best: best}
	m.Config, m.Info = config, info
	return m
}

// iterate calls step until its gap is at most tol, and says how that went.
func iterate(ctx context.Context, unit string, maxIter int, tol float64, step func(i int) float64) (ml.Info, error) {
	info := ml.Info{Status: ml.MaxIter, Gap: math.Inf(1)}
	if err := ml.Done(ctx); err != nil {
		return info, err
	}
	track := ml.Track(ctx, unit, maxIter)
	for i := range maxIter {
		info.Gap = step(i)
		info.Iterations = i + 1
		stop, err := track.Step(i+1, ml.Loss{Train: info.Gap})
		if err != nil {
			return info, err
		}
		if info.Gap <= tol {
			info.Status = ml.Converged
			break
		}
		if stop {
			info.Status = ml.Stopped
			break
		}
	}
	return info, nil
}

// checkPlanner checks what planners share and gives the defaults.
func checkPlanner(where string, discount, tol *float64, maxIter *int, iterations int) error {
	var err error
	if *discount, err = discountOf(where, *discount); err != nil {
		return err
	}
	if tol != nil {
		if !(*tol >= 0 && *tol <= math.MaxFloat64) {
			return ml.BadConfig(where, "Tol", *tol, ">= 0; 0 means 1e-10")
		}
		setDefault(tol, 1e-10)
	}
	if *maxIter < 0 {
		return ml.BadConfig(where, "MaxIter", *maxIter, ">= 1, or 0 for the default")
	}
	setDefault(maxIter, iterations)
	return nil
}
