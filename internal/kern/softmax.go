package kern

import "math"

// Softmax sets dst[i] to exp(x[i]) / sum over j of exp(x[j]), without overflow, each within a relative 4e-7 (float32,
// where it is not denormal) or 1e-15 (float64) for vectors of up to some thousand elements. dst may be x. The lengths
// must agree. An x of -Inf gives 0; a NaN, a +Inf or nothing but -Inf gives NaN everywhere.
func Softmax[T Float](dst, x []T) {
	same("Softmax", len(dst), len(x))
	SoftmaxRows(1, len(x), x, len(x), dst, len(x))
}

// SoftmaxRows sets each of m rows of n elements of dst, ldd apart, to the Softmax of that row of x, ldx apart. dst may be
// x.
func SoftmaxRows[T Float](m, n int, x []T, ldx int, dst []T, ldd int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMatrix("SoftmaxRows: x", m, n, x, ldx)
	checkMatrix("SoftmaxRows: dst", m, n, dst, ldd)
	if n > brief {
		for i := range m {
			longSoftmax(dst[i*ldd:i*ldd+n], x[i*ldx:i*ldx+n])
		}
		return
	}
	for i, rows := 0, brief/n; i < m; i += rows {
		softmaxRowsCall(min(rows, m-i), n, x[i*ldx:], ldx, dst[i*ldd:], ldd)
	}
}

// longSoftmax joins the sums of parts of brief elements in float64.
func longSoftmax[T Float](dst, x []T) {
	m, total := Max(x), 0.0
	for at := 0; at < len(x); at += brief {
		end := min(at+brief, len(x))
		total += float64(expShiftCall(dst[at:end], x[at:end], m))
	}
	Scal(T(1/total), dst, dst)
}

// LogSumExp returns the logarithm of the sum of exp(x[i]), without overflow, within 4 units in the last place of the
// larger of the result, the greatest x[i] and 1. It is -Inf for no elements or nothing but -Inf, NaN if x holds a NaN
// and else +Inf if x holds that.
func LogSumExp[T Float](x []T) T {
	m, total := Max(x), 0.0
	if math.IsInf(float64(m), 0) || m != m {
		return m
	}
	for at := 0; at < len(x); at += brief {
		total += float64(expSumCall(x[at:min(at+brief, len(x))], m))
	}
	return T(float64(m) + log64(total))
}

// LogSumExpRows sets dst[i] to the LogSumExp of row i of x: len(dst) rows of n elements, ldx apart.
func LogSumExpRows[T Float](dst []T, n int, x []T, ldx int) {
	checkMatrix("LogSumExpRows", len(dst), n, x, ldx)
	if n <= 0 || n > brief {
		for i := range dst {
			dst[i] = LogSumExp(x[min(i*ldx, len(x)):][:n])
		}
		writes(dst)
		return
	}
	const most = 64
	var top, total [most]T
	for i, rows := 0, min(most, brief/n); i < len(dst); i += rows {
		some := dst[i:min(i+rows, len(dst))]
		expSumRowsCall(len(some), n, x[i*ldx:], ldx, top[:], total[:])
		for r := range some {
			if v := float64(total[r]); v-v == 0 {
				some[r] = T(float64(top[r]) + log64(v))
			} else { // there is a NaN or the greatest is infinite
				some[r] = LogSumExp(x[(i+r)*ldx:][:n])
			}
		}
	}
	writes(dst)
}

//go:noinline
func softmaxRowsCall[T Float](m, n int, x []T, ldx int, dst []T, ldd int) {
	readsRows(x, m, n, ldx)
	writesRows(dst, m, n, ldd)
	softmaxRows(m, n, x, ldx, dst, ldd)
}

//go:noinline
func expSumRowsCall[T Float](m, n int, x []T, ldx int, top, total []T) {
	readsRows(x, m, n, ldx)
	expSumRows(m, n, x, ldx, top, total)
}

//go:noinline
func expShiftCall[T Float](dst, x []T, m T) T {
	reads(x)
	writes(dst)
	return expShift(dst, x, m)
}

//go:noinline
func expSumCall[T Float](x []T, m T) T {
	reads(x)
	return expSum(x, m)
}
