package explain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// AccumulatedEffects says how a model's answer changes along one column, or along two beyond what each does alone (Apley and Zhu 2020, "Visualizing the effects of predictor
// variables in black box supervised learning models"; the details are those of R's ALEPlot). Between two edges of a bin only the rows of that bin are moved, from one edge to the other, so no answer is
// asked for that is far from the data, as partial dependence does where columns depend on each other. The mean changes are added up along the column, and counted from
// their mean over the rows.
//
// It costs two answers for each row, four for two columns, whatever the number of bins. Rows that miss a column are left out.
type AccumulatedEffects struct {
	Columns []int   // one, or two columns of numbers
	Bins    int     // of each column, between quantiles (of which equal ones are one). 0: 40
	Order   []int   // of a category: its codes in the order in which they are neighbours; nil: by how alike the other columns of their rows are
	Level   float64 // of the intervals, in (0, 1). 0: 0.95
}

// Effects is the result of AccumulatedEffects. The points of a surface run with the second column fastest.
type Effects struct {
	Columns []ml.Column
	Grid    [][]float64             // of each column: the edges of the bins, or the codes of a category in their order
	Mean    *tensor.Tensor[float64] // points x outputs: the effect
	SE      *tensor.Tensor[float64] // points x outputs: its standard error, of the rows being a sample, with the model and the bins as they are; infinite where a bin has a single row. nil for a surface
	Lo, Hi  *tensor.Tensor[float64] // points x outputs: the interval, by the normal distribution. nil for a surface
	Counts  []float64               // the weight of the rows in each bin, of each code, or in each cell of a surface
	Outputs []string
}

// step is what is known of the change from one point to the next: the rows that were moved.
type step struct {
	weight []float64
	change [][]float64 // of each row: one for each output
}

// Of measures the effects on a model's answers over the rows of a table.
func (c AccumulatedEffects) Of(ctx context.Context, m Model, t ml.Table) (*Effects, error) {
	const where = "explain.AccumulatedEffects"
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	columns := columnsOf(&ml.Fitted{Columns: t.Columns}, p)
	if err := c.check(where, columns); err != nil {
		return nil, err
	}
	if c.Bins == 0 {
		c.Bins = 40
	}
	if c.Level == 0 {
		c.Level = 0.95
	}
	weight, err := shares(where, t)
	if err != nil {
		return nil, err
	}
	a := &accumulator{where: where, how: c, m: m, columns: columns}
	a.keep(t, weight)
	if len(a.w) == 0 {
		return nil, ml.BadShape(where, ml.ColumnName(columns, c.Columns[0]), "missing in all rows that count", "rows that have it")
	}
	out := &Effects{}
	for _, j := range c.Columns {
		out.Columns = append(out.Columns, columns[j])
	}
	switch {
	case len(c.Columns) == 2:
		err = a.surface(ctx, out)
	case columns[c.Columns[0]].Kind == ml.Categorical:
		err = a.codes(ctx, out)
	default:
		err = a.bins(ctx, out)
	}
	if err != nil {
		return nil, err
	}
	out.Outputs = outputsOf(metaOf(m), out.Mean.Shape()[1])
	return out, nil
}

func (c AccumulatedEffects) check(where string, columns []ml.Column) error {
	if len(c.Columns) < 1 || len(c.Columns) > 2 || len(c.Columns) == 2 && c.Columns[0] == c.Columns[1] {
		return ml.BadConfig(where, "Columns", c.Columns, "one column, or two different ones")
	}
	for _, j := range c.Columns {
		if j < 0 || j >= len(columns) {
			return ml.BadConfig(where, "Columns", j, fmt.Sprintf("one of %d, from 0", len(columns)))
		}
		if len(c.Columns) == 2 && columns[j].Kind == ml.Categorical {
			return ml.BadConfig(where, "Columns", ml.ColumnName(columns, j), "two columns of numbers, or one of either kind")
		}
	}
	switch {
	case c.Bins < 0:
		return ml.BadConfig(where, "Bins", c.Bins, ">= 1, or 0 for 40")
	case c.Level < 0 || !(c.Level < 1):
		return ml.BadConfig(where, "Level", c.Level, "in (0, 1), or 0 for 0.95")
	case c.Order != nil && (len(c.Columns) == 2 || columns[c.Columns[0]].Kind != ml.Categorical):
		return ml.BadConfig(where, "Order", c.Order, "nil for columns of numbers")
	}
	return nil
}

