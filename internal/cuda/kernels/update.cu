#include "device.h"

// The rules of internal/compute/steps.go, with the numbers that are the same for all weights worked out before.

// sgd: keep is 1 - dampening, or 1 in the first step. m is null where there is no momentum; then scale is 1 - rate l2.
KERNEL(update_sgd, float *w, const float *g, float *m, int64 n, float rate, float l2, float scale, float momentum, float keep, int nesterov) {
	for (int64 i = first(); i < n; i += all()) {
		if (!m) {
			w[i] = Fma(-rate, g[i], w[i] * scale);
			continue;
		}
		float d = g[i] + l2 * w[i];
		m[i] = momentum * m[i] + keep * d;
		w[i] -= rate * (nesterov ? d + momentum * m[i] : m[i]);
	}
}

// adam: rate is over 1 - beta1^step, root one over the root of 1 - beta2^step. With most it is AMSGrad.
KERNEL(update_adam, float *w, const float *g, float *m, float *v, float *most, int64 n, float l2, float shrink, float fresh, float keep2,
       float fresh2, float rate, float root, float eps) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i] + l2 * w[i];
		m[i] += fresh * (d - m[i]);
		float square = keep2 * v[i] + fresh2 * (d * d);
		v[i] = square;
		if (most) most[i] = square = Max(most[i], square);
		w[i] = shrink * w[i] - rate * m[i] / (Sqrt(square) * root + eps);
	}
}

// nadam: rate is that of the gradient, next that of the moment.
KERNEL(update_nadam, float *w, const float *g, float *m, float *v, int64 n, float l2, float shrink, float fresh, float keep2, float fresh2,
       float rate, float next, float root, float eps) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i] + l2 * w[i];
		m[i] += fresh * (d - m[i]);
		v[i] = keep2 * v[i] + fresh2 * (d * d);
		float by = Sqrt(v[i]) * root + eps;
		w[i] = shrink * w[i] - rate * d / by - next * m[i] / by;
	}
}

// radam: with adapt, rate has the rectification and the root of 1 - beta2^step in it.
KERNEL(update_radam, float *w, const float *g, float *m, float *v, int64 n, float l2, float shrink, float fresh, float keep2, float fresh2,
       float rate, float eps, int adapt) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i] + l2 * w[i];
		m[i] += fresh * (d - m[i]);
		v[i] = keep2 * v[i] + fresh2 * (d * d);
		float step = rate * m[i];
		w[i] = shrink * w[i] - (adapt ? step / (Sqrt(v[i]) + eps) : step);
	}
}

// lamb leaves the direction in g; w does not move.
KERNEL(update_lamb, const float *w, float *g, float *m, float *v, int64 n, float l2, float fresh, float keep2, float fresh2, float grow, float root,
       float eps) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i];
		m[i] += fresh * (d - m[i]);
		v[i] = keep2 * v[i] + fresh2 * (d * d);
		g[i] = m[i] * grow / (Sqrt(v[i]) * root + eps) + l2 * w[i];
	}
}

KERNEL(update_rmsprop, float *w, const float *g, float *m, float *v, int64 n, float rate, float l2, float momentum, float keep2, float fresh2,
       float eps) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i] + l2 * w[i];
		v[i] = keep2 * v[i] + fresh2 * (d * d);
		d /= Sqrt(v[i]) + eps;
		if (m) m[i] = d = momentum * m[i] + d;
		w[i] -= rate * d;
	}
}

KERNEL(update_adagrad, float *w, const float *g, float *v, int64 n, float rate, float l2, float eps) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i] + l2 * w[i];
		v[i] += d * d;
		w[i] -= rate * d / (Sqrt(v[i]) + eps);
	}
}

KERNEL(update_adadelta, float *w, const float *g, float *m, float *v, int64 n, float rate, float l2, float keep2, float fresh2, float eps) {
	for (int64 i = first(); i < n; i += all()) {
		float d = g[i] + l2 * w[i];
		v[i] = keep2 * v[i] + fresh2 * (d * d);
		d *= Sqrt(m[i] + eps) / Sqrt(v[i] + eps);
		m[i] = keep2 * m[i] + fresh2 * (d * d);
		w[i] -= rate * d;
	}
}

KERNEL(update_lion, float *w, const float *g, float *m, int64 n, float rate, float shrink, float keep, float fresh, float keep2, float fresh2) {
	for (int64 i = first(); i < n; i += all()) {
		float d = keep * m[i] + fresh * g[i];
		m[i] = keep2 * m[i] + fresh2 * g[i];
		float at = w[i] * shrink;
		w[i] = d > 0.f ? at - rate : d < 0.f ? at + rate : d != d ? d : at;
	}
}
