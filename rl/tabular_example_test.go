package rl_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml/rl"
)

// Planning with the tables of the lake, and learning from steps on it: the first says what the second can reach.
func ExampleValueIteration() {
	lake := rl.FrozenLake{}
	mdp, err := lake.MDP()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mdp)
	plan, err := rl.ValueIteration{}.Fit(context.Background(), mdp)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := rl.ValueMap{}.Text(plan)
	fmt.Print(text)
	// Output:
	// FrozenLake-v1: 16 states, 4 actions, 152 outcomes
	// ← 0.542  ↑ 0.499  ↑ 0.471  ↑ 0.457
	// ← 0.558        H  ← 0.358        H
	// ↑ 0.592  ↓ 0.643  ← 0.615        H
	//       H  → 0.742  ↓ 0.863        G
}

// A learner sees states and rewards alone. What its policy is worth is known exactly where there are tables.
func ExampleQLearning() {
	lake := rl.FrozenLake{}
	q := rl.QLearning{LearningRate: 1, Decay: 0.6, Explore: rl.EpsilonGreedy{Start: 1, End: 0.05, Fall: 0.5}, Steps: 300_000}
	model, err := q.Fit(context.Background(), lake)
	if err != nil {
		fmt.Println(err)
		return
	}
	mdp, _ := lake.MDP()
	exact, err := rl.PolicyEvaluation{Policy: model.Policy()}.Fit(context.Background(), mdp)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("worth %.4f\n", mdp.Mean(exact.V))
	// Output: worth 0.5420
}

// A model of one's own: a machine that runs (state 0) or is worn (state 1), and may be mended. Worn machines earn less and break, which costs much; the plan says when
// to mend.
func ExampleTabulate() {
	const run, mend = 0, 1
	m := rl.Tabulate(2, 2, func(state, action int) []rl.Outcome {
		switch {
		case action == mend:
			return []rl.Outcome{{P: 1, Next: 0, Reward: -3}}
		case state == 0:
			return []rl.Outcome{{P: 0.8, Next: 0, Reward: 5}, {P: 0.2, Next: 1, Reward: 5}}
		}
		return []rl.Outcome{{P: 0.7, Next: 1, Reward: 4}, {P: 0.3, Next: 0, Reward: -20}}
	})
	plan, err := rl.AverageReward{}.Fit(context.Background(), m)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f a day; when worn: %s\n", plan.Gain, map[int]string{run: "run", mend: "mend"}[plan.Best[1]])
	// Output: 3.667 a day; when worn: mend
}

// What is best depends on the time that is left.
func ExampleFiniteHorizon() {
	m, err := rl.FrozenLake{}.MDP()
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := rl.FiniteHorizon{}.Fit(context.Background(), m) // the 100 steps of an episode
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("arrives with probability %.6f, within 10 steps with %.4f\n", plan.Values(100)[0], plan.Values(10)[0])
	// Output: arrives with probability 0.744190, within 10 steps with 0.0414
}
