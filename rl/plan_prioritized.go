package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// PrioritizedValueIteration is [ValueIteration] that works where it matters: it always backs up the state whose value would change most, and then looks at those that
// lead there (Moore and Atkeson, "Prioritized Sweeping", Machine Learning 13 (1993), with the model known). It pays where rewards are few and far, and the sweeps of
// ValueIteration would mostly change nothing. A backup costs the outcomes of a state, and those of the states before it.
type PrioritizedValueIteration struct {
	Discount float64 // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	MaxIter  int     // backups at the most. 0: 10 million
	Tol      float64 // ends when no value can be off by more (with Discount 1: when no backup would change a value by more). 0: 1e-10
}

var _ ml.Fitter[*MDP, *TableModel] = PrioritizedValueIteration{}

// Fit returns the best policy. Info.Iterations counts the backups, Info.Gap is what Tol speaks of. Progress is told every 1000 backups.
func (c PrioritizedValueIteration) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where, chunk = "rl.PrioritizedValueIteration.Fit", 1000
	if err := checkPlanner(where, &c.Discount, &c.Tol, &c.MaxIter, 10_000_000); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	v := make([]float64, m.States)
	before := t.predecessors(nil)
	queue := newRanking(m.States)
	rank := func(s int) { queue.set(s, math.Abs(t.best(s, v)-v[s])) }
	for s := range v {
		rank(s)
	}
	backups := 0
	gap := func() float64 {
		worst := queue.largest()
		if c.Discount < 1 {
			return worst / (1 - c.Discount)
		}
		return worst
	}
	info, err := iterate(ctx, "thousand backups", (c.MaxIter+chunk-1)/chunk, c.Tol, func(int) float64 {
		for i := 0; i < chunk && backups < c.MaxIter && gap() > c.Tol; i++ {
			backups++
			s := queue.first()
			v[s] = t.best(s, v)
			rank(s)
			for _, pair := range before[s] {
				rank(int(pair) / t.Actions)
			}
		}
		return gap()
	})
	if err != nil {
		return nil, err
	}
	info.Iterations = backups
	return t.model(c, v, info), nil
}

// ranking keeps numbers 0..n-1 ordered by a priority, in a heap.
type ranking struct {
	priority []float64
	heap     []int32
	place    []int32 // in the heap
}

func newRanking(n int) *ranking {
	r := &ranking{priority: make([]float64, n), heap: make([]int32, n), place: make([]int32, n)}
	for i := range n {
		r.heap[i], r.place[i] = int32(i), int32(i)
	}
	return r
}

func (r *ranking) first() int       { return int(r.heap[0]) }
func (r *ranking) largest() float64 { return r.priority[r.heap[0]] }

// above orders by priority, and equal ones by number, so that the order is the same everywhere.
func (r *ranking) above(a, b int32) bool {
	return r.priority[a] > r.priority[b] || r.priority[a] == r.priority[b] && a < b
}

// set changes a priority.
func (r *ranking) set(i int, priority float64) {
	if r.priority[i] == priority {
		return
	}
	r.priority[i] = priority
	at := int(r.place[i])
	for at > 0 && r.above(r.heap[at], r.heap[(at-1)/2]) {
		r.swap(at, (at-1)/2)
		at = (at - 1) / 2
	}
	for {
		next := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(r.heap); child++ {
			if r.above(r.heap[child], r.heap[next]) {
				next = child
			}
		}
		if next == at {
			return
		}
		r.swap(at, next)
		at = next
	}
}

func (r *ranking) swap(a, b int) {
	r.heap[a], r.heap[b] = r.heap[b], r.heap[a]
	r.place[r.heap[a]], r.place[r.heap[b]] = int32(a), int32(b)
}
