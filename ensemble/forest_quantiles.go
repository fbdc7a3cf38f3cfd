package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// LeafRows are the training rows in the leaves of a forest, if Quantiles asks for them.
type LeafRows struct {
	Y      []float64 // the targets of the training rows, one row after the other
	Leaves *LeafTable
	order  [][]int32 // of each output: the rows by rising target
	rank   [][]int32 // of each output and row: its place there
}

// LeafTable lists the rows of each leaf.
type LeafTable struct {
	Start  []int32   // of each node of each tree: where its rows begin; ends with the number of all
	Rows   []int32   // the rows of each leaf, as often as its tree has drawn them
	Weight []float64 // of each row, where trees see every row; nil: 1
}

// leafRows lists the rows that each tree has learned from by leaf.
func (f *forest) leafRows(e *tree.Ensemble) *LeafTable {
	x := rows.Of(f.table.X)
	perTree := make([][]int32, e.Trees()) // the rows of the leaves of a tree, and where those of a node begin
	start := make([]int32, len(e.Feature)+1)
	par.For(e.Trees(), 50*x.Len(), func(lo, hi int) {
		buf, counts, leaf := make([]float64, e.Features), make([]float64, x.Len()), make([]int32, x.Len())
		for t := lo; t < hi; t++ {
			if f.rows == EveryRow {
				for i := range counts {
					counts[i] = 1
					if f.table.Weight != nil && f.table.Weight[i] == 0 {
						counts[i] = 0
					}
				}
			} else {
				f.bag.counts(t, counts)
			}
			first, total := int(e.Start[t]), 0
			size := start[first+1 : int(e.Start[t+1])+1]
			for i, n := range counts {
				if n > 0 {
					leaf[i] = int32(e.Leaf(t, x.Row(i, buf)))
					size[leaf[i]] += int32(n)
					total += int(n)
				}
			}
			next := make([]int32, len(size))
			sum := int32(0)
			for k, n := range size {
				next[k] = sum
				sum += n
			}
			list := make([]int32, total)
			for i, n := range counts {
				for range int(n) {
					list[next[leaf[i]]] = int32(i)
					next[leaf[i]]++
				}
			}
			perTree[t] = list
		}
	})
	out := &LeafTable{Start: start, Rows: slices.Concat(perTree...)}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	if f.rows == EveryRow {
		out.Weight = slices.Clone(f.table.Weight)
	}
	return out
}

// restore checks the table and orders the targets.
func (l *LeafRows) restore(where string, e *tree.Ensemble) error {
	t := l.Leaves
	if t == nil {
		return nil
	}
	bad := func(found, want string) error {
		return &ml.Error{Where: where, Field: "Leaves", Found: found, Want: want, Kind: ml.ErrFormat}
	}
	m := e.Outputs
	n := len(l.Y) / m
	if n*m != len(l.Y) || t.Weight != nil && len(t.Weight) != n || len(t.Start) != len(e.Feature)+1 || t.Start[0] != 0 || int(t.Start[len(e.Feature)]) != len(t.Rows) {
		return bad("tables of other sizes", "a start for each node, and a target and a weight for each row")
	}
	for i := range e.Feature {
		if t.Start[i+1] < t.Start[i] || e.Feature[i] < 0 && t.Start[i+1] == t.Start[i] {
			return bad("a leaf without rows", "rows in each leaf")
		}
	}
	for _, r := range t.Rows {
		if r < 0 || int(r) >= n || t.Weight != nil && !(t.Weight[r] > 0) {
			return bad(fmt.Sprintf("row %d", r), "a row that has weight")
		}
	}
	for _, v := range l.Y {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return bad(fmt.Sprintf("target %v", v), "finite ones")
		}
	}
	l.order, l.rank = make([][]int32, m), make([][]int32, m)
	for j := range m {
		order, rank := make([]int32, n), make([]int32, n)
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(l.Y[int(a)*m+j], l.Y[int(b)*m+j]), cmp.Compare(a, b)) })
		for at, i := range order {
			rank[i] = int32(at)
		}
		l.order[j], l.rank[j] = order, rank
	}
	return nil
}

