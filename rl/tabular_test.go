package rl

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

type tabularLearner = ml.Fitter[Maker[int, int], *TableModel]

// The methods of control on FrozenLake, with the steps after which their greedy policy is worth within 0.01 of the optimum, 0.542026.
func controls() map[string]tabularLearner {
	eps := EpsilonGreedy{Start: 1, End: 0.05, Fall: 0.5}
	soon := EpsilonGreedy{Start: 1, End: 0.01, Fall: 0.8}
	return map[string]tabularLearner{
		"Q":            QLearning{LearningRate: 1, Decay: 0.6, Explore: eps, Steps: 300_000},
		"Q softmax":    QLearning{LearningRate: 1, Decay: 0.6, Explore: Softmax{Start: 1, End: 0.01}, Steps: 300_000},
		"Q optimistic": QLearning{LearningRate: 1, Decay: 0.6, Initial: 1, Explore: Greedy{}, Steps: 300_000},
		"double Q":     DoubleQLearning{LearningRate: 1, Decay: 0.6, Explore: eps, Steps: 500_000},
		"SARSA":        SARSA{LearningRate: 1, Decay: 0.6, Explore: soon, Steps: 500_000},
		"expected":     ExpectedSARSA{LearningRate: 1, Decay: 0.6, Explore: soon, Steps: 500_000},
		"n-step":       NStepSARSA{N: 3, LearningRate: 1, Decay: 0.6, Explore: soon, Steps: 500_000},
		"tree":         TreeBackup{N: 4, LearningRate: 1, Decay: 0.6, Explore: eps, Steps: 300_000},
		"lambda":       SARSALambda{Lambda: 0.5, LearningRate: 0.02, Explore: soon, Steps: 500_000},
		"accumulating": SARSALambda{Lambda: 0.5, Accumulating: true, LearningRate: 0.02, Explore: soon, Steps: 500_000},
		"Q lambda":     QLambda{Lambda: 0.5, LearningRate: 1, Decay: 0.6, Explore: soon, Steps: 500_000},
		"Monte Carlo":  MonteCarlo{LearningRate: 1, Decay: 0.6, Explore: EpsilonGreedy{Start: 1}, Steps: 1_000_000},
		"starts":       MonteCarlo{ExploringStarts: true, LearningRate: 1, Decay: 0.8, Steps: 1_000_000},
		"Dyna-Q":       DynaQ{LearningRate: 1, Decay: 0.6, Explore: eps, Steps: 50_000},
		"Dyna-Q+":      DynaQ{LearningRate: 1, Decay: 0.6, Bonus: 1e-5, Explore: eps, Steps: 50_000},
		"sweeping":     PrioritizedSweeping{Explore: eps, Steps: 50_000},
	}
}

// predictions learn values of the walk of 5 states.
func predictions() map[string]tabularLearner {
	return map[string]tabularLearner{
		"TD":          TD{Discount: 1, LearningRate: 1, Decay: 0.7, Episodes: 5000},
		"TD lambda":   TD{Lambda: 0.8, Discount: 1, LearningRate: 0.5, Decay: 0.7, Episodes: 5000},
		"TD replaced": TD{Lambda: 0.8, Replacing: true, Discount: 1, LearningRate: 0.5, Decay: 0.7, Episodes: 5000},
		"n-step":      NStepTD{N: 3, Discount: 1, LearningRate: 1, Decay: 0.7, Episodes: 5000},
		"Monte Carlo": MonteCarloPrediction{Discount: 1, Episodes: 5000},
		"every visit": MonteCarloPrediction{EveryVisit: true, Discount: 1, Episodes: 5000},
	}
}

func TestControlFindsTheBestPolicy(t *testing.T) {
	lake := FrozenLake{}
	m := must(lake.MDP())
	for name, c := range controls() {
		if testing.Short() && name != "Q" && name != "sweeping" && name != "tree" {
			continue
		}
		got, err := c.Fit(background, lake)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		exact := must(PolicyEvaluation{Policy: got.Policy()}.Fit(background, m))
		if v := m.Mean(exact.V); v < 0.542026-0.01 {
			t.Errorf("%s: worth %.6f after %d steps, the optimum is 0.542026", name, v, got.Info.Iterations)
		}
	}
}

