package rl

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// FiniteHorizon finds what is best with so many steps left, by going back from the last one (Puterman, "Markov Decision Processes", section 4.5). A policy that knows the
// time does better than one that does not where an episode is cut off: on FrozenLake, 0.744190 is what can be had in its 100 steps. The cost is Steps times the outcomes,
// the memory 16·Steps·states bytes. Nothing is random.
type FiniteHorizon struct {
	Steps    int     // of an episode. 0: MaxSteps of the MDP
	Discount float64 // of the reward a step later, in (0, 1]. 0: 1, none, unlike elsewhere
}

var _ ml.Fitter[*MDP, *HorizonModel] = FiniteHorizon{}

// HorizonModel is what FiniteHorizon gives.
type HorizonModel struct {
	ml.Fitted
	Steps, States, Actions int
	V                      []float64 // the value of each state with 0, 1, ... Steps steps left: (Steps+1) x States, row-major
	Best                   []int     // the best action with 1, 2, ... Steps steps left: Steps x States, row-major
}

// Fit returns the best actions for every time.
func (c FiniteHorizon) Fit(ctx context.Context, m *MDP) (*HorizonModel, error) {
	const where = "rl.FiniteHorizon.Fit"
	if c.Discount == 0 {
		c.Discount = 1
	}
	if _, err := discountOf(where, c.Discount); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	if c.Steps == 0 {
		c.Steps = m.MaxSteps
	}
	if c.Steps < 1 || c.Steps > maxTable/m.States {
		return nil, ml.BadConfig(where, "Steps", c.Steps, fmt.Sprintf("1..%d, or 0 for MaxSteps of an MDP that has one", maxTable/m.States))
	}
	h := &HorizonModel{Steps: c.Steps, States: m.States, Actions: m.Actions, V: make([]float64, (c.Steps+1)*m.States), Best: make([]int, c.Steps*m.States)}
	info, err := iterate(ctx, "step", c.Steps, -1, func(i int) float64 {
		now, next := h.V[i*m.States:(i+1)*m.States], h.V[(i+1)*m.States:(i+2)*m.States]
		for s := range next {
			if t.isEnd(s) {
				continue
			}
			top := math.Inf(-1)
			for a := range m.Actions {
				if x := t.worth(s*m.Actions+a, now); x > top {
					top, h.Best[i*m.States+s] = x, a
				}
			}
			next[s] = top
		}
		return 0
	})
	if err != nil {
		return nil, err
	}
	if info.Status == ml.Stopped { // with fewer steps left than were asked for
		h.Steps = info.Iterations
		h.V, h.Best = h.V[:(h.Steps+1)*m.States], h.Best[:h.Steps*m.States]
	} else {
		info.Status = ml.Exact
	}
	h.Config, h.Info = c, info
	return h, nil
}

// Restore makes sure that the tables fit together.
func (h *HorizonModel) Restore() error {
	if h.Steps < 1 || h.States < 1 || h.Actions < 1 || h.Steps > maxTable/h.States || len(h.V) != (h.Steps+1)*h.States || len(h.Best) != h.Steps*h.States {
		return &ml.Error{Where: "rl.HorizonModel", Field: "V, Best", Found: fmt.Sprintf("%d values, %d actions", len(h.V), len(h.Best)), Want: "those of all steps and states", Kind: ml.ErrFormat}
	}
	for _, a := range h.Best {
		if uint(a) >= uint(h.Actions) {
			return &ml.Error{Where: "rl.HorizonModel", Field: "Best", Found: fmt.Sprint(a), Want: fmt.Sprintf("actions 0..%d", h.Actions-1), Kind: ml.ErrFormat}
		}
	}
	return nil
}

// Values are the values of the states with so many steps left; more are as many as Steps, and fewer than none are none. The caller does not change them.
func (h *HorizonModel) Values(left int) []float64 {
	left = min(max(left, 0), h.Steps)
	return h.V[left*h.States : (left+1)*h.States]
}

// Act gives the best action in a state with so many steps left, 1..Steps; more are as many as Steps.
func (h *HorizonModel) Act(state, left int) (int, error) {
	left = min(left, h.Steps)
	if uint(state) >= uint(h.States) || left < 1 {
		return 0, &ml.Error{Where: "rl.HorizonModel.Act", Field: "state, left", Found: fmt.Sprintf("%d, %d", state, left), Want: fmt.Sprintf("a state 0..%d and at least one step left", h.States-1), Kind: ml.ErrData}
	}
	return h.Best[(left-1)*h.States+state], nil
}
