// Distances and inner products of many rows with many: tiles of 64 by 64 by blocks of 256 threads, each of which has rows 16 apart and
// columns 16 apart, so that what a warp reads of shared memory lies in different banks.

#include "device.h"

// Sums stay in registers only where loops over them are unrolled.
#ifdef EMU
#define UNROLL
#else
#define UNROLL _Pragma("unroll")
#endif

enum { TILE = 64, DEPTH = 16, PITCH = TILE + 1, PER = 4, SIDE = 16 };

// load brings DEPTH columns, from one on, of TILE rows, zeros where there are none. Rows are step numbers apart, columns next.
template <class T> DEVICE void load(T (*room)[PITCH], const T *x, int64 row, int64 rows, int from, int cols, int64 step, int64 next) {
	int lane = THREAD & 15, line = THREAD >> 4;
	for (int i = 0; i < PER; i++) {
		// Neighbouring threads read what lies side by side.
		int c = next == 1 ? lane : line, r = next == 1 ? line + SIDE * i : lane + SIDE * i;
		room[c][r] = row + r < rows && from + c < cols ? x[(row + r) * step + (from + c) * next] : T(0);
	}
}

// add adds the products, or the squared gaps, of the columns in two rooms.
template <bool gaps, class T> DEVICE void add(T (*sum)[PER], T (*left)[PITCH], T (*right)[PITCH]) {
	int tx = THREAD & 15, ty = THREAD >> 4;
	for (int c = 0; c < DEPTH; c++) {
		UNROLL for (int i = 0; i < PER; i++) {
			T a = left[c][ty + SIDE * i];
			UNROLL for (int j = 0; j < PER; j++) {
				T b = right[c][tx + SIDE * j];
				if (gaps) {
					T gap = a - b;
					sum[i][j] = Fma(gap, gap, sum[i][j]);
				} else {
					sum[i][j] = Fma(a, b, sum[i][j]);
				}
			}
		}
	}
}

template <class T> DEVICE void clear(T (*sum)[PER]) {
	UNROLL for (int i = 0; i < PER; i++)
		UNROLL for (int j = 0; j < PER; j++) sum[i][j] = T(0);
}

// squares writes the squared distances of m queries to n points, rows of d numbers.
KERNEL(squares, float *dst, const float *queries, const float *points, int64 m, int64 n, int d) {
	SHARED(float, left, [DEPTH][PITCH]);
	SHARED(float, right, [DEPTH][PITCH]);
	int tx = THREAD & 15, ty = THREAD >> 4;
	int64 across = (n + TILE - 1) / TILE, tiles = (m + TILE - 1) / TILE * across;
	for (int64 t = BLOCK; t < tiles; t += BLOCKS) {
		int64 row = t / across * TILE, col = t % across * TILE;
		float sum[PER][PER];
		clear(sum);
		for (int c = 0; c < d; c += DEPTH) {
			load(left, queries, row, m, c, d, d, 1);
			load(right, points, col, n, c, d, d, 1);
			BARRIER();
			add<true>(sum, left, right);
			BARRIER();
		}
		UNROLL for (int i = 0; i < PER; i++)
			UNROLL for (int j = 0; j < PER; j++) {
				int64 r = row + ty + SIDE * i, q = col + tx + SIDE * j;
				if (r < m && q < n) dst[r * n + q] = sum[i][j];
			}
	}
}

