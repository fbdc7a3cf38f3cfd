package rl

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

// Pendulum is Gymnasium's Pendulum-v1: swing a pendulum up and keep it there with a torque in [-2, 2]. What is seen: cosine and sine of its angle (0 is upright), and
// its angular velocity, at most 8. A step costs angle² + 0.1 velocity² + 0.001 torque², from before it; episodes end by their time limit alone.
type Pendulum struct {
	Gravity     float64 // 0: 10
	MaxSteps    int     // episodes are truncated after so many steps. 0: 200
	NoTimeLimit bool    // episodes are never truncated
}

// Make makes the environment.
func (c Pendulum) Make() (Env[[]float32, []float32], error) {
	limit, err := limitOf("rl.Pendulum", c.MaxSteps, c.NoTimeLimit, 200)
	if err != nil {
		return nil, err
	}
	if !(math.Abs(c.Gravity) <= 1e6) {
		return nil, ml.BadConfig("rl.Pendulum", "Gravity", c.Gravity, "within 1e6, or 0 for 10")
	}
	if c.Gravity == 0 {
		c.Gravity = 10
	}
	return &pendulum{gravity: c.Gravity, episode: episode{limit: limit}}, nil
}

type pendulum struct {
	gravity float64
	episode
	theta, thetaDot float64
	rand            nprand.Rand
	obs             [3]float32
}

const (
	pendulumSpeed  = 8.0
	pendulumTorque = 2
)

func (e *pendulum) Spec() Spec[[]float32, []float32] {
	hi := []float32{1, 1, pendulumSpeed}
	return Spec[[]float32, []float32]{ID: "Pendulum-v1", Obs: Box{Lo: negated(hi), Hi: hi}, Act: NewBox(-pendulumTorque, pendulumTorque, 1), MaxSteps: e.limit}
}

func (e *pendulum) Reset(seed uint64) ([]float32, error) {
	e.rand.Seed(seed)
	e.theta, e.thetaDot = e.rand.Uniform(-math.Pi, math.Pi), e.rand.Uniform(-1, 1)
	e.begin()
	return e.see(), nil
}

func (e *pendulum) see() []float32 {
	sin, cos := sincos(e.theta)
	e.obs = [3]float32{float32(cos), float32(sin), float32(e.thetaDot)}
	return e.obs[:]
}

// Step rounds what NumPy's promotion rules round: products of the torque, a float32, with plain numbers.
func (e *pendulum) Step(action []float32) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("rl.Pendulum.Step")
	}
	if len(action) != 1 || !(action[0] >= -pendulumTorque && action[0] <= pendulumTorque) {
		return Step[[]float32]{}, BadAction("rl.Pendulum.Step", action, NewBox(-pendulumTorque, pendulumTorque, 1))
	}
	const dt = 0.05
	u := action[0]
	angle := math.Mod(e.theta+math.Pi, 2*math.Pi)
	if angle < 0 {
		angle += 2 * math.Pi
	}
	angle -= math.Pi
	effort := float32(0.001) * float32(u*u)
	cost := float64(angle*angle) + float64(0.1*float64(e.thetaDot*e.thetaDot)) + float64(effort)
	turn := float64(3*e.gravity/2*sine(e.theta)) + float64(float32(3*u))
	e.thetaDot = min(max(e.thetaDot+float64(turn*dt), -pendulumSpeed), pendulumSpeed)
	e.theta += float64(e.thetaDot * dt)
	return Step[[]float32]{Obs: e.see(), Reward: -cost, Truncated: e.step(false)}, nil
}

// State implements Stateful: angle and angular velocity.
func (e *pendulum) State() []float64 { return []float64{e.theta, e.thetaDot} }

// SetState implements Stateful.
func (e *pendulum) SetState(s []float64) error {
	if err := checkState("rl.Pendulum.SetState", s, 2); err != nil {
		return err
	}
	e.theta, e.thetaDot = s[0], s[1]
	e.begin()
	return nil
}
