package nn

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// RateCurve is what FindRate saw.
type RateCurve struct {
	Rates    []float64
	Losses   []float64 // smoothed
	Steepest float64   // the rate at which the loss fell fastest
	Valley   float64   // the middle of the longest fall, a third of the way down from its end: a safe choice
}

// FindRate trains with a learning rate that grows from 1e-7 to 10 step by step, until the loss is four times the lowest, and suggests one
// (Smith, WACV 2017; the valley is fastai's). The net is left as it was. steps 0 is 100.
func FindRate(ctx context.Context, net *Net, cfg Training, train *Loader, steps int) (*RateCurve, error) {
	const where = "nn.FindRate"
	if cfg.Loss == nil || train == nil {
		return nil, ml.BadConfig(where, "Loss and train", "nil", "a loss and a loader")
	}
	if err := train.check(); err != nil {
		return nil, err
	}
	steps = orInt(steps, 100)
	const low, high = 1e-7, 10.
	cfg.Schedule = nil
	t, err := NewTrainer(net, cfg)
	if err != nil {
		return nil, err
	}
	e := net.engine
	w, s := e.New(net.weights.Len()), e.New(net.states.Len())
	e.Copy(w, net.weights)
	e.Copy(s, net.states)
	defer func() {
		e.Copy(net.weights, w)
		e.Copy(net.states, s)
	}()
	curve := &RateCurve{}
	smooth, best := 0.0, math.Inf(1)
	for epoch := 0; len(curve.Rates) < steps; epoch++ {
		for b, err := range train.Epoch(epoch) {
			if err == nil {
				err = ml.Done(ctx)
			}
			if err != nil {
				return nil, err
			}
			k := len(curve.Rates)
			lr := low * math.Pow(high/low, float64(k)/float64(max(steps-1, 1)))
			t.scale = lr / t.cfg.Optimizer.Rate()
			loss, err := t.Step(b.X, b.Y, b.Weight...)
			if err != nil { // it grew beyond numbers: the end
				return curve.judge()
			}
			smooth = .98*smooth + .02*loss
			now := smooth / (1 - math.Pow(.98, float64(k+1)))
			curve.Rates, curve.Losses = append(curve.Rates, lr), append(curve.Losses, now)
			best = min(best, now)
			if now > 4*best && k > 0 || len(curve.Rates) == steps {
				return curve.judge()
			}
		}
	}
	return curve.judge()
}

// judge finds the steepest and the longest fall.
func (c *RateCurve) judge() (*RateCurve, error) {
	n := len(c.Losses)
	if n < 4 {
		return nil, &ml.Error{Where: "nn.FindRate", Field: "the loss", Found: "not finite within four steps", Want: "finite data", Kind: ml.ErrNotFinite}
	}
	slope, wide := 0.0, max(n/20, 1)
	for i := n/10 + wide; i < n-wide; i++ { // the first means are of few batches
		if d := c.Losses[i+wide] - c.Losses[i-wide]; d < slope {
			slope, c.Steepest = d, c.Rates[i]
		}
	}
	from, to := 0, 0
	for i, start := 1, 0; i < n; i++ {
		if c.Losses[i] >= c.Losses[i-1] {
			start = i
			continue
		}
		if i-start > to-from {
			from, to = start, i
		}
	}
	c.Valley = c.Rates[from+(to-from)*2/3]
	if c.Steepest == 0 {
		c.Steepest = c.Valley
	}
	return c, nil
}