// least finds, for each of m rows of n squares, the one that wanted - 1 others are not above (infinity if wanted is not below n) as its
// bound, and lists what is below it: count of them, in any order, in rows of wanted. A square has the order of its bits.
KERNEL(least, float *bound, int *count, float *squares_below, int *index, const float *all_squares, int64 m, int64 n, int wanted) {
	SHARED(uint32, cells, [256]);
	SHARED(uint32, chosen, [3]); // the leading bits so far, how many below them are still to be passed, and what is listed
	for (int64 i = BLOCK; i < m; i += BLOCKS) {
		const float *row = all_squares + i * n;
		if (THREAD == 0) {
			chosen[0] = 0;
			chosen[1] = (uint32)wanted - 1;
			chosen[2] = 0;
		}
		BARRIER();
		for (int shift = 24; shift >= 0 && wanted < n; shift -= 8) {
			for (int c = THREAD; c < 256; c += THREADS) cells[c] = 0;
			BARRIER();
			uint64 leading = chosen[0];
			for (int64 j = THREAD; j < n; j += THREADS) {
				uint64 bits = Bits(row[j]);
				if (bits >> (shift + 8) == leading) AtomicAdd(&cells[bits >> shift & 255], 1u);
			}
			BARRIER();
			if (THREAD == 0) {
				uint32 rank = chosen[1], c = 0;
				while (rank >= cells[c]) rank -= cells[c++];
				chosen[0] = chosen[0] << 8 | c;
				chosen[1] = rank;
			}
			BARRIER();
		}
		float limit = wanted < n ? FromBits(chosen[0]) : INFINITE;
		for (int64 j = THREAD; j < n; j += THREADS) {
			float v = row[j];
			if (v < limit) {
				uint32 at = AtomicAdd(&chosen[2], 1u);
				squares_below[i * wanted + at] = v;
				index[i * wanted + at] = (int)j;
			}
		}
		BARRIER();
		if (THREAD == 0) {
			bound[i] = limit;
			count[i] = (int)chosen[2];
		}
		BARRIER();
	}
}

struct Two {
	float least, second;
	int at;
};

// join takes what another one found; of equals the first counts.
DEVICE void join(Two *two, float least, float second, int at) {
	if (least < two->least || (least == two->least && at < two->at)) {
		second = second < two->least ? second : two->least;
		two->least = least;
		two->at = at;
		two->second = second;
	} else if (least < two->second) {
		two->second = least;
	}
}

// nearest_two finds for each of m rows the nearest of k centres, the square of its distance and the least of all others, infinity if there are
// none. A square that is not a number is never the least.
KERNEL(nearest_two, int *at, float *least_square, float *second_square, const float *rows, const float *centres, int64 m, int k, int d) {
	SHARED(float, left, [DEPTH][PITCH]);
	SHARED(float, right, [DEPTH][PITCH]);
	SHARED(Two, found, [TILE][SIDE]);
	int tx = THREAD & 15, ty = THREAD >> 4;
	for (int64 row = (int64)BLOCK * TILE; row < m; row += (int64)BLOCKS * TILE) {
		Two own[PER];
		UNROLL for (int i = 0; i < PER; i++) own[i].least = own[i].second = INFINITE, own[i].at = 0x7fffffff;
		for (int col = 0; col < k; col += TILE) {
			float sum[PER][PER];
			clear(sum);
			for (int c = 0; c < d; c += DEPTH) {
				load(left, rows, row, m, c, d, d, 1);
				load(right, centres, (int64)col, (int64)k, c, d, d, 1);
				BARRIER();
				add<true>(sum, left, right);
				BARRIER();
			}
			UNROLL for (int i = 0; i < PER; i++)
				UNROLL for (int j = 0; j < PER; j++) {
					int centre = col + tx + SIDE * j;
					if (centre < k) join(&own[i], sum[i][j], INFINITE, centre);
				}
		}
		UNROLL for (int i = 0; i < PER; i++) found[ty + SIDE * i][tx] = own[i];
		BARRIER();
		if (THREAD < TILE && row + THREAD < m) {
			Two all = found[THREAD][0];
			for (int j = 1; j < SIDE; j++) {
				Two other = found[THREAD][j];
				join(&all, other.least, other.second, other.at);
			}
			at[row + THREAD] = all.at < k ? all.at : 0;
			least_square[row + THREAD] = all.least;
			second_square[row + THREAD] = all.second;
		}
		BARRIER();
	}
}

// The exponential of n ln 2 + r by the series of that of r, to one unit in the last place or two.
DEVICE double Exp64(double x) {
	if (x != x) return x;
	if (x > 709.79) return 1. / 0.;
	if (x < -745.2) return 0.;
	double n = Nearest(x * 1.4426950408889634);
	double r = Fma(n, -1.90821492927058770002e-10, Fma(n, -6.93147180369123816490e-01, x));
	double p = 1.6059043836821613e-10;
	p = Fma(p, r, 2.08767569878681e-09);
	p = Fma(p, r, 2.505210838544172e-08);
	p = Fma(p, r, 2.755731922398589e-07);
	p = Fma(p, r, 2.7557319223985893e-06);
	p = Fma(p, r, 2.48015873015873e-05);
	p = Fma(p, r, 0.0001984126984126984);
	p = Fma(p, r, 0.001388888888888889);
	p = Fma(p, r, 0.008333333333333333);
	p = Fma(p, r, 0.041666666666666664);
	p = Fma(p, r, 0.16666666666666666);
	p = Fma(p, r, 0.5);
	p = Fma(Fma(p, r, 1.), r, 1.);
	int half = (int)n / 2;
	return p * TwoTo64(half) * TwoTo64((int)n - half);
}

