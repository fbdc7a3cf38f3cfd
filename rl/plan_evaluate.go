package rl

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// PolicyEvaluation gives the values of the states under a policy (Sutton and Barto, "Reinforcement Learning", second edition, section 4.1): exactly, by elimination, up to
// 1000 states whose values depend on one another, and beyond by sweeps until nothing changes any more. The model's V and Q are those of the policy;
// its Best is what is best by them, one step of improvement. Elimination costs states³, a sweep as much as there are outcomes. Nothing is random.
//
// With Discount 1 the policy must end, or the rewards must, from every state; else it is an error of kind ml.ErrData that names one.
type PolicyEvaluation struct {
	Policy   []float64 // the probability of each action in each state, States x Actions, row-major; TableModel.Policy and Explored give some. States without actions do not count. nil: all that can be taken are equally likely
	Discount float64   // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
}

var _ ml.Fitter[*MDP, *TableModel] = PolicyEvaluation{}

// Fit returns the values.
func (c PolicyEvaluation) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where = "rl.PolicyEvaluation.Fit"
	var err error
	if c.Discount, err = discountOf(where, c.Discount); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	policy := c.Policy
	if policy == nil {
		policy = t.uniform()
	} else if err := t.checkPolicy(where, policy); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	v, err := t.evaluate(ctx, policy)
	if err != nil {
		return nil, err
	}
	if err := checkValues(where, v); err != nil {
		return nil, err
	}
	c.Policy = append([]float64(nil), c.Policy...)
	return t.model(c, v, ml.Info{}), nil
}

// checkValues refuses values without bound.
func checkValues(where string, v []float64) error {
	for s, x := range v {
		if !(math.Abs(x) <= math.MaxFloat64) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("the value of state %d", s), Found: fmt.Sprint(x), Want: "rewards that end, or a Discount below 1", Kind: ml.ErrData}
		}
	}
	return nil
}

// uniform is the policy that takes each action that can be taken with the same probability.
func (t *plan) uniform() []float64 {
	p := make([]float64, len(t.reward))
	for s := range t.States {
		n := 0.0
		for a := range t.Actions {
			if t.allowed(s*t.Actions + a) {
				n++
			}
		}
		for a := range t.Actions {
			if t.allowed(s*t.Actions + a) {
				p[s*t.Actions+a] = 1 / n
			}
		}
	}
	return p
}

func (t *plan) checkPolicy(where string, policy []float64) error {
	if len(policy) != len(t.reward) {
		return ml.BadConfig(where, "Policy", fmt.Sprintf("%d probabilities", len(policy)), fmt.Sprintf("%d, one for each state and action", len(t.reward)))
	}
	for s := range t.States {
		if t.isEnd(s) {
			continue // nothing is done there, whatever a policy says
		}
		sum := 0.0
		for a := range t.Actions {
			p := policy[s*t.Actions+a]
			if !(p >= 0 && p <= 1+1e-9) {
				return ml.BadConfig(where, "Policy", fmt.Sprintf("%v for action %d in state %d", p, a, s), "0..1")
			}
			if p > 0 && !t.allowed(s*t.Actions+a) {
				return ml.BadConfig(where, "Policy", fmt.Sprintf("%v for action %d in state %d, where it cannot be taken", p, a, s), "0")
			}
			sum += p
		}
		if !(math.Abs(sum-1) <= 1e-9) {
			return ml.BadConfig(where, "Policy", fmt.Sprintf("a sum of %v in state %d", sum, s), "1")
		}
	}
	return nil
}

// always is the policy that takes one action in each state, as probabilities.
func (t *plan) always(best []int) []float64 {
	p := make([]float64, len(t.reward))
	for s, a := range best {
		if !t.isEnd(s) {
			p[s*t.Actions+a] = 1
		}
	}
	return p
}

// widestElimination is how many unknown values are eliminated; more are found by sweeps.
const widestElimination = 1000

// evaluate gives the values under a policy; without a discount they are infinite where the rewards never end.
func (t *plan) evaluate(ctx context.Context, policy []float64) ([]float64, error) {
	v, known := make([]float64, t.States), make([]bool, t.States)
	for s := range known {
		known[s] = t.isEnd(s)
	}
	if t.discount == 1 {
		t.endless(policy, v, known)
	}
	index, unknown := make([]int, t.States), []int(nil)
	for s := range known {
		if !known[s] {
			index[s] = len(unknown)
			unknown = append(unknown, s)
		}
	}
	n := len(unknown)
	if n > widestElimination {
		return v, t.settle(ctx, policy, v, unknown)
	}
	// (I - P)·v = r, with the known values on the right.
	a, b := make([]float64, n*n), make([]float64, n)
	for i, s := range unknown {
		row := a[i*n : (i+1)*n]
		row[i] = 1
		t.each(policy, s, func(w float64, pair int) {
			b[i] += float64(w * t.reward[pair])
			for _, l := range t.links[t.first[pair]:t.first[pair+1]] {
				if p := float64(w * l.p); known[l.next] {
					b[i] += float64(p * v[l.next])
				} else {
					row[index[l.next]] -= p
				}
			}
		})
	}
	if err := eliminate(ctx, a, b); err != nil {
		return nil, err
	}
	for i, s := range unknown {
		v[s] = b[i]
	}
	return v, nil
}

