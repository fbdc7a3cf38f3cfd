//go:build !purego

package kern

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// vnni is an ability apart from the levels. Tests alone change it.
var vnni = detect() >= AVX512 && cpuid.CPU.Supports(cpuid.AVX512VNNI)

func dotRowsU8S8(dst []int32, a []uint8, rows []int8, stride int) {
	switch {
	case level >= AVX512 && vnni:
		dotRowsU8S8VNNI(dst, a, unsafe.SliceData(rows), stride)
	case level >= AVX2:
		dotRowsU8S8AVX2(dst, a, unsafe.SliceData(rows), stride)
	default:
		dotRowsU8S8Generic(dst, a, rows, stride)
	}
}
