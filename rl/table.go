package rl

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// TableModel is what planners and tabular learners give: the values of the states and actions that they were fitted on, and the policy that takes the best action.
// It is a [Policy] for the environments of the same states.
type TableModel struct {
	ml.Fitted
	States, Actions int
	V               []float64 // the value of each state: the mean of the (discounted) rewards to come. 0 for a state without actions
	Q               []float64 // the value of each action in each state, States x Actions, row-major; -Inf for one that cannot be taken; nil after methods of prediction
	Best            []int     // the action taken in each state; nil after methods of prediction
	Gain            float64   // AverageReward: the mean reward of a step; 0 otherwise
	Visits          []float64 // LinearProgram: the expected discounted count of each action in each state, in the layout of Q; nil otherwise
	Returns         []float64 // learners: the mean return, not discounted, of the episodes that ended in each hundredth of the training; that of the one before if none did
}

var _ Policy[int, int] = (*TableModel)(nil)

// Restore makes sure that the tables fit together.
func (t *TableModel) Restore() error {
	bad := func(field string, n int, want string) error {
		return &ml.Error{Where: "rl.TableModel", Field: field, Found: fmt.Sprint(n), Want: want, Kind: ml.ErrFormat}
	}
	switch {
	case t.States < 1 || t.Actions < 1 || t.States > maxTable/t.Actions:
		return bad("States", t.States, "positive sizes")
	case len(t.V) != t.States:
		return bad("V", len(t.V), fmt.Sprintf("%d values", t.States))
	case (t.Q != nil || t.Best != nil) && len(t.Q) != t.States*t.Actions:
		return bad("Q", len(t.Q), fmt.Sprintf("%d values", t.States*t.Actions))
	case (t.Q != nil || t.Best != nil) && len(t.Best) != t.States:
		return bad("Best", len(t.Best), fmt.Sprintf("%d actions", t.States))
	case t.Visits != nil && len(t.Visits) != t.States*t.Actions:
		return bad("Visits", len(t.Visits), fmt.Sprintf("%d counts", t.States*t.Actions))
	}
	for _, a := range t.Best {
		if uint(a) >= uint(t.Actions) {
			return bad("Best", a, fmt.Sprintf("actions 0..%d", t.Actions-1))
		}
	}
	return nil
}

// Act gives the best action in a state. An error says that there is no such state, or that the model is of a method of prediction.
func (t *TableModel) Act(state int) (int, error) {
	if uint(state) >= uint(len(t.Best)) {
		want := fmt.Sprintf("0..%d", len(t.Best)-1)
		if t.Best == nil {
			want = "a model that chooses actions; this one predicts values"
		}
		return 0, &ml.Error{Where: "rl.TableModel.Act", Field: "obs", Found: fmt.Sprint(state), Want: want, Kind: ml.ErrData}
	}
	return t.Best[state], nil
}

// Policy gives the policy as probabilities, States x Actions: the best action of each state for certain, as [PolicyEvaluation] takes it. Nil after methods of prediction.
func (t *TableModel) Policy() []float64 {
	if t.Best == nil {
		return nil
	}
	p := make([]float64, t.States*t.Actions)
	for s, a := range t.Best {
		if t.Q[s*t.Actions+a] > math.Inf(-1) {
			p[s*t.Actions+a] = 1
		}
	}
	return p
}

// Explored gives the probabilities, States x Actions, of acting by Q with an exploration, as [PolicyEvaluation] takes them, the exploration being as after the share
// progress of the training (0..1).
func (t *TableModel) Explored(e Exploration, progress float64) []float64 {
	if t.Best == nil {
		return nil
	}
	p := make([]float64, t.States*t.Actions)
	for s := range t.States {
		row := t.Q[s*t.Actions : (s+1)*t.Actions]
		if row[t.Best[s]] > math.Inf(-1) {
			e.Probabilities(p[s*t.Actions:(s+1)*t.Actions], row, progress)
		}
	}
	return p
}

// discountOf checks a discount and gives its default.
func discountOf(where string, d float64) (float64, error) {
	switch {
	case d == 0:
		return 0.99, nil
	case !(d > 0 && d <= 1):
		return 0, ml.BadConfig(where, "Discount", d, "above 0 and at most 1, or 0 for 0.99")
	}
	return d, nil
}

// argmax is the first of the largest values.
func argmax(v []float64) int {
	at := 0
	for i, x := range v {
		if x > v[at] {
			at = i
		}
	}
	return at
}
