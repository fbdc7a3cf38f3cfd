//go:build cuda

#include "shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The prototypes of the driver's interface, whose binary form stays as it is for good, under the names of its functions in the library.
typedef int CUresult, CUdevice;
typedef uint64_t CUdeviceptr;
typedef void *CUcontext, *CUstream, *CUmodule, *CUfunction, *CUevent;

#define DRIVER(X)                                                                                                       \
	X(cuInit, "cuInit", (unsigned))                                                                                  \
	X(cuDeviceGetCount, "cuDeviceGetCount", (int *))                                                                 \
	X(cuDeviceGet, "cuDeviceGet", (CUdevice *, int))                                                                 \
	X(cuDeviceGetName, "cuDeviceGetName", (char *, int, CUdevice))                                                   \
	X(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int *, int, CUdevice))                                          \
	X(cuDeviceTotalMem, "cuDeviceTotalMem_v2", (size_t *, CUdevice))                                                 \
	X(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (CUcontext *, CUdevice))                                 \
	X(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (CUdevice))                                         \
	X(cuCtxSetCurrent, "cuCtxSetCurrent", (CUcontext))                                                               \
	X(cuStreamCreate, "cuStreamCreate", (CUstream *, unsigned))                                                      \
	X(cuStreamDestroy, "cuStreamDestroy_v2", (CUstream))                                                             \
	X(cuStreamSynchronize, "cuStreamSynchronize", (CUstream))                                                        \
	X(cuEventCreate, "cuEventCreate", (CUevent *, unsigned))                                                         \
	X(cuEventDestroy, "cuEventDestroy_v2", (CUevent))                                                                \
	X(cuEventRecord, "cuEventRecord", (CUevent, CUstream))                                                           \
	X(cuEventSynchronize, "cuEventSynchronize", (CUevent))                                                           \
	X(cuModuleLoadDataEx, "cuModuleLoadDataEx", (CUmodule *, const void *, unsigned, int *, void **))                \
	X(cuModuleUnload, "cuModuleUnload", (CUmodule))                                                                  \
	X(cuModuleGetFunction, "cuModuleGetFunction", (CUfunction *, CUmodule, const char *))                            \
	X(cuMemAlloc, "cuMemAlloc_v2", (CUdeviceptr *, size_t))                                                          \
	X(cuMemFree, "cuMemFree_v2", (CUdeviceptr))                                                                      \
	X(cuMemHostAlloc, "cuMemHostAlloc", (void **, size_t, unsigned))                                                 \
	X(cuMemFreeHost, "cuMemFreeHost", (void *))                                                                      \
	X(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (CUdeviceptr, const void *, size_t, CUstream))                      \
	X(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void *, CUdeviceptr, size_t, CUstream))                            \
	X(cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2", (CUdeviceptr, CUdeviceptr, size_t, CUstream))                       \
	X(cuMemsetD32Async, "cuMemsetD32Async", (CUdeviceptr, unsigned, size_t, CUstream))                               \
	X(cuLaunchKernel, "cuLaunchKernel",                                                                              \
	  (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void **, void **)) \
	X(cuGetErrorName, "cuGetErrorName", (CUresult, const char **))

#define BLAS(X)                                                                                                                              \
	X(cublasCreate, "cublasCreate_v2", (void **))                                                                                         \
	X(cublasDestroy, "cublasDestroy_v2", (void *))                                                                                        \
	X(cublasSetStream, "cublasSetStream_v2", (void *, CUstream))                                                                          \
	X(cublasSgemm, "cublasSgemm_v2",                                                                                                      \
	  (void *, int, int, int, int, int, const float *, const float *, int, const float *, int, const float *, float *, int))              \
	X(cublasSgemmStridedBatched, "cublasSgemmStridedBatched",                                                                             \
	  (void *, int, int, int, int, int, const float *, const float *, int, long long, const float *, int, long long, const float *, float *, \
	   int, long long, int))

enum {
	attributeMajor = 75,
	attributeMinor = 76,
	streamNonBlocking = 1,
	eventDisableTiming = 2,
	hostPortable = 1,
	hostMapped = 2,
	jitErrorLog = 5,
	jitErrorLogBytes = 6,
	stages = 4, // pieces of memory that copies to the device go through
	mostModules = 64,
};
static const size_t stageBytes = 1 << 20;

struct gw {
	void *driver, *blas;
#define X(name, symbol, args) int(*name) args;
	DRIVER(X)
	BLAS(X)
#undef X
	CUdevice device;
	CUcontext context;
	CUstream stream;
	void *handle; // of cuBLAS
	void *stage[stages];
	CUevent read[stages]; // has come when the device has read the piece
	int next;
	pthread_mutex_t lock; // of the pieces and the handle
	CUmodule modules[mostModules];
	int loaded;
};

static void *openFirst(const char *name, const char **usual, gwReport *r) {
	if (name[0]) {
		void *h = dlopen(name, RTLD_NOW | RTLD_LOCAL);
		if (!h) snprintf(r->what, sizeof r->what, "%s", dlerror());
		return h;
	}
	for (int i = 0; usual[i]; i++) {
		void *h = dlopen(usual[i], RTLD_NOW | RTLD_LOCAL);
		if (h) return h;
		if (i == 0) snprintf(r->what, sizeof r->what, "%s", dlerror());
	}
	return NULL;
}

static int find(void *library, const char *symbol, void *pointer, gwReport *r) {
	void *f = dlsym(library, symbol);
	if (!f) snprintf(r->what, sizeof r->what, "a library without %s", symbol);
	memcpy(pointer, &f, sizeof f);
	return f != NULL;
}

static int failed(gwReport *r, const char *what, int code) {
	if (code == 0) return 0;
	snprintf(r->what, sizeof r->what, "%s", what);
	r->code = code;
	return 1;
}

gw *gwOpen(const char *driver, const char *blas, gwReport *r) {
	static const char *drivers[] = {"libcuda.so.1", NULL};
	static const char *blases[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11", NULL};
	memset(r, 0, sizeof *r);
	gw *g = calloc(1, sizeof *g);
	if (!g) {
		snprintf(r->what, sizeof r->what, "no memory");
		return NULL;
	}
	pthread_mutex_init(&g->lock, NULL);
	int count = 0;
	if (!(g->driver = openFirst(driver, drivers, r))) goto fail;
#define X(name, symbol, args) if (!find(g->driver, symbol, &g->name, r)) goto fail;
	DRIVER(X)
#undef X
#define CALL(name, ...) if (failed(r, #name, g->name(__VA_ARGS__))) goto fail;
	CALL(cuInit, 0)
	CALL(cuDeviceGetCount, &count)
	if (count < 1) {
		snprintf(r->what, sizeof r->what, "the driver sees no device");
		goto fail;
	}
	if (!(g->blas = openFirst(blas, blases, r))) goto fail;
#define X(name, symbol, args) if (!find(g->blas, symbol, &g->name, r)) goto fail;
	BLAS(X)
#undef X
	CALL(cuDeviceGet, &g->device, 0)
	CALL(cuDeviceGetName, r->device, sizeof r->device, g->device)
	CALL(cuDeviceGetAttribute, &r->major, attributeMajor, g->device)
	CALL(cuDeviceGetAttribute, &r->minor, attributeMinor, g->device)
	CALL(cuDeviceTotalMem, &r->memory, g->device)
	if (r->major < 7) {
		snprintf(r->what, sizeof r->what, "%s is of compute capability %d.%d: kernels are for 7.0 and above", r->device, r->major, r->minor);
		goto fail;
	}
	CALL(cuDevicePrimaryCtxRetain, &g->context, g->device)
	CALL(cuCtxSetCurrent, g->context)
	CALL(cuStreamCreate, &g->stream, streamNonBlocking)
	for (int i = 0; i < stages; i++) {
		CALL(cuMemHostAlloc, &g->stage[i], stageBytes, hostPortable)
		CALL(cuEventCreate, &g->read[i], eventDisableTiming)
	}
#undef CALL
	int code = g->cublasCreate(&g->handle);
	if (failed(r, "cublasCreate", code ? code + gwBlas : 0)) goto fail;
	code = g->cublasSetStream(g->handle, g->stream);
	if (failed(r, "cublasSetStream", code ? code + gwBlas : 0)) goto fail;
	return g;
fail:
	gwClose(g);
	return NULL;
}

void gwClose(gw *g) {
	if (g->context) {
		g->cuCtxSetCurrent(g->context);
		if (g->stream) g->cuStreamSynchronize(g->stream);
		if (g->handle) g->cublasDestroy(g->handle);
		for (int i = 0; i < stages; i++) {
			if (g->read[i]) g->cuEventDestroy(g->read[i]);
			if (g->stage[i]) g->cuMemFreeHost(g->stage[i]);
		}
		for (int i = 0; i < g->loaded; i++) g->cuModuleUnload(g->modules[i]);
		if (g->stream) g->cuStreamDestroy(g->stream);
		g->cuCtxSetCurrent(NULL);
		g->cuDevicePrimaryCtxRelease(g->device);
	}
	// The libraries stay open: what they registered with the process does not bear their going.
	pthread_mutex_destroy(&g->lock);
	free(g);
}

void gwName(gw *g, int code, char *name, size_t room) {
	const char *s = NULL;
	if (code < gwBlas && g->cuGetErrorName(code, &s) == 0 && s)
		snprintf(name, room, "%s", s);
	else
		snprintf(name, room, "%s %d", code < gwBlas ? "error" : "cuBLAS status", code & (gwBlas - 1));
}

#define ENTER                                              \
	{                                                      \
		int entered = g->cuCtxSetCurrent(g->context);      \
		if (entered) return entered;                       \
	}

int gwLoad(gw *g, const char *ptx, void **module, gwReport *r) {
	ENTER
	if (g->loaded == mostModules) return 1;
	int options[] = {jitErrorLog, jitErrorLogBytes};
	void *values[] = {r->log, (void *)(uintptr_t)(sizeof r->log - 1)};
	int code = g->cuModuleLoadDataEx(module, ptx, 2, options, values);
	if (code == 0) g->modules[g->loaded++] = *module;
	return code;
}

int gwFind(gw *g, void *module, const char *name, void **function) {
	ENTER
	return g->cuModuleGetFunction(function, module, name);
}

int gwSync(gw *g) {
	ENTER
	return g->cuStreamSynchronize(g->stream);
}

int gwAlloc(gw *g, int onHost, size_t bytes, void **p) {
	ENTER
	if (onHost) return g->cuMemHostAlloc(p, bytes, hostPortable | hostMapped);
	CUdeviceptr d = 0;
	int code = g->cuMemAlloc(&d, bytes);
	*p = (void *)(uintptr_t)d;
	return code;
}

int gwFree(gw *g, int onHost, void *p) {
	ENTER
	return onHost ? g->cuMemFreeHost(p) : g->cuMemFree((CUdeviceptr)(uintptr_t)p);
}

int gwPut(gw *g, void *dst, const void *src, size_t bytes) {
	ENTER
	int code = 0;
	pthread_mutex_lock(&g->lock);
	for (size_t at = 0; at < bytes && code == 0; at += stageBytes) {
		size_t some = bytes - at < stageBytes ? bytes - at : stageBytes;
		int i = g->next;
		g->next = (g->next + 1) % stages;
		code = g->cuEventSynchronize(g->read[i]); // at once for one that was never recorded
		if (code) break;
		memcpy(g->stage[i], (const char *)src + at, some);
		code = g->cuMemcpyHtoDAsync((CUdeviceptr)(uintptr_t)dst + at, g->stage[i], some, g->stream);
		if (code == 0) code = g->cuEventRecord(g->read[i], g->stream);
	}
	pthread_mutex_unlock(&g->lock);
	return code;
}

int gwGet(gw *g, void *dst, const void *src, size_t bytes) {
	ENTER
	int code = g->cuMemcpyDtoHAsync(dst, (CUdeviceptr)(uintptr_t)src, bytes, g->stream);
	int waited = g->cuStreamSynchronize(g->stream); // in any case: dst is Go's
	return code ? code : waited;
}

int gwCopy(gw *g, void *dst, const void *src, size_t bytes) {
	ENTER
	return g->cuMemcpyDtoDAsync((CUdeviceptr)(uintptr_t)dst, (CUdeviceptr)(uintptr_t)src, bytes, g->stream);
}

int gwFill(gw *g, void *dst, uint32_t word, size_t count) {
	ENTER
	return g->cuMemsetD32Async((CUdeviceptr)(uintptr_t)dst, word, count, g->stream);
}

int gwLaunch(gw *g, void *function, int blocks, int threads, int shared, const uint64_t *args, int count) {
	ENTER
	void *at[64];
	for (int i = 0; i < count; i++) at[i] = (void *)(args + i);
	return g->cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, shared, g->stream, at, NULL);
}

int gwGemm(gw *g, int transA, int transB, int m, int n, int k, float alpha, const void *a, int lda, const void *b, int ldb, float beta, void *c, int ldc) {
	ENTER
	pthread_mutex_lock(&g->lock);
	int code = g->cublasSgemm(g->handle, transA, transB, m, n, k, &alpha, a, lda, b, ldb, &beta, c, ldc);
	pthread_mutex_unlock(&g->lock);
	return code ? gwBlas + code : 0;
}

int gwGemmBatch(gw *g, int transA, int transB, int m, int n, int k, float alpha, const void *a, int lda, int64_t stepA, const void *b, int ldb,
	int64_t stepB, float beta, void *c, int ldc, int64_t stepC, int batch) {
	ENTER
	pthread_mutex_lock(&g->lock);
	int code = g->cublasSgemmStridedBatched(g->handle, transA, transB, m, n, k, &alpha, a, lda, stepA, b, ldb, stepB, &beta, c, ldc, stepC, batch);
	pthread_mutex_unlock(&g->lock);
	return code ? gwBlas + code : 0;
}
