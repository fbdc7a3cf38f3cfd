package tree

import (
	"math"
	"slices"
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

// Codes of categorical columns that are none.
const (
	everySet = math.MaxUint16 - 1
	noSet    = math.MaxUint16
)

// column is one feature in one reading.
type column struct {
	feature int32
	reading reading
}

// ranks is how a model's features become columns.
type ranks struct {
	float32  bool
	columns  []column    // ordered by feature
	cuts     [][]float64 // of each feature, ascending: its rank is the number of cuts it is not below
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

// newRanks finds the columns that the splits of e ask for, or reports that they do not fit into 16 bits.
func newRanks(e *Ensemble) (*ranks, bool) {
	r := &ranks{float32: e.Float32, cuts: make([][]float64, e.Features)}
	used := map[column]bool{}
	for i, f := range e.Feature {
		if f < 0 {
			continue
		}
		used[column{f, readingOf(e.Rule[i])}] = true
		if e.Rule[i].Categorical() {
			if len(e.set(int(e.Threshold[i]))) > everySet/32 {
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
	for c := range used {
		r.columns = append(r.columns, c)
	}
	slices.SortFunc(r.columns, func(a, b column) int {
		if a.feature != b.feature {
			return int(a.feature - b.feature)
		}
		return int(a.reading) - int(b.reading)
	})
	for q, c := range r.columns {
		if q == 0 || r.columns[q-1].feature != c.feature {
			r.features, r.first = append(r.features, c.feature), append(r.first, int32(q))
		}
	}
	r.first = append(r.first, int32(len(r.columns)))
	for f := range r.cuts {
		slices.Sort(r.cuts[f])
		r.cuts[f] = slices.Compact(r.cuts[f]) // +0 and -0 are one cut
		if len(r.cuts[f]) >= math.MaxUint16 {
			return nil, false
		}
	}
	return r, len(r.columns) < math.MaxUint16
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

// rank is the number of cuts that x is not below.
func rank(cuts []float64, x float64) int {
	lo := 0
	for n := len(cuts); n > 1; {
		half := n >> 1
		if cuts[lo+half-1] <= x {
			lo += half
		}
		n -= half
	}
	if len(cuts) > lo && cuts[lo] <= x {
		lo++
	}
	return lo
}

// read writes the columns of row x to dst.
func (r *ranks) read(dst []uint16, x []float64) {
	for q, f := range r.features {
		v := x[f]
		if r.float32 {
			v = float64(float32(v))
		}
		columns := r.columns[r.first[q]:r.first[q+1]]
		cuts := r.cuts[f]
		place := uint16(rank(cuts, v)) // 0 for NaN
		missing := v != v
		for k, c := range columns {
			dst[int(r.first[q])+k] = c.reading.value(v, place, missing, cuts)
		}
	}
}

// value is what a reading makes of v, whose rank is place.
func (c reading) value(v float64, place uint16, missing bool, cuts []float64) uint16 {
	if c >= codeRight {
		return c.code(v, missing)
	}
	if c >= zeroRight && v >= -zeroBound && v <= zeroBound {
		missing = true
	}
	if !missing {
		return place
	}
	switch c {
	case missingRight, zeroRight:
		return uint16(len(cuts))
	case missingZero:
		return uint16(rank(cuts, 0))
	default:
		return 0
	}
}

func (c reading) code(v float64, missing bool) uint16 {
	if missing {
		if c == codeLeft || c == cutCodeLeft {
			return everySet
		}
		return noSet
	}
	lowest := 0.0
	if c >= cutCodeRight {
		lowest = math.Nextafter(-1, 0)
	}
	if v >= lowest && v < everySet {
		return uint16(int(v))
	}
	return noSet
}
