#include "device.h"
#include "group.h"

KERNEL(norm_rows, float *dst, float *inv, const float *x, int64 rows, int n, float eps, int centre, int width) {
	SHARED(float, room, [BLOCK_THREADS]);
	int lane = LANE(width);
	EACH_ROW(row, rows, width) {
		const float *from = x + row * n;
		int m = row < rows ? n : 0;
		float middle = 0.f, square = 0.f;
		if (centre) {
			for (int j = lane; j < m; j += width) middle += from[j];
			middle = GroupSum(room, middle, width) / (float)n;
		}
		for (int j = lane; j < m; j += width) {
			float v = from[j] - middle;
			square = Fma(v, v, square);
		}
		float by = 1.f / Sqrt(GroupSum(room, square, width) / (float)n + eps);
		for (int j = lane; j < m; j += width) dst[row * n + j] = (from[j] - middle) * by;
		if (lane == 0 && row < rows) inv[row] = by;
	}
}

// norm_rows_grad is inv (dy - mean(dy) - y mean(dy y)), the first mean only with a centre.
KERNEL(norm_rows_grad, float *dx, const float *dy, const float *y, const float *inv, int64 rows, int n, int centre, int add, int width) {
	SHARED(float, room, [BLOCK_THREADS]);
	int lane = LANE(width);
	EACH_ROW(row, rows, width) {
		int m = row < rows ? n : 0;
		float shift = 0.f, tilt = 0.f;
		for (int j = lane; j < m; j += width) {
			float g = dy[row * n + j];
			shift += g;
			tilt = Fma(g, y[row * n + j], tilt);
		}
		shift = centre ? GroupSum(room, shift, width) / (float)n : 0.f;
		tilt = GroupSum(room, tilt, width) / (float)n;
		float by = row < rows ? inv[row] : 0.f;
		for (int j = lane; j < m; j += width) {
			int64 i = row * n + j;
			float d = by * (dy[i] - shift - y[i] * tilt);
			dx[i] = add ? dx[i] + d : d;
		}
	}
}

// norm_columns takes means and variances as they are, and leaves one over the roots in inv if its block is the first of a column.
KERNEL(norm_columns, float *dst, float *inv, const float *mean, const float *variance, const float *x, int64 rows, int cols, float eps) {
	for (int64 i = first(); i < rows * cols; i += all()) {
		int j = (int)(i % cols);
		float by = 1.f / Sqrt(variance[j] + eps);
		dst[i] = (x[i] - mean[j]) * by;
		if (i < cols) inv[j] = by;
	}
}

// norm_columns_grad is inv (dy + shift + y tilt), where shift is less the mean of dy and tilt less that of dy y.
KERNEL(norm_columns_grad, float *dx, const float *dy, const float *y, const float *inv, const float *shift, const float *tilt, int64 rows,
       int cols, int add) {
	for (int64 i = first(); i < rows * cols; i += all()) {
		int j = (int)(i % cols);
		float d = (Fma(y[i], tilt[j], shift[j]) + dy[i]) * inv[j];
		dx[i] = add ? dx[i] + d : d;
	}
}
