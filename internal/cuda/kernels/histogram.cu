// Histograms of boosted trees. Cells are whole numbers, so that sums are the same in whatever order atomic additions come.

#include "device.h"

enum { BINS = 256, ROOM = 4096, PACKED_COLUMNS = ROOM / BINS, PAIR_COLUMNS = ROOM / (2 * BINS) };

// histogram adds rows to hist, which has two blocks of 256 cells for each of cols columns (a multiple of 4) of bytes. The rows are the n at
// places, or, without places, those from lo on. values has a packed cell a row, or with pairs two cells; a packed cell is a count of count_bits
// bits, a sum of hess_bits bits and a signed sum, and chunk rows at most do not overflow it. What comes second in hist has the count from count_shift on.
KERNEL(histogram, uint64 *hist, const unsigned char *codes, const int *places, const uint64 *values, int64 lo, int64 n, int stride, int cols, int pairs,
	int chunk, int count_bits, int hess_bits, int count_shift) {
	SHARED(uint64, cells, [ROOM]);
	int each = pairs ? PAIR_COLUMNS : PACKED_COLUMNS, groups = (cols + each - 1) / each;
	int64 chunks = (n + chunk - 1) / chunk;
	for (int64 item = BLOCK; item < groups * chunks; item += BLOCKS) {
		int from = (int)(item % groups) * each;
		int quads = (cols - from < each ? cols - from : each) / 4;
		int64 first = item / groups * chunk, last = first + chunk < n ? first + chunk : n;
		for (int c = THREAD; c < ROOM; c += THREADS) cells[c] = 0;
		BARRIER();
		// Neighbouring threads take the bytes of a row in fours.
		for (int64 w = THREAD; w < (last - first) * quads; w += THREADS) {
			int64 place = first + w / quads, row = places ? places[place] : lo + place;
			int quad = (int)(w % quads);
			uint32 four = *(const uint32 *)(codes + row * stride + from + 4 * quad);
			if (pairs) {
				uint64 g = values[2 * row], h = values[2 * row + 1];
				uint64 *at = cells + quad * 4 * 2 * BINS;
				for (int k = 0; k < 4; k++, at += 2 * BINS, four >>= 8) {
					AtomicAdd(at + (four & 255), g);
					AtomicAdd(at + BINS + (four & 255), h);
				}
			} else {
				uint64 v = values[row];
				uint64 *at = cells + quad * 4 * BINS;
				for (int k = 0; k < 4; k++, at += BINS, four >>= 8) AtomicAdd(at + (four & 255), v);
			}
		}
		BARRIER();
		uint64 *to = hist + (int64)from * 2 * BINS;
		if (pairs) {
			for (int c = THREAD; c < quads * 4 * 2 * BINS; c += THREADS)
				if (cells[c]) AtomicAdd(to + c, cells[c]);
		} else {
			uint64 counts = ((uint64)1 << count_bits) - 1, sums = ((uint64)1 << hess_bits) - 1;
			for (int c = THREAD; c < quads * 4 * BINS; c += THREADS) {
				uint64 v = cells[c];
				if (!v) continue;
				uint64 *cell = to + c / BINS * 2 * BINS + c % BINS;
				AtomicAdd(cell, (uint64)((int64)v >> (count_bits + hess_bits)));
				AtomicAdd(cell + BINS, (v >> count_bits & sums) + ((v & counts) << count_shift));
			}
		}
		BARRIER();
	}
}