// On the lake, learning from every visit can settle for less than the best, as methods that improve what they still evaluate may: circles weigh too much. On a grid it is exact.
func TestEveryVisit(t *testing.T) {
	m := must(GridWorld{}.MDP())
	best := must(ValueIteration{Discount: 1}.Fit(background, m))
	got := must(MonteCarlo{EveryVisit: true, Discount: 1, LearningRate: 0.1, Explore: EpsilonGreedy{Start: 1, End: 0.1}, Steps: 100_000}.Fit(background, GridWorld{}))
	exact := must(PolicyEvaluation{Policy: got.Policy(), Discount: 1}.Fit(background, m))
	if m.Mean(exact.V) < m.Mean(best.V)-0.01 {
		t.Errorf("worth %v, the optimum is %v", m.Mean(exact.V), m.Mean(best.V))
	}
}

// Episodes of Blackjack are short enough for the weights of off-policy learning. The policy of codes is played with a natural as with any other 21.
func TestMonteCarloPlaysBlackjack(t *testing.T) {
	if testing.Short() {
		t.Skip("two million hands")
	}
	m := must(Blackjack{}.MDP())
	for name, c := range map[string]tabularLearner{
		"off-policy": MonteCarloOffPolicy{Discount: 1, Explore: EpsilonGreedy{End: 1}, Steps: 1_000_000},
		"starts":     MonteCarlo{Discount: 1, ExploringStarts: true, Steps: 1_000_000},
	} {
		p := must(c.Fit(background, Blackjack{})).Policy()
		for dealer := 1; dealer <= 10; dealer++ {
			natural := (21*11+dealer)*2 + 1
			p = append(p, p[2*natural], p[2*natural+1])
		}
		if v := m.Mean(must(PolicyEvaluation{Policy: p, Discount: 1}.Fit(background, m)).V); v < -0.043113-0.01 {
			t.Errorf("%s: worth %.6f, the optimum is -0.043113", name, v)
		}
	}
}

// Sutton and Barto, example 6.6: while it explores, Q-learning walks along the edge and falls, SARSA does not. By policy evaluation (TestTextbookValues), the former is worth
// -45.8 to -51.8 (as it breaks ties), and the best that can be done while exploring -20.7.
func TestCliff(t *testing.T) {
	const steps = 400_000
	online := func(c tabularLearner) float64 { return mean(must(c.Fit(background, CliffWalking{})).Returns[50:]) }
	q := online(QLearning{Discount: 1, LearningRate: 0.5, Steps: steps})
	s := online(SARSA{Discount: 1, LearningRate: 1, Decay: 0.6, Steps: steps})
	e := online(ExpectedSARSA{Discount: 1, LearningRate: 0.5, Steps: steps})
	if q < -54 || q > -44 {
		t.Errorf("Q-learning gets %.2f", q)
	}
	if s < -23 || s > -20 {
		t.Errorf("SARSA gets %.2f", s)
	}
	if e < -23 || e > -20 {
		t.Errorf("expected SARSA gets %.2f", e)
	}
	t.Logf("online: Q %.2f, SARSA %.2f, expected SARSA %.2f", q, s, e)
}

func TestPredictionFindsTheValues(t *testing.T) {
	for name, c := range predictions() {
		got := must(c.Fit(background, RandomWalk{}))
		golden.Close(t, got.V, []float64{1. / 6, 2. / 6, 3. / 6, 4. / 6, 5. / 6}, 0, 0.03, name) // 5000 episodes: standard errors up to 0.01
		if _, err := got.Act(0); !errors.Is(err, ml.ErrData) {
			t.Errorf("%s: acts: %v", name, err)
		}
	}
	// A policy of one's own: always towards the goal of a small grid, 3 steps away from each of the two corners between.
	grid := GridWorld{Map: []string{"S..", "...", "..G"}}
	policy := make([]float64, 9*4)
	for s := range 9 {
		if s%3 < 2 {
			policy[s*4+right] = 1
		} else {
			policy[s*4+down] = 1
		}
	}
	got := must(TD{Policy: policy, Discount: 1, LearningRate: 1, Episodes: 50}.Fit(background, grid))
	golden.Close(t, []float64{got.V[0], got.V[1], got.V[2], got.V[5]}, []float64{-4, -3, -2, -1}, 0, 1e-12, "grid")
}

