//go:build purego || (!amd64 && !arm64)

package kern

const level = Generic

func levels() []Level { return []Level{Generic} }

func dot[T Float](x, y []T) T                          { return dotGeneric(x, y) }
func sqDist[T Float](x, y []T) T                       { return sqDistGeneric(x, y) }
func sum[T Float](x []T) T                             { return sumGeneric(x) }
func sumSq[T Float](x []T) T                           { return sumSqGeneric(x) }
func dotRows[T Float](dst, x, rows []T, stride int)    { dotRowsGeneric(dst, x, rows, stride) }
func sqDistRows[T Float](dst, x, rows []T, stride int) { sqDistRowsGeneric(dst, x, rows, stride) }
func axpy[T Float](a T, x, y []T)                      { axpyGeneric(a, x, y) }
func scal[T Float](a T, dst, x []T)                    { scalGeneric(a, dst, x) }
func add[T Float](dst, x, y []T)                       { addGeneric(dst, x, y) }
func mul[T Float](dst, x, y []T)                       { mulGeneric(dst, x, y) }
func fma[T Float](dst, x, y, z []T)                    { fmaGeneric(dst, x, y, z) }
func minOf[T Float](x []T) T                           { return minGeneric(x) }
func maxOf[T Float](x []T) T                           { return maxGeneric(x) }
func find[T Float](x []T, v T) int                     { return 0 }

// tiled reports whether this level has tile kernels: no, and they are never called.
func tiled() bool               { return false }
func tileRows() int             { return 6 }
func tileColumns[T Float]() int { return 16 }

func gemmDirect[T Float](m, nr, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	panic("kern: no tile kernel")
}

func gemmPacked[T Float](m, nr, k int, a, b, c []T, ldc int, alpha, beta T) {
	panic("kern: no tile kernel")
}

func gemmRow[T Float](k int, a []T, csa int, b []T, rsb int, c []T, alpha, beta T) {
	panic("kern: no tile kernel")
}
