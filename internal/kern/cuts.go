package kern

import (
	"math"
	"slices"
)

// CutRows is the most rows of a [Cutter].
const CutRows = 128

// Cutter finds the best cut of a few rows of two classes in one column. It belongs to one goroutine.
type Cutter struct {
	Codes  [CutRows]uint32 // in the order of the numbers, below the largest there is
	Pairs  [CutRows]uint32 // the weight of each row, and from bit 16 on the weight that is of class 1; all together below 2^16
	sums   [CutRows]uint32
	scores [CutRows]float64
}

// Best tries the cuts of the first n rows, n >= 1, that leave at least the weight least, 1 or more, on either side. Their score is d²/(left·right), with d = left₁·total - left·total₁: what the Gini impurity
// falls by, but for a constant. It returns the best one, -1 if there is none, and the lowest code that is the last on the left of such a cut. The cut behind the highest code is none.
func (c *Cutter) Best(n int, total, ones, least uint32) (score float64, code uint32) {
	if n < 1 || n > CutRows {
		mismatch("Cutter.Best: rows", CutRows, n)
	}
	return c.best(n, total, ones, max(least, 1))
}

// bestGeneric sorts the codes and adds up.
func (c *Cutter) bestGeneric(n int, total, ones, least uint32) (score float64, code uint32) {
	var room [CutRows]uint64
	order := room[:n]
	for i, v := range c.Codes[:n] {
		order[i] = uint64(v)<<32 | uint64(c.Pairs[i])
	}
	if n > 20 {
		slices.Sort(order)
	} else {
		for i := 1; i < n; i++ {
			x, k := order[i], i
			for ; k > 0 && order[k-1] > x; k-- {
				order[k] = order[k-1]
			}
			order[k] = x
		}
	}
	score, code = -1, math.MaxUint32
	sum := uint32(0)
	for i, x := range order[:n-1] {
		sum += uint32(x)
		w := sum & math.MaxUint16
		if x>>32 == order[i+1]>>32 || w < least || total-w < least {
			continue
		}
		d := int64(sum>>16)*int64(total) - int64(w)*int64(ones)
		if s := float64(float64(d)*float64(d)) / float64(int64(w)*int64(total-w)); s > score {
			score, code = s, uint32(x>>32)
		}
	}
	return score, code
}

// GatherRange copies the numbers of src at some places to dst, and returns the smallest and the largest of them. There is at least one, none is NaN or -0, and the places lie in src.
func GatherRange(dst, src []float64, at []int32) (low, high float64) {
	same("GatherRange: dst and at", len(dst), len(at))
	reads(src)
	reads(at)
	writes(dst)
	return gatherRange(dst, src, at)
}

func gatherRangeGeneric(dst, src []float64, at []int32) (low, high float64) {
	low, high = src[at[0]], src[at[0]]
	for i, r := range at {
		v := src[r]
		dst[i] = v
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
	}
	return low, high
}

// SumBelow counts the numbers of x that are at most t, and adds up the elements of v in their places; bit i%8 of bits[i/8] is set for each of them, and not for the others.
func SumBelow(x []float64, t float64, v []uint64, bits []uint8) (count int, sum uint64) {
	same("SumBelow: x and v", len(x), len(v))
	same("SumBelow: x and bits", (len(x)+7)/8, len(bits))
	reads(x)
	reads(v)
	writes(bits)
	return sumBelow(x, t, v, bits)
}

func sumBelowGeneric(x []float64, t float64, v []uint64, bits []uint8) (count int, sum uint64) {
	v = v[:len(x)]
	word := 0
	for i, a := range x {
		is := 0
		if a <= t {
			is = 1
		}
		count += is
		sum += v[i] & -uint64(is)
		word |= is << (i & 7)
		if i&7 == 7 {
			bits[i>>3] = uint8(word)
			word = 0
		}
	}
	if len(x)&7 != 0 {
		bits[len(x)>>3] = uint8(word)
	}
	return count, sum
}

// PartBits puts the rows, and the pairs that belong to them, whose bits are set first, either side in its old order, and returns how many there are. The spare slices are scratch as
// long as rows.
func PartBits(rows []int32, pairs []uint64, bits []uint8, spareRows []int32, sparePairs []uint64) int {
	n := len(rows)
	same("PartBits: rows and pairs", n, len(pairs))
	same("PartBits: rows and bits", (n+7)/8, len(bits))
	same("PartBits: rows and spareRows", n, len(spareRows))
	same("PartBits: rows and sparePairs", n, len(sparePairs))
	reads(bits)
	writes(rows)
	writes(pairs)
	writes(spareRows)
	writes(sparePairs)
	left := partBits(rows, pairs, bits, spareRows, sparePairs)
	copy(rows[left:], spareRows)
	copy(pairs[left:], sparePairs)
	return left
}

func partBitsGeneric(rows []int32, pairs []uint64, bits []uint8, spareRows []int32, sparePairs []uint64) int {
	a, b := 0, 0
	for i, r := range rows {
		p, is := pairs[i], int(bits[i>>3]>>(i&7))&1
		rows[a], pairs[a], spareRows[b], sparePairs[b] = r, p, r, p
		a += is
		b += 1 - is
	}
	return a
}
