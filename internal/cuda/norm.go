//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

func (e *engine) NormRows(dst, inv, x compute.Buf, rows, n int, eps float64, centre bool) {
	if rows*n == 0 {
		return
	}
	width := lanes(n)
	e.launch("norm_rows", blocksFor(rows*width), blockThreads, 0, dst, inv, x, int64(rows), int32(n), float32(eps), flag(centre), int32(width))
}

func (e *engine) NormRowsGrad(dx, dy, y, inv compute.Buf, rows, n int, centre, add bool) {
	if rows*n == 0 {
		return
	}
	width := lanes(n)
	e.launch("norm_rows_grad", blocksFor(rows*width), blockThreads, 0, dx, dy, y, inv, int64(rows), int32(n), flag(centre), flag(add), int32(width))
}

// NormColumns takes the mean before the variance: no digits are lost where the mean is far from 0.
func (e *engine) NormColumns(dst, inv, mean, variance, x compute.Buf, rows, cols int, eps float64) {
	if rows*cols == 0 {
		return
	}
	share := 1 / float32(rows)
	e.columnSums(mean, x, compute.Buf{}, plain, rows, cols, share, false)
	e.columnSums(variance, x, mean, squaredGap, rows, cols, share, false)
	e.launch("norm_columns", blocksFor(rows*cols), blockThreads, 0, dst, inv, mean, variance, x, int64(rows), int32(cols), float32(eps))
}

func (e *engine) NormColumnsGrad(dx, dy, y, inv, room compute.Buf, rows, cols int, add bool) {
	if rows*cols == 0 {
		return
	}
	shift, tilt, share := room.Part(0, cols), room.Part(cols, 2*cols), -1/float32(rows)
	e.columnSums(shift, dy, compute.Buf{}, plain, rows, cols, share, false)
	e.columnSums(tilt, dy, y, product, rows, cols, share, false)
	e.launch("norm_columns_grad", blocksFor(rows*cols), blockThreads, 0, dx, dy, y, inv, shift, tilt, int64(rows), int32(cols), flag(add))
}