// Sutton and Barto, figures 7.2 and 12.6: the error over the first 10 episodes of the walk of 19, by the learning rate, is least in the middle of it, and n in the middle does better
// than 1 and than many.
func TestRandomWalkCurve(t *testing.T) {
	runs := uint64(20)
	if testing.Short() {
		runs = 6
	}
	walk := RandomWalk{States: 19, Left: -1}
	rms := func(c func(episodes int, seed uint64) tabularLearner) float64 {
		sum := 0.0
		for seed := range runs {
			for episodes := 1; episodes <= 10; episodes++ {
				squares := 0.0
				for i, v := range must(c(episodes, seed).Fit(background, walk)).V {
					d := v - (float64(i)/10 - 0.9)
					squares += d * d
				}
				sum += math.Sqrt(squares / 19)
			}
		}
		return sum / float64(10*runs)
	}
	curve := func(n int, rates ...float64) (errors []float64) {
		for _, r := range rates {
			errors = append(errors, rms(func(episodes int, seed uint64) tabularLearner {
				return NStepTD{N: n, Discount: 1, LearningRate: r, Episodes: episodes, Seed: seed}
			}))
		}
		return
	}
	four := curve(4, 0.1, 0.4, 1)
	if !(four[1] < four[0] && four[1] < four[2]) {
		t.Errorf("n = 4 at rates of 0.1, 0.4 and 1: %.3f is no U", four)
	}
	if four[1] < 0.2 || four[1] > 0.32 {
		t.Errorf("n = 4 at 0.4: %.3f, the figure has about 0.26", four[1])
	}
	one, many := slices.Min(curve(1, 0.6, 0.8, 0.9)), slices.Min(curve(64, 0.05, 0.1, 0.2))
	if four[1] > one || four[1] > many {
		t.Errorf("n = 1: %.3f, 4: %.3f, 64: %.3f", one, four[1], many)
	}
	traces := rms(func(episodes int, seed uint64) tabularLearner {
		return TD{Lambda: 0.8, Discount: 1, LearningRate: 0.2, Episodes: episodes, Seed: seed}
	})
	if traces < 0.2 || traces > 0.35 {
		t.Errorf("lambda 0.8 at 0.2: %.3f", traces)
	}
}

// N = 1 and Lambda = 0 are the plain methods, to the bit.
func TestPlainCases(t *testing.T) {
	plain := QLearning{Discount: 0.9, Explore: EpsilonGreedy{End: 0.3}, Steps: 5000, Seed: 3}
	s := must(SARSA(plain).Fit(background, FrozenLake{}))
	for name, c := range map[string]tabularLearner{
		"n-step": NStepSARSA{N: 1, Discount: 0.9, Explore: EpsilonGreedy{End: 0.3}, Steps: 5000, Seed: 3},
		"lambda": SARSALambda{Discount: 0.9, Explore: EpsilonGreedy{End: 0.3}, Steps: 5000, Seed: 3},
	} {
		if got := must(c.Fit(background, FrozenLake{})); !slices.Equal(got.Q, s.Q) {
			t.Errorf("%s is not SARSA", name)
		}
	}
	q := must(plain.Fit(background, FrozenLake{}))
	for name, c := range map[string]tabularLearner{
		"tree":   TreeBackup{N: 1, Discount: 0.9, Explore: EpsilonGreedy{End: 0.3}, Steps: 5000, Seed: 3},
		"lambda": QLambda{Discount: 0.9, Explore: EpsilonGreedy{End: 0.3}, Steps: 5000, Seed: 3},
	} {
		if got := must(c.Fit(background, FrozenLake{})); !slices.Equal(got.Q, q.Q) {
			t.Errorf("%s is not Q-learning", name)
		}
	}
	v := must(TD{Discount: 1, Steps: 3000}.Fit(background, RandomWalk{}))
	if got := must(NStepTD{N: 1, Discount: 1, Steps: 3000}.Fit(background, RandomWalk{})); !slices.Equal(got.V, v.V) {
		t.Error("n-step is not TD(0)")
	}
}

