package rl

import "github.com/gopherwood-ml/ml/internal/nprand"

// MountainCar is Gymnasium's MountainCar-v0: a car in a valley, too weak to climb the hill on the right, has to swing (Moore, 1990). Push left (0), not at all (1) or
// right (2); what is seen is position and velocity. Every step costs 1 until the goal is reached.
type MountainCar struct {
	GoalVelocity float64 // the least velocity at the goal
	MaxSteps     int     // episodes are truncated after so many steps. 0: 200
	NoTimeLimit  bool    // episodes are never truncated
}

const (
	carLow, carHigh, carSpeed = -1.2, 0.6, 0.07
	carGoal                   = 0.5
)

// Make makes the environment.
func (c MountainCar) Make() (Env[[]float32, int], error) {
	limit, err := limitOf("rl.MountainCar", c.MaxSteps, c.NoTimeLimit, 200)
	if err != nil {
		return nil, err
	}
	return &mountainCar{config: c, episode: episode{limit: limit}}, nil
}

type mountainCar struct {
	config MountainCar
	episode
	x, v float64
	rand nprand.Rand
	obs  [2]float32
}

func carBox() Box { return Box{Lo: []float32{carLow, -carSpeed}, Hi: []float32{carHigh, carSpeed}} }

func (e *mountainCar) Spec() Spec[[]float32, int] {
	return Spec[[]float32, int]{ID: "MountainCar-v0", Obs: carBox(), Act: Discrete{N: 3}, MaxSteps: e.limit, Threshold: -110}
}

func (e *mountainCar) Reset(seed uint64) ([]float32, error) {
	e.rand.Seed(seed)
	e.x, e.v = e.rand.Uniform(-0.6, -0.4), 0
	e.begin()
	return e.see(), nil
}

func (e *mountainCar) see() []float32 {
	e.obs = [2]float32{float32(e.x), float32(e.v)}
	return e.obs[:]
}

func (e *mountainCar) Step(action int) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("rl.MountainCar.Step")
	}
	if uint(action) > 2 {
		return Step[[]float32]{}, BadAction("rl.MountainCar.Step", action, Discrete{N: 3})
	}
	e.v += float64(float64(action-1)*0.001) + float64(cosine(3*e.x)*-0.0025)
	e.v = within(e.v, -carSpeed, carSpeed)
	e.x = within(e.x+e.v, carLow, carHigh)
	if e.x == carLow && e.v < 0 {
		e.v = 0
	}
	there := e.x >= carGoal && e.v >= e.config.GoalVelocity
	return Step[[]float32]{Obs: e.see(), Reward: -1, Terminated: there, Truncated: e.step(there)}, nil
}

// State implements Stateful: position and velocity.
func (e *mountainCar) State() []float64 { return []float64{e.x, e.v} }

// SetState implements Stateful.
func (e *mountainCar) SetState(s []float64) error {
	if err := checkState("rl.MountainCar.SetState", s, 2); err != nil {
		return err
	}
	e.x, e.v = s[0], s[1]
	e.begin()
	return nil
}

// MountainCarContinuous is Gymnasium's MountainCarContinuous-v0: as [MountainCar], but the push is any number in [-1, 1]. The goal is nearer, reaching it gives 100, and
// every step costs 0.1 times the square of the push. Numbers are rounded to single precision after every step, as Gymnasium's are.
type MountainCarContinuous struct {
	GoalVelocity float64 // the least velocity at the goal
	MaxSteps     int     // episodes are truncated after so many steps. 0: 999
	NoTimeLimit  bool    // episodes are never truncated
}

// Make makes the environment.
func (c MountainCarContinuous) Make() (Env[[]float32, []float32], error) {
	limit, err := limitOf("rl.MountainCarContinuous", c.MaxSteps, c.NoTimeLimit, 999)
	if err != nil {
		return nil, err
	}
	return &mountainCarContinuous{config: c, episode: episode{limit: limit}}, nil
}

type mountainCarContinuous struct {
	config MountainCarContinuous
	episode
	start float64 // the position in double precision, until the first step
	first bool
	x, v  float32
	rand  nprand.Rand
	obs   [2]float32
}

func (e *mountainCarContinuous) Spec() Spec[[]float32, []float32] {
	return Spec[[]float32, []float32]{ID: "MountainCarContinuous-v0", Obs: carBox(), Act: NewBox(-1, 1, 1), MaxSteps: e.limit, Threshold: 90}
}

func (e *mountainCarContinuous) Reset(seed uint64) ([]float32, error) {
	e.rand.Seed(seed)
	e.start, e.first = e.rand.Uniform(-0.6, -0.4), true
	e.x, e.v = float32(e.start), 0
	e.begin()
	return e.see(), nil
}

func (e *mountainCarContinuous) see() []float32 {
	e.obs = [2]float32{e.x, e.v}
	return e.obs[:]
}

// Step rounds where NumPy's promotion rules round: a push that is a float32 keeps products in single precision. Pushes beyond [-1, 1] are refused, since the space
// says so; Gymnasium clips them and charges for all of them. Clip with ClipAction.
func (e *mountainCarContinuous) Step(action []float32) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("rl.MountainCarContinuous.Step")
	}
	if len(action) != 1 || !(action[0] >= -1 && action[0] <= 1) {
		return Step[[]float32]{}, BadAction("rl.MountainCarContinuous.Step", action, NewBox(-1, 1, 1))
	}
	push := action[0]
	const power = 0.0015
	at := float64(3 * e.x)
	if e.first {
		at = 3 * e.start
	}
	force := float32(push*float32(power)) - float32(0.0025*cosine(at))
	if e.first {
		v := within(float64(force), -carSpeed, carSpeed)
		x := within(e.start+v, carLow, carHigh)
		e.x, e.v, e.first = float32(x), float32(v), false
	} else {
		e.v = within(e.v+force, -carSpeed, carSpeed)
		e.x = within(e.x+e.v, carLow, carHigh)
	}
	if e.x == carLow && e.v < 0 {
		e.v = 0
	}
	there := e.x >= 0.45 && float64(e.v) >= e.config.GoalVelocity
	reward := 0.0
	if there {
		reward = 100
	}
	reward -= float64(float64(push) * float64(push) * 0.1)
	return Step[[]float32]{Obs: e.see(), Reward: reward, Terminated: there, Truncated: e.step(there)}, nil
}

// State implements Stateful: position and velocity.
func (e *mountainCarContinuous) State() []float64 {
	if e.first {
		return []float64{e.start, 0}
	}
	return []float64{float64(e.x), float64(e.v)}
}

// SetState implements Stateful.
func (e *mountainCarContinuous) SetState(s []float64) error {
	if err := checkState("rl.MountainCarContinuous.SetState", s, 2); err != nil {
		return err
	}
	e.x, e.v, e.first = float32(s[0]), float32(s[1]), false
	if s[1] == 0 && float64(e.x) != s[0] { // a state as Reset leaves it
		e.start, e.first = s[0], true
	}
	e.begin()
	return nil
}