// accumulator is a measurement of effects.
type accumulator struct {
	where   string
	how     AccumulatedEffects
	m       Model
	columns []ml.Column
	x       *tensor.Tensor[float64] // the rows that have the columns and a weight
	w       []float64
}

// keep copies the rows that count.
func (a *accumulator) keep(t ml.Table, weight []float64) {
	src := rows.Of(t.X)
	var which []int
	for i, w := range weight {
		if w > 0 && !slices.ContainsFunc(a.how.Columns, func(j int) bool { return math.IsNaN(src.At(i, j)) }) {
			which = append(which, i)
			a.w = append(a.w, w)
		}
	}
	a.x = tensor.New[float64](len(which), src.Cols())
	for r, i := range which {
		copy(a.x.Row(r), src.Row(i, a.x.Row(r)))
	}
}

// moved is what the model answers when each row has other values in the columns.
func (a *accumulator) moved(ctx context.Context, outputs int, values ...[]float64) (*tensor.Tensor[float64], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x := a.x.Clone()
	for q, j := range a.how.Columns[:len(values)] {
		for i, v := range values[q] {
			x.Row(i)[j] = v
		}
	}
	return answer(a.where, a.m, x, outputs)
}

// edges are the ends of the bins of column j, and the bin of each row: the first quantile is the least number, the others those of the inverse of the distribution.
func (a *accumulator) edges(j int) (edges []float64, bin []int) {
	order := make([]int, len(a.w))
	total := 0.0
	for i, w := range a.w {
		order[i] = i
		total += w
	}
	at := func(i int) float64 { return a.x.Row(i)[j] }
	slices.SortStableFunc(order, func(p, q int) int { return compareFloats(at(p), at(q)) })
	edges = append(edges, at(order[0]))
	next, sum := 0, a.w[order[0]]
	for b := range a.how.Bins {
		want := total * float64(b+1) / float64(a.how.Bins)
		for next+1 < len(order) && sum < want-float64(1e-12*total) {
			next++
			sum += a.w[order[next]]
		}
		edges = append(edges, at(order[next]))
	}
	edges = slices.Compact(edges)
	bin = make([]int, len(a.w))
	for i := range bin {
		q, _ := slices.BinarySearch(edges, at(i)) // bins are open below
		bin[i] = max(q-1, 0)
	}
	return edges, bin
}

