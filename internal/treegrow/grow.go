package treegrow

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/leafbox"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Params say how a tree grows.
type Params struct {
	Criterion       Criterion
	Level           float64   // of Quantile
	Halve           bool      // Quantile's loss is the pinball loss; else twice that, for the absolute error
	Delta           float64   // of Huber: where squares turn into lines
	Power           float64   // of Tweedie, between 1 and 2
	Scale           []float64 // of Squared: what the variance of each number counts; nil: 1
	Random          bool      // one random split for each column that is tried, instead of the best one
	MaxDepth        int       // 0: any
	MaxLeaves       int       // at least 2: the best split first; 0: any, depth first
	MinSplit        int       // rows of a node that may be split
	MinLeaf         int       // rows of a leaf
	MinWeight       float64   // weight of a leaf
	MinDecrease     float64   // of the impurity, times the share of the weight in the node
	MaxFeatures     int       // columns that are tried, drawn for each node among those that vary; 0: all, in their order
	Monotone        []int8    // of each column: 1 rising, -1 falling, 0 free; nil: free. For one number or two classes
	Method          MonotoneMethod
	MonotonePenalty float64 // how little splits of constrained columns count near the root
	Interaction     [][]int // columns of a group may follow each other on a path; columns in no group form one more; nil: all may
	Categories      Categories
	PresentOnly     bool // splits are chosen by the rows that are not missing in their column; the others go by Surrogates, or with the larger part
	Surrogates      int  // of each split, at most
	Seed            uint64
}

// Categories say how columns of categories are divided.
type Categories struct {
	Smooth        float64 // weight with the node's own mean that each category has where they are put in order
	MinSamples    int     // rows of a category that stands by itself; those with fewer stand together
	UnseenMissing bool    // categories that a split has not seen go with the missing, if it has seen those; else to the heavier child
}

// Node is a node of a grown tree. The children of an inner node stand after it, the left one directly.
type Node struct {
	Feature     int      // -1: a leaf
	Threshold   float64  // numbers up to it go left
	Set         []uint32 // of a split by category: bit c%32 of word c/32 says that code c goes left; nil: by number
	MissingLeft bool
	Left, Right int
	Value       []float64 // shares of the classes, or means (quantiles) of the numbers
	Samples     int
	Weight      float64
	Impurity    float64
	Gain        float64 // fall of the impurity, times the share of the weight in the node
	Surrogates  []Surrogate

	job int // what stands here is the tree of job-1
}

// leaf makes the node one again.
func (n *Node) leaf() {
	n.Feature, n.Threshold, n.Set, n.MissingLeft, n.Surrogates = -1, 0, nil, false, nil
}

// task is what all frames of a tree share.
type task struct {
	ctx         context.Context
	columns     *Columns
	target      *Target
	params      Params
	criterion   Criterion
	measure     measure
	kept        []int32 // rows of the data that have weight
	weights     rowWeights
	weight      []float64 // of the rows of the data; nil: 1
	numbers     wholeTargets
	class       []int32   // of the kept rows
	y           []float64 // of the kept rows
	leastWeight int64
	total       float64
	seed        uint64
	together    [][]bool  // of columns that may follow each other; nil: all may
	pool        sync.Pool // of *frame[uint32]
}

func (t *task) width() int {
	if t.target.K > 0 {
		return t.target.K + 1
	}
	return t.target.M + 1
}

// Grow grows a tree. weight has a number >= 0 for each row, nil: 1 for each; rows of weight 0 do not count. It returns early, with the
// context's error, when ctx is done.
func Grow(ctx context.Context, c *Columns, target *Target, weight []float64, p Params) ([]Node, error) {
	t := newTask(ctx, c, target, weight, p)
	if t.histogram() {
		f := new(frame[uint64])
		beginFrame(f, t)
		return growFrom(f)
	}
	if len(t.kept) <= smallFrame {
		f := new(frame[uint32])
		t.begin32(f)
		return growFrom(f)
	}
	f := new(frame[uint64])
	beginFrame(f, t)
	return growFrom(f)
}

func (t *task) begin32(f *frame[uint32]) { beginFrame(f, t) }

