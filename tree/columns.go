package tree

import (
	"math"
	"math/bits"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// Predictors do not compare floats. Each feature is turned into its rank among the cuts of the model, once for a row, and a split compares
// small whole numbers. What a split does with missing values is folded into the rank: a feature becomes one column for each
// way of the model to read it.

// reading is a way to turn a feature into a column.
type reading uint8

const (
	missingRight reading = iota // the ranks, NaN above all cuts
	missingLeft                 // NaN below all cuts
	missingZero                 // NaN as 0
	zeroRight                   // NaN and zero above all cuts
	zeroLeft                    // NaN and zero below all cuts
	codeRight                   // the category code, NaN in no set
	codeLeft                    // NaN in every set
	cutCodeRight                // the same for InCut
	cutCodeLeft
)

// readingOf is how a split with the rule reads its feature.
func readingOf(r Rule) reading {
	left := reading(0)
	if r&MissingLeft != 0 {
		left = 1
	}
	switch {
	case r.Test() == In:
		return codeRight + left
	case r.Test() == InCut:
		return cutCodeRight + left
	case r&NaNIsZero != 0:
		return missingZero
	case r&ZeroIsMissing != 0:
		return zeroRight + left
	}
	return missingRight + left
}

// cell is an element of a column: a rank or a category code. Its two highest numbers are codes that are none.
type cell interface{ uint8 | uint16 }

func noSet[T cell]() T    { return ^T(0) }
func everySet[T cell]() T { return ^T(0) - 1 }

// column is one feature in one reading.
type column struct {
	feature int32
	reading reading
}

// ranks is how the features of some trees become columns.
type ranks struct {
	float32  bool
	columns  []column    // ordered by feature
	cuts     [][]float64 // of each feature, ascending: its rank is the number of cuts it is not below
	keys     [][]int64   // the keys of the cuts
	grids    []grid      // of each feature that has many cuts: where to look for a number among them
	features []int32     // that have columns
	first    []int32     // the first column of features[q]; ends with the number of columns
}

// cutOf is the number that x must be below to pass. It exists for every comparison but with +Inf, which float32 can reach.
func cutOf(r Rule, threshold float64) (cut float64, ok bool) {
	if r.Test() == Less {
		return threshold, true
	}
	return math.Nextafter(threshold, math.Inf(1)), !math.IsInf(threshold, 1)
}

// newRanks finds the columns that the splits of the trees from first to last-1 ask for, or reports that there are more than most cuts of a
// feature, or more columns than that.
func newRanks(e *Ensemble, first, last, most int) (*ranks, bool) {
	r := &ranks{float32: e.Float32, cuts: make([][]float64, e.Features)}
	used := make([]uint16, e.Features) // bit c: reading c is asked for
	for i := e.Start[first]; i < e.Start[last]; i++ {
		f := e.Feature[i]
		if f < 0 {
			continue
		}
		used[f] |= 1 << readingOf(e.Rule[i])
		if e.Rule[i].Categorical() {
			if 32*len(e.set(int(e.Threshold[i]))) >= most {
				return nil, false
			}
			continue
		}
		cut, ok := cutOf(e.Rule[i], e.Threshold[i])
		if !ok {
			return nil, false
		}
		r.cuts[f] = append(r.cuts[f], cut)
	}
	for f, asked := range used {
		for ; asked != 0; asked &= asked - 1 {
			r.columns = append(r.columns, column{int32(f), reading(bits.TrailingZeros16(asked))})
		}
	}
	for q, c := range r.columns {
		if q == 0 || r.columns[q-1].feature != c.feature {
			r.features, r.first = append(r.features, c.feature), append(r.first, int32(q))
		}
	}
	r.first = append(r.first, int32(len(r.columns)))
	total := 0
	for _, cuts := range r.cuts {
		total += len(cuts)
	}
	par.For(len(r.cuts), 50*total/max(len(r.cuts), 1), func(lo, hi int) {
		for f := lo; f < hi; f++ {
			slices.Sort(r.cuts[f])
			r.cuts[f] = slices.Compact(r.cuts[f]) // +0 and -0 are one cut
		}
	})
	for _, cuts := range r.cuts {
		if len(cuts) > most {
			return nil, false
		}
	}
	r.keys, r.grids = make([][]int64, e.Features), make([]grid, e.Features)
	for f, cuts := range r.cuts {
		r.keys[f] = make([]int64, len(cuts))
		for i, cut := range cuts {
			r.keys[f][i] = key(cut)
		}
		r.grids[f] = newGrid(cuts)
	}
	return r, len(r.columns) <= most
}

// key orders numbers as they are, but whole numbers are compared without branches. Both zeros have the same one.
func key(x float64) int64 {
	b := int64(math.Float64bits(x + 0))
	return b ^ int64(uint64(b>>63)>>1)
}

// find is the column of a split.
func (r *ranks) find(f int32, rule Rule) int {
	want := readingOf(rule)
	q, _ := slices.BinarySearch(r.features, f)
	for c := r.first[q]; ; c++ {
		if r.columns[c].reading == want {
			return int(c)
		}
	}
}

// rank is the number of keys that x is not below; 0 for NaN.
func rank(keys []int64, x float64) int {
	if x != x {
		return 0
	}
	return below(keys, key(x))
}

// grid divides the span of many cuts evenly. A cell says how many cuts lie before it, so that only those within the cell of a number are left to be searched: two or three if
// they are spread about evenly, and never more than all. Rounding does no harm: the cell of a larger number is never a lower one.
type grid struct {
	low, scale float64
	before     []uint32 // of each cell; ends with the number of cuts; nil: no grid
}

const (
	gridCuts = 256 // from how many cuts on a grid pays
	cellCuts = 2   // cuts for a cell
)

func newGrid(cuts []float64) grid {
	n := len(cuts)
	if n < gridCuts {
		return grid{}
	}
	cells := n / cellCuts
	g := grid{low: cuts[0], scale: float64(cells) / (cuts[n-1] - cuts[0])}
	if math.IsInf(g.low, 0) || !(g.scale > 0 && g.scale <= math.MaxFloat64) {
		return grid{}
	}
	g.before = make([]uint32, cells+1)
	for _, cut := range cuts {
		g.before[g.cell(cut)+1]++
	}
	for c := range cells {
		g.before[c+1] += g.before[c]
	}
	return g
}

// cell is where x lies, which is a number.
func (g *grid) cell(x float64) int {
	at := (x - g.low) * g.scale
	last := len(g.before) - 2
	switch {
	case !(at > 0):
		return 0
	case at >= float64(last):
		return last
	}
	return int(at)
}

// place is the rank of x among the keys of a feature.
func (r *ranks) place(f int32, x float64) int {
	keys, g := r.keys[f], &r.grids[f]
	if g.before == nil || x != x {
		return rank(keys, x)
	}
	c := g.cell(x)
	lo, hi := g.before[c], g.before[c+1]
	return int(lo) + below(keys[lo:hi], key(x))
}

// below is the number of keys that are at most k.
func below(keys []int64, k int64) int {
	lo := 0
	for n := len(keys); n > 1; {
		half := n >> 1
		next := lo + half
		if keys[next-1] > k {
			next = lo
		}
		lo = next
		n -= half
	}
	if len(keys) > lo && keys[lo] <= k {
		lo++
	}
	return lo
}

// readColumns writes the columns of row x to dst.
func readColumns[T cell](r *ranks, dst []T, x []float64) {
	for q, f := range r.features {
		v := x[f]
		if r.float32 {
			v = float64(float32(v))
		}
		keys, place := r.keys[f], r.place(f, v)
		for k := r.first[q]; k < r.first[q+1]; k++ {
			dst[k] = value[T](r.columns[k].reading, v, place, keys)
		}
	}
}

// value is what a reading makes of v, whose rank is place.
func value[T cell](c reading, v float64, place int, keys []int64) T {
	if c >= codeRight {
		return code[T](c, v)
	}
	if v == v && (c < zeroRight || v < -zeroBound || v > zeroBound) {
		return T(place)
	}
	return T(c.missing(keys))
}

// missing is the rank of what is missing.
func (c reading) missing(keys []int64) int {
	switch c {
	case missingRight, zeroRight:
		return len(keys)
	case missingZero:
		return rank(keys, 0)
	default:
		return 0
	}
}

func code[T cell](c reading, v float64) T {
	if v != v {
		if c == codeLeft || c == cutCodeLeft {
			return everySet[T]()
		}
		return noSet[T]()
	}
	lowest := 0.0
	if c >= cutCodeRight {
		lowest = math.Nextafter(-1, 0)
	}
	if v >= lowest && v < float64(everySet[T]()) {
		return T(int(v))
	}
	return noSet[T]()
}
