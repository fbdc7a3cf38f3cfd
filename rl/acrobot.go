package rl

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

// Acrobot is Gymnasium's Acrobot-v1: two links hang from a joint; a torque of -1 (0), 0 (1) or 1 (2) on the joint between them has to swing the lower end above a line
// (Sutton, NIPS 1996). What is seen: cosine and sine of both angles, and both angular velocities. Every step costs 1, but for the one that reaches the line.
type Acrobot struct {
	NIPS        bool    // the equations of the paper of 1996; false: those of Sutton and Barto's book
	TorqueNoise float64 // a uniform number within so much of 0 is added to the torque
	MaxSteps    int     // episodes are truncated after so many steps. 0: 500
	NoTimeLimit bool    // episodes are never truncated
}

// Make makes the environment.
func (c Acrobot) Make() (Env[[]float32, int], error) {
	limit, err := limitOf("rl.Acrobot", c.MaxSteps, c.NoTimeLimit, 500)
	if err != nil {
		return nil, err
	}
	if !(c.TorqueNoise >= 0 && c.TorqueNoise <= 1e6) {
		return nil, ml.BadConfig("rl.Acrobot", "TorqueNoise", c.TorqueNoise, "0 to 1e6")
	}
	return &acrobot{config: c, episode: episode{limit: limit}}, nil
}

type acrobot struct {
	config Acrobot
	episode
	s      [4]float64 // both angles, both velocities
	rand   nprand.Rand
	obs    [6]float32
	height float64 // of the lower end above the joint
}

const acrobotSpeed1, acrobotSpeed2 = 4 * math.Pi, 9 * math.Pi

func (e *acrobot) Spec() Spec[[]float32, int] {
	hi := []float32{1, 1, 1, 1, acrobotSpeed1, acrobotSpeed2}
	return Spec[[]float32, int]{ID: "Acrobot-v1", Obs: Box{Lo: negated(hi), Hi: hi}, Act: Discrete{N: 3}, MaxSteps: e.limit, Threshold: -100}
}

func (e *acrobot) Reset(seed uint64) ([]float32, error) {
	e.rand.Seed(seed)
	for i := range e.s {
		e.s[i] = float64(float32(e.rand.Uniform(-0.1, 0.1)))
	}
	e.begin()
	return e.see(), nil
}

func (e *acrobot) see() []float32 {
	sin1, cos1 := sincos(e.s[0])
	sin2, cos2 := sincos(e.s[1])
	e.height = -cos1 - cosine(e.s[1]+e.s[0])
	e.obs = [6]float32{float32(cos1), float32(sin1), float32(cos2), float32(sin2), float32(e.s[2]), float32(e.s[3])}
	return e.obs[:]
}

// Step is one step of the classic Runge-Kutta method.
func (e *acrobot) Step(action int) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("rl.Acrobot.Step")
	}
	if uint(action) > 2 {
		return Step[[]float32]{}, BadAction("rl.Acrobot.Step", action, Discrete{N: 3})
	}
	torque := float64(action - 1)
	if noise := e.config.TorqueNoise; noise > 0 {
		torque += e.rand.Uniform(-noise, noise)
	}
	const dt = 0.2
	k1 := e.change(e.s, torque)
	k2 := e.change(onward(e.s, dt/2, k1), torque)
	k3 := e.change(onward(e.s, dt/2, k2), torque)
	k4 := e.change(onward(e.s, dt, k3), torque)
	for i := range e.s {
		e.s[i] += float64(dt / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i]))
	}
	e.s[0], e.s[1] = wrapped(e.s[0]), wrapped(e.s[1])
	e.s[2] = min(max(e.s[2], -acrobotSpeed1), acrobotSpeed1)
	e.s[3] = min(max(e.s[3], -acrobotSpeed2), acrobotSpeed2)
	obs := e.see()
	up := e.height > 1
	reward := -1.0
	if up {
		reward = 0
	}
	return Step[[]float32]{Obs: obs, Reward: reward, Terminated: up, Truncated: e.step(up)}, nil
}

func onward(s [4]float64, h float64, k [4]float64) [4]float64 {
	for i := range s {
		s[i] += float64(h * k[i])
	}
	return s
}

// wrapped brings an angle within [-π, π].
func wrapped(a float64) float64 {
	if math.Abs(a) > 100 { // no step leads there, but SetState may
		a = math.Mod(a, 2*math.Pi)
	}
	for a > math.Pi {
		a -= 2 * math.Pi
	}
	for a < -math.Pi {
		a += 2 * math.Pi
	}
	return a
}

// change is the derivative of the state: links of length and mass 1 with their centre in the middle and a moment of inertia of 1.
func (e *acrobot) change(s [4]float64, torque float64) [4]float64 {
	const g, weight = 9.8, 14.700000000000001 // the latter is 1.5 times the former, as doubles have it
	theta1, theta2, v1, v2 := s[0], s[1], s[2], s[3]
	sin2, cos2 := sincos(theta2)
	d1 := 0.25 + (1.25 + cos2) + 1 + 1
	d2 := (0.25 + float64(0.5*cos2)) + 1
	phi2 := 0.5 * g * cosine(theta1+theta2-math.Pi/2)
	phi1 := float64(float64(-0.5*float64(v2*v2))*sin2) - float64(float64(v2*v1)*sin2) + float64(weight*cosine(theta1-math.Pi/2)) + phi2
	var a2 float64
	rest := 1.25 - float64(d2*d2)/d1
	if e.config.NIPS {
		a2 = (torque + float64(d2/d1*phi1) - phi2) / rest
	} else {
		a2 = (torque + float64(d2/d1*phi1) - float64(float64(0.5*float64(v1*v1))*sin2) - phi2) / rest
	}
	a1 := -(float64(d2*a2) + phi1) / d1
	return [4]float64{v1, v2, a1, a2}
}

// State implements Stateful: both angles, both angular velocities.
func (e *acrobot) State() []float64 { return []float64{e.s[0], e.s[1], e.s[2], e.s[3]} }

// SetState implements Stateful.
func (e *acrobot) SetState(s []float64) error {
	if err := checkState("rl.Acrobot.SetState", s, 4); err != nil {
		return err
	}
	copy(e.s[:], s)
	e.begin()
	return nil
}
