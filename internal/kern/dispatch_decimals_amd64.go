//go:build !purego

package kern

func decimals(m []uint64, form []uint8, text []byte, separator byte) (n, used int) {
	if level < AVX512 || len(text) == 0 {
		return decimalsGeneric(m, form, text, separator)
	}
	return decimalsAVX512(&m[0], &form[0], len(m), &text[0], len(text), int(separator))
}
