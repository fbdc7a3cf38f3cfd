// Customenv writes an environment in thirty lines, lets rl.Check hold it to the contract, and lets Q-learning find a policy for it, which is compared with the rule that
// one would write by hand: a thermostat whose heater is dear by day and cheap by night, so that it pays to heat before dawn.
//
//	go run ./examples/customenv
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml/rl"
)

// thermostat sees the temperature and the hour; it heats (1) or does not (0).
type thermostat struct {
	temp, hour float32
	steps      int
	on         bool
}

func (t *thermostat) Spec() rl.Spec[[]float32, int] {
	return rl.Spec[[]float32, int]{ID: "Thermostat", Obs: rl.Box{Lo: []float32{0, 0}, Hi: []float32{40, 24}}, Act: rl.Discrete{N: 2}, MaxSteps: 96}
}

func (t *thermostat) Reset(seed uint64) ([]float32, error) {
	*t = thermostat{temp: 14 + float32(seed%9), hour: float32(seed / 9 % 24), on: true}
	return []float32{t.temp, t.hour}, nil
}

func (t *thermostat) Step(heat int) (rl.Step[[]float32], error) {
	if !t.on {
		return rl.Step[[]float32]{}, rl.Over("thermostat.Step")
	}
	if heat != 0 && heat != 1 {
		return rl.Step[[]float32]{}, rl.BadAction("thermostat.Step", heat, rl.Discrete{N: 2})
	}
	price := 0.5 // of half an hour's heat, by night
	if t.hour >= 6 && t.hour < 22 {
		price = 2
	}
	t.temp += 1.2*float32(heat) - (t.temp-8)/25
	t.hour, t.steps = float32(int(2*t.hour+1)%48)/2, t.steps+1
	t.on = t.steps < 96
	cold := max(0, 19-float64(t.temp)) // degrees below what is comfortable
	return rl.Step[[]float32]{Obs: []float32{t.temp, t.hour}, Reward: -price*float64(heat) - cold*cold, Truncated: !t.on}, nil
}

func main() {
	if err := run(context.Background(), os.Stdout, 20_000_000); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, steps int) error {
	room := rl.MakerFunc[[]float32, int](func() (rl.Env[[]float32, int], error) { return &thermostat{}, nil })
	report := rl.Check(room)
	if err := report.Err(); err != nil {
		return err
	}
	// A table wants codes: eighths of a degree from 16 to 24, and half hours.
	coded := rl.DiscretizeObs(room, []float32{16, 0}, []float32{24, 24}, []int{64, 48})
	learned, err := rl.QLearning{Steps: steps, LearningRate: 0.5, Decay: 0.2, Explore: rl.EpsilonGreedy{Start: 1, End: 0.1, Fall: 0.8}}.Fit(ctx, coded)
	if err != nil {
		return err
	}
	rule := rl.PolicyFunc[[]float32, int](func(obs []float32) (int, error) {
		if obs[0] < 19.3 {
			return 1, nil
		}
		return 0, nil
	})
	try := rl.Evaluation{Episodes: 1000, Seed: 1}
	byRule, err := rl.Evaluate(ctx, rule, room, try)
	if err != nil {
		return err
	}
	byTable, err := rl.Evaluate(ctx, learned, coded, try)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "two days by the rule:    %v\ntwo days by the table:   %v\n", byRule, byTable)
	fmt.Fprintf(w, "on the same days the table is better in %.0f %% of the cases\n", 100*better(byTable.Returns, byRule.Returns))
	return nil
}

// better is the share of episodes in which a exceeds b.
func better(a, b []float64) float64 {
	wins := 0.0
	for i := range a {
		if a[i] > b[i] {
			wins++
		}
	}
	return wins / float64(len(a))
}
