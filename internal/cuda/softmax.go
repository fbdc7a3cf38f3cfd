//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

func (e *engine) Softmax(dst, x compute.Buf, rows, n int, log bool) {
	if rows*n == 0 {
		return
	}
	width := lanes(n)
	e.launch("softmax", blocksFor(rows*width), blockThreads, 0, dst, x, int64(rows), int32(n), flag(log), int32(width))
}

func (e *engine) SoftmaxGrad(dx, dy, y compute.Buf, rows, n int, log, add bool) {
	if rows*n == 0 {
		return
	}
	width := lanes(n)
	e.launch("softmax_grad", blocksFor(rows*width), blockThreads, 0, dx, dy, y, int64(rows), int32(n), flag(log), flag(add), int32(width))
}
