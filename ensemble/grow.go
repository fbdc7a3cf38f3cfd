package ensemble

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/histgrow"
	"github.com/gopherwood-ml/ml/internal/leafbox"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tree"
)

// grower grows the trees of a fit on the bins of its rows.
type grower struct {
	bins *histgrow.Binned
	g    *histgrow.Grower
	rest []int32 // scratch: the rows that a tree does not see
}

func newGrower(ctx context.Context, b *boosting, t ml.Table) (*grower, error) {
	p := &b.p
	bin := histgrow.Bin
	if p.Exact {
		bin = histgrow.BinExact
	}
	bins, err := bin(ctx, b.x, b.binOptions(t))
	if err != nil {
		return nil, b.growError(ctx, err)
	}
	g, err := histgrow.New(bins, histgrow.Config{
		Growth: histgrow.Growth(p.Growth), MaxLeaves: p.MaxLeaves, MaxDepth: p.MaxDepth, MinSamplesLeaf: p.MinSamplesLeaf, MinHessian: p.MinHessianLeaf, MinGain: p.MinGain,
		L1: p.L1, L2: p.L2, MaxDeltaStep: p.MaxDeltaStep, PathSmooth: p.PathSmooth, Monotone: p.directions, Method: leafbox.Method(p.MonotoneMethod), Interaction: p.Interactions,
		ColumnsByTree: p.Sampling.Columns, ColumnsByLevel: p.Sampling.LevelColumns, ColumnsByNode: p.Sampling.NodeColumns, Seed: rng.Key(p.Seed, drawColumns),
		Categories: histgrow.Categories(p.Categories)})
	if err != nil {
		return nil, b.growError(ctx, err)
	}
	return &grower{bins: bins, g: g}, nil
}

// growError puts what the grower found into the terms of the caller.
func (b *boosting) growError(ctx context.Context, err error) error {
	if done := ml.Done(ctx); done != nil {
		return done
	}
	if bad, is := errors.AsType[*histgrow.BadValue](err); is {
		field := fmt.Sprintf("X[%d, %d] (%s)", bad.Row, bad.Col, ml.ColumnName(b.columns, bad.Col))
		return &ml.Error{Where: b.where, Field: field, Found: fmt.Sprint(bad.Value), Want: bad.Want + ", or NaN", Kind: ml.ErrColumn}
	}
	if bad, is := errors.AsType[*histgrow.BadConfig](err); is {
		return ml.BadConfig(b.where, bad.Field, bad.Found, bad.Want)
	}
	return err
}

// tree grows tree number of a fit for output k, on the rows used (nil: all), and adds it to the scores.
func (b *boosting) tree(ctx context.Context, k, number int, used []int32) (grownTree, error) {
	gr := b.grower
	gr.g.Next = uint64(number)
	hess := b.hess[k]
	if b.ones[k] && b.obj.unit() && !b.p.Sampling.scales() {
		hess = nil
	}
	t, err := gr.g.Grow(ctx, b.grad[k], hess, used)
	if bad, is := errors.AsType[*histgrow.BadDerivative](err); is { // GOSS scales derivatives up
		return grownTree{}, b.badDerivative(k, bad.Row)
	}
	if err != nil {
		return grownTree{}, b.growError(ctx, err)
	}
	if len(t.Nodes) == 1 {
		t.Nodes[0].Value = 0
	} else if l, y := b.obj.leaf(); l != nil {
		b.renew(l, y, k, t)
	}
	t.Scale(b.p.LearningRate / float64(b.p.ParallelTrees))
	score := b.score[k]
	if b.p.Forest {
		score = b.sum[k]
	}
	if b.fresh == 1 {
		t.AddGrown(score)
		if used != nil {
			gr.rest = complement(gr.rest[:0], used, b.n)
			gr.bins.Add(t, score, gr.rest)
		}
	}
	out := grownTree{nodes: b.nodesOf(t), weight: b.fresh}
	if b.fresh != 1 {
		if err := b.addTree(ctx, b.score[k], &out, b.fresh); err != nil {
			return out, err
		}
	}
	return out, b.addWatched(ctx, k, &out, b.fresh)
}

// complement are the rows below n that are not in the rising list used.
func complement(dst, used []int32, n int) []int32 {
	at := 0
	for i := range int32(n) {
		if at < len(used) && used[at] == i {
			at++
			continue
		}
		dst = append(dst, i)
	}
	return dst
}

