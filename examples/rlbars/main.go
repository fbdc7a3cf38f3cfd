// Rlbars trains the learners of package rl on the classic tasks, one configuration for each with several seeds, and prints what they reach beside the bars that they have
// to reach: the table in the documentation of package rl. Each result is a line of a file as soon as it is there, and trainings keep checkpoints beside it, so the command
// can be stopped at any time and goes on when it is called again.
//
//	go run ./examples/rlbars                         # all, 10 seeds, into rlbars.csv
//	go run ./examples/rlbars -only PPO-CartPole -seeds 3 -out /tmp/bars.csv
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/rl"
)

func main() {
	var o options
	flag.StringVar(&o.out, "out", "rlbars.csv", "the file of results")
	flag.IntVar(&o.seeds, "seeds", 10, "how many seeds")
	only := flag.String("only", "", "names of tasks, with commas between; empty: all")
	flag.Parse()
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		log.Fatal(err)
	}
}

type options struct {
	out   string
	seeds int
	only  []string
}

// bar is a task with the configuration of its learner.
type bar struct {
	name  string
	least float64 // mean return of 100 greedy episodes
	of10  int     // seeds out of ten that must reach it; 0: the interquartile mean must
	train func(ctx context.Context, seed uint64, checkpoint string) (*rl.Scores, error)
}

var evaluation = rl.Evaluation{Episodes: 100, Seed: 1 << 40}

// keep evaluates every so often on environments of its own and keeps the best policy.
func keep(every int, checkpoint string) rl.Run {
	return rl.Run{EvalEvery: every, EvalEpisodes: 20, Checkpoint: checkpoint, Every: 20_000}
}

func scored[A any, P rl.Policy[[]float32, A]](ctx context.Context, p P, err error, m rl.Maker[[]float32, A]) (*rl.Scores, error) {
	if err != nil {
		return nil, err
	}
	return rl.Evaluate(ctx, rl.Policy[[]float32, A](p), m, evaluation)
}

var bars = []bar{
	{"PPO-CartPole", 495, 9, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.PPO{Steps: 100_000, Rollout: 32, Epochs: 20, Lambda: 0.8, Discount: 0.98, LearningRate: 1e-3, Anneal: true, AnnealClip: true, Seed: seed,
			Run: keep(10_000, file)}.Fit(ctx, rl.CartPole{})
		return scored(ctx, p, err, rl.CartPole{})
	}},
	{"DQN-CartPole", 475, 8, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.DQN{Steps: 50_000, Hidden: []int{128, 128}, LearningRate: 1e-3, Start: 1000, TargetEvery: 250, TrainEvery: 4, Updates: 2, Explore: 0.16, Epsilon: 0.04, Double: true,
			Seed: seed, Run: keep(1000, file)}.Fit(ctx, rl.CartPole{})
		return scored(ctx, p, err, rl.CartPole{})
	}},
	{"DQN-Acrobot", -86.6, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.DQN{Steps: 100_000, Hidden: []int{128, 128}, LearningRate: 6.3e-4, Buffer: 50_000, BatchSize: 64, TargetEvery: 250, TrainEvery: 4, Updates: 2, Explore: 0.12, Epsilon: 0.1,
			Double: true, Seed: seed, Run: keep(5000, file)}.Fit(ctx, rl.Acrobot{})
		return scored(ctx, p, err, rl.Acrobot{})
	}},
	{"PPO-Acrobot", -83.5, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.PPO{Steps: 1_000_000, Envs: 16, Rollout: 256, Epochs: 4, BatchSize: 256, Lambda: 0.94, LearningRate: 1e-3, Anneal: true, NormObs: true, NormReward: true, Seed: seed,
			Run: keep(100_000, file)}.Fit(ctx, rl.Acrobot{})
		return scored(ctx, p, err, rl.Acrobot{})
	}},
	{"DQN-MountainCar", -115, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.DQN{Steps: 120_000, Hidden: []int{256, 256}, LearningRate: 4e-3, Buffer: 10_000, Start: 1000, BatchSize: 128, Discount: 0.98, TargetEvery: 600, TrainEvery: 16, Updates: 8,
			Explore: 0.2, Epsilon: 0.07, Seed: seed, Run: keep(4000, file)}.Fit(ctx, rl.MountainCar{})
		return scored(ctx, p, err, rl.MountainCar{})
	}},
	{"SAC-Pendulum", -170, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.SAC{Steps: 20_000, Hidden: []int{64, 64}, LearningRate: 1e-3, Seed: seed, Run: keep(2000, file)}.Fit(ctx, rl.Pendulum{})
		return scored(ctx, p, err, rl.Pendulum{})
	}},
	{"TD3-Pendulum", -170, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.TD3{Steps: 20_000, Hidden: []int{64, 64}, LearningRate: 1e-3, Discount: 0.98, Start: 1000, Seed: seed, Run: keep(2000, file)}.Fit(ctx, rl.Pendulum{})
		return scored(ctx, p, err, rl.Pendulum{})
	}},
	{"PPO-Pendulum", -200, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.PPOContinuous{Steps: 100_000, Envs: 4, Rollout: 1024, BatchSize: 64, Discount: 0.9, LearningRate: 1e-3, SDE: true, Seed: seed,
			Run: keep(8192, file)}.Fit(ctx, rl.Pendulum{})
		return scored(ctx, p, err, rl.Pendulum{})
	}},
	{"SAC-MountainCarContinuous", 90, 0, func(ctx context.Context, seed uint64, file string) (*rl.Scores, error) {
		p, err := rl.SAC{Steps: 50_000, Hidden: []int{64, 64}, Buffer: 50_000, BatchSize: 256, Alpha: 0.1, TrainEvery: 32, Updates: 32, Discount: 0.9999, Tau: 0.01, LearningRate: 1e-3,
			Start: 10_000, Hold: 100, Seed: seed, Run: keep(2000, file)}.Fit(ctx, rl.MountainCarContinuous{})
		return scored(ctx, p, err, rl.MountainCarContinuous{})
	}},
}

