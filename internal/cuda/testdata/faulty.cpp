// Kernels with the faults that the sanitizers and the host's own checks are to find, to see that they do. The argument names one; "sound" has
// none.

#include "device.h"

// Without the barrier a thread reads what its neighbour may not have written.
KERNEL(hasty, float *out) {
	SHARED(float, s, [64]);
	s[THREAD] = (float)THREAD;
	out[THREAD] = s[(THREAD + 1) % 64];
}

KERNEL(crossing, float *out) { out[THREAD] = (float)BLOCK; }

KERNEL(beyond, float *out) { out[THREAD + 1] = 1.f; }

KERNEL(parting, float *out) {
	if (THREAD < 32) BARRIER();
	out[THREAD] = 1.f;
}

KERNEL(overrun, float *out) {
	DYNAMIC(float, s);
	s[THREAD + 1] = 1.f;
	BARRIER();
	out[THREAD] = s[THREAD];
}

KERNEL(sound, float *out) {
	SHARED(float, s, [64]);
	s[THREAD] = (float)THREAD;
	BARRIER();
	if (BLOCK == 0) out[THREAD] = s[(THREAD + 1) % 64];
}

int main(int, char **args) {
	std::vector<float> out(64);
	float *p = out.data();
	void *at[] = {&p};
	int failed = emu_launch(args[1], 2, 64, 64 * sizeof(float), at);
	if (failed) fprintf(stderr, "%s\n", emu_error());
	return failed;
}
