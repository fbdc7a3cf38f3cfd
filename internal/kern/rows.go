package kern

// One vector against many. Row r is rows[r*stride : r*stride+len(x)]. A row's result does not depend on how many rows
// there are or on its place among them, but it is summed in another order than Dot and SqDist sum: where a batch and
// a single row must agree to the bit, call these with one row.

// DotRows sets dst[r] to the dot product of x and row r, for every r of dst. Rows may overlap each other, but
// dst neither x nor rows.
func DotRows[T Float](dst, x, rows []T, stride int) {
	checkRows("DotRows", len(dst), len(x), len(rows), stride)
	if len(x) > sweep {
		longDotRows(dst, x, rows, stride)
		return
	}
	for done := 0; done < len(dst); {
		n := rowsPerCall(len(dst)-done, len(x))
		dotRowsCall(dst[done:done+n], x, rows[done*stride:(done+n-1)*stride+len(x)], stride)
		done += n
	}
}

// longDotRows adds up, in order and in float64, the products of parts of sweep elements.
func longDotRows[T Float](dst, x, rows []T, stride int) {
	const most = 16
	var part [most]T
	for r := 0; r < len(dst); r += most {
		n := min(most, len(dst)-r)
		var total [most]float64
		for at := 0; at < len(x); at += sweep {
			end := min(at+sweep, len(x))
			dotRowsCall(part[:n], x[at:end], rows[r*stride+at:(r+n-1)*stride+end], stride)
			for q, v := range part[:n] {
				total[q] += float64(v)
			}
		}
		for q := range n {
			dst[r+q] = T(total[q])
		}
	}
	writes(dst)
}

// SqDistRows sets dst[r] to the squared Euclidean distance of x and row r, for every r of dst. Rows may overlap each
// other, but dst neither x nor rows.
func SqDistRows[T Float](dst, x, rows []T, stride int) {
	checkRows("SqDistRows", len(dst), len(x), len(rows), stride)
	if len(x) > sweep {
		for r := range dst {
			dst[r] = SqDist(x, rows[r*stride:r*stride+len(x)])
		}
		writes(dst)
		return
	}
	for done := 0; done < len(dst); {
		n := rowsPerCall(len(dst)-done, len(x))
		sqDistRowsCall(dst[done:done+n], x, rows[done*stride:(done+n-1)*stride+len(x)], stride)
		done += n
	}
}

func checkRows(what string, n, d, have, stride int) {
	if n > 0 && (stride < 0 || (n-1)*stride+d > have) {
		mismatch(what, (n-1)*stride+d, have)
	}
}

// rowsPerCall keeps a call to about sweep elements a row block, in sixteens so that every block but the last is whole.
func rowsPerCall(left, d int) int {
	return min(left, max(4, 4*sweep/max(d, 1)&^15))
}

//go:noinline
func dotRowsCall[T Float](dst, x, rows []T, stride int) {
	reads(x)
	readsRows(rows, len(dst), len(x), stride)
	writes(dst)
	dotRows(dst, x, rows, stride)
}

//go:noinline
func sqDistRowsCall[T Float](dst, x, rows []T, stride int) {
	reads(x)
	readsRows(rows, len(dst), len(x), stride)
	writes(dst)
	sqDistRows(dst, x, rows, stride)
}
