// Kernels on the host. Included by device.h with -DEMU; C++17. Every kernel enters itself in a table by its name, and
//
//	int emu_launch(const char *name, int blocks, int threads, int shared, void **args)
//
// runs it, args pointing at the arguments as for cuLaunchKernel. It returns 0, or the number of an error that emu_error() puts in words:
// an unknown kernel, sizes that no device takes, threads of a block that wait at different barriers or for one that has returned, shared
// memory written behind its end.
//
// A block's threads are fibres: one runs until it waits or returns, then the next does, in turning order from barrier to barrier, so that
// most of what hangs on the order of threads shows. Blocks run one after the other and launches wait for each other. With
// -fsanitize=thread the sanitizer is told which fibre runs, and that nothing but barriers orders them, so it sees races within a block
// and between blocks whatever the order was.
//
// Shared memory is filled with NaN before every block. emu_alloc gives memory that ends at a page nobody may touch.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

#ifndef __x86_64__
#include <ucontext.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define EMU_UNSEEN __attribute__((noinline, no_sanitize("thread")))
#else
#define EMU_UNSEEN
#endif

#define KERNEL(name, ...)                                                \
	static void kernel_##name(__VA_ARGS__);                              \
	static const emu::Entry entry_##name(#name, kernel_##name);          \
	static void kernel_##name(__VA_ARGS__)
#define DEVICE static inline __attribute__((unused))
#define METHOD inline
#define CONSTANT static const
#define SHARED(type, name, dims)      \
	typedef type name##_type dims;    \
	static const char name##_key = 0; \
	name##_type &name = *(name##_type *)emu::sharedAt(&name##_key, sizeof(name##_type))
#define DYNAMIC(type, name) type *name = (type *)emu::me.block->dynamic()
#define THREAD (emu::me.thread)
#define THREADS (emu::me.block->threads)
#define BLOCK (emu::me.block->number)
#define BLOCKS (emu::me.block->blocks)
#define BARRIER() emu::wait(__LINE__)

namespace emu {

// How arguments of a kernel are named in its signature.
template <class T> struct Letter;
template <class T> struct Letter<T *> { static constexpr char is = 'p'; };
template <> struct Letter<int> { static constexpr char is = 'i'; };
template <> struct Letter<long long> { static constexpr char is = 'l'; };
template <> struct Letter<unsigned long long> { static constexpr char is = 'u'; };
template <> struct Letter<float> { static constexpr char is = 'f'; };

struct Entry;
inline std::map<std::string, const Entry *> &table() {
	static std::map<std::string, const Entry *> t;
	return t;
}

struct Entry {
	void (*kernel)();
	void (*run)(void (*kernel)(), void **args);
	std::string signature;

	template <class... A> Entry(const char *name, void (*f)(A...)) : kernel((void (*)())f), run(unpack<A...>), signature{Letter<A>::is...} {
		if (!table().emplace(name, this).second) {
			fprintf(stderr, "emu: two kernels are called %s\n", name);
			abort();
		}
	}

	template <class... A, size_t... I> static void call(void (*f)(A...), void **args, std::index_sequence<I...>) {
		(void)args;
		f(*(A *)args[I]...);
	}
	template <class... A> static void unpack(void (*f)(), void **args) { call((void (*)(A...))f, args, std::index_sequence_for<A...>()); }
};

constexpr size_t sharedMost = 48 << 10; // what every device has without being asked
constexpr unsigned char fence = 0xa5;
constexpr size_t fenceBytes = 64;

// Block is a running block of threads with its shared memory: pieces with fences behind.
struct Block {
	int number, blocks, threads;
	size_t used;
	struct Piece {
		const void *key;
		size_t at, bytes;
	};
	int pieces;
	Piece piece[64];
	alignas(64) unsigned char room[sharedMost + (64 << 10)];

