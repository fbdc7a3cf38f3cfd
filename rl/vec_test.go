package rl

import (
	"errors"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// A VecEnv does what its environments do one by one, episodes of their own seeds, with the last sight of each kept.
func TestVecIsItsEnvironments(t *testing.T) {
	const n, steps = 5, 300
	v, err := Vec(CartPole{MaxSteps: 30}, Vectors{N: n})
	if err != nil {
		t.Fatal(err)
	}
	together, err := Vec(CartPole{MaxSteps: 30}, Vectors{N: n, Parallel: true})
	if err != nil {
		t.Fatal(err)
	}
	seeds := []uint64{3, 1, 4, 1, 5}
	out, other := NewBatch(n, v.Width()), NewBatch(n, v.Width())
	if err := errors.Join(v.Reset(seeds, out), together.Reset(seeds, other)); err != nil {
		t.Fatal(err)
	}
	envs := make([]Env[[]float32, int], n)
	episodes, sums, lengths := make([]uint64, n), make([]float64, n), make([]int, n)
	for i := range envs {
		envs[i], _ = CartPole{MaxSteps: 30}.Make()
		obs, _ := envs[i].Reset(seeds[i])
		if !slices.Equal(out.Obs[4*i:4*i+4], obs) {
			t.Fatal("another beginning")
		}
	}
	r := rng.New(2, 0)
	actions := make([]int, n)
	ended := 0
	for range steps {
		for i := range actions {
			actions[i] = r.IntN(2)
		}
		if err := errors.Join(v.Step(actions, out), together.Step(actions, other)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out.Obs, other.Obs) || !slices.Equal(out.Final, other.Final) || !slices.Equal(out.Return, other.Return) {
			t.Fatal("cores change the steps")
		}
		for i, e := range envs {
			s, err := e.Step(actions[i])
			if err != nil {
				t.Fatal(err)
			}
			sums[i] += s.Reward
			lengths[i]++
			final := slices.Clone(s.Obs)
			obs := final
			if out.Return[i] != sums[i] || out.Length[i] != lengths[i] {
				t.Fatalf("return %g after %d steps, want %g after %d", out.Return[i], out.Length[i], sums[i], lengths[i])
			}
			if s.Done() {
				ended++
				episodes[i]++
				sums[i], lengths[i] = 0, 0
				obs, _ = e.Reset(rng.Key(seeds[i], episodes[i]))
			}
			if !slices.Equal(out.Final[4*i:4*i+4], final) || !slices.Equal(out.Obs[4*i:4*i+4], obs) || out.Terminated[i] != s.Terminated || out.Truncated[i] != s.Truncated ||
				out.Reward[i] != float32(s.Reward) {
				t.Fatalf("environment %d: %v, want %+v", i, out, s)
			}
		}
	}
	if ended < 20 {
		t.Errorf("only %d episodes ended", ended)
	}
}

func TestVecOfOtherSpaces(t *testing.T) {
	lake, err := Vec(FrozenLake{}, Vectors{N: 2}) // codes become a 1 among zeros
	if err != nil {
		t.Fatal(err)
	}
	out := NewBatch(2, lake.Width())
	if err := lake.Reset([]uint64{1, 2}, out); err != nil || lake.Width() != 16 || out.Obs[0] != 1 || out.Obs[16] != 1 {
		t.Errorf("%v, %v", out.Obs, err)
	}
	swing, err := VecBox(Pendulum{}, Vectors{})
	if err != nil {
		t.Fatal(err)
	}
	one := NewBatch(1, 3)
	if err := errors.Join(swing.Reset([]uint64{1}, one), swing.Step([]float32{1}, one)); err != nil || swing.Actions() != 1 {
		t.Error(err)
	}
	lamps, err := VecMulti(MakerFunc[map[string]any, []int](func() (Env[map[string]any, []int], error) { return &room{steps: 5}, nil }), Vectors{N: 3})
	if err != nil {
		t.Fatal(err)
	}
	three := NewBatch(3, lamps.Width())
	if err := errors.Join(lamps.Reset([]uint64{0, 1, 2}, three), lamps.Step([]int{0, 1, 1, 1, 0, 0}, three)); err != nil || lamps.Actions() != 2 || three.Reward[0] != 1 || three.Reward[1] != 0 {
		t.Errorf("%v, %v", three, err)
	}

	if err := swing.Step([]float32{3}, one); !errors.Is(err, ErrAction) {
		t.Error(err)
	}
	if err := swing.Step(nil, one); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if err := swing.Reset([]uint64{1, 2}, one); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if err := swing.Reset([]uint64{1}, NewBatch(2, 3)); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if _, err := Vec(CartPole{}, Vectors{N: -1}); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if _, err := Vec(CartPole{MaxSteps: -1}, Vectors{}); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

func TestVecAllocatesNothing(t *testing.T) {
	v, err := Vec(CartPole{}, Vectors{N: 8})
	if err != nil {
		t.Fatal(err)
	}
	out, actions := NewBatch(8, 4), make([]int, 8)
	if err := v.Reset(make([]uint64, 8), out); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(200, func() { _ = v.Step(actions, out) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// own is CartPole as a user would write it around an environment: the built-in one has no other path.
type own struct{ Env[[]float32, int] }

// Steps of each environment one after the other, episodes that end being followed by the next, as learners take them; and of a VecEnv.
func BenchmarkSteps(b *testing.B) {
	steps(b, "CartPole", CartPole{}, func(i int) int { return i & 1 })
	steps(b, "MountainCar", MountainCar{}, func(i int) int { return i & 1 })
	steps(b, "Acrobot", Acrobot{}, func(i int) int { return i & 1 })
	one := []float32{0.5}
	steps(b, "MountainCarContinuous", MountainCarContinuous{}, func(int) []float32 { return one })
	steps(b, "Pendulum", Pendulum{}, func(int) []float32 { return one })
	for name, m := range map[string]Maker[[]float32, int]{"Vec16-CartPole": CartPole{}, "Vec16-own": MakerFunc[[]float32, int](func() (Env[[]float32, int], error) {
		e, err := CartPole{}.Make()
		return &own{e}, err
	})} {
		b.Run(name, func(b *testing.B) {
			v, err := Vec(m, Vectors{N: 16})
			if err != nil {
				b.Fatal(err)
			}
			out, actions := NewBatch(16, 4), make([]int, 16)
			if err := v.Reset(make([]uint64, 16), out); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				for j := range actions {
					actions[j] = (i + j) & 1
				}
				if err := v.Step(actions, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(16*float64(b.N)/b.Elapsed().Seconds()/1e6, "Msteps/s")
		})
	}
}

func steps[A any](b *testing.B, name string, m Maker[[]float32, A], action func(i int) A) {
	b.Run(name, func(b *testing.B) {
		e, err := m.Make()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Reset(0); err != nil {
			b.Fatal(err)
		}
		seed := uint64(0)
		for i := 0; b.Loop(); i++ {
			s, err := e.Step(action(i))
			if err != nil {
				b.Fatal(err)
			}
			if s.Done() {
				seed++
				if _, err := e.Reset(seed); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Msteps/s")
	})
}
