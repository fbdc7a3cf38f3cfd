package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// orthonormalize returns an orthonormal basis of the columns of x, rows x cols with no fewer rows than columns; it is false if a number is not finite. x and room, which is as long, are overwritten; the basis is in one of them, and
// the other is returned as room. Rough says that columns that are at right angles to a few digits will do, as between power iterations.
//
// It divides by the Cholesky factor of the columns' products, which takes half of what reflections take and is nothing but large products, and divides once more to have all digits (Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, ETNA 44 (2015)). Columns that
// depend on each other, to about half of the digits or more, go to reflections.
func orthonormalize(x, room []float64, rows, cols int, rough bool) (basis, rest []float64, ok bool) {
	if rough && divided(x, room, rows, cols, 1e-8) {
		return room, x, true
	}
	if divided(x, room, rows, cols, 1e-13) {
		x, room = room, x
		if divided(x, room, rows, cols, .1) {
			return room, x, true
		}
	}
	return reflected(x, room, rows, cols)
}

// divided writes x over the Cholesky factor of its columns' products to room. It is false, and leaves x alone, if the reciprocal condition number of the products, which is the square of that of the columns scaled to one length, is not
// above least, or a number is not finite.
func divided(x, room []float64, rows, cols int, least float64) bool {
	g := make([]float64, cols*cols)
	AddGram(g, x, rows, cols, cols)
	if !AllFinite(g) {
		return false
	}
	f := NewCholesky(g, cols)
	if f == nil || !(f.RCond() > least) {
		return false
	}
	inverse := make([]float64, cols*cols)
	f.InverseFactor(inverse)
	kern.Gemm(false, false, rows, cols, cols, 1, x, cols, inverse, cols, 0, room, cols)
	return true
}

// reflected is orthonormalize by Householder's reflections.
func reflected(x, room []float64, rows, cols int) (basis, rest []float64, ok bool) {
	if !AllFinite(x) {
		return x, room, false
	}
	copy(room, x)
	NewFullQR(room, rows, cols).Q(cols, x)
	return x, room, true
}
