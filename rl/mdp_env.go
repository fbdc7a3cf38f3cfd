package rl

import (
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

// Starter is an environment that can begin an episode in a state of choice. Exploring starts need it; that of an MDP is one.
type Starter interface {
	ResetTo(seed uint64, state int) (int, error)
}

// Make makes an environment that plays the MDP. Every step draws one uniform number of NumPy's generator and takes the first outcome whose running sum of
// probabilities exceeds it, as Gymnasium's toy-text environments do. A step allocates nothing.
func (m *MDP) Make() (Env[int, int], error) {
	e, err := m.make("rl.MDP.Make")
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (m *MDP) make(where string) (*mdpEnv, error) {
	if err := m.check(where); err != nil {
		return nil, err
	}
	e := &mdpEnv{id: m.ID, states: m.States, actions: m.Actions, threshold: m.Threshold, maxSteps: m.MaxSteps, over: true, certain: true}
	if e.id == "" {
		e.id = "MDP"
	}
	e.begin = make([]int32, len(m.Begin))
	for i, b := range m.Begin {
		e.begin[i] = int32(b)
		e.certain = e.certain && (i == 0 || m.Begin[i]-m.Begin[i-1] < 2)
	}
	e.ways = make([]way, len(m.Outcomes))
	for i := range m.States * m.Actions {
		sum := 0.0
		for j := m.Begin[i]; j < m.Begin[i+1]; j++ {
			o := m.Outcomes[j]
			sum += o.P
			e.ways[j] = way{upTo: sum, reward: o.Reward, next: int32(o.Next), terminated: o.Terminated}
		}
	}
	sum := 0.0
	for s := range m.States {
		if p := m.start(s); p > 0 {
			sum += p
			e.starts, e.startUpTo = append(e.starts, s), append(e.startUpTo, sum)
		}
	}
	e.certain = e.certain && len(e.starts) == 1
	return e, nil
}

// way is an outcome as a step needs it.
type way struct {
	upTo       float64 // the sum of the probabilities up to this one
	reward     float64
	next       int32
	terminated bool
}

// mdpEnv plays an MDP. Its tables are its own.
type mdpEnv struct {
	begin     []int32
	ways      []way
	states    int
	actions   int
	state     int
	taken     int // steps of this episode
	maxSteps  int
	over      bool
	certain   bool // nothing is random: the generator is not needed
	rand      nprand.Rand
	starts    []int
	startUpTo []float64
	id        string
	threshold float64
	scene     scene // nil: a number
}

// Spec describes the environment: codes of states are seen, codes of actions done.
func (e *mdpEnv) Spec() Spec[int, int] {
	return Spec[int, int]{ID: e.id, Obs: Discrete{N: e.states}, Act: Discrete{N: e.actions}, MaxSteps: e.maxSteps, Threshold: e.threshold}
}

func (e *mdpEnv) Reset(seed uint64) (int, error) {
	e.taken, e.over = 0, false
	if e.certain {
		e.state = e.starts[0]
		return e.state, nil
	}
	e.rand.Seed(seed)
	u, i := e.rand.Float64(), 0
	if n := len(e.starts); n > 8 {
		i = min(sort.Search(n, func(i int) bool { return e.startUpTo[i] > u }), n-1)
	} else {
		for i < n-1 && e.startUpTo[i] <= u {
			i++
		}
	}
	e.state = e.starts[i]
	return e.state, nil
}

// ResetTo begins an episode in a state of choice; the draws that follow are those after Reset(seed).
func (e *mdpEnv) ResetTo(seed uint64, state int) (int, error) {
	if uint(state) >= uint(e.states) || e.begin[state*e.actions] == e.begin[(state+1)*e.actions] {
		return 0, ml.BadConfig("rl.MDP.ResetTo", "state", state, "a state where an action can be taken")
	}
	e.Reset(seed)
	e.state = state
	return state, nil
}

func (e *mdpEnv) Step(action int) (Step[int], error) {
	if e.over {
		return Step[int]{}, Over("rl.MDP.Step")
	}
	if uint(action) >= uint(e.actions) {
		return Step[int]{}, BadAction("rl.MDP.Step", action, Discrete{N: e.actions})
	}
	pair := e.state*e.actions + action
	at, end := e.begin[pair], e.begin[pair+1]-1
	if at > end {
		return Step[int]{}, BadAction("rl.MDP.Step", action, "the actions that can be taken in this state")
	}
	if !e.certain {
		u := e.rand.Float64()
		for end-at > 8 { // many outcomes: halve their number first
			if half := at + (end-at)/2; e.ways[half].upTo <= u {
				at = half + 1
			} else {
				end = half
			}
		}
		for at < end && e.ways[at].upTo <= u {
			at++
		}
	}
	w := &e.ways[at]
	e.state = int(w.next)
	e.taken++
	truncated := e.taken == e.maxSteps && !w.terminated
	e.over = w.terminated || truncated
	return Step[int]{Obs: e.state, Reward: w.reward, Terminated: w.terminated, Truncated: truncated}, nil
}

// Mask says which actions can be taken in this state.
func (e *mdpEnv) Mask(valid []bool) {
	for a := range valid {
		pair := e.state*e.actions + a
		valid[a] = e.begin[pair] < e.begin[pair+1]
	}
}
