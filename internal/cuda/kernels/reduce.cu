#include "device.h"
#include "group.h"

// What is summed down the columns.
enum { PLAIN, SQUARED_GAP, PRODUCT };

// column_sums gives, for each of chunks parts of the rows, a row of dst with the sums of columns of x, of (x - y[column])², or of x y, times
// scale and added to what is there with add. A block has 32 columns, so that reads are of whole lines, by 8 lanes of rows.
KERNEL(column_sums, float *dst, const float *x, const float *y, int what, int64 rows, int cols, int chunks, float scale, int add) {
	SHARED(float, room, [8][32]);
	int tiles = (cols + 31) / 32, column = THREAD & 31, lane = THREAD >> 5;
	int64 work = (int64)tiles * chunks;
	for (int64 item = BLOCK; item < work; item += BLOCKS) {
		int chunk = (int)(item / tiles);
		int64 j = item % tiles * 32 + column, lo = rows * chunk / chunks, hi = rows * (chunk + 1) / chunks;
		float sum = 0.f;
		if (j < cols) {
			float middle = what == SQUARED_GAP ? y[j] : 0.f;
			for (int64 i = lo + lane; i < hi; i += 8) {
				float v = x[i * cols + j];
				if (what == PLAIN) {
					sum += v;
				} else if (what == SQUARED_GAP) {
					v -= middle;
					sum = Fma(v, v, sum);
				} else {
					sum = Fma(v, y[i * cols + j], sum);
				}
			}
		}
		room[lane][column] = sum;
		BARRIER();
		for (int k = 4; k > 0; k /= 2) {
			if (lane < k) room[lane][column] += room[lane + k][column];
			BARRIER();
		}
		if (lane == 0 && j < cols) {
			float *to = dst + (int64)chunk * cols + j;
			*to = room[0][column] * scale + (add ? *to : 0.f);
		}
		BARRIER();
	}
}

// sum_sq leaves the sum of squares of each block's share, in double.
KERNEL(sum_sq, double *part, const float *x, int64 n) {
	SHARED(double, room, [BLOCK_THREADS]);
	int t = THREAD;
	double sum = 0.;
	for (int64 i = first(); i < n; i += all()) sum = Fma((double)x[i], (double)x[i], sum);
	room[t] = sum;
	BARRIER();
	for (int k = BLOCK_THREADS / 2; k > 0; k /= 2) {
		if (t < k) room[t] += room[t + k];
		BARRIER();
	}
	if (t == 0) part[BLOCK] = room[0];
}

// sum_wide adds up n numbers into dst, with one block.
KERNEL(sum_wide, double *dst, const double *x, int n) {
	SHARED(double, room, [BLOCK_THREADS]);
	int t = THREAD;
	double sum = 0.;
	for (int i = t; i < n; i += BLOCK_THREADS) sum += x[i];
	room[t] = sum;
	BARRIER();
	for (int k = BLOCK_THREADS / 2; k > 0; k /= 2) {
		if (t < k) room[t] += room[t + k];
		BARRIER();
	}
	if (t == 0) dst[0] = room[0];
}

// Beats reports whether value v at place i goes before w at k: the first NaN, else the first of the largest.
DEVICE bool Beats(float v, int i, float w, int k) {
	bool a = v != v, b = w != w;
	if (a != b) return a;
	if (a || v == w) return i < k;
	return v > w;
}

// extreme has width lanes for each of outer x inner runs of n numbers.
KERNEL(extreme, float *dst, float *place, const float *x, int64 outer, int n, int64 inner, int width) {
	SHARED(float, value, [BLOCK_THREADS]);
	SHARED(int, at, [BLOCK_THREADS]);
	int t = THREAD, lane = LANE(width);
	EACH_ROW(row, outer * inner, width) {
		float best = -INFINITE;
		int where = 0x7fffffff;
		if (row < outer * inner) {
			const float *from = x + row / inner * n * inner + row % inner;
			for (int k = lane; k < n; k += width) {
				float v = from[k * inner];
				if (Beats(v, k, best, where)) {
					best = v;
					where = k;
				}
			}
		}
		value[t] = best;
		at[t] = where;
		BARRIER();
		for (int k = width / 2; k > 0; k /= 2) {
			if (lane < k && Beats(value[t + k], at[t + k], value[t], at[t])) {
				value[t] = value[t + k];
				at[t] = at[t + k];
			}
			BARRIER();
		}
		if (lane == 0 && row < outer * inner) {
			dst[row] = value[t];
			place[row] = n > 0 ? (float)at[t] : 0.f;
		}
		BARRIER();
	}
}

KERNEL(extreme_grad, float *dx, const float *dy, const float *place, int64 outer, int n, int64 inner, int add) {
	for (int64 i = first(); i < outer * n * inner; i += all()) {
		int64 row = i / inner / n * inner + i % inner;
		bool here = (int)place[row] == (int)(i / inner % n);
		if (here)
			dx[i] = add ? dx[i] + dy[row] : dy[row];
		else if (!add)
			dx[i] = 0.f;
	}
}
