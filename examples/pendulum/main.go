// Pendulum swings a pendulum up and holds it there, with SAC, whose actions are numbers, draws the learning curve and films an episode.
//
//	go run ./examples/pendulum            # writes pendulum-learning.svg and pendulum.gif
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
	if err := run(context.Background(), os.Stdout, ".", 10_000, 64); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, folder string, steps, units int) error {
	policy, err := rl.SAC{Steps: steps, Hidden: []int{units, units}, LearningRate: 1e-3, Seed: 1}.Fit(ctx, rl.Pendulum{})
	if err != nil {
		return err
	}
	scores, err := rl.Evaluate(ctx, policy, rl.Pendulum{}, rl.Evaluation{Seed: 42})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "after %d steps: %v (a policy that does nothing gets about -1200)\n", steps, scores)
	if err := os.WriteFile(filepath.Join(folder, "pendulum-learning.svg"), policy.Learning.SVG("Pendulum by SAC: mean return"), 0o644); err != nil {
		return err
	}
	film, err := os.Create(filepath.Join(folder, "pendulum.gif"))
	if err != nil {
		return err
	}
	if err := rl.WriteGIF(film, rl.Pendulum{}, policy, rl.Film{Seed: 7, Every: 2, Repeat: true}); err != nil {
		_ = film.Close()
		return err
	}
	return film.Close()
}
