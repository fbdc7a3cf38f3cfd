#include "device.h"

// The functions of one number, by internal/compute's numbers for them.
enum {
	IDENTITY, RELU, LEAKY_RELU, GELU, GELU_TANH, SILU, TANH, SIGMOID, SOFTPLUS, ELU, SELU, MISH, HARD_SWISH, HARD_SIGMOID, RELU6, SOFTSIGN, LOG_SIGMOID,
	EXP, LOG, SQRT, SQUARE, ABS, NEG, RECIPROCAL, SIN, COS, ERF, CLAMP, POWER, SCALE, HARD_TANH
};

#define SELU_SCALE 1.05070098f
#define SELU_DEPTH 1.75809934f // scale times alpha
#define ROOT_HALF 0.70710678f
#define TANH_INNER 0.79788456f
#define TANH_CUBE 0.044715f

DEVICE float Between(float x, float a, float b) { return Min(Max(x, a), b); }

DEVICE float Of(int kind, float a, float b, float x) {
	switch (kind) {
	case RELU: return Max(x, 0.f);
	case LEAKY_RELU: return x < 0.f ? a * x : x;
	case GELU: return x < -14.f ? -0.f : .5f * x * Erfc(-ROOT_HALF * x);
	case GELU_TANH: return x == -INFINITE ? -0.f : .5f * x * (1.f + Tanh(TANH_INNER * Fma(TANH_CUBE * x * x, x, x)));
	case SILU: return x * Sigmoid(x);
	case TANH: return Tanh(x);
	case SIGMOID: return Sigmoid(x);
	case SOFTPLUS: return Softplus(x);
	case ELU: return x < 0.f ? a * Expm1(x) : x;
	case SELU: return x < 0.f ? SELU_DEPTH * Expm1(x) : SELU_SCALE * x;
	case MISH: return x * Tanh(Softplus(x));
	case HARD_SWISH: return x * Between(x + 3.f, 0.f, 6.f) / 6.f;
	case HARD_SIGMOID: return Between(x + 3.f, 0.f, 6.f) / 6.f;
	case RELU6: return Between(x, 0.f, 6.f);
	case SOFTSIGN: return x / (1.f + Abs(x));
	case LOG_SIGMOID: return -Softplus(-x);
	case EXP: return Exp(x);
	case LOG: return Log(x);
	case SQRT: return Sqrt(x);
	case SQUARE: return x * x;
	case ABS: return Abs(x);
	case NEG: return -x;
	case RECIPROCAL: return 1.f / x;
	case SIN: return Sin(x);
	case COS: return Cos(x);
	case ERF: return Erf(x);
	case CLAMP:
	case HARD_TANH: return Between(x, a, b);
	case POWER: return Pow(x, a);
	case SCALE: return Fma(a, x, b);
	}
	return x;
}

// Rises: LeakyReLU and ELU take the slope of the other side at 0.
DEVICE bool Rises(float a, float x, float y) { return a < 0.f ? x > 0.f : y > 0.f; }

// Slope is the derivative at x, where the value is y; one of them is 0 where the function does not need it.
DEVICE float Slope(int kind, float a, float b, float x, float y) {
	switch (kind) {
	case RELU: return y > 0.f ? 1.f : 0.f;
	case LEAKY_RELU: return Rises(a, x, y) ? 1.f : a;
	case GELU: return Fma(x, 0.39894228f * Exp(-.5f * x * x), .5f * Erfc(-ROOT_HALF * x));
	case GELU_TANH: {
		float t = Tanh(TANH_INNER * Fma(TANH_CUBE * x * x, x, x));
		return .5f * (1.f + t + (1.f - t * t) * x * Fma(3.f * TANH_INNER * TANH_CUBE, x * x, TANH_INNER));
	}
	case SILU: {
		float s = Sigmoid(x);
		return Fma(x * s, 1.f - s, s);
	}
	case TANH: return 1.f - y * y;
	case SIGMOID: return y * (1.f - y);
	case SOFTPLUS: return Sigmoid(x);
	case ELU: return Rises(a, x, y) ? 1.f : y + a;
	case SELU: return y > 0.f ? SELU_SCALE : y + SELU_DEPTH;
	case MISH: {
		float t = Tanh(Softplus(x));
		return Fma(x * Sigmoid(x), 1.f - t * t, t);
	}
	case HARD_SWISH: return x <= -3.f ? 0.f : x >= 3.f ? 1.f : (2.f * x + 3.f) / 6.f;
	case HARD_SIGMOID: return y > 0.f && y < 1.f ? 1.f / 6.f : 0.f;
	case RELU6: return y > 0.f && y < 6.f ? 1.f : 0.f;
	case SOFTSIGN: return 1.f / ((1.f + Abs(x)) * (1.f + Abs(x)));
	case LOG_SIGMOID: return Sigmoid(-x);
	case EXP: return y;
	case LOG: return 1.f / x;
	case SQRT: return .5f / y;
	case SQUARE: return 2.f * x;
	case ABS: return x > 0.f ? 1.f : x < 0.f ? -1.f : 0.f;
	case NEG: return -1.f;
	case RECIPROCAL: return -y * y;
	case SIN: return Cos(x);
	case COS: return -Sin(x);
	case ERF: return 1.12837917f * Exp(-x * x);
	case CLAMP: return x >= a && x <= b ? 1.f : 0.f;
	case HARD_TANH: return x > a && x < b ? 1.f : 0.f;
	case POWER: return a * Pow(x, a - 1.f);
	case SCALE: return a;
	}
	return 1.f;
}

