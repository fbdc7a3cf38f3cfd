package explain

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/gopherwood-ml/ml"
)

// ExactSHAP asks any model about all sets of columns: the Shapley values to the rounding of its answers. 2^M sets for M columns that differ from the background, at most 16.
type ExactSHAP struct {
	Sampled
	Index Index // 0: Shapley values
}

// maxExact is the most players whose sets are all asked.
const maxExact = 16

// For prepares to explain a model.
func (c ExactSHAP) For(m Model) (Explainer, error) {
	const where = "explain.ExactSHAP"
	if c.Index > Banzhaf {
		return nil, ml.BadConfig(where, "Index", c.Index, "Shapley or Banzhaf")
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	return &explainer{a, func(ctx context.Context, _ int, row []float64, who []int, _ []float64) ([][]float64, [][]float64, error) {
		if len(who) > maxExact {
			return nil, nil, ml.BadShape(where, "X", fmt.Sprintf("a row with %d columns that differ from the background", len(who)), fmt.Sprintf("at most %d, or Groups, or another explainer", maxExact))
		}
		values, err := a.exact(ctx, row, who, c.Index)
		return values, nil, err
	}}, nil
}

// exact asks about all sets of who.
func (a *asker) exact(ctx context.Context, row []float64, who []int, index Index) ([][]float64, error) {
	n := len(who)
	sets := make([][]bool, 1<<n)
	for s := range sets {
		sets[s] = make([]bool, len(a.players))
		for q, player := range who {
			sets[s][player] = s>>q&1 != 0
		}
	}
	answers, err := a.ask(ctx, row, sets)
	if err != nil {
		return nil, err
	}
	g := newGame(index, n)
	out := make([][]float64, n)
	for q := range out {
		out[q] = make([]float64, len(a.base))
		for s := range sets {
			if s>>q&1 != 0 {
				continue
			}
			size := bits.OnesCount(uint(s))
			w := g.before(size, n-size-1)
			for k := range out[q] {
				out[q][k] += float64(w * (answers[s|1<<q][k] - answers[s][k]))
			}
		}
	}
	return out, nil
}
