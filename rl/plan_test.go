package rl

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

var background = context.Background()

// planners find the best policy of an MDP at a discount.
func planners(discount float64) map[string]ml.Fitter[*MDP, *TableModel] {
	return map[string]ml.Fitter[*MDP, *TableModel]{
		"value": ValueIteration{Discount: discount}, "policy": PolicyIteration{Discount: discount}, "modified": ModifiedPolicyIteration{Discount: discount},
		"prioritized": PrioritizedValueIteration{Discount: discount, Tol: 1e-12}, "linear": LinearProgram{Discount: discount},
	}
}

// The optima are recomputed by internal/golden/rl_toytext.py from Gymnasium's own tables. 1e-9: what the issue asks for.
func TestExactOptima(t *testing.T) {
	optima := golden.Load[toytext](t, "testdata/toytext.json").Optima
	for _, c := range []struct {
		name     string
		m        tabled
		discount float64
		want     float64
	}{
		{"lake4", FrozenLake{}, 1, 14. / 17}, {"lake4 .99", FrozenLake{}, 0.99, optima["lake4 .99"]}, {"lake8", FrozenLake{Map: Lake8x8()}, 1, 1},
		{"lake8 .99", FrozenLake{Map: Lake8x8()}, 0.99, optima["lake8 .99"]}, {"cliff", CliffWalking{}, 1, -13}, {"cliffSlippery", CliffWalking{Slippery: true}, 1, optima["cliffSlippery"]},
		{"taxi", Taxi{}, 1, 7.93}, {"taxiRainy .99", Taxi{Rainy: true, RainyProbability: 0.7}, 0.99, optima["taxiRainy .99"]}, {"blackjack", Blackjack{}, 1, optima["blackjack"]},
		{"blackjackPlain", Blackjack{Plain: true}, 1, optima["blackjackPlain"]}, {"blackjackNatural", Blackjack{Natural: true}, 1, optima["blackjackNatural"]},
	} {
		m := must(c.m.MDP())
		for name, p := range planners(c.discount) {
			if name == "linear" && m.States >= 500 && (testing.Short() || c.name != "taxi") {
				continue // the time is states³
			}
			got, err := p.Fit(background, m)
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, name, err)
				continue
			}
			if v := m.Mean(got.V); math.Abs(v-c.want) > 1e-9 || got.Info.Status != ml.Converged {
				t.Errorf("%s, %s: %v, want %v; %v", c.name, name, v, c.want, got.Info)
			}
			// The policy itself must be worth what the values promise.
			if exact := must(PolicyEvaluation{Policy: got.Policy(), Discount: c.discount}.Fit(background, m)); math.Abs(m.Mean(exact.V)-c.want) > 1e-9 {
				t.Errorf("%s, %s: the policy is worth %v, want %v", c.name, name, m.Mean(exact.V), c.want)
			}
		}
	}
	taxi := must(ValueIteration{Discount: 1}.Fit(background, must(Taxi{}.MDP())))
	low, high := math.Inf(1), math.Inf(-1)
	for s, p := range must(Taxi{}.MDP()).Start {
		if p > 0 {
			low, high = min(low, taxi.V[s]), max(high, taxi.V[s])
		}
	}
	if math.Abs(low-optima["taxi min"]) > 1e-9 || math.Abs(high-optima["taxi max"]) > 1e-9 {
		t.Errorf("taxi: %v to %v", low, high)
	}
}

func TestFiniteHorizon(t *testing.T) {
	optima := golden.Load[toytext](t, "testdata/toytext.json").Optima
	for name, c := range map[string]tabled{"lake4 100": FrozenLake{}, "lake8 200": FrozenLake{Map: Lake8x8()}, "taxi mean": Taxi{}} {
		m := must(c.MDP())
		h := must(FiniteHorizon{}.Fit(background, m))
		if v := m.Mean(h.Values(m.MaxSteps)); math.Abs(v-optima[name]) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, v, optima[name])
		}
		var file bytes.Buffer
		if err := ml.Save(&file, h); err != nil {
			t.Fatal(err)
		}
		if again := must(ml.Load[*HorizonModel](&file)); !slices.Equal(again.V, h.V) || must(again.Act(0, 1000)) != must(h.Act(0, h.Steps)) {
			t.Error("the loaded model differs")
		}
	}
	if _, err := (FiniteHorizon{}).Fit(background, must(CliffWalking{}.MDP())); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