// Dyna-Q needs fewer steps than Q-learning to walk a maze, and Dyna-Q+ takes to a shortcut that opens (Sutton and Barto, examples 8.1 and 8.3).
func TestDynaPlans(t *testing.T) {
	maze := GridWorld{Map: []string{".......#G", "..#....#.", "S.#....#.", "..#......", ".....#...", "........."}}
	q := must(QLearning{Discount: 0.95, Episodes: 20, Seed: 1}.Fit(background, maze))
	d := must(DynaQ{Planning: 50, Discount: 0.95, Episodes: 20, Seed: 1}.Fit(background, maze))
	if 2*d.Info.Iterations > q.Info.Iterations {
		t.Errorf("20 episodes: %d steps with planning, %d without", d.Info.Iterations, q.Info.Iterations)
	}
	if testing.Short() {
		return
	}
	late := func(bonus float64) float64 {
		opening := MakerFunc[int, int](func() (Env[int, int], error) { return newOpening() })
		got := must(DynaQ{Planning: 50, Bonus: bonus, LearningRate: 1, Discount: 0.95, Steps: 12_000}.Fit(background, opening))
		return -float64(12_000/100) / mean(got.Returns[90:]) * 100 / 120
	}
	// Returns are minus the steps: 10 with the shortcut, 16 without, and some for exploring.
	if plain, plus := late(0), late(1e-2); plus < 1.2*plain {
		t.Errorf("the shortcut does not show: %.4f without the bonus, %.4f with it", plain, plus)
	}
}

// opening is a maze whose wall has a hole at the left, and after 3000 steps another at the right, on the way.
type opening struct {
	Env[int, int]
	after Env[int, int]
	steps int
}

func newOpening() (Env[int, int], error) {
	before := must(GridWorld{Map: []string{"........G", ".........", ".........", ".########", ".........", "...S....."}}.Make())
	after := must(GridWorld{Map: []string{"........G", ".........", ".........", ".#######.", ".........", "...S....."}}.Make())
	return &opening{Env: before, after: after}, nil
}

func (o *opening) Reset(seed uint64) (int, error) {
	if o.steps >= 3000 {
		o.Env = o.after
	}
	return o.Env.Reset(seed)
}

func (o *opening) Step(a int) (Step[int], error) {
	o.steps++
	return o.Env.Step(a)
}

// Stakes that cannot be taken are neither taken nor valued.
func TestMasksAreKept(t *testing.T) {
	g := Gambler{Goal: 10}
	m := must(g.MDP())
	best := must(ValueIteration{Discount: 1}.Fit(background, m))
	for name, c := range map[string]tabularLearner{
		"Q": QLearning{Discount: 1, LearningRate: 1, Decay: 0.6, Explore: EpsilonGreedy{End: 0.5}, Steps: 200_000}, "double": DoubleQLearning{Discount: 1, LearningRate: 1, Decay: 0.6, Explore: EpsilonGreedy{End: 0.5}, Steps: 200_000},
		"expected": ExpectedSARSA{Discount: 1, Explore: Softmax{}, Steps: 20_000}, "tree": TreeBackup{Discount: 1, Explore: EpsilonGreedy{End: 1}, Steps: 20_000}, "sarsa": SARSA{Steps: 20_000},
		"lambda": SARSALambda{Lambda: 0.5, Steps: 20_000}, "Q lambda": QLambda{Lambda: 0.5, Steps: 20_000}, "n": NStepSARSA{Steps: 20_000}, "mc": MonteCarlo{Steps: 20_000}, "es": MonteCarlo{ExploringStarts: true, Steps: 20_000},
		"off": MonteCarloOffPolicy{Steps: 20_000}, "dyna": DynaQ{Steps: 5000}, "dyna+": DynaQ{Bonus: 1e-3, Steps: 5000}, "sweeping": PrioritizedSweeping{Discount: 1, Explore: EpsilonGreedy{End: 0.5}, Steps: 20_000},
		"optimistic": QLearning{Initial: 2, Explore: Greedy{}, Steps: 20_000},
	} {
		got := must(c.Fit(background, g))
		for s := 1; s < 10; s++ {
			for a := range m.Actions {
				if q := got.Q[s*m.Actions+a]; len(m.Of(s, a)) == 0 != math.IsInf(q, -1) {
					t.Errorf("%s: Q(%d,%d) = %v", name, s, a, q)
				}
			}
			if limit := map[string]float64{"Q": 0.05, "double": 0.05, "sweeping": 0.05}[name]; limit > 0 && math.Abs(got.V[s]-best.V[s]) > limit {
				t.Errorf("%s: V(%d) = %.3f, want %.3f", name, s, got.V[s], best.V[s])
			}
		}
	}
	if got := must(TD{Discount: 1, Steps: 1000}.Fit(background, g)); got.Info.Iterations != 1000 {
		t.Error(got.Info)
	}
}

