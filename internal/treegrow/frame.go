package treegrow

import (
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/leafbox"
	"github.com/gopherwood-ml/ml/internal/par"
)

// entry holds the rank of a number above the row it is of. A frame of few rows needs 32 bits for both.
type entry interface{ uint32 | uint64 }

// layout says where the parts of an entry are.
type layout struct {
	shift   uint
	mask    uint64 // of the row
	missing uint64 // the rank of NaN
}

func layoutOf[E entry]() layout {
	if uint64(^E(0))>>32 == 0 {
		return layout{shift: 16, mask: 1<<16 - 1, missing: 1<<16 - 1}
	}
	return layout{shift: 32, mask: 1<<32 - 1, missing: missingRank}
}

// smallFrame is how many rows a frame of 32 bits takes: ranks must leave room for zero and NaN.
const smallFrame = 1<<16 - 4

// frameColumn is a column of a frame.
type frameColumn[E entry] struct {
	e           []E
	codes       []uint32 // of the ranks of a categorical column; nil: the rank itself
	zero        uint64
	categorical bool
	sparse      bool
	missing     bool
	span        int // the number of a sparse column among them
}

// frame is a set of rows with their columns, in which a tree or a subtree grows.
type frame[E entry] struct {
	*task
	layout
	cols       []frameColumn[E]
	sparse     int     // columns that are
	serial     bool    // columns are not shared out to other cores
	all        []int32 // 0, 1, 2, ... of the columns
	data       []int32 // the row of the data of each local one
	rows       []int32 // local rows, those of a node together
	other      []int32
	side       []uint8 // 1: goes left
	class      []int32 // targets and weights of the local rows
	bit        []uint8 // the class of two
	weight     []int64 // nil: 1
	y          []int64 // whole numbers, M each
	number     []float64
	term       []int64   // what a row adds to the sums of the node at hand, M each
	rank       []int32   // of the target among those of the node at hand, for ordered criteria
	ladder     []int64   // these targets, rising
	steps      []float64 // the same, for Huber
	shifts     []int64   // what is taken from the whole targets at the node at hand
	centre     []float64
	found      []split // of each column
	mixed      bool    // some column of the node at hand is not plain
	columnList []int32
	leaves     []*node    // so far, where they bound each other
	order      []int32    // of the columns, as a node draws them
	varies     []bool     // of each column, in the node at hand
	hist       bool       // splits are found in histograms of codes
	coded      [][]uint16 // then: of the rows, by column
	spans      [][]int32  // of nodes that are divided, for others
	scratch    sync.Pool
}

// space is the scratch memory of one goroutine.
type space[E entry] struct {
	tmp                     []E
	left, right, miss, zero []int64
	m                       measure
	groups                  []group
	counts                  []int32
	sums                    []int64
	order                   []int32
	tree                    fenwick
	rights                  []estimate
}

func (f *frame[E]) space() *space[E] {
	if s, ok := f.scratch.Get().(*space[E]); ok {
		return s
	}
	w := f.width()
	return &space[E]{left: make([]int64, w), right: make([]int64, w), miss: make([]int64, w), zero: make([]int64, w), m: f.task.measure}
}

// reset prepares a frame for rows of the data, whose places among the kept rows of the task are given.
func (f *frame[E]) reset(t *task, data []int32) {
	n, m := len(data), t.target.M
	f.task, f.layout, f.data = t, layoutOf[E](), data
	f.rows, f.side = sized(f.rows, n), sized(f.side, n)
	for i := range f.rows {
		f.rows[i] = int32(i)
	}
	f.weight, f.bit = gather(f.weight, t.weights.q, data), f.bit[:0]
	if t.target.K > 0 {
		f.class = gather(f.class, t.class, data)
		if t.target.K == 2 {
			f.bit = sized(f.bit, n)
			for i, c := range f.class {
				f.bit[i] = uint8(c)
			}
		}
		return
	}
	f.y, f.number, f.term = sized(f.y, n*m), sized(f.number, n*m), sized(f.term, n*m)
	for i, k := range data {
		copy(f.y[i*m:(i+1)*m], t.numbers.q[int(k)*m:])
		copy(f.number[i*m:(i+1)*m], t.y[int(k)*m:])
	}
	if t.criterion.ordered() {
		f.rank = sized(f.rank, n)
	}
}

func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// gather picks elements of from, which may be nil.
func gather[T any](to, from []T, at []int32) []T {
	if from == nil {
		return nil
	}
	to = sized(to, len(at))
	for i, k := range at {
		to[i] = from[k]
	}
	return to
}

