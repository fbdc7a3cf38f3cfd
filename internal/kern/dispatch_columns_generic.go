//go:build purego || !amd64

package kern

func affine(dst, x, shift, scale, offset []float64, low, high float64, _ bool) bool {
	return affineGeneric(dst, x, shift, scale, offset, low, high)
}

func addDiffs(sum, x, pivot []float64) { addDiffsGeneric(sum, x, pivot) }

func addSquares(rest, squares, x, pivot, mean []float64) {
	addSquaresGeneric(rest, squares, x, pivot, mean)
}

func ranges(low, high, x []float64) bool { return rangesGeneric(low, high, x) }