func TestLearnersKeepTheContract(t *testing.T) {
	all := controls()
	all["off-policy"], all["every visit"] = MonteCarloOffPolicy{}, MonteCarlo{EveryVisit: true}
	for name, c := range predictions() {
		all["predict "+name] = c
	}
	for name, c := range all {
		// The same with a small budget.
		v := reflect.New(reflect.TypeOf(c)).Elem()
		v.Set(reflect.ValueOf(c))
		v.FieldByName("Steps").SetInt(3000)
		v.FieldByName("Episodes").SetInt(0)
		c = v.Interface().(tabularLearner)
		var steps []int
		watched := ml.WithProgress(background, func(p ml.Progress) error { steps = append(steps, p.Step); return nil })
		one, two := must(c.Fit(watched, FrozenLake{})), must(c.Fit(background, FrozenLake{}))
		if !reflect.DeepEqual(one, two) {
			t.Errorf("%s: two fits differ", name)
		}
		if len(steps) != 100 || steps[99] != 100 || len(one.Returns) != 100 || one.Info.Iterations != 3000 || one.Info.Status != ml.MaxIter {
			t.Errorf("%s: %d reports, %d returns, %v", name, len(steps), len(one.Returns), one.Info.Iterations)
		}
		v.FieldByName("Seed").SetUint(1)
		if other := must(v.Interface().(tabularLearner).Fit(background, FrozenLake{})); slices.Equal(other.Q, one.Q) && slices.Equal(other.V, one.V) {
			t.Errorf("%s: the seed has no effect", name)
		}
		var file bytes.Buffer
		if err := ml.Save(&file, one); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if again := must(ml.Load[*TableModel](&file)); !reflect.DeepEqual(again.V, one.V) || !slices.Equal(again.Q, one.Q) || !reflect.DeepEqual(again.Config, one.Config) {
			t.Errorf("%s: the loaded model differs", name)
		}
		stopped := must(c.Fit(ml.WithProgress(background, func(p ml.Progress) error {
			if p.Step == 10 {
				return ml.Stop
			}
			return nil
		}), FrozenLake{}))
		if stopped.Info.Status != ml.Stopped || stopped.Info.Iterations != 300 {
			t.Errorf("%s: stopped: %v", name, stopped.Info.Iterations)
		}
		cancelled, cancel := context.WithCancel(background)
		cancel()
		if _, err := c.Fit(cancelled, FrozenLake{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled: %v", name, err)
		}
		for _, bad := range []struct {
			m    Maker[int, int]
			kind error
		}{{nil, ml.ErrConfig}, {faulty("obs"), ErrEnv}, {faulty("reward"), ErrEnv}, {faulty("step"), ErrDone}, {faulty("reset"), ErrEnv}, {faulty("make"), ErrEnv},
			{faulty("spec"), ErrEnv}, {FrozenLake{Success: 3}, ml.ErrConfig}} {
			if _, err := c.Fit(background, bad.m); !errors.Is(err, bad.kind) {
				t.Errorf("%s, %v: %v, want %v", name, bad.m, err, bad.kind)
			}
		}
		for field, values := range map[string][]any{"Discount": {-1.0, 1.5, math.NaN()}, "LearningRate": {-1.0, 3.0, math.NaN()}, "Decay": {-1.0, 2.0}, "Initial": {math.Inf(1)}, "Steps": {-1}, "Episodes": {-1},
			"N": {-1}, "Lambda": {-0.1, 1.1, math.NaN()}, "Planning": {-1}, "Bonus": {-1.0}, "Threshold": {-1.0}, "Policy": {[]float64{1}, slices.Repeat([]float64{-1}, 64), slices.Repeat([]float64{0}, 64)},
			"Explore": {EpsilonGreedy{End: 2}, Softmax{End: -1}, EpsilonGreedy{Start: math.NaN()}}} {
			for _, x := range values {
				v := reflect.New(reflect.TypeOf(c)).Elem()
				v.Set(reflect.ValueOf(c))
				f := v.FieldByName(field)
				if !f.IsValid() {
					continue
				}
				f.Set(reflect.ValueOf(x))
				if _, err := v.Interface().(tabularLearner).Fit(background, FrozenLake{}); !errors.Is(err, ml.ErrConfig) {
					t.Errorf("%s: %s %v: %v", name, field, x, err)
				}
			}
		}
	}
}

// faulty is a lake with a fault.
type faulty string

func (f faulty) Make() (Env[int, int], error) {
	if f == "make" {
		return nil, ErrEnv
	}
	return faultyEnv{must(FrozenLake{}.Make()), f}, nil
}

type faultyEnv struct {
	Env[int, int]
	fault faulty
}

func (f faultyEnv) Spec() Spec[int, int] {
	s := f.Env.Spec()
	if f.fault == "spec" {
		s.Obs = MultiDiscreteCodes{}
	}
	return s
}

// MultiDiscreteCodes is a space of ints that is not Discrete.
type MultiDiscreteCodes struct{ Discrete }

func (f faultyEnv) Reset(seed uint64) (int, error) {
	if f.fault == "reset" {
		return -3, nil
	}
	return f.Env.Reset(seed)
}

func (f faultyEnv) ResetTo(seed uint64, state int) (int, error) {
	if f.fault == "reset" {
		return -3, nil
	}
	return f.Env.(Starter).ResetTo(seed, state)
}

func (f faultyEnv) Step(a int) (Step[int], error) {
	s, err := f.Env.Step(a)
	switch f.fault {
	case "obs":
		s.Obs = 16
	case "reward":
		s.Reward = math.NaN()
	case "step":
		return s, Over("faulty")
	}
	return s, err
}

func TestExplorations(t *testing.T) {
	r := newTestRand()
	inf := math.Inf(-1)
	for _, e := range []Exploration{EpsilonGreedy{}, EpsilonGreedy{Start: 1, End: 0.2, Fall: 0.5}, Greedy{}, Softmax{}, Softmax{Start: 5, End: 0.5}} {
		for _, q := range [][]float64{{1, 2, 3}, {2, 2, 1}, {inf, 0, 0.05}, {0, inf, inf}, {0, 0, 0}} {
			for _, progress := range []float64{0, 0.25, 1} {
				const n = 20_000
				p, count := make([]float64, 3), make([]float64, 3)
				e.Probabilities(p, q, progress)
				for range n {
					count[e.Choose(q, progress, r)]++
				}
				for a := range p {
					// 5 standard errors.
					if d := math.Abs(count[a]/n - p[a]); d > 5*math.Sqrt(p[a]*(1-p[a])/n)+1e-12 || q[a] == inf && p[a] != 0 {
						t.Errorf("%T%+v of %v at %v: action %d with %v, drawn %v", e, e, q, progress, a, p[a], count[a]/n)
					}
				}
			}
		}
	}
}
