// What Go calls of the CUDA driver and of cuBLAS. Both are opened at run time, so that a program needs neither to link nor to start.
// Every function makes the device's context current on the thread it happens to run on, which a call from Go does not leave.

#include <stddef.h>
#include <stdint.h>

typedef struct gw gw;

// Results are 0, an error of the driver (a CUresult), or gwBlas and an error of cuBLAS (a cublasStatus_t).
enum { gwBlas = 1 << 16, gwOutOfMemory = 2 };

typedef struct {
	char what[600]; // failed: a call, or a library that could not be opened
	int code;       // 0: what says it all
	char log[2000]; // of the compiler of kernels
	char device[256];
	int major, minor;
	size_t memory;
} gwReport;

// gwOpen opens the libraries of these names, or the usual ones for empty names, and the first device. It returns NULL and says in r what
// failed, having released all it had taken.
gw *gwOpen(const char *driver, const char *blas, gwReport *r);
// gwLoad compiles a module for the device; gwFind finds a kernel in it.
int gwLoad(gw *g, const char *ptx, void **module, gwReport *r);
int gwFind(gw *g, void *module, const char *name, void **function);
// gwClose waits for the device, then releases all but the memory, which has to be free.
void gwClose(gw *g);
// gwName is the driver's name of an error.
void gwName(gw *g, int code, char *name, size_t room);

int gwSync(gw *g);
// gwAlloc takes memory of the device or, onHost, memory of the host that the device sees.
int gwAlloc(gw *g, int onHost, size_t bytes, void **p);
int gwFree(gw *g, int onHost, void *p);
// gwPut has read src when it returns; gwGet has written dst.
int gwPut(gw *g, void *dst, const void *src, size_t bytes);
int gwGet(gw *g, void *dst, const void *src, size_t bytes);
int gwCopy(gw *g, void *dst, const void *src, size_t bytes);
int gwFill(gw *g, void *dst, uint32_t word, size_t count);
// gwLaunch runs a kernel whose arguments are at the beginning of 8 bytes each.
int gwLaunch(gw *g, void *function, int blocks, int threads, int shared, const uint64_t *args, int count);
// gwGemm and gwGemmBatch are c = alpha op(a) op(b) + beta c of matrices whose columns follow each other.
int gwGemm(gw *g, int transA, int transB, int m, int n, int k, float alpha, const void *a, int lda, const void *b, int ldb, float beta, void *c, int ldc);
int gwGemmBatch(gw *g, int transA, int transB, int m, int n, int k, float alpha, const void *a, int lda, int64_t stepA, const void *b, int ldb,
	int64_t stepB, float beta, void *c, int ldc, int64_t stepC, int batch);
