//go:build purego || !amd64

package kern

func divide(to, right, rows []int32, codes []uint8, left *[8]uint32) int {
	return divideGeneric(to, right, rows, codes, left)
}
