package ensemble

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tree"
)

// grove puts trees together as they are grown, in their order.
type grove struct {
	e     tree.Ensemble
	most  int // trees that are expected
	width int
}

func newGrove(shape tree.Ensemble, most int) *grove {
	g := &grove{e: shape, most: most, width: 1}
	g.e.Base = make([]float64, shape.Outputs)
	g.e.Start = append(make([]int32, 0, most+1), 0)
	if shape.Vector {
		g.width = shape.Outputs
	}
	return g
}

// takeOver begins with the trees of another model.
func (g *grove) takeOver(old *tree.Ensemble) {
	e := &g.e
	g.most += old.Trees()
	e.Start = slices.Clone(old.Start)
	e.Feature, e.Rule, e.Threshold = slices.Clone(old.Feature), slices.Clone(old.Rule), slices.Clone(old.Threshold)
	e.Left, e.Right, e.Value = slices.Clone(old.Left), slices.Clone(old.Right), slices.Clone(old.Value)
	e.Cover, e.Gain = slices.Clone(old.Cover), slices.Clone(old.Gain)
	e.Sets, e.SetStart = slices.Clone(old.Sets), slices.Clone(old.SetStart)
}

// room makes room for n nodes, as if all trees to come were like those so far.
func (g *grove) room(n int) {
	e := &g.e
	have, done := len(e.Feature), len(e.Start)-1
	if have+n <= cap(e.Feature) {
		return
	}
	per := (have + n) / (done + 1)
	want := max(n, (per+per/32)*(g.most-done))
	e.Feature, e.Rule, e.Threshold = slices.Grow(e.Feature, want), slices.Grow(e.Rule, want), slices.Grow(e.Threshold, want)
	e.Left, e.Right, e.Value = slices.Grow(e.Left, want), slices.Grow(e.Right, want), slices.Grow(e.Value, want*g.width)
	e.Cover, e.Gain = slices.Grow(e.Cover, want), slices.Grow(e.Gain, want)
}

// add appends a tree. cut turns the threshold of a column into that of the model; nil: as it is.
func (g *grove) add(t *treegrow.Grown, cut func(j int32, threshold float64) float64) {
	e, n := &g.e, len(t.Feature)
	g.room(n)
	first := len(e.Feature)
	e.Feature, e.Left, e.Right = append(e.Feature, t.Feature...), append(e.Left, t.Left...), append(e.Right, t.Right...)
	e.Threshold, e.Cover, e.Gain = append(e.Threshold, t.Threshold...), append(e.Cover, t.Weight...), append(e.Gain, t.Gain...)
	e.Rule = slices.Grow(e.Rule, n)[:first+n]
	rules := e.Rule[first:]
	for i, j := range t.Feature {
		rules[i] = tree.Less
		if j < 0 {
			continue
		}
		rules[i] = tree.LessEq
		if t.Sets != nil && t.Sets[i] != nil {
			rules[i] = tree.In
			e.Threshold[first+i] = float64(g.set(t.Sets[i]))
		} else if cut != nil {
			e.Threshold[first+i] = cut(j, t.Threshold[i])
		}
		if t.MissingLeft[i] {
			rules[i] |= tree.MissingLeft
		}
	}
	if k := len(t.Value) / n; k == g.width {
		e.Value = append(e.Value, t.Value...)
	} else { // of two classes the second one
		for i := range n {
			e.Value = append(e.Value, t.Value[i*k+k-1])
		}
	}
	e.Start = append(e.Start, int32(first+n))
}

func (g *grove) set(words []uint32) int {
	e := &g.e
	if e.SetStart == nil {
		e.SetStart = []int32{0}
	}
	e.Sets = append(e.Sets, words...)
	e.SetStart = append(e.SetStart, int32(len(e.Sets)))
	return len(e.SetStart) - 2
}

// finish checks the trees.
func (g *grove) finish() (*tree.Ensemble, error) {
	e := &g.e
	return e, e.Restore()
}

// errStop ends the growth with the trees so far.
var errStop = errors.New("stopped")

// worker is what one tree at a time is grown in.
type worker struct {
	grower *treegrow.Grower
	weight []float64
	tree   *treegrow.Grown
	plain  treegrow.Grown
}

// grow grows the trees and adds them in their order. stopped says that the progress function wanted no more.
func (f *forest) grow(ctx context.Context, g *grove) (stopped bool, err error) {
	var free sync.Pool
	return inOrder(ctx, f.trees, func(ctx context.Context, t int) (*worker, error) {
		w, _ := free.Get().(*worker)
		if w == nil {
			w = &worker{weight: make([]float64, f.bag.n)}
		}
		return w, f.growTree(ctx, w, f.before+t)
	}, func(w *worker) {
		g.add(w.tree, f.source.cut)
		free.Put(w)
	})
}

// inOrder grows trees side by side, and takes each after those before it. stopped says that the progress function wanted no more.
func inOrder[T any](ctx context.Context, trees int, grow func(ctx context.Context, t int) (T, error), take func(T)) (stopped bool, err error) {
	var mu sync.Mutex
	ready, next := map[int]T{}, 0
	track := ml.Track(ctx, "tree", trees)
	err = par.Do(ctx, trees, func(ctx context.Context, t int) error {
		grown, err := grow(ctx, t)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return errStop
		}
		ready[t] = grown
		for {
			w, is := ready[next]
			if !is {
				return nil
			}
			delete(ready, next)
			take(w)
			next++
			stop, err := track.Step(next, ml.Loss{})
			if err != nil {
				return err
			}
			if stop {
				stopped = true
				return errStop
			}
		}
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	if err != nil {
		if done := ml.Done(ctx); done != nil {
			err = done
		}
	}
	return stopped, err
}

// growTree grows tree t of the model.
func (f *forest) growTree(ctx context.Context, w *worker, t int) error {
	weight := f.bag.weights(t, w.weight)
	p := f.params
	p.Seed = rng.Key(f.seed, forestTree, uint64(t))
	if p.MinWeight > 0 {
		total := float64(f.bag.n)
		if weight != nil {
			total = 0
			for _, v := range weight {
				total += v
			}
		}
		p.MinWeight *= total
	}
	var err error
	if c := f.source.coded; c != nil {
		if w.grower == nil {
			w.grower = c.Grower()
		}
		w.tree, err = w.grower.Grow(ctx, f.target, weight, p)
		return err
	}
	nodes, err := treegrow.Grow(ctx, f.source.columns, f.target, weight, p)
	if err != nil {
		return err
	}
	w.plain.Take(nodes)
	w.tree = &w.plain
	return nil
}
