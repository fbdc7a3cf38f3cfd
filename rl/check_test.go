package rl

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// drift is a point on a line that noise pushes about; it leaves the line at 1 or -1, and the faults that a test wants can be switched on.
type drift struct {
	fault string
	r     *rand.Rand
	x     float64
	steps int
	over  bool
	obs   []float32
	kept  []float32
}

func (d *drift) Spec() Spec[[]float32, []float32] {
	s := Spec[[]float32, []float32]{ID: "drift", Obs: NewBox(-2, 2, 2), Act: NewBox(-1, 1, 1), MaxSteps: 60}
	switch d.fault {
	case "no space":
		s.Obs = nil
	case "bounds":
		s.Act = Box{Lo: []float32{1}, Hi: []float32{-1}}
	case "beyond the limit":
		s.MaxSteps = 30
	case "endless":
		s.MaxSteps = 0
	case "outside":
		s.Obs = NewBox(-0.5, 0.5, 2)
	case "one-sided":
		s.Act = NewBox(-1, 2, 1)
	}
	return s
}

func (d *drift) see() []float32 {
	if d.obs == nil {
		d.obs = make([]float32, 2)
	}
	if d.fault == "shared memory" && d.steps > 0 {
		d.x += float64(d.obs[1]) / 1000
	}
	d.obs[0], d.obs[1] = float32(d.x), float32(d.steps%60)/60
	if d.fault == "NaN" && d.steps == 7 {
		d.obs[0] = float32(math.NaN())
	}
	return d.obs
}

func (d *drift) Reset(seed uint64) ([]float32, error) {
	if d.fault == "unseeded" && d.r != nil {
		seed = d.r.Uint64()
	}
	if d.fault == "deaf" {
		seed = 0
	}
	d.r = rng.New(seed, 0)
	if d.fault != "left over" {
		d.x = 0
	}
	d.x += d.r.NormFloat64() / 10
	if d.fault == "left over" {
		d.x = min(max(d.x, -0.9), 0.9)
	}
	d.steps, d.over = 0, false
	return d.see(), nil
}

var shared float64 // state that two environments share, for the fault of that name

func (d *drift) Step(action []float32) (Step[[]float32], error) {
	if (d.over || d.r == nil) && d.fault != "after the end" {
		return Step[[]float32]{}, Over("drift.Step")
	}
	if d.r == nil {
		d.r = rng.New(0, 0)
	}
	space := NewBox(-1, 2, 1)
	if !space.Contains(action) {
		switch d.fault {
		case "takes all":
			action = []float32{0}
		case "moved by the invalid":
			d.x += 0.01
			return Step[[]float32]{}, BadAction("drift.Step", action, space)
		default:
			return Step[[]float32]{}, BadAction("drift.Step", action, space)
		}
	}
	push := float64(action[0])
	if d.fault == "kept action" {
		if d.kept != nil {
			push = float64(d.kept[0])
		}
		d.kept = action
	}
	if d.fault == "shared state" {
		shared += push
		push = shared
	}
	d.x += float64(push*0.05) + float64(d.r.NormFloat64()*0.05)
	d.steps++
	s := Step[[]float32]{Obs: d.see(), Reward: -d.x * d.x, Terminated: math.Abs(d.x) > 1, Truncated: d.steps >= 60}
	switch d.fault {
	case "endless":
		s.Terminated, s.Truncated = false, false
		d.x = min(max(d.x, -1), 1)
	case "infinite reward":
		s.Reward = math.Inf(1)
	case "dressed as terminated":
		s.Terminated, s.Truncated = d.steps == 40, false
		d.x = min(max(d.x, -1), 1)
	case "large":
		s.Reward *= 1e7
	}
	d.over = s.Done()
	return s, nil
}

func drifting(fault string) Maker[[]float32, []float32] {
	return MakerFunc[[]float32, []float32](func() (Env[[]float32, []float32], error) { return &drift{fault: fault}, nil })
}