func compareFloats(a, b float64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// bins measures a column of numbers.
func (a *accumulator) bins(ctx context.Context, out *Effects) error {
	edges, bin := a.edges(a.how.Columns[0])
	low, high := make([]float64, len(bin)), make([]float64, len(bin))
	steps := make([]step, len(edges)-1)
	out.Counts = make([]float64, len(steps))
	for i, b := range bin {
		low[i], high[i] = edges[b], edges[min(b+1, len(edges)-1)]
	}
	below, err := a.moved(ctx, 0, low)
	if err != nil {
		return err
	}
	k := below.Shape()[1]
	above, err := a.moved(ctx, k, high)
	if err != nil {
		return err
	}
	total := 0.0
	for i, b := range bin {
		if total += a.w[i]; len(steps) > 0 {
			steps[b].add(a.w[i], below.Row(i), above.Row(i))
			out.Counts[b] += a.w[i]
		}
	}
	rest := make([]float64, len(steps)) // of each step: the share of the rows beyond it, those within it by half
	sum := 0.0
	for b := len(steps) - 1; b >= 0; b-- {
		rest[b] = (sum + out.Counts[b]/2) / total
		sum += out.Counts[b]
	}
	out.Grid = [][]float64{edges}
	out.accumulate(steps, rest, k, a.how.Level)
	return nil
}

// codes measures a category.
func (a *accumulator) codes(ctx context.Context, out *Effects) error {
	j := a.how.Columns[0]
	var codes []int
	for i := range a.w {
		codes = append(codes, int(a.x.Row(i)[j]))
	}
	present := slices.Clone(codes)
	slices.Sort(present)
	present = slices.Compact(present)
	order := a.how.Order
	if order == nil {
		order = a.alike(j, codes, present)
	}
	place := map[int]int{}
	for q, code := range order {
		if _, twice := place[code]; twice {
			return ml.BadConfig(a.where, "Order", a.how.Order, "each code once")
		}
		place[code] = q
	}
	for _, code := range present {
		if _, ok := place[code]; !ok {
			return ml.BadConfig(a.where, "Order", a.how.Order, fmt.Sprintf("with code %d, which the rows have", code))
		}
	}
	grid := make([]float64, len(order))
	for q, code := range order {
		grid[q] = float64(code)
	}
	before, after, own := make([]float64, len(codes)), make([]float64, len(codes)), make([]float64, len(codes))
	for i, code := range codes {
		q := place[code]
		before[i], own[i], after[i] = grid[max(q-1, 0)], grid[q], grid[min(q+1, len(grid)-1)]
	}
	now, err := a.moved(ctx, 0, own)
	if err != nil {
		return err
	}
	k := now.Shape()[1]
	down, err := a.moved(ctx, k, before)
	if err != nil {
		return err
	}
	up, err := a.moved(ctx, k, after)
	if err != nil {
		return err
	}
	steps := make([]step, len(grid)-1)
	out.Counts = make([]float64, len(grid))
	total := 0.0
	for i, code := range codes {
		q := place[code]
		out.Counts[q] += a.w[i]
		total += a.w[i]
		if q > 0 {
			steps[q-1].add(a.w[i], down.Row(i), now.Row(i))
		}
		if q < len(steps) {
			steps[q].add(a.w[i], now.Row(i), up.Row(i))
		}
	}
	rest, sum := make([]float64, len(steps)), 0.0
	for b := len(steps) - 1; b >= 0; b-- {
		sum += out.Counts[b+1]
		rest[b] = sum / total
	}
	out.Grid = [][]float64{grid}
	out.accumulate(steps, rest, k, a.how.Level)
	return nil
}

func (s *step) add(weight float64, from, to []float64) {
	change := make([]float64, len(from))
	for o := range from {
		change[o] = to[o] - from[o]
	}
	s.weight, s.change = append(s.weight, weight), append(s.change, change)
}

// accumulate adds up the mean changes. The effect at a point is the sum over the steps b of a(b) x mean(b), where a(b) is 1 for steps before the point, less the share of the
// rows beyond b, which the centring takes off: its variance is the sum of a(b)² x variance of mean(b).
func (e *Effects) accumulate(steps []step, rest []float64, k int, level float64) {
	n := len(steps) + 1
	e.Mean, e.SE, e.Lo, e.Hi = tensor.New[float64](n, k), tensor.New[float64](n, k), tensor.New[float64](n, k), tensor.New[float64](n, k)
	z := stats.Normal{Sigma: 1}.Quantile(0.5 + level/2)
	for o := range k {
		mean, variance := make([]float64, len(steps)), make([]float64, len(steps))
		centre := 0.0
		for b, s := range steps {
			mean[b], variance[b] = s.mean(o)
			centre += float64(rest[b] * mean[b])
		}
		at := -centre
		for p := range n {
			if p > 0 {
				at += mean[p-1]
			}
			sum := 0.0
			for b, v := range variance {
				a := -rest[b]
				if b < p {
					a++
				}
				if a != 0 {
					sum += float64(float64(a*a) * v)
				}
			}
			se := math.Sqrt(sum)
			e.Mean.Row(p)[o], e.SE.Row(p)[o], e.Lo.Row(p)[o], e.Hi.Row(p)[o] = at, se, at-float64(z*se), at+float64(z*se)
		}
	}
}

// mean is the mean change of one output, and its variance.
func (s step) mean(o int) (mean, variance float64) {
	total, n := 0.0, float64(len(s.weight))
	for i, w := range s.weight {
		total += w
		mean += float64(w * s.change[i][o])
	}
	if n == 0 {
		return 0, math.Inf(1)
	}
	mean /= total
	if n == 1 {
		return mean, math.Inf(1)
	}
	for i, w := range s.weight {
		d := float64(w * (s.change[i][o] - mean))
		variance += float64(d * d)
	}
	return mean, variance / float64(total*total) * n / (n - 1)
}
