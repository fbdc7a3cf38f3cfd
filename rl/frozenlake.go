package rl

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

// FrozenLake is Gymnasium's FrozenLake-v1: cross a frozen lake from S to G without falling into a hole H. The ice F is slippery: a step goes the way that was meant
// with probability Success and to either side of it with half of what is left. What is seen is the square, row times columns plus column. Actions: 0 left, 1 down,
// 2 right, 3 up. An episode ends at the goal and in a hole.
//
// The best policy reaches the goal of the map of 4 by 4 with probability 0.744190 within its 100 steps, of the map of 8 by 8 with 0.913220 within 200.
type FrozenLake struct {
	Map         []string    // rows of equal length made of S (start), F (ice), H (hole) and G (goal); nil: Gymnasium's of 4 by 4. Lake8x8 and RandomLake give others
	NoSlip      bool        // every step goes where it is meant to. False: the ice is slippery
	Success     float64     // the probability that a step goes where it is meant to, in (0, 1]. 0: 1/3
	Rewards     *[3]float64 // of reaching a goal, a hole and ice. nil: 1, 0, 0
	MaxSteps    int         // episodes are truncated after so many steps. 0: 200 for Lake8x8, 100 for any other map
	NoTimeLimit bool        // episodes are never truncated
}

var lake4x4 = []string{"SFFF", "FHFH", "FFFH", "HFFG"}

// Lake8x8 is Gymnasium's map of 8 by 8.
func Lake8x8() []string {
	return []string{"SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"}
}

// Actions of FrozenLake and GridWorld. Those of CliffWalking have other codes.
const (
	left = iota
	down
	right
	up
)

// Make makes the environment.
func (c FrozenLake) Make() (Env[int, int], error) {
	m, err := c.MDP()
	return makeDrawn(m, err, tiles(c.lake()))
}

func (c FrozenLake) lake() []string {
	if c.Map == nil {
		return slices.Clone(lake4x4)
	}
	return slices.Clone(c.Map)
}

// MDP gives the tables: Gymnasium's P, entry by entry.
func (c FrozenLake) MDP() (*MDP, error) {
	const where = "rl.FrozenLake"
	lake, rewards := c.lake(), [3]float64{1, 0, 0}
	if c.Rewards != nil {
		rewards = *c.Rewards
	}
	if c.Success == 0 {
		c.Success = 1. / 3
	}
	if !(c.Success > 0 && c.Success <= 1) {
		return nil, ml.BadConfig(where, "Success", c.Success, "above 0 and at most 1, or 0 for 1/3")
	}
	starts, err := checkGrid(where, "Map", lake, "SFHG", 'S')
	if err != nil {
		return nil, err
	}
	rows, cols := len(lake), len(lake[0])
	side := (1 - c.Success) / 2
	m := Tabulate(rows*cols, 4, func(s, a int) []Outcome {
		if tile := lake[s/cols][s%cols]; tile == 'G' || tile == 'H' {
			return []Outcome{{P: 1, Next: s, Terminated: true}}
		}
		to := func(p float64, a int) Outcome {
			next := move(s, a, rows, cols)
			o := Outcome{P: p, Next: next, Reward: rewards[2]}
			switch lake[next/cols][next%cols] {
			case 'G':
				o.Reward, o.Terminated = rewards[0], true
			case 'H':
				o.Reward, o.Terminated = rewards[1], true
			}
			return o
		}
		switch {
		case c.NoSlip:
			return []Outcome{to(1, a)}
		case side == 0: // Gymnasium keeps the outcomes of probability 0
			return []Outcome{to(c.Success, a)}
		}
		return []Outcome{to(side, (a+3)%4), to(c.Success, a), to(side, (a+1)%4)}
	})
	m.Start, m.ID, m.Threshold = starts, "FrozenLake-v1", 0.70
	limit := 100
	if slices.Equal(lake, Lake8x8()) {
		m.ID, m.Threshold, limit = "FrozenLake8x8-v1", 0.85, 200
	}
	m.MaxSteps, err = timeLimitOf(where, c.MaxSteps, limit, c.NoTimeLimit)
	return m, err
}

