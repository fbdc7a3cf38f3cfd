// Reductions among the lanes of a group: width neighbouring threads of a block, a power of 2, that work on one row together. Every
// thread of the block has to call them, with as much room as the block has threads. The order of a sum depends on the width alone.

#pragma once

#define LANE(width) (THREAD & ((width)-1))

DEVICE float GroupSum(float *room, float v, int width) {
	int t = THREAD, lane = LANE(width);
	room[t] = v;
	BARRIER();
	for (int k = width / 2; k > 0; k /= 2) {
		if (lane < k) room[t] += room[t + k];
		BARRIER();
	}
	v = room[t - lane];
	BARRIER();
	return v;
}

DEVICE float GroupMax(float *room, float v, int width) {
	int t = THREAD, lane = LANE(width);
	room[t] = v;
	BARRIER();
	for (int k = width / 2; k > 0; k /= 2) {
		if (lane < k) room[t] = Max(room[t], room[t + k]);
		BARRIER();
	}
	v = room[t - lane];
	BARRIER();
	return v;
}

// A block has BLOCK_THREADS / width rows at a time. Loops over rows have as many rounds for each of its threads, so that all reach the
// barriers; row is rows or more where there is none left.
#define BLOCK_THREADS 256
#define EACH_ROW(row, rows, width)                                                                                                \
	for (int64 base_ = (int64)BLOCK * (BLOCK_THREADS / (width)), row; row = base_ + THREAD / (width), base_ < (rows); \
	     base_ += (int64)BLOCKS * (BLOCK_THREADS / (width)))
