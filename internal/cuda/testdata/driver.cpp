// A library that stands for libcuda and libcublas in tests: it runs the kernels on the host (kernels/emu.h). As on a device, what is put on a
// stream happens later: here when somebody waits, and only up to what was waited for, so that whoever reads too early, or lets go too early of
// what is still to be read, is found out. It takes no address that is not in memory it gave, counts what was not given back, and fails
// where a test says.

#include "device.h"

#include <deque>
#include <functional>

#define API extern "C" __attribute__((visibility("default")))

namespace {

std::recursive_mutex lock;

struct Injection {
	std::string call; // empty: any
	int after, code;  // calls until it fails
};
Injection injected;
int sticky;             // of a device that failed
int failingWork = -1;   // pieces of work until one fails
int calls;
std::string journal;
bool journaling;
size_t capacity = (size_t)-1, hostCapacity = (size_t)-1, inUse, hostInUse;

std::map<uintptr_t, size_t> memory; // of the device
std::map<uintptr_t, size_t> pinned; // of the host
int streams, events, modules, contexts, handles;
thread_local int current;

enum { invalidValue = 1, outOfMemory = 2, notInitialized = 3, invalidContext = 201, invalidImage = 200, notFound = 500, launchFailed = 719 };

struct Work {
	long number;
	std::function<int()> run;
};
std::deque<Work> queue;
long queued;

struct Event {
	long after = 0;
};

// enter counts a call and says what it gives instead of being done.
int enter(const char *name, bool needsContext) {
	calls++;
	if (journaling) journal += std::string(name) + "\n";
	if (injected.after >= 0 && (injected.call.empty() || injected.call == name) && injected.after-- == 0) return injected.code;
	if (sticky) return sticky;
	if (needsContext && !current) return invalidContext;
	return 0;
}

#define ENTER(context)                                    \
	std::lock_guard<std::recursive_mutex> hold(lock);       \
	if (int entered = enter(__func__, context)) return entered;

// within reports whether n bytes at p are in memory of the device or of the host that the device sees.
bool within(uintptr_t p, size_t n) {
	for (auto *m : {&memory, &pinned}) {
		auto at = m->upper_bound(p);
		if (at == m->begin()) continue;
		--at;
		if (p + n <= at->first + at->second) return true;
	}
	return false;
}

void push(std::function<int()> f) { queue.push_back({++queued, std::move(f)}); }

int workUntil(long number) {
	while (!queue.empty() && queue.front().number <= number) {
		Work w = std::move(queue.front());
		queue.pop_front();
		if (sticky) continue;
		if (failingWork >= 0 && failingWork-- == 0) {
			sticky = launchFailed;
			continue;
		}
		sticky = w.run();
	}
	return sticky;
}

int workAll() { return workUntil(queued); }

} // namespace

// What tests ask for.
API void fake_reset() {
	injected = {"", -1, 0};
	sticky = 0, failingWork = -1, calls = 0;
	journaling = false;
	journal.clear();
	capacity = hostCapacity = (size_t)-1;
	queue.clear();
}
API void fake_fail(const char *call, int after, int code) { injected = {call, after, code}; }
API void fake_fail_work(int after) { failingWork = after; }
API void fake_capacity(size_t device, size_t host) { capacity = inUse + device, hostCapacity = hostInUse + host; }
API int fake_calls() { return calls; }
API int fake_waiting() { return (int)queue.size(); }
API void fake_journal(int on) {
	journaling = on;
	journal.clear();
}
API const char *fake_read_journal() { return journal.c_str(); }
// fake_left is how much was not given back: blocks of either memory, then streams, events, modules, contexts and handles.
API int fake_left(int *parts) {
	int all[] = {(int)memory.size(), (int)pinned.size(), streams, events, modules, contexts, handles};
	int sum = 0;
	for (int i = 0; i < 7; i++) sum += parts[i] = all[i];
	return sum;
}

