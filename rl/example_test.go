package rl_test

import (
	"bytes"
	"context"
	"fmt"
	"image/gif"

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

// Sixteen poles are pushed at once, by a rule that looks at each; episodes that end are followed by the next.
func ExampleVecEnv() {
	envs, err := rl.Vec(rl.CartPole{}, rl.Vectors{N: 16})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, actions, seeds := rl.NewBatch(envs.Len(), envs.Width()), make([]int, envs.Len()), make([]uint64, envs.Len())
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	if err := envs.Reset(seeds, batch); err != nil {
		fmt.Println(err)
		return
	}
	whole := 0
	for range 1000 {
		for i := range actions {
			state := batch.Obs[4*i : 4*i+4]
			actions[i] = 0
			if state[2]+0.3*state[3]+0.05*state[1] > 0 {
				actions[i] = 1
			}
		}
		if err := envs.Step(actions, batch); err != nil {
			fmt.Println(err)
			return
		}
		for i := range actions {
			if batch.Truncated[i] { // it stood to the end
				whole++
			}
		}
	}
	fmt.Println(whole, "episodes of 500 steps without a fall")
	// Output: 32 episodes of 500 steps without a fall
}

// A film of an episode; to a file, it is an animated GIF.
func ExampleWriteGIF() {
	rule := rl.PolicyFunc[[]float32, int](func(obs []float32) (int, error) {
		if obs[2]+0.3*obs[3] > 0 {
			return 1, nil
		}
		return 0, nil
	})
	var film bytes.Buffer
	if err := rl.WriteGIF(&film, rl.CartPole{}, rule, rl.Film{Steps: 100, Every: 2}); err != nil {
		fmt.Println(err)
		return
	}
	pictures, err := gif.DecodeAll(&film)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(pictures.Image), "pictures of", pictures.Config.Width, "by", pictures.Config.Height)
	// Output: 51 pictures of 300 by 180
}
