package compute

import "github.com/gopherwood-ml/ml/internal/kern"

func (cpu[T]) LSTMCell(gates Buf, step int, c, h, tanhC, prevC Buf) {
	g, cs, hs, t, before := Floats[T](gates), Floats[T](c), Floats[T](h), Floats[T](tanhC), Floats[T](prevC)
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
