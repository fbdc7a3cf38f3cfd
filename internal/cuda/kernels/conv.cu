#include "device.h"
#include "shape.h"

// Convolutions as products of matrices that are never written down: a block makes a tile of 64 x 64 results, from strips of 16 of both factors
// that its threads pick from where they lie; each thread has 4 x 4 of the results. Where a group has few columns, most of a tile would be
// empty, and the kernels whose names end in direct have a thread for each result.

#define TILE 64
#define STRIP 16
#define EDGE 4 /* keeps writes down a column of the tile in banks of their own */
#define CONV_THREADS 256

typedef float Strip[STRIP][TILE + EDGE];

// Multiply adds the product of two strips to a thread's results.
DEVICE void Multiply(float sum[4][4], const Strip &a, const Strip &b) {
	int row = THREAD / 16 * 4, column = THREAD % 16 * 4;
	for (int k = 0; k < STRIP; k++)
		for (int i = 0; i < 4; i++)
			for (int j = 0; j < 4; j++) sum[i][j] = Fma(a[k][row + i], b[k][column + j], sum[i][j]);
}

// Store writes a thread's results that are not beyond the matrix, whose rows are apart numbers from each other.
DEVICE void Store(const float sum[4][4], float *to, int64 row, int64 rows, int column, int cols, int64 apart, bool add) {
	row += THREAD / 16 * 4;
	column += THREAD % 16 * 4;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			if (row + i < rows && column + j < cols) {
				float *at = to + (row + i) * apart + column + j;
				*at = add ? *at + sum[i][j] : sum[i][j];
			}
}

DEVICE void Clear(float sum[4][4]) {
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++) sum[i][j] = 0.f;
}

// conv: rows are pixels, columns channels that come out; a row has the taps of a window with their channels.
KERNEL(conv, float *y, const float *x, const float *w, GEOMETRY) {
	SHAPE;
	SHARED(float, a, [STRIP][TILE + EDGE]);
	SHARED(float, b, [STRIP][TILE + EDGE]);
	int per = s.c / s.groups, cols = s.out / s.groups, depth = Taps(s) * per, pixels = Pixels(s), places = Places(s);
	int64 rows = (int64)s.n * pixels;
	int high = (int)((rows + TILE - 1) / TILE), wide = (cols + TILE - 1) / TILE;
	for (int64 item = BLOCK; item < (int64)high * wide * s.groups; item += BLOCKS) {
		int group = (int)(item / high / wide), column = (int)(item / high % wide) * TILE;
		int64 row = item % high * TILE;
		int64 image[4];
		At at[4];
		for (int i = 0; i < 4; i++) {
			int64 r = row + THREAD / STRIP + i * (TILE / 4);
			image[i] = r < rows ? r / pixels * places : -1;
			at[i] = Unfold((int)(r % pixels), s.size);
		}
		float sum[4][4];
		Clear(sum);
		for (int k0 = 0; k0 < depth; k0 += STRIP) {
			int k = THREAD % STRIP, channel = (k0 + k) % per;
			At tap = Unfold((k0 + k) / per, s.kernel);
			for (int i = 0; i < 4; i++) {
				float v = 0.f;
				if (k0 + k < depth && image[i] >= 0) {
					int place = Seen(s, at[i], tap);
					if (place >= 0) v = x[(image[i] + place) * s.c + group * per + channel];
				}
				a[k][THREAD / STRIP + i * (TILE / 4)] = v;
			}
			for (int i = 0; i < 4; i++) {
				int down = THREAD / TILE + i * (STRIP / 4), j = column + THREAD % TILE;
				b[down][THREAD % TILE] = k0 + down < depth && j < cols ? w[(int64)(k0 + down) * s.out + group * cols + j] : 0.f;
			}
			BARRIER();
			Multiply(sum, a, b);
			BARRIER();
		}
		Store(sum, y + group * cols, row, rows, column, cols, s.out, false);
	}
}

// conv_grad_x: rows are places of the image, columns its channels; a row has the taps that see the place, with the gradients of their pixels.
KERNEL(conv_grad_x, float *dx, const float *dy, const float *w, int add, GEOMETRY) {
	SHAPE;
	SHARED(float, a, [STRIP][TILE + EDGE]);
	SHARED(float, b, [STRIP][TILE + EDGE]);
	int per = s.c / s.groups, cols = s.out / s.groups, depth = Taps(s) * cols, pixels = Pixels(s), places = Places(s);
	int64 rows = (int64)s.n * places;
	int high = (int)((rows + TILE - 1) / TILE), wide = (per + TILE - 1) / TILE;
	for (int64 item = BLOCK; item < (int64)high * wide * s.groups; item += BLOCKS) {
		int group = (int)(item / high / wide), column = (int)(item / high % wide) * TILE;
		int64 row = item % high * TILE;
		int64 image[4];
		At at[4];
		for (int i = 0; i < 4; i++) {
			int64 r = row + THREAD / STRIP + i * (TILE / 4);
			image[i] = r < rows ? r / places * pixels : -1;
			at[i] = Unfold((int)(r % places), s.in);
		}
		float sum[4][4];
		Clear(sum);
		for (int k0 = 0; k0 < depth; k0 += STRIP) {
			int k = THREAD % STRIP, channel = (k0 + k) % cols, tap = (k0 + k) / cols;
			At taps = Unfold(tap, s.kernel);
			for (int i = 0; i < 4; i++) {
				int across = THREAD / STRIP + i * (TILE / 4), j = column + across;
				float v = 0.f;
				if (k0 + k < depth && image[i] >= 0) {
					int pixel = SeenFrom(s, at[i], taps);
					if (pixel >= 0) v = dy[(image[i] + pixel) * s.out + group * cols + channel];
				}
				a[k][across] = v;
				b[k][across] = k0 + k < depth && j < per ? w[((int64)tap * per + j) * s.out + group * cols + channel] : 0.f;
			}
			BARRIER();
			Multiply(sum, a, b);
			BARRIER();
		}
		Store(sum, dx + group * per, row, rows, column, per, s.c, add);
	}
}

