//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

func (e *engine) CrossEntropy(loss, grad, logits, class, classWeight compute.Buf, rows, n int, smoothing float64) {
	if rows*n == 0 {
		return
	}
	each := float32(0)
	if smoothing > 0 {
		each = float32(smoothing / float64(n))
	}
	width := lanes(n)
	e.launch("cross_entropy", blocksFor(rows*width), blockThreads, 0, loss, grad, logits, class, classWeight, int64(rows), int32(n),
		float32(1-smoothing), each, int32(width))
}