func run(ctx context.Context, w io.Writer, o options) error {
	for _, name := range o.only {
		if !slices.ContainsFunc(bars, func(b bar) bool { return b.name == name }) {
			return fmt.Errorf("there is no task %q", name)
		}
	}
	done, err := read(o.out)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if old, err := os.ReadFile(o.out); err != nil {
		return err
	} else if n := len(old); n > 0 && old[n-1] != '\n' { // it was stopped within a line
		if _, err := f.WriteString("\n"); err != nil {
			return err
		}
	}
	for _, b := range bars {
		if len(o.only) > 0 && !slices.Contains(o.only, b.name) {
			continue
		}
		var s rl.SeedScores
		for seed := range uint64(o.seeds) {
			key := b.name + "," + strconv.FormatUint(seed, 10)
			mean, ok := done[key]
			if !ok {
				checkpoint := filepath.Join(filepath.Dir(o.out), strings.ReplaceAll(key, ",", "-")+".checkpoint")
				start := time.Now()
				scores, err := b.train(ctx, seed, checkpoint)
				if err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
				mean = scores.Mean()
				if _, err := fmt.Fprintf(f, "%s,%.4f,%.1f\n", key, mean, time.Since(start).Seconds()); err != nil {
					return err
				}
				_ = os.Remove(checkpoint) // the result is there
			}
			s.Seeds, s.Means = append(s.Seeds, seed), append(s.Means, mean)
		}
		if err := report(w, b, &s); err != nil {
			return err
		}
	}
	return nil
}

func report(w io.Writer, b bar, s *rl.SeedScores) error {
	in, err := s.Interval(metrics.Bootstrap{})
	if err != nil {
		return err
	}
	verdict := "missed"
	if b.of10 > 0 && 10*s.Reached(b.least) >= b.of10*len(s.Means) || b.of10 == 0 && s.IQM() >= b.least {
		verdict = "reached"
	}
	fmt.Fprintf(w, "%-26s bar %7.1f  IQM %8.2f [%.2f, %.2f]  %d of %d seeds  %s \n   ", b.name, b.least, s.IQM(), in.Low, in.High, s.Reached(b.least), len(s.Means), verdict)
	for _, v := range s.Means {
		fmt.Fprintf(w, " %.1f", v)
	}
	fmt.Fprintln(w)
	return nil
}

// read finds the results that are there.
func read(path string) (map[string]float64, error) {
	done := map[string]float64{}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return done, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		part := strings.Split(lines.Text(), ",")
		if len(part) < 4 {
			continue // the line that was being written when it stopped
		}
		v, err := strconv.ParseFloat(part[2], 64)
		if err != nil {
			return nil, err
		}
		done[part[0]+","+part[1]] = v
	}
	return done, lines.Err()
}