func newTask(ctx context.Context, c *Columns, target *Target, weight []float64, p Params) *task {
	t := &task{ctx: ctx, columns: c, target: target, params: p, criterion: p.Criterion, weight: weight, seed: p.Seed, together: interactions(p.Interaction, c.Features)}
	t.kept = make([]int32, 0, c.Rows)
	for i := range c.Rows {
		if weight == nil || weight[i] > 0 {
			t.kept = append(t.kept, int32(i))
		}
	}
	t.weights = wholeWeights(weight, t.kept)
	t.total = float64(t.weights.sum) * t.weights.unit
	t.leastWeight = max(int64(math.Ceil(p.MinWeight/t.weights.unit)), 0)
	t.measure = measure{criterion: p.Criterion, power: p.Power, unit: t.weights.unit, scale: p.Scale}
	if target.K > 0 {
		t.class = make([]int32, len(t.kept))
		for k, i := range t.kept {
			t.class[k] = int32(target.class[i])
		}
		if p.Criterion == Entropy && t.weights.q == nil {
			t.measure.xlogx = xlogxTable(len(t.kept))
		}
		return t
	}
	m := target.M
	t.y = make([]float64, len(t.kept)*m)
	for k, i := range t.kept {
		copy(t.y[k*m:(k+1)*m], target.y[int(i)*m:])
	}
	t.numbers = wholeNumbers(target, t.kept, t.weights, !t.centred())
	t.measure.term = t.numbers.term
	return t
}

// centred criteria do not mind when all targets of a node are shifted.
func (t *task) centred() bool { return t.criterion == Squared || t.criterion.ordered() }

// beginFrame makes the frame of all kept rows.
func beginFrame[E entry](f *frame[E], t *task) {
	data := make([]int32, len(t.kept))
	local := make([]int32, t.columns.Rows)
	for i := range local {
		local[i] = -1
	}
	for k, i := range t.kept {
		data[k], local[i] = int32(k), int32(k)
	}
	if t.histogram() {
		f.beginHistograms(t, data)
		return
	}
	f.reset(t, data)
	if t.columns.bins != nil {
		f.cols = make([]frameColumn[E], t.columns.Features)
		f.fromCodes(func(k int) int32 { return t.kept[k] })
		f.prepareColumns()
		return
	}
	f.cols = make([]frameColumn[E], t.columns.Features)
	stored := 0
	for j := range f.cols {
		stored += len(t.columns.cols[j].entries)
		if t.columns.cols[j].sparse {
			f.cols[j].span = f.sparse
			f.sparse++
		}
	}
	par.For(len(f.cols), 2*stored/max(len(f.cols), 1)+20, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			c := &t.columns.cols[j]
			from := frameColumn[uint64]{zero: c.zero, categorical: c.categorical, sparse: c.sparse, missing: c.missing, span: f.cols[j].span}
			compress(&f.cols[j], &from, c.entries, local)
		}
	})
	f.prepareColumns()
}

func (f *frame[E]) prepareColumns() {
	if len(f.all) != len(f.cols) {
		f.all = make([]int32, len(f.cols))
		for j := range f.all {
			f.all[j] = int32(j)
		}
		f.found = make([]split, len(f.cols))
	}
	f.centre = sized(f.centre, f.target.M)
	f.shifts = sized(f.shifts, f.target.M)
}

// jobWork is how many numbers a subtree may have that is grown by itself: what fits into a core's own cache.
const jobWork = 1 << 17

// growFrom grows the tree whose rows are those of f.
func growFrom[E entry](f *frame[E]) ([]Node, error) {
	root := f.root()
	f.evaluate(root)
	if f.methodical() {
		root.box, f.leaves = leafbox.Whole(len(f.cols)), []*node{root}
	}
	if f.params.MaxLeaves > 0 {
		return f.growBest(root)
	}
	if f.methodical() { // every leaf depends on the others
		return f.growDepth(root, nil)
	}
	if len(f.data)*len(f.cols) <= jobWork {
		f.serial = true
		return f.growDepth(root, nil)
	}
	var jobs []*node
	nodes, err := f.growDepth(root, &jobs)
	if err != nil {
		return nil, err
	}
	local := make([]int32, len(f.data))
	subtrees := make([][]Node, len(jobs))
	err = par.Do(f.ctx, len(jobs), func(_ context.Context, k int) error {
		var err error
		subtrees[k], err = growPart(f, jobs[k], local)
		return err
	})
	if err != nil {
		return nil, err
	}
	return join(nodes, subtrees), nil
}

// growPart grows the subtree of a node in a frame of its own.
func growPart[E entry](f *frame[E], nd *node, local []int32) ([]Node, error) {
	t := f.task
	sub, _ := t.pool.Get().(*frame[uint32])
	if sub == nil {
		sub = new(frame[uint32])
	}
	defer t.pool.Put(sub)
	data := sized(sub.data, nd.size())
	for k, r := range f.rows[nd.lo:nd.hi] {
		data[k], local[r] = f.data[r], int32(k)
	}
	sub.reset(t, data)
	sub.serial, sub.sparse, sub.spans = true, f.sparse, nil
	sub.cols = sized(sub.cols, len(f.cols))
	if f.hist {
		sub.fromCodes(func(k int) int32 { return t.kept[data[k]] })
	}
	sub.unpack(nd)
	for j := range f.cols {
		if f.hist {
			break
		}
		c := &f.cols[j]
		lo, hi := nd.span(c.span, c.sparse)
		compress(&sub.cols[j], c, c.e[lo:hi], local)
	}
	nd.spans = nil
	sub.prepareColumns()
	root := sub.root()
	root.depth, root.key, root.lower, root.upper, root.stat, root.open, root.out = nd.depth, nd.key, nd.lower, nd.upper, nd.stat, nd.open, nd.out
	return sub.growDepth(root, nil)
}

