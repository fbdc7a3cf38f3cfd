package kern

func dotRowsInt8Generic[A octet](dst []int32, a []A, rows []int8, stride int) {
	for r := range dst {
		row, sum := rows[r*stride:r*stride+len(a)], int32(0)
		for k, v := range a {
			sum += int32(v) * int32(row[k])
		}
		dst[r] = sum
	}
}
