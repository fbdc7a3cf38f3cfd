//go:build purego || !amd64

package kern

func shift[T Float](a, b T, dst, x []T) { shiftGeneric(a, b, dst, x) }

func sub[T Float](dst, x, y []T) { subGeneric(dst, x, y) }

func relu[T Float](dst, x []T) { reluGeneric(dst, x) }

func addReLU[T Float](dst, x, y []T) { addReLUGeneric(dst, x, y) }

func reluGrad[T Float](dst, dy, y []T) { reluGradGeneric(dst, dy, y) }

func tanhGrad[T Float](dst, dy, y []T) { tanhGradGeneric(dst, dy, y) }

func sigmoidGrad[T Float](dst, dy, y []T) { sigmoidGradGeneric(dst, dy, y) }

func maximum[T Float](dst, x, y []T) { maximumGeneric(dst, x, y) }

func equalKeep[T Float](dst, x, y, z []T) { equalKeepGeneric(dst, x, y, z) }

func adam[T Float](r *AdamRates[T], n int, w, g, m, v *T) { adamGeneric(r, n, w, g, m, v) }
