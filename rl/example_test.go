package rl_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml/rl"
)

// Thermostat keeps a room at 20 degrees while it loses heat; what it sees is the temperature, what it does is to heat (1) or not (0).
type Thermostat struct{}

func (Thermostat) Make() (rl.Env[[]float32, int], error) { return &thermostat{}, nil }

type thermostat struct {
	temp  float32
	steps int
	on    bool
}

func (t *thermostat) Spec() rl.Spec[[]float32, int] {
	return rl.Spec[[]float32, int]{ID: "Thermostat", Obs: rl.NewBox(0, 40, 1), Act: rl.Discrete{N: 2}, MaxSteps: 50}
}

func (t *thermostat) Reset(seed uint64) ([]float32, error) {
	t.temp, t.steps, t.on = 10+float32(seed%20), 0, true
	return []float32{t.temp}, nil
}

func (t *thermostat) Step(heat int) (rl.Step[[]float32], error) {
	if !t.on {
		return rl.Step[[]float32]{}, rl.Over("thermostat.Step")
	}
	if heat != 0 && heat != 1 {
		return rl.Step[[]float32]{}, rl.BadAction("thermostat.Step", heat, "0, 1")
	}
	t.temp += float32(heat) - (t.temp-8)/25
	t.steps++
	t.on = t.steps < 50
	off := float64(t.temp - 20)
	return rl.Step[[]float32]{Obs: []float32{t.temp}, Reward: -off * off, Truncated: !t.on}, nil
}

// An environment of one's own, held to the contract, and a rule that acts in it.
func Example() {
	if err := rl.Check(Thermostat{}).Err(); err != nil {
		fmt.Println(err)
		return
	}
	rule := rl.PolicyFunc[[]float32, int](func(obs []float32) (int, error) {
		if obs[0] < 20 {
			return 1, nil
		}
		return 0, nil
	})
	never := rl.PolicyFunc[[]float32, int](func([]float32) (int, error) { return 0, nil })
	for _, p := range []rl.PolicyFunc[[]float32, int]{rule, never} {
		scores, err := rl.Evaluate(context.Background(), p, Thermostat{}, rl.Evaluation{Episodes: 20})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("mean return %.0f\n", scores.Mean())
	}
	// Output:
	// mean return -128
	// mean return -3570
}

// Wrappers nest; here numbers become codes for a table, and episodes are short.
func ExampleDiscretizeObs() {
	m := rl.DiscretizeObs(rl.TimeLimit(Thermostat{}, 10), []float32{10}, []float32{30}, []int{20})
	env, err := m.Make()
	if err != nil {
		fmt.Println(err)
		return
	}
	code, _ := env.Reset(5)
	fmt.Println(code, "of", env.Spec().Obs, "within", env.Spec().MaxSteps, "steps")
	// Output: 5 of 0..19 within 10 steps
}
