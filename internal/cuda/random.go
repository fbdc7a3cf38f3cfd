//go:build cuda

package cuda

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// DropMask makes the same bits as the cpu engine.
func (e *engine) DropMask(dst compute.Buf, keep float64, key uint64) {
	if dst.Len() == 0 {
		return
	}
	e.launch("drop_mask", blocksFor(dst.Len()), blockThreads, 0, dst, int64(dst.Len()), uint64(math.Ceil(keep*(1<<32))), float32(1/keep), key)
}

// Normal transforms the same uniform numbers as the cpu engine, in float32.
func (e *engine) Normal(dst compute.Buf, key uint64) {
	if dst.Len() == 0 {
		return
	}
	e.launch("normal", blocksFor(dst.Len()), blockThreads, 0, dst, int64(dst.Len()), key)
}
