package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// AdditiveSHAP explains models whose answers are sums of a function of each column by itself, such as generalised additive models and boosted stumps, exactly and at once: one
// answer of the model for each column and row, however large the background. A row whose values do not add up says that the model is no such sum: an error.
type AdditiveSHAP struct {
	Sampled
	Tol float64 // how far from the answer values may add up, relative to the largest value; 0: 1e-6
}

// For prepares to explain a model: it asks about each column of each row of the background.
func (c AdditiveSHAP) For(m Model) (Explainer, error) {
	const where = "explain.AdditiveSHAP"
	if err := checkBudget(where, 0, c.Tol); err != nil {
		return nil, err
	}
	if c.Tol == 0 {
		c.Tol = 1e-6
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	// The function of a column shows where all others stand still: at the first background row.
	all := numbers(len(a.players))
	mean := grid(len(a.players), len(a.base))
	for i, w := range a.weight {
		answers, err := a.alone(a.background.Row(i), all)
		if err != nil {
			return nil, err
		}
		for q := range all {
			for o, v := range answers.Row(q) {
				mean[q][o] += float64(w * v)
			}
		}
	}
	return &explainer{a, func(ctx context.Context, i int, row []float64, who []int, whole []float64) ([][]float64, [][]float64, error) {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		answers, err := a.alone(row, who)
		if err != nil {
			return nil, nil, err
		}
		values := grid(len(who), len(a.base))
		for o := range a.base {
			left, size := whole[o]-a.base[o], math.Abs(whole[o])
			for q, player := range who {
				v := answers.Row(q)[o] - mean[player][o]
				values[q][o] = v
				left -= v
				size = max(size, math.Abs(v))
			}
			if math.Abs(left) > c.Tol*size {
				return nil, nil, &ml.Error{Where: where, Field: fmt.Sprintf("the model's answer to row %d", i), Found: fmt.Sprintf("%g off the sum of what its columns say alone", left), Want: "a sum of functions of one column each", Kind: ml.ErrConfig}
			}
		}
		return values, nil, nil
	}}, nil
}

// alone asks about each player by itself: what the model says when only it is row's and all others are the first background row's.
func (a *asker) alone(row []float64, who []int) (*tensor.Tensor[float64], error) {
	x := tensor.New[float64](len(who), a.features)
	for i, q := range who {
		copy(x.Row(i), a.background.Row(0))
		for _, j := range a.players[q].Columns {
			x.Row(i)[j] = row[j]
		}
	}
	return answer(a.where, a.model, x, len(a.base))
}
