package rl

import (
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// MDP is a finite Markov decision process: what each action can lead to from each state, with which probability. Planners ([ValueIteration] and its kin) are fitted
// to one, and it is a Maker, so learners are too: they see its states alone and find out the rest. The toy-text environments are made of one, which their method MDP
// gives; [Tabulate] makes one from a function.
//
// An action that has no outcome in a state cannot be taken there: a Step with it is an error, and the environment says so (it is a [Masker]). A state without any
// action is an end; it must only be reached by outcomes that are Terminated.
type MDP struct {
	ID        string    // of Spec; "": "MDP"
	States    int       // codes 0..States-1
	Actions   int       // codes 0..Actions-1
	Begin     []int     // the outcomes of action a in state s are Outcomes[Begin[s*Actions+a]:Begin[s*Actions+a+1]]
	Outcomes  []Outcome // of all states and actions, one after the other
	Start     []float64 // the probability to start in each state; nil: always in state 0
	MaxSteps  int       // episodes are truncated after so many steps; 0: never
	Threshold float64   // of Spec; 0: none is stated
}

// Outcome is one thing that an action can lead to.
type Outcome struct {
	P          float64 // its probability, > 0; those of one state and action sum to 1
	Next       int     // the state that follows
	Reward     float64
	Terminated bool // the episode ends, so that the value of Next does not count
}

var _ Maker[int, int] = (*MDP)(nil)

// Tabulate makes an MDP by asking for the outcomes of every state and action, none for an action that cannot be taken. Set the other fields (Start, MaxSteps) then.
func Tabulate(states, actions int, outcomes func(state, action int) []Outcome) *MDP {
	m := &MDP{States: states, Actions: actions, Begin: make([]int, 1, max(states, 0)*max(actions, 0)+1)}
	for s := range states {
		for a := range actions {
			m.Outcomes = append(m.Outcomes, outcomes(s, a)...)
			m.Begin = append(m.Begin, len(m.Outcomes))
		}
	}
	return m
}

// Of are the outcomes of an action in a state; empty if it cannot be taken there.
func (m *MDP) Of(state, action int) []Outcome {
	i := state*m.Actions + action
	return m.Outcomes[m.Begin[i]:m.Begin[i+1]]
}

// start is the probability to start in a state.
func (m *MDP) start(s int) float64 {
	switch {
	case m.Start != nil:
		return m.Start[s]
	case s == 0:
		return 1
	}
	return 0
}

// Mean is the mean of values over the states in which episodes start: what a policy is worth from its V.
func (m *MDP) Mean(values []float64) float64 {
	sum := 0.0
	for s, v := range values {
		if p := m.start(s); p > 0 {
			sum += float64(p * v)
		}
	}
	return sum
}

// maxTable bounds states times actions, so that tables can be allocated.
const maxTable = 1 << 28

// Check tells whether the tables are sound: sizes, probabilities that are positive and sum to 1 (to 1e-9), finite rewards, states that exist, and no way into a state
// without actions but by its end. Planners and Make call it.
func (m *MDP) Check() error { return m.check("rl.MDP.Check") }

func (m *MDP) check(where string) error {
	bad := func(field, found, want string) error {
		return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: ml.ErrConfig}
	}
	switch {
	case m == nil:
		return bad("MDP", "nil", "a model")
	case m.States < 1 || m.Actions < 1 || m.States > maxTable/m.Actions:
		return bad("States, Actions", fmt.Sprintf("%d, %d", m.States, m.Actions), fmt.Sprintf(">= 1, their product at most %d", maxTable))
	case len(m.Begin) != m.States*m.Actions+1 || m.Begin[0] != 0 || m.Begin[len(m.Begin)-1] != len(m.Outcomes):
		return bad("Begin", fmt.Sprintf("%d places", len(m.Begin)), fmt.Sprintf("%d, from 0 to the count of Outcomes", m.States*m.Actions+1))
	case len(m.Outcomes) > math.MaxInt32 || m.States > math.MaxInt32:
		return bad("Outcomes", fmt.Sprint(len(m.Outcomes)), "at most 2147483647")
	case m.MaxSteps < 0:
		return bad("MaxSteps", fmt.Sprint(m.MaxSteps), ">= 0; 0 means no limit")
	}
	for i := range m.States * m.Actions {
		if m.Begin[i] > m.Begin[i+1] || m.Begin[i+1] > len(m.Outcomes) {
			return bad("Begin", fmt.Sprintf("%d after %d", m.Begin[i+1], m.Begin[i]), "places that never fall")
		}
	}
	ends := make([]bool, m.States)
	for s := range ends {
		ends[s] = m.Begin[s*m.Actions] == m.Begin[(s+1)*m.Actions]
	}
	for s := range m.States {
		for a := range m.Actions {
			sum, of := 0.0, m.Of(s, a)
			place := func() string { return fmt.Sprintf("an outcome of action %d in state %d", a, s) }
			for _, o := range of {
				switch {
				case !(o.P > 0 && o.P <= 1+1e-9):
					return bad("P of "+place(), fmt.Sprint(o.P), "above 0 and at most 1")
				case uint(o.Next) >= uint(m.States):
					return bad("Next of "+place(), fmt.Sprint(o.Next), fmt.Sprintf("a state 0..%d", m.States-1))
				case !(math.Abs(o.Reward) <= math.MaxFloat64):
					return bad("Reward of "+place(), fmt.Sprint(o.Reward), "a finite number")
				case !o.Terminated && ends[o.Next]:
					return bad("Next of "+place(), fmt.Sprintf("%d, where no action can be taken", o.Next), "a state with actions, or Terminated")
				}
				sum += o.P
			}
			if len(of) > 0 && !(math.Abs(sum-1) <= 1e-9) {
				return bad(fmt.Sprintf("P of action %d in state %d", a, s), fmt.Sprintf("a sum of %v", sum), "1")
			}
		}
	}
	return m.checkStart(bad, ends)
}

func (m *MDP) checkStart(bad func(field, found, want string) error, ends []bool) error {
	if m.Start != nil && len(m.Start) != m.States {
		return bad("Start", fmt.Sprintf("%d probabilities", len(m.Start)), fmt.Sprintf("%d, one for each state, or nil", m.States))
	}
	sum := 0.0
	for s := range m.States {
		p := m.start(s)
		if !(p >= 0 && p <= 1+1e-9) {
			return bad("Start", fmt.Sprintf("%v for state %d", p, s), "0..1")
		}
		if p > 0 && ends[s] {
			return bad("Start", fmt.Sprintf("state %d, where no action can be taken", s), "a state with actions")
		}
		sum += p
	}
	if !(math.Abs(sum-1) <= 1e-9) {
		return bad("Start", fmt.Sprintf("a sum of %v", sum), "1")
	}
	return nil
}

// String is such as "FrozenLake-v1: 16 states, 4 actions, 172 outcomes".
func (m *MDP) String() string {
	var b strings.Builder
	if m.ID != "" {
		fmt.Fprintf(&b, "%s: ", m.ID)
	}
	fmt.Fprintf(&b, "%d states, %d actions, %d outcomes", m.States, m.Actions, len(m.Outcomes))
	return b.String()
}
