package cases

import (
	"context"

	"github.com/gopherwood-ml/ml/rl"
)

// Steps of an environment that a run takes, episodes following one another, and of the training of a learner.
const (
	envSteps = 20_000
	qSteps   = 20_000
)

func init() {
	for name, m := range map[string]rl.Maker[int, int]{"env-frozenlake": rl.FrozenLake{}, "env-cliffwalking": rl.CliffWalking{}, "env-taxi": rl.Taxi{}, "env-blackjack": rl.Blackjack{}} {
		Register(Case{Name: name, Vs: []string{"gymnasium"}, Make: ofToyText(m)})
	}
	Register(Case{Name: "Q-frozenlake", Vs: []string{"gymnasium"}, Make: func(*Data) (*Work, error) {
		run := func() error {
			_, err := rl.QLearning{Steps: qSteps}.Fit(context.Background(), rl.FrozenLake{})
			return err
		}
		// A Python loop makes 60 to 100 thousand steps a second; 15 million are asked for.
		return &Work{Rows: qSteps, Columns: 1, Steps: []Step{step("train", run).floor("gymnasium", 1./100)}}, nil
	}})
}

// ofToyText takes steps with actions in a fixed irregular order, as the peer does.
func ofToyText(m rl.Maker[int, int]) func(*Data) (*Work, error) {
	return func(*Data) (*Work, error) {
		env, err := m.Make()
		if err != nil {
			return nil, err
		}
		n := env.Spec().Act.(rl.Discrete).N
		actions := make([]int, envSteps)
		for i := range actions {
			actions[i] = i * i / 7 % n
		}
		run := func() error {
			if _, err := env.Reset(0); err != nil {
				return err
			}
			for i, a := range actions {
				s, err := env.Step(a)
				if err != nil {
					return err
				}
				if s.Done() {
					if _, err := env.Reset(uint64(i)); err != nil {
						return err
					}
				}
			}
			return nil
		}
		return &Work{Rows: envSteps, Columns: 1, Steps: []Step{step("steps", run).floor("gymnasium", 1./100)}}, nil
	}
}