// join puts the subtrees in their places.
func join(nodes []Node, subtrees [][]Node) []Node {
	place := make([]int, len(nodes))
	total := 0
	for i := range nodes {
		place[i] = total
		if k := nodes[i].job; k > 0 {
			total += len(subtrees[k-1])
		} else {
			total++
		}
	}
	out := make([]Node, 0, total)
	for i, n := range nodes {
		if n.job == 0 {
			if n.Feature >= 0 {
				n.Left, n.Right = place[n.Left], place[n.Right]
			}
			out = append(out, n)
			continue
		}
		first := len(out)
		out = append(out, subtrees[n.job-1]...)
		for k := range out[first:] {
			if s := &out[first+k]; s.Feature >= 0 {
				s.Left += place[i]
				s.Right += place[i]
			}
		}
	}
	return out
}

// growDepth grows the tree below a node, left children first. Nodes that are small enough go to jobs, if that is not nil.
func (f *frame[E]) growDepth(root *node, jobs *[]*node) ([]Node, error) {
	type waiting struct {
		nd     *node
		parent int
		right  bool
	}
	var nodes []Node
	stack := []waiting{{nd: root, parent: -1}}
	for len(stack) > 0 {
		w := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		at := len(nodes)
		if w.right {
			nodes[w.parent].Right = at
		} else if w.parent >= 0 {
			nodes[w.parent].Left = at
		}
		nd := w.nd
		if jobs != nil && !nd.final && nd.size()*len(f.cols) <= jobWork && nd.size() <= smallFrame {
			f.pack(nd)
			*jobs = append(*jobs, nd)
			nodes = append(nodes, Node{job: len(*jobs)})
			continue
		}
		if err := f.ctx.Err(); err != nil {
			return nil, err
		}
		f.unpack(nd)
		left, right := f.divideNode(nd)
		if nd.spans != nil { // a leaf
			f.spans, nd.spans = append(f.spans, nd.spans), nil
		}
		nodes = append(nodes, nd.out)
		if left != nil {
			f.pack(right)
			stack = append(stack, waiting{right, at, true}, waiting{left, at, false})
		}
	}
	return nodes, nil
}

// divideNode splits a node, if it is not final and there is a split that is allowed.
func (f *frame[E]) divideNode(nd *node) (left, right *node) {
	if nd.final {
		return nil, nil
	}
	sp := f.find(nd)
	if !sp.found {
		return nil, nil
	}
	return f.carryOut(nd, &sp)
}

// carryOut divides a node by a split, unless that lowers the impurity too little.
func (f *frame[E]) carryOut(nd *node, sp *split) (left, right *node) {
	f.mark(nd, sp)
	mid := f.divide(nd)
	left = &node{lo: nd.lo, hi: mid, depth: nd.depth + 1, key: rng.Key(nd.key, 0), lower: nd.lower, upper: nd.upper}
	right = &node{lo: mid, hi: nd.hi, depth: nd.depth + 1, key: rng.Key(nd.key, 1), lower: nd.lower, upper: nd.upper}
	f.describe(&nd.out, sp, nd, left.size() > right.size())
	if f.methodical() {
		f.boundChildren(nd, left, right)
	}
	if f.bound(sp.feature) {
		if f.params.Monotone[sp.feature] > 0 {
			left.upper, right.lower = min(left.upper, sp.middle), max(right.lower, sp.middle)
		} else {
			left.lower, right.upper = max(left.lower, sp.middle), min(right.upper, sp.middle)
		}
	}
	gain := f.gainOf(nd, left, right)
	if gain+epsilon < f.params.MinDecrease {
		nd.out.leaf()
		return nil, nil
	}
	if f.methodical() {
		f.replaceLeaf(nd, left, right)
	}
	nd.out.Gain = gain
	f.partition(nd, left, right)
	left.open = f.stillOpen(nd, sp.feature)
	right.open = left.open
	return left, right
}

// epsilon forgives what rounding takes from a gain.
const epsilon = 0x1p-52

