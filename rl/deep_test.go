package rl

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

var bg = context.Background()

// learners are all that learn with nets, on small worlds with all their options; each gives what its policy is.
var learners = []struct {
	name string
	fit  func(ctx context.Context, run Run) (any, error)
}{
	{"PPO", func(ctx context.Context, run Run) (any, error) {
		return PPO{Steps: 1200, Envs: 3, Rollout: 40, Epochs: 2, BatchSize: 50, Hidden: []int{8}, NormObs: true, NormReward: true, Anneal: true, AnnealClip: true, ClipValue: 0.2,
			Entropy: 0.01, TargetKL: 0.1, Seed: 3, Run: run}.Fit(ctx, CartPole{})
	}},
	{"PPOMulti", func(ctx context.Context, run Run) (any, error) {
		return PPOMulti{Steps: 600, Envs: 2, Rollout: 50, Epochs: 2, BatchSize: 50, Hidden: []int{8}, Entropy: 0.01, Run: run}.Fit(ctx, twoLevers{})
	}},
	{"PPOContinuous", func(ctx context.Context, run Run) (any, error) {
		return PPOContinuous{Steps: 900, Envs: 2, Rollout: 60, Epochs: 2, BatchSize: 64, Hidden: []int{8, 8}, SDE: true, Entropy: 0.01, Run: run}.Fit(ctx, Pendulum{})
	}},
	{"PPOContinuous with beta distributions", func(ctx context.Context, run Run) (any, error) {
		return PPOContinuous{Steps: 900, Envs: 2, Rollout: 60, Epochs: 2, BatchSize: 64, Hidden: []int{8}, Beta: true, Entropy: 0.01, Run: run}.Fit(ctx, Pendulum{})
	}},
	{"A2C", func(ctx context.Context, run Run) (any, error) {
		return A2C{Steps: 1000, Envs: 2, Hidden: []int{8}, NormObs: true, ReLU: true, Anneal: true, Run: run}.Fit(ctx, CartPole{})
	}},
	{"A2CContinuous", func(ctx context.Context, run Run) (any, error) {
		return A2CContinuous{Steps: 1000, Envs: 2, Hidden: []int{8}, NormReward: true, SDE: true, Entropy: 0.01, Run: run}.Fit(ctx, Pendulum{})
	}},
	{"REINFORCE", func(ctx context.Context, run Run) (any, error) {
		return REINFORCE{Steps: 1000, Episodes: 3, Hidden: []int{8}, Entropy: 0.01, Run: run}.Fit(ctx, CartPole{})
	}},
	{"DQN", func(ctx context.Context, run Run) (any, error) {
		return DQN{Steps: 700, Envs: 2, Hidden: []int{8}, Buffer: 300, Start: 100, BatchSize: 16, TargetEvery: 50, Double: true, Dueling: true, NStep: 3, Prioritized: true, Run: run}.Fit(ctx, CartPole{})
	}},
	{"DQN with hindsight", func(ctx context.Context, run Run) (any, error) {
		return DQN{Steps: 500, Hidden: []int{8}, Start: 100, BatchSize: 16, Hindsight: 2, Run: run}.Fit(ctx, BitFlip{N: 4})
	}},
	{"SAC", func(ctx context.Context, run Run) (any, error) {
		return SAC{Steps: 500, Envs: 2, Hidden: []int{8}, Start: 100, Hold: 5, BatchSize: 16, NStep: 2, Run: run}.Fit(ctx, Pendulum{})
	}},
	{"SAC with SDE", func(ctx context.Context, run Run) (any, error) {
		return SAC{Steps: 500, Envs: 2, Hidden: []int{8, 6}, Start: 100, BatchSize: 16, SDE: true, Run: run}.Fit(ctx, Pendulum{})
	}},
	{"TD3", func(ctx context.Context, run Run) (any, error) {
		return TD3{Steps: 500, Hidden: []int{8}, Start: 100, BatchSize: 16, Run: run}.Fit(ctx, Pendulum{})
	}},
}

