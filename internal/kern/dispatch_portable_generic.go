//go:build purego || !amd64

package kern

// Architectures without assembly for the portable forms.

func expPortable[T Float](dst, x []T)     { expPortableGeneric(dst, x) }
func expm1Portable[T Float](dst, x []T)   { expm1PortableGeneric(dst, x) }
func logPortable[T Float](dst, x []T)     { logPortableGeneric(dst, x) }
func log1pPortable[T Float](dst, x []T)   { log1pPortableGeneric(dst, x) }
func sigmoidPortable[T Float](dst, x []T) { sigmoidPortableGeneric(dst, x) }
func sumPortable[T Float](x []T) T        { return sumPortableGeneric(x) }
func dotPortable[T Float](x, y []T) T     { return dotPortableGeneric(x, y) }
