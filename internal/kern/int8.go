package kern

import "github.com/gopherwood-ml/ml/internal/par"

// Products of bytes for quantised inference: a vector of activations, unsigned (U8) or signed (S8), with signed rows of weights.
// They are exact, with the same result at every level, as long as the sums fit 32 bits: whatever their values, up to 65 793
// unsigned elements or 131 071 signed ones. A sum that does not fit wraps around, at every level alike.

type octet interface{ uint8 | int8 }

// signed reports whether A is int8.
func signed[A octet]() bool {
	var zero A
	return zero-1 < zero
}

// DotRowsU8S8 sets dst[r] to the sum of a[k]*rows[r*stride+k].
func DotRowsU8S8(dst []int32, a []uint8, rows []int8, stride int) {
	dotRowsOctets("DotRowsU8S8: rows", dst, a, rows, stride)
}

// DotRowsS8S8 sets dst[r] to the sum of a[k]*rows[r*stride+k].
func DotRowsS8S8(dst []int32, a []int8, rows []int8, stride int) {
	dotRowsOctets("DotRowsS8S8: rows", dst, a, rows, stride)
}

// DotU8S8 is the sum of a[k]*b[k]. The lengths must agree.
func DotU8S8(a []uint8, b []int8) int32 {
	same("DotU8S8: a and b", len(a), len(b))
	var dst [1]int32
	DotRowsU8S8(dst[:], a, b, len(b))
	return dst[0]
}

// DotS8S8 is the sum of a[k]*b[k]. The lengths must agree.
func DotS8S8(a, b []int8) int32 {
	same("DotS8S8: a and b", len(a), len(b))
	var dst [1]int32
	DotRowsS8S8(dst[:], a, b, len(b))
	return dst[0]
}

// GemmU8S8 sets C to A*Bᵀ for a row-major A of m x k and B of n x k (a row of weights for each output), C being m x n, with
// rows lda, ldb and ldc elements apart. Products worth it run on several cores.
func GemmU8S8(m, n, k int, a []uint8, lda int, b []int8, ldb int, c []int32, ldc int) {
	gemmOctets("GemmU8S8", m, n, k, a, lda, b, ldb, c, ldc)
}

// GemmS8S8 is GemmU8S8 for signed A.
func GemmS8S8(m, n, k int, a []int8, lda int, b []int8, ldb int, c []int32, ldc int) {
	gemmOctets("GemmS8S8", m, n, k, a, lda, b, ldb, c, ldc)
}

func dotRowsOctets[A octet](what string, dst []int32, a []A, rows []int8, stride int) {
	if len(dst) == 0 {
		return
	}
	checkOctets(what, len(dst), len(a), len(rows), stride)
	reads(a)
	readsRows(rows, len(dst), len(a), stride)
	writes(dst)
	sweepOctets(dst, a, rows, stride)
}

// sweepOctets cuts the rows, as assembly cannot be preempted.
func sweepOctets[A octet](dst []int32, a []A, rows []int8, stride int) {
	if len(a) == 0 {
		clear(dst)
		return
	}
	most := max(1, 1<<18/len(a))
	for len(dst) > most {
		dotRowsOctetsCall(dst[:most], a, rows, stride)
		dst, rows = dst[most:], rows[most*stride:]
	}
	dotRowsOctetsCall(dst, a, rows, stride)
}

//go:noinline
func dotRowsOctetsCall[A octet](dst []int32, a []A, rows []int8, stride int) {
	dotRowsInt8(dst, a, rows, stride)
}

func checkOctets(what string, rows, cols, have, stride int) {
	if need := (rows-1)*stride + cols; cols > 0 && (need > have || stride < cols && rows > 1) {
		mismatch(what, need, have)
	}
}

func gemmOctets[A octet](what string, m, n, k int, a []A, lda int, b []int8, ldb int, c []int32, ldc int) {
	if m <= 0 || n <= 0 {
		return
	}
	k = max(k, 0)
	checkOctets(what+": A", m, k, len(a), lda)
	checkOctets(what+": B", n, k, len(b), ldb)
	checkOctets(what+": C", m, n, len(c), ldc)
	if k > 0 {
		readsRows(a, m, k, lda)
		readsRows(b, n, k, ldb)
	}
	writesRows(c, m, n, ldc)
	// some rows of B stay in the first-level cache while every row of A meets them
	block := func(i0, i1, j0, j1 int) {
		width := max(4, 1<<14/max(k, 1)&^3)
		for j := j0; j < j1; j += width {
			w := min(width, j1-j)
			for i := i0; i < i1; i++ {
				var rows []int8
				if k > 0 {
					rows = b[j*ldb:]
				}
				sweepOctets(c[i*ldc+j:i*ldc+j+w], a[min(i*lda, len(a)):][:k], rows, ldb)
			}
		}
	}
	element := k/64 + 2 // ns, about
	if level == Generic {
		element = k + 2
	}
	if m >= n {
		par.For(m, n*element, func(lo, hi int) { block(lo, hi, 0, n) })
		return
	}
	const four = 4 // rows of B share their loads of A
	par.For((n+four-1)/four, four*m*element, func(lo, hi int) { block(0, m, lo*four, min(hi*four, n)) })
}
