package cases

import (
	"context"

	"github.com/gopherwood-ml/ml/rl"
)

// Learners with nets end to end: environment, acting, memory and updates, with the settings of peers/deeprl.py. Those of DQN and SAC learn at every step, so that updates
// are what takes time; PPO's are CleanRL's and, in the second case, those of rl-zoo3 for CartPole.
func init() {
	ctx := context.Background()
	learner("rl-ppo-cartpole", 4096, []string{"cleanrl"}, 0.1, func(steps int) error {
		_, err := rl.PPO{Steps: steps, Envs: 4, Rollout: 128, Epochs: 4, BatchSize: 128, LearningRate: 2.5e-4, Anneal: true, ClipValue: 0.2, Entropy: 0.01, Seed: 1}.Fit(ctx, rl.CartPole{})
		return err
	})
	learner("rl-ppo-cartpole-zoo", 2048, []string{"cleanrl"}, 0.1, func(steps int) error {
		_, err := rl.PPO{Steps: steps, Envs: 8, Rollout: 32, Epochs: 20, BatchSize: 256, Lambda: 0.8, Discount: 0.98, LearningRate: 1e-3, Seed: 1}.Fit(ctx, rl.CartPole{})
		return err
	})
	learner("rl-dqn-updates", 1500, nil, 0.25, func(steps int) error {
		_, err := rl.DQN{Steps: steps, Hidden: []int{120, 84}, BatchSize: 128, Buffer: 10_000, Start: 130, TrainEvery: 1, TargetEvery: 500, LearningRate: 2.5e-4, Seed: 1}.Fit(ctx, rl.CartPole{})
		return err
	})
	learner("rl-sac-updates", 300, nil, 0.667, func(steps int) error {
		_, err := rl.SAC{Steps: steps, Hidden: []int{256, 256}, BatchSize: 256, Buffer: 10_000, Start: 100, Seed: 1}.Fit(ctx, rl.Pendulum{})
		return err
	})
}

// learner registers a training of so many steps, against Stable-Baselines3 and others.
func learner(name string, steps int, others []string, floor float64, fit func(steps int) error) {
	Register(Case{Name: name, Vs: append([]string{"stable-baselines3"}, others...), Make: func(*Data) (*Work, error) {
		return &Work{Rows: steps, Columns: 1, Steps: []Step{
			step("steps", func() error { return fit(steps) }).floor("stable-baselines3", floor),
		}}, nil
	}})
}
