package rl

import "github.com/gopherwood-ml/ml"

// Stateful is an environment whose state can be read and put back: for planning, tests and checkpoints. Wrappers have state of their own, so ask the environment
// itself: Ability[Stateful](env).
type Stateful interface {
	State() []float64               // a copy
	SetState(state []float64) error // begins an episode at a state; the generator goes on as it stands
}

// episode counts the steps of a built-in environment.
type episode struct {
	taken, limit int // limit 0: none
	on           bool
}

func (e *episode) begin() { e.taken, e.on = 0, true }

// step counts a step and tells whether the episode is truncated by it; terminated episodes are not.
func (e *episode) step(terminated bool) (truncated bool) {
	e.taken++
	truncated = e.taken == e.limit && !terminated
	e.on = !terminated && !truncated
	return truncated
}

// limitOf resolves the time limit of a config.
func limitOf(where string, steps int, none bool, usual int) (int, error) {
	switch {
	case steps < 0:
		return 0, ml.BadConfig(where, "MaxSteps", steps, ">= 1, or 0 for the usual limit")
	case none && steps > 0:
		return 0, ml.BadConfig(where, "NoTimeLimit", none, "false where MaxSteps is set")
	case none:
		return 0, nil
	case steps == 0:
		return usual, nil
	}
	return steps, nil
}