// bytesOf is what a policy is saved as, less what differs by design: where its checkpoint is.
func bytesOf(t *testing.T, p any) []byte {
	t.Helper()
	switch p := p.(type) {
	case *DiscretePolicy:
		p.Config = nil
	case *MultiPolicy:
		p.Config = nil
	case *BoxPolicy:
		p.Config = nil
	}
	var b bytes.Buffer
	if err := ml.Save(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A training that is stopped at its checkpoints, again and again, ends with the same bytes as one that never was.
func TestResumeIsNeverStopped(t *testing.T) {
	for _, l := range learners {
		t.Run(l.name, func(t *testing.T) {
			whole, err := l.fit(bg, Run{EvalEvery: 200, EvalEpisodes: 2})
			if err != nil {
				t.Fatal(err)
			}
			want := bytesOf(t, whole)
			file := filepath.Join(t.TempDir(), "checkpoint")
			run := Run{EvalEvery: 200, EvalEpisodes: 2, Checkpoint: file, Every: 70}
			stops := 0
			for at := 30; ; at += 30 {
				ctx := ml.WithProgress(bg, func(p ml.Progress) error {
					if p.Step >= at {
						return errors.New("enough")
					}
					return nil
				})
				p, err := l.fit(ctx, run)
				if err != nil {
					if stops++; stops > 20 {
						t.Fatal(err)
					}
					continue
				}
				if stops < 2 {
					t.Fatal("it was not stopped")
				}
				if !bytes.Equal(bytesOf(t, p), want) {
					t.Fatal("another policy than without stops")
				}
				return
			}
		})
	}
}

// What was seen may lie on the disk: the same bytes, also where a training goes on in memory from there, and no file is left behind.
func TestMemoryOnDisk(t *testing.T) {
	learning := func(p any) *Learning {
		switch p := p.(type) {
		case *DiscretePolicy:
			return &p.Learning
		case *BoxPolicy:
			return &p.Learning
		}
		return &Learning{}
	}
	for _, l := range learners {
		want, err := l.fit(bg, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if learning(want).Memory == 0 {
			continue
		}
		dir := t.TempDir()
		file := filepath.Join(t.TempDir(), "checkpoint")
		got, err := l.fit(bg, Run{MemoryDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		compare := func(p any) {
			t.Helper()
			learning(p).Memory = learning(want).Memory // which is less on the disk
			if !bytes.Equal(bytesOf(t, p), bytesOf(t, want)) {
				t.Errorf("%s: another policy with the memory on the disk", l.name)
			}
		}
		compare(got)
		for _, run := range []Run{{MemoryDir: dir, Checkpoint: file, Every: 70}, {Checkpoint: file, Every: 70}, {MemoryDir: dir, Checkpoint: file, Every: 70}} {
			at := 40
			if run.MemoryDir == "" {
				at = 70
			}
			p, err := l.fit(ml.WithProgress(bg, func(p ml.Progress) error {
				if p.Step == at {
					return errors.New("enough")
				}
				return nil
			}), run)
			if err == nil {
				compare(p)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left", l.name, left)
		}
	}
	if _, err := (DQN{Run: Run{MemoryDir: filepath.Join(t.TempDir(), "none")}}).Fit(bg, CartPole{}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

// Any number of cores gives the same bytes.
func TestDeepOnAnyCores(t *testing.T) {
	for _, l := range learners {
		var first []byte
		for _, procs := range []int{1, 3} {
			back := setProcs(procs)
			p, err := l.fit(bg, Run{})
			back()
			if err != nil {
				t.Fatal(err)
			}
			b := bytesOf(t, p)
			if first == nil {
				first = b
			}
			if !bytes.Equal(b, first) {
				t.Fatalf("%s: other bytes on %d cores", l.name, procs)
			}
		}
	}
}

// A policy that was saved and loaded is the same, acts from many goroutines at once, and allocates nothing.
func TestPoliciesServe(t *testing.T) {
	p, err := PPO{Steps: 512, Rollout: 16, NormObs: true}.Fit(bg, CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	again := reloaded(t, p)
	if !reflect.DeepEqual(again.Actor.Layers, p.Actor.Layers) {
		t.Fatal("loaded otherwise")
	}
	var wg sync.WaitGroup
	obs := []float32{0.1, -0.2, 0.03, 0.4}
	want, err := p.Act(obs)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if a, err := again.Act(obs); a != want || err != nil {
					t.Error(a, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if a, _ := p.ActMasked(obs, []bool{want != 0, want != 1}); a == want {
		t.Fatal("a masked action was taken")
	}
	b, err := SAC{Steps: 200, Hidden: []int{16}}.Fit(bg, Pendulum{})
	if err != nil {
		t.Fatal(err)
	}
	act, see := make([]float32, 1), []float32{1, 0, 0}
	if !raceEnabled {
		if n := testing.AllocsPerRun(100, func() { _, _ = p.Act(obs) }); n != 0 {
			t.Errorf("%v allocations per discrete action", n)
		}
		if n := testing.AllocsPerRun(100, func() { _ = b.ActInto(act, see) }); n != 0 {
			t.Errorf("%v allocations per action of numbers", n)
		}
	}
	several, err := PPOMulti{Steps: 200, Hidden: []int{8}}.Fit(bg, twoLevers{})
	if err != nil {
		t.Fatal(err)
	}
	places, light, free := make([]int, 2), []float32{1}, []bool{true, true, false, true, true}
	if n := testing.AllocsPerRun(100, func() { _ = several.ActInto(places, light, free) }); n != 0 && !raceEnabled {
		t.Errorf("%v allocations per action of several codes", n)
	}
	if _, err := p.Act(obs[:3]); !errors.Is(err, ml.ErrShape) {
		t.Error("a short observation:", err)
	}
	if err := b.ActInto(act, see[:2]); !errors.Is(err, ml.ErrShape) {
		t.Error("a short observation:", err)
	}
}

func reloaded[P any](t *testing.T, p P) P {
	t.Helper()
	var b bytes.Buffer
	if err := ml.Save(&b, p); err != nil {
		t.Fatal(err)
	}
	again, err := ml.Load[P](&b)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// The net of package nn gives what the actor does: normaliser and duelling streams are built in.
func TestActorAsNet(t *testing.T) {
	r := rng.New(5, 0)
	s := stack{sizes: []int{3, 5, 4}, relu: true}
	w := make([]float32, s.size())
	s.init(w, r, 0)
	n := NewNormalizer(3)
	for range 50 {
		n.Update([]float32{float32(3 + r.NormFloat64()), float32(r.NormFloat64() * 9), float32(r.NormFloat64())})
	}
	a := actorOf(&s, w, n, 0)
	a.Dueling = true
	net, err := a.Net()
	if err != nil {
		t.Fatal(err)
	}
	obs := []float32{2.5, -4, 0.3}
	got := make([]float32, 3)
	if err := a.Ask(got, obs); err != nil {
		t.Fatal(err)
	}
	y, err := net.Predict(tensor.FromSlice(obs, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range y.Data() {
		if math.Abs(float64(v-got[i])) > 1e-5 { // float32, with the normaliser multiplied out
			t.Fatal(y.Data(), got)
		}
	}
}

// A training ends when it is good enough, or gets no better.
func TestTrainingsEndEarly(t *testing.T) {
	p, err := PPO{Steps: 1 << 40, Rollout: 32, Hidden: []int{16}, LearningRate: 1e-3, Run: Run{EvalEvery: 1000, EvalEpisodes: 5, Enough: new(60.0)}}.Fit(bg, CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Info.Iterations; p.Info.Status != ml.Stopped || n < 1000 || n > 100_000 {
		t.Fatal(p.Info.Status, n)
	}
	p, err = PPO{Steps: 1 << 40, Rollout: 32, Hidden: []int{4}, LearningRate: 1e-12, Run: Run{EvalEvery: 1000, EvalEpisodes: 5, Patience: 3}}.Fit(bg, CartPole{})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Info.Iterations; p.Info.Status != ml.Stopped || n < 4000 || n > 40_000 {
		t.Fatal(p.Info.Status, n)
	}
	reloaded(t, p)
}

// Updates allocate nothing once they have begun.
func TestUpdatesDoNotAllocate(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("the race detector allocates, and thousands of updates take a while")
	}
	defer setProcs(1)()
	allocs := func(fit func(steps int) error) float64 {
		count := func(steps int) float64 {
			return testing.AllocsPerRun(1, func() {
				if err := fit(steps); err != nil {
					t.Fatal(err)
				}
			})
		}
		return count(6000) - count(3000)
	}
	for name, fit := range map[string]func(int) error{
		"PPO": func(n int) error {
			_, err := PPO{Steps: n, Rollout: 32, Epochs: 2}.Fit(bg, CartPole{})
			return err
		},
		"PPOContinuous": func(n int) error {
			_, err := PPOContinuous{Steps: n, Rollout: 32, Epochs: 2, SDE: true}.Fit(bg, Pendulum{})
			return err
		},
		"A2C": func(n int) error { _, err := A2C{Steps: n}.Fit(bg, CartPole{}); return err },
		"DQN": func(n int) error {
			_, err := DQN{Steps: n, Start: 10, BatchSize: 16, Hidden: []int{8}, Buffer: 5000, Double: true, Dueling: true, Prioritized: true, NStep: 2}.Fit(bg, CartPole{})
			return err
		},
		"SAC": func(n int) error {
			_, err := SAC{Steps: n, Buffer: 3000, BatchSize: 8, Hidden: []int{8}}.Fit(bg, Pendulum{})
			return err
		},
		"SAC with SDE": func(n int) error {
			_, err := SAC{Steps: n, Buffer: 3000, BatchSize: 8, Hidden: []int{8}, SDE: true}.Fit(bg, Pendulum{})
			return err
		},
		"TD3": func(n int) error {
			_, err := TD3{Steps: n, Buffer: 3000, BatchSize: 8, Hidden: []int{8}}.Fit(bg, Pendulum{})
			return err
		},
	} {
		if n := allocs(fit); n > 40 { // per hundredth a report, and slices that grow: not one for each of thousands of updates
			t.Errorf("%s: %v allocations more for twice the steps", name, n)
		}
	}
}

// twoLevers pays for each of two levers that is set as a light says: actions of two codes, of which the second's first is masked while the light is on.
type twoLevers struct{}

func (twoLevers) Make() (Env[[]float32, []int], error) {
	return &leverEnv{episode: episode{limit: 20}}, nil
}

type leverEnv struct {
	episode
	src source
	obs [1]float32
}

func (e *leverEnv) Spec() Spec[[]float32, []int] {
	return Spec[[]float32, []int]{ID: "Levers", Obs: NewBox(0, 1, 1), Act: MultiDiscrete{N: []int{2, 3}}, MaxSteps: 20}
}

func (e *leverEnv) Reset(seed uint64) ([]float32, error) {
	e.src.state = seed
	e.begin()
	return e.see(), nil
}

func (e *leverEnv) see() []float32 {
	e.obs[0] = float32(e.src.Uint64() >> 63)
	return e.obs[:]
}

func (e *leverEnv) Mask(valid []bool) {
	for i := range valid {
		valid[i] = true
	}
	valid[2] = e.obs[0] == 0
}

func (e *leverEnv) Step(a []int) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("levers")
	}
	if a[1] == 0 && e.obs[0] == 1 {
		return Step[[]float32]{}, BadAction("levers", 0, "the others")
	}
	reward := 0.0
	if a[0] == int(e.obs[0]) {
		reward++
	}
	if a[1] == 2*int(e.obs[0]) {
		reward++
	}
	return Step[[]float32]{Obs: e.see(), Reward: reward, Truncated: e.step(false)}, nil
}

func TestPPOMultiLearnsWithMasks(t *testing.T) {
	if testing.Short() {
		t.Skip("learning takes a while")
	}
	p, err := PPOMulti{Steps: 8000, Rollout: 32, BatchSize: 64, Hidden: []int{16}, LearningRate: 1e-2}.Fit(bg, twoLevers{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Evaluate(bg, p, twoLevers{}, Evaluation{Episodes: 5})
	if err != nil {
		t.Fatal(err)
	}
	if s.Mean() < 39 { // 40 is the most
		t.Fatal(s)
	}
}

// Eight switches: a thousand episodes that the reward alone does not solve, and hindsight does.
func TestHindsight(t *testing.T) {
	if testing.Short() {
		t.Skip("learning takes a while")
	}
	c := DQN{Steps: 6000, Hidden: []int{64}, LearningRate: 1e-3, Start: 200, TargetEvery: 200, TrainEvery: 2, Discount: 0.98, Explore: 0.3, Epsilon: 0.1, Seed: 1}
	play := func(c DQN) float64 {
		p, err := c.Fit(bg, BitFlip{N: 6})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Evaluate(bg, p, BitFlip{N: 6}, Evaluation{Episodes: 50})
		if err != nil {
			t.Fatal(err)
		}
		return s.Mean()
	}
	c.Hindsight = 4
	with := play(c)
	t.Log("with hindsight", with)
	if with < -3 {
		t.Fatalf("mean return %v", with)
	}
}
