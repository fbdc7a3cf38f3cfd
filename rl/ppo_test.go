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

// Each way of exploring with numbers gets far beyond the -1200 of a pendulum that is left alone; the whole bar is in examples/rlbars.
func TestPPOContinuousLearnsPendulum(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of learning")
	}
	plain := PPOContinuous{Steps: 40_000, Envs: 4, Rollout: 512, BatchSize: 128, Discount: 0.9, LearningRate: 1e-3, Seed: 1, Run: Run{EvalEvery: 4096, EvalEpisodes: 10}}
	sde, beta := plain, plain
	sde.SDE, beta.Beta = true, true
	for name, c := range map[string]PPOContinuous{"normal": plain, "state-dependent": sde, "beta": beta} {
		p, err := c.Fit(bg, Pendulum{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Evaluate(bg, p, Pendulum{}, Evaluation{Episodes: 20, Seed: 99})
		if err != nil {
			t.Fatal(err)
		}
		if t.Log(name, s); s.Mean() < -700 {
			t.Errorf("%s: %v", name, s)
		}
	}
}
