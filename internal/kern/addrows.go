package kern

// AddRows adds a[k] times row at[k] of rows to dst, for each k in order: a row of a sparse matrix times a dense one. Row r is rows[r*stride : r*stride+len(dst)]. The bits are those of Axpy, called for
// each k; here the sum stays in registers. a is as long as at; dst may not overlap rows.
func AddRows(dst, a, rows []float64, stride int, at []int32) {
	same("AddRows", len(a), len(at))
	if len(dst) == 0 || len(at) == 0 {
		return
	}
	if stride < len(dst) {
		mismatch("AddRows: stride", stride, len(dst))
	}
	most := uint32(0) // below 0 is above all
	for _, r := range at {
		most = max(most, uint32(r))
	}
	if end := int(most)*stride + len(dst); end > len(rows) {
		mismatch("AddRows: rows", len(rows), end)
	}
	writes(dst)
	for step := max(1, sweep/len(dst)); len(at) > 0; {
		n := min(step, len(at))
		addRowsCall(dst, a[:n], rows, stride, at[:n])
		a, at = a[n:], at[n:]
	}
}

//go:noinline
func addRowsCall(dst, a, rows []float64, stride int, at []int32) {
	reads(a)
	if racing {
		for _, r := range at {
			reads(rows[int(r)*stride:][:len(dst)])
		}
	}
	addRows(dst, a, rows, stride, at)
}

// addRowsEach takes one row after the other.
func addRowsEach(dst, a, rows []float64, stride int, at []int32, add func(a float64, x, y []float64)) {
	for k, r := range at {
		add(a[k], rows[int(r)*stride:][:len(dst)], dst)
	}
}
