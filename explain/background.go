package explain

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// Values against a background. A row r reaches a leaf, when the columns of S are r's and the others those of a background row b, if r passes all splits of the path
// on columns of S, and b all others. So all that matters of a row is which columns of the path it passes: its pattern, one bit for each column. The background
// becomes a count of patterns, G(M) the share of rows that pass at least the columns M, and the game of a leaf for a row of pattern c
//
//	v(S) = value * G(all but S) if S is within c, else 0.
//
// The values of all patterns come from two sums over subsets (Zern, Broelemann and Kasneci 2023, "Interventional SHAP values and interaction values for
// piecewise linear regression trees"; Nadel and Wettenstein 2024, WOODELF), and rows look theirs up.
//
// Two leaves below one split on a column that the path did not ask before share a table: their patterns differ in that column's bit, always.

// tableColumns is the most columns of a path whose 2^U patterns are listed.
const tableColumns = 14

// background is the rows that stand for what is unknown.
type background struct {
	blocks []*block
	weight []float64 // of each row, adding up to 1
}

// interventional reads the background and its mean answer.
func (x *TreeExplainer) interventional(where string) error {
	t := x.how.Background
	meta := x.model.Meta()
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return err
	}
	if err := ml.CheckPredict(where, meta, t.X); err != nil {
		return err
	}
	if x.how.Scale == Response && !separable(x.e.Link) {
		return ml.BadConfig(where, "Scale", "Response of a model whose outputs share a link", "Raw")
	}
	src := rows.Of(t.X)
	weight, err := shares(where, t)
	if err != nil {
		return err
	}
	b := &background{weight: weight}
	for lo := 0; lo < src.Len(); lo += lanes {
		one := newBlock(x.e.Features)
		one.fill(src, lo, min(lo+lanes, src.Len()), x.e.Float32)
		b.blocks = append(b.blocks, one)
	}
	x.back = b
	x.base = make([]float64, x.e.Outputs)
	answer := make([]float64, x.e.Outputs)
	row := make([]float64, x.e.Features)
	for i, w := range b.weight {
		b.row(i, row)
		x.raw(answer, row)
		if x.how.Scale == Response {
			x.e.Respond(answer)
		}
		for k, v := range answer {
			x.base[k] += float64(w * v)
		}
	}
	return nil
}

// row writes row i of the background to dst.
func (b *background) row(i int, dst []float64) {
	one := b.blocks[i/lanes]
	for j := range dst {
		dst[j] = one.columns[j*lanes+i%lanes]
	}
}

// separable reports whether each output's response depends on its own raw score alone.
func separable(l tree.Link) bool { return l != tree.Softmax && l != tree.Share }

// raw is what the trees answer, summed in float64.
func (x *TreeExplainer) raw(dst, row []float64) {
	copy(dst, x.e.Base)
	value := make([]float64, len(dst))
	for t := range x.e.Trees() {
		clear(value)
		node := int(x.e.Start[t])
		for x.e.Feature[node] >= 0 {
			next := x.e.Right[node]
			if x.e.Passes(node, row[x.e.Feature[node]]) {
				next = x.e.Left[node]
			}
			node = int(x.e.Start[t] + next)
		}
		if x.e.Linear != nil {
			value[0] = linearLeaf(x.e, node, row)
		} else {
			addLeaf(x.e, value, node, 1)
		}
		x.addTree(t, dst, value)
	}
}

// explainBackground adds the values of src against the background to out, and those of pairs to pairs unless it is nil.
func (x *TreeExplainer) explainBackground(ctx context.Context, src rows.Rows, out *Explanation, pairs *Interactions) error {
	var deep []int
	if x.how.Scale == Response || x.e.Linear != nil {
		for t := range x.e.Trees() {
			deep = append(deep, t)
		}
	} else {
		deep = x.deepTrees()
		if err := x.explainTables(ctx, src, out, pairs); err != nil {
			return err
		}
	}
	if len(deep) == 0 {
		return nil
	}
	return x.explainPairs(ctx, src, deep, out, pairs)
}

// deepTrees are those with a path that asks too many columns for a table.
func (x *TreeExplainer) deepTrees() []int {
	var out []int
	for t, p := range x.pathwise {
		if p.columns > tableColumns {
			out = append(out, t)
		}
	}
	return out
}

// table holds the values of one leaf, or of two that share it, for all patterns: times what the leaves say, unless they say vectors.
type table struct {
	columns []int32   // places in used, one for each bit
	single  []float64 // U x 2^U
	double  []float64 // U(U-1)/2 x 2^U, unless interactions are not wanted
}

