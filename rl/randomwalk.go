package rl

import (
	"strings"

	"github.com/gopherwood-ml/ml"
)

// RandomWalk is a row of states in which a walker, starting in the middle, goes left or right by chance until it leaves at an end; the right one brings 1. There is
// nothing to decide (a single action): it is for methods of prediction. The zero value is that of Sutton and Barto, "Reinforcement Learning", second edition, example
// 6.2, where the values are 1/6 to 5/6; RandomWalk{States: 19, Left: -1} is that of example 7.1, with values -0.9 to 0.9.
type RandomWalk struct {
	States   int     // 0: 5
	Left     float64 // the reward of leaving at the left end
	MaxSteps int     // episodes are truncated after so many steps. 0: never
}

// Make makes the environment.
func (c RandomWalk) Make() (Env[int, int], error) {
	m, err := c.MDP()
	if err != nil {
		return nil, err
	}
	return makeDrawn(m, nil, tiles{strings.Repeat(".", m.States)})
}

// MDP gives the tables.
func (c RandomWalk) MDP() (*MDP, error) {
	const where, most = "rl.RandomWalk", 1 << 20
	if c.States == 0 {
		c.States = 5
	}
	switch {
	case c.States < 1 || c.States > most:
		return nil, ml.BadConfig(where, "States", c.States, "1..1048576, or 0 for 5")
	case c.MaxSteps < 0:
		return nil, ml.BadConfig(where, "MaxSteps", c.MaxSteps, ">= 0; 0 means no limit")
	}
	m := Tabulate(c.States, 1, func(s, _ int) []Outcome {
		l, r := Outcome{P: 0.5, Next: s - 1}, Outcome{P: 0.5, Next: s + 1}
		if s == 0 {
			l = Outcome{P: 0.5, Next: s, Reward: c.Left, Terminated: true}
		}
		if s == c.States-1 {
			r = Outcome{P: 0.5, Next: s, Reward: 1, Terminated: true}
		}
		return []Outcome{l, r}
	})
	m.ID, m.MaxSteps, m.Start = "RandomWalk", c.MaxSteps, make([]float64, c.States)
	m.Start[c.States/2] = 1
	return m, nil
}
