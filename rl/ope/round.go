package ope

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// Round is a line of a log: what was known, what was chosen with which probability, and what came of it.
type Round struct {
	ID         uint64
	Context    []float64
	Arms       []string    // names of the candidates; nil if they have none
	Features   [][]float64 // of the candidates; nil if they have none
	Probs      []float64   // of all candidates, under the policy that chose; nil if only that of the choice is known
	Choice     int         // place of what was chosen among the candidates
	Propensity float64     // the probability that it had, above 0
	Reward     float64
}

// Candidates is how many there were, as far as the round tells.
func (r *Round) Candidates() int { return max(len(r.Arms), len(r.Features), len(r.Probs)) }

// Policy is what is to be judged.
type Policy interface {
	// Probs sets dst[i] to the probability with which the policy chooses candidate i. It may use what was known before the choice, not what was chosen and what came of it.
	Probs(dst []float64, r *Round) error
}

// PolicyFunc is a function as a Policy.
type PolicyFunc func(dst []float64, r *Round) error

// Probs calls f.
func (f PolicyFunc) Probs(dst []float64, r *Round) error { return f(dst, r) }

// Uniform chooses any candidate with the same probability.
type Uniform struct{}

// Probs sets all to the same.
func (Uniform) Probs(dst []float64, _ *Round) error {
	for i := range dst {
		dst[i] = 1 / float64(len(dst))
	}
	return nil
}

// Always chooses the arm of a name where it is a candidate, and any otherwise.
type Always string

// Probs gives the arm all.
func (a Always) Probs(dst []float64, r *Round) error {
	clear(dst)
	for i, name := range r.Arms {
		if name == string(a) {
			dst[i] = 1
			return nil
		}
	}
	return Uniform{}.Probs(dst, r)
}

// Rewards tell what each candidate of each round would have brought.
type Rewards interface {
	// Expect returns a number for each candidate of each round. What it says of a round may not depend on the reward of that round, or the doubly robust estimators
	// are biased.
	Expect(ctx context.Context, rounds []Round) ([][]float64, error)
}

// A weighing is a log with the probabilities that a policy gives its candidates.
type weighing struct {
	rounds []Round
	target [][]float64
	weight []float64 // of the choice: target's probability over the propensity
	q      [][]float64
}

func weigh(ctx context.Context, where string, rounds []Round, p Policy) (*weighing, error) {
	if len(rounds) < 2 {
		return nil, ml.BadShape(where, "rounds", fmt.Sprint(len(rounds)), "two at least")
	}
	if p == nil {
		return nil, ml.BadConfig(where, "the policy", "nil", "one")
	}
	w := &weighing{rounds: rounds, target: make([][]float64, len(rounds)), weight: make([]float64, len(rounds))}
	total := 0
	for i := range rounds {
		if err := rounds[i].check(where, i); err != nil {
			return nil, err
		}
		total += rounds[i].Candidates()
	}
	all := make([]float64, total)
	for i := range rounds {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r := &rounds[i]
		n := r.Candidates()
		w.target[i], all = all[:n:n], all[n:]
		if err := p.Probs(w.target[i], r); err != nil {
			return nil, err
		}
		if err := checkProbs(where, fmt.Sprintf("round %d: the policy's probabilities", i), w.target[i]); err != nil {
			return nil, err
		}
		w.weight[i] = w.target[i][r.Choice] / r.Propensity
	}
	return w, nil
}

func (r *Round) check(where string, i int) error {
	fault := func(field, found, want string, kind error) error {
		return &ml.Error{Where: where, Field: fmt.Sprintf("round %d: %s", i, field), Found: found, Want: want, Kind: kind}
	}
	n := r.Candidates()
	switch {
	case r.Choice < 0 || r.Choice >= n:
		return fault("Choice", fmt.Sprint(r.Choice), fmt.Sprintf("one of %d candidates", n), ml.ErrTarget)
	case r.Arms != nil && len(r.Arms) != n || r.Features != nil && len(r.Features) != n || r.Probs != nil && len(r.Probs) != n:
		return fault("Arms, Features and Probs", fmt.Sprintf("%d, %d and %d", len(r.Arms), len(r.Features), len(r.Probs)), "the same number, or none", ml.ErrShape)
	case !(r.Propensity > 0 && r.Propensity <= 1):
		return fault("Propensity", fmt.Sprint(r.Propensity), "above 0, up to 1", ml.ErrTarget)
	case !(math.Abs(r.Reward) <= math.MaxFloat64):
		return fault("Reward", fmt.Sprint(r.Reward), "a finite number", ml.ErrNotFinite)
	case r.Probs != nil && math.Abs(r.Probs[r.Choice]-r.Propensity) > 1e-9:
		return fault("Propensity", fmt.Sprint(r.Propensity), fmt.Sprintf("%g, as Probs say", r.Probs[r.Choice]), ml.ErrTarget)
	}
	if r.Probs != nil {
		return checkProbs(where, fmt.Sprintf("round %d: Probs", i), r.Probs)
	}
	return nil
}

func checkProbs(where, field string, p []float64) error {
	sum := 0.0
	for _, v := range p {
		if !(v >= 0) {
			return &ml.Error{Where: where, Field: field, Found: fmt.Sprint(v), Want: ">= 0", Kind: ml.ErrTarget}
		}
		sum += v
	}
	if !(math.Abs(sum-1) <= 1e-6) {
		return &ml.Error{Where: where, Field: field, Found: fmt.Sprintf("of sum %g", sum), Want: "1", Kind: ml.ErrTarget}
	}
	return nil
}

// expect fills q in.
func (w *weighing) expect(ctx context.Context, where string, m Rewards) error {
	if m == nil {
		m = Regression{}
	}
	q, err := m.Expect(ctx, w.rounds)
	if err != nil {
		return err
	}
	if len(q) != len(w.rounds) {
		return ml.BadShape(where, "expected rewards", fmt.Sprintf("%d rows", len(q)), fmt.Sprint(len(w.rounds)))
	}
	for i := range q {
		if len(q[i]) != len(w.target[i]) {
			return ml.BadShape(where, fmt.Sprintf("expected rewards of round %d", i), fmt.Sprintf("%d", len(q[i])), fmt.Sprint(len(w.target[i])))
		}
		for _, v := range q[i] {
			if !(math.Abs(v) <= math.MaxFloat64) {
				return &ml.Error{Where: where, Field: fmt.Sprintf("expected rewards of round %d", i), Found: fmt.Sprint(v), Want: "finite numbers", Kind: ml.ErrNotFinite}
			}
		}
	}
	w.q = q
	return nil
}

// direct is what the policy would get in round i by the model.
func (w *weighing) direct(i int) float64 {
	sum := 0.0
	for a, p := range w.target[i] {
		sum += float64(p * w.q[i][a])
	}
	return sum
}

// residual is by how much the reward of round i was above the model's.
func (w *weighing) residual(i int) float64 {
	return w.rounds[i].Reward - w.q[i][w.rounds[i].Choice]
}
