package ensemble

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// grownTree is a tree of a model that is being made. Its leaves hold what is added to a score, before its weight.
type grownTree struct {
	nodes  []tree.Node
	weight float64
}

// find is the leaf of a row.
func (t *grownTree) find(x []float64) int {
	i := 0
	for t.nodes[i].Feature >= 0 {
		n := &t.nodes[i]
		if passes(n, x[n.Feature]) {
			i = n.Left
		} else {
			i = n.Right
		}
	}
	return i
}

// at is what the tree adds to the score of a row.
func (t *grownTree) at(x []float64, weight float64) float64 {
	return float64(weight * t.nodes[t.find(x)].Value[0])
}

// addRows is to how many rows a tree is added before the context is looked at again.
const addRows = 1 << 16

// add adds the tree to the scores of rows; a walk takes about cost nanoseconds.
func (t *grownTree) add(ctx context.Context, score []float64, x rows.Rows, weight float64, cost int) error {
	for first := 0; first < x.Len(); first += addRows {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		par.For(min(addRows, x.Len()-first), cost, func(lo, hi int) {
			buf := make([]float64, x.Cols())
			for i := first + lo; i < first+hi; i++ {
				score[i] += t.at(x.Row(i, buf), weight)
			}
		})
	}
	return nil
}

// zeroBound is within what LightGBM counts numbers as zero.
const zeroBound = float64(float32(1e-35))

// passes is the meaning of a split of this package's trees, and of those that Adopt takes: numbers up to the threshold, or the codes of a set, go left.
func passes(n *tree.Node, x float64) bool {
	if x != x && n.Rule&tree.NaNIsZero != 0 {
		x = 0
	}
	if x != x || n.Rule&tree.ZeroIsMissing != 0 && math.Abs(x) <= zeroBound {
		return n.Rule&tree.MissingLeft != 0
	}
	if !n.Rule.Categorical() {
		return x <= n.Threshold
	}
	if n.Rule.Test() == tree.InCut {
		x = math.Trunc(x)
	}
	if !(x >= 0 && x < float64(32*len(n.Set))) {
		return false
	}
	code := int(x)
	return n.Set[code>>5]>>(code&31)&1 != 0
}

// boosting is one fit.
type boosting struct {
	where    string
	p        boostParams
	x        rows.Rows
	n        int // rows
	features int
	columns  []ml.Column
	obj      objective
	outputs  int
	score    [][]float64
	grad     [][]float32
	hess     [][]float32
	ones     []bool // whether the second derivatives are all 1, by output
	base     []float64
	trees    []grownTree
	old      *tree.Model // the model that is continued; nil: none
	before   int         // its rounds
	fresh    float64     // what the trees of this round weigh
	from     [][]float64 // the scores that the trees of this round are grown from, if they are not score
	sum      [][]float64 // what the trees add up to for training rows, which scores with Forest are a mean of
	factor   []float64   // what the draw of rows multiplies the derivatives of each row by; empty: nothing
	watch    []*watcher
	grower   *grower
}

// rounds is how many there are, those of a continued model included.
func (b *boosting) rounds() int { return len(b.trees) / b.each() }

// each is the number of trees in a round: with ParallelTrees some for each output, all outputs in turn.
func (b *boosting) each() int { return b.outputs * b.p.ParallelTrees }

// lossRows is on how many training rows the loss is measured.
const lossRows = 1 << 12

// begin prepares rows to learn from. Old is nil or is continued.
func (b *boosting) begin(ctx context.Context, t ml.Table, old *tree.Model) error {
	b.old = old
	b.x = rows.Of(t.X)
	b.n, b.features = t.X.Dims()
	b.columns = t.Columns
	b.outputs = b.obj.outputs()
	b.score, b.ones = make([][]float64, b.outputs), make([]bool, b.outputs)
	b.grad, b.hess = make([][]float32, b.outputs), make([][]float32, b.outputs)
	for k := range b.outputs {
		b.score[k], b.grad[k], b.hess[k] = make([]float64, b.n), make([]float32, b.n), make([]float32, b.n)
	}
	if err := b.checkOffsets("X", b.x); err != nil {
		return err
	}
	if old == nil {
		b.base = b.obj.start(b.offset())
		for _, v := range b.base {
			if !(math.Abs(v) <= math.MaxFloat64) {
				return &ml.Error{Where: b.where, Field: "Loss", Found: fmt.Sprintf("one that starts from %v", v), Want: "a finite start", Kind: ml.ErrTarget}
			}
		}
	} else {
		b.base = slices.Clone(old.Ensemble.Base)
		b.trees = treesOf(old.Ensemble)
		b.before = b.rounds()
	}
	if b.p.Forest {
		b.from = like(b.score)
		b.sum = like(b.score)
		b.ground(b.from, b.x)
	}
	b.scores(b.score, b.sum, b.x)
	g, err := newGrower(ctx, b, t)
	if err != nil {
		return err
	}
	b.grower = g
	return nil
}

