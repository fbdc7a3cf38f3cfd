package rl

import "testing"

// Every way of DQN gets far beyond the 22 steps of chance, in few steps; the whole bar is in examples/rlbars.
func TestDQNLearnsCartPole(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of learning")
	}
	plain := DQN{Steps: 12_000, Hidden: []int{64}, LearningRate: 1e-3, Start: 500, TargetEvery: 200, TrainEvery: 2, Updates: 2, Discount: 0.98, Explore: 0.3, Seed: 1, Run: Run{EvalEvery: 1000, EvalEpisodes: 10}}
	double, all := plain, plain
	double.Double = true
	all.Double, all.Dueling, all.NStep, all.Prioritized = true, true, 3, true
	for name, c := range map[string]DQN{"plain": plain, "double": double, "all": all} {
		p, err := c.Fit(bg, CartPole{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Evaluate(bg, p, CartPole{}, Evaluation{Episodes: 20, Seed: 99})
		if err != nil {
			t.Fatal(err)
		}
		if t.Log(name, s); s.Mean() < 100 {
			t.Errorf("%s: %v", name, s)
		}
	}
}
