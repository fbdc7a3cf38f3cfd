// Cartpole learns to balance a pole in seconds, with PPO, tries what it has learnt on a hundred episodes that it has not seen, and draws the learning curve.
//
//	go run ./examples/cartpole            # writes cartpole.svg
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml/rl"
)

func main() {
	if err := run(context.Background(), os.Stdout, "cartpole.svg", 100_000); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, picture string, steps int) error {
	policy, err := rl.PPO{Steps: steps, Rollout: 32, Epochs: 20, Lambda: 0.8, Discount: 0.98, LearningRate: 1e-3, Anneal: true, AnnealClip: true}.Fit(ctx, rl.CartPole{})
	if err != nil {
		return err
	}
	scores, err := rl.Evaluate(ctx, policy, rl.CartPole{}, rl.Evaluation{Seed: 42})
	if err != nil {
		return err
	}
	for i, p := range policy.Learning.Points {
		if i%20 == 19 {
			fmt.Fprintf(w, "%6d steps, %4d episodes: the pole stays up for %.0f steps\n", p.Steps, p.Episodes, p.Return)
		}
	}
	fmt.Fprintf(w, "greedy: %v (500 is the most)\n", scores)
	return os.WriteFile(picture, policy.Learning.SVG("CartPole by PPO: mean return"), 0o644)
}