// To some units of 2^-53, not of the result: kernel values are added to others.
DEVICE double Tanh64(double x) {
	double a = x < 0. ? -x : x;
	double y = a > 22. ? 1. : 1. - 2. / (Exp64(2. * a) + 1.);
	return x < 0. ? -y : y;
}

enum { LINEAR = 1, POLYNOMIAL, SIGMOID, EXPONENTIAL, ROOT };

// kernel_values writes m x n kernel values: a function of the inner products of rows of width numbers, or with gaps of their squared distances.
// gamma and coef0 are the bits of doubles.
KERNEL(kernel_values, double *dst, const double *rows, const double *columns, int64 m, int64 n, int width, int gaps, int kind, uint64 gamma, uint64 coef0,
	int degree) {
	SHARED(double, left, [DEPTH][PITCH]);
	SHARED(double, right, [DEPTH][PITCH]);
	int tx = THREAD & 15, ty = THREAD >> 4;
	int64 across = (n + TILE - 1) / TILE, tiles = (m + TILE - 1) / TILE * across;
	double g = FromBits(gamma), shift = FromBits(coef0);
	for (int64 t = BLOCK; t < tiles; t += BLOCKS) {
		int64 row = t / across * TILE, col = t % across * TILE;
		double sum[PER][PER];
		clear(sum);
		for (int c = 0; c < width; c += DEPTH) {
			load(left, rows, row, m, c, width, width, 1);
			load(right, columns, col, n, c, width, width, 1);
			BARRIER();
			if (gaps) {
				add<true>(sum, left, right);
			} else {
				add<false>(sum, left, right);
			}
			BARRIER();
		}
		UNROLL for (int i = 0; i < PER; i++)
			UNROLL for (int j = 0; j < PER; j++) {
				int64 r = row + ty + SIDE * i, q = col + tx + SIDE * j;
				if (r >= m || q >= n) continue;
				double v = sum[i][j];
				if (kind == EXPONENTIAL) {
					v = Exp64(g * v);
				} else if (kind == ROOT) {
					v = Sqrt(v);
				} else if (kind == SIGMOID) {
					v = Tanh64(Fma(g, v, shift));
				} else if (kind == POLYNOMIAL) {
					double base = Fma(g, v, shift);
					v = 1.;
					for (int d = degree; d > 0; d >>= 1) {
						if (d & 1) v *= base;
						base *= base;
					}
				}
				dst[r * n + q] = v;
			}
	}
}

// own_squares writes the squared distances of n rows from each other, n x n, in the tiles on the diagonal and right of it. Rows are given column
// by column.
KERNEL(own_squares, double *dst, const double *columns, int64 n, int d) {
	SHARED(double, left, [DEPTH][PITCH]);
	SHARED(double, right, [DEPTH][PITCH]);
	int tx = THREAD & 15, ty = THREAD >> 4;
	int64 across = (n + TILE - 1) / TILE;
	for (int64 t = BLOCK; t < across * across; t += BLOCKS) {
		int64 row = t / across * TILE, col = t % across * TILE;
		if (col < row) continue;
		double sum[PER][PER];
		clear(sum);
		for (int c = 0; c < d; c += DEPTH) {
			load(left, columns, row, n, c, d, 1, n);
			load(right, columns, col, n, c, d, 1, n);
			BARRIER();
			add<true>(sum, left, right);
			BARRIER();
		}
		UNROLL for (int i = 0; i < PER; i++)
			UNROLL for (int j = 0; j < PER; j++) {
				int64 r = row + ty + SIDE * i, q = col + tx + SIDE * j;
				if (r < n && q < n) dst[r * n + q] = sum[i][j];
			}
	}
}
