//go:build purego || !amd64

package kern

// Architectures without assembly for the elementary functions, arm64 among them.

func exp[T Float](dst, x []T)     { expGeneric(dst, x) }
func log[T Float](dst, x []T)     { logGeneric(dst, x) }
func log1p[T Float](dst, x []T)   { log1pGeneric(dst, x) }
func sigmoid[T Float](dst, x []T) { sigmoidGeneric(dst, x) }
func tanh[T Float](dst, x []T)    { tanhGeneric(dst, x) }

func expShift[T Float](dst, x []T, m T) T { return expShiftGeneric(dst, x, m) }
func expSum[T Float](x []T, m T) T        { return expSumGeneric(x, m) }

func softmaxRows[T Float](m, n int, x []T, ldx int, dst []T, ldd int) {
	softmaxRowsGeneric(m, n, x, ldx, dst, ldd)
}

func expSumRows[T Float](m, n int, x []T, ldx int, most, total []T) {
	expSumRowsGeneric(m, n, x, ldx, most, total)
}
