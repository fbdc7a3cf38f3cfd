// What the kernels need of a compiler: clang or nvcc for the device, without any header of the CUDA toolkit, or with -DEMU a C++17
// compiler for the host (emu.h).
//
//	KERNEL(scale, float a, float *x, int64 n) { for (int64 i = first(); i < n; i += all()) x[i] *= a; }
//
// Launches are one-dimensional. Rounding is the same everywhere: sums and products are fused by Fma alone (-ffp-contract=off, nvcc:
// -fmad=false).
//
//	THREAD, THREADS, BLOCK, BLOCKS   the place in a block and its size, the block and how many there are
//	BARRIER()                        all threads of a block wait for each other; every one of them has to get there
//	SHARED(float, tile, [16][17]);   memory of a block, which holds anything at first
//	DYNAMIC(float, sums);            the memory of a block whose size is said at the launch; 16-byte aligned
//	AtomicAdd(p, v) and the like     return what was there before

#pragma once

typedef long long int64;
typedef unsigned long long uint64;
typedef unsigned int uint32;

#ifdef EMU

#include "emu.h"

#else

#define KERNEL(name, ...) extern "C" __attribute__((global)) void name(__VA_ARGS__)
#define DEVICE static inline __attribute__((device))
#define METHOD __attribute__((device)) inline
#define CONSTANT static __attribute__((constant)) const
#define SHARED(type, name, dims) __attribute__((shared)) type name dims
#define DYNAMIC(type, name) extern __attribute__((shared)) __attribute__((aligned(16))) type name[]

#ifdef __clang__
#define THREAD __nvvm_read_ptx_sreg_tid_x()
#define THREADS __nvvm_read_ptx_sreg_ntid_x()
#define BLOCK __nvvm_read_ptx_sreg_ctaid_x()
#define BLOCKS __nvvm_read_ptx_sreg_nctaid_x()
#define BARRIER() __syncthreads()
DEVICE int AtomicAdd(int *p, int v) { return __nvvm_atom_add_gen_i(p, v); }
DEVICE uint32 AtomicAdd(uint32 *p, uint32 v) { return __nvvm_atom_add_gen_i((int *)p, (int)v); }
DEVICE uint64 AtomicAdd(uint64 *p, uint64 v) { return __nvvm_atom_add_gen_ll((int64 *)p, (int64)v); }
DEVICE float AtomicAdd(float *p, float v) { return __nvvm_atom_add_gen_f(p, v); }
DEVICE int AtomicMax(int *p, int v) { return __nvvm_atom_max_gen_i(p, v); }
DEVICE int AtomicMin(int *p, int v) { return __nvvm_atom_min_gen_i(p, v); }
#else
#define THREAD ((int)threadIdx.x)
#define THREADS ((int)blockDim.x)
#define BLOCK ((int)blockIdx.x)
#define BLOCKS ((int)gridDim.x)
#define BARRIER() __syncthreads()
DEVICE int AtomicAdd(int *p, int v) { return atomicAdd(p, v); }
DEVICE uint32 AtomicAdd(uint32 *p, uint32 v) { return atomicAdd(p, v); }
DEVICE uint64 AtomicAdd(uint64 *p, uint64 v) { return atomicAdd(p, v); }
DEVICE float AtomicAdd(float *p, float v) { return atomicAdd(p, v); }
DEVICE int AtomicMax(int *p, int v) { return atomicMax(p, v); }
DEVICE int AtomicMin(int *p, int v) { return atomicMin(p, v); }
#endif

#endif

// first and all are the first element of a thread and the step to its next, for elements dealt out in turn.
DEVICE int64 first() { return (int64)BLOCK * THREADS + THREAD; }
DEVICE int64 all() { return (int64)BLOCKS * THREADS; }

#include "maths.h"
