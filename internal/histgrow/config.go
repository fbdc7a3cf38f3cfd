package histgrow

import (
	"cmp"
	"fmt"
	"math"
)

// Growth is the order in which leaves are split.
type Growth uint8

// LeafWise splits the leaf that gains most, DepthWise all leaves of a depth before those below.
const (
	LeafWise Growth = iota
	DepthWise
)

// Config says how trees are grown. Zeros mean what they say, except where a field says otherwise; defaults are the caller's.
type Config struct {
	Growth         Growth
	MaxLeaves      int     // 0: no limit
	MaxDepth       int     // splits above a leaf; 0: no limit
	MinSamplesLeaf int     // rows of a leaf, exactly; 0: 1
	MinHessian     float64 // sum of second derivatives in a leaf
	MinGain        float64 // a split must gain more than this
	L1, L2         float64 // penalties on leaf values
	MaxDeltaStep   float64 // bound of the size of leaf values; 0: none
	PathSmooth     float64 // pull of a leaf's value to that of its parent, in rows
	Monotone       []int8  // of each column: 1 rising, -1 falling, 0 free; nil: all free. Categories are free
	Interaction    [][]int // columns of a group may follow each other on a path; columns in no group form one more; nil: all may

	ColumnsByTree  float64 // share of the columns drawn for each tree, 0 or 1: all
	ColumnsByLevel float64 // share of those drawn for each depth
	ColumnsByNode  float64 // share of those drawn for each node
	Seed           uint64  // of the columns and of rounding

	OneHotBins   int     // columns with at most so many bins split one category from the rest; 0: 4
	CatSmooth    float64 // rows a category needs, and the smoothing of the order of categories; 0: 10
	CatL2        float64 // L2 of splits into sets of categories, more than L2; 0: 10. Negative: none
	CatMost      int     // categories on the smaller side of a set; 0: 32
	CatGroupRows int     // rows between two places where a set is tried, and of its other side; 0: 100
}

// BadConfig says which field of a Config is out of range.
type BadConfig struct {
	Field, Found, Want string
}

func (e *BadConfig) Error() string { return fmt.Sprintf("%s is %s: want %s", e.Field, e.Found, e.Want) }

// check fills in what zeros stand for.
func (c *Config) check(b *Binned) error {
	for _, f := range []struct {
		name string
		v    float64
		most float64
	}{
		{"MaxLeaves", float64(c.MaxLeaves), math.MaxInt32}, {"MaxDepth", float64(c.MaxDepth), math.MaxInt32}, {"MinSamplesLeaf", float64(c.MinSamplesLeaf), math.MaxInt32},
		{"MinHessian", c.MinHessian, math.MaxFloat64}, {"MinGain", c.MinGain, math.MaxFloat64}, {"L1", c.L1, math.MaxFloat64}, {"L2", c.L2, math.MaxFloat64},
		{"MaxDeltaStep", c.MaxDeltaStep, math.MaxFloat64}, {"PathSmooth", c.PathSmooth, math.MaxFloat64},
		{"ColumnsByTree", c.ColumnsByTree, 1}, {"ColumnsByLevel", c.ColumnsByLevel, 1}, {"ColumnsByNode", c.ColumnsByNode, 1},
		{"OneHotBins", float64(c.OneHotBins), math.MaxInt32}, {"CatSmooth", c.CatSmooth, math.MaxFloat64}, {"CatMost", float64(c.CatMost), math.MaxInt32},
		{"CatGroupRows", float64(c.CatGroupRows), math.MaxInt32},
	} {
		if !(f.v >= 0 && f.v <= f.most) {
			return &BadConfig{f.name, fmt.Sprint(f.v), fmt.Sprintf("0 to %v", f.most)}
		}
	}
	if !(math.Abs(c.CatL2) <= math.MaxFloat64) {
		return &BadConfig{"CatL2", fmt.Sprint(c.CatL2), "a finite number"}
	}
	if c.MaxLeaves == 1 {
		return &BadConfig{"MaxLeaves", "1", "at least 2, or 0 for no limit"}
	}
	if c.Growth > DepthWise {
		return &BadConfig{"Growth", fmt.Sprint(c.Growth), "LeafWise or DepthWise"}
	}
	if c.Monotone != nil && len(c.Monotone) != b.Features {
		return &BadConfig{"Monotone", fmt.Sprintf("%d long", len(c.Monotone)), fmt.Sprintf("one for each of %d columns", b.Features)}
	}
	for _, group := range c.Interaction {
		for _, j := range group {
			if j < 0 || j >= b.Features {
				return &BadConfig{"Interaction", fmt.Sprintf("with column %d", j), fmt.Sprintf("columns 0 to %d", b.Features-1)}
			}
		}
	}
	c.MinSamplesLeaf = max(c.MinSamplesLeaf, 1)
	c.OneHotBins, c.CatMost, c.CatGroupRows = cmp.Or(c.OneHotBins, 4), cmp.Or(c.CatMost, 32), cmp.Or(c.CatGroupRows, 100)
	c.CatSmooth, c.CatL2 = cmp.Or(c.CatSmooth, 10), max(cmp.Or(c.CatL2, 10), 0)
	return nil
}
