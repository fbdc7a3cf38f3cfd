package kern

// DividePad is how many bytes of codes Divide wants behind that of the last row.
const DividePad = 3

// Divide leaves those of the rows whose code is in a set in front, copies the others to right, all in their order, and returns how many are in front. Bit c%32 of
// left[c/32] says whether code c is in the set. codes has DividePad bytes behind that of the largest row; right is as long as rows.
func Divide(rows, right []int32, codes []uint8, left *[8]uint32) int {
	same("Divide: right", len(rows), len(right))
	k := 0
	for from := 0; from < len(rows); from += sweep {
		to := min(from+sweep, len(rows))
		k += divideCall(rows[k:], right[from-k:], rows[from:to], codes, left)
	}
	return k
}

//go:noinline
func divideCall(to, right, rows []int32, codes []uint8, left *[8]uint32) int {
	writes(to[:len(rows)])
	writes(right[:len(rows)])
	return divide(to, right, rows, codes, left)
}

// divideGeneric copies rows to two places, of which to is that of the rows or before it.
func divideGeneric(to, right, rows []int32, codes []uint8, left *[8]uint32) int {
	var in [256]uint8
	for c := range in {
		in[c] = uint8(left[c>>5] >> (c & 31) & 1)
	}
	k := 0
	to, right = to[:len(rows)], right[:len(rows)]
	for i, r := range rows {
		right[i-k] = r
		to[k] = r
		k += int(in[codes[r]])
	}
	return k
}