API int cuInit(unsigned) {
	ENTER(false)
	return 0;
}
API int cuDeviceGetCount(int *n) {
	ENTER(false)
	*n = getenv("FAKE_NO_DEVICE") ? 0 : 1;
	return 0;
}
API int cuDeviceGet(int *d, int) {
	ENTER(false)
	*d = 0;
	return 0;
}
API int cuDeviceGetName(char *name, int room, int) {
	ENTER(false)
	snprintf(name, room, "a device of the host's making");
	return 0;
}
API int cuDeviceGetAttribute(int *v, int attribute, int) {
	ENTER(false)
	const char *old = getenv("FAKE_CAPABILITY");
	*v = attribute == 75 ? (old ? atoi(old) : 7) : 0;
	return 0;
}
API int cuDeviceTotalMem_v2(size_t *n, int) {
	ENTER(false)
	*n = (size_t)1 << 30;
	return 0;
}
API int cuDevicePrimaryCtxRetain(void **c, int) {
	ENTER(false)
	contexts++;
	*c = &contexts;
	return 0;
}
API int cuDevicePrimaryCtxRelease_v2(int) {
	contexts--;
	ENTER(false)
	return 0;
}
API int cuCtxSetCurrent(void *c) {
	ENTER(false)
	current = c != nullptr;
	return 0;
}
API int cuStreamCreate(void **s, unsigned) {
	ENTER(true)
	streams++;
	*s = &streams;
	return 0;
}
API int cuStreamDestroy_v2(void *) {
	streams--;
	ENTER(true)
	return 0;
}
API int cuStreamSynchronize(void *) {
	ENTER(true)
	return workAll();
}
API int cuEventCreate(void **e, unsigned) {
	ENTER(true)
	events++;
	*e = new Event;
	return 0;
}
API int cuEventDestroy_v2(void *e) {
	events--;
	delete (Event *)e;
	ENTER(true)
	return 0;
}
API int cuEventRecord(void *e, void *) {
	ENTER(true)
	((Event *)e)->after = queued;
	return 0;
}
API int cuEventSynchronize(void *e) {
	ENTER(true)
	return workUntil(((Event *)e)->after);
}
API int cuModuleLoadDataEx(void **m, const void *text, unsigned n, int *options, void **values) {
	std::lock_guard<std::recursive_mutex> hold(lock);
	int entered = enter(__func__, true);
	bool ptx = strstr((const char *)text, ".version") && strstr((const char *)text, ".entry");
	if (entered || !ptx) {
		if (n == 2 && options[0] == 5 && options[1] == 6) snprintf((char *)values[0], (size_t)values[1], "line 7: no such instruction");
		return entered ? entered : invalidImage;
	}
	modules++;
	*m = new std::string((const char *)text);
	return 0;
}
API int cuModuleUnload(void *m) {
	modules--;
	delete (std::string *)m;
	ENTER(true)
	return 0;
}
API int cuModuleGetFunction(void **f, void *m, const char *name) {
	ENTER(true)
	auto at = emu::table().find(name);
	if (at == emu::table().end() || ((std::string *)m)->find(".entry " + std::string(name) + "(") == std::string::npos) return notFound;
	*f = (void *)at->first.c_str();
	return 0;
}
API int cuMemAlloc_v2(uint64 *p, size_t n) {
	ENTER(true)
	if (n == 0) return invalidValue;
	if (n > capacity || inUse > capacity - n) return outOfMemory;
	void *at = emu_alloc(n);
	if (!at) return outOfMemory;
	inUse += n;
	memory[(uintptr_t)at] = n;
	*p = (uint64)(uintptr_t)at;
	return 0;
}
API int cuMemFree_v2(uint64 p) {
	std::lock_guard<std::recursive_mutex> hold(lock);
	int failed = enter(__func__, true), late = workAll();
	auto at = memory.find(p);
	if (at == memory.end()) return invalidValue;
	emu_free((void *)(uintptr_t)p, at->second);
	inUse -= at->second;
	memory.erase(at);
	return failed ? failed : late;
}
API int cuMemHostAlloc(void **p, size_t n, unsigned) {
	ENTER(true)
	if (n > hostCapacity || hostInUse > hostCapacity - n) return outOfMemory;
	if (!(*p = emu_alloc(n))) return outOfMemory;
	hostInUse += n;
	pinned[(uintptr_t)*p] = n;
	return 0;
}
API int cuMemFreeHost(void *p) { // does not wait for the device
	std::lock_guard<std::recursive_mutex> hold(lock);
	int failed = enter(__func__, true);
	auto at = pinned.find((uintptr_t)p);
	if (at == pinned.end()) return invalidValue;
	emu_free(p, at->second);
	hostInUse -= at->second;
	pinned.erase(at);
	return failed;
}
API int cuMemcpyHtoDAsync_v2(uint64 to, const void *from, size_t n, void *) {
	ENTER(true)
	if (!within(to, n)) return invalidValue;
	push([=] { return memcpy((void *)(uintptr_t)to, from, n), 0; });
	return 0;
}
API int cuMemcpyDtoHAsync_v2(void *to, uint64 from, size_t n, void *) {
	ENTER(true)
	if (!within(from, n)) return invalidValue;
	push([=] { return memcpy(to, (void *)(uintptr_t)from, n), 0; });
	return 0;
}
API int cuMemcpyDtoDAsync_v2(uint64 to, uint64 from, size_t n, void *) {
	ENTER(true)
	if (!within(from, n) || !within(to, n)) return invalidValue;
	push([=] { return memmove((void *)(uintptr_t)to, (void *)(uintptr_t)from, n), 0; });
	return 0;
}
API int cuMemsetD32Async(uint64 to, unsigned word, size_t n, void *) {
	ENTER(true)
	if (!within(to, 4 * n)) return invalidValue;
	push([=] { return std::fill_n((unsigned *)(uintptr_t)to, n, word), 0; });
	return 0;
}
API int cuLaunchKernel(void *f, unsigned bx, unsigned by, unsigned bz, unsigned tx, unsigned ty, unsigned tz, unsigned shared, void *, void **args, void **) {
	ENTER(true)
	if (bx < 1 || tx < 1 || tx > 1024 || by != 1 || bz != 1 || ty != 1 || tz != 1) return invalidValue;
	const char *name = (const char *)f;
	std::string letters = emu_signature(name);
	std::vector<uint64> held(letters.size());
	for (size_t i = 0; i < letters.size(); i++) {
		bool word = letters[i] == 'i' || letters[i] == 'f';
		memcpy(&held[i], args[i], word ? 4 : 8);
		if (letters[i] == 'p' && held[i] && !within(held[i], 4)) return invalidValue;
	}
	push([=]() mutable {
		std::vector<void *> at;
		for (auto &v : held) at.push_back(&v);
		if (emu_launch(name, bx, tx, shared, at.data()) == 0) return 0;
		fprintf(stderr, "fake: %s\n", emu_error());
		return (int)launchFailed;
	});
	return 0;
}
API int cuGetErrorName(int code, const char **name) {
	*name = code == outOfMemory ? "CUDA_ERROR_OUT_OF_MEMORY" : code == launchFailed ? "CUDA_ERROR_LAUNCH_FAILED" : "CUDA_ERROR_INVALID_VALUE";
	return 0;
}