// Values of Sutton and Barto's examples, and of nn-and-rl.md 2.3.
func TestTextbookValues(t *testing.T) {
	grid := must(PolicyEvaluation{Discount: 1}.Fit(background, must(GridWorld{}.MDP())))
	golden.Close(t, grid.V, []float64{0, -14, -20, -22, -14, -18, -20, -20, -20, -20, -18, -14, -22, -20, -14, 0}, 0, 1e-9, "gridworld")
	walk := must(PolicyEvaluation{Discount: 1}.Fit(background, must(RandomWalk{}.MDP())))
	golden.Close(t, walk.V, []float64{1. / 6, 2. / 6, 3. / 6, 4. / 6, 5. / 6}, 0, 1e-12, "walk")
	long := must(PolicyEvaluation{Discount: 1}.Fit(background, must(RandomWalk{States: 19, Left: -1}.MDP())))
	for i, v := range long.V {
		if math.Abs(v-(float64(i)/10-0.9)) > 1e-12 {
			t.Errorf("walk of 19: V(%d) = %v", i, v)
		}
	}
	for name, p := range planners(1) {
		fair := must(p.Fit(background, must(Gambler{}.MDP())))
		for s, want := range map[int]float64{25: 0.16, 50: 0.4, 75: 0.64} {
			if math.Abs(fair.V[s]-want) > 1e-9 {
				t.Errorf("%s: gambler V(%d) = %v", name, s, fair.V[s])
			}
		}
		if math.Abs(fair.V[1]-0.002066) > 5e-7 || math.Abs(fair.V[99]-0.964333) > 5e-7 {
			t.Errorf("%s: gambler %v, %v", name, fair.V[1], fair.V[99])
		}
		poor := must(p.Fit(background, must(Gambler{Heads: 0.25}.MDP())))
		if math.Abs(poor.V[50]-0.25) > 1e-9 || math.Abs(poor.V[75]-0.4375) > 1e-9 {
			t.Errorf("%s: gambler at 0.25: %v, %v", name, poor.V[50], poor.V[75])
		}
	}
	// The cliff, walked with an exploration of 0.1: the best values taken greedily, and the best policy of the kind, which keeps away from the edge.
	optima := golden.Load[toytext](t, "testdata/toytext.json").Optima
	m := must(CliffWalking{}.MDP())
	eps := EpsilonGreedy{End: 0.1}
	// Equal up to rounding must be equal, or the ties are not shared.
	round := func(p *TableModel) *TableModel {
		for i, q := range p.Q {
			p.Q[i] = math.Round(q*1e9) / 1e9
		}
		return p
	}
	best := round(must(ValueIteration{Discount: 1}.Fit(background, m)))
	online := must(PolicyEvaluation{Policy: best.Explored(eps, 1), Discount: 1}.Fit(background, m))
	if math.Abs(m.Mean(online.V)-optima["cliff online"]) > 1e-9 || math.Abs(m.Mean(online.V)+50.80005) > 1e-5 {
		t.Errorf("cliff online: %v", m.Mean(online.V))
	}
	for range 20 {
		online = must(PolicyEvaluation{Policy: round(online).Explored(eps, 1), Discount: 1}.Fit(background, m))
	}
	if math.Abs(m.Mean(online.V)-optima["cliff soft"]) > 1e-9 || math.Abs(m.Mean(online.V)+20.70768) > 1e-5 {
		t.Errorf("cliff soft: %v", m.Mean(online.V))
	}
}

// The counts of the linear program's solution: leaving balances entering, and the value is the reward that they earn (strong duality).
func TestLinearProgramBalances(t *testing.T) {
	m := must(FrozenLake{}.MDP())
	got := must(LinearProgram{Discount: 0.9}.Fit(background, m))
	earned := 0.0
	balance := slices.Clone(m.Start)
	for s := range m.States {
		for a := range m.Actions {
			x := got.Visits[s*m.Actions+a]
			balance[s] -= x
			for _, o := range m.Of(s, a) {
				earned += x * o.P * o.Reward
				if !o.Terminated {
					balance[o.Next] += 0.9 * x * o.P
				}
			}
		}
	}
	golden.Close(t, balance, make([]float64, m.States), 0, 1e-12, "balance")
	if math.Abs(earned-m.Mean(got.V)) > 1e-12 {
		t.Errorf("earned %v, promised %v", earned, m.Mean(got.V))
	}
}