// treesOf takes a model apart.
func treesOf(e *tree.Ensemble) []grownTree {
	out := make([]grownTree, e.Trees())
	for t := range out {
		out[t] = grownTree{nodes: make([]tree.Node, e.Nodes(t)), weight: 1}
		if e.Weight != nil {
			out[t].weight = e.Weight[t]
		}
		for i := range out[t].nodes {
			out[t].nodes[i] = e.Node(t, i)
			out[t].nodes[i].Linear = nil // an offset
		}
	}
	return out
}

// like makes zeros for as many rows and outputs.
func like[T any](v [][]T) [][]T {
	out := make([][]T, len(v))
	for k := range out {
		out[k] = make([]T, len(v[k]))
	}
	return out
}

// ground writes what boosting starts from to the scores of rows. It does not read fresh memory before it writes there: Linux would map each page twice, and the second time interrupt all
// other cores of the process.
func (b *boosting) ground(dst [][]float64, x rows.Rows) {
	for k, v := range b.base {
		if b.p.offsets == nil {
			for i := range dst[k] {
				dst[k][i] = v
			}
			continue
		}
		x.Col(b.p.offsets[k], dst[k])
		for i := range dst[k] {
			dst[k][i] += v
		}
	}
}

// scores writes what the base and the trees so far give rows, and with Forest what the trees add up to.
func (b *boosting) scores(dst, sum [][]float64, x rows.Rows) {
	b.ground(dst, x)
	if len(b.trees) == 0 {
		return
	}
	if b.p.Forest {
		defer b.average(dst, sum, b.rounds())
		dst = sum
	}
	par.For(x.Len(), 50*len(b.trees)+10, func(lo, hi int) {
		buf := make([]float64, x.Cols())
		for i := lo; i < hi; i++ {
			row := x.Row(i, buf)
			for t := range b.trees {
				dst[t%len(dst)][i] += b.trees[t].at(row, b.trees[t].weight)
			}
		}
	})
}

// average turns sums of n trees into scores.
func (b *boosting) average(score, sum [][]float64, n int) {
	for k, base := range b.base {
		for i, v := range sum[k] {
			score[k][i] = v/float64(n) + base
		}
	}
}

// run adds rounds and returns how it went.
func (b *boosting) run(ctx context.Context) (ml.Info, error) {
	info := ml.Info{Rows: b.n, Features: b.features, Status: ml.MaxIter}
	track := ml.Track(ctx, "round", b.p.Trees)
	step := max(1, b.n/lossRows)
	for k := 1; k <= b.p.Trees; k++ {
		if err := ml.Done(ctx); err != nil {
			return info, err
		}
		more, err := b.round(ctx, b.before+k-1)
		if err != nil {
			return info, err
		}
		if !more {
			info.Status, info.Note = ml.Converged, fmt.Sprintf("no split of any column is worth making after round %d", k-1)
			break
		}
		info.Iterations = k
		loss := ml.Loss{Train: b.obj.loss(b.score, step)}
		ends, err := b.look(ctx, k)
		if err != nil {
			return info, err
		}
		if b.watch != nil {
			first := &b.watch[0].measures[0]
			loss.Valid, loss.Watched = first.values[k-1], true
			if b.p.Patience > 0 || b.p.KeepBest {
				info.Best = first.at
			}
		}
		info.Loss = append(info.Loss, loss.Train)
		stop, err := track.Step(k, loss)
		if err != nil {
			return info, err
		}
		if ends != nil {
			info.Status, info.Best = ml.EarlyStopped, ends.at
			break
		}
		if stop {
			info.Status = ml.Stopped
			break
		}
	}
	if b.watch != nil {
		info.ValidLoss, info.Watched = b.watch[0].measures[0].values, b.curves()
	}
	if info.Best > 0 {
		b.trees = b.trees[:(b.before+info.Best)*b.each()]
	}
	return info, nil
}

