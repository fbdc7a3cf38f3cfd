package kern

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
)

// Inversions sorts integers in rising order and returns how many pairs of them were in falling order; on all cores.
func Inversions(x []int64) uint64 {
	writes(x)
	room, l := scratch[float64](len(x))
	n := inversions(x, words(room))
	release(l)
	return n
}

// An inverter holds the parts of a stable quicksort that the processor has.
type inverter interface {
	// part moves the numbers below the pivot to the front of x and the others to the front of high, either in their order, and returns how many are below and how
	// many pairs have passed each other.
	part(x, high []int64, pivot int64) (below int, passed uint64)
	// block counts the pairs of 2 to blockWords numbers in falling order, and sorts them.
	block(x []int64) uint64
}

// quickInversions counts the pairs that a stable quicksort parts: those of a number below the pivot behind one that is not. Where the parts shrink too slowly, merge sort takes over.
func quickInversions(p inverter, x, room []int64, patience int) (pairs uint64) {
	for len(x) > blockWords {
		if patience--; patience < 0 {
			return pairs + mergeInversions(x, room)
		}
		pivot := wordPivot(x)
		below, passed := p.part(x, room, pivot)
		copy(x[below:], room)
		settled := below == 0 // the pivot is the least: its equals go to the front and stay there
		if settled {
			if pivot == math.MaxInt64 {
				return pairs
			}
			below, passed = p.part(x, room, pivot+1)
			copy(x[below:], room)
		}
		pairs += passed
		low, lowRoom := x[:below], room[:below]
		x, room = x[below:], room[below:]
		const shared = 1 << 15
		switch {
		case settled:
		case len(low)+len(x) >= shared:
			var half [2]uint64
			par.ForChunks(2, 1, func(c, _, _ int) {
				half[c] = quickInversions(p, [2][]int64{low, x}[c], [2][]int64{lowRoom, room}[c], patience)
			})
			return pairs + half[0] + half[1]
		default:
			pairs += quickInversions(p, low, lowRoom, patience)
		}
	}
	if len(x) > 1 {
		pairs += p.block(x)
	}
	return pairs
}

// mergeInversions counts as often as merge sort must swap.
func mergeInversions(v, other []int64) uint64 {
	const few = 24
	if len(v) <= few {
		swaps := uint64(0)
		for i := 1; i < len(v); i++ {
			x, j := v[i], i
			for ; j > 0 && v[j-1] > x; j-- {
				v[j] = v[j-1]
			}
			v[j] = x
			swaps += uint64(i - j)
		}
		return swaps
	}
	mid := len(v) / 2
	var half [2]uint64
	halves := func(c int) {
		half[c] = mergeInversions([2][]int64{v[:mid], v[mid:]}[c], [2][]int64{other[:mid], other[mid:]}[c])
	}
	if par.Small(len(v), 8) {
		halves(0)
		halves(1)
	} else {
		par.ForChunks(2, 1, func(c, _, _ int) { halves(c) })
	}
	left := half[0] + half[1]
	copy(other, v)
	a, b := other[:mid], other[mid:len(v)]
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y, second := a[i], b[j], 0
		if y < x { // no branch: which list is next cannot be foreseen
			second = 1
		}
		v[i+j] = min(x, y)
		left += uint64(second * (len(a) - i))
		i += 1 - second
		j += second
	}
	copy(v[i+j:], a[i:])
	copy(v[i+j:], b[j:])
	return left
}