// The gain of a discounted problem's limit: (1-discount)·V tends to it. And by hand: a machine of two states.
func TestAverageReward(t *testing.T) {
	m := must(Autoscaler{MaxQueue: 8, MaxServers: 4, Load: []float64{1, 5}}.MDP())
	got := must(AverageReward{}.Fit(background, m))
	near := must(PolicyIteration{Discount: 0.9999}.Fit(background, m))
	if math.Abs(got.Gain-(1-0.9999)*near.V[0]) > 1e-2 || got.Info.Status != ml.Converged {
		t.Errorf("gain %v, limit %v; %v", got.Gain, (1-0.9999)*near.V[0], got.Info)
	}
	// Episodes that follow one another: every step of the walk on 1, the reward of an episode is 1 in half of them, and an episode takes 9 steps.
	walk := must(AverageReward{}.Fit(background, must(RandomWalk{}.MDP())))
	if math.Abs(walk.Gain-0.5/9) > 1e-10 {
		t.Errorf("walk: %v, want %v", walk.Gain, 0.5/9)
	}
}

func TestRewardsWithoutEnd(t *testing.T) {
	round := Tabulate(2, 1, func(s, _ int) []Outcome { return []Outcome{{P: 1, Next: 1 - s, Reward: -1}} })
	for name, p := range planners(1) {
		if name == "policy" || name == "linear" {
			if _, err := p.Fit(background, round); !errors.Is(err, ml.ErrData) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := (PolicyEvaluation{Discount: 1}).Fit(background, round); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
	// Going round without a reward is worth nothing, also when it is entered with one.
	quiet := Tabulate(3, 1, func(s, _ int) []Outcome {
		return [][]Outcome{{{P: 0.5, Next: 1, Reward: 4}, {P: 0.5, Next: 0, Reward: 2, Terminated: true}}, {{P: 1, Next: 2}}, {{P: 1, Next: 1}}}[s]
	})
	v := must(PolicyEvaluation{Discount: 1}.Fit(background, quiet))
	golden.Close(t, v.V, []float64{3, 0, 0}, 0, 1e-12, "quiet")
}

func TestLargeModelsAreSwept(t *testing.T) {
	// More states than are eliminated: a walk whose values are known, with a discount and without.
	const n = 1201
	m := must(RandomWalk{States: n}.MDP())
	wide := must(PolicyEvaluation{Discount: 0.9}.Fit(background, m))
	for s := 1; s < n-1; s++ {
		if d := wide.V[s] - 0.45*(wide.V[s-1]+wide.V[s+1]); math.Abs(d) > 1e-11 {
			t.Fatalf("state %d: off by %g", s, d)
		}
	}
	if r := must(Pricing{Stock: 40, Periods: 40}.MDP()); r.States > widestElimination {
		v := must(PolicyIteration{Discount: 1}.Fit(background, r))
		w := must(ValueIteration{Discount: 1}.Fit(background, r))
		golden.Close(t, v.V, w.V, 1e-9, 1e-9, "pricing")
	}
}

func TestPlannersRefuse(t *testing.T) {
	m := must(FrozenLake{}.MDP())
	for i, f := range []ml.Fitter[*MDP, *TableModel]{
		ValueIteration{Discount: 2}, ValueIteration{Discount: math.NaN()}, ValueIteration{MaxIter: -1}, ValueIteration{Tol: -1}, PolicyIteration{Discount: -1},
		ModifiedPolicyIteration{Sweeps: -1}, ModifiedPolicyIteration{Tol: math.NaN()}, PrioritizedValueIteration{MaxIter: -1}, LinearProgram{Discount: 3}, AverageReward{Tol: -1},
		PolicyEvaluation{Discount: 7}, PolicyEvaluation{Policy: []float64{1}}, PolicyEvaluation{Policy: make([]float64, 64)}, PolicyEvaluation{Policy: slices.Repeat([]float64{math.NaN()}, 64)},
	} {
		if _, err := f.Fit(background, m); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("case %d: %v", i, err)
		}
		if _, err := f.Fit(background, nil); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("case %d, no model: %v", i, err)
		}
	}
	cancelled, cancel := context.WithCancel(background)
	cancel()
	for name, p := range planners(0.99) {
		if _, err := p.Fit(cancelled, m); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		steps := 0
		stop := ml.WithProgress(background, func(p ml.Progress) error { steps = p.Step; return ml.Stop })
		if got := must(p.Fit(stop, m)); steps != 1 || got.Info.Status != ml.Stopped && got.Info.Status != ml.Converged {
			t.Errorf("%s: %d steps, %v", name, steps, got.Info)
		}
	}
	model := must(ValueIteration{}.Fit(background, m))
	if _, err := model.Act(16); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
	if _, err := model.Act(-1); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
}

