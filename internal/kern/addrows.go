package kern

import "math"

// AddRows adds a[k] times row at[k] of rows to dst, for each k in order: a row of a sparse matrix times a dense one. Row r is rows[r*stride : r*stride+len(dst)]. The bits are those of Axpy, called for
// each k; here the sum stays in registers. a is as long as at; dst may not overlap rows.
func AddRows(dst, a, rows []float64, stride int, at []int32) {
	if !rowsThere("AddRows", len(dst), len(a), len(rows), stride, at) {
		return
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
	if !rowsThere("AddNarrowRows", len(dst), len(a), len(rows), stride, at) {
		return
	}
	writes(dst)
	for step := max(1, sweep/len(dst)); len(at) > 0; {
		n := min(step, len(at))
		addNarrowRowsCall(dst, a[:n], rows, stride, at[:n])
		a, at = a[n:], at[n:]
	}
}

// rowsThere reports whether there is anything to add; it panics where lengths do not fit.
func rowsThere(where string, width, factors, have, stride int, at []int32) bool {
	same(where, factors, len(at))
	if width == 0 || len(at) == 0 {
		return false
	}
	if stride < width {
		mismatch(where+": stride", stride, width)
	}
	most := uint32(0) // below 0 is above all
	for _, r := range at {
		most = max(most, uint32(r))
	}
	if end := int(most)*stride + width; end > have {
		mismatch(where+": rows", have, end)
	}
	return true
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
