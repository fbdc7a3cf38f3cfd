#include "device.h"
#include "group.h"

// softmax has width lanes for each row. An x of -Inf gives 0; a NaN, a +Inf or nothing but -Inf gives NaN everywhere.
KERNEL(softmax, float *dst, const float *x, int64 rows, int n, int log, int width) {
	SHARED(float, room, [BLOCK_THREADS]);
	int lane = LANE(width);
	EACH_ROW(row, rows, width) {
		const float *from = x + row * n;
		int m = row < rows ? n : 0;
		float top = -INFINITE, sum = 0.f;
		for (int j = lane; j < m; j += width) top = Max(top, from[j]);
		top = GroupMax(room, top, width);
		for (int j = lane; j < m; j += width) sum += Exp(from[j] - top);
		sum = GroupSum(room, sum, width);
		if (log) {
			float all = top - top == 0.f ? top + Log(sum) : top;
			for (int j = lane; j < m; j += width) dst[row * n + j] = from[j] - all;
		} else {
			float share = 1.f / sum;
			for (int j = lane; j < m; j += width) dst[row * n + j] = Exp(from[j] - top) * share;
		}
	}
}

// softmax_grad is y (dy - sum of dy y) or, for the logarithm, dy - exp(y) sum of dy. dx may be dy.
KERNEL(softmax_grad, float *dx, const float *dy, const float *y, int64 rows, int n, int log, int add, int width) {
	SHARED(float, room, [BLOCK_THREADS]);
	int lane = LANE(width);
	EACH_ROW(row, rows, width) {
		int m = row < rows ? n : 0;
		float sum = 0.f;
		for (int j = lane; j < m; j += width) {
			float g = dy[row * n + j];
			sum = log ? sum + g : Fma(g, y[row * n + j], sum);
		}
		sum = GroupSum(room, sum, width);
		for (int j = lane; j < m; j += width) {
			int64 i = row * n + j;
			float d = log ? dy[i] - Exp(y[i]) * sum : (dy[i] - sum) * y[i];
			dx[i] = add ? dx[i] + d : d;
		}
	}
}