func TestCheckFindsFaults(t *testing.T) {
	if r := Check(drifting("")); len(r.Faults) != 0 || len(r.Warnings) != 0 {
		t.Errorf("a sound environment: %+v", r)
	}
	for fault, want := range map[string]string{
		"no space":             "is missing",
		"bounds":               "bounds [1, -1]",
		"outside":              "is not in the space",
		"NaN":                  "is not in the space",
		"infinite reward":      "the reward is +Inf",
		"unseeded":             "an episode changes with",
		"left over":            "an episode changes with",
		"shared state":         "different episodes",
		"shared memory":        "an episode changes with",
		"kept action":          "an episode changes with",
		"takes all":            "not one of kind ErrAction",
		"moved by the invalid": "changes the state",
		"after the end":        "not one of kind ErrDone",
		"beyond the limit":     "goes on after MaxSteps",
	} {
		shared = 0
		r := Check(drifting(fault))
		if !strings.Contains(strings.Join(r.Faults, "\n"), want) {
			t.Errorf("%s: %+v", fault, r)
		}
		if err := r.Err(); !errors.Is(err, ErrEnv) {
			t.Errorf("%s: %v", fault, err)
		}
	}
	for fault, want := range map[string]string{
		"endless":               "no episode ended",
		"deaf":                  "the seed has no effect",
		"dressed as terminated": "should be Truncated",
		"large":                 "rewards beyond 1000",
		"one-sided":             "not symmetric",
	} {
		r := Check(drifting(fault))
		if len(r.Faults) != 0 && fault != "one-sided" || !strings.Contains(strings.Join(r.Warnings, "\n"), want) {
			t.Errorf("%s: %+v", fault, r)
		}
	}
}

