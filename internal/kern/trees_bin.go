package kern

import (
	"math"
	"sort"
)

// TreeCuts finds the rank of numbers among the cuts of a column: how many cuts they are not below.
type TreeCuts struct {
	levels  int
	missing int
	heap    []float32 // entry 1 is the median of the cuts, 2h and 2h+1 are below entry h
	wide    []float64 // the cuts, and NaN; nil: those of the heap are all there is to them
}

const mostCuts = TreeColumns - 1

// NewTreeCuts prepares for a column with these cuts, ascending, at most 255 of them. Numbers are rounded to float32 before they are compared,
// as the cuts are then, if narrow; NaN has the rank missing. It reports whether this level and these cuts have what Bin wants.
func NewTreeCuts(cuts []float64, narrow bool, missing int) (*TreeCuts, bool) {
	if !treesBinned() || len(cuts) > mostCuts {
		return nil, false
	}
	c := &TreeCuts{levels: 5, missing: missing, heap: Aligned[float32](2 * (mostCuts + 1) / 2)}
	for len(cuts) >= 1<<c.levels {
		c.levels++
	}
	sorted := make([]float32, 1<<c.levels-1)
	nan := float32(math.NaN())
	for i := range sorted {
		if sorted[i] = nan; i < len(cuts) { // nothing reaches NaN
			sorted[i] = roundUp(cuts[i])
		}
		if i > 0 && sorted[i] <= sorted[i-1] {
			return nil, false // two cuts that float32 does not tell apart
		}
	}
	for level := range c.levels {
		step := 1 << (c.levels - level)
		for i := range 1 << level {
			c.heap[1<<level+i] = sorted[i*step+step/2-1]
		}
	}
	if !narrow {
		c.wide = Aligned[float64](mostCuts + 1)
		for i := range c.wide {
			if c.wide[i] = math.NaN(); i < len(cuts) {
				c.wide[i] = cuts[i]
			}
		}
	}
	return c, true
}

// roundUp is the lowest float32 that is not below x.
func roundUp(x float64) float32 {
	f := float32(x)
	if float64(f) < x {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}

// Bin writes the ranks of TreeGroup numbers, less 128, to dst, in the order of TreeByte.
func (c *TreeCuts) Bin(dst []int8, x []float64) {
	if len(dst) < TreeGroup || len(x) < TreeGroup {
		mismatch("TreeCuts.Bin", len(dst), len(x))
	}
	reads(x[:TreeGroup])
	writes(dst[:TreeGroup])
	treeBin(c, dst, x)
}

func treeBinGeneric(c *TreeCuts, dst []int8, x []float64) {
	for i, v := range x[:TreeGroup] {
		rank := c.missing
		if v == v {
			if c.wide == nil {
				v = float64(float32(v))
			}
			rank = sort.Search(1<<c.levels-1, func(i int) bool { return !(c.cut(i) <= v) })
		}
		dst[TreeByte(i)] = int8(rank - 128)
	}
}

// cut is cut i.
func (c *TreeCuts) cut(i int) float64 {
	if c.wide != nil {
		return c.wide[i]
	}
	level, step := c.levels-1, 1
	for i+1&step == 0 {
		level, step = level-1, step*2
	}
	return float64(c.heap[1<<level+i/(2*step)])
}
