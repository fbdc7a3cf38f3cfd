// Frozenlake solves a slippery lake three ways: by planning with its tables (value iteration), by learning from steps (Q-learning), and by learning from whole episodes
// (Monte Carlo). Planning says what the others can reach; a picture of each, an SVG file in the folder that is given, shows the values and the way they take.
//
//	go run ./examples/frozenlake [FOLDER]
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml/rl"
)

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(context.Background(), os.Stdout, folder, 1_000_000); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, folder string, steps int) error {
	lake := rl.FrozenLake{}
	mdp, err := lake.MDP()
	if err != nil {
		return err
	}
	planned, err := rl.ValueIteration{}.Fit(ctx, mdp)
	if err != nil {
		return err
	}
	// It explores much at first and little in the end; each value moves less with every change, so that chance wears off.
	explore := rl.EpsilonGreedy{Start: 1, End: 0.05, Fall: 0.5}
	learned, err := rl.QLearning{LearningRate: 1, Decay: 0.6, Explore: explore, Steps: steps}.Fit(ctx, lake)
	if err != nil {
		return err
	}
	// Its episodes begin anywhere on the ice, with any step: that is all the exploring there is.
	played, err := rl.MonteCarlo{ExploringStarts: true, LearningRate: 1, Decay: 0.8, Steps: steps}.Fit(ctx, lake)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		name, file string
		model      *rl.TableModel
	}{{"value iteration", "planned.svg", planned}, {"Q-learning", "learned.svg", learned}, {"Monte Carlo", "played.svg", played}} {
		// What the policy is worth, by the tables, and how often it arrives, by play within the 100 steps of an episode.
		exact, err := rl.PolicyEvaluation{Policy: s.model.Policy()}.Fit(ctx, mdp)
		if err != nil {
			return err
		}
		scores, err := rl.Evaluate(ctx, s.model, lake, rl.Evaluation{Episodes: 10_000, Seed: 7})
		if err != nil {
			return err
		}
		text, err := rl.ValueMap{Title: fmt.Sprintf("%s: worth %.4f, arrives in %.0f %% of the episodes", s.name, mdp.Mean(exact.V), 100*scores.Mean())}.Text(s.model)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, text)
		picture, err := rl.ValueMap{Title: s.name}.SVG(s.model)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, s.file), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}