// Jack's car rental (Sutton and Barto, example 4.2): a model of one's own, written as one would, against the values and the policy that
// internal/golden/rl_jack.py gets from dense arrays.
func TestJacksCarRental(t *testing.T) {
	if testing.Short() {
		t.Skip("two million outcomes")
	}
	const most = 20
	type change struct {
		p      [most + 1][most + 1]float64 // of n cars in the evening, of n in the morning
		rented [most + 1]float64
	}
	place := func(requests, returns float64) (c change) {
		for morning := range most + 1 {
			for asked, p := range poisson(requests) {
				out := min(asked, morning)
				c.rented[morning] += p * float64(out)
				for back, q := range poisson(returns) {
					c.p[morning][min(morning-out+back, most)] += p * q
				}
			}
		}
		return
	}
	one, two := place(3, 3), place(4, 2)
	m := Tabulate((most+1)*(most+1), 11, func(s, a int) []Outcome {
		first, second, moved := s/(most+1), s%(most+1), a-5
		if moved > first || -moved > second {
			return nil
		}
		first, second = min(first-moved, most), min(second+moved, most)
		r := 10*(one.rented[first]+two.rented[second]) - 2*math.Abs(float64(moved))
		var of []Outcome
		sum := 0.0
		for i, p := range one.p[first] {
			for j, q := range two.p[second] {
				if p*q > 1e-9 {
					of = append(of, Outcome{P: p * q, Next: i*(most+1) + j, Reward: r})
					sum += p * q
				}
			}
		}
		for i := range of {
			of[i].P /= sum
		}
		return of
	})
	want := golden.Load[struct {
		Values []float64
		Moved  []int
	}](t, "testdata/jack.json")
	got := must(ModifiedPolicyIteration{Discount: 0.9, Tol: 1e-6}.Fit(background, m))
	golden.Close(t, got.V, want.Values, 0, 1e-4, "values") // outcomes below 1e-9 are left out, the others scaled up
	for s, a := range got.Best {
		if a-5 != want.Moved[s] {
			t.Errorf("%d and %d cars: moves %d, want %d", s/(most+1), s%(most+1), a-5, want.Moved[s])
		}
	}
}

// The business models, by hand: with certain demand the best price clears the stock, and a queue's transitions keep the mean of a Poisson.
func TestBusinessModels(t *testing.T) {
	// One unit in one period: the price that maximises price·P(somebody comes) = price·(1 - exp(-demand)).
	p := Pricing{Stock: 1, Periods: 1}
	got := must(ValueIteration{Discount: 1}.Fit(background, must(p.MDP())))
	best := 0.0
	full := p.defaults()
	for i, price := range full.Prices {
		best = max(best, price*(1-math.Exp(-full.Demand[i])))
	}
	if math.Abs(got.V[0]-best) > 1e-9 {
		t.Errorf("one unit is worth %v, want %v", got.V[0], best)
	}
	// More stock and more time are worth more, the next unit less than the one before (Gallego and van Ryzin, theorem 1).
	v := must(ValueIteration{Discount: 1}.Fit(background, must(Pricing{}.MDP()))).V
	at := func(periods, stock int) float64 {
		if periods == 0 || stock == 0 {
			return 0
		}
		return v[(periods-1)*20+stock-1]
	}
	for periods := 1; periods <= 30; periods++ {
		for stock := 1; stock <= 20; stock++ {
			gain := at(periods, stock) - at(periods, stock-1)
			if gain < -1e-9 || at(periods, stock) < at(periods-1, stock)-1e-9 || stock < 20 && at(periods, stock+1)-at(periods, stock) > gain+1e-9 {
				t.Fatalf("value of %d units in %d periods", stock, periods)
			}
		}
	}
	// From an empty queue with no load that can change: the mean left over is that of a Poisson above the capacity.
	a := Autoscaler{Load: []float64{3}, MaxServers: 1, PerServer: 4, MaxQueue: 1000, WaitCost: 1, ServerCost: 1e-9}
	m := must(a.MDP())
	mean := 0.0
	for _, o := range m.Of(0, 1) {
		mean -= o.P * o.Reward
	}
	want, p0 := 0.0, math.Exp(-3)
	for k := 0; k < 60; k++ {
		want += p0 * max(float64(k-4), 0)
		p0 *= 3 / float64(k+1)
	}
	if math.Abs(mean-want) > 1e-8 {
		t.Errorf("%v wait, want %v", mean, want)
	}
	if level, waiting, servers := (Autoscaler{}).State((2*21+7)*8 + 3); level != 2 || waiting != 7 || servers != 4 {
		t.Error(level, waiting, servers)
	}
	if periods, stock := (Pricing{}).State(29*20 + 19); periods != 30 || stock != 20 {
		t.Error(periods, stock)
	}
}
