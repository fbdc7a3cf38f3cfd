package rl

import (
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// playRandomly takes n steps with actions drawn in advance, episodes following one another.
func playRandomly(b *testing.B, m Maker[int, int]) {
	env := must(m.Make())
	n := env.Spec().Act.(Discrete).N
	r := rng.New(1, 0)
	actions := make([]int, 4096)
	for i := range actions {
		actions[i] = r.IntN(n)
	}
	seed := uint64(0)
	env.Reset(seed)
	b.ReportAllocs()
	for i := range b.N {
		s, err := env.Step(actions[i%len(actions)])
		if err != nil {
			b.Fatal(err)
		}
		if s.Terminated || s.Truncated {
			seed++
			env.Reset(seed)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Msteps/s")
}

func BenchmarkTabularEnvironments(b *testing.B) {
	for _, c := range []struct {
		name string
		m    Maker[int, int]
	}{{"frozenlake", FrozenLake{}}, {"cliffwalking", CliffWalking{}}, {"taxi", Taxi{}}, {"taxi rainy", Taxi{Rainy: true}}, {"blackjack", Blackjack{}}, {"autoscaler", Autoscaler{}}, {"pricing", Pricing{}}, {"own lake", ownLake{}}} {
		b.Run(c.name, func(b *testing.B) { playRandomly(b, c.m) })
	}
}

func BenchmarkQLearning(b *testing.B) {
	for _, c := range []struct {
		name string
		m    Maker[int, int]
	}{{"frozenlake", FrozenLake{}}, {"taxi", Taxi{}}, {"own lake", ownLake{}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			must(QLearning{Steps: b.N}.Fit(background, c.m))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Msteps/s")
		})
	}
}

// ownLake is the lake of 4 by 4 as a user would write it, without the tables of this package.
type ownLake struct{}

type ownLakeEnv struct {
	state, steps int
	over         bool
	rand         rand.PCG
}

func (ownLake) Make() (Env[int, int], error) { return &ownLakeEnv{over: true}, nil }

func (o *ownLakeEnv) Spec() Spec[int, int] {
	return Spec[int, int]{ID: "OwnLake", Obs: Discrete{N: 16}, Act: Discrete{N: 4}, MaxSteps: 100}
}

func (o *ownLakeEnv) Reset(seed uint64) (int, error) {
	o.rand.Seed(seed, 1)
	o.state, o.steps, o.over = 0, 0, false
	return 0, nil
}

func (o *ownLakeEnv) Step(a int) (Step[int], error) {
	const lake = "SFFFFHFHFFFHHFFG"
	if o.over {
		return Step[int]{}, Over("ownLake.Step")
	}
	if a < 0 || a > 3 {
		return Step[int]{}, BadAction("ownLake.Step", a, Discrete{N: 4})
	}
	o.steps++
	way := (a + 3 + int(o.rand.Uint64()>>32*3>>32)) % 4
	o.state = move(o.state, way, 4, 4)
	s := Step[int]{Obs: o.state}
	switch lake[o.state] {
	case 'G':
		s.Reward, s.Terminated = 1, true
	case 'H':
		s.Terminated = true
	}
	s.Truncated = !s.Terminated && o.steps == 100
	o.over = s.Done()
	return s, nil
}
