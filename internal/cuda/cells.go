//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

func (e *engine) LSTMCell(gates compute.Buf, step int, c, h, tanhC, prevC compute.Buf) {
	if n := h.Len(); n > 0 {
		e.launch("lstm_cell", blocksFor(n), blockThreads, 0, gates, int64(step), c, h, tanhC, prevC, int64(n))
	}
}

func (e *engine) LSTMCellGrad(dgates, gates compute.Buf, step int, dprevC, dh, dc, tanhC, prevC compute.Buf) {
	if n := dh.Len(); n > 0 {
		e.launch("lstm_cell_grad", blocksFor(n), blockThreads, 0, dgates, gates, int64(step), dprevC, dh, dc, tanhC, prevC, int64(n))
	}
}

func (e *engine) GRUCell(gates compute.Buf, step int, hidden, h, prevH compute.Buf) {
	if n := h.Len(); n > 0 {
		e.launch("gru_cell", blocksFor(n), blockThreads, 0, gates, int64(step), hidden, h, prevH, int64(n))
	}
}

func (e *engine) GRUCellGrad(dgates, gates compute.Buf, step int, dhidden, dprevH, dh, hidden, prevH compute.Buf) {
	if n := dh.Len(); n > 0 {
		e.launch("gru_cell_grad", blocksFor(n), blockThreads, 0, dgates, gates, int64(step), dhidden, dprevH, dh, hidden, prevH, int64(n))
	}
}
