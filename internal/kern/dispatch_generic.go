//go:build purego || !amd64

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
