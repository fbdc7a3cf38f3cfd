package kern

// Products of bytes for quantised inference: an unsigned vector (activations) with signed rows (weights). They are exact, with the same result
// at every level, as long as the sums fit 32 bits: up to 65 793 elements whatever their values.

// DotRowsU8S8 sets dst[r] to the sum of a[k]*rows[r*stride+k].
func DotRowsU8S8(dst []int32, a []uint8, rows []int8, stride int) {
	if len(dst) == 0 {
		return
	}
	if need := (len(dst)-1)*stride + len(a); need > len(rows) || len(dst) > 1 && stride < len(a) {
		mismatch("DotRowsU8S8: rows", need, len(rows))
	}
	reads(a)
	reads(rows)
	writes(dst)
	for at := 0; at < len(dst); { // assembly cannot be preempted
		n := min(len(dst)-at, max(1, 1<<18/max(len(a), 1)))
		dotRowsU8S8Call(dst[at:at+n], a, rows[at*stride:], stride)
		at += n
	}
}

//go:noinline
func dotRowsU8S8Call(dst []int32, a []uint8, rows []int8, stride int) {
	if len(a) == 0 {
		clear(dst)
		return
	}
	dotRowsU8S8(dst, a, rows, stride)
}

// DotU8S8 is the sum of a[k]*b[k]. The lengths must agree.
func DotU8S8(a []uint8, b []int8) int32 {
	same("DotU8S8: a and b", len(a), len(b))
	var dst [1]int32
	DotRowsU8S8(dst[:], a, b, len(b))
	return dst[0]
}

// GemmU8S8 sets C to A*Bᵀ for a row-major A of m x k and B of n x k (a row of weights for each output), C being m x n.
func GemmU8S8(m, n, k int, a []uint8, lda int, b []int8, ldb int, c []int32, ldc int) {
	for i := range m {
		DotRowsU8S8(c[i*ldc:i*ldc+n], a[i*lda:i*lda+k], b, ldb)
	}
}
