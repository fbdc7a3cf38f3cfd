package kern

import (
	"strings"
	"unsafe"
)

// Fresh returns n elements whose values are arbitrary, for a result of which every element will be written. make would clear them first, which takes as long
// as many a map: where memory is used again, and that is most of it in a program that goes on calling.
func Fresh[T Float | int | int32](n int) []T {
	var t T
	size := int(unsafe.Sizeof(t))
	if n < sweep || n > int(^uint(0)>>1)/size {
		return make([]T, n)
	}
	// A builder is the one thing in the standard library that hands out memory without clearing it. Nothing else refers to this one's, and nothing ever reads it as text.
	var b strings.Builder
	b.Grow(n * size)
	b.WriteByte(0)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.StringData(b.String()))), n)
}
