package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// budget counts the steps and episodes of a training, tells of it, and says when it is over.
type budget struct {
	ctx         context.Context
	track       ml.Tracker
	maxSteps    int
	maxEpisodes int     // 0: any
	perStep     float64 // the share of the training that a step is
	steps       int
	episodes    int
	next        int     // the count of steps at which to look up again
	sum         float64 // of the rewards of this episode
	ended       float64 // of the returns of the episodes that ended in this hundredth
	count       float64 // of them
	returns     []float64
	valid       float64 // minus the score of the last evaluation
	watched     bool    // there was one
	stopped     bool
	err         error
}

const defaultSteps = 100_000

// newBudget checks the limits: steps alone, episodes alone, or both.
func newBudget(ctx context.Context, where string, steps, episodes int) (*budget, error) {
	switch {
	case steps < 0:
		return nil, ml.BadConfig(where, "Steps", steps, ">= 1, or 0 for 100000, or for no limit if there is one of Episodes")
	case episodes < 0:
		return nil, ml.BadConfig(where, "Episodes", episodes, ">= 1, or 0 for no limit")
	case steps == 0 && episodes == 0:
		steps = defaultSteps
	case steps == 0:
		steps = math.MaxInt
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return &budget{ctx: ctx, track: ml.Track(ctx, "percent", 100), maxSteps: steps, maxEpisodes: episodes, perStep: 1 / float64(steps)}, nil
}

// progress is the share of the training that is done.
func (b *budget) progress() float64 {
	share := float64(b.steps) * b.perStep
	if b.maxEpisodes > 0 {
		share = max(share, float64(b.episodes)/float64(b.maxEpisodes))
	}
	return min(share, 1)
}

// more tells whether to go on. It looks up every thousand steps, at every hundredth, and at the end of episodes if they are counted.
func (b *budget) more() bool { return b.steps < b.next || b.lookUp() }

func (b *budget) lookUp() bool {
	if b.err != nil || b.stopped {
		return false
	}
	if b.err = ml.Done(b.ctx); b.err != nil {
		return false
	}
	for len(b.returns) < 100 && (float64(len(b.returns)+1) <= 100*b.progress() || b.steps >= b.maxSteps) {
		mean := 0.0
		switch {
		case b.count > 0:
			mean = b.ended / b.count
		case len(b.returns) > 0:
			mean = b.returns[len(b.returns)-1]
		}
		b.ended, b.count = 0, 0
		b.returns = append(b.returns, mean)
		if b.stopped, b.err = b.track.Step(len(b.returns), ml.Loss{Train: -mean, Valid: b.valid, Watched: b.watched}); b.stopped || b.err != nil {
			return false
		}
	}
	if b.steps >= b.maxSteps || b.maxEpisodes > 0 && b.episodes >= b.maxEpisodes {
		return false
	}
	b.next = min(b.steps+1024, b.maxSteps, max(b.steps+1, b.mark()))
	return true
}

// mark is the count of steps of the next hundredth.
func (b *budget) mark() int {
	if b.maxSteps == math.MaxInt {
		return math.MaxInt
	}
	return int(math.Ceil(float64(b.maxSteps) / 100 * float64(len(b.returns)+1)))
}

// done notes the end of an episode.
func (b *budget) done() {
	b.ended += b.sum
	b.count++
	b.sum = 0
	b.episodes++
	if b.maxEpisodes > 0 {
		b.next = 0
	}
}

// fail ends the training with an error.
func (b *budget) fail(err error) {
	if b.err == nil {
		b.err = err
	}
	b.next = 0
}

// info says how the training went.
func (b *budget) info() ml.Info {
	info := ml.Info{Status: ml.MaxIter, Iterations: b.steps}
	if b.stopped {
		info.Status = ml.Stopped
	}
	for _, r := range b.returns {
		info.Loss = append(info.Loss, -r)
	}
	return info
}