// batch is a run of tables of one tree that are made by one task.
type batch struct {
	tree   int
	lo, hi int // tables, as numbered by tablesOf
	tables []table
}

// batches cuts the tables of all shallow trees into tasks, and the tasks into groups whose tables fit in memory together.
func (x *TreeExplainer) batches(pairs bool) [][]*batch {
	var out [][]*batch
	var group []*batch
	held := 0
	for t, p := range x.pathwise {
		if p.columns == 0 || p.columns > tableColumns {
			continue
		}
		one := &batch{tree: t}
		size := 0
		leaf := 0
		tablesOf(p, x.e.Vector, func(columns int) {
			n := columns << columns
			if pairs {
				n = (columns * (columns + 1) / 2) << columns
			}
			if size+n > groupSize/8 && size > 0 {
				one.hi = leaf
				group, held = append(group, one), held+size
				one, size = &batch{tree: t, lo: leaf}, 0
			}
			if held+size+n > groupSize && len(group) > 0 {
				out, group, held = append(out, group), nil, 0
			}
			size += n
			leaf++
		})
		one.hi = leaf
		group, held = append(group, one), held+size
	}
	if len(group) > 0 {
		out = append(out, group)
	}
	return out
}

// twins reports whether the leaf at the end of edge i and its sibling's share a table.
func (p *path) twins(i int, vector bool) bool {
	d := &p.edges[i]
	return !vector && d.leaf && !d.right && d.above < 0 && p.edges[d.next].leaf
}

// tablesOf calls each table with its number of columns.
func tablesOf(p *path, vector bool, each func(columns int)) {
	open := 0
	var visit func(first, last int)
	visit = func(first, last int) {
		for i := first; i < last; i = int(p.edges[i].next) {
			d := &p.edges[i]
			before := open
			open = max(open, int(d.slot)+1)
			if d.leaf {
				each(open)
				if p.twins(i, vector) {
					i = int(d.next)
				}
			} else {
				visit(i+1, int(d.next))
			}
			open = before
		}
	}
	visit(0, len(p.edges))
}

func (x *TreeExplainer) explainTables(ctx context.Context, src rows.Rows, out *Explanation, pairs *Interactions) error {
	blocks := (src.Len() + lanes - 1) / lanes
	g := newGame(x.how.Index, tableColumns)
	var index *pairIndex
	if pairs != nil {
		index = x.pairIndex()
	}
	for _, group := range x.batches(pairs != nil) {
		if err := par.Do(ctx, len(group), func(ctx context.Context, i int) error {
			return x.tabulate(ctx, group[i], g, pairs != nil)
		}); err != nil {
			return err
		}
		workers := par.Chunks(blocks, max(1, blocks/64))
		if err := par.Do(ctx, workers, func(ctx context.Context, c int) error {
			lo, hi := par.Bounds(blocks, workers, c)
			w := &walker{x: x, block: newBlock(x.e.Features), phi: make([]float64, x.e.Outputs*len(x.used)*lanes)}
			if index != nil {
				w.pairs = index.sums(x.e.Outputs, 0)
			}
			s := newPatterns(x)
			for b := lo; b < hi; b++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				w.block.fill(src, b*lanes, min((b+1)*lanes, src.Len()), x.e.Float32)
				clear(w.phi)
				if w.pairs != nil {
					clear(w.pairs.phi)
				}
				for _, one := range group {
					s.walk(w.block, one, func(number, edge int) {
						w.look(&one.tables[number-one.lo], one.tree, int(x.pathwise[one.tree].edges[edge].child), &s.pattern)
					})
				}
				w.flush(b*lanes, out, pairs)
			}
			return nil
		}); err != nil {
			return err
		}
		for _, one := range group {
			one.tables = nil
		}
	}
	return nil
}

// look adds what a table says of each row of the block. node is its leaf.
func (w *walker) look(t *table, at, node int, pattern *[lanes]uint16) {
	e := w.x.e
	if !e.Vector {
		w.lookAt(t, w.x.output(at), 1, pattern)
		return
	}
	for k := range e.Outputs {
		w.lookAt(t, k, float64(w.x.factor(at, k)*leafOf(e, node, k)), pattern)
	}
}