// nodesOf is a tree in the form that ensembles have.
func (b *boosting) nodesOf(t *histgrow.Tree) []tree.Node {
	nodes, values := make([]tree.Node, len(t.Nodes)), make([]float64, len(t.Nodes))
	weight := b.obj.weights()
	for i := len(nodes) - 1; i >= 0; i-- { // children stand behind their parents
		from := &t.Nodes[i]
		values[i] = from.Value
		n := tree.Node{Feature: int(from.Feature), Left: int(from.Left), Right: int(from.Right), Value: values[i : i+1 : i+1],
			Hessian: from.Hessian, Gain: from.Gain, Samples: from.Count, Cover: float64(from.Count), ID: i}
		switch {
		case from.Feature < 0:
			n.Left, n.Right = 0, 0
			if weight != nil {
				n.Cover = 0
				for _, r := range t.RowsOf(i) {
					n.Cover += weight[r]
				}
			}
		case from.Category:
			n.Rule, n.Set = tree.In, from.Set
		default:
			n.Rule, n.Threshold = tree.LessEq, from.Threshold
			if from.MissingLeft {
				n.Rule |= tree.MissingLeft
			}
		}
		if from.Feature >= 0 && weight != nil {
			n.Cover = nodes[n.Left].Cover + nodes[n.Right].Cover
		}
		nodes[i] = n
	}
	return nodes
}

// renew gives each leaf the number that suits the loss of its rows best.
func (b *boosting) renew(l LossLeaf, y []float64, k int, t *histgrow.Tree) {
	weight := b.obj.weights()
	score := b.score[k]
	if b.from != nil {
		score = b.from[k]
	}
	par.ForChunks(len(t.Nodes), 1, func(_, lo, hi int) {
		for j := lo; j < hi; j++ {
			if t.Nodes[j].Feature >= 0 {
				continue
			}
			at := t.RowsOf(j)
			ys, ss := make([]float64, len(at)), make([]float64, len(at))
			var ws []float64
			if weight != nil || len(b.factor) > 0 {
				ws = make([]float64, len(at))
			}
			for q, i := range at {
				ys[q], ss[q] = y[i], score[i]
				if ws != nil {
					ws[q] = b.weightOf(weight, i)
				}
			}
			v := l.Leaf(ys, ss, ws)
			if !(math.Abs(v) <= math.MaxFloat64) {
				v = 0
			}
			if m := b.p.MaxDeltaStep; m > 0 {
				v = max(-m, min(m, v))
			}
			t.Nodes[j].Value = v
		}
	})
	b.keepMonotone(t)
}

// weightOf is what row i counts in a leaf: its weight (nil: 1) times what its draw multiplies.
func (b *boosting) weightOf(weight []float64, i int32) float64 {
	w := 1.0
	if weight != nil {
		w = weight[i]
	}
	if len(b.factor) > 0 {
		w *= b.factor[i]
	}
	return w
}

// keepMonotone moves renewed leaves back within what the constraints allow: at a split on a constrained column the middle of what its two sides answer on
// average bounds all leaves below, as it does where leaves are Newton steps.
func (b *boosting) keepMonotone(t *histgrow.Tree) {
	if b.p.directions == nil {
		return
	}
	nodes := t.Nodes
	mean := func(n *histgrow.Node) float64 {
		l, r := &nodes[n.Left], &nodes[n.Right]
		share := float64(r.Count) / float64(l.Count+r.Count)
		return l.Value + float64(share*(r.Value-l.Value))
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if n := &nodes[i]; n.Feature >= 0 {
			n.Value = mean(n)
		}
	}
	low, high := make([]float64, len(nodes)), make([]float64, len(nodes))
	low[0], high[0] = math.Inf(-1), math.Inf(1)
	for i := range nodes { // parents stand before their children
		n := &nodes[i]
		n.Value = min(max(n.Value, low[i]), high[i])
		if n.Feature < 0 {
			continue
		}
		l, r := n.Left, n.Right
		low[l], high[l], low[r], high[r] = low[i], high[i], low[i], high[i]
		if d := b.p.directions[n.Feature]; d != 0 && !n.Category {
			x, z := min(max(nodes[l].Value, low[i]), high[i]), min(max(nodes[r].Value, low[i]), high[i])
			middle := x + (z-x)/2
			if d > 0 {
				high[l], low[r] = middle, middle
			} else {
				low[l], high[r] = middle, middle
			}
		}
	}
}
