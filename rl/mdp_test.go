package rl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

// few is a list of few different values: their names are letters.
type few struct {
	Of []float64
	At string
}

func (f few) get(i int) float64 { return f.Of[f.At[i]-'a'] }

type toytext struct {
	Tables map[string]struct {
		States, Actions int
		Counts          string
		P, Reward       few
		Step            []int
		Terminated      string
	}
	Steps map[string]struct {
		Step       []int
		Reward     few
		Terminated string
	}
	Resets                                      map[string][]int
	Maps                                        map[string][]string
	Blackjack, BlackjackPlain, BlackjackNatural struct {
		Seen   []int
		Reward few
	}
	Mask   []string
	Optima map[string]float64
}

type tabled interface {
	Maker[int, int]
	MDP() (*MDP, error)
}

var toys = map[string]tabled{
	"lake4": FrozenLake{}, "lake8": FrozenLake{Map: Lake8x8()}, "lakeDry": FrozenLake{NoSlip: true},
	"lakeOwn": FrozenLake{Map: []string{"SFHS", "FFFG"}, Success: 0.7, Rewards: &[3]float64{5, -2, -0.25}},
	"cliff":   CliffWalking{}, "cliffSlippery": CliffWalking{Slippery: true},
	"taxi": Taxi{}, "taxiRainy": Taxi{Rainy: true, RainyProbability: 0.7}, "taxiFickle": Taxi{Fickle: true, FickleProbability: 0.4},
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTablesAreGymnasiums(t *testing.T) {
	for name, want := range golden.Load[toytext](t, "testdata/toytext.json").Tables {
		m := must(toys[name].MDP())
		if m.States != want.States || m.Actions != want.Actions || len(m.Outcomes) != len(want.Step) {
			t.Errorf("%s: %v", name, m)
			continue
		}
		i := 0
		for pair := range m.States * m.Actions {
			of := m.Of(pair/m.Actions, pair%m.Actions)
			if len(of) != int(want.Counts[pair]-'0') {
				t.Fatalf("%s: %d outcomes of pair %d", name, len(of), pair)
			}
			for _, o := range of {
				if w := (Outcome{want.P.get(i), pair/m.Actions + want.Step[i], want.Reward.get(i), want.Terminated[i] == '1'}); o != w {
					t.Errorf("%s: outcome %d of pair %d: %v, want %v", name, i, pair, o, w)
				}
				i++
			}
		}
	}
}

// The generator is seeded once and the states are injected, so every draw counts.
func TestStepsAreGymnasiums(t *testing.T) {
	for name, want := range golden.Load[toytext](t, "testdata/toytext.json").Steps {
		env := must(toys[name].Make())
		e, _ := env.(*mdpEnv)
		fickle, _ := env.(*fickleTaxi)
		if fickle != nil {
			e = fickle.mdpEnv
		}
		e.rand.Seed(11)
		for i, step := range want.Step {
			s, a := i*7%e.states, i*5/3%e.actions
			e.state, e.over, e.taken = s, false, 0
			if fickle != nil {
				fickle.pending = i%2 == 0
			}
			got := must(env.Step(a))
			if got != (Step[int]{Obs: s + step, Reward: want.Reward.get(i), Terminated: want.Terminated[i] == '1'}) {
				t.Fatalf("%s: step %d from %d by %d: %v, want %d", name, i, s, a, got, s+step)
			}
		}
	}
}

func TestResetsAreGymnasiums(t *testing.T) {
	want := golden.Load[toytext](t, "testdata/toytext.json")
	for name, starts := range want.Resets {
		env := must(toys[name].Make())
		for seed, s := range starts {
			if got := must(env.Reset(uint64(seed))); got != s {
				t.Errorf("%s: seed %d starts in %d, want %d", name, seed, got, s)
			}
		}
	}
	for name, lake := range want.Maps {
		var size int
		var p float64
		var seed uint64
		fmt.Sscan(name, &size, &p, &seed)
		if got := must(RandomLake(size, p, seed)); !slices.Equal(got, lake) {
			t.Errorf("map %s: %v, want %v", name, got, lake)
		}
	}
	valid := make([]bool, 6)
	for s, mask := range want.Mask {
		TaxiMask(valid, s)
		for a := range valid {
			if valid[a] != (mask[a] == '1') {
				t.Errorf("mask of state %d: %v, want %s", s, valid, mask)
			}
		}
	}
}

func TestBlackjackIsGymnasiums(t *testing.T) {
	want := golden.Load[toytext](t, "testdata/toytext.json")
	for name, c := range map[string]Blackjack{"sab": {}, "plain": {Plain: true}, "natural": {Natural: true}} {
		g := want.Blackjack
		switch name {
		case "plain":
			g = want.BlackjackPlain
		case "natural":
			g = want.BlackjackNatural
		}
		env := must(c.Make())
		at, steps := 0, 0
		for i := range len(g.Reward.At) {
			obs := must(env.Reset(uint64(i)))
			var s Step[int]
			for k := 0; ; k++ {
				if obs != g.Seen[at] {
					t.Fatalf("%s: episode %d: sees %d, want %d", name, i, obs, g.Seen[at])
				}
				at++
				if s.Done() {
					break
				}
				a := i * 2654435761 >> (7 + k) & 1
				if sum, _, _ := BlackjackState(obs); sum < 11 {
					a = 1
				}
				s = must(env.Step(a))
				obs = s.Obs
				steps++
			}
			if s.Reward != g.Reward.get(i) {
				t.Errorf("%s: episode %d: reward %g, want %g", name, i, s.Reward, g.Reward.get(i))
			}
		}
		if at != len(g.Seen) {
			t.Errorf("%s: saw %d, want %d", name, at, len(g.Seen))
		}
	}
}

func TestTabularEnvironmentsAreSound(t *testing.T) {
	more := map[string]Maker[int, int]{
		"blackjack": Blackjack{}, "gridworld": GridWorld{Map: []string{"S.#H", "...G"}, Slip: 0.2}, "grid": GridWorld{}, "walk": RandomWalk{}, "walk19": RandomWalk{States: 19, Left: -1},
		"gambler": Gambler{}, "autoscaler": Autoscaler{}, "pricing": Pricing{}, "blackjackMDP": must(Blackjack{}.MDP()), "fickleMDP": must(Taxi{Fickle: true}.MDP()),
	}
	for name, toy := range toys {
		more[name] = toy
	}
	for name, m := range more {
		if r := Check(m); r.Err() != nil {
			t.Errorf("%s: %v", name, r.Err())
		}
		env := must(m.Make())
		actions := env.Spec().Act.(Discrete).N
		valid := make([]bool, actions)
		play := func() {
			env.Reset(3)
			for i := range 20 {
				a := i % actions
				if mask, ok := env.(Masker); ok {
					for mask.Mask(valid); !valid[a]; a = (a + 1) % actions {
					}
				}
				if s, _ := env.Step(a); s.Done() {
					env.Reset(uint64(i))
				}
			}
		}
		if n := testing.AllocsPerRun(10, play); n != 0 {
			t.Errorf("%s: %g allocations in 20 steps", name, n)
		}
	}
}

func TestEnvironmentConfigsRefuse(t *testing.T) {
	for i, f := range []func() (*MDP, error){
		FrozenLake{Success: 2}.MDP, FrozenLake{Success: math.NaN()}.MDP, FrozenLake{Map: []string{}}.MDP, FrozenLake{Map: []string{""}}.MDP, FrozenLake{Map: []string{"SF", "F"}}.MDP,
		FrozenLake{Map: []string{"FG"}}.MDP, FrozenLake{Map: []string{"SX"}}.MDP, FrozenLake{MaxSteps: -1}.MDP, FrozenLake{MaxSteps: 5, NoTimeLimit: true}.MDP,
		FrozenLake{Rewards: &[3]float64{math.NaN()}}.check, CliffWalking{MaxSteps: -1}.MDP, Taxi{RainyProbability: -1}.MDP, Taxi{FickleProbability: 1.5}.MDP, Taxi{MaxSteps: -2}.MDP,
		Blackjack{Plain: true, Natural: true}.MDP, GridWorld{Slip: 1}.MDP, GridWorld{Map: []string{"..."}}.MDP, GridWorld{MaxSteps: -1}.MDP, RandomWalk{States: -1}.MDP,
		RandomWalk{MaxSteps: -1}.MDP, RandomWalk{Left: math.Inf(1)}.check, Gambler{Heads: 1}.MDP, Gambler{Goal: 1}.MDP, Autoscaler{Load: []float64{3, 1}}.MDP, Autoscaler{Stay: 2}.MDP,
		Autoscaler{MaxServers: -1}.MDP, Autoscaler{MaxQueue: 1 << 20}.MDP, Autoscaler{PerServer: -1}.MDP, Autoscaler{WaitCost: math.NaN()}.MDP, Autoscaler{MaxSteps: -1}.MDP,
		Autoscaler{MaxServers: 1000, MaxQueue: 10_000}.MDP, Pricing{Stock: -1}.MDP, Pricing{Periods: 1 << 20}.MDP, Pricing{Prices: []float64{}}.MDP, Pricing{Demand: []float64{1}}.MDP,
		Pricing{Prices: []float64{-1}}.MDP, Pricing{Prices: []float64{1}, Demand: []float64{math.NaN()}}.MDP, Pricing{Stock: 10_000, Periods: 10_000}.MDP,
	} {
		if _, err := f(); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	for _, err := range []error{second(RandomLake(1, 0, 0)), second(RandomLake(0, 2, 0)), second(RandomLake(50, 0.01, 0))} {
		if !errors.Is(err, ml.ErrConfig) {
			t.Error(err)
		}
	}
	var none *MDP
	for i, m := range []*MDP{none, {}, {States: 1, Actions: 1}, {States: 1 << 40, Actions: 1 << 40}, {States: 1, Actions: 1, Begin: []int{0, 2}, Outcomes: make([]Outcome, 1)},
		{States: 2, Actions: 1, Begin: []int{0, 5, 1}, Outcomes: make([]Outcome, 1)}, one(Outcome{P: 0.5}), one(Outcome{P: 1, Next: 7}), one(Outcome{P: 1, Reward: math.NaN()}),
		one(Outcome{P: math.NaN()}), one(Outcome{P: 1, Next: 1}), {States: 1, Actions: 1, Begin: []int{0, 1}, Outcomes: []Outcome{{P: 1}}, Start: []float64{0.5}},
		{States: 1, Actions: 1, Begin: []int{0, 1}, Outcomes: []Outcome{{P: 1}}, Start: []float64{1, 0}}, {States: 1, Actions: 1, Begin: []int{0, 1}, Outcomes: []Outcome{{P: 1}}, MaxSteps: -1}} {
		if err := m.Check(); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("model %d: %v", i, err)
		}
		if _, err := m.Make(); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("model %d: %v", i, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// one is a model of two states, the second of which is an end.
func one(o Outcome) *MDP {
	return &MDP{States: 2, Actions: 1, Begin: []int{0, 1, 1}, Outcomes: []Outcome{o}}
}

// check is MDP with the check of its tables, which catches what the config leaves to it.
func (c FrozenLake) check() (*MDP, error) { m := must(c.MDP()); return m, m.Check() }
func (c RandomWalk) check() (*MDP, error) { m := must(c.MDP()); return m, m.Check() }

func TestValueIterationOnFrozenLake(t *testing.T) {
	m := must(must(FrozenLake{}.MDP()), nil)
	for discount, want := range map[float64]float64{1: 14. / 17, 0.99: 0.5420259320003} {
		v := must(ValueIteration{Discount: discount}.Fit(context.Background(), m))
		if math.Abs(v.V[0]-want) > 1e-9 || v.Info.Status != ml.Converged {
			t.Errorf("discount %g: %v, want %v; %v", discount, v.V[0], want, v.Info)
		}
		var file bytes.Buffer
		if err := ml.Save(&file, v); err != nil {
			t.Fatal(err)
		}
		if again := must(ml.Load[*TableModel](&file)); !slices.Equal(again.Q, v.Q) || !slices.Equal(again.Best, v.Best) || again.Config != v.Config {
			t.Error("the loaded model differs")
		}
	}
}
