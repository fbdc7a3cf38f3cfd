package rl

import "github.com/gopherwood-ml/ml"

// Taxi is Gymnasium's Taxi-v4 (Dietterich, "Hierarchical Reinforcement Learning with the MAXQ Value Function Decomposition", JAIR 13 (2000)): fetch a passenger at one of
// four places of a walled grid of 5 by 5 and bring him to another. A step costs 1, picking up or dropping off where that is wrong costs 10, and delivery brings 20
// and ends the episode. What is seen is ((row*5+column)*5+passenger)*4+destination ([TaxiState] takes it apart). Actions: 0 south, 1 north, 2 east, 3 west, 4 pick up,
// 5 drop off. The best policy gets 7.93 on average over the 300 starts, from 3 to 15.
//
// [TaxiMask] says which actions change anything: rl.ActionMask(rl.Taxi{}, rl.TaxiMask).
type Taxi struct {
	Rainy             bool    // a move goes to either side instead of ahead with half of what RainyProbability leaves. False: always ahead
	RainyProbability  float64 // that a move in the rain goes ahead, in (0, 1]. 0: 0.8
	Fickle            bool    // a passenger may change his destination on the first move after he got in. False: never
	FickleProbability float64 // that he is one who does, in (0, 1]. 0: 0.3
	MaxSteps          int     // episodes are truncated after so many steps. 0: 200
	NoTimeLimit       bool    // episodes are never truncated
}

const (
	taxiSize   = 5
	taxiStates = taxiSize * taxiSize * 5 * 4
	inTaxi     = 4
)

// The places where passengers wait and go to: red, green, yellow and blue, as row*5+column.
var taxiPlaces = [4]int{0, 4, 20, 23}

// taxiWalls says of each square whether there is a wall to the east of it.
var taxiWalls = func() (walls [taxiSize * taxiSize]bool) {
	for _, s := range []int{1, 6, 15, 17, 20, 22, 4, 9, 14, 19, 24} {
		walls[s] = true
	}
	return
}()

// TaxiState takes the code of a state apart: the square of the taxi, where the passenger is (0 red, 1 green, 2 yellow, 3 blue, 4 in the taxi), where he goes to.
func TaxiState(code int) (row, col, passenger, destination int) {
	return code / 100, code / 20 % 5, code / 4 % 5, code % 4
}

func taxiCode(square, passenger, destination int) int { return (square*5+passenger)*4 + destination }

// TaxiMask says which actions change the state, as Gymnasium's action_mask does.
func TaxiMask(valid []bool, code int) {
	row, col, passenger, _ := TaxiState(code)
	square := row*taxiSize + col
	for a := range 4 {
		valid[a] = taxiMove(square, a) != square
	}
	at := false
	for _, p := range taxiPlaces {
		at = at || p == square
	}
	valid[4] = passenger != inTaxi && taxiPlaces[passenger] == square
	valid[5] = passenger == inTaxi && at
}

// taxiMove is where a move leads: walls and edges hold.
func taxiMove(square, action int) int {
	switch row, col := square/taxiSize, square%taxiSize; {
	case action == 0 && row < taxiSize-1:
		return square + taxiSize
	case action == 1 && row > 0:
		return square - taxiSize
	case action == 2 && !taxiWalls[square]:
		return square + 1
	case action == 3 && col > 0 && !taxiWalls[square-1]:
		return square - 1
	}
	return square
}

func (c Taxi) defaults() (Taxi, error) {
	const where = "rl.Taxi"
	if c.RainyProbability == 0 {
		c.RainyProbability = 0.8
	}
	if c.FickleProbability == 0 {
		c.FickleProbability = 0.3
	}
	switch {
	case !(c.RainyProbability > 0 && c.RainyProbability <= 1):
		return c, ml.BadConfig(where, "RainyProbability", c.RainyProbability, "above 0 and at most 1, or 0 for 0.8")
	case !(c.FickleProbability > 0 && c.FickleProbability <= 1):
		return c, ml.BadConfig(where, "FickleProbability", c.FickleProbability, "above 0 and at most 1, or 0 for 0.3")
	}
	var err error
	c.MaxSteps, err = timeLimitOf(where, c.MaxSteps, 200, c.NoTimeLimit)
	return c, err
}

// Make makes the environment. It shows 500 states, also when passengers are fickle: whether this one is cannot be seen.
func (c Taxi) Make() (Env[int, int], error) {
	c, err := c.defaults()
	if err != nil {
		return nil, err
	}
	e, err := c.table().make("rl.Taxi")
	if err != nil {
		return nil, err
	}
	e.scene = taxiScene{}
	if c.Fickle {
		return &fickleTaxi{mdpEnv: e, probability: c.FickleProbability}, nil
	}
	return e, nil
}