// conv_grad_w: rows are taps with their channels, columns channels that come out; sums run over the pixels of all images, in chunks parts
// whose results lie one behind the other.
KERNEL(conv_grad_w, float *dw, const float *dy, const float *x, int chunks, int add, GEOMETRY) {
	SHAPE;
	SHARED(float, a, [STRIP][TILE + EDGE]);
	SHARED(float, b, [STRIP][TILE + EDGE]);
	int per = s.c / s.groups, cols = s.out / s.groups, rows = Taps(s) * per, pixels = Pixels(s), places = Places(s);
	int64 all = (int64)s.n * pixels;
	int high = (rows + TILE - 1) / TILE, wide = (cols + TILE - 1) / TILE;
	int64 tiles = (int64)high * wide * s.groups;
	for (int64 item = BLOCK; item < tiles * chunks; item += BLOCKS) {
		int chunk = (int)(item / tiles), group = (int)(item % tiles / high / wide), column = (int)(item / high % wide) * TILE;
		int row = (int)(item % high) * TILE, across = THREAD % TILE;
		int64 lo = all * chunk / chunks, hi = all * (chunk + 1) / chunks;
		int channel = (row + across) % per;
		At tap = Unfold((row + across) / per, s.kernel);
		float sum[4][4];
		Clear(sum);
		for (int64 p0 = lo; p0 < hi; p0 += STRIP) {
			for (int i = 0; i < 4; i++) {
				int down = THREAD / TILE + i * (STRIP / 4);
				int64 p = p0 + down;
				float v = 0.f, g = 0.f;
				if (p < hi) {
					if (row + across < rows) {
						int place = Seen(s, Unfold((int)(p % pixels), s.size), tap);
						if (place >= 0) v = x[(p / pixels * places + place) * s.c + group * per + channel];
					}
					if (column + across < cols) g = dy[p * s.out + group * cols + column + across];
				}
				a[down][across] = v;
				b[down][across] = g;
			}
			BARRIER();
			Multiply(sum, a, b);
			BARRIER();
		}
		Store(sum, dw + (int64)chunk * rows * s.out + group * cols, row, rows, column, cols, s.out, add);
	}
}

KERNEL(conv_direct, float *y, const float *x, const float *w, GEOMETRY) {
	SHAPE;
	int per = s.c / s.groups, cols = s.out / s.groups, pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * pixels * s.out; i += all()) {
		int o = (int)(i % s.out);
		int64 p = i / s.out, image = p / pixels * places;
		At pixel = Unfold((int)(p % pixels), s.size);
		float sum = 0.f;
		for (int t = 0; t < taps; t++) {
			int place = Seen(s, pixel, Unfold(t, s.kernel));
			if (place < 0) continue;
			const float *from = x + (image + place) * s.c + o / cols * per, *by = w + (int64)t * per * s.out + o;
			for (int k = 0; k < per; k++) sum = Fma(from[k], by[(int64)k * s.out], sum);
		}
		y[i] = sum;
	}
}

KERNEL(conv_grad_x_direct, float *dx, const float *dy, const float *w, int add, GEOMETRY) {
	SHAPE;
	int per = s.c / s.groups, cols = s.out / s.groups, pixels = Pixels(s), places = Places(s), taps = Taps(s);
	for (int64 i = first(); i < (int64)s.n * places * s.c; i += all()) {
		int c = (int)(i % s.c), group = c / per;
		int64 p = i / s.c, image = p / places * pixels;
		At place = Unfold((int)(p % places), s.in);
		float sum = 0.f;
		for (int t = 0; t < taps; t++) {
			int pixel = SeenFrom(s, place, Unfold(t, s.kernel));
			if (pixel < 0) continue;
			const float *from = dy + (image + pixel) * s.out + group * cols, *by = w + ((int64)t * per + c % per) * s.out + group * cols;
			for (int k = 0; k < cols; k++) sum = Fma(from[k], by[k], sum);
		}
		dx[i] = add ? dx[i] + sum : sum;
	}
}

KERNEL(conv_grad_w_direct, float *dw, const float *dy, const float *x, int chunks, int add, GEOMETRY) {
	SHAPE;
	int per = s.c / s.groups, cols = s.out / s.groups, pixels = Pixels(s), places = Places(s);
	int64 weights = (int64)Taps(s) * per * s.out, pixelsAll = (int64)s.n * pixels;
	for (int64 i = first(); i < weights * chunks; i += all()) {
		int64 chunk = i / weights, k = i % weights;
		int o = (int)(k % s.out), c = o / cols * per + (int)(k / s.out % per);
		At tap = Unfold((int)(k / s.out / per), s.kernel);
		int64 hi = pixelsAll * (chunk + 1) / chunks;
		float sum = 0.f;
		for (int64 p = pixelsAll * chunk / chunks; p < hi; p++) {
			int place = Seen(s, Unfold((int)(p % pixels), s.size), tap);
			if (place >= 0) sum = Fma(x[(p / pixels * places + place) * s.c + c], dy[p * s.out + o], sum);
		}
		dw[i] = add ? dw[i] + sum : sum;
	}
}
