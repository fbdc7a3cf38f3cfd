package rl

import "github.com/gopherwood-ml/ml"

// Gambler is the gambler's problem (Sutton and Barto, "Reinforcement Learning", second edition, example 4.3): stake some of a capital on a coin, over and over, until it
// is Goal, which brings 1, or gone. What is seen is the capital; the action of code a stakes a+1, and stakes beyond the capital or beyond what lacks to the goal cannot be
// taken. Episodes start with any capital in between. With Heads = 0.4 a capital of 50 of 100 reaches the goal with probability 0.4.
type Gambler struct {
	Heads float64 // the probability that a stake is won, in (0, 1). 0: 0.4
	Goal  int     // 0: 100
}

// Make makes the environment.
func (c Gambler) Make() (Env[int, int], error) {
	m, err := c.MDP()
	return makeDrawn(m, err, gauges(func(state int) []gauge { return []gauge{{"capital", state, m.States - 1}} }))
}

// MDP gives the tables.
func (c Gambler) MDP() (*MDP, error) {
	const where = "rl.Gambler"
	if c.Heads == 0 {
		c.Heads = 0.4
	}
	if c.Goal == 0 {
		c.Goal = 100
	}
	switch {
	case !(c.Heads > 0 && c.Heads < 1):
		return nil, ml.BadConfig(where, "Heads", c.Heads, "between 0 and 1, or 0 for 0.4")
	case c.Goal < 2 || c.Goal > 4096:
		return nil, ml.BadConfig(where, "Goal", c.Goal, "2..4096, or 0 for 100")
	}
	m := Tabulate(c.Goal+1, c.Goal/2, func(s, a int) []Outcome {
		stake := a + 1
		if stake > min(s, c.Goal-s) {
			return nil
		}
		won, lost := Outcome{P: c.Heads, Next: s + stake}, Outcome{P: 1 - c.Heads, Next: s - stake, Terminated: s == stake}
		if won.Next == c.Goal {
			won.Reward, won.Terminated = 1, true
		}
		return []Outcome{won, lost}
	})
	m.ID, m.Start = "Gambler", make([]float64, c.Goal+1)
	for s := 1; s < c.Goal; s++ {
		m.Start[s] = 1 / float64(c.Goal-1)
	}
	return m, nil
}
