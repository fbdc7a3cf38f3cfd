#include "device.h"

// Gates lie step numbers apart: input, forget, cell and output of an LSTM, reset, update and new of a GRU.

DEVICE float TanhSlope(float d, float y) { return d * (1.f - y * y); }
DEVICE float SigmoidSlope(float d, float y) { return d * y * (1.f - y); }

KERNEL(lstm_cell, float *gates, int64 step, float *c, float *h, float *tanhC, const float *prevC, int64 n) {
	for (int64 i = first(); i < n; i += all()) {
		float *g = gates + i;
		float in = Sigmoid(g[0]), forget = Sigmoid(g[step]), fresh = Tanh(g[2 * step]), out = Sigmoid(g[3 * step]);
		float cell = Fma(in, fresh, forget * prevC[i]), t = Tanh(cell);
		g[0] = in;
		g[step] = forget;
		g[2 * step] = fresh;
		g[3 * step] = out;
		c[i] = cell;
		tanhC[i] = t;
		h[i] = out * t;
	}
}

KERNEL(lstm_cell_grad, float *dgates, const float *gates, int64 step, float *dprevC, const float *dh, float *dc, const float *tanhC,
       const float *prevC, int64 n) {
	for (int64 i = first(); i < n; i += all()) {
		const float *g = gates + i;
		float *d = dgates + i;
		float in = g[0], forget = g[step], fresh = g[2 * step], out = g[3 * step], t = tanhC[i], up = dh[i], before = prevC[i];
		float cell = dc[i] + TanhSlope(up * out, t);
		dc[i] = cell;
		d[3 * step] = SigmoidSlope(up * t, out);
		d[0] = SigmoidSlope(cell * fresh, in);
		d[2 * step] = TanhSlope(cell * in, fresh);
		d[step] = SigmoidSlope(cell * before, forget);
		dprevC[i] = cell * forget;
	}
}

KERNEL(gru_cell, float *gates, int64 step, const float *hidden, float *h, const float *prevH, int64 n) {
	for (int64 i = first(); i < n; i += all()) {
		float *g = gates + i;
		float reset = Sigmoid(g[0]), update = Sigmoid(g[step]), fresh = Tanh(Fma(reset, hidden[i], g[2 * step]));
		g[0] = reset;
		g[step] = update;
		g[2 * step] = fresh;
		h[i] = Fma(prevH[i] - fresh, update, fresh);
	}
}

KERNEL(gru_cell_grad, float *dgates, const float *gates, int64 step, float *dhidden, float *dprevH, const float *dh, const float *hidden,
       const float *prevH, int64 n) {
	for (int64 i = first(); i < n; i += all()) {
		const float *g = gates + i;
		float *d = dgates + i;
		float reset = g[0], update = g[step], fresh = g[2 * step], up = dh[i], before = prevH[i], h = hidden[i];
		float back = up * update, dfresh = TanhSlope(up - back, fresh);
		dprevH[i] = back;
		d[2 * step] = dfresh;
		d[step] = SigmoidSlope((before - fresh) * up, update);
		d[0] = SigmoidSlope(dfresh * h, reset);
		dhidden[i] = dfresh * reset;
	}
}
