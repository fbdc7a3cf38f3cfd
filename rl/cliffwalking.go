package rl

import "github.com/gopherwood-ml/ml"

// CliffWalking is Gymnasium's CliffWalking-v1 (Sutton and Barto, "Reinforcement Learning", second edition, example 6.6): walk from the lower left corner of a grid of
// 4 by 12 to the lower right one, between which there is a cliff. A step costs 1; one into the cliff costs 100 and leads back to the start, and the episode goes on.
// What is seen is the square, row times 12 plus column. Actions: 0 up, 1 right, 2 down, 3 left. The best policy gets -13.
type CliffWalking struct {
	Slippery bool // a step goes the way that was meant, or to either side of it, with probability 1/3 each. False: always as meant
	MaxSteps int  // episodes are truncated after so many steps. 0: never
}

const (
	cliffRows  = 4
	cliffCols  = 12
	cliffStart = (cliffRows - 1) * cliffCols
)

// Make makes the environment.
func (c CliffWalking) Make() (Env[int, int], error) {
	m, err := c.MDP()
	return makeDrawn(m, err, tiles{"............", "............", "............", "SHHHHHHHHHHG"})
}

// MDP gives the tables: Gymnasium's P, entry by entry.
func (c CliffWalking) MDP() (*MDP, error) {
	if c.MaxSteps < 0 {
		return nil, ml.BadConfig("rl.CliffWalking", "MaxSteps", c.MaxSteps, ">= 0; 0 means no limit")
	}
	ways := [4]int{up, right, down, left} // by this environment's codes
	to := func(p float64, s, a int) Outcome {
		next := move(s, ways[a], cliffRows, cliffCols)
		if next > cliffStart && next < cliffRows*cliffCols-1 {
			return Outcome{P: p, Next: cliffStart, Reward: -100}
		}
		return Outcome{P: p, Next: next, Reward: -1, Terminated: next == cliffRows*cliffCols-1}
	}
	m := Tabulate(cliffRows*cliffCols, 4, func(s, a int) []Outcome {
		if c.Slippery {
			return []Outcome{to(1./3, s, (a+3)%4), to(1./3, s, a), to(1./3, s, (a+1)%4)}
		}
		return []Outcome{to(1, s, a)}
	})
	m.ID, m.MaxSteps = "CliffWalking-v1", c.MaxSteps
	if c.Slippery {
		m.ID = "CliffWalkingSlippery-v1"
	}
	m.Start = make([]float64, m.States)
	m.Start[cliffStart] = 1
	return m, nil
}
