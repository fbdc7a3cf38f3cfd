package kern

// Softmax and LogSumExp of many short rows: a call for each would cost more than its work. A row's result does not depend
// on the other rows, but its last bits are not those of Softmax and LogSumExp, which sum in another order.

// narrow is the longest row taken together with others.
const narrow = 64

// SoftmaxRows sets each of m rows of n elements of dst, ldd apart, to the softmax of that row of x, ldx apart, as Softmax
// has it. dst may be x.
func SoftmaxRows[T Float](m, n int, x []T, ldx int, dst []T, ldd int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMatrix("SoftmaxRows: x", m, n, x, ldx)
	checkMatrix("SoftmaxRows: dst", m, n, dst, ldd)
	if n > narrow {
		for i := range m {
			Softmax(dst[i*ldd:i*ldd+n], x[i*ldx:i*ldx+n])
		}
		return
	}
	readsRows(x, m, n, ldx)
	writesRows(dst, m, n, ldd)
	expRows(m, n, x, ldx, func(i int, exps []T, _ T, total float64) {
		inverse := T(1 / total)
		for j, e := range exps {
			dst[i*ldd+j] = e * inverse
		}
	})
}

// LogSumExpRows sets dst[i] to the logarithm of the sum of the exponentials of row i of x: len(dst) rows of n elements,
// ldx apart, as LogSumExp has it.
func LogSumExpRows[T Float](dst []T, n int, x []T, ldx int) {
	if len(dst) == 0 {
		return
	}
	checkMatrix("LogSumExpRows", len(dst), n, x, ldx)
	if n > narrow || n == 0 {
		for i := range dst {
			dst[i] = LogSumExp(x[min(i*ldx, len(x)):][:n])
		}
		writes(dst)
		return
	}
	readsRows(x, len(dst), n, ldx)
	writes(dst)
	expRows(len(dst), n, x, ldx, func(i int, _ []T, most T, total float64) {
		if most-most != 0 { // infinite or NaN: the result
			dst[i] = most
			return
		}
		dst[i] = T(float64(most) + log64(total))
	})
}

// expRows calls use with the exponentials of each row's elements less their greatest, that one, and the sum.
func expRows[T Float](m, n int, x []T, ldx int, use func(i int, exps []T, most T, total float64)) {
	rows := min(m, brief/2/n)
	all, l := scratch[T](2 * rows * n)
	defer release(l)
	for lo := 0; lo < m; lo += rows {
		rows := min(rows, m-lo)
		exps, most := all[:rows*n], all[rows*n:2*rows*n]
		for i := range rows {
			row := x[(lo+i)*ldx : (lo+i)*ldx+n]
			top := row[0]
			for _, v := range row[1:] {
				top = max(top, v)
			}
			copy(exps[i*n:], row)
			fill := most[i*n : i*n+n]
			for j := range fill {
				fill[j] = top
			}
		}
		expDiffCall(exps, exps, most)
		for i := range rows {
			row := exps[i*n : i*n+n]
			total := 0.0
			for _, e := range row {
				total += float64(e)
			}
			use(lo+i, row, most[i*n], total)
		}
	}
}

//go:noinline
func expDiffCall[T Float](dst, x, m []T) { expDiff(dst, x, m) }
