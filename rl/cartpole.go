package rl

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

// CartPole is Gymnasium's CartPole-v1: push a cart left (0) or right (1) so that the pole on it stays upright (Barto, Sutton and Anderson, IEEE Transactions on Systems,
// Man, and Cybernetics 13, 1983). What is seen: position and velocity of the cart, angle and angular velocity of the pole. Every step gives the reward 1; an episode
// ends when the pole leans more than 12 degrees or the cart is more than 2.4 off the middle. CartPole-v0 has MaxSteps 200.
type CartPole struct {
	SuttonBartoReward bool // the reward is 0, and -1 for the step that ends the episode
	MaxSteps          int  // episodes are truncated after so many steps. 0: 500
	NoTimeLimit       bool // episodes are never truncated
}

// Make makes the environment.
func (c CartPole) Make() (Env[[]float32, int], error) {
	limit, err := limitOf("rl.CartPole", c.MaxSteps, c.NoTimeLimit, 500)
	if err != nil {
		return nil, err
	}
	return &cartPole{config: c, episode: episode{limit: limit}}, nil
}

type cartPole struct {
	config CartPole
	episode
	x, xDot, theta, thetaDot float64
	rand                     nprand.Rand
	obs                      [4]float32
}

const (
	cartPoleX     = 2.4
	cartPoleAngle = 0.20943951023931953 // 12 degrees as doubles have it; Go's exact constant arithmetic would give the next one
)

func (e *cartPole) Spec() Spec[[]float32, int] {
	inf := float32(math.Inf(1))
	hi := []float32{2 * cartPoleX, inf, 2 * cartPoleAngle, inf}
	return Spec[[]float32, int]{ID: "CartPole-v1", Obs: Box{Lo: negated(hi), Hi: hi}, Act: Discrete{N: 2}, MaxSteps: e.limit, Threshold: 475}
}

func negated(v []float32) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = -x
	}
	return out
}

func (e *cartPole) Reset(seed uint64) ([]float32, error) {
	e.rand.Seed(seed)
	e.x, e.xDot = e.rand.Uniform(-0.05, 0.05), e.rand.Uniform(-0.05, 0.05)
	e.theta, e.thetaDot = e.rand.Uniform(-0.05, 0.05), e.rand.Uniform(-0.05, 0.05)
	e.begin()
	return e.see(), nil
}

func (e *cartPole) see() []float32 {
	e.obs = [4]float32{float32(e.x), float32(e.xDot), float32(e.theta), float32(e.thetaDot)}
	return e.obs[:]
}

// Step is one step of explicit Euler: positions move by the velocities before it.
func (e *cartPole) Step(action int) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("rl.CartPole.Step")
	}
	if uint(action) > 1 {
		return Step[[]float32]{}, BadAction("rl.CartPole.Step", action, Discrete{N: 2})
	}
	const gravity, pole, total, half, tau = 9.8, 0.1, 1.1, 0.5, 0.02
	force := 10.0
	if action == 0 {
		force = -10
	}
	sin, cos := sincos(e.theta)
	push := (force + float64(float64(pole*half*(e.thetaDot*e.thetaDot))*sin)) / total
	angular := (float64(gravity*sin) - float64(cos*push)) / (half * (4.0/3.0 - float64(pole*float64(cos*cos))/total))
	linear := push - float64(float64(pole*half*angular)*cos)/total
	e.x += float64(tau * e.xDot)
	e.xDot += float64(tau * linear)
	e.theta += float64(tau * e.thetaDot)
	e.thetaDot += float64(tau * angular)
	fallen := !(e.x >= -cartPoleX && e.x <= cartPoleX && e.theta >= -cartPoleAngle && e.theta <= cartPoleAngle)
	reward := 1.0
	if e.config.SuttonBartoReward {
		reward = 0
		if fallen {
			reward = -1
		}
	}
	return Step[[]float32]{Obs: e.see(), Reward: reward, Terminated: fallen, Truncated: e.step(fallen)}, nil
}

// State implements Stateful: position, velocity, angle, angular velocity.
func (e *cartPole) State() []float64 { return []float64{e.x, e.xDot, e.theta, e.thetaDot} }

// SetState implements Stateful.
func (e *cartPole) SetState(s []float64) error {
	if err := checkState("rl.CartPole.SetState", s, 4); err != nil {
		return err
	}
	e.x, e.xDot, e.theta, e.thetaDot = s[0], s[1], s[2], s[3]
	e.begin()
	return nil
}

// checkState makes sure that a state has the right length and is finite.
func checkState(where string, s []float64, n int) error {
	if len(s) != n {
		return ml.BadShape(where, "state", fmt.Sprintf("%d numbers", len(s)), fmt.Sprint(n))
	}
	for i, v := range s {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("state[%d]", i), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
	}
	return nil
}
