package selection

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// PermutationResult is the outcome of a permutation test.
type PermutationResult struct {
	Score    float64   // the mean over the folds
	Permuted []float64 // the same for each shuffle of the targets
	P        float64   // (b+1)/(n+1) for b of n shuffles that score as well or better
}

// PermutationTest tells whether a cross-validated score could be luck: it shuffles the targets, which breaks every tie between them and the rows, and
// cross-validates again, n times (0: 100). P is the probability of such a score if there is no tie at all (Ojala and Garriga, Journal of Machine
// Learning Research 11, 2010), never below 1/(n+1). With groups, targets are shuffled within each group. Weights stay with their rows.
//
// It costs (n+1) x folds fits, which run in parallel; the same seed gives the same result on any number of cores. Errors: ErrConfig for n < 0, and those of
// CrossValidate, shuffles included: a scorer that is undefined on one of them ends the test.
func PermutationTest[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorer ml.Scorer[Y], n int, seed uint64) (*PermutationResult, error) {
	const where = "selection.PermutationTest"
	if n == 0 {
		n = 100
	}
	if n < 0 {
		return nil, ml.BadConfig(where, "n", n, ">= 1, or 0 for 100")
	}
	scorers := []ml.Scorer[Y]{scorer}
	if err := checkFit(where, f, scorers); err != nil {
		return nil, err
	}
	if err := d.Check(where, anything); err != nil {
		return nil, err
	}
	d = d.NameClasses()
	scores := make([]float64, n+1)
	err := par.Do(ctx, n+1, func(ctx context.Context, i int) error {
		shuffled := d
		if i > 0 {
			shuffled.Y = shuffledWithin(d.Y, d.Group, seed, uint64(i))
		}
		e, err := crossFit(ml.WithTask(ctx, "permutation", i, n+1), where, f, shuffled, s, Options{}, scorers)
		if err != nil {
			return fmt.Errorf("permutation %d: %w", i, err)
		}
		scores[i] = e.Scores.Metrics[0].Mean()
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := &PermutationResult{Score: scores[0], Permuted: scores[1:]}
	asGood := 0
	for _, v := range r.Permuted {
		if v == r.Score || (v < r.Score) == scorer.Lower() {
			asGood++
		}
	}
	r.P = float64(asGood+1) / float64(n+1)
	return r, nil
}

// shuffledWithin is y with the targets of each group in random order; nil groups are one.
func shuffledWithin[Y any](y []Y, group []int, seed, task uint64) []Y {
	out := slices.Clone(y)
	r := rng.New(seed, task)
	if group == nil {
		rng.Shuffle(r, out)
		return out
	}
	rows := map[int][]int{}
	var order []int
	for i, g := range group {
		if rows[g] == nil {
			order = append(order, g)
		}
		rows[g] = append(rows[g], i)
	}
	for _, g := range order {
		members := rows[g]
		for i, to := range rng.Perm(r, len(members)) {
			out[members[i]] = y[members[to]]
		}
	}
	return out
}
