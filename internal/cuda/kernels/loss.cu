#include "device.h"
#include "group.h"

// cross_entropy is, for a row of class c, keep w_c (lse - x_c) + each sum of w_j (lse - x_j), where lse is the logarithm of the sum of
// exponentials, and its gradient. weight may be null. Rows of a negative class are left out; those of one that is none have no number as loss.
KERNEL(cross_entropy, float *loss, float *grad, const float *x, const float *of, const float *weight, int64 rows, int n, float keep, float each,
       int width) {
	SHARED(float, room, [BLOCK_THREADS]);
	int lane = LANE(width);
	EACH_ROW(row, rows, width) {
		float c = row < rows ? of[row] : -1.f;
		bool counts = c >= 0.f && c < (float)n;
		int m = row < rows ? n : 0;
		const float *from = x + row * n;
		float *g = grad + row * n;
		float top = -INFINITE, sum = 0.f, gap = 0.f, mass = 0.f;
		for (int j = lane; j < m; j += width) top = Max(top, from[j]);
		top = GroupMax(room, top, width);
		for (int j = lane; j < m; j += width) sum += Exp(from[j] - top);
		sum = GroupSum(room, sum, width);
		float all = top - top == 0.f ? top + Log(sum) : top;
		if (each > 0.f) {
			for (int j = lane; j < m; j += width) {
				float w = weight ? weight[j] : 1.f;
				gap += w * (all - from[j]);
				mass += w;
			}
			gap = GroupSum(room, gap, width);
			mass = GroupSum(room, mass, width);
		}
		if (row >= rows) continue;
		if (!counts) {
			if (lane == 0) loss[row] = c < 0.f ? 0.f : NOT_A_NUMBER;
			for (int j = lane; j < m; j += width) g[j] = 0.f;
			continue;
		}
		int right = (int)c;
		float own = weight ? keep * weight[right] : keep, total = own + each * mass, share = 1.f / sum;
		if (lane == 0) loss[row] = own * (all - from[right]) + (each > 0.f ? each * gap : 0.f);
		for (int j = lane; j < m; j += width) {
			float d = Exp(from[j] - top) * share * total;
			if (each > 0.f) d -= each * (weight ? weight[j] : 1.f);
			g[j] = j == right ? d - own : d;
		}
	}
}
