package features

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// RandomOverSampler repeats rows of the smaller classes, drawn at random with replacement, until they have as many rows as the largest class.
//
// All original rows stay, in order, and the repeated ones follow, class by class, with their weights and groups. Rows of weight 0 are neither counted nor drawn. Any storage, any kind of column, missing values.
// In a pipeline it is a stage: ml.Resample(features.RandomOverSampler{}), which only training rows pass.
type RandomOverSampler struct {
	Ratio float64 // of a smaller class to the largest afterwards, in 0..1; zero: 1. A class that has as many already stays
	Seed  uint64
}

// Resample returns the rows to learn from.
func (c RandomOverSampler) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	const where = "features.RandomOverSampler.Resample"
	b, err := newBalance(ctx, where, d, c.Ratio, ml.Accepts{Missing: true, Categorical: true})
	if err != nil {
		return d, err
	}
	idx := b.all()
	for k, members := range b.members {
		r := rng.New(c.Seed, uint64(k))
		for range b.lacking(k) {
			idx = append(idx, members[r.IntN(len(members))])
		}
	}
	return d.Select(idx), nil
}

// RandomUnderSampler drops rows of the larger classes, at random, until they have as many rows as the smallest class.
//
// The rows that stay keep their order, weights and groups. Rows of weight 0 are not counted, and are dropped. Any storage, any kind of column, missing values.
type RandomUnderSampler struct {
	Ratio float64 // of the smallest class to a larger one afterwards, in 0..1; zero: 1
	Seed  uint64
}

// Resample returns the rows to learn from.
func (c RandomUnderSampler) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	const where = "features.RandomUnderSampler.Resample"
	b, err := newBalance(ctx, where, d, c.Ratio, ml.Accepts{Missing: true, Categorical: true})
	if err != nil {
		return d, err
	}
	var idx []int
	for k, members := range b.members {
		if most := b.most(); len(members) > most {
			drawn := rng.Sample(rng.New(c.Seed, uint64(k)), len(members), most)
			for _, e := range drawn {
				idx = append(idx, members[e])
			}
			continue
		}
		idx = append(idx, members...)
	}
	slices.Sort(idx)
	return d.Select(idx), nil
}

// balance is the rows of each class.
type balance struct {
	rows    int
	members [][]int // rows of positive weight, rising
	largest int
	fewest  int // of the classes that have rows
	ratio   float64
}

func newBalance(ctx context.Context, where string, d ml.Dataset[int], ratio float64, accepts ml.Accepts) (*balance, error) {
	if !(ratio >= 0 && ratio <= 1) {
		return nil, ml.BadConfig(where, "Ratio", ratio, "0 for 1, or in 0..1")
	}
	if err := d.Check(where, accepts); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if ratio == 0 {
		ratio = 1
	}
	b := &balance{rows: d.Rows(), members: make([][]int, d.K()), fewest: d.Rows(), ratio: ratio}
	for i, k := range d.Y {
		if weightOf(d.Weight, i) > 0 {
			b.members[k] = append(b.members[k], i)
		}
	}
	classes := 0
	for _, m := range b.members {
		b.largest = max(b.largest, len(m))
		if len(m) > 0 {
			classes++
			b.fewest = min(b.fewest, len(m))
		}
	}
	if classes < 2 {
		return nil, ml.BadShape(where, "Y", "of one class", "at least two")
	}
	return b, nil
}

func (b *balance) all() []int {
	idx := make([]int, b.rows)
	for i := range idx {
		idx[i] = i
	}
	return idx
}

// lacking is how many rows class k needs to reach its share of the largest; none if it is empty.
func (b *balance) lacking(k int) int {
	if len(b.members[k]) == 0 {
		return 0
	}
	return max(0, int(b.ratio*float64(b.largest))-len(b.members[k]))
}

// most is how many rows of a class may stay.
func (b *balance) most() int { return int(float64(b.fewest) / b.ratio) }

// smallest is the class with the fewest rows, the first of several.
func (b *balance) smallest() int {
	for k, m := range b.members {
		if len(m) == b.fewest {
			return k
		}
	}
	panic("features: no class has the fewest rows")
}

// A neighborhood finds nearest rows among all, by the Euclidean distance; different categories lie apart by penalty, each.
type neighborhood struct {
	x *tensor.Tensor[float64] // categories as a column each, of which one is not 0
}

// newNeighborhood copies the rows, with a category as a number penalty/sqrt2 in its column, so that different ones are at the distance penalty.
func newNeighborhood(d ml.Table, penalty float64) *neighborhood {
	from := rows.Of(d.X)
	n, p := from.Dims()
	width := 0
	offset := make([]int, p)
	for j := range p {
		offset[j] = width
		width++
		if isCategorical(d.Columns, j) {
			width += codesIn(d, j) - 1
		}
	}
	x := tensor.New[float64](n, width)
	buf := make([]float64, p)
	for i := range n {
		row := x.Row(i)
		for j, v := range from.Row(i, buf) {
			if isCategorical(d.Columns, j) {
				row[offset[j]+int(v)] = penalty / math.Sqrt2
				continue
			}
			row[offset[j]] = v
		}
	}
	return &neighborhood{x: x}
}

