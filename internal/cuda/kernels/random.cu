#include "device.h"

// Mixed is SplitMix64's output function.
DEVICE uint64 Mixed(uint64 z) {
	z += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

// drop_mask decides about two elements by 64 random bits.
KERNEL(drop_mask, float *dst, int64 n, uint64 below, float yes, uint64 key) {
	uint64 k = Mixed(key);
	for (int64 i = first(); i < n; i += all()) {
		uint64 bits = Mixed(k ^ (uint64)(i / 2));
		bits = i % 2 == 1 ? bits >> 32 : bits & 0xffffffffull;
		dst[i] = bits < below ? yes : 0.f;
	}
}

// normal is Box and Muller's transform in float32, of uniform numbers with 53 bits: a is that of the logarithm, which is taken of 1 less what
// is missing to 1 where there is little, and b, that of the angle, is reduced to an eighth of a turn before it is rounded.
KERNEL(normal, float *dst, int64 n, uint64 key) {
	const float unit = 1.f / 9007199254740992.f; // 2^-53
	uint64 k = Mixed(key);
	for (int64 i = first(); i < n; i += all()) {
		uint64 a = Mixed(k ^ (uint64)i), b = Mixed(a) >> 11;
		uint64 twice = (a >> 11) * 2 + 1, most = 1ull << 54; // u is twice / most
		float log = twice < most / 2 ? Log((float)twice * (unit * .5f)) : Log1p(-((float)(most - twice) * (unit * .5f)));
		int quarter = (int)(b >> 51);
		int64 rest = (int64)(b & ((1ull << 51) - 1));
		if (rest >= 1ll << 50) {
			rest -= 1ll << 51;
			quarter++;
		}
		float angle = (float)rest * (6.28318531f * unit);
		dst[i] = Sqrt(-2.f * log) * SinQuarters(quarter + 1, angle);
	}
}
