package rl

import (
	"testing"
)

// The fast subset of the learning bars: the whole table is examples/rlbars.
func TestPPOLearnsCartPole(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of learning")
	}
	p, err := PPO{Steps: 60_000, Rollout: 32, Epochs: 20, Lambda: 0.8, Discount: 0.98, LearningRate: 1e-3, Anneal: true, AnnealClip: true, Seed: 1}.Fit(bg, CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Evaluate(bg, p, CartPole{}, Evaluation{Episodes: 20, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	if s.Mean() < 475 {
		t.Fatal(s)
	}
	if n := len(p.Learning.Points); n != 100 || p.Info.Iterations < 60_000 || p.Learning.Points[99].Return < 100 {
		t.Fatal(n, p.Info.Iterations)
	}
}
