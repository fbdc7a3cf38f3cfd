#include "device.h"
#include "shape.h"

// Threads are dealt channels first, as they lie.

KERNEL(max_pool, float *y, const float *x, GEOMETRY) {
	SHAPE;
	int pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * pixels * s.c; i += all()) {
		int64 p = i / s.c;
		const float *image = x + p / pixels * places * s.c + i % s.c;
		At pixel = Unfold((int)(p % pixels), s.size);
		float most = -INFINITE;
		for (int t = 0; t < taps; t++) {
			int place = Seen(s, pixel, Unfold(t, s.kernel));
			if (place >= 0) most = Max(most, image[(int64)place * s.c]);
		}
		y[i] = most;
	}
}

// max_pool_taps leaves the first tap of every window that holds the largest number, or -1 where NaN was the largest.
KERNEL(max_pool_taps, int *tap, const float *y, const float *x, GEOMETRY) {
	SHAPE;
	int pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * pixels * s.c; i += all()) {
		int64 p = i / s.c;
		const float *image = x + p / pixels * places * s.c + i % s.c;
		At pixel = Unfold((int)(p % pixels), s.size);
		int found = -1;
		for (int t = 0; t < taps && found < 0; t++) {
			int place = Seen(s, pixel, Unfold(t, s.kernel));
			if (place >= 0 && image[(int64)place * s.c] == y[i]) found = t;
		}
		tap[i] = found;
	}
}

// max_pool_grad sends gradients to the taps found. Every place looks at the windows over it, so that no sum depends on who comes first.
KERNEL(max_pool_grad, float *dx, const float *dy, const int *tap, int add, GEOMETRY) {
	SHAPE;
	int pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * places * s.c; i += all()) {
		int64 p = i / s.c, image = p / places * pixels;
		At place = Unfold((int)(p % places), s.in);
		float sum = add ? dx[i] : 0.f;
		for (int t = taps - 1; t >= 0; t--) { // the last tap's window comes first
			int pixel = SeenFrom(s, place, Unfold(t, s.kernel));
			if (pixel < 0) continue;
			int64 at = (image + pixel) * s.c + i % s.c;
			if (tap[at] == t) sum += dy[at];
		}
		dx[i] = sum;
	}
}

// Along is how many taps of a pixel lie inside the image along one axis.
DEVICE int Along(int pixel, int in, int kernel, int stride, int dilation, int before) {
	int count = 0;
	for (int t = 0; t < kernel; t++) {
		int at = pixel * stride - before + t * dilation;
		count += at >= 0 && at < in;
	}
	return count;
}

// Share is what each tap of a pixel's window counts: one over all taps with countPadding, over those inside without.
DEVICE float Share(const Shape &s, At pixel, int countPadding) {
	int inside = Taps(s);
	if (!countPadding)
		inside = Along(pixel.d, s.in[0], s.kernel[0], s.stride[0], s.dilation[0], s.before[0]) *
		         Along(pixel.h, s.in[1], s.kernel[1], s.stride[1], s.dilation[1], s.before[1]) *
		         Along(pixel.w, s.in[2], s.kernel[2], s.stride[2], s.dilation[2], s.before[2]);
	return 1.f / (float)(inside > 1 ? inside : 1);
}

KERNEL(mean_pool, float *y, const float *x, int countPadding, GEOMETRY) {
	SHAPE;
	int pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * pixels * s.c; i += all()) {
		int64 p = i / s.c;
		const float *image = x + p / pixels * places * s.c + i % s.c;
		At pixel = Unfold((int)(p % pixels), s.size);
		float sum = 0.f;
		for (int t = 0; t < taps; t++) {
			int place = Seen(s, pixel, Unfold(t, s.kernel));
			if (place >= 0) sum += image[(int64)place * s.c];
		}
		y[i] = sum * Share(s, pixel, countPadding);
	}
}

KERNEL(mean_pool_grad, float *dx, const float *dy, int countPadding, int add, GEOMETRY) {
	SHAPE;
	int pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * places * s.c; i += all()) {
		int64 p = i / s.c, image = p / places * pixels;
		At place = Unfold((int)(p % places), s.in);
		float sum = add ? dx[i] : 0.f;
		for (int t = taps - 1; t >= 0; t--) {
			int pixel = SeenFrom(s, place, Unfold(t, s.kernel));
			if (pixel >= 0) sum += dy[(image + pixel) * s.c + i % s.c] * Share(s, Unfold(pixel, s.size), countPadding);
		}
		dx[i] = sum;
	}
}