API int cublasCreate_v2(void **h) {
	ENTER(true)
	handles++;
	*h = &handles;
	return 0;
}
API int cublasDestroy_v2(void *) {
	handles--;
	ENTER(true)
	return 0;
}
API int cublasSetStream_v2(void *, void *s) {
	ENTER(true)
	return s == &streams ? 0 : 7;
}
API int cublasSgemmStridedBatched(void *, int ta, int tb, int m, int n, int k, const float *alpha, const float *a, int lda, int64 sa, const float *b, int ldb,
	int64 sb, const float *beta, float *c, int ldc, int64 sc, int batch) {
	ENTER(true)
	if (m < 0 || n < 0 || k < 0 || lda < std::max(1, ta ? k : m) || ldb < std::max(1, tb ? n : k) || ldc < std::max(1, m)) return 7;
	auto last = [&](int rows, int cols, int ld, int64 step) { return 4 * (size_t)((batch - 1) * step + (int64)(cols - 1) * ld + rows); };
	if (!within((uintptr_t)a, ta ? last(k, m, lda, sa) : last(m, k, lda, sa)) || !within((uintptr_t)b, tb ? last(n, k, ldb, sb) : last(k, n, ldb, sb)) ||
		!within((uintptr_t)c, last(m, n, ldc, sc)))
		return 7;
	float by = *alpha, keep = *beta;
	push([=] {
		for (int s = 0; s < batch; s++)
			for (int j = 0; j < n; j++)
				for (int i = 0; i < m; i++) {
					float sum = 0;
					for (int p = 0; p < k; p++) {
						float x = a[s * sa + (ta ? (int64)i * lda + p : (int64)p * lda + i)];
						sum = Fma(x, b[s * sb + (tb ? (int64)p * ldb + j : (int64)j * ldb + p)], sum);
					}
					float *to = c + s * sc + (int64)j * ldc + i;
					*to = by * sum + (keep == 0.f ? 0.f : keep * *to);
				}
		return 0;
	});
	return 0;
}
API int cublasSgemm_v2(void *h, int ta, int tb, int m, int n, int k, const float *alpha, const float *a, int lda, const float *b, int ldb, const float *beta,
	float *c, int ldc) {
	return cublasSgemmStridedBatched(h, ta, tb, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1);
}
