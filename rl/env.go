package rl

import (
	"errors"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// Kinds of fault that only environments have, beside those of package ml. Test for them with errors.Is.
var (
	ErrAction = errors.New("invalid action")      // an action outside of the environment's space
	ErrDone   = errors.New("the episode is over") // Step before the first Reset, or after an episode ended
	ErrEnv    = errors.New("faulty environment")  // an environment breaks the contract of Env
)

// Env is one world that an agent acts in, and the only thing to write for a world of one's own. O is what the agent sees, A what it does: int for tables,
// []float32 for nets, a type of your own if its Space can flatten it.
//
// An Env is a single episode after the other: Reset starts one, Step goes on until the result says Terminated or Truncated. It is used by one goroutine at a time;
// learners that want several make several with a Maker. [Check] tells whether an Env keeps the contract:
//
//   - Reset(seed) and the actions decide everything that follows: equal seeds and actions, equal episodes. Whatever is random is drawn from that seed.
//   - Terminated says that the world has ended the episode, so nothing can follow. Truncated says that it was cut off (a time limit) and would have gone on: learners
//     go on to value what would have come. Both can be true.
//   - A slice that Reset or Step returns belongs to the Env and holds until its next call: the Env may write the next observation there and the caller copies what it
//     keeps. The caller does not write to it, and the Env does not keep what Step is given.
//   - An action outside of Spec().Act gives an error of kind [ErrAction] (see [BadAction]), Step on an episode that is over one of kind [ErrDone] (see [Over]);
//     neither changes the state.
type Env[O, A any] interface {
	Spec() Spec[O, A]
	Reset(seed uint64) (O, error)
	Step(action A) (Step[O], error)
}

// Step is what an action leads to.
type Step[O any] struct {
	Obs        O       // what the agent sees now
	Reward     float64 // of the action
	Terminated bool    // the world has ended the episode
	Truncated  bool    // the episode was cut off and would have gone on
}

// Done tells whether the episode is over, for whatever reason.
func (s Step[O]) Done() bool { return s.Terminated || s.Truncated }

// Spec describes an environment.
type Spec[O, A any] struct {
	ID        string   // the name, with a version: "CartPole-v1"
	Obs       Space[O] // what can be seen
	Act       Space[A] // what can be done
	MaxSteps  int      // the episode is truncated after so many steps; 0: never
	Threshold float64  // the mean return of an episode from which the task counts as solved; 0: none is stated
}

// Maker makes environments, each with a state of its own. It is what learners are fitted to: Fit may not change what it is given, and several environments run at
// once. The built-in environments are configs that are Makers: rl.CartPole{}.
type Maker[O, A any] interface {
	Make() (Env[O, A], error)
}

// MakerFunc is a Maker from a function.
type MakerFunc[O, A any] func() (Env[O, A], error)

// Make calls f.
func (f MakerFunc[O, A]) Make() (Env[O, A], error) { return f() }

// BadAction is the error of an action that is outside of the space: where is the method that found it ("mypkg.Lift.Step").
func BadAction(where string, action, space any) error {
	return &ml.Error{Where: where, Field: "action", Found: fmt.Sprint(action), Want: fmt.Sprint("one of ", space), Kind: ErrAction}
}

// Over is the error of a Step on an episode that is over, or before the first Reset.
func Over(where string) error {
	return &ml.Error{Where: where, Field: "episode", Found: "over", Want: "Reset before the next Step", Kind: ErrDone}
}
