package rl

import (
	"slices"

	"github.com/gopherwood-ml/ml"
)

// GridWorld is a grid to walk on, of a map of one's own. The zero value is that of Sutton and Barto, "Reinforcement Learning", second edition, example 4.1: 4 by 4, two
// corners end the episode, a step costs 1, and episodes start on any other square. What is seen is the square, row times columns plus column. Actions: 0 left,
// 1 down, 2 right, 3 up; edges and walls hold.
type GridWorld struct {
	Map      []string    // rows of equal length made of S (a start), . (free), # (a wall), H (a pit, which ends the episode) and G (a goal, which ends it). nil: as above
	Slip     float64     // the probability that a step goes to a side of where it is meant to, half of it to either, in [0, 1)
	Rewards  *[3]float64 // of a step to a goal, to a pit, and to anywhere else. nil: -1, -1, -1
	MaxSteps int         // episodes are truncated after so many steps. 0: never
}

// Make makes the environment.
func (c GridWorld) Make() (Env[int, int], error) {
	m, err := c.MDP()
	return makeDrawn(m, err, tiles(c.grid()))
}

func (c GridWorld) grid() []string {
	if c.Map == nil {
		return []string{"GSSS", "SSSS", "SSSS", "SSSG"}
	}
	return slices.Clone(c.Map)
}

// MDP gives the tables.
func (c GridWorld) MDP() (*MDP, error) {
	const where = "rl.GridWorld"
	grid, rewards := c.grid(), [3]float64{-1, -1, -1}
	if c.Rewards != nil {
		rewards = *c.Rewards
	}
	switch {
	case !(c.Slip >= 0 && c.Slip < 1):
		return nil, ml.BadConfig(where, "Slip", c.Slip, "at least 0 and below 1")
	case c.MaxSteps < 0:
		return nil, ml.BadConfig(where, "MaxSteps", c.MaxSteps, ">= 0; 0 means no limit")
	}
	starts, err := checkGrid(where, "Map", grid, "S.#HG", 'S')
	if err != nil {
		return nil, err
	}
	rows, cols := len(grid), len(grid[0])
	tile := func(s int) byte { return grid[s/cols][s%cols] }
	m := Tabulate(rows*cols, 4, func(s, a int) []Outcome {
		if t := tile(s); t == 'G' || t == 'H' || t == '#' {
			return nil
		}
		to := func(p float64, a int) Outcome {
			next := move(s, a, rows, cols)
			o := Outcome{P: p, Next: next, Reward: rewards[2]}
			switch tile(next) {
			case '#':
				o.Next = s
			case 'G':
				o.Reward, o.Terminated = rewards[0], true
			case 'H':
				o.Reward, o.Terminated = rewards[1], true
			}
			return o
		}
		if c.Slip == 0 {
			return []Outcome{to(1, a)}
		}
		return []Outcome{to(c.Slip/2, (a+3)%4), to(1-c.Slip, a), to(c.Slip/2, (a+1)%4)}
	})
	m.ID, m.Start, m.MaxSteps = "GridWorld", starts, c.MaxSteps
	return m, nil
}
