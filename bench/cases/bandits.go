package cases

import (
	"math"

	"github.com/gopherwood-ml/ml/rl/bandit"
	"github.com/gopherwood-ml/ml/tensor"
)

// The same world as in peers/bandits.py.
const (
	banditArms   = 10
	banditWidth  = 20
	banditRounds = 20_000
)

// banditWorld returns contexts and what each arm brings in each: the coefficients of the arms are the last rows, chance is the column after the context's.
func banditWorld(x *tensor.Tensor[float64]) (contexts, rewards [][]float64) {
	n, _ := x.Dims()
	for i := range banditRounds {
		row := x.Row(i)
		c, r := row[:banditWidth:banditWidth], make([]float64, banditArms)
		chance := 1 / (1 + math.Exp(-1.702*row[banditWidth]))
		for a := range r {
			score := 0.0
			for j, v := range x.Row(n - banditArms + a)[:banditWidth] {
				score += v * c[j]
			}
			if chance < 1/(1+math.Exp(-score/2)) {
				r[a] = 1
			}
		}
		contexts, rewards = append(contexts, c), append(rewards, r)
	}
	return contexts, rewards
}

func registerBandit(name string, p bandit.Policy, floor float64) {
	Register(Case{Name: name, Data: "logit100k", Vs: []string{"vowpalwabbit"}, Make: func(d *Data) (*Work, error) {
		contexts, rewards := banditWorld(d.Float("X"))
		var b *bandit.Bandit
		start := func() (err error) {
			arms := make([]string, banditArms)
			for a := range arms {
				arms[a] = string(rune('a' + a))
			}
			b, err = bandit.New(p, bandit.Options{Seed: 1}, arms...)
			return err
		}
		one := func(i int) (float64, error) {
			d, err := b.Decide(bandit.Request{Context: contexts[i]})
			if err != nil {
				return 0, err
			}
			return rewards[i][d.Arm], b.Reward(d.ID, rewards[i][d.Arm])
		}
		i := 0
		return &Work{
			Rows: banditRounds, Columns: banditWidth,
			Steps: []Step{
				step("round", func() error {
					if b == nil {
						if err := start(); err != nil {
							return err
						}
					}
					_, err := one(i)
					i = (i + 1) % banditRounds
					return err
				}).floor("vowpalwabbit", floor),
			},
			Score: func() (map[string]float64, error) {
				if err := start(); err != nil {
					return nil, err
				}
				sum := 0.0
				for i := range banditRounds {
					r, err := one(i)
					if err != nil {
						return nil, err
					}
					sum += r
				}
				return map[string]float64{"reward": sum / banditRounds}, nil
			},
			// More is better; ours learns least squares where the peer follows gradients.
			Tol: map[string]float64{"reward": 0.15},
		}, nil
	}})
}

func init() {
	registerBandit("Bandit-epsilon", bandit.LinEpsilonGreedy{Epsilon: 0.05}, 0.2)
	registerBandit("Bandit-bag", bandit.Bagging{Models: 5}, 0.5)
	registerBandit("Bandit-ucb", bandit.LinUCB{Explore: 0.3}, 0.2) // against the peer's --cover
}
