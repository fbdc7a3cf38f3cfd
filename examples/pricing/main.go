// Pricing sells a stock of seats before they are worth nothing, with a price that is set anew every day. PPO learns it from selling alone and knows nothing of demand; it is
// compared with the rule that shops write by hand (one price, or a cheaper one when time runs out) and with the best that is possible, which the exact model gives.
//
//	go run ./examples/pricing
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml/rl"
)

func main() {
	if err := run(context.Background(), os.Stdout, 300_000); err != nil {
		log.Fatal(err)
	}
}

// shop shows the days left and the stock left as shares, which is what a net can learn from.
type shop struct{ rl.Pricing }

func (s shop) Make() (rl.Env[[]float32, int], error) {
	e, err := s.Pricing.Make()
	return &open{Env: e, shop: s}, err
}

type open struct {
	rl.Env[int, int]
	shop shop
	seen [2]float32
}

func (o *open) see(code int) []float32 {
	days, stock := o.shop.State(code)
	o.seen = [2]float32{float32(days)/15 - 1, float32(stock)/10 - 1}
	return o.seen[:]
}

func (o *open) Spec() rl.Spec[[]float32, int] {
	s := o.Env.Spec()
	return rl.Spec[[]float32, int]{ID: s.ID, Obs: rl.NewBox(-1, 1, 2), Act: s.Act, MaxSteps: s.MaxSteps}
}

func (o *open) Reset(seed uint64) ([]float32, error) {
	code, err := o.Env.Reset(seed)
	return o.see(code), err
}

func (o *open) Step(price int) (rl.Step[[]float32], error) {
	s, err := o.Env.Step(price)
	return rl.Step[[]float32]{Obs: o.see(s.Obs), Reward: s.Reward, Terminated: s.Terminated, Truncated: s.Truncated}, err
}

func run(ctx context.Context, w io.Writer, steps int) error {
	var s shop
	mean := func(p rl.Policy[[]float32, int]) (float64, error) {
		scores, err := rl.Evaluate(ctx, p, s, rl.Evaluation{Episodes: 2000, Seed: 42}) // the same seasons for all
		if err != nil {
			return 0, err
		}
		return scores.Mean(), nil
	}
	// The rule: one price, and one step cheaper in the last days if half of the stock is left. The best of all such is taken.
	rule, price, last := 0.0, 0, 0
	for p := range 7 {
		for _, days := range []int{0, 5, 10} {
			v, err := mean(rl.PolicyFunc[[]float32, int](func(obs []float32) (int, error) {
				if left := (obs[0] + 1) * 15; left <= float32(days) && obs[1] > 0 {
					return max(p-1, 0), nil
				}
				return p, nil
			}))
			if err != nil {
				return err
			}
			if v > rule {
				rule, price, last = v, p, days
			}
		}
	}
	policy, err := rl.PPO{Steps: steps, NormReward: true, Discount: 1, LearningRate: 1e-3, Anneal: true, BatchSize: 512, Run: rl.Run{EvalEvery: 50_000, EvalEpisodes: 500}}.Fit(ctx, s)
	if err != nil {
		return err
	}
	learnt, err := mean(policy)
	if err != nil {
		return err
	}
	mdp, err := s.MDP()
	if err != nil {
		return err
	}
	best, err := rl.ValueIteration{Discount: 1}.Fit(ctx, mdp)
	if err != nil {
		return err
	}
	prices := []int{50, 75, 100, 125, 150, 175, 200}
	fmt.Fprintf(w, "rule: %d, and a step less in the last %d days: %.0f a season\n", prices[price], last, rule)
	fmt.Fprintf(w, "PPO, from %d days of selling:            %.0f (%+.1f %%)\n", policy.Info.Iterations, learnt, 100*(learnt/rule-1))
	fmt.Fprintf(w, "the most that is possible:                 %.0f (%+.1f %%)\n", mdp.Mean(best.V), 100*(mdp.Mean(best.V)/rule-1))
	return nil
}
