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
