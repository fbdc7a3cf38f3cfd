#include "device.h"

// RowOf is the row that an index names, or -1.
DEVICE int RowOf(float index, int64 have) { return index >= 0.f && index < 2147483648.f && (int)index < have ? (int)index : -1; }

KERNEL(gather, float *dst, const float *table, const float *index, int64 count, int width, int64 have) {
	for (int64 i = first(); i < count * width; i += all()) {
		int row = RowOf(index[i / width], have);
		dst[i] = row < 0 ? 0.f : table[(int64)row * width + i % width];
	}
}

// Rows of one index are added one after the other, so that sums do not depend on who comes first: scatter_links chains them up, scatter
// walks along the chains. The search looks at all that lies between, which threads side by side read together.
KERNEL(scatter_links, int *next, int *begins, const float *index, int count, int64 have) {
	for (int64 i = first(); i < count; i += all()) {
		int row = RowOf(index[i], have), j = (int)i + 1;
		if (row < 0) j = count;
		while (j < count && RowOf(index[j], have) != row) j++;
		next[i] = j;
		if (j < count) begins[j] = 0;
	}
}

KERNEL(scatter, float *table, const float *src, const float *index, const int *next, const int *begins, int count, int width, int64 have) {
	for (int64 i = first(); i < (int64)count * width; i += all()) {
		int at = (int)(i / width), row = RowOf(index[at], have);
		int64 column = i % width;
		if (row < 0 || begins[at] == 0) continue;
		float sum = table[(int64)row * width + column];
		for (int j = at; j < count; j = next[j]) sum += src[(int64)j * width + column];
		table[(int64)row * width + column] = sum;
	}
}
