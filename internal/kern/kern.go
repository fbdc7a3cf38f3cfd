package kern

import (
	"fmt"
	"unsafe"
)

// Float is the element of every kernel.
type Float interface{ float32 | float64 }

// single reports whether T is float32. Instantiations differ by size, so the compiler folds it.
func single[T Float]() bool {
	var t T
	return unsafe.Sizeof(t) == 4
}

// f32 and f64 name the type that T is known to have.
func f32[T Float](x []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func f64[T Float](x []T) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// Assembly cannot be preempted, so a stop-the-world waits for the call that is running: no call gets more than this
// many elements (some ten microseconds), and a Go call with a stack check lies between two.
const (
	sweep = 8192 // cheap maps and reductions
	brief = 2048 // exponentials and their like
)

// same panics unless the lengths agree: a mismatch is a mistake in this library, never in its user's data.
func same(what string, a, b int) {
	if a != b {
		mismatch(what, a, b)
	}
}

//go:noinline
func mismatch(what string, a, b int) {
	panic(fmt.Sprintf("kern: %s of lengths %d and %d", what, a, b))
}
