package explain

import (
	"context"

	"github.com/gopherwood-ml/ml"
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

// table holds the values of one leaf for all patterns.
type table struct {
	columns []int32   // places in used, one for each bit
	single  []float64 // 2^U x U
	double  []float64 // 2^U x U(U-1)/2, unless interactions are not wanted
}

// batch is a run of leaves of one tree whose tables are made by one task.
type batch struct {
	tree   int
	lo, hi int // leaves, as numbered by leavesOf
	tables []table
}

// batches cuts the leaves of all shallow trees into tasks, and the tasks into groups whose tables fit in memory together.
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
		leavesOf(p, func(columns int) {
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

// leavesOf calls each leaf with the number of columns of its path.
func leavesOf(p *path, each func(columns int)) {
	open := 0
	var visit func(first, last int)
	visit = func(first, last int) {
		for i := first; i < last; i = int(p.edges[i].next) {
			d := &p.edges[i]
			before := open
			open = max(open, int(d.slot)+1)
			if d.leaf {
				each(open)
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
					s.walk(w.block, one, func(leaf, node int) { w.look(&one.tables[leaf-one.lo], one.tree, node, &s.pattern) })
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

// look adds what a leaf's table says of each row of the block.
func (w *walker) look(t *table, at, node int, pattern *[lanes]uint16) {
	e, u := w.x.e, len(t.columns)
	first, last := 0, e.Outputs
	if !e.Vector {
		first = w.x.output(at)
		last = first + 1
	}
	for k := first; k < last; k++ {
		v := float64(w.x.factor(at, k) * leafOf(e, node, k))
		phi := w.phi[k*len(w.x.used)*lanes:]
		for r := range w.block.n {
			values := t.single[int(pattern[r])*u:][:u]
			for q, column := range t.columns {
				phi[int(column)*lanes+r] += float64(v * values[q])
			}
		}
		if w.pairs == nil {
			continue
		}
		n := u * (u - 1) / 2
		q := 0
		for a := range u {
			for b := range a {
				to := w.pairs.phi[(k*len(w.pairs.pairs)+w.pairs.at[pairOf(t.columns[a], t.columns[b])])*lanes:]
				for r := range w.block.n {
					to[r] += float64(v * t.double[int(pattern[r])*n+q])
				}
				q++
			}
		}
	}
}

// tabulate makes the tables of a batch.
func (x *TreeExplainer) tabulate(ctx context.Context, one *batch, g *game, pairs bool) error {
	one.tables = make([]table, one.hi-one.lo)
	counts := make([][]float64, one.hi-one.lo)
	s := newPatterns(x)
	for i, b := range x.back.blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		weight := x.back.weight[i*lanes:]
		s.walk(b, one, func(leaf, node int) {
			at := leaf - one.lo
			if counts[at] == nil {
				counts[at] = make([]float64, 1<<s.open)
				for _, d := range s.last[:s.open] {
					one.tables[at].columns = append(one.tables[at].columns, x.place[x.pathwise[one.tree].edges[d].feature])
				}
			}
			for r := range b.n {
				counts[at][s.pattern[r]] += weight[r]
			}
		})
	}
	for i := range counts {
		g.fill(&one.tables[i], counts[i], pairs)
		counts[i] = nil
	}
	return nil
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

// walk calls leaf for each leaf of the batch, with the patterns of the block's rows in s.pattern.
func (s *patterns) walk(b *block, one *batch, leaf func(number, node int)) {
	p := s.x.pathwise[one.tree]
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
					spread(&s.pattern, s.passed[:s.open])
					leaf(number, int(d.child))
				}
				number++
			}
			s.passed[d.slot], s.open, s.last[d.slot] = old, open, before
		}
	}
	visit(0, len(p.edges))
}

// spread turns one word for each column into one number for each row.
func spread(dst *[lanes]uint16, words []uint64) {
	for g := 0; g < lanes; g += 8 {
		low, high := uint64(0), uint64(0)
		for u, w := range words {
			if u < 8 {
				low |= (w >> g & 0xff) << (8 * u)
			} else {
				high |= (w >> g & 0xff) << (8 * (u - 8))
			}
		}
		low = transpose8(low)
		if len(words) > 8 {
			high = transpose8(high)
		}
		for r := range 8 {
			dst[g+r] = uint16(low>>(8*r)&0xff) | uint16(high>>(8*r)&0xff)<<8
		}
	}
}

// transpose8 mirrors an 8 x 8 matrix of bits: bit 8i+j comes to 8j+i (Warren, Hacker's Delight, 7-3).
func transpose8(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}
