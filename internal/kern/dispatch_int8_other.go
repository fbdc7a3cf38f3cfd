//go:build purego || !amd64

package kern

func dotRowsInt8[A octet](dst []int32, a []A, rows []int8, stride int) {
	dotRowsInt8Generic(dst, a, rows, stride)
}
