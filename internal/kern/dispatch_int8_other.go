//go:build purego || !amd64

package kern

func dotRowsU8S8(dst []int32, a []uint8, rows []int8, stride int) {
	dotRowsU8S8Generic(dst, a, rows, stride)
}
