package compute

import "github.com/gopherwood-ml/ml/internal/kern"

func (cpu[T]) LSTMCell(gates, c, h, tanhC, prevC Buf) {
	g, cs, hs, t, before := Floats[T](gates), Floats[T](c), Floats[T](h), Floats[T](tanhC), Floats[T](prevC)
	m := len(hs)
	kern.Sigmoid(g[:2*m], g[:2*m])
	kern.Tanh(g[2*m:3*m], g[2*m:3*m])
	kern.Sigmoid(g[3*m:4*m], g[3*m:4*m])
	kern.Mul(cs, g[m:2*m], before)
	kern.FMA(cs, g[:m], g[2*m:3*m], cs)
	kern.Tanh(t, cs)
	kern.Mul(hs, g[3*m:4*m], t)
}

func (cpu[T]) LSTMCellGrad(dgates, dprevC, dh, dc, gates, tanhC, prevC Buf) {
	d, back, up, cell := Floats[T](dgates), Floats[T](dprevC), Floats[T](dh), Floats[T](dc)
	g, t, before := Floats[T](gates), Floats[T](tanhC), Floats[T](prevC)
	m := len(up)
	in, forget, fresh, out := g[:m], g[m:2*m], g[2*m:3*m], g[3*m:4*m]
	din, dforget, dfresh, dout := d[:m], d[m:2*m], d[2*m:3*m], d[3*m:4*m]
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

func (cpu[T]) GRUCell(gates, hidden, h, prevH Buf) {
	g, u, hs, before := Floats[T](gates), Floats[T](hidden), Floats[T](h), Floats[T](prevH)
	m := len(hs)
	kern.Sigmoid(g[:2*m], g[:2*m])
	reset, update, fresh := g[:m], g[m:2*m], g[2*m:3*m]
	kern.FMA(fresh, reset, u, fresh)
	kern.Tanh(fresh, fresh)
	kern.Scal(-1, hs, fresh) // h = n + z (h' - n)
	kern.Add(hs, hs, before)
	kern.FMA(hs, hs, update, fresh)
}

func (cpu[T]) GRUCellGrad(dgates, dhidden, dprevH, dh, gates, hidden, prevH Buf) {
	d, du, back, up := Floats[T](dgates), Floats[T](dhidden), Floats[T](dprevH), Floats[T](dh)
	g, u, before := Floats[T](gates), Floats[T](hidden), Floats[T](prevH)
	m := len(up)
	reset, update, fresh := g[:m], g[m:2*m], g[2*m:3*m]
	dreset, dupdate, dfresh := d[:m], d[m:2*m], d[2*m:3*m]
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