// round adds the trees of one round; more is false where no tree could be split, and no other draw of rows or columns could change that.
func (b *boosting) round(ctx context.Context, round int) (more bool, err error) {
	dropped := b.drops(round)
	if err := b.forget(ctx, dropped); err != nil {
		return false, err
	}
	b.keepScores(dropped)
	from := b.score
	if b.from != nil {
		from = b.from
	}
	b.obj.derive(b.grad, b.hess, from, rng.Key(b.p.Seed, drawLoss, uint64(round)))
	if err := b.checkDerivatives(); err != nil {
		return false, err
	}
	if b.fresh, err = b.remember(ctx, dropped); err != nil {
		return false, err
	}
	split := false
	first := len(b.trees)
	grad, hess := b.grad, b.hess
	parallel := b.p.ParallelTrees
	for p := range parallel {
		if parallel > 1 && b.p.Sampling.scales() { // each draw multiplies them anew
			b.grad, b.hess = copies(grad), copies(hess)
		}
		draw := round*parallel + p
		used := b.rowsOf(draw, b.grad, b.hess)
		for k := range b.outputs {
			t, err := b.tree(ctx, k, draw*b.outputs+k, used)
			if err != nil {
				return false, err
			}
			t.weight = b.fresh
			split = split || len(t.nodes) > 1
			b.trees = append(b.trees, t)
		}
	}
	b.grad, b.hess = grad, hess
	if !split && !b.p.Sampling.draws() && dropped == nil {
		b.trees = b.trees[:first]
		return false, nil
	}
	if b.p.Forest {
		b.average(b.score, b.sum, b.rounds())
		for _, w := range b.watch {
			b.average(w.score, w.sum, b.rounds())
		}
	}
	return true, nil
}

func copies[T any](v [][]T) [][]T {
	out := make([][]T, len(v))
	for k := range out {
		out[k] = slices.Clone(v[k])
	}
	return out
}

// keepScores copies the scores that trees are grown from, if leaves look at them again when they are others.
func (b *boosting) keepScores(dropped []int) {
	if b.p.Forest {
		return // the same in all rounds
	}
	b.from = nil
	if l, _ := b.obj.leaf(); l != nil && (b.p.ParallelTrees > 1 || dropped != nil) {
		b.from = copies(b.score)
	}
}

// checkDerivatives refuses what a loss of the user's should not give, and notes where second derivatives are all 1.
func (b *boosting) checkDerivatives() error {
	type spread struct{ grad, hess kern.Spread }
	one := math.Float32bits(1)
	for k := range b.grad {
		g, h := b.grad[k], b.hess[k]
		found := par.Reduce(b.n, 1<<14, func(_, lo, hi int) spread { return spread{kern.SpreadOf(g[lo:hi]), kern.SpreadOf(h[lo:hi])} },
			func(a, b spread) spread { return spread{a.grad.Join(b.grad), a.hess.Join(b.hess)} })
		b.ones[k] = found.hess.Least == one && found.hess.Most == one
		if found.grad.Finite() && found.hess.Positive() {
			continue
		}
		for i := range g {
			if !(math.Abs(float64(g[i])) <= math.MaxFloat32 && h[i] >= 0 && h[i] <= math.MaxFloat32) {
				return b.badDerivative(k, i)
			}
		}
	}
	return nil
}

// badDerivative is about a row whose derivatives by score k cannot be taken.
func (b *boosting) badDerivative(k, row int) error {
	return &ml.Error{Where: b.where, Field: "Loss", Found: fmt.Sprintf("derivatives %v and %v of row %d at score %v", b.grad[k][row], b.hess[k][row], row, b.score[k][row]),
		Want: "a finite one, and a second one that is not below 0; targets of the size of 1, or a smaller LearningRate", Kind: ml.ErrTarget}
}

// fit runs all rounds and returns the trees and the description of the model, which f begins.
func (b *boosting) fit(ctx context.Context, f ml.Fitted) (ml.Fitted, *tree.Ensemble, error) {
	info, err := b.run(ctx)
	if err != nil {
		return f, nil, err
	}
	f.Info = info
	if b.old != nil {
		f = continued(&b.old.Fitted, info)
	}
	e, err := b.ensemble()
	return f, e, err
}

// ensemble puts the trees together.
func (b *boosting) ensemble() (*tree.Ensemble, error) {
	build := tree.NewBuilder(tree.Ensemble{Features: b.features, Outputs: b.outputs, Base: b.base, Link: b.obj.link(), Stage: b.each(), Average: b.p.Forest})
	for i, t := range b.withOffsets() {
		build.Add(i%b.outputs, t.weight, t.nodes)
	}
	return build.Ensemble()
}