// timeLimitOf is the limit of a config: its own, the registered one, or none.
func timeLimitOf(where string, own, registered int, none bool) (int, error) {
	switch {
	case own < 0:
		return 0, ml.BadConfig(where, "MaxSteps", own, fmt.Sprintf(">= 1, or 0 for %d", registered))
	case none && own > 0:
		return 0, ml.BadConfig(where, "MaxSteps", own, "0, since there is NoTimeLimit")
	case none:
		return 0, nil
	case own > 0:
		return own, nil
	}
	return registered, nil
}

// move is where a step leads on a grid whose edges hold.
func move(s, action, rows, cols int) int {
	row, col := s/cols, s%cols
	switch action {
	case left:
		col = max(col-1, 0)
	case down:
		row = min(row+1, rows-1)
	case right:
		col = min(col+1, cols-1)
	case up:
		row = max(row-1, 0)
	}
	return row*cols + col
}

// checkGrid checks that a map is a rectangle of known tiles, and returns the distribution over those that mark a start.
func checkGrid(where, field string, grid []string, tiles string, start byte) ([]float64, error) {
	const most = 1 << 20
	if len(grid) == 0 || len(grid[0]) == 0 {
		return nil, ml.BadConfig(where, field, grid, "rows of tiles")
	}
	if len(grid) > most/len(grid[0]) {
		return nil, ml.BadConfig(where, field, fmt.Sprintf("%d by %d tiles", len(grid), len(grid[0])), fmt.Sprintf("at most %d tiles", most))
	}
	var starts []float64
	count := 0
	for i, row := range grid {
		if len(row) != len(grid[0]) {
			return nil, ml.BadConfig(where, field, fmt.Sprintf("row %d of %d tiles", i, len(row)), fmt.Sprintf("%d, as in row 0", len(grid[0])))
		}
		for j := range len(row) {
			if !slices.Contains([]byte(tiles), row[j]) {
				return nil, ml.BadConfig(where, field, fmt.Sprintf("%q in row %d", row[j], i), "one of "+tiles)
			}
			starts = append(starts, 0)
			if row[j] == start {
				starts[len(starts)-1] = 1
				count++
			}
		}
	}
	if count == 0 {
		return nil, ml.BadConfig(where, field, grid, fmt.Sprintf("a tile %c to start from", start))
	}
	for i := range starts {
		starts[i] /= float64(count)
	}
	return starts, nil
}

// RandomLake draws a map for FrozenLake on which the goal can be reached, the same as Gymnasium's generate_random_map: size rows of size tiles (0: 8), each of which is
// ice with probability p (0: 0.8) and else a hole. It draws maps until one is passable; an error says that none of a million tiles was.
func RandomLake(size int, p float64, seed uint64) ([]string, error) {
	const where = "rl.RandomLake"
	if size == 0 {
		size = 8
	}
	if p == 0 {
		p = 0.8
	}
	switch {
	case size < 2 || size > 1000:
		return nil, ml.BadConfig(where, "size", size, "2..1000, or 0 for 8")
	case !(p > 0 && p <= 1):
		return nil, ml.BadConfig(where, "p", p, "above 0 and at most 1, or 0 for 0.8")
	}
	r := nprand.New(seed)
	ice := p / (p + (1 - p))
	board := make([][]byte, size)
	for i := range board {
		board[i] = make([]byte, size)
	}
	for range max(1, 1_000_000/(size*size)) {
		for _, row := range board {
			for j := range row {
				row[j] = 'F'
				if r.Float64() >= ice {
					row[j] = 'H'
				}
			}
		}
		board[0][0], board[size-1][size-1] = 'S', 'G'
		if passable(board) {
			lake := make([]string, size)
			for i, row := range board {
				lake[i] = string(row)
			}
			return lake, nil
		}
	}
	return nil, ml.BadConfig(where, "p", p, "large enough for maps on which the goal can be reached")
}

// passable tells whether the last tile of a square map can be reached from the first.
func passable(board [][]byte) bool {
	n := len(board)
	seen := make([]bool, n*n)
	front := []int{0}
	seen[0] = true
	for len(front) > 0 {
		s := front[len(front)-1]
		front = front[:len(front)-1]
		if s == n*n-1 {
			return true
		}
		for a := range 4 {
			if next := move(s, a, n, n); !seen[next] && board[next/n][next%n] != 'H' {
				seen[next] = true
				front = append(front, next)
			}
		}
	}
	return false
}
