package kern

import "unsafe"

// AxpyDots adds a*x[i] to y[i] and returns the dot products of z with what y is then, and with u. Meanwhile it asks the processor for ahead,
// as Prefetch does, unless that is shorter than y. It is a step of learning row by row: y are the coefficients, x the row learned last, u the
// row whose step is being found and z the row after it, whose score will be yz plus that step times uz. The lengths of x, y, z and u must
// agree; y may not overlap any other. An infinite a gives NaN.
func AxpyDots(a float64, x, y, z, u, ahead []float64) (yz, uz float64) {
	n := len(y)
	if len(x) != n || len(z) != n || len(u) != n {
		mismatch("AxpyDots", n, min(len(x), len(z), len(u)))
	}
	if n > sweep || n == 0 {
		Axpy(a, x, y)
		return Dot(y, z), Dot(u, z)
	}
	if len(ahead) < n {
		ahead = z
	}
	reads(x)
	reads(z)
	reads(u)
	writes(y)
	return axpyDots(n, a, unsafe.SliceData(x), unsafe.SliceData(y), unsafe.SliceData(z), unsafe.SliceData(u), unsafe.SliceData(ahead))
}

func axpyDotsGeneric(n int, a float64, x, y, z, u *float64) (yz, uz float64) {
	axpyGeneric(a, unsafe.Slice(x, n), unsafe.Slice(y, n))
	return dotGeneric(unsafe.Slice(y, n), unsafe.Slice(z, n)), dotGeneric(unsafe.Slice(u, n), unsafe.Slice(z, n))
}
