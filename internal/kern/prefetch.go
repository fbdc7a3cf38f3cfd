package kern

import "unsafe"

// Prefetch asks the processor to bring x near while the caller does something else, and does not wait. It is for rows
// read in random order, whose addresses are known some steps ahead. Only amd64 does anything.
func Prefetch[E any](x []E) {
	if len(x) == 0 {
		return
	}
	const enough = 4096 // bytes: hardware goes on by itself, and more would only push others out
	n := min(len(x)*int(unsafe.Sizeof(x[0])), enough)
	prefetch(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), n))
}
