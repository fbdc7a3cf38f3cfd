package explain

import (
	"context"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// Path-dependent values by quadrature. The Shapley value of a column is the integral over p from 0 to 1 of the derivative of what the tree answers when
// each column is known with probability p (Owen 1972). At one p a leaf counts value times a product with one factor for each column of its path:
//
//	f = (1-p) W + p s
//
// where W is the product of the shares of cover at the splits on that column, and s is 1 if the row passes all of them, else 0. The product is a polynomial in p
// of degree U, the number of columns, so ceil(U/2) points of Gauss and Legendre make the integral exact. The walk carries the product at each point down
// the tree, sums what the leaves below make of it on the way up, and at each edge adds the change of (s-W)/f that the edge makes to its column.
// Rows differ in s alone: 64 of them walk side by side.

// coefficients are what an edge multiplies by, at each of k points. Whether a row passes all splits on the column so far has three cases: it does (both),
// it did above (lost), it did not.
type coefficients struct {
	ratio  kern.Choice // of f below to f above
	change kern.Choice // of (s-W)/f: none for a row that had failed above
	gain   kern.Choice // (s-W)/f itself, for the interactions: for rows that pass, and for all others
	twins  kern.Twins  // where the edge leads to a split on a new column with two leaves: all that is below, at once; nil elsewhere and for interactions
}

// plan is what the walk through one tree multiplies by.
type plan struct {
	tree    int
	path    *path
	points  int
	weights []float64
	edges   []coefficients
}

// quadrature returns the points of the integral for a tree with paths of so many columns.
func (x *TreeExplainer) quadrature(columns int) (points, weights []float64) {
	if x.how.Index == Banzhaf {
		return []float64{0.5}, []float64{1}
	}
	return gaussLegendre(max(1, (columns+1)/2))
}

func (x *TreeExplainer) plan(t int, pairs bool) *plan {
	p := x.pathwise[t]
	points, weights := x.quadrature(p.columns)
	k := len(points)
	each := 6 * k
	if pairs {
		each += 3 * k
	}
	out := &plan{tree: t, path: p, points: k, weights: weights, edges: make([]coefficients, len(p.edges))}
	all := make([]float64, each*len(p.edges))
	for i, d := range p.edges {
		room := all[i*each : (i+1)*each]
		c := &out.edges[i]
		c.ratio, c.change = kern.Choice(room[:3*k]), kern.Choice(room[3*k:6*k])
		if pairs {
			c.gain = kern.Choice(room[6*k:])
		}
		above := 1.0
		if d.above >= 0 {
			above = p.edges[d.above].share
		}
		for q, at := range points {
			not := 1 - at
			old, now := float64(not*above)+at, float64(not*d.share)+at
			gainOld, gainNow, lost := (1-above)/old, (1-d.share)/now, -1/not
			c.ratio[q], c.ratio[k+q], c.ratio[2*k+q] = now/old, float64(not*d.share)/old, d.cover
			c.change[q], c.change[k+q] = gainNow-gainOld, lost-gainOld
			if pairs {
				c.gain[q], c.gain[k+q], c.gain[2*k+q] = gainNow, lost, lost
			}
		}
		if !pairs {
			c.twins = x.twins(t, i, c, points, weights)
		}
	}
	return out
}

// twins returns what the walk multiplies by at an edge to two leaves whose column is new on the path. A row passes one of both: at each point the leaves add up to one of two numbers, and
// so does the change of their column.
func (x *TreeExplainer) twins(t, i int, c *coefficients, points, weights []float64) kern.Twins {
	p := x.pathwise[t]
	if p.edges[i].leaf || !p.twins(i+1, x.e.Vector) {
		return nil
	}
	l := &p.edges[i+1]
	r := &p.edges[l.next]
	k := len(points)
	factor := x.factor(t, x.output(t))
	left, right := float64(factor*leafOf(x.e, int(l.child), 0)), float64(factor*leafOf(x.e, int(r.child), 0))
	out := make(kern.Twins, 9*k)
	for q, at := range points {
		not, w := 1-at, weights[q]
		known := float64(not * (float64(l.cover*left) + float64(r.cover*right)))
		copy(out[9*q:], []float64{
			c.ratio[q], c.ratio[k+q], c.ratio[2*k+q],
			float64(w * (known + float64(at*left))), float64(w * (known + float64(at*right))),
			float64(w * (float64((1-l.cover)*left) - float64(r.cover*right))), float64(w * (float64((1-r.cover)*right) - float64(l.cover*left))),
			c.change[q], c.change[k+q],
		})
	}
	return out
}

// planned is how many numbers the plan of tree t holds.
func (x *TreeExplainer) planned(t int) int {
	p := x.pathwise[t]
	return 12 * len(p.edges) * max(1, (p.columns+1)/2)
}

// groupSize bounds the plans that are held at once: 2^22 numbers are 32 MB.
const groupSize = 1 << 22

// groups cuts the trees into runs whose plans fit in memory together. They depend on the model alone, and so does the order of all sums.
func (x *TreeExplainer) groups(size func(t int) int) [][2]int {
	var out [][2]int
	first, held := 0, 0
	for t := range x.e.Trees() {
		n := size(t)
		if t > first && held+n > groupSize {
			out = append(out, [2]int{first, t})
			first, held = t, 0
		}
		held += n
	}
	return append(out, [2]int{first, x.e.Trees()})
}

// plans returns the plans of a run of trees. Those of all trees are kept, if they fit in memory together, but for interactions.
func (x *TreeExplainer) plans(ctx context.Context, group [2]int, pairs bool) ([]*plan, error) {
	all := !pairs && group[1]-group[0] == x.e.Trees()
	if all {
		if kept := x.kept.Load(); kept != nil {
			return *kept, nil
		}
	}
	out := make([]*plan, group[1]-group[0])
	if err := par.Do(ctx, len(out), func(_ context.Context, i int) error {
		out[i] = x.plan(group[0]+i, pairs)
		return nil
	}); err != nil {
		return nil, err
	}
	if all {
		x.kept.Store(&out)
	}
	return out, nil
}

// explainCover adds the path-dependent values of src to out, and those of pairs to pairs unless it is nil.
func (x *TreeExplainer) explainCover(ctx context.Context, src rows.Rows, out *Explanation, pairs *Interactions) error {
	blocks := (src.Len() + lanes - 1) / lanes
	var index *pairIndex
	if pairs != nil {
		index = x.pairIndex()
	}
	for _, g := range x.groups(x.planned) {
		plans, err := x.plans(ctx, g, pairs != nil)
		if err != nil {
			return err
		}
		workers := par.Chunks(blocks, max(1, blocks/64))
		if err := par.Do(ctx, workers, func(ctx context.Context, c int) error {
			lo, hi := par.Bounds(blocks, workers, c)
			w := x.newWalker(plans, index)
			for b := lo; b < hi; b++ {
				if err := ctx.Err(); err != nil {
					return err
				}
				w.block.fill(src, b*lanes, min((b+1)*lanes, src.Len()), x.e.Float32)
				w.explain(plans)
				w.flush(b*lanes, out, pairs)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// walker is what one goroutine needs to explain a block of rows.
type walker struct {
	x     *TreeExplainer
	block *block
	width int       // lanes in use
	phi   []float64 // outputs x used columns x lanes
	pairs *pairSums // nil unless interactions are wanted

	plan    *plan
	output  int
	factor  float64
	product []float64 // of each depth: points x lanes, what the way down has multiplied up
	sums    []float64 // of each depth: points x lanes, what the leaves below have added
	open    int       // columns of the path so far
	passed  []uint64  // of each column of the path: the rows that pass all its splits so far
	last    []int32   // of each column of the path: its last edge
	scaled  []float64 // the coefficients of a leaf's edge
}

func (x *TreeExplainer) newWalker(plans []*plan, pairs *pairIndex) *walker {
	w := &walker{x: x, block: newBlock(x.e.Features), phi: make([]float64, x.e.Outputs*len(x.used)*lanes)}
	deep, columns, points, cells := 0, 0, 0, 0
	for _, p := range plans {
		deep, columns, points = max(deep, p.path.depth), max(columns, p.path.columns), max(points, p.points)
		cells = max(cells, (p.path.depth+1)*p.points)
	}
	w.product, w.sums = make([]float64, cells*lanes), make([]float64, cells*lanes)
	w.passed, w.last, w.scaled = make([]uint64, columns), make([]int32, columns), make([]float64, 3*points)
	if pairs != nil {
		w.pairs = pairs.sums(x.e.Outputs, points)
	}
	return w
}

// explain adds the values of the trees of plans for the block.
func (w *walker) explain(plans []*plan) {
	w.width = w.block.width()
	clear(w.phi)
	if w.pairs != nil {
		clear(w.pairs.phi)
	}
	for _, p := range plans {
		w.plan = p
		if len(p.path.edges) == 0 {
			continue
		}
		one := w.product[:p.points*lanes]
		for i := range one {
			one[i] = 1
		}
		for j := range w.passed {
			w.passed[j] = ^uint64(0)
		}
		if !w.x.e.Vector {
			w.output = w.x.output(p.tree)
			w.factor = w.x.factor(p.tree, w.output)
			w.node(0, 0)
			continue
		}
		for k := range w.x.e.Outputs {
			w.output, w.factor = k, w.x.factor(p.tree, k)
			w.node(0, 0)
		}
	}
}

// node walks the two edges that begin at edge i, at the given depth.
func (w *walker) node(i, depth int) {
	p := w.plan
	k := p.points
	here := w.product[depth*k*lanes : (depth+1)*k*lanes]
	sum := w.sums[depth*k*lanes : (depth+1)*k*lanes]
	clear(sum)
	left := w.block.passing(w.x.e, int(p.path.edges[i].split))
	open := w.open
	w.open = max(open, int(p.path.edges[i].slot)+1)
	for side := range 2 {
		d, c := &p.path.edges[i], &p.edges[i]
		old := w.passed[d.slot]
		both := old & left
		if side == 1 {
			both = old &^ left
		}
		lost := old &^ both
		at := w.x.place[d.feature]
		phi := w.phi[(w.output*len(w.x.used)+int(at))*lanes:][:lanes]
		if d.leaf {
			w.scale(c.ratio, float64(w.factor*w.value(int(d.child))))
			if w.pairs != nil {
				below := w.sums[(depth+1)*k*lanes : (depth+2)*k*lanes]
				kern.ScaleLanes(below, here, k, w.width, both, lost, w.scaled[:3*k])
				w.pairs.edge(w, i, both, lost, below)
			}
			kern.LeafLanes(sum, phi, here, k, w.width, both, lost, w.scaled[:3*k], c.change)
		} else if c.twins != nil {
			below := &p.path.edges[i+1]
			own := w.phi[(w.output*len(w.x.used)+int(w.x.place[below.feature]))*lanes:][:lanes]
			kern.TwinLanes(sum, phi, own, here, k, w.width, both, lost, w.block.passing(w.x.e, int(below.split)), c.twins)
		} else {
			kern.ScaleLanes(w.product[(depth+1)*k*lanes:], here, k, w.width, both, lost, c.ratio)
			w.passed[d.slot] = both
			before := w.last[d.slot]
			w.last[d.slot] = int32(i)
			w.node(i+1, depth+1)
			w.passed[d.slot], w.last[d.slot] = old, before
			below := w.sums[(depth+1)*k*lanes : (depth+2)*k*lanes]
			if w.pairs != nil {
				w.pairs.edge(w, i, both, lost, below)
			}
			kern.LiftLanes(sum, phi, below, k, w.width, both, lost, c.change)
		}
		i = int(d.next)
	}
	w.open = open
}

// scale sets scaled to the ratios of a leaf's edge times what the leaf says and the weights of the points.
func (w *walker) scale(ratio kern.Choice, value float64) {
	k := w.plan.points
	for q, weight := range w.plan.weights {
		v := float64(weight * value)
		w.scaled[q], w.scaled[k+q], w.scaled[2*k+q] = float64(ratio[q]*v), float64(ratio[k+q]*v), float64(ratio[2*k+q]*v)
	}
}

func (w *walker) value(node int) float64 { return leafOf(w.x.e, node, w.output) }

// leafOf is what a constant leaf says in an output.
func leafOf(e *tree.Ensemble, node, output int) float64 {
	if e.Vector {
		return e.Value[node*e.Outputs+output]
	}
	return e.Value[node]
}

// flush adds the sums of the block, whose first row is lo, to the explanation.
func (w *walker) flush(lo int, out *Explanation, pairs *Interactions) {
	used := w.x.used
	for r := range w.block.n {
		for k := range w.x.e.Outputs {
			values, phi := out.Row(lo+r, k), w.phi[k*len(used)*lanes:]
			for u, j := range used {
				values[j] += phi[u*lanes+r]
			}
		}
	}
	if w.pairs != nil {
		w.pairs.flush(w, lo, pairs)
	}
}
