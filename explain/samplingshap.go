package explain

import (
	"context"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// SamplingSHAP asks about single rows: for each column again and again a random background row and a random order of the columns, and what the column adds when those before
// it have the explained row's values already (Strumbelj and Kononenko 2014, "Explaining prediction models and individual predictions with feature contributions"). Each
// order is also taken backwards. Columns whose contributions vary more are asked more often. The way for backgrounds that are too large to be averaged over for
// each set. What is left of the answer after sampling is dealt out in proportion to the columns' variances, so that the values add up.
//
// Explanation.Errors has the standard errors.
type SamplingSHAP struct {
	Sampled
	Evaluations int     // the most rows that the model is asked for a row, at least eight for each column; 0: 1000 for each column that differs from the background, as shap has it
	Tol         float64 // stop a row once the largest standard error is at most Tol times the largest value; 0: use all Evaluations
	Seed        uint64  // of orders and background rows; row i has its own stream
}

// For prepares to explain a model.
func (c SamplingSHAP) For(m Model) (Explainer, error) {
	const where = "explain.SamplingSHAP"
	if err := checkBudget(where, c.Evaluations, c.Tol); err != nil {
		return nil, err
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	upTo := a.upTo()
	return &explainer{a, func(ctx context.Context, i int, row []float64, who []int, whole []float64) ([][]float64, [][]float64, error) {
		s := &sampler{asker: a, random: rng.New(c.Seed, uint64(i)), upTo: upTo, row: row, who: who, tally: newTallies(len(who), len(a.base))}
		return c.explain(ctx, s, whole)
	}}, nil
}

// rounds of asking: after each one the columns that vary most are asked more.
const samplingRounds = 8

func (c SamplingSHAP) explain(ctx context.Context, s *sampler, whole []float64) (values, errors [][]float64, err error) {
	n := len(s.who)
	budget := c.Evaluations
	if budget == 0 {
		budget = 1000 * n
	}
	draws := max(2*n, budget/4)
	counts := make([]int, n)
	done := 0
	for round := range samplingRounds {
		left := (draws - done) / (samplingRounds - round)
		if round == 0 {
			left = max(left, 2*n)
		}
		s.deal(counts, left, done)
		if err := s.ask(ctx, counts); err != nil {
			return nil, nil, err
		}
		for _, more := range counts {
			done += more
		}
		values, errors = s.sum(whole)
		if done >= draws || c.Tol > 0 && precise(values, errors, c.Tol) {
			break
		}
	}
	return values, errors, nil
}

// sampler asks about one row.
type sampler struct {
	*asker
	random *rand.Rand
	upTo   []float64 // the weights of the background added up
	row    []float64
	who    []int
	tally  []tally // of each player
}

// deal sets counts to how often to ask about each player next, about so many times in all: evenly at first, then so that all draws are in proportion to the
// standard deviations, which makes the sum of the variances least.
func (s *sampler) deal(counts []int, draws, done int) {
	n := len(counts)
	total := 0.0
	for _, t := range s.tally {
		total += t.deviation()
	}
	if done == 0 || total == 0 {
		for q := range counts {
			counts[q] = draws / n
			if q < draws%n {
				counts[q]++
			}
		}
		return
	}
	lacks, lacking := make([]float64, n), 0.0
	for q, t := range s.tally {
		lacks[q] = max(0, float64(float64(done+draws)*t.deviation())/total-float64(t.n))
		lacking += lacks[q]
	}
	before, sum := 0, 0.0
	for q := range counts {
		sum += lacks[q]
		upTo := int(float64(float64(draws)*sum)/lacking + 0.5)
		counts[q], before = upTo-before, upTo
	}
}

// ask draws so many orders for each player, and counts what they say.
func (s *sampler) ask(ctx context.Context, counts []int) error {
	x := tensor.New[float64](rowsAtOnce, s.features)
	var pending []int
	flush := func() error {
		if len(pending) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		answers, err := answer(s.where, s.model, x.Rows(0, 4*len(pending)), len(s.base))
		if err != nil {
			return err
		}
		added := make([]float64, len(s.base))
		for d, q := range pending {
			for o := range added {
				with, without := answers.Row(4 * d)[o]+answers.Row(4*d + 2)[o], answers.Row(4*d + 1)[o]+answers.Row(4*d + 3)[o]
				added[o] = (with - without) / 2
			}
			s.tally[q].add(added)
		}
		pending = pending[:0]
		return nil
	}
	for q, count := range counts {
		for range count {
			s.mix(x, 4*len(pending), q)
			if pending = append(pending, q); 4*len(pending) == rowsAtOnce {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

// mix writes four rows: those before player q in a random order with and without it, and those behind it with and without it.
func (s *sampler) mix(x *tensor.Tensor[float64], at, q int) {
	order := rng.Perm(s.random, len(s.who))
	other := s.background.Row(drawFrom(s.upTo, s.random))
	ahead := true
	for i := range 4 {
		copy(x.Row(at+i), other)
	}
	put := func(i, player int) {
		for _, j := range s.players[s.who[player]].Columns {
			x.Row(at + i)[j] = s.row[j]
		}
	}
	for _, player := range order {
		switch {
		case player == q:
			put(0, q)
			put(2, q)
			ahead = false
		case ahead:
			put(0, player)
			put(1, player)
		default:
			put(2, player)
			put(3, player)
		}
	}
}

// sum returns the means and their standard errors, and deals out what is left.
func (s *sampler) sum(whole []float64) (values, errors [][]float64) {
	values, errors = averages(s.tally)
	for o, all := range whole {
		left, varies := all-s.base[o], 0.0
		for q := range values {
			left -= values[q][o]
			varies += float64(errors[q][o] * errors[q][o])
		}
		for q := range values {
			share := 1 / float64(len(values))
			if varies > 0 {
				share = float64(errors[q][o]*errors[q][o]) / varies
			}
			values[q][o] += float64(share * left)
		}
	}
	return values, errors
}
