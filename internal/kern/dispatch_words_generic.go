//go:build purego || !amd64

package kern

func orderBits(dst, x []int64) { orderBitsGeneric(dst, x) }

func splitClasses([]int64, []int, []float64) (m, zeros int, ok bool) { return 0, 0, true }

func sortWords(x, scratch []int64) { sortWordsGeneric(x, scratch) }

func sortWordPairs(x, with, scratch, withScratch []int64) {
	sortWordPairsGeneric(x, with, scratch, withScratch)
}

func nthWord(x []int64, k int) (at, next int64) { return nthWordGeneric(x, k) }

func inversions(x, room []int64) uint64 { return mergeInversions(x, room) }
