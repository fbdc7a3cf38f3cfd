package rl

import (
	"context"
	"testing"
	"time"
)

func cartPoleDQN(seed uint64) DQN {
	return DQN{Steps: 50_000, LearningRate: 2.3e-3, BatchSize: 64, Buffer: 100_000, Start: 1000, Discount: 0.99, TargetEvery: 10, TrainEvery: 256, Updates: 128, Explore: 0.16,
		Epsilon: 0.04, Hidden: []int{256, 256}, Seed: seed}
}

func TestDQNLearnsCartPole(t *testing.T) {
	start := time.Now()
	p, err := cartPoleDQN(1).Fit(context.Background(), CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	s, err := Evaluate(context.Background(), p, CartPole{}, Evaluation{Episodes: 20, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Mean(), took)
}
