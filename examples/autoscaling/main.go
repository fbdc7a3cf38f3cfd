// Autoscaling compares the rule that most operators write by hand (start a server when so many jobs wait, stop one when none do), with the best of several thresholds, and the
// policy that value iteration finds for the same queue, and prices the difference. The model is exact, so the costs are known without a simulation; days of each are
// simulated all the same.
//
//	go run ./examples/autoscaling
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
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

const (
	stop = iota
	keep
	start
)

const discount = 0.999 // of a period of five minutes: what happens in three days still counts half

func run(ctx context.Context, w io.Writer) error {
	queue := rl.Autoscaler{}
	mdp, err := queue.MDP()
	if err != nil {
		return err
	}
	// The rule knows the queue, and its threshold is the best of some: each is priced exactly.
	cost := func(policy []float64) (float64, error) {
		exact, err := rl.PolicyEvaluation{Policy: policy, Discount: discount}.Fit(ctx, mdp)
		if err != nil {
			return 0, err
		}
		return -mdp.Mean(exact.V), nil
	}
	var rule rl.PolicyFunc[int, int]
	var ruleCost float64
	threshold := -1
	for _, limit := range []int{0, 1, 2, 4, 8} {
		r := func(state int) (int, error) {
			switch _, waiting, _ := queue.State(state); {
			case waiting > limit:
				return start, nil
			case waiting == 0:
				return stop, nil
			}
			return keep, nil
		}
		table := make([]float64, mdp.States*mdp.Actions)
		for s := range mdp.States {
			a, _ := r(s)
			table[s*mdp.Actions+a] = 1
		}
		c, err := cost(table)
		if err != nil {
			return err
		}
		if threshold < 0 || c < ruleCost {
			rule, ruleCost, threshold = r, c, limit
		}
	}
	best, err := rl.ValueIteration{Discount: discount}.Fit(ctx, mdp)
	if err != nil {
		return err
	}
	bestCost, err := cost(best.Policy())
	if err != nil {
		return err
	}
	var days []float64
	for _, p := range []struct {
		name   string
		policy rl.Policy[int, int]
		cost   float64
	}{{fmt.Sprintf("rule: start above %d waiting", threshold), rule, ruleCost}, {"value iteration", best, bestCost}} {
		scores, err := rl.Evaluate(ctx, p.policy, queue, rl.Evaluation{Episodes: 200, Seed: 1})
		if err != nil {
			return err
		}
		days = append(days, -scores.Mean())
		fmt.Fprintf(w, "%-28s costs %.0f in the long run, discounted; %.0f a day (%d days simulated)\n", p.name, p.cost, -scores.Mean(), len(scores.Returns))
	}
	fmt.Fprintf(w, "the plan saves %.0f %%\n\n", 100*(1-days[1]/days[0]))
	fmt.Fprintln(w, "servers to add (+) or stop (-) at high load, by the servers (down) and the jobs that wait (across):")
	code := func(level, waiting, servers int) int { return (level*21+waiting)*8 + servers - 1 }
	for servers := 1; servers <= 8; servers++ {
		fmt.Fprintf(w, "%d ", servers)
		for waiting := range 21 {
			fmt.Fprintf(w, " %c", "-.+"[best.Best[code(2, waiting, servers)]])
		}
		fmt.Fprintln(w)
	}
	return nil
}