	Block() : used(sizeof room) {}
	void begin(int n, int of, int size, size_t dynamicBytes) {
		number = n, blocks = of, threads = size;
		memset(room, 0xff, used);
		pieces = 0, used = 0;
		cut(nullptr, dynamicBytes);
	}
	EMU_UNSEEN unsigned char *cut(const void *key, size_t bytes) {
		for (int i = 0; i < pieces; i++)
			if (piece[i].key == key) return room + piece[i].at;
		size_t at = used, end = at + (bytes + 63) / 64 * 64 + fenceBytes;
		if (end > sizeof room || pieces == 64) {
			fprintf(stderr, "emu: too much shared memory\n");
			abort();
		}
		for (size_t i = at + bytes; i < end; i++) room[i] = fence;
		used = end;
		piece[pieces++] = {key, at, bytes};
		return room + at;
	}
	unsigned char *dynamic() { return room; }
	// whole reports whether no fence was written over and the pieces fit a device.
	bool whole() const {
		size_t sum = 0;
		for (int k = 0; k < pieces; k++) {
			const Piece &p = piece[k];
			size_t end = (p.bytes + 63) / 64 * 64 + fenceBytes;
			for (size_t i = p.bytes; i < end; i++)
				if (room[p.at + i] != fence) return false;
			sum += (p.bytes + 15) / 16 * 16;
		}
		return sum <= sharedMost;
	}
};

struct Me {
	int thread;
	Block *block;
};

enum { fine, unknown, sizes, divergence, overrun };

inline std::string &message() {
	static thread_local std::string m;
	return m;
}

inline int fail(int code, const char *name, const char *what) {
	message() = std::string(name) + ": " + what;
	return code;
}

inline Me me;

struct Fibre;
struct Scheduler {
	const Entry *entry;
	void **args;
	Fibre *now;
#ifdef __x86_64__
	void *stack;
#else
	ucontext_t context;
#endif
#ifdef __SANITIZE_THREAD__
	void *self;
	char start, end, barrier[1024];
#endif
};
inline Scheduler scheduler;

constexpr size_t stackBytes = 64 << 10;

struct Fibre {
	int thread = 0, line = 0; // line: of the barrier it waits at; 0: it has returned
	char *memory;
#ifdef __x86_64__
	void *stack;
#else
	ucontext_t context;
#endif
#ifdef __SANITIZE_THREAD__
	void *self = __tsan_create_fiber(0);
#endif
	Fibre();
	~Fibre() {
#ifdef __SANITIZE_THREAD__
		__tsan_destroy_fiber(self);
#endif
		munmap(memory, stackBytes);
	}
};

#ifdef __x86_64__
// exchange keeps the registers that a call preserves on the stack, and goes on on another one.
inline __attribute__((naked, noinline)) void exchange(void **, void *) {
	asm("pushq %rbp\n\tpushq %rbx\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
	    "movq %rsp, (%rdi)\n\tmovq %rsi, %rsp\n\t"
	    "popq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbx\n\tpopq %rbp\n\tret");
}
#endif

EMU_UNSEEN inline void rest(Fibre *f) {
#ifdef __SANITIZE_THREAD__
	__tsan_switch_to_fiber(scheduler.self, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef __x86_64__
	exchange(&f->stack, scheduler.stack);
#else
	swapcontext(&f->context, &scheduler.context);
#endif
}

EMU_UNSEEN inline void resume(Fibre *f) {
	scheduler.now = f;
	me.thread = f->thread;
#ifdef __SANITIZE_THREAD__
	__tsan_switch_to_fiber(f->self, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef __x86_64__
	exchange(&scheduler.stack, f->stack);
#else
	swapcontext(&scheduler.context, &f->context);
#endif
}

// life runs one thread after another.
EMU_UNSEEN inline void life() {
	for (;;) {
		Fibre *f = scheduler.now;
#ifdef __SANITIZE_THREAD__
		__tsan_acquire(&scheduler.start);
#endif
		scheduler.entry->run(scheduler.entry->kernel, scheduler.args);
#ifdef __SANITIZE_THREAD__
		__tsan_release(&scheduler.end);
#endif
		f->line = 0;
		rest(f);
	}
}

inline Fibre::Fibre() {
	static int made = 0;
	memory = (char *)mmap(nullptr, stackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		fprintf(stderr, "emu: no memory for a stack\n");
		abort();
	}
	size_t bytes = stackBytes - (size_t)(made++ % 64) * 192; // stacks in use should not all lie in the same sets of the cache
#ifdef __x86_64__
	void **top = (void **)(memory + bytes - 64);
	*--top = nullptr;
	*--top = (void *)life; // where the first exchange returns to, with the stack as a call would leave it
	stack = top - 6;
	memset(stack, 0, 6 * sizeof(void *));
#else
	getcontext(&context);
	context.uc_stack.ss_sp = memory;
	context.uc_stack.ss_size = bytes;
	context.uc_link = nullptr;
	makecontext(&context, life, 0);
#endif
}

EMU_UNSEEN inline void wait(int line) {
	Fibre *f = scheduler.now;
	f->line = line;
#ifdef __SANITIZE_THREAD__
	char *at = &scheduler.barrier[me.block->number % sizeof scheduler.barrier];
	__tsan_release(at);
	rest(f);
	__tsan_acquire(at);
#else
	rest(f);
#endif
}

EMU_UNSEEN inline void seat(Block *b) { me.block = b; }

// runBlock runs the threads of a block on fibres that idle, and leaves them there.
inline int runBlock(const char *name, Block *b, std::vector<Fibre *> &idle) {
	static const char *apart = "threads of a block wait at different barriers, or for one that has returned";
	static std::vector<Fibre *> waiting, still, done;
	waiting.clear();
	seat(b);
	for (int t = 0; t < b->threads; t++) {
		if (idle.empty()) idle.push_back(new Fibre);
		Fibre *f = idle.back();
		f->thread = t;
		resume(f);
#ifdef __SANITIZE_THREAD__
		if (f->line == 0) { // what two threads do is not to look like what one does
			idle.pop_back();
			done.push_back(f);
		}
#endif
		if (f->line != 0) {
			idle.pop_back();
			waiting.push_back(f);
		}
	}
	while (!waiting.empty()) {
		bool together = (int)waiting.size() == b->threads;
		for (Fibre *f : waiting) together = together && f->line == waiting[0]->line;
		if (!together) {
			for (Fibre *f : waiting) delete f;
			return fail(divergence, name, apart);
		}
		still.clear();
		for (size_t i = waiting.size(); i-- > 0;) { // the other way round each time
			resume(waiting[i]);
			(waiting[i]->line != 0 ? still : idle).push_back(waiting[i]);
		}
		waiting.swap(still);
	}
	idle.insert(idle.end(), done.begin(), done.end());
	done.clear();
	return b->whole() ? fine : fail(overrun, name, "shared memory was written behind its end, or is more than a device has");
}

inline int run(const Entry *e, const char *name, int blocks, int threads, int shared, void **args) {
	static std::mutex lock;
	std::lock_guard<std::mutex> hold(lock);
	scheduler.entry = e, scheduler.args = args;
	int failed = fine;
#ifdef __SANITIZE_THREAD__
	// Blocks have memory and fibres of their own, else they would seem to race, or to be ordered.
	static std::vector<Fibre *> *idle = new std::vector<Fibre *>[4];
	std::vector<Block> rooms(blocks);
	for (int n = 0; n < blocks; n++) rooms[n].begin(n, blocks, threads, (size_t)shared);
	scheduler.self = __tsan_get_current_fiber();
	__tsan_release(&scheduler.start);
	for (int n = 0; n < blocks && !failed; n++) failed = runBlock(name, &rooms[n], idle[n % 4]);
	__tsan_acquire(&scheduler.end);
#else
	static std::vector<Fibre *> &idle = *new std::vector<Fibre *>; // kept to the end of the program
	static Block room;
	for (int n = 0; n < blocks && !failed; n++) {
		room.begin(n, blocks, threads, (size_t)shared);
		failed = runBlock(name, &room, idle);
	}
#endif
	return failed;
}

inline unsigned char *sharedAt(const void *key, size_t bytes) { return me.block->cut(key, bytes); }

} // namespace emu

#define EMU_EXPORT extern "C" inline __attribute__((used, visibility("default")))

EMU_EXPORT int emu_launch(const char *name, int blocks, int threads, int shared, void **args) {
	auto at = emu::table().find(name);
	if (at == emu::table().end()) return emu::fail(emu::unknown, name, "no such kernel");
	if (blocks < 1 || threads < 1 || threads > 1024 || shared < 0 || (size_t)shared > emu::sharedMost)
		return emu::fail(emu::sizes, name, "a grid, block or shared memory that no device takes");
	return emu::run(at->second, name, blocks, threads, shared, args);
}

EMU_EXPORT const char *emu_error(void) { return emu::message().c_str(); }

// emu_signature has a letter for each argument: p for a pointer, i for int32, l for int64, u for uint64, f for float32. It is null for an
// unknown kernel.
EMU_EXPORT const char *emu_signature(const char *name) {
	auto at = emu::table().find(name);
	return at == emu::table().end() ? nullptr : at->second->signature.c_str();
}

// emu_alloc gives memory, filled with NaN, that ends (but for what alignment to 16 bytes takes) at a page nobody may touch.
EMU_EXPORT void *emu_alloc(size_t bytes) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE), padded = (bytes + 15) / 16 * 16, room = (padded + page - 1) / page * page;
	char *p = (char *)mmap(nullptr, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) return nullptr;
	mprotect(p + room, page, PROT_NONE);
	memset(p, 0xff, room);
	return p + room - padded;
}

EMU_EXPORT void emu_free(void *at, size_t bytes) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE), padded = (bytes + 15) / 16 * 16, room = (padded + page - 1) / page * page;
	if (at) munmap((char *)at + padded - room, room + page);
}

// Atomic operations.
DEVICE int AtomicAdd(int *p, int v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
DEVICE uint32 AtomicAdd(uint32 *p, uint32 v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
DEVICE uint64 AtomicAdd(uint64 *p, uint64 v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
DEVICE float AtomicAdd(float *p, float v) {
	float was, sum;
	__atomic_load(p, &was, __ATOMIC_RELAXED);
	do sum = was + v;
	while (!__atomic_compare_exchange(p, &was, &sum, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return was;
}
DEVICE int AtomicMax(int *p, int v) {
	int was = __atomic_load_n(p, __ATOMIC_RELAXED);
	while (was < v && !__atomic_compare_exchange_n(p, &was, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
	}
	return was;
}
DEVICE int AtomicMin(int *p, int v) {
	int was = __atomic_load_n(p, __ATOMIC_RELAXED);
	while (was > v && !__atomic_compare_exchange_n(p, &was, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
	}
	return was;
}
