#include "device.h"
#include "group.h"

// attention_softmax turns the scores of t queries against s keys, in place, into shares: of the first ends[sequence] keys (ends null: of all)
// and, with causal, of those not right of the diagonal that ends in the last corner. Of no keys at all it makes zeros, where the
// diagonal alone leaves none NaN.
KERNEL(attention_softmax, float *shares, const float *ends, int64 rows, int heads, int t, int s, int causal, int width) {
	SHARED(float, room, [BLOCK_THREADS]);
	int lane = LANE(width);
	EACH_ROW(row, rows, width) {
		float *p = shares + row * s;
		int m = 0, end = s;
		if (row < rows) {
			if (ends) {
				float given = ends[row / t / heads];
				end = given >= (float)s ? s : given > 0.f ? (int)given : 0;
			}
			m = end;
			if (causal) {
				int seen = (int)(row % t) + s - t + 1;
				if (seen < m) m = seen > 0 ? seen : 0;
			}
		}
		float top = -INFINITE, sum = 0.f;
		for (int j = lane; j < m; j += width) top = Max(top, p[j]);
		top = GroupMax(room, top, width);
		for (int j = lane; j < m; j += width) sum += Exp(p[j] - top);
		sum = GroupSum(room, sum, width);
		if (row < rows) {
			float share = 1.f / sum, beyond = end > 0 && !(sum > 0.f) ? NOT_A_NUMBER : 0.f;
			for (int j = lane; j < s; j += width) p[j] = j < m ? Exp(p[j] - top) * share : beyond;
		}
	}
}
