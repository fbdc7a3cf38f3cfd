//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

func (e *engine) Map(f compute.Func, dst, x compute.Buf) {
	if n := dst.Len(); n > 0 {
		e.launch("map", blocksFor(n), blockThreads, 0, dst, x, int64(n), int32(f.Kind), float32(f.A), float32(f.B))
	}
}

func (e *engine) MapGrad(f compute.Func, dx, dy, x, y compute.Buf, add bool) {
	if n := dx.Len(); n > 0 {
		e.launch("map_grad", blocksFor(n), blockThreads, 0, dx, dy, x, y, int64(n), int32(f.Kind), float32(f.A), float32(f.B), flag(add))
	}
}

func (e *engine) BiasMap(f compute.Func, y, x, bias compute.Buf, rows, cols int) {
	if n := rows * cols; n > 0 {
		e.launch("bias_map", blocksFor(n), blockThreads, 0, y, x, bias, int64(n), int32(cols), int32(f.Kind), float32(f.A), float32(f.B))
	}
}

func (e *engine) Axpby(a float64, x compute.Buf, b float64, y compute.Buf) {
	if n := y.Len(); n > 0 {
		e.launch("axpby", blocksFor(n), blockThreads, 0, float32(a), x, float32(b), y, int64(n))
	}
}