// gainOf evaluates the children and returns what the split gains.
func (f *frame[E]) gainOf(nd, left, right *node) float64 {
	s := f.space()
	defer f.scratch.Put(s)
	if f.criterion.ordered() {
		f.evaluate(left)
		f.evaluate(right)
		loss := float64(left.out.Impurity*left.out.Weight) + float64(right.out.Impurity*right.out.Weight)
		return max(float64(nd.out.Impurity*nd.out.Weight)-loss, 0) / f.total
	}
	if f.target.K > 0 {
		f.evaluate(left)
		f.evaluate(right)
		return s.m.gain(left.stat, right.stat, nd.stat) / f.total
	}
	clear(s.left)
	for _, r := range f.rows[left.lo:left.hi] {
		f.addRow(s.left, r)
	}
	for k, v := range s.left {
		s.right[k] = nd.stat[k] - v
	}
	f.evaluate(left)
	f.evaluate(right)
	return s.m.gain(s.left, s.right, nd.stat) / f.total
}

// find finds the best split of a node. Of equal ones it takes that of the lowest column (of the one drawn first, if columns are drawn), in a column the one without missing values on the
// left, and the lowest threshold.
func (f *frame[E]) find(nd *node) split {
	f.prepare(nd)
	if f.methodical() {
		f.rebound(nd)
	}
	columns := f.varying(nd)
	if k := f.params.MaxFeatures; k > 0 {
		columns = f.drawn(nd.key, columns, k)
	}
	f.mixed = slices.ContainsFunc(columns, func(j int32) bool { return !f.plain(nd, j) })
	perRow := 3
	if f.criterion.ordered() {
		perRow = 300
	} else if f.criterion != Gini && f.criterion != Squared {
		perRow = 30
	}
	f.forColumns(nd, columns, perRow, func(s *space[E], j int32) { f.found[j] = f.findIn(s, nd, j) })
	f.penalise(nd, columns)
	var best split
	for _, j := range columns {
		best.better(&f.found[j])
	}
	if best.found && f.cols[best.feature].categorical {
		s := f.space()
		f.settleSides(s, nd, &best)
		f.scratch.Put(s)
	}
	if best.found && f.params.PresentOnly {
		f.findSurrogates(nd, &best)
	}
	return best
}

// varying lists the columns of a node that do not hold one value alone, and that may follow those above it.
func (f *frame[E]) varying(nd *node) []int32 {
	f.columnList = f.columnList[:0]
	for j := range f.cols {
		c := &f.cols[j]
		lo, hi := nd.span(c.span, c.sparse)
		if !f.mayFollow(nd, j) || f.hist && f.oneBin(nd, j) || !f.hist && (lo == hi || hi-lo == nd.size() && c.e[lo]>>f.shift == c.e[hi-1]>>f.shift) {
			continue
		}
		f.columnList = append(f.columnList, int32(j))
	}
	return f.columnList
}

// drawn draws columns until k of them vary, and returns these in the order of the draw.
func (f *frame[E]) drawn(key uint64, varying []int32, k int) []int32 {
	f.order, f.varies = sized(f.order, len(f.all)), sized(f.varies, len(f.all))
	copy(f.order, f.all)
	clear(f.varies)
	for _, j := range varying {
		f.varies[j] = true
	}
	out, order := varying[:0], f.order
	k = min(k, len(varying))
	for i := 0; len(out) < k; i++ {
		o := i + pick(key, i, len(order)-i)
		order[i], order[o] = order[o], order[i]
		if f.varies[order[i]] {
			out = append(out, order[i])
		}
	}
	return out
}

func (f *frame[E]) findIn(s *space[E], nd *node, j int32) split {
	c := &f.cols[j]
	switch {
	case f.params.PresentOnly:
		return f.present(s, nd, j)
	case f.params.Random:
		return f.draw(s, nd, j)
	case f.criterion.ordered():
		return f.ordered(s, nd, j)
	case c.categorical:
		return f.categories(s, nd, j)
	case f.hist:
		return f.binCuts(s, nd, j)
	}
	if f.plain(nd, j) {
		present, _ := f.part(nd, c)
		if sp, ok := f.fast(s, nd, present, j); ok {
			return sp
		}
	}
	return f.general(s, nd, j)
}

// plain reports whether a column is of numbers, all of them there, and free: what the fast scans take.
func (f *frame[E]) plain(nd *node, j int32) bool {
	c := &f.cols[j]
	return !c.categorical && !c.sparse && !f.anyMissing(nd, j) && (f.params.Monotone == nil || f.params.Monotone[j] == 0)
}

type stream = rand.Rand

func newStream(key, of uint64) *stream { return rng.New(key, of) }
