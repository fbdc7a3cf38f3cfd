package histgrow

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/leafbox"
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
	MaxLeaves      int            // 0: no limit
	MaxDepth       int            // splits above a leaf; 0: no limit
	MinSamplesLeaf int            // rows of a leaf, exactly; 0: 1
	MinHessian     float64        // sum of second derivatives in a leaf
	MinGain        float64        // a split must gain more than this
	L1, L2         float64        // penalties on leaf values
	MaxDeltaStep   float64        // bound of the size of leaf values; 0: none
	PathSmooth     float64        // pull of a leaf's value to that of its parent, in rows
	Monotone       []int8         // of each column: 1 rising, -1 falling, 0 free; nil: all free. Categories are free
	Method         leafbox.Method // what bounds leaves where columns are monotone
	Interaction    [][]int        // columns of a group may follow each other on a path; columns in no group form one more; nil: all may

	ColumnsByTree  float64 // share of the columns drawn for each tree, 0 or 1: all
	ColumnsByLevel float64 // share of those drawn for each depth
	ColumnsByNode  float64 // share of those drawn for each node
	Seed           uint64  // of the columns and of rounding

	Categories Categories
}

// Categories says how columns of categories are split, by LightGBM's rules.
type Categories struct {
	OneHot     int     // columns of at most so many bins split one category from the rest
	Smooth     float64 // rows a category needs to take part in an order, and the smoothing of that
	L2         float64 // more L2 of splits into sets of categories
	MaxSide    int     // categories on the smaller side of a set; 0: any number
	MinSamples int     // rows between two places where a set is tried, and of its other side
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
		{"Categories.OneHot", float64(c.Categories.OneHot), math.MaxInt32}, {"Categories.Smooth", c.Categories.Smooth, math.MaxFloat64},
		{"Categories.L2", c.Categories.L2, math.MaxFloat64}, {"Categories.MaxSide", float64(c.Categories.MaxSide), math.MaxInt32},
		{"Categories.MinSamples", float64(c.Categories.MinSamples), math.MaxInt32},
	} {
		if !(f.v >= 0 && f.v <= f.most) {
			return &BadConfig{f.name, fmt.Sprint(f.v), fmt.Sprintf("0 to %v", f.most)}
		}
	}
	if c.MaxLeaves == 1 {
		return &BadConfig{"MaxLeaves", "1", "at least 2, or 0 for no limit"}
	}
	if c.Growth > DepthWise {
		return &BadConfig{"Growth", fmt.Sprint(c.Growth), "LeafWise or DepthWise"}
	}
	if c.Method > leafbox.Advanced {
		return &BadConfig{"Method", fmt.Sprint(c.Method), "Basic, Intermediate or Advanced"}
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
	c.Categories.MaxSide = cmp.Or(c.Categories.MaxSide, math.MaxInt)
	return nil
}