// Every wrapper keeps the contract, and its time limit.
func TestWrappersAreSound(t *testing.T) {
	type vector = Maker[[]float32, []float32]
	base := drifting("")
	for name, m := range map[string]vector{
		"TimeLimit":     TimeLimit(base, 20),
		"FrameSkip":     FrameSkip(base, 4),
		"StickyActions": StickyActions(base, 0.25),
		"ClipReward":    ClipReward(base, -0.1, 0),
		"FrameStack":    FrameStack(base, 3),
		"TimeAware":     TimeAware(base),
		"ObsNoise":      ObsNoise(base, 0.1),
		"ActionNoise":   ActionNoise(base, 0.1),
		"ClipAction":    ClipAction(base),
		"RescaleAction": RescaleAction(base, -3, 3),
		"Record":        Record(base, func(*Episode[[]float32, []float32]) error { return nil }),
		"TransformObs":  TransformObs(base, NewBox(-4, 4, 1), func(dst, obs []float32) { dst[0] = obs[0] - obs[1] }),
		"a heap":        FrameStack(ObsNoise(TimeAware(RescaleAction(TimeLimit(base, 15), -1, 1)), 0.01), 2),
	} {
		if err := Check(m).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	codes := DiscretizeAction(base, 5)
	if err := Check(codes).Err(); err != nil {
		t.Error(err)
	}
	if err := Check(DiscretizeObs(codes, []float32{-1, 0}, []float32{1, 1}, []int{7, 3})).Err(); err != nil {
		t.Error(err)
	}
	masked := ActionMask(codes, func(dst []bool, obs []float32) {
		for i := range dst {
			dst[i] = i != 0 || obs[0] > 0
		}
	})
	if err := Check(masked).Err(); err != nil {
		t.Error(err)
	}
	// Running means are meant to remember, so only a standing normaliser keeps the contract.
	if err := Check(NormalizeObs(base, 5)).Err(); err == nil {
		t.Error("running means pass as episodes that depend on their seed alone")
	}
	if err := Check(NormalizeObsBy(base, NewNormalizer(2), 5)).Err(); err != nil {
		t.Error(err)
	}
}

func TestWrappersRefuse(t *testing.T) {
	base := drifting("")
	for name, m := range map[string]Maker[[]float32, []float32]{
		"TimeLimit":     TimeLimit(base, 0),
		"FrameSkip":     FrameSkip(base, 0),
		"StickyActions": StickyActions(base, 1),
		"ClipReward":    ClipReward(base, 1, 0),
		"FrameStack":    FrameStack(base, -1),
		"TimeAware":     TimeAware(drifting("endless")),
		"ObsNoise":      ObsNoise(base, math.NaN()),
		"ActionNoise":   ActionNoise(base, -1),
		"RescaleAction": RescaleAction(ClipAction(base), 1, -1),
		"NormalizeObs":  NormalizeObs(base, -1),
		"Reward":        NormalizeReward(base, 2),
	} {
		if _, err := m.Make(); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NormalizeObsBy(base, NewNormalizer(3), 0).Make(); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	for name, m := range map[string]Maker[[]float32, int]{
		"no bins":  DiscretizeAction(base),
		"zero":     DiscretizeAction(base, 0),
		"infinite": DiscretizeAction(NewBoundless(base), 3),
	} {
		if _, err := m.Make(); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := DiscretizeObs(base, []float32{0, 0}, []float32{0, 1}, []int{2, 2}).Make(); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

// NewBoundless is an environment with an action that has no bounds.
func NewBoundless(m Maker[[]float32, []float32]) Maker[[]float32, []float32] {
	inf := float32(math.Inf(1))
	return wrap(m, func(e Env[[]float32, []float32]) (Env[[]float32, []float32], error) {
		return &acting[[]float32, []float32, []float32]{within: e, space: NewBox(-inf, inf, 1), turn: func(a []float32) []float32 { return a }}, nil
	})
}

// What the wrappers make of numbers that a person can follow.
func TestWrappersByHand(t *testing.T) {
	run := func(m Maker[[]float32, []float32], actions ...float32) (obs [][]float32, rewards []float64) {
		t.Helper()
		e, err := m.Make()
		if err != nil {
			t.Fatal(err)
		}
		o, err := e.Reset(3)
		if err != nil {
			t.Fatal(err)
		}
		obs = append(obs, slices.Clone(o))
		for _, a := range actions {
			s, err := e.Step([]float32{a})
			if err != nil {
				t.Fatal(err)
			}
			obs, rewards = append(obs, slices.Clone(s.Obs)), append(rewards, s.Reward)
		}
		return obs, rewards
	}
	base := drifting("")
	plain, pay := run(base, 1, -1, 0.5, 0, 0, 1)

	stacked, _ := run(FrameStack(base, 2), 1, -1)
	if !slices.Equal(stacked[0], append(slices.Clone(plain[0]), plain[0]...)) || !slices.Equal(stacked[2], append(slices.Clone(plain[1]), plain[2]...)) {
		t.Errorf("stacked %v of %v", stacked, plain)
	}
	aware, _ := run(TimeAware(base), 1, -1)
	if aware[2][2] != float32(2)/60 {
		t.Errorf("aware of time: %v", aware)
	}
	skipped, sums := run(FrameSkip(base, 3), 1)
	straight, three := run(base, 1, 1, 1)
	if !slices.Equal(skipped[1], straight[3]) || sums[0] != three[0]+three[1]+three[2] {
		t.Errorf("skipped %v, %v of %v, %v", skipped, sums, straight, three)
	}
	scaled, _ := run(RescaleAction(base, 0, 10), 10, 0, 7.5, 5, 5, 10)
	if !slices.Equal(scaled[6], plain[6]) {
		t.Errorf("scaled %v, plain %v", scaled, plain)
	}
	clipped, _ := run(ClipAction(base), 99, -99, 0.5, 0, 0, 1e30)
	if !slices.Equal(clipped[6], plain[6]) {
		t.Errorf("clipped %v, plain %v", clipped, plain)
	}
	_, cut := run(ClipReward(base, -1e-3, 0), 1, -1, 0.5)
	for i, r := range cut {
		if r != max(pay[i], -1e-3) {
			t.Errorf("reward %g of %g", r, pay[i])
		}
	}
	// Sticky actions with p = 0 are those given; the draws are the wrapper's own, so the noise of the environment stays.
	free, _ := run(StickyActions(base, 0), 1, -1, 0.5, 0, 0, 1)
	if !slices.Equal(free[6], plain[6]) {
		t.Errorf("free %v, plain %v", free, plain)
	}

	// The running mean and variance against those of all numbers at once; they start with the weight of 1e-4 rows of mean 0 and variance 1.
	n := NewNormalizer(2)
	for _, o := range plain {
		n.Update(o)
	}
	for j := range 2 {
		total := 1e-4
		mu, second := 0.0, 1e-4
		for _, o := range plain {
			total++
			mu += float64(o[j])
			second += float64(o[j]) * float64(o[j])
		}
		mu /= total
		if v := second/total - mu*mu; math.Abs(mu-n.Mean[j]) > 1e-12 || math.Abs(v-n.Var[j]) > 1e-12 {
			t.Errorf("mean %g, variance %g, want %g, %g", n.Mean[j], n.Var[j], mu, v)
		}
	}
	normal, _ := run(NormalizeObs(base, 0), 1, -1, 0.5, 0, 0, 1)
	last := make([]float32, 2)
	n.Apply(last, plain[6], 0)
	if !slices.Equal(normal[6], last) {
		t.Errorf("normalised %v, want %v", normal[6], last)
	}
	_, by := run(NormalizeReward(base, 0.9), 1, -1, 0.5)
	one := NewNormalizer(1)
	sum := 0.0
	for i, r := range by {
		sum = sum*0.9 + pay[i]
		one.take(0, sum)
		one.Count++
		if want := pay[i] / math.Sqrt(one.Var[0]+1e-8); math.Abs(r-want) > 1e-12*math.Abs(want) {
			t.Errorf("reward %g, want %g", r, want)
		}
	}
	var buf strings.Builder
	if err := ml.Save(&buf, n); err != nil {
		t.Fatal(err)
	}
	again, err := ml.Load[*Normalizer](strings.NewReader(buf.String()))
	if err != nil || !slices.Equal(again.Mean, n.Mean) || !slices.Equal(again.Var, n.Var) || again.Count != n.Count {
		t.Errorf("loaded %+v, %v", again, err)
	}
}

func TestEpisodesAreRecordedAndReplayed(t *testing.T) {
	var got []*Episode[[]float32, []float32]
	var table strings.Builder
	line := EpisodeCSV[[]float32, []float32](&table)
	m := Record(drifting(""), func(e *Episode[[]float32, []float32]) error {
		got = append(got, e)
		return line(e)
	})
	e, _ := m.Make()
	r := rng.New(1, 0)
	for seed := range uint64(3) {
		if _, err := e.Reset(seed); err != nil {
			t.Fatal(err)
		}
		for i := 0; seed != 1 || i < 5; i++ {
			s, err := e.Step(NewBox(-1, 1, 1).Sample(r))
			if err != nil {
				t.Fatal(err)
			}
			if s.Done() {
				break
			}
		}
	}
	if len(got) != 3 || len(got[1].Actions) != 5 || got[1].Terminated || got[1].Truncated || !got[0].Terminated && !got[0].Truncated {
		t.Fatalf("%d episodes", len(got))
	}
	if lines := strings.Split(table.String(), "\n"); lines[0] != "seed,steps,return,end" || !strings.HasPrefix(lines[2], "1,5,-") || !strings.HasSuffix(lines[2], ",left") {
		t.Errorf("%q", lines)
	}
	for _, ep := range got {
		if err := Replay(drifting(""), ep); err != nil {
			t.Error(err)
		}
	}
	got[2].Rewards[3] += 1e-15
	if err := Replay(drifting(""), got[2]); !errors.Is(err, ErrEnv) || !strings.Contains(err.Error(), "step 4, reward") {
		t.Error(err)
	}
}

func TestScoresAreTheSameOnAnyNumberOfCores(t *testing.T) {
	policy := PolicyFunc[[]float32, []float32](func(obs []float32) ([]float32, error) {
		return []float32{min(max(-3*obs[0], -1), 1)}, nil
	})
	first, err := Evaluate(context.Background(), policy, drifting(""), Evaluation{Episodes: 40, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, procs := range []int{1, 2, 8} {
		defer setProcs(procs)()
		s, err := Evaluate(context.Background(), policy, drifting(""), Evaluation{Episodes: 40, Seed: 5})
		if err != nil || !slices.Equal(s.Returns, first.Returns) || !slices.Equal(s.Lengths, first.Lengths) {
			t.Errorf("%d cores: %v, %v", procs, s, err)
		}
	}
	random, err := Evaluate(context.Background(), PolicyFunc[[]float32, []float32](func([]float32) ([]float32, error) { return []float32{0}, nil }), drifting(""), Evaluation{Episodes: 40, Seed: 5})
	if err != nil || random.Mean() >= first.Mean() {
		t.Errorf("steered %v, left alone %v, %v", first, random, err)
	}
	if p := ProbabilityOfImprovement(first.Returns, random.Returns); p < 0.9 {
		t.Errorf("probability of improvement %g", p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Evaluate(ctx, policy, drifting(""), Evaluation{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	left, err := Evaluate(context.Background(), policy, drifting("endless"), Evaluation{Episodes: 3, MaxSteps: 10})
	if err != nil || left.Left != 3 || left.Lengths[0] != 10 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestIQM(t *testing.T) {
	// scipy.stats.trim_mean(v, 0.25)
	if got := IQM([]float64{9, 1, 2, 100, 4, 5, -50, 3, 7}); got != 4.2 {
		t.Errorf("%g", got)
	}
	if !math.IsNaN(IQM(nil)) {
		t.Error("none has a mean")
	}
}
