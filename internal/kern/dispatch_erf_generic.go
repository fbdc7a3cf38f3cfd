//go:build purego || !amd64

package kern

// Architectures without assembly for the error function and for exponentials of differences.

func erf[T Float](dst, x []T)      { erfGeneric(dst, x) }
func gelu[T Float](dst, x []T)     { geluGeneric(dst, x) }
func geluTanh[T Float](dst, x []T) { geluTanhGeneric(dst, x) }

func expDiff[T Float](dst, x, m []T) { expDiffGeneric(dst, x, m) }
