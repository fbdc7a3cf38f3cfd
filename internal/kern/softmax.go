package kern

import "math"

// Softmax sets dst[i] to exp(x[i]) / sum over j of exp(x[j]), without overflow, each within a relative 4e-7 (float32,
// where it is not denormal) or 1e-15 (float64) for vectors of up to some thousand elements. dst may be x. The lengths
// must agree. An x of -Inf gives 0; a NaN, a +Inf or nothing but -Inf gives NaN everywhere.
func Softmax[T Float](dst, x []T) {
	same("Softmax", len(dst), len(x))
	if len(x) == 0 {
		return
	}
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