// compress copies the entries whose row has a place (local is not negative), with the place for the row and ranks without gaps.
func compress[T, F entry](to *frameColumn[T], from *frameColumn[F], entries []F, local []int32) {
	src, dst := layoutOf[F](), layoutOf[T]()
	to.categorical, to.sparse, to.span, to.missing = from.categorical, from.sparse, from.span, false
	e, codes := slices.Grow(to.e[:0], len(entries)), to.codes[:0]
	rank, last, zeroDone := uint64(0), uint64(math.MaxUint64), !from.sparse
	next := func(code uint64) {
		if last != math.MaxUint64 {
			rank++
		}
		last = code
		if from.categorical {
			if from.codes != nil {
				code = uint64(from.codes[code])
			}
			codes = append(codes, uint32(code))
		}
	}
	for _, x := range entries {
		l := local[uint64(x)&src.mask]
		if l < 0 {
			continue
		}
		r := uint64(x) >> src.shift
		if r == src.missing {
			to.missing = true
			e = append(e, T(dst.missing<<dst.shift|uint64(l)))
			continue
		}
		if r != last {
			if !zeroDone && r > from.zero {
				next(from.zero)
				to.zero, zeroDone = rank, true
			}
			next(r)
		}
		e = append(e, T(rank<<dst.shift|uint64(l)))
	}
	if !zeroDone {
		next(from.zero)
		to.zero = rank
	}
	to.e = e
	if to.codes = nil; from.categorical {
		to.codes = codes
	}
}

// code is the category of a rank.
func (c *frameColumn[E]) code(rank uint64) uint32 {
	if c.codes == nil {
		return uint32(rank)
	}
	return c.codes[rank]
}

// node is a node that may still be split. What it says of its rows is in out.
type node struct {
	lo, hi       int
	spans        []int32 // of each sparse column: where its entries begin and end
	packed       []int32 // of a node that waits, instead of spans: column, begin and end of those that are not empty
	depth        int
	key          uint64
	lower, upper float64      // of the value
	box          *leafbox.Box // where leaves bound each other
	ties         []tie
	stat         []int64 // the weight, then the weights of classes
	open         []int   // groups of columns that hold all columns above the node
	out          Node
	final        bool // it is a leaf
}

// size is the number of its rows.
func (nd *node) size() int { return nd.hi - nd.lo }

// span is the range of a column's entries in a node.
func (nd *node) span(number int, sparse bool) (lo, hi int) {
	if sparse {
		return int(nd.spans[2*number]), int(nd.spans[2*number+1])
	}
	return nd.lo, nd.hi
}

// setSpan notes the range of a sparse column's entries in a node that may be split.
func (nd *node) setSpan(number, lo, hi int) {
	if nd.spans != nil {
		nd.spans[2*number], nd.spans[2*number+1] = int32(lo), int32(hi)
	}
}

// part returns the entries of a node in a column: those with a number, and those without.
func (f *frame[E]) part(nd *node, c *frameColumn[E]) (present, missing []E) {
	lo, hi := nd.span(c.span, c.sparse)
	e := c.e[lo:hi]
	if !c.missing {
		return e, nil
	}
	at, _ := slices.BinarySearch(e, E(f.missing<<f.shift))
	return e[:at], e[at:]
}

// root is the node of all rows of a frame.
func (f *frame[E]) root() *node {
	nd := &node{hi: len(f.data), lower: math.Inf(-1), upper: math.Inf(1), key: f.seed}
	for g := range f.together {
		nd.open = append(nd.open, g)
	}
	if f.sparse > 0 {
		nd.spans = make([]int32, 2*f.sparse)
		for j := range f.cols {
			if c := &f.cols[j]; c.sparse {
				nd.spans[2*c.span+1] = int32(len(c.e))
			}
		}
	}
	return nd
}

// forColumns runs work for each column, side by side if it is worth it. perRow is about the nanoseconds of a row in a column.
func (f *frame[E]) forColumns(nd *node, columns []int32, perRow int, work func(s *space[E], j int32)) {
	cost := perRow*nd.size() + 20
	if f.serial || par.Small(len(columns), cost) {
		s := f.space()
		for _, j := range columns {
			work(s, j)
		}
		f.scratch.Put(s)
		return
	}
	par.ForChunks(len(columns), par.Grain(cost), func(_, lo, hi int) {
		s := f.space()
		for _, j := range columns[lo:hi] {
			work(s, j)
		}
		f.scratch.Put(s)
	})
}