// MDP gives the tables: Gymnasium's P, entry by entry. With Fickle, which Gymnasium's tables leave out, there are 500 states more: those of a fickle passenger who has
// not yet moved with the taxi.
func (c Taxi) MDP() (*MDP, error) {
	c, err := c.defaults()
	if err != nil {
		return nil, err
	}
	m := c.table()
	if c.Fickle {
		m = c.fickle(m)
	}
	return m, nil
}

func (c Taxi) table() *MDP {
	m := Tabulate(taxiStates, 6, func(s, a int) []Outcome {
		square, passenger, destination := s/20, s/4%5, s%4
		o := Outcome{P: 1, Next: s, Reward: -1}
		switch {
		case a == 4 && passenger != inTaxi && taxiPlaces[passenger] == square:
			o.Next = taxiCode(square, inTaxi, destination)
		case a == 4:
			o.Reward = -10
		case a == 5 && passenger == inTaxi && taxiPlaces[destination] == square:
			o = Outcome{P: 1, Next: taxiCode(square, destination, destination), Reward: 20, Terminated: true}
		case a == 5:
			o.Reward = -10
			for i, p := range taxiPlaces {
				if passenger == inTaxi && p == square {
					o.Next, o.Reward = taxiCode(square, i, destination), -1
				}
			}
		default:
			return c.drive(square, a, func(square int) int { return taxiCode(square, passenger, destination) })
		}
		return []Outcome{o}
	})
	m.ID, m.Threshold, m.MaxSteps = "Taxi-v4", 8, c.MaxSteps
	m.Start = make([]float64, taxiStates)
	for s := range m.Start {
		if passenger := s / 4 % 5; passenger != inTaxi && passenger != s%4 {
			m.Start[s] = 1. / 300
		}
	}
	return m
}

// drive is where a move leads: in the rain also to the left and to the right of it, but only if there is a way ahead.
func (c Taxi) drive(square, action int, code func(square int) int) []Outcome {
	ahead := taxiMove(square, action)
	if !c.Rainy {
		return []Outcome{{P: 1, Next: code(ahead), Reward: -1}}
	}
	sides := [4][2]int{{2, 3}, {3, 2}, {1, 0}, {0, 1}}[action]
	to := []Outcome{{P: c.RainyProbability, Next: code(ahead), Reward: -1}}
	for _, side := range sides {
		o := Outcome{P: (1 - c.RainyProbability) / 2, Next: code(square), Reward: -1}
		if ahead != square {
			o.Next = code(taxiMove(square, side))
		}
		if o.P > 0 {
			to = append(to, o)
		}
	}
	return to
}

// fickle doubles the states: those from 500 on are with a fickle passenger, who goes elsewhere once the taxi has moved with him.
func (c Taxi) fickle(plain *MDP) *MDP {
	m := Tabulate(2*taxiStates, 6, func(s, a int) []Outcome {
		if s < taxiStates {
			return plain.Of(s, a)
		}
		s -= taxiStates
		var of []Outcome
		for _, o := range plain.Of(s, a) {
			if s/4%5 != inTaxi || o.Next/20 == s/20 {
				o.Next += taxiStates
				of = append(of, o)
				continue
			}
			for d := range 4 {
				if d != s%4 {
					of = append(of, Outcome{P: o.P / 3, Next: o.Next - o.Next%4 + d, Reward: o.Reward})
				}
			}
		}
		return of
	})
	m.ID, m.Threshold, m.MaxSteps = plain.ID, plain.Threshold, plain.MaxSteps
	for _, share := range []float64{1 - c.FickleProbability, c.FickleProbability} {
		for _, p := range plain.Start {
			m.Start = append(m.Start, share*p)
		}
	}
	return m
}

// fickleTaxi draws, after the start, whether the passenger is fickle, and later where he wants to go instead.
type fickleTaxi struct {
	*mdpEnv
	probability float64
	pending     bool
}

func (f *fickleTaxi) Reset(seed uint64) (int, error) {
	s, err := f.mdpEnv.Reset(seed)
	f.pending = f.rand.Float64() < f.probability
	return s, err
}

func (f *fickleTaxi) ResetTo(seed uint64, state int) (int, error) {
	s, err := f.mdpEnv.ResetTo(seed, state)
	if err == nil {
		f.pending = f.rand.Float64() < f.probability
	}
	return s, err
}

func (f *fickleTaxi) Step(action int) (Step[int], error) {
	was := f.state
	s, err := f.mdpEnv.Step(action)
	if err == nil && f.pending && was/4%5 == inTaxi && s.Obs/20 != was/20 {
		f.pending = false
		d := f.rand.IntN(3)
		if d >= was%4 {
			d++
		}
		f.state = s.Obs - s.Obs%4 + d
		s.Obs = f.state
	}
	return s, err
}
