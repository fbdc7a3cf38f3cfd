package compute

import "github.com/gopherwood-ml/ml/internal/kern"

// few is how many elements a cell works on at a time: its ten or so arrays of them stay in the first-level cache through all maps.
const few = 1024

func (cpu[T]) LSTMCell(gates Buf, step int, c, h, tanhC, prevC Buf) {
	g, cs, hs, t, before := Floats[T](gates), Floats[T](c), Floats[T](h), Floats[T](tanhC), Floats[T](prevC)
	for lo := 0; lo < len(hs); lo += few {
		hi := min(lo+few, len(hs))
		lstmCell(g[lo:], step, cs[lo:hi], hs[lo:hi], t[lo:hi], before[lo:hi])
	}
}

func lstmCell[T Float](g []T, step int, cs, hs, t, before []T) {
	m := len(hs)
	in, forget, fresh, out := gate(g, 0, step, m), gate(g, 1, step, m), gate(g, 2, step, m), gate(g, 3, step, m)
	kern.Sigmoid(in, in)
	kern.Sigmoid(forget, forget)
	kern.Tanh(fresh, fresh)
	kern.Sigmoid(out, out)
	kern.Mul(cs, forget, before)
	kern.FMA(cs, in, fresh, cs)
	kern.Tanh(t, cs)
	kern.Mul(hs, out, t)
}

// gate is block k of those that lie step apart.
func gate[T Float](g []T, k, step, m int) []T { return g[k*step : k*step+m] }

func (cpu[T]) LSTMCellGrad(dgates, gates Buf, step int, dprevC, dh, dc, tanhC, prevC Buf) {
	d, back, up, cell := Floats[T](dgates), Floats[T](dprevC), Floats[T](dh), Floats[T](dc)
	g, t, before := Floats[T](gates), Floats[T](tanhC), Floats[T](prevC)
	for lo := 0; lo < len(up); lo += few {
		hi := min(lo+few, len(up))
		lstmCellGrad(d[lo:], g[lo:], step, back[lo:hi], up[lo:hi], cell[lo:hi], t[lo:hi], before[lo:hi])
	}
}

func lstmCellGrad[T Float](d, g []T, step int, back, up, cell, t, before []T) {
	m := len(up)
	in, forget, fresh, out := gate(g, 0, step, m), gate(g, 1, step, m), gate(g, 2, step, m), gate(g, 3, step, m)
	din, dforget, dfresh, dout := gate(d, 0, step, m), gate(d, 1, step, m), gate(d, 2, step, m), gate(d, 3, step, m)
	kern.Mul(dout, up, out)
	kern.TanhGrad(dout, dout, t)
	kern.Add(cell, cell, dout) // all that reaches the cell
	kern.Mul(dout, up, t)
	kern.SigmoidGrad(dout, dout, out)
	kern.Mul(din, cell, fresh)
	kern.SigmoidGrad(din, din, in)
	kern.Mul(dfresh, cell, in)
	kern.TanhGrad(dfresh, dfresh, fresh)
	kern.Mul(dforget, cell, before)
	kern.SigmoidGrad(dforget, dforget, forget)
	kern.Mul(back, cell, forget)
}

func (cpu[T]) GRUCell(gates Buf, step int, hidden, h, prevH Buf) {
	g, u, hs, before := Floats[T](gates), Floats[T](hidden), Floats[T](h), Floats[T](prevH)
	for lo := 0; lo < len(hs); lo += few {
		hi := min(lo+few, len(hs))
		gruCell(g[lo:], step, u[lo:hi], hs[lo:hi], before[lo:hi])
	}
}

func gruCell[T Float](g []T, step int, u, hs, before []T) {
	m := len(hs)
	reset, update, fresh := gate(g, 0, step, m), gate(g, 1, step, m), gate(g, 2, step, m)
	kern.Sigmoid(reset, reset)
	kern.Sigmoid(update, update)
	kern.FMA(fresh, reset, u, fresh)
	kern.Tanh(fresh, fresh)
	kern.Scal(-1, hs, fresh) // h = n + z (h' - n)
	kern.Add(hs, hs, before)
	kern.FMA(hs, hs, update, fresh)
}

func (cpu[T]) GRUCellGrad(dgates, gates Buf, step int, dhidden, dprevH, dh, hidden, prevH Buf) {
	d, du, back, up := Floats[T](dgates), Floats[T](dhidden), Floats[T](dprevH), Floats[T](dh)
	g, u, before := Floats[T](gates), Floats[T](hidden), Floats[T](prevH)
	for lo := 0; lo < len(up); lo += few {
		hi := min(lo+few, len(up))
		gruCellGrad(d[lo:], g[lo:], step, du[lo:hi], back[lo:hi], up[lo:hi], u[lo:hi], before[lo:hi])
	}
}

func gruCellGrad[T Float](d, g []T, step int, du, back, up, u, before []T) {
	m := len(up)
	reset, update, fresh := gate(g, 0, step, m), gate(g, 1, step, m), gate(g, 2, step, m)
	dreset, dupdate, dfresh := gate(d, 0, step, m), gate(d, 1, step, m), gate(d, 2, step, m)
	kern.Mul(back, up, update)
	kern.Scal(-1, dfresh, back) // dn = dh - dh z
	kern.Add(dfresh, dfresh, up)
	kern.TanhGrad(dfresh, dfresh, fresh)
	kern.Scal(-1, dupdate, fresh)
	kern.Add(dupdate, dupdate, before)
	kern.Mul(dupdate, dupdate, up)
	kern.SigmoidGrad(dupdate, dupdate, update)
	kern.Mul(dreset, dfresh, u)
	kern.SigmoidGrad(dreset, dreset, reset)
	kern.Mul(du, dfresh, reset)
}
