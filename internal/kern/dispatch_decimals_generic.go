//go:build purego || !amd64

package kern

func decimals(m []uint64, form []uint8, text []byte, separator byte) (n, used int) {
	return decimalsGeneric(m, form, text, separator)
}
