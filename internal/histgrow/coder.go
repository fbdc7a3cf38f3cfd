package histgrow

import (
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// groupRows is how many rows are turned into columns, coded and turned back while they are near.
const groupRows = kern.TreeGroup

// coder finds the bins of a column's values.
type coder struct {
	c      *Column
	cuts   *kern.TreeCuts  // numeric: many numbers at a time; nil: not at this level, or not with these edges
	words  []uint64        // numeric: the edges by orderOf, and the largest word behind them, up to a power of two less 1
	lookup map[int32]uint8 // categorical
}

func newCoder(c *Column, narrow bool) coder {
	k := coder{c: c}
	if c.IsCategory {
		k.lookup = make(map[int32]uint8, len(c.Categories))
		for i, code := range c.Categories {
			k.lookup[code] = uint8(i + 1)
		}
		return k
	}
	above := make([]float64, len(c.Edges)) // the least number of each bin but the first
	k.words = make([]uint64, 1<<bits.Len(uint(len(c.Edges)))-1)
	for i := range k.words {
		k.words[i] = math.MaxUint64
		if i < len(c.Edges) {
			k.words[i] = orderOf(c.Edges[i])
			above[i] = math.Nextafter(c.Edges[i], math.Inf(1))
		}
	}
	if c.Bins <= 256 {
		k.cuts, _ = kern.NewTreeCuts(above, narrow, c.bin(math.NaN()))
	}
	return k
}

// orderOf is a word of the same order among numbers; -0 is 0.
func orderOf(v float64) uint64 {
	b := math.Float64bits(v + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// bin is that of one value, if it can have one.
func (k *coder) bin(v float64) (bin int, ok bool) {
	if !k.c.IsCategory {
		return k.c.bin(v), true
	}
	if isCode(v) {
		return int(k.lookup[int32(v)]), true
	}
	return 0, v != v
}

// bins writes the bins of the first n values of a group. It returns the place of the first one that cannot have one, or -1.
func (k *coder) bins(dst *[groupRows]uint16, values []float64, n int) (bad int) {
	bad = -1
	switch {
	case k.c.IsCategory:
		for i := n - 1; i >= 0; i-- {
			bin, ok := k.bin(values[i])
			if dst[i] = uint16(bin); !ok {
				bad = i
			}
		}
	case k.cuts != nil:
		var ranks [groupRows]int8
		k.cuts.Bin(ranks[:], values)
		for i := range dst {
			dst[i] = uint16(int(ranks[kern.TreeByte(i)]) + 128)
		}
	default:
		k.ranks(dst, values[:n])
	}
	return bad
}

// ranks writes how many edges lie below each value: Column.bin without jumps, which no processor can foresee.
func (k *coder) ranks(dst *[groupRows]uint16, values []float64) {
	for i, v := range values {
		if v != v {
			dst[i] = uint16(k.c.bin(v))
			continue
		}
		word, at := orderOf(v), 0
		for step := (len(k.words) + 1) / 2; step > 0; step /= 2 {
			_, below := bits.Sub64(k.words[at+step-1], word, 0)
			at += step & -int(below)
		}
		dst[i] = uint16(at)
	}
}