KERNEL(map, float *dst, const float *x, int64 n, int kind, float a, float b) {
	for (int64 i = first(); i < n; i += all()) dst[i] = Of(kind, a, b, x[i]);
}

// map_grad has no x, or no y, where the function does not need it. dx may be dy.
KERNEL(map_grad, float *dx, const float *dy, const float *x, const float *y, int64 n, int kind, float a, float b, int add) {
	for (int64 i = first(); i < n; i += all()) {
		float g = dy[i] * Slope(kind, a, b, x ? x[i] : 0.f, y ? y[i] : 0.f);
		if (kind == RELU && !((y ? y[i] : 0.f) > 0.f)) g = 0.f; // also of a gradient that is not finite
		dx[i] = add ? dx[i] + g : g;
	}
}

KERNEL(bias_map, float *y, const float *x, const float *bias, int64 n, int cols, int kind, float a, float b) {
	for (int64 i = first(); i < n; i += all()) y[i] = Of(kind, a, b, x[i] + bias[i % cols]);
}

// axpby does not read y with b 0.
KERNEL(axpby, float a, const float *x, float b, float *y, int64 n) {
	for (int64 i = first(); i < n; i += all()) y[i] = b == 0.f ? a * x[i] : b == 1.f ? Fma(a, x[i], y[i]) : Fma(a, x[i], b * y[i]);
}

// An index space of up to eight axes, with the steps along them in arrays.
#define AXES int64 n0, int64 n1, int64 n2, int64 n3, int64 n4, int64 n5, int64 n6, int64 n7
#define STEPS(s) int64 s##0, int64 s##1, int64 s##2, int64 s##3, int64 s##4, int64 s##5, int64 s##6, int64 s##7

// Over divides as 32 bits can, where they can: twice as many take several times as long.
DEVICE int64 Over(int64 a, int64 b) { return (a | b) >> 32 ? a / b : (int64)((uint32)a / (uint32)b); }

#define DOWN(k)                                             \
	if (axes > k) {                                         \
		int64 rest = Over(at, n##k), place = at - rest * n##k; \
		at = rest;                                          \
		EACH_STEP(k)                                        \
	}
#define ALL_DOWN DOWN(7) DOWN(6) DOWN(5) DOWN(4) DOWN(3) DOWN(2) DOWN(1) DOWN(0)

KERNEL(move, float *dst, const float *src, int64 count, int add, int axes, AXES, STEPS(d), STEPS(s)) {
	for (int64 i = first(); i < count; i += all()) {
		int64 at = i, to = 0, from = 0;
#define EACH_STEP(k) to += place * d##k, from += place * s##k;
		ALL_DOWN
#undef EACH_STEP
		dst[to] = add ? dst[to] + src[from] : src[from];
	}
}

DEVICE float Of2(int op, float x, float y) {
	switch (op) {
	case 0: return x + y;
	case 1: return x - y;
	case 2: return x * y;
	case 3: return x / y;
	case 4: return Max(x, y);
	case 5: return Min(x, y);
	}
	return x == y ? 1.f : 0.f;
}

KERNEL(binary, float *dst, const float *x, const float *y, int64 count, int op, int axes, AXES, STEPS(a), STEPS(b)) {
	for (int64 i = first(); i < count; i += all()) {
		int64 at = i, left = 0, right = 0;
#define EACH_STEP(k) left += place * a##k, right += place * b##k;
		ALL_DOWN
#undef EACH_STEP
		dst[i] = Of2(op, x[left], y[right]);
	}
}

// contract adds to every element of dst the sum, over the last few of the axes, of x y, or of x without y. count is the elements, sums how many
// products each gets, of which part p of parts is added to dst p away further on: then dst is room for all of them. width threads share a sum.
KERNEL(contract, float *dst, const float *x, const float *y, int64 count, int64 sums, int parts, int64 away, int axes, AXES, STEPS(d), STEPS(a), STEPS(b),
	int width) {
	SHARED(float, room, [256]);
	int lane = THREAD % width, each = THREADS / width;
	int64 work = count * parts;
	for (int64 base = (int64)BLOCK * each; base < work; base += (int64)BLOCKS * each) {
		int64 item = base + THREAD / width, o = item / parts, p = item % parts;
		float sum = 0.f;
		if (item < work) {
			for (int64 s = sums * p / parts + lane, end = sums * (p + 1) / parts; s < end; s += width) {
				int64 at = o * sums + s, left = 0, right = 0;
#define EACH_STEP(k) left += place * a##k, right += place * b##k;
				ALL_DOWN
#undef EACH_STEP
				sum = y ? Fma(x[left], y[right], sum) : sum + x[left];
			}
		}
		room[THREAD] = sum;
		BARRIER();
		for (int k = width / 2; k > 0; k /= 2) {
			if (lane < k) room[THREAD] += room[THREAD + k];
			BARRIER();
		}
		if (item < work && lane == 0) {
			int64 at = o * sums, to = p * away;
#define EACH_STEP(k) to += place * d##k;
			ALL_DOWN
#undef EACH_STEP
			dst[to] += room[THREAD];
		}
		BARRIER();
	}
}
