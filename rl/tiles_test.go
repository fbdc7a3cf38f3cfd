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
)

// hill is the mountain car, as in Sutton and Barto's example 10.1: no time limit but one that keeps a bad policy from running for ever.
type hill struct{}

func (hill) Make() (Env[[]float32, int], error) { return &hillEnv{over: true}, nil }

type hillEnv struct {
	x, v  float64
	steps int
	over  bool
}

func (h *hillEnv) Spec() Spec[[]float32, int] {
	return Spec[[]float32, int]{ID: "Hill", Obs: Box{Lo: []float32{-1.2, -0.07}, Hi: []float32{0.5, 0.07}}, Act: Discrete{N: 3}, MaxSteps: 5000}
}

func (h *hillEnv) Reset(seed uint64) ([]float32, error) {
	*h = hillEnv{x: -0.6 + 0.2*float64(seed%1000)/1000}
	return []float32{float32(h.x), 0}, nil
}

func (h *hillEnv) Step(a int) (Step[[]float32], error) {
	if h.over {
		return Step[[]float32]{}, Over("hill.Step")
	}
	if a < 0 || a > 2 {
		return Step[[]float32]{}, BadAction("hill.Step", a, Discrete{N: 3})
	}
	h.steps++
	h.v = min(max(h.v+float64(0.001*float64(a-1))-float64(0.0025*math.Cos(3*h.x)), -0.07), 0.07)
	h.x = min(max(h.x+h.v, -1.2), 0.5)
	if h.x == -1.2 {
		h.v = 0
	}
	s := Step[[]float32]{Obs: []float32{float32(h.x), float32(h.v)}, Reward: -1, Terminated: h.x == 0.5}
	s.Truncated = !s.Terminated && h.steps == 5000
	h.over = s.Done()
	return s, nil
}

// Sutton and Barto, figures 10.2 and 12.10: from some hundreds of steps in the first episodes to about 120 after several hundred.
func TestMountainCarIsLearned(t *testing.T) {
	for _, c := range []LinearSARSA{
		{Discount: 1, LearningRate: 0.5, Explore: Greedy{}, Episodes: 500},
		{Discount: 1, Lambda: 0.9, LearningRate: 0.5, Explore: Greedy{}, Episodes: 200},
	} {
		got := must(c.Fit(background, hill{}))
		first, last := -got.Returns[0], -mean(got.Returns[90:])
		if first < 200 || last > 150 {
			t.Errorf("lambda %g: %.0f steps in the first episodes, %.0f in the last", c.Lambda, first, last)
		}
		t.Logf("lambda %g: %.0f steps in the first episodes, %.0f in the last", c.Lambda, first, last)
		scores := must(Evaluate(background, got, hill{}, Evaluation{Episodes: 20, Seed: 9}))
		if scores.Mean() < -160 {
			t.Errorf("lambda %g: the greedy policy gets %v", c.Lambda, scores)
		}
		var file bytes.Buffer
		if err := ml.Save(&file, got); err != nil {
			t.Fatal(err)
		}
		again := must(ml.Load[*LinearModel](&file))
		for _, obs := range [][]float32{{-0.5, 0}, {0.1, 0.03}, {-2, 9}} {
			a, b := make([]float64, 3), make([]float64, 3)
			if got.Values(a, obs) != nil || again.Values(b, obs) != nil || !slices.Equal(a, b) {
				t.Errorf("the loaded model values %v as %v, not %v", obs, b, a)
			}
		}
		if !reflect.DeepEqual(again.Config, got.Config) {
			t.Errorf("the loaded config is %v", again.Config)
		}
	}
}

// Tiles of a line by hand: 2 tilings of 4 tiles over [0, 1], the second shifted by half a tile.
func TestTilesByHand(t *testing.T) {
	c := must(Tiles{Tilings: 2, Bins: []int{4}}.over("", Box{Lo: []float32{0}, Hi: []float32{1}}, 1))
	for x, want := range map[float32][2]int{-3: {0, 5}, 0: {0, 5}, 0.12: {0, 5}, 0.13: {0, 6}, 0.3: {1, 6}, 0.49: {1, 7}, 0.99: {3, 9}, 1: {4, 9}, 7: {4, 9}} {
		got := make([]int, 2)
		c.code(got, []float32{x})
		if got != nil && [2]int(got) != want {
			t.Errorf("%g is in %v, want %v", x, got, want)
		}
	}
}

func TestLinearRefuses(t *testing.T) {
	for i, c := range []LinearSARSA{{Lambda: 2}, {Discount: 2}, {LearningRate: -1}, {Steps: -1}, {Episodes: -1}, {Tiles: Tiles{Tilings: -1}}, {Tiles: Tiles{Bins: []int{3}}}, {Tiles: Tiles{Bins: []int{1 << 20, 1 << 20}}},
		{Tiles: Tiles{Lo: []float32{0, 0}}}, {Tiles: Tiles{Lo: []float32{0, 0}, Hi: []float32{0, 1}}}, {Tiles: Tiles{Lo: []float32{0, 0}, Hi: []float32{float32(math.Inf(1)), 1}}}, {Explore: EpsilonGreedy{End: 3}}} {
		if _, err := c.Fit(background, hill{}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if _, err := (LinearSARSA{}).Fit(background, nil); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	cancelled, cancel := context.WithCancel(background)
	cancel()
	if _, err := (LinearSARSA{}).Fit(cancelled, hill{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for i, m := range []*LinearModel{{}, {Actions: 1 << 60, Tiles: Tiles{Tilings: 16}}, {Actions: 1, Tiles: Tiles{Lo: []float32{0}}}, {Actions: 2, Tiles: Tiles{Lo: []float32{0}, Hi: []float32{1}}, Weights: make([]float64, 3)}} {
		if err := m.Restore(); !errors.Is(err, ml.ErrFormat) {
			t.Errorf("model %d: %v", i, err)
		}
	}
	for i, m := range []interface{ Restore() error }{&TableModel{}, &TableModel{States: 1, Actions: 1}, &TableModel{States: 1, Actions: 1, V: []float64{0}, Best: []int{0}}, &TableModel{States: 1, Actions: 1, V: []float64{0}, Q: []float64{0}},
		&TableModel{States: 1, Actions: 1, V: []float64{0}, Q: []float64{0}, Best: []int{1}}, &TableModel{States: 1, Actions: 1, V: []float64{0}, Visits: []float64{}}, &HorizonModel{}, &HorizonModel{Steps: 1, States: 1, Actions: 1},
		&HorizonModel{Steps: 1, States: 1, Actions: 1, V: []float64{0, 0}, Best: []int{-1}}} {
		if err := m.Restore(); !errors.Is(err, ml.ErrFormat) {
			t.Errorf("table %d: %v", i, err)
		}
	}
	got := must(LinearSARSA{Steps: 1000}.Fit(background, hill{}))
	if _, err := got.Act([]float32{1}); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if _, err := got.Act([]float32{1, float32(math.NaN())}); !errors.Is(err, ml.ErrNotFinite) {
		t.Error(err)
	}
	if same := must(LinearSARSA{Steps: 1000}.Fit(background, hill{})); !slices.Equal(same.Weights, got.Weights) {
		t.Error("two fits differ")
	}
}