// mark says of each row of a node whether it goes left.
func (f *frame[E]) mark(nd *node, s *split) {
	switch {
	case f.hist:
		f.markBins(nd, s)
		return
	case f.params.PresentOnly:
		f.markSurrogates(nd, s)
		return
	}
	c := &f.cols[s.feature]
	present, missing := f.part(nd, c)
	if c.sparse {
		v := uint8(0)
		if s.left(c.zero) {
			v = 1
		}
		for _, r := range f.rows[nd.lo:nd.hi] {
			f.side[r] = v
		}
	}
	for _, x := range present {
		v := uint8(0)
		if s.left(uint64(x) >> f.shift) {
			v = 1
		}
		f.side[uint64(x)&f.mask] = v
	}
	v := uint8(0)
	if s.missingLeft {
		v = 1
	}
	for _, x := range missing {
		f.side[uint64(x)&f.mask] = v
	}
}

// divide puts the rows of the left child first, either side in its old order, and returns where the right child begins.
func (f *frame[E]) divide(nd *node) int {
	rows := f.rows[nd.lo:nd.hi]
	f.other = sized(f.other, len(rows))
	right := f.other
	a, b := 0, 0
	for _, r := range rows {
		s := int(f.side[r])
		rows[a], right[b] = r, r
		a += s
		b += 1 - s
	}
	copy(rows[a:], right[:b])
	return nd.lo + a
}

// partition divides the columns of a node between its children, leaving out a child that needs none.
func (f *frame[E]) partition(nd, left, right *node) {
	if f.hist || left.final && right.final {
		return
	}
	if f.sparse > 0 {
		for _, child := range [2]*node{left, right} {
			if !child.final {
				child.spans = f.newSpans()
			}
		}
		defer func() { f.spans, nd.spans = append(f.spans, nd.spans), nil }()
	}
	f.forColumns(nd, f.all, 2, func(s *space[E], j int32) {
		c := &f.cols[j]
		lo, hi := nd.span(c.span, c.sparse)
		e := c.e[lo:hi]
		var at int
		switch {
		case left.final && !c.sparse:
			keepRight(e, f.side, f.mask)
			return
		case right.final && !c.sparse:
			keepLeft(e, f.side, f.mask)
			return
		}
		s.tmp = sized(s.tmp, len(e))
		at = lo + divideEntries(e, s.tmp, f.side, f.mask)
		if c.sparse {
			left.setSpan(c.span, lo, at)
			right.setSpan(c.span, at, hi)
		}
	})
}

// pack makes the spans of a node that has to wait small. Among thousands of sparse columns a node of few rows has entries in few, and a chain of nodes may have
// thousands that wait.
func (f *frame[E]) pack(nd *node) {
	used := 0
	for i := 0; i < len(nd.spans); i += 2 {
		if nd.spans[i] < nd.spans[i+1] {
			used++
		}
	}
	if 3*used >= len(nd.spans) {
		return
	}
	nd.packed = make([]int32, 0, 3*used)
	for i := 0; i < len(nd.spans); i += 2 {
		if lo, hi := nd.spans[i], nd.spans[i+1]; lo < hi {
			nd.packed = append(nd.packed, int32(i/2), lo, hi)
		}
	}
	f.spans, nd.spans = append(f.spans, nd.spans), nil
}

// unpack undoes pack, in memory of the frame.
func (f *frame[E]) unpack(nd *node) {
	if nd.packed == nil {
		return
	}
	nd.spans = f.newSpans()
	for i := 0; i < len(nd.packed); i += 3 {
		nd.setSpan(int(nd.packed[i]), int(nd.packed[i+1]), int(nd.packed[i+2]))
	}
	nd.packed = nil
}

// newSpans makes spans of a node, out of those of a node that is divided if there are any.
func (f *frame[E]) newSpans() []int32 {
	n := len(f.spans)
	if n == 0 {
		return make([]int32, 2*f.sparse)
	}
	s := f.spans[n-1]
	f.spans = f.spans[:n-1]
	clear(s)
	return s
}

// divideEntries is divide for entries; it returns how many go left.
func divideEntries[E entry](e, tmp []E, side []uint8, mask uint64) int {
	a, b := 0, 0
	tmp = tmp[:len(e)]
	for _, x := range e {
		s := int(side[uint64(x)&mask])
		e[a], tmp[b] = x, x
		a += s
		b += 1 - s
	}
	copy(e[a:], tmp[:b])
	return a
}

// keepLeft moves the entries that go left to the front, and forgets the others.
func keepLeft[E entry](e []E, side []uint8, mask uint64) {
	a := 0
	for _, x := range e {
		e[a] = x
		a += int(side[uint64(x)&mask])
	}
}

// keepRight moves the entries that go right to the end, and forgets the others.
func keepRight[E entry](e []E, side []uint8, mask uint64) {
	a := len(e) - 1
	for i := len(e) - 1; i >= 0; i-- {
		x := e[i]
		e[a] = x
		a -= 1 - int(side[uint64(x)&mask])
	}
}
