//go:build !purego

package kern

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// vnni is an ability apart from the levels. Tests alone change it.
var vnni = detect() >= AVX512 && cpuid.CPU.Supports(cpuid.AVX512VNNI)

func dotRowsInt8[A octet](dst []int32, a []A, rows []int8, stride int) {
	start, first := unsafe.Pointer(unsafe.SliceData(a)), unsafe.SliceData(rows)
	switch {
	case level < AVX2:
		dotRowsInt8Generic(dst, a, rows, stride)
	case level >= AVX512 && vnni && signed[A]():
		dotRowsS8S8VNNI(dst, unsafe.Slice((*int8)(start), len(a)), first, stride)
	case level >= AVX512 && vnni:
		dotRowsU8S8VNNI(dst, unsafe.Slice((*uint8)(start), len(a)), first, stride)
	case signed[A]():
		dotRowsS8S8AVX2(dst, unsafe.Slice((*int8)(start), len(a)), first, stride)
	default:
		dotRowsU8S8AVX2(dst, unsafe.Slice((*uint8)(start), len(a)), first, stride)
	}
}