func (w *walker) lookAt(t *table, k int, v float64, pattern *[lanes]uint16) {
	n := w.block.width()
	size := 1 << len(t.columns)
	for q, column := range t.columns {
		lookUp(w.phi[(k*len(w.x.used)+int(column))*lanes:][:lanes], t.single[q*size:][:size], pattern, n, v)
	}
	if w.pairs == nil {
		return
	}
	q := 0
	for a := range t.columns {
		for b := range a {
			to := w.pairs.phi[(k*len(w.pairs.pairs)+w.pairs.at[pairOf(t.columns[a], t.columns[b])])*lanes:]
			lookUp(to[:lanes], t.double[q*size:][:size], pattern, n, v)
			q++
		}
	}
}

// lookUp adds v times the entry of each lane's pattern.
func lookUp(dst, entries []float64, pattern *[lanes]uint16, n int, v float64) {
	if len(entries)&(len(entries)-1) != 0 || len(dst) != lanes {
		panic("explain: a table's size is a power of two")
	}
	last := uint16(len(entries) - 1)
	dst = dst[:n]
	for r, at := range pattern[:n] {
		dst[r] += float64(v * entries[at&last])
	}
}

// tabulate makes the tables of a batch.
func (x *TreeExplainer) tabulate(ctx context.Context, one *batch, g *game, pairs bool) error {
	one.tables = make([]table, one.hi-one.lo)
	counts, edges := make([][]float64, one.hi-one.lo), make([]int, one.hi-one.lo)
	s := newPatterns(x)
	for i, b := range x.back.blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		weight := x.back.weight[i*lanes:]
		s.walk(b, one, func(number, edge int) {
			at := number - one.lo
			if counts[at] == nil {
				counts[at], edges[at] = make([]float64, 1<<s.open), edge
				for _, d := range s.last[:s.open] {
					one.tables[at].columns = append(one.tables[at].columns, x.place[x.pathwise[one.tree].edges[d].feature])
				}
			}
			reach := counts[at]
			for r, at := range s.pattern[:b.n] {
				reach[at] += weight[r]
			}
		})
	}
	for i := range counts {
		x.fill(&one.tables[i], one.tree, edges[i], g, counts[i], pairs)
		counts[i] = nil
	}
	return nil
}

// fill makes the table of the leaf at the end of an edge, and of its twin.
func (x *TreeExplainer) fill(t *table, at, i int, g *game, reach []float64, pairs bool) {
	p := x.pathwise[at]
	d := &p.edges[i]
	if x.e.Vector {
		g.fill(t, reach, pairs, 1, 0)
		return
	}
	k := x.output(at)
	factor := x.factor(at, k)
	if !p.twins(i, false) {
		g.fill(t, reach, pairs, float64(factor*leafOf(x.e, int(d.child), k)), 0)
		return
	}
	own := 1 << d.slot
	other := make([]float64, len(reach))
	for c, v := range reach {
		other[c^own] = v
	}
	g.fill(t, reach, pairs, float64(factor*leafOf(x.e, int(d.child), k)), 0)
	g.fill(t, other, pairs, float64(factor*leafOf(x.e, int(p.edges[d.next].child), k)), own)
}

// patterns walks blocks of rows to leaves and says which columns of the path each row passes.
type patterns struct {
	x       *TreeExplainer
	open    int
	passed  [tableColumns]uint64
	last    [tableColumns]int32 // the last edge on each column
	pattern [lanes]uint16
}

func newPatterns(x *TreeExplainer) *patterns { return &patterns{x: x} }

// walk calls each with the number of each table of the batch and the edge to its leaf, with the patterns of the block's rows in s.pattern.
func (s *patterns) walk(b *block, one *batch, each func(number, edge int)) {
	p, vector := s.x.pathwise[one.tree], s.x.e.Vector
	number := 0
	s.open = 0
	for i := range s.passed {
		s.passed[i] = ^uint64(0)
	}
	var visit func(first, last int)
	visit = func(first, last int) {
		left := b.passing(s.x.e, int(p.edges[first].split))
		for i := first; i < last && number < one.hi; i = int(p.edges[i].next) {
			d := &p.edges[i]
			old, open, before := s.passed[d.slot], s.open, s.last[d.slot]
			if d.right {
				s.passed[d.slot] = old &^ left
			} else {
				s.passed[d.slot] = old & left
			}
			s.last[d.slot], s.open = int32(i), max(open, int(d.slot)+1)
			if !d.leaf {
				visit(i+1, int(d.next))
			} else {
				if number >= one.lo {
					kern.SpreadLanes(&s.pattern, s.passed[:s.open])
					each(number, i)
				}
				number++
				if p.twins(i, vector) {
					i = int(d.next)
				}
			}
			s.passed[d.slot], s.open, s.last[d.slot] = old, open, before
		}
	}
	visit(0, len(p.edges))
}
