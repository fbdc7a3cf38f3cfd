package explain

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// PermutationSHAP lets the columns come in random orders, each order also backwards, and averages what each adds when it comes (Mitchell and others 2022, "Sampling
// permutations for Shapley value estimation"). Models with interactions of at most two columns are exact after a single order. The values always add up, and
// Explanation.Errors has their standard errors, +Inf where a single order was paid for.
type PermutationSHAP struct {
	Sampled
	Evaluations int     // the most sets that are asked for a row, at least one order forwards and back; 0: 500, as shap has it
	Tol         float64 // stop a row once the largest standard error is at most Tol times the largest value; 0: use all Evaluations
	Seed        uint64  // of the orders; row i has its own stream
}

// For prepares to explain a model.
func (c PermutationSHAP) For(m Model) (Explainer, error) {
	const where = "explain.PermutationSHAP"
	if err := checkBudget(where, c.Evaluations, c.Tol); err != nil {
		return nil, err
	}
	if c.Evaluations == 0 {
		c.Evaluations = 500
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	return &explainer{a, func(ctx context.Context, i int, row []float64, who []int, whole []float64) ([][]float64, [][]float64, error) {
		return c.explain(ctx, a, i, row, who, whole)
	}}, nil
}

func checkBudget(where string, evaluations int, tol float64) error {
	if evaluations < 0 {
		return ml.BadConfig(where, "Evaluations", evaluations, ">= 0")
	}
	if !(tol >= 0 && tol <= math.MaxFloat64) {
		return ml.BadConfig(where, "Tol", tol, "a finite number >= 0")
	}
	return nil
}

func (c PermutationSHAP) explain(ctx context.Context, a *asker, i int, row []float64, who []int, whole []float64) (values, errors [][]float64, err error) {
	n, k := len(who), len(a.base)
	random := rng.New(c.Seed, uint64(i))
	orders := 1
	if n > 2 { // an order and its reverse are all orders of two
		orders = max(1, (c.Evaluations-2)/(2*(n-1)))
	}
	tallies := newTallies(n, k)
	for done := range orders {
		order := rng.Perm(random, n)
		added, err := a.order(ctx, row, who, order, whole)
		if err != nil {
			return nil, nil, err
		}
		for q := range added {
			tallies[q].add(added[q])
		}
		values, errors = averages(tallies)
		if c.Tol > 0 && done > 1 && precise(values, errors, c.Tol) {
			break
		}
	}
	if n < 3 {
		errors = grid(n, k)
	}
	return values, errors, nil
}

// order returns what each player adds when it comes in the order and backwards, on average.
func (a *asker) order(ctx context.Context, row []float64, who, order []int, whole []float64) ([][]float64, error) {
	n := len(order)
	var sets [][]bool
	for _, backwards := range [2]bool{false, true} {
		set := make([]bool, len(a.players))
		for step := range n - 1 { // the last one makes the whole
			q := order[step]
			if backwards {
				q = order[n-1-step]
			}
			set[who[q]] = true
			sets = append(sets, append([]bool(nil), set...))
		}
	}
	answers, err := a.ask(ctx, row, sets)
	if err != nil {
		return nil, err
	}
	out := grid(n, len(a.base))
	for d := range 2 {
		before := a.base
		for step := range n {
			q, now := order[step], whole
			if d == 1 {
				q = order[n-1-step]
			}
			if step < n-1 {
				now = answers[d*(n-1)+step]
			}
			for o := range now {
				out[q][o] += (now[o] - before[o]) / 2
			}
			before = now
		}
	}
	return out, nil
}

func grid(n, k int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, k)
	}
	return out
}
