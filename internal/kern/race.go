//go:build race

package kern

import (
	"runtime"
	"unsafe"
)

const racing = true

// The race detector does not see what assembly reads and writes; the wrappers tell it.

func reads[E any](x []E) {
	if len(x) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(x)), len(x)*int(unsafe.Sizeof(x[0])))
	}
}

func writes[E any](x []E) {
	if len(x) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(unsafe.SliceData(x)), len(x)*int(unsafe.Sizeof(x[0])))
	}
}

func readsRows[E any](x []E, rows, cols, stride int) {
	for r := range rows {
		reads(x[r*stride : r*stride+cols])
	}
}

func writesRows[E any](x []E, rows, cols, stride int) {
	for r := range rows {
		writes(x[r*stride : r*stride+cols])
	}
}
