package rl

import "testing"

// Trainings end to end, with the settings of bench/cases/deeprl.go; ns/op is a step of an environment, updates and all.
func BenchmarkTraining(b *testing.B) {
	for _, c := range []struct {
		name string
		fit  func(steps int) error
	}{
		{"PPO", func(n int) error { _, err := PPO{Steps: n, Seed: 1}.Fit(bg, CartPole{}); return err }},
		{"PPO-CleanRL", func(n int) error {
			_, err := PPO{Steps: n, Envs: 4, Epochs: 4, BatchSize: 128, LearningRate: 2.5e-4, Entropy: 0.01, Seed: 1}.Fit(bg, CartPole{})
			return err
		}},
		{"PPO-zoo", func(n int) error {
			_, err := PPO{Steps: n, Rollout: 32, Epochs: 20, Lambda: 0.8, Discount: 0.98, LearningRate: 1e-3, Seed: 1}.Fit(bg, CartPole{})
			return err
		}},
		{"DQN", func(n int) error {
			_, err := DQN{Steps: n, Hidden: []int{120, 84}, BatchSize: 128, Buffer: 10_000, Start: 130, TrainEvery: 1, TargetEvery: 500, LearningRate: 2.5e-4, Seed: 1}.Fit(bg, CartPole{})
			return err
		}},
		{"SAC", func(n int) error {
			_, err := SAC{Steps: n, Buffer: 10_000, Seed: 1}.Fit(bg, Pendulum{})
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer setProcs(1)()
			if err := c.fit(b.N); err != nil {
				b.Fatal(err)
			}
		})
	}
}
