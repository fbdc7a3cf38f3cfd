package rl

import (
	"context"
	"testing"
	"time"
)

func TestSACLearnsPendulum(t *testing.T) {
	start := time.Now()
	p, err := SAC{Steps: 8000, LearningRate: 1e-3, Hidden: []int{64, 64}, Seed: 1}.Fit(context.Background(), Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	s, err := Evaluate(context.Background(), p, Pendulum{}, Evaluation{Episodes: 20, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Mean(), took)
	start = time.Now()
	p, err = TD3{Steps: 8000, LearningRate: 1e-3, Discount: 0.98, Start: 1000, Hidden: []int{64, 64}, Seed: 1}.Fit(context.Background(), Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	took = time.Since(start)
	s, err = Evaluate(context.Background(), p, Pendulum{}, Evaluation{Episodes: 20, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Mean(), took)
}
