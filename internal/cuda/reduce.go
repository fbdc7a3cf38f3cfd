//go:build cuda

package cuda

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// What column_sums sums.
const (
	plain int32 = iota
	squaredGap
	product
)

const (
	sumRows    = 256  // rows of a part of column sums, at the least, and parts at the most
	sumColumns = 32   // columns of a block
	sumBlocks  = 1024 // blocks that fill a device
)

// columnSums sets, or adds to, dst scale times the sums down the columns of x, of (x - y)² with a row y, or of x y. Tall matrices are summed in
// parts, whose number depends on the shape alone.
func (e *engine) columnSums(dst, x, y compute.Buf, what int32, rows, cols int, scale float32, add bool) {
	if cols == 0 {
		return
	}
	tiles := (cols + sumColumns - 1) / sumColumns
	parts := min(rows/sumRows, sumRows, sumBlocks/tiles)
	if parts < 2 {
		e.launch("column_sums", min(tiles, mostBlocks), blockThreads, 0, dst, x, y, what, int64(rows), int32(cols), int32(1), scale, flag(add))
		return
	}
	room := e.room(parts * cols)
	defer e.free(room)
	e.launch("column_sums", min(tiles*parts, mostBlocks), blockThreads, 0, room, x, y, what, int64(rows), int32(cols), int32(parts), float32(1), int32(0))
	e.columnSums(dst, room, compute.Buf{}, plain, parts, cols, scale, add)
}

func (e *engine) ColumnSums(dst, x compute.Buf, rows, cols int, add bool) {
	e.columnSums(dst, x, compute.Buf{}, plain, rows, cols, 1, add)
}

// SumSq adds up in double, which holds every square of a float32.
func (e *engine) SumSq(x compute.Buf) float64 {
	if x.Len() == 0 {
		return 0
	}
	blocks := min(blocksFor(x.Len()), blockThreads)
	room := e.room(2 * (blocks + 1))
	defer e.free(room)
	sum, parts := room.Part(0, 2), room.Part(2, 2*(blocks+1))
	e.launch("sum_sq", blocks, blockThreads, 0, parts, x, int64(x.Len()))
	e.launch("sum_wide", 1, blockThreads, 0, sum, parts, int32(blocks))
	var half [2]float32
	e.Get(half[:], sum)
	if e.failed() { // the halves of no NaN in double
		return math.NaN()
	}
	return math.Float64frombits(uint64(math.Float32bits(half[1]))<<32 | uint64(math.Float32bits(half[0])))
}

func (e *engine) Extreme(dst, place, x compute.Buf, outer, n, inner int) {
	if outer*inner == 0 {
		return
	}
	width := 1 // neighbours are in other runs, so threads side by side read side by side
	if inner == 1 {
		width = lanes(n)
	}
	e.launch("extreme", blocksFor(outer*inner*width), blockThreads, 0, dst, place, x, int64(outer), int32(n), int64(inner), int32(width))
}

func (e *engine) ExtremeGrad(dx, dy, place compute.Buf, outer, n, inner int, add bool) {
	if outer*n*inner == 0 {
		return
	}
	e.launch("extreme_grad", blocksFor(outer*n*inner), blockThreads, 0, dx, dy, place, int64(outer), int32(n), int64(inner), flag(add))
}