// Quantiles returns quantiles of the target of each row of x at the given levels (0 to 1), rows x levels, by quantile regression forests (Meinshausen, JMLR 7
// (2006)): each tree spreads a weight of 1 over the training rows in the leaf of x, in proportion to what they weigh there, and a quantile is the smallest target
// up to which the mean of these weights reaches the level. All levels are found in one pass. The mean of the same distribution is what Predict
// returns. The config must ask for Quantiles.
func (m *ForestRegression) Quantiles(x tensor.Matrix, levels []float64) (*tensor.Tensor[float64], error) {
	out, err := m.Training.quantiles("ensemble.ForestRegression.Quantiles", &m.Model, x, levels, nil)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// Quantiles is that of [ForestRegression] for each output: a tensor of rows x levels.
func (m *ForestMultiModel) Quantiles(x tensor.Matrix, levels []float64) ([]*tensor.Tensor[float64], error) {
	return m.Training.quantiles("ensemble.ForestMultiModel.Quantiles", &m.Model, x, levels, nil)
}

// OutOfBagQuantiles is Quantiles for the training rows, which x must be, each by the trees that have not drawn it; NaN for a row that all trees
// have drawn.
func (m *ForestRegression) OutOfBagQuantiles(x tensor.Matrix, levels []float64) (*tensor.Tensor[float64], error) {
	const where = "ensemble.ForestRegression.OutOfBagQuantiles"
	left, err := m.Training.leftOutTrees(where, m.Ensemble, x)
	if err != nil {
		return nil, err
	}
	out, err := m.Training.quantiles(where, &m.Model, x, levels, left)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// leftOutTrees has a bit for each training row and tree that has not drawn it.
func (l *LeafRows) leftOutTrees(where string, e *tree.Ensemble, x tensor.Matrix) (*bitTable, error) {
	if l.Leaves == nil {
		return nil, noLeafRows(where)
	}
	if x == nil || rows.IsNil(x) {
		return nil, ml.BadShape(where, "X", "nil", "the training rows")
	}
	n, _ := x.Dims()
	if n*e.Outputs != len(l.Y) {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d rows", n), fmt.Sprintf("the %d training rows", len(l.Y)/e.Outputs))
	}
	drawn, left := newBitTable(n, e.Trees()), newBitTable(n, e.Trees())
	for t := range e.Trees() {
		for _, i := range l.Leaves.Rows[l.Leaves.Start[e.Start[t]]:l.Leaves.Start[e.Start[t+1]]] {
			drawn.set(int(i), t)
		}
	}
	for i := range n {
		for t := range e.Trees() {
			if drawn.bits[i*drawn.words+t>>6]>>(t&63)&1 == 0 {
				left.set(i, t)
			}
		}
	}
	return &left, nil
}

func noLeafRows(where string) error {
	return &ml.Error{Where: where, Field: "Leaves", Found: "a model without training rows", Want: "a config with Quantiles", Kind: ml.ErrConfig}
}

// quantiles finds the quantiles of each output. among says which trees speak of each row; nil: all.
func (l *LeafRows) quantiles(where string, m *tree.Model, x tensor.Matrix, levels []float64, among *bitTable) ([]*tensor.Tensor[float64], error) {
	if l.Leaves == nil {
		return nil, noLeafRows(where)
	}
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, true); err != nil {
		return nil, err
	}
	for k, q := range levels {
		if !(q >= 0 && q <= 1) {
			return nil, ml.BadConfig(where, fmt.Sprintf("levels[%d]", k), q, "0 to 1")
		}
	}
	e, src := m.Ensemble, rows.Of(x)
	out := make([]*tensor.Tensor[float64], e.Outputs)
	for j := range out {
		out[j] = tensor.New[float64](src.Len(), len(levels))
	}
	rising := make([]int, len(levels))
	for k := range rising {
		rising[k] = k
	}
	slices.SortFunc(rising, func(a, b int) int { return cmp.Compare(levels[a], levels[b]) })
	all := make([]int, e.Trees())
	for t := range all {
		all[t] = t
	}
	par.For(src.Len(), 100*e.Trees(), func(lo, hi int) {
		s := &quantileSpace{weight: make([]float64, len(l.Y)/e.Outputs)}
		buf, trees := make([]float64, e.Features), all
		for i := lo; i < hi; i++ {
			if among != nil {
				if len(trees) == len(all) {
					trees = nil
				}
				trees = among.row(i, trees)
			}
			l.spread(s, e, src.Row(i, buf), trees)
			for j := range out {
				l.read(s, j, e.Outputs, levels, rising, out[j].Row(i))
			}
			s.clear()
		}
	})
	return out, nil
}

// quantileSpace is the distribution of one row.
type quantileSpace struct {
	weight  []float64 // of each training row
	touched []int32   // rows that have any
	ranks   []int32
	total   float64
}

func (s *quantileSpace) clear() {
	for _, i := range s.touched {
		s.weight[i] = 0
	}
	s.touched, s.total = s.touched[:0], 0
}

// spread gives weight to the training rows in the leaves of x.
func (l *LeafRows) spread(s *quantileSpace, e *tree.Ensemble, x []float64, trees []int) {
	t := l.Leaves
	for _, k := range trees {
		leaf := int(e.Start[k]) + e.Leaf(k, x)
		list := t.Rows[t.Start[leaf]:t.Start[leaf+1]]
		total := float64(len(list))
		if t.Weight != nil {
			total = 0
			for _, i := range list {
				total += t.Weight[i]
			}
		}
		for _, i := range list {
			if s.weight[i] == 0 {
				s.touched = append(s.touched, i)
			}
			s.weight[i] += weightOf(t.Weight, int(i)) / total
		}
		s.total++
	}
}

// quantileSlack forgives what rounding does to sums of weights.
const quantileSlack = 1e-12

// read finds the quantiles of output j of m.
func (l *LeafRows) read(s *quantileSpace, j, m int, levels []float64, rising []int, dst []float64) {
	if len(s.touched) == 0 {
		for k := range dst {
			dst[k] = math.NaN()
		}
		return
	}
	s.ranks = s.ranks[:0]
	for _, i := range s.touched {
		s.ranks = append(s.ranks, l.rank[j][i])
	}
	slices.Sort(s.ranks)
	at, sum := -1, 0.0
	for _, k := range rising {
		for at < 0 || at+1 < len(s.ranks) && sum < (levels[k]-quantileSlack)*s.total {
			at++
			sum += s.weight[l.order[j][s.ranks[at]]]
		}
		dst[k] = l.Y[int(l.order[j][s.ranks[at]])*m+j]
	}
}

// ForestIntervals are prediction intervals of a forest that are as wide as its out-of-bag errors demand.
type ForestIntervals struct {
	Low, High float64 // the levels of the quantiles between which an interval lies
	Margin    float64 // how much wider it is on either side; below 0: narrower
	forest    *ForestRegression
}

// Calibrate makes intervals that miss the target of a new row with probability miscoverage: from quantile miscoverage/2 to 1-miscoverage/2, wider (or narrower) by the
// margin that would have held the targets of the share 1-miscoverage of the training rows, each judged by trees that have not drawn it
// (conformalized quantile regression, Romano, Patterson and Candès, NeurIPS 2019, with out-of-bag scores). x are the training rows. The config must ask for Quantiles.
func (m *ForestRegression) Calibrate(x tensor.Matrix, miscoverage float64) (*ForestIntervals, error) {
	const where = "ensemble.ForestRegression.Calibrate"
	if !(miscoverage > 0 && miscoverage < 1) {
		return nil, ml.BadConfig(where, "miscoverage", miscoverage, "between 0 and 1")
	}
	f := &ForestIntervals{Low: miscoverage / 2, High: 1 - miscoverage/2, forest: m}
	q, err := m.OutOfBagQuantiles(x, []float64{f.Low, f.High})
	if err != nil {
		return nil, err
	}
	var missed []float64
	for i, y := range m.Training.Y {
		if r := q.Row(i); r[0] == r[0] {
			missed = append(missed, max(r[0]-y, y-r[1]))
		}
	}
	rank := int(math.Ceil((1 - miscoverage) * float64(len(missed)+1)))
	if rank > len(missed) {
		return nil, &ml.Error{Where: where, Field: "X", Found: fmt.Sprintf("%d rows that some tree has left out", len(missed)), Want: fmt.Sprintf("enough for miscoverage %v", miscoverage), Kind: ml.ErrShape}
	}
	slices.Sort(missed)
	f.Margin = missed[rank-1]
	return f, nil
}

// Predict returns the lower and the upper end of the interval of each row, rows x 2.
func (f *ForestIntervals) Predict(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	q, err := f.forest.Quantiles(x, []float64{f.Low, f.High})
	if err != nil {
		return nil, err
	}
	n, _ := q.Dims()
	for i := range n {
		r := q.Row(i)
		r[0], r[1] = r[0]-f.Margin, r[1]+f.Margin
		if r[0] > r[1] { // a margin below 0 may cross them
			m := r[0]/2 + r[1]/2
			r[0], r[1] = m, m
		}
	}
	return q, nil
}