// each calls f for the actions that a policy takes in a state.
func (t *plan) each(policy []float64, s int, f func(w float64, pair int)) {
	for pair := s * t.Actions; pair < (s+1)*t.Actions; pair++ {
		if w := policy[pair]; w > 0 {
			f(w, pair)
		}
	}
}

// settle sweeps until the values no longer change, up and down the states.
func (t *plan) settle(ctx context.Context, policy []float64, v []float64, unknown []int) error {
	const most = 1_000_000
	b := bounds{discount: t.discount}
	for i := range most {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		change, size := 0.0, 1.0
		for k := range unknown {
			s := unknown[k]
			if i%2 == 1 {
				s = unknown[len(unknown)-1-k]
			}
			x := 0.0
			t.each(policy, s, func(w float64, pair int) { x += float64(w * t.worth(pair, v)) })
			change, size = max(change, math.Abs(x-v[s])), max(size, math.Abs(x))
			v[s] = x
		}
		if b.of(change) <= 1e-12*size || change <= 1e-15*size {
			break
		}
	}
	return nil
}

// endless sets the values, without a discount, of the states from which a policy never ends: 0 where no reward is left, an infinity where they go on for ever, NaN
// where gains and losses do.
func (t *plan) endless(policy, v []float64, known []bool) {
	taken := make([]bool, len(policy))
	for pair, p := range policy {
		taken[pair] = p > 0
	}
	before := t.predecessors(taken)
	// spread marks all from which a marked state can be reached.
	spread := func(mark []bool) {
		var queue []int
		for s, m := range mark {
			if m {
				queue = append(queue, s)
			}
		}
		for len(queue) > 0 {
			s := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, pair := range before[s] {
				if from := int(pair) / t.Actions; !mark[from] {
					mark[from] = true
					queue = append(queue, from)
				}
			}
		}
	}
	marks := func(is func(s, pair int) bool) []bool {
		mark := make([]bool, t.States)
		for s := range mark {
			for pair := s * t.Actions; pair < (s+1)*t.Actions; pair++ {
				mark[s] = mark[s] || taken[pair] && is(s, pair)
			}
		}
		return mark
	}
	// Ends: termination, and states from which no reward can follow, whatever happens.
	pays := marks(func(_, pair int) bool { return t.reward[pair] != 0 })
	spread(pays)
	ends := marks(func(_, pair int) bool { return int(t.first[pair+1]-t.first[pair]) < t.Begin[pair+1]-t.Begin[pair] })
	for s := range ends {
		if !pays[s] || known[s] {
			ends[s], known[s] = true, true
		}
	}
	spread(ends)
	// The rest goes on for ever, and so does, with some probability, all that can get there.
	gains := marks(func(s, pair int) bool { return !ends[s] && t.reward[pair] > 0 })
	losses := marks(func(s, pair int) bool { return !ends[s] && t.reward[pair] < 0 })
	spread(gains)
	spread(losses)
	for s := range v {
		switch {
		case gains[s] && losses[s]:
			v[s], known[s] = math.NaN(), true
		case gains[s]:
			v[s], known[s] = math.Inf(1), true
		case losses[s]:
			v[s], known[s] = math.Inf(-1), true
		}
	}
}

// eliminate solves a·x = b in place, by rows with partial pivoting; zeros, of which the matrices of models have many, are passed over.
func eliminate(ctx context.Context, a, b []float64) error {
	n := len(b)
	for k := range n {
		if k%64 == 0 && ctx.Err() != nil {
			return ml.Done(ctx)
		}
		top := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[top*n+k]) {
				top = i
			}
		}
		pivot := a[k*n : (k+1)*n]
		if top != k {
			for j, x := range a[top*n : (top+1)*n] {
				a[top*n+j], pivot[j] = pivot[j], x
			}
			b[k], b[top] = b[top], b[k]
		}
		for i := k + 1; i < n; i++ {
			row := a[i*n : (i+1)*n]
			if row[k] == 0 {
				continue
			}
			f := row[k] / pivot[k]
			for j := k + 1; j < n; j++ {
				row[j] -= float64(f * pivot[j])
			}
			b[i] -= float64(f * b[k])
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= float64(a[i*n+j] * b[j])
		}
		b[i] /= a[i*n+i]
	}
	return nil
}
