package rl

import (
	"context"
	"testing"
	"time"
)

// cartPolePPO is rl-zoo3's configuration.
func cartPolePPO(seed uint64) PPO {
	return PPO{Steps: 100_000, Envs: 8, Rollout: 32, BatchSize: 256, Epochs: 20, Lambda: 0.8, Discount: 0.98, LearningRate: 1e-3, Anneal: true, AnnealClip: true, Seed: seed}
}

func TestPPOLearnsCartPole(t *testing.T) {
	c := cartPolePPO(1)
	if testing.Short() {
		c.Steps = 25_000
	}
	start := time.Now()
	p, err := c.Fit(context.Background(), CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	s, err := Evaluate(context.Background(), p, CartPole{}, Evaluation{Episodes: 20, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Mean(), took, p.Learning.Points[len(p.Learning.Points)-1])
	want := 475.0
	if testing.Short() {
		want = 150
	}
	if s.Mean() < want {
		t.Fatalf("mean return %v, wanted %v", s.Mean(), want)
	}
}
