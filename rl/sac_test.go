package rl

import "testing"

// A pendulum that is left alone gets about -1200; the bars of 20000 steps are in examples/rlbars.
func TestSACAndTD3LearnPendulum(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of learning")
	}
	run := Run{EvalEvery: 1000, EvalEpisodes: 10}
	a, err := SAC{Steps: 4000, Hidden: []int{32, 32}, BatchSize: 64, LearningRate: 2e-3, Seed: 1, Run: run}.Fit(bg, Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	sde, err := SAC{Steps: 6000, Hidden: []int{32, 32}, BatchSize: 64, LearningRate: 2e-3, SDE: true, Seed: 1, Run: run}.Fit(bg, Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := TD3{Steps: 7000, Hidden: []int{64, 64}, BatchSize: 64, LearningRate: 1e-3, Discount: 0.98, Start: 500, Seed: 1, Run: run}.Fit(bg, Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*BoxPolicy{"SAC": a, "SAC with SDE": sde, "TD3": b} {
		s, err := Evaluate(bg, p, Pendulum{}, Evaluation{Episodes: 20, Seed: 99})
		if err != nil {
			t.Fatal(err)
		}
		if t.Log(name, s); s.Mean() < -400 {
			t.Errorf("%s: %v", name, s)
		}
	}
}

// A temperature that is given stays.
func TestSACKeepsAlpha(t *testing.T) {
	c := SAC{Steps: 300, Hidden: []int{8}, BatchSize: 16, Alpha: 0.2, Seed: 5}
	p, err := c.Fit(bg, Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range p.Learning.Points[50:] {
		if d := at.Alpha - 0.2; d > 1e-12 || d < -1e-12 {
			t.Fatal("a temperature that is given moved to", at.Alpha)
		}
	}
}
