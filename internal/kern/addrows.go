package kern

import "math"

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

// AddNarrowRows is AddRows for rows in single precision; products and sums are in double precision, and the levels with assembly round once for both.
func AddNarrowRows(dst, a []float64, rows []float32, stride int, at []int32) {
	same("AddNarrowRows", len(a), len(at))
	if len(dst) == 0 || len(at) == 0 {
		return
	}
	if stride < len(dst) {
		mismatch("AddNarrowRows: stride", stride, len(dst))
	}
	most := uint32(0) // below 0 is above all
	for _, r := range at {
		most = max(most, uint32(r))
	}
	if end := int(most)*stride + len(dst); end > len(rows) {
		mismatch("AddNarrowRows: rows", len(rows), end)
	}
	writes(dst)
	for step := max(1, sweep/len(dst)); len(at) > 0; {
		n := min(step, len(at))
		addNarrowRowsCall(dst, a[:n], rows, stride, at[:n])
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

//go:noinline
func addNarrowRowsCall(dst, a []float64, rows []float32, stride int, at []int32) {
	reads(a)
	if racing {
		for _, r := range at {
			reads(rows[int(r)*stride:][:len(dst)])
		}
	}
	addNarrowRows(dst, a, rows, stride, at)
}

func addNarrowRowsGeneric(dst, a []float64, rows []float32, stride int, at []int32) {
	for k, r := range at {
		row := rows[int(r)*stride:][:len(dst)]
		for j, v := range row {
			dst[j] += float64(a[k] * float64(v))
		}
	}
}

// addNarrowRowsFused is what vectors do, for the columns after the last whole one.
func addNarrowRowsFused(dst, a []float64, rows []float32, stride int, at []int32) {
	for j, sum := range dst {
		for k, r := range at {
			sum = math.FMA(a[k], float64(rows[int(r)*stride+j]), sum)
		}
		dst[j] = sum
	}
}
