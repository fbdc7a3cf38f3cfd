package histgrow

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/leafbox"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Grower grows trees on binned rows, one after the other. It is for one goroutine at a time.
type Grower struct {
	// Next is the number of the next tree, which rounding and the choice of columns depend on. Grow counts it up.
	Next uint64

	b       *Binned
	cfg     Config
	all     []int32 // columns that can be split
	groups  [][]uint64
	plain   bool // gains are sums of squares: no L1, bounds or smoothing
	width   int  // columns of bytes in a histogram
	counter *counter

	// of the tree under way
	tree       Tree
	key        uint64
	ctx        context.Context // looked at by long counts
	grad, hess []float32
	given      []int32
	units      units
	whole      bool // places are the rows themselves: the root of all rows is being counted
	together   bool // several nodes are being split at once
	near       bool // see isNear
	active     []int32
	open       []*node
	leaves     []*node // of the tree so far, where they bound each other

	// of exact trees
	orders     []int32 // of the rows by each column, node by node
	orderSpare []int32
	side       []uint8

	// memory that is kept
	vals          []int64
	rows          []int32
	spare, second []int32
	team          par.Team
	divided       []int
	sums          []leafSum
	parts         [][]int64
	hists, tables pool
	found         sync.Pool // of *[]candidate
	nodes, batch  []*node
	used          int
}

// node is a leaf under way.
type node struct {
	id          int // in the tree
	lo, mid, hi int // its places in rows, and the first of those that go right
	depth       int
	hist        []int64
	grad, hess  int64
	l2          float64 // of its value
	value       float64
	parent      float64      // the value of its parent
	span                     // bounds of its value
	box         *leafbox.Box // where leaves bound each other: what rows can reach it
	ties        []tie        // and the leaves that set its bounds
	path        uint64       // a key of its place in the tree
	groups      []uint64
	columns     []int32
	best        candidate
	left, right *node // once it is divided
}

func (nd *node) count() int { return nd.hi - nd.lo }

// New prepares to grow trees on b.
func New(b *Binned, cfg Config) (*Grower, error) {
	if b.Rows == 0 || b.Features == 0 || b.Rows > math.MaxInt32 {
		return nil, &BadConfig{"rows and columns", fmt.Sprintf("%d and %d", b.Rows, b.Features), "at least one of each, and fewer than 2^31 rows"}
	}
	if err := cfg.check(b); err != nil {
		return nil, err
	}
	g := &Grower{b: b, cfg: cfg, groups: groupsOf(&cfg, b.Features), width: b.width()}
	g.plain = cfg.L1 == 0 && cfg.MaxDeltaStep == 0 && cfg.PathSmooth == 0 && !slices.ContainsFunc(cfg.Monotone, func(d int8) bool { return d != 0 })
	for j := range b.Columns {
		if b.Columns[j].Bins > 1 {
			g.all = append(g.all, int32(j))
		}
	}
	g.hists.size, g.tables.size = b.blocks()*block, g.width*block/2
	g.counter = &counter{Grower: g}
	g.rows, g.spare, g.second = make([]int32, b.Rows), make([]int32, b.Rows), make([]int32, b.Rows)
	return g, nil
}

