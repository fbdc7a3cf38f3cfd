//go:build !purego

package kern

func divide(to, right, rows []int32, codes []uint8, left *[8]uint32) int {
	n := len(rows) &^ 15
	if level < AVX512 || n == 0 {
		return divideGeneric(to, right, rows, codes, left)
	}
	k := divideAVX512(&to[0], &right[0], &rows[0], n, &codes[0], left)
	for i, r := range rows[n:] {
		if c := codes[r]; left[c>>5]>>(c&31)&1 != 0 {
			to[k] = r
			k++
		} else {
			right[n+i-k] = r
		}
	}
	return k
}
