package ensemble

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Dropout turns boosting into DART (Rashmi and Gilad-Bachrach, AISTATS 2015): each round forgets some of the rounds before it, grows its trees for what is
// left, and shares the weight of the k forgotten ones with the new one: they are multiplied by k/(k+1), the new one counts 1/(k+1). The zero
// value: none. A round costs as much more as there are trees forgotten, twice each, on all rows.
type Dropout struct {
	Rate     float64 // probability that a round is forgotten. 0: no dropout
	Skip     float64 // probability that nothing is forgotten in a round. 0: 0, where LightGBM has 0.5
	Max      int     // rounds forgotten at the most. 0: 50
	Weighted bool    // forgets rounds in proportion to their weight, as XGBoost's weighted sampling. false: all alike
	AtLeast1 bool    // forgets at least one round unless Skip says none: XGBoost's one_drop
	Mild     bool    // XGBoost's normalisation "tree": the new one counts 1/(k+LearningRate), the forgotten ones k/(k+LearningRate), with LearningRate in the leaves besides
	Whole    bool    // XGBoost's normalisation "forest": the new one and the forgotten ones all count 1/(1+LearningRate) times. Not together with Mild
}

// drops draws the rounds that a round forgets, rising.
func (b *boosting) drops(round int) []int {
	d := b.p.Dropout
	done := b.rounds()
	if d.Rate == 0 || done == 0 {
		return nil
	}
	r := rng.New(rng.Key(b.p.Seed, drawDrops, uint64(round)), 0)
	if r.Float64() < d.Skip {
		return nil
	}
	mean := 1.0
	if d.Weighted {
		mean = 0
		for s := range done {
			mean += b.trees[s*b.each()].weight / float64(done)
		}
	}
	var out []int
	for s := range done {
		p := d.Rate
		if d.Weighted {
			p *= b.trees[s*b.each()].weight / mean
		}
		if r.Float64() < p && len(out) < d.Max {
			out = append(out, s)
		}
	}
	if out == nil && d.AtLeast1 {
		out = append(out, int(r.Uint64N(uint64(done))))
	}
	return out
}

// forget takes the trees of some rounds out of the scores.
func (b *boosting) forget(ctx context.Context, dropped []int) error {
	for _, s := range dropped {
		for i := range b.each() {
			t := &b.trees[s*b.each()+i]
			if err := b.addTree(ctx, b.score[i%b.outputs], t, -t.weight); err != nil {
				return err
			}
		}
	}
	return nil
}

// remember puts them back with less weight, and says what a new tree weighs.
func (b *boosting) remember(ctx context.Context, dropped []int) (fresh float64, err error) {
	k := float64(len(dropped))
	if k == 0 {
		return 1, nil
	}
	old := k / (k + 1)
	fresh = 1 / (k + 1)
	if b.p.Dropout.Whole {
		old = 1 / (1 + b.p.LearningRate)
		fresh = old
	}
	if b.p.Dropout.Mild {
		old, fresh = k/(k+b.p.LearningRate), 1/(k+b.p.LearningRate)
	}
	for _, s := range dropped {
		for i := range b.each() {
			t, out := &b.trees[s*b.each()+i], i%b.outputs
			if err := b.addWatched(ctx, out, t, float64(t.weight*old)-t.weight); err != nil {
				return 0, err
			}
			t.weight *= old
			if err := b.addTree(ctx, b.score[out], t, t.weight); err != nil {
				return 0, err
			}
		}
	}
	return fresh, nil
}

// addWatched adds a tree to the scores of an output of all sets that are watched.
func (b *boosting) addWatched(ctx context.Context, out int, t *grownTree, weight float64) error {
	for _, w := range b.watch {
		score := w.score[out]
		if b.p.Forest {
			score = w.sum[out]
		}
		if err := t.add(ctx, score, w.x, weight, 200); err != nil {
			return err
		}
	}
	return nil
}

// addTree adds a tree to the scores of all training rows.
func (b *boosting) addTree(ctx context.Context, score []float64, t *grownTree, weight float64) error {
	return t.add(ctx, score, b.x, weight, 20*b.p.walkCost())
}

func (p *boostParams) walkCost() int { return int(math.Log2(float64(p.MaxLeaves + 2))) }