// codesIn is the number of codes of a categorical column.
func codesIn(d ml.Table, j int) int {
	if levels := d.Columns[j].Levels; levels != nil {
		return len(levels)
	}
	from := rows.Of(d.X)
	column := make([]float64, from.Len())
	from.Col(j, column)
	return int(slices.Max(column)) + 1
}

type neighbor struct {
	row      int
	distance float64 // squared
}

// nearest are the k nearest of the rows among to each of the rows of, itself left out, nearest first, of equals the lower.
func (h *neighborhood) nearest(of, among []int, k int) [][]neighbor {
	_, width := h.x.Dims()
	pool := tensor.New[float64](len(among), width)
	for e, i := range among {
		copy(pool.Row(e), h.x.Row(i))
	}
	out := make([][]neighbor, len(of))
	par.For(len(of), len(among)*width/4+100, func(lo, hi int) {
		distances := make([]float64, len(among))
		for q := lo; q < hi; q++ {
			kern.SqDistRows(distances, h.x.Row(of[q]), pool.Data(), width)
			best := make([]neighbor, 0, k+1)
			for e, v := range distances {
				if among[e] == of[q] || len(best) == k && v >= best[len(best)-1].distance {
					continue
				}
				at := len(best)
				for at > 0 && best[at-1].distance > v {
					at--
				}
				best = slices.Insert(best, at, neighbor{among[e], v})
				if len(best) > k {
					best = best[:k]
				}
			}
			out[q] = best
		}
	})
	return out
}

// denseRows refuses what neighbours cannot be found in.
func denseRows(where string, d ml.Dataset[int]) error {
	if isSparse(d.X) {
		return denseOnly(where, ": neighbours are found among dense rows; or RandomOverSampler and RandomUnderSampler, which take CSR")
	}
	return nil
}

// synthetic appends rows to a data set.
type synthetic struct {
	d     ml.Dataset[int]
	x     [][]float64
	class []int
	base  []int // the row each was made from, whose weight and group it gets
}

func (s *synthetic) dataset() ml.Dataset[int] {
	n, p := s.d.X.Dims()
	keep := make([]int, n, n+len(s.x))
	for i := range keep {
		keep[i] = i
	}
	out := s.d.Select(append(keep, s.base...)) // the made rows as their bases, with weights and groups
	x := denseCopy(out.X)
	set := setter(x)
	for k, row := range s.x {
		for j := range p {
			set(n+k, j, row[j])
		}
		out.Y[n+k] = s.class[k]
	}
	out.X = x
	return out
}

// denseCopy is x as a tensor of its own width.
func denseCopy(x tensor.Matrix) tensor.Matrix {
	switch x := x.(type) {
	case *tensor.Tensor[float32]:
		return x.Clone()
	case *tensor.Tensor[float64]:
		return x.Clone()
	}
	return tensor.FromMatrix[float64](x)
}

// between makes a row on the way from base to one of its neighbours: at a random share of it, the same in every numeric column. A category is the most frequent one among all neighbours, the lowest of
// several.
func between(d ml.Dataset[int], base int, neighbors []neighbor, r *rand.Rand) []float64 {
	from := rows.Of(d.X)
	p := from.Cols()
	row, to := make([]float64, p), make([]float64, p)
	copy(row, from.Row(base, row))
	other := neighbors[r.IntN(len(neighbors))].row
	to = from.Row(other, to)
	share := r.Float64()
	for j := range row {
		if !isCategorical(d.Columns, j) {
			row[j] += share * (to[j] - row[j])
			continue
		}
		votes := map[float64]int{}
		for _, n := range neighbors {
			votes[d.X.At(n.row, j)]++
		}
		best, most := math.Inf(1), 0
		for v, count := range votes {
			if count > most || count == most && v < best {
				best, most = v, count
			}
		}
		row[j] = best
	}
	return row
}

// categoryPenalty is the median of the standard deviations of the numeric columns over the rows of the smallest class.
func categoryPenalty(where string, d ml.Dataset[int], b *balance) (float64, error) {
	some, numeric := false, []float64{}
	own := d.Table.Select(b.members[b.smallest()])
	own.Weight = nil
	m := columnMoments(own.X, nil, firstValues(own.X, nil))
	for j := range m.m2 {
		if isCategorical(d.Columns, j) {
			some = true
			continue
		}
		numeric = append(numeric, math.Sqrt(m.m2[j]/m.weight[j]))
	}
	if !some {
		return 0, nil
	}
	if len(numeric) == 0 {
		return 1, nil
	}
	penalty := medianOf(numeric)
	if !finite(penalty) {
		return 0, &ml.Error{Where: where, Field: "X", Found: "numbers whose squares overflow", Want: "numbers within 1e150 of each other", Kind: ml.ErrNotFinite}
	}
	return penalty, nil
}

func checkNeighbors(where, field string, k int) error {
	if k < 0 {
		return ml.BadConfig(where, field, k, "0 for the default, or >= 1")
	}
	return nil
}

func orDefault(k, otherwise int) int {
	if k == 0 {
		return otherwise
	}
	return k
}
