package rl

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Tiles turns numbers into features for linear methods: Tilings grids of tiles lie over the box, each shifted against the others, and a point is in one tile of each (tile
// coding; Albus (1975); Sutton and Barto, "Reinforcement Learning", second edition, section 9.5.4). Points that are near share most of their tiles. The shifts go by the
// odd numbers 1, 3, 5, ... along the axes, in units of a tile's width over Tilings.
type Tiles struct {
	Tilings int       // 0: 8; a power of two that is at least 4 times the count of numbers is best
	Bins    []int     // tiles along each number's axis. nil: 8 along each
	Lo, Hi  []float32 // the box; what is outside counts as on its edge. nil: the bounds of the environment, which must be finite
}

// coder is Tiles for a given width.
type coder struct {
	Tiles
	scale  []float64 // tiles in a unit
	stride []int     // of each axis within a tiling
	size   int       // tiles of a tiling
}

// maxTiles bounds the weights, maxActions the actions.
const (
	maxTiles   = 1 << 26
	maxActions = 1 << 20
)

// over completes tiles for a box.
func (c Tiles) over(where string, box Box, actions int) (*coder, error) {
	if c.Lo == nil && c.Hi == nil {
		c.Lo, c.Hi = box.Lo, box.Hi
	}
	n := len(box.Lo)
	setDefault(&c.Tilings, 8)
	if c.Bins == nil {
		c.Bins = slices.Repeat([]int{8}, n)
	}
	switch {
	case c.Tilings < 1 || c.Tilings > 1<<16:
		return nil, ml.BadConfig(where, "Tiles.Tilings", c.Tilings, "1..65536, or 0 for 8")
	case len(c.Bins) != n:
		return nil, ml.BadConfig(where, "Tiles.Bins", fmt.Sprintf("%d counts", len(c.Bins)), fmt.Sprintf("%d, one for each number", n))
	case len(c.Lo) != n || len(c.Hi) != n:
		return nil, ml.BadConfig(where, "Tiles.Lo, Tiles.Hi", fmt.Sprintf("%d and %d bounds", len(c.Lo), len(c.Hi)), fmt.Sprintf("%d, one for each number", n))
	}
	t := &coder{size: 1, stride: make([]int, n), scale: make([]float64, n)}
	for i, bins := range c.Bins {
		lo, hi := float64(c.Lo[i]), float64(c.Hi[i])
		if !(hi > lo && hi-lo <= math.MaxFloat32) {
			return nil, ml.BadConfig(where, "Tiles.Lo, Tiles.Hi", fmt.Sprintf("[%g, %g] for number %d", lo, hi, i), "finite bounds, the lower below the upper")
		}
		if bins < 1 || bins > maxTiles || t.size > maxTiles/(bins+1)/c.Tilings/actions {
			return nil, ml.BadConfig(where, "Tiles.Bins", c.Bins, fmt.Sprintf(">= 1, and with Tilings and actions at most %d in all", maxTiles))
		}
		t.stride[i] = t.size
		t.size *= bins + 1 // a shifted grid needs one more to cover the box
		t.scale[i] = float64(bins) / (hi - lo)
	}
	c.Bins, c.Lo, c.Hi = slices.Clone(c.Bins), slices.Clone(c.Lo), slices.Clone(c.Hi)
	t.Tiles = c
	return t, nil
}

// code writes the tile of each tiling that x is in, the index counting through all tilings.
func (t *coder) code(dst []int, x []float32) {
	for k := range dst {
		dst[k] = k * t.size
	}
	for i, v := range x {
		at := float64((float64(min(max(v, t.Lo[i]), t.Hi[i])) - float64(t.Lo[i])) * t.scale[i])
		for k := range dst {
			shift := float64(k*(2*i+1)%t.Tilings) / float64(t.Tilings)
			dst[k] += min(int(at+shift), t.Bins[i]) * t.stride[i]
		}
	}
}

// LinearSARSA is semi-gradient [SARSA] for observations that are numbers: the value of an action is a sum of weights, one for each tile that the observation is in
// (Sutton and Barto, "Reinforcement Learning", second edition, sections 10.1 and 12.7 for Lambda, with replacing traces). Actions must be codes 0..N-1.
//
// What is random: as in [QLearning]. A step costs tilings times actions, and the traces above 1e-8.
type LinearSARSA struct {
	Tiles        Tiles       // the features. Zero: 8 tilings of 8 tiles along each number
	Lambda       float64     // how slowly traces fall, in [0, 1]. 0: no traces
	LearningRate float64     // how far a value moves towards what was seen, in (0, 2]; each of its weights moves that over Tilings. 0: 0.5
	Discount     float64     // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	Initial      float64     // all values to begin with
	Explore      Exploration // how actions are chosen. nil: EpsilonGreedy{}
	Steps        int         // of training. 0: 100000, or no limit if there is one of Episodes
	Episodes     int         // of training. 0: no limit
	Seed         uint64
}

var (
	_ ml.Fitter[Maker[[]float32, int], *LinearModel] = LinearSARSA{}
	_ Policy[[]float32, int]                         = (*LinearModel)(nil)
)

// LinearModel is the model of LinearSARSA: the policy that is best by its values.
type LinearModel struct {
	ml.Fitted
	Tiles   Tiles     // completed
	Actions int       // codes 0..Actions-1
	Weights []float64 // Actions x tiles, row-major
	Returns []float64 // as in TableModel

	coder *coder
}

// Restore makes the model ready after loading.
func (m *LinearModel) Restore() error {
	box := Box{Lo: m.Tiles.Lo, Hi: m.Tiles.Hi}
	c, err := m.Tiles.over("rl.LinearModel", box, max(m.Actions, 1))
	if err != nil || m.Actions < 1 || m.Actions > maxActions || len(box.Lo) == 0 || len(m.Weights) != m.Actions*c.Tilings*c.size {
		return &ml.Error{Where: "rl.LinearModel", Field: "Weights", Found: fmt.Sprintf("%d weights for %d actions", len(m.Weights), m.Actions), Want: "one for each tile and action", Kind: ml.ErrFormat, Cause: err}
	}
	m.coder = c
	return nil
}

// Values writes the value of each action; len(dst) is Actions.
func (m *LinearModel) Values(dst []float64, obs []float32) error {
	if len(obs) != len(m.coder.Lo) || len(dst) != m.Actions {
		return ml.BadShape("rl.LinearModel.Values", "obs, dst", fmt.Sprintf("%d numbers, %d places", len(obs), len(dst)), fmt.Sprintf("%d, %d", len(m.coder.Lo), m.Actions))
	}
	if i := slices.IndexFunc(obs, isNaN); i >= 0 {
		return &ml.Error{Where: "rl.LinearModel.Values", Field: fmt.Sprintf("obs[%d]", i), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
	}
	tiles := make([]int, m.coder.Tilings)
	m.coder.code(tiles, obs)
	m.coder.values(dst, m.Weights, tiles)
	return nil
}

func isNaN(v float32) bool { return v != v }

func (t *coder) values(dst, weights []float64, tiles []int) {
	for a := range dst {
		w := weights[a*t.Tilings*t.size:]
		dst[a] = 0
		for _, i := range tiles {
			dst[a] += w[i]
		}
	}
}

// Act gives the best action.
func (m *LinearModel) Act(obs []float32) (int, error) {
	q := make([]float64, m.Actions)
	if err := m.Values(q, obs); err != nil {
		return 0, err
	}
	return argmax(q), nil
}

// Fit returns the weights. Info is as after QLearning.
func (c LinearSARSA) Fit(ctx context.Context, m Maker[[]float32, int]) (*LinearModel, error) {
	const where = "rl.LinearSARSA.Fit"
	l := learning{rate: c.LearningRate, discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
	setDefault(&l.rate, 0.5)
	if err := l.complete(where); err != nil {
		return nil, err
	}
	if !(c.Lambda >= 0 && c.Lambda <= 1) {
		return nil, ml.BadConfig(where, "Lambda", c.Lambda, "0..1")
	}
	b, err := newBudget(ctx, where, c.Steps, c.Episodes)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, ml.BadConfig(where, "Maker", m, "an environment")
	}
	env, err := m.Make()
	if err != nil {
		return nil, err
	}
	box, isBox := env.Spec().Obs.(Box)
	act, isCodes := env.Spec().Act.(Discrete)
	if !isBox || !isCodes || act.Start != 0 || act.N < 1 || act.N > maxActions || len(box.Lo) == 0 || len(box.Lo) != len(box.Hi) {
		return nil, &ml.Error{Where: where, Field: "Spec", Found: fmt.Sprintf("%v and %v", env.Spec().Obs, env.Spec().Act), Want: "a Box of observations, and actions 0..N-1 (Discrete)", Kind: ErrEnv}
	}
	tiles, err := c.Tiles.over(where, box, act.N)
	if err != nil {
		return nil, err
	}
	width := tiles.Tilings * tiles.size
	w := slices.Repeat([]float64{c.Initial / float64(tiles.Tilings)}, act.N*width)
	e := newTraces(len(w), l.discount*c.Lambda)
	r := rng.New(c.Seed, 0)
	now, next := make([]int, tiles.Tilings), make([]int, tiles.Tilings)
	q := make([]float64, act.N)
	over, a := true, 0
	// see codes an observation and chooses an action for it.
	see := func(dst []int, obs []float32) int {
		if len(obs) != len(box.Lo) || slices.ContainsFunc(obs, isNaN) {
			b.fail(&ml.Error{Where: where, Field: "the observation", Found: fmt.Sprint(obs), Want: fmt.Sprint(box), Kind: ErrEnv})
			return 0
		}
		tiles.code(dst, obs)
		tiles.values(q, w, dst)
		choice := l.explore.Choose(q, b.progress(), r)
		if uint(choice) >= uint(act.N) {
			b.fail(ml.BadConfig(where, "Explore", choice, fmt.Sprintf("a choice of 0..%d", act.N-1)))
			return 0
		}
		return choice
	}
	for b.more() {
		if over {
			obs, err := env.Reset(rng.Key(c.Seed, 1, uint64(b.episodes)))
			if err != nil {
				b.fail(err)
				continue
			}
			e.forget()
			b.sum, over = 0, false
			a = see(now, obs)
		}
		step, err := env.Step(a)
		b.steps++
		if err == nil && !(math.Abs(step.Reward) <= math.MaxFloat64) {
			err = &ml.Error{Where: where, Field: "the reward", Found: fmt.Sprint(step.Reward), Want: "a finite number", Kind: ErrEnv}
		}
		if err != nil {
			b.fail(err)
			continue
		}
		b.sum += step.Reward
		target, then := step.Reward, 0
		mine := w[a*width : (a+1)*width]
		value := 0.0
		for _, i := range now {
			value += mine[i]
		}
		if !step.Terminated {
			then = see(next, step.Obs)
			target += float64(l.discount * q[then])
		}
		for _, i := range now {
			for other := range act.N {
				e.set(other*width+i, 0)
			}
			e.set(a*width+i, 1)
		}
		e.learn(w, float64(l.rate/float64(tiles.Tilings)*(target-value)))
		now, next, a = next, now, then
		if over = step.Done(); over {
			b.done()
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	for _, v := range w {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return nil, &ml.Error{Where: where, Field: "the weights", Found: "not finite", Want: "a smaller LearningRate, or a Discount below 1", Kind: ml.ErrNotFinite}
		}
	}
	c.LearningRate, c.Discount, c.Explore, c.Tiles = l.rate, l.discount, l.explore, tiles.Tiles
	out := &LinearModel{Tiles: tiles.Tiles, Actions: act.N, Weights: w, Returns: b.returns, coder: tiles}
	out.Config, out.Info = c, b.info()
	return out, nil
}