// Grow grows a tree that lowers the loss whose first and second derivatives at each row are given; hess nil: all 1. It is grown on the rows
// given, rising, each at most once; nil: all. What belongs to other rows is not read. The tree is good until the next Grow.
func (g *Grower) Grow(ctx context.Context, grad, hess []float32, rows []int32) (*Tree, error) {
	n := g.b.Rows
	if len(grad) != n || hess != nil && len(hess) != n {
		return nil, &BadConfig{"grad and hess", fmt.Sprintf("%d and %d long", len(grad), len(hess)), fmt.Sprintf("one for each of %d rows", n)}
	}
	for i, r := range rows {
		if r < 0 || int(r) >= n || i > 0 && r <= rows[i-1] {
			return nil, &BadConfig{fmt.Sprintf("rows[%d]", i), fmt.Sprint(r), fmt.Sprintf("rising rows below %d", n)}
		}
	}
	if rows != nil {
		if n = len(rows); n == 0 {
			return nil, &BadConfig{"rows", "empty", "at least one"}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.ctx, g.grad, g.hess, g.given = ctx, grad, hess, rows
	defer func() { g.ctx, g.grad, g.hess, g.given = nil, nil, nil, nil }()
	g.key = rng.Key(g.cfg.Seed, g.Next)
	g.Next++
	if err := g.quantise(n); err != nil {
		return nil, err
	}
	g.drawTree()
	g.near = g.isNear(n)
	defer g.team.Rest()
	g.begin(n)
	err := g.splitAll(ctx)
	g.end()
	if err != nil {
		return nil, err
	}
	g.tree.finish()
	return &g.tree, nil
}

func (g *Grower) newNode() *node {
	if g.used == len(g.nodes) {
		g.nodes = append(g.nodes, &node{})
	}
	nd := g.nodes[g.used]
	g.used++
	*nd = node{columns: nd.columns[:0], groups: nd.groups[:0], ties: nd.ties[:0], span: anywhere}
	return nd
}

// begin makes the root.
func (g *Grower) begin(n int) {
	if g.given == nil {
		for i := range g.rows {
			g.rows[i] = int32(i)
		}
	} else {
		copy(g.rows, g.given)
	}
	g.used, g.open = 0, g.open[:0]
	root := g.newNode()
	root.hi, root.l2, root.path = n, g.cfg.L2, rng.Key(g.key, keyNode)
	root.hist = g.hists.get()
	if g.b.exact != nil {
		g.beginExact(n)
	}
	g.whole = g.given == nil
	g.countRoot(root)
	g.whole = false
	if g.width == 0 {
		root.grad, root.hess = g.totals(n)
	}
	for i := range min(g.width, 1) * block / 2 { // every row is in some cell of the first byte
		root.grad += root.hist[i]
		root.hess += root.hist[block/2+i]
	}
	root.value = g.output(g.units.gradOf(root.grad), g.units.hessOf(root.hess), int64(n), root.l2, 0, nil)
	if g.methodical() {
		root.box, g.leaves = leafbox.Whole(g.b.Features), append(g.leaves[:0], root)
	}
	g.tree.begin(g, root)
	if g.divisible(root) {
		g.search(root)
		g.push(root)
	}
}

func (g *Grower) countRoot(root *node) {
	if !g.near {
		g.count(root.hist, root.lo, root.hi)
		return
	}
	table := g.table()
	g.team.Each(par.Chunks(g.width, nearCols), func(p int) {
		g.countNear(root.hist, nil, table, p*nearCols, min((p+1)*nearCols, g.width), root.lo, root.hi)
	})
	g.tables.put(table)
}

// end returns what the tree held, and settles its leaves.
func (g *Grower) end() {
	for _, nd := range g.nodes[:g.used] {
		g.hists.put(nd.hist)
		nd.hist = nil
	}
	for _, nd := range g.open {
		if nd.left != nil {
			g.restore(nd)
		}
	}
}

// divisible reports whether a node's size and depth allow a split.
func (g *Grower) divisible(nd *node) bool {
	return nd.count() >= 2*g.cfg.MinSamplesLeaf && nd.count() >= 2 && (g.cfg.MaxDepth == 0 || nd.depth < g.cfg.MaxDepth)
}

func (g *Grower) splitAll(ctx context.Context) error {
	for leaves := 1; len(g.open) > 0 && (g.cfg.MaxLeaves == 0 || leaves < g.cfg.MaxLeaves); leaves++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if g.open[0].left == nil {
			g.divideNext(leaves)
		}
		nd := g.pop()
		g.tree.split(nd)
		if g.methodical() {
			g.rebind(nd)
		}
		for _, child := range []*node{nd.left, nd.right} {
			if child.best.feature >= 0 {
				g.push(child)
			}
		}
	}
	return ctx.Err() // if it has one, counts may have been left undone
}

// A node is split beside others if counting all its rows would take this many updates of cells, or more but too few for several goroutines to share.
// Less is done before another core is awake: small data are faster on one.
const (
	leastWork = 1 << 17
	smallWork = 1 << 19
)

// beside reports whether a node is to be split while others are.
func (g *Grower) beside(nd *node) bool {
	work := nd.count() * g.b.work()
	return !g.near && leastWork <= work && work < smallWork
}

// divideNext divides the next node in turn and, where that is little work, some that come soon, each on a goroutine.
func (g *Grower) divideNext(leaves int) {
	batch := append(g.batch[:0], g.open[0])
	most := 2 * runtime.GOMAXPROCS(0)
	if g.cfg.MaxLeaves > 0 {
		most = min(most, (g.cfg.MaxLeaves-leaves+1)/2) // few in vain
	}
	if g.beside(g.open[0]) && !g.methodical() {
		for _, nd := range g.open[1:min(len(g.open), 2*most)] {
			if len(batch) < most && nd.left == nil && g.beside(nd) {
				batch = append(batch, nd)
			}
		}
	}
	g.batch = batch
	for _, nd := range batch {
		nd.left, nd.right = g.newNode(), g.newNode()
	}
	last := g.cfg.MaxLeaves > 0 && leaves+1 >= g.cfg.MaxLeaves
	if len(batch) == 1 {
		g.divideOne(batch[0], !last)
		return
	}
	g.together = true
	g.each(len(batch), func(i int) { g.divideOne(batch[i], true) })
	g.together = false
}

// divideOne makes the children of a node and, if asked to, finds their best splits.
func (g *Grower) divideOne(nd *node, further bool) {
	c := &nd.best
	nd.mid = g.divide(nd)
	left, right := nd.left, nd.right
	spans := [2]span{nd.span, nd.span}
	if g.cfg.Method == leafbox.Advanced && !c.category {
		b := g.boundsOf(nd, int(c.feature))
		spans[0], spans[1] = b.at(g.thresholdOf(c))
	}
	left.lo, left.hi, right.lo, right.hi = nd.lo, nd.mid, nd.mid, nd.hi
	left.grad, left.hess = c.grad, c.hess
	right.grad, right.hess = nd.grad-c.grad, nd.hess-c.hess
	for side, child := range []*node{left, right} {
		child.depth, child.l2, child.parent = nd.depth+1, c.l2, nd.value
		child.span = nd.span
		child.path = rng.Key(nd.path, uint64(side))
		child.value = g.output(g.units.gradOf(child.grad), g.units.hessOf(child.hess), int64(child.count()), c.l2, nd.value, &spans[side])
		child.best.feature = -1
		if g.groups != nil {
			child.groups = append(child.groups[:0], g.groups[c.feature]...)
			for w := range child.groups {
				if nd.depth > 0 {
					child.groups[w] &= nd.groups[w]
				}
			}
		}
	}
	g.bound(nd)
	if further {
		g.searchBoth(nd)
	} else {
		g.hists.put(nd.hist)
		nd.hist = nil
	}
}

// bound keeps the children of a monotone split on their sides of the middle of their values, whatever is split below.
func (g *Grower) bound(nd *node) {
	if g.methodical() {
		g.bindChildren(nd)
		return
	}
	if g.cfg.Monotone == nil || nd.best.category {
		return
	}
	low, high := nd.left, nd.right
	switch d := g.cfg.Monotone[nd.best.feature]; {
	case d == 0:
		return
	case d < 0:
		low, high = high, low
	}
	middle := (low.value + high.value) / 2
	low.upper, high.lower = min(low.upper, middle), max(high.lower, middle)
}

// searchBoth counts the smaller child, takes that from its parent's histogram to have the other's, and finds the best split of each.
func (g *Grower) searchBoth(nd *node) {
	small, large := nd.left, nd.right
	if small.count() > large.count() {
		small, large = large, small
	}
	if !g.divisible(large) {
		g.hists.put(nd.hist)
		nd.hist = nil
		return
	}
	small.hist, large.hist, nd.hist = g.hists.get(), nd.hist, nil
	nodes := []*node{small, large}
	if !g.divisible(small) {
		nodes = nodes[1:]
	}
	if g.near {
		g.searchNear(small, large, nodes)
	} else {
		g.count(small.hist, small.lo, small.hi)
		kern.HistSub(large.hist, small.hist)
		g.search(nodes...)
	}
	for _, child := range []*node{small, large} {
		if child.best.feature < 0 {
			g.hists.put(child.hist)
			child.hist = nil
		}
	}
}

// sooner reports whether a is split before b.
func (g *Grower) sooner(a, b *node) bool {
	if g.cfg.Growth == DepthWise {
		return a.depth < b.depth || a.depth == b.depth && a.id < b.id
	}
	return a.best.gain > b.best.gain || a.best.gain == b.best.gain && a.id < b.id
}

func (g *Grower) push(nd *node) {
	if nd.best.feature < 0 {
		return
	}
	g.open = append(g.open, nd)
	for i := len(g.open) - 1; i > 0 && g.sooner(g.open[i], g.open[(i-1)/2]); i = (i - 1) / 2 {
		g.open[i], g.open[(i-1)/2] = g.open[(i-1)/2], g.open[i]
	}
}

func (g *Grower) pop() *node {
	top, last := g.open[0], len(g.open)-1
	g.open[0] = g.open[last]
	g.open = g.open[:last]
	for i := 0; ; {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if g.sooner(g.open[child], g.open[first]) {
				first = child
			}
		}
		if first == i {
			return top
		}
		g.open[i], g.open[first] = g.open[first], g.open[i]
		i = first
	}
}
