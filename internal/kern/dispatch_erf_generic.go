//go:build purego || !amd64

package kern

// Architectures without assembly for the error function.

func erf[T Float](dst, x []T)      { erfGeneric(dst, x) }
func gelu[T Float](dst, x []T)     { geluGeneric(dst, x) }
func geluTanh[T Float](dst, x []T) { geluTanhGeneric(dst, x) }
