package par

import (
	"runtime"
	"time"
)

// minWork is the least work worth sharing: waking another core costs a few microseconds.
const minWork = int(50 * time.Microsecond)

// Grain returns how many items of nsPerItem nanoseconds make one chunk worth handing to another core, at least 1.
func Grain(nsPerItem int) int {
	if nsPerItem < 1 {
		nsPerItem = 1
	}
	return (minWork + nsPerItem - 1) / nsPerItem
}

// Small reports whether For runs n items of nsPerItem nanoseconds each as one call on the caller's goroutine.
func Small(n, nsPerItem int) bool { return n < 2 || n < Grain(nsPerItem) }

// Alone reports whether there is one core to run on. A loop whose result does not depend on how it is cut may then run in
// place, without the closure For would want.
func Alone() bool { return runtime.GOMAXPROCS(0) == 1 }

// Chunks returns into how many chunks n items are cut when a chunk holds at most grain of them (a grain below 1 counts
// as 1). It is 0 when n is 0 or less.
func Chunks(n, grain int) int {
	if n <= 0 {
		return 0
	}
	if grain < 1 {
		grain = 1
	}
	return (n-1)/grain + 1
}

// Bounds returns the half-open range of items in chunk c of n items cut into the given number of chunks. Chunk lengths
// differ by one at most.
func Bounds(n, chunks, c int) (lo, hi int) {
	size, longer := n/chunks, n%chunks
	lo = c*size + min(c, longer)
	hi = lo + size
	if c < longer {
		hi++
	}
	return lo, hi
}

// For calls body for consecutive ranges that cover 0..n-1 once, in parallel when n items of about nsPerItem
// nanoseconds are worth it. The ranges depend on n and nsPerItem only.
func For(n, nsPerItem int, body func(lo, hi int)) {
	if n <= 0 {
		return
	}
	if Small(n, nsPerItem) {
		body(0, n)
		return
	}
	chunks := Chunks(n, Grain(nsPerItem))
	each(chunks, func(c int) { body(Bounds(n, chunks, c)) })
}

// ForChunks is For with the chunk length given and the chunk's number passed on, for bodies that keep one scratch
// area or one partial result per chunk: there are Chunks(n, grain) of them.
func ForChunks(n, grain int, body func(chunk, lo, hi int)) {
	chunks := Chunks(n, grain)
	each(chunks, func(c int) {
		lo, hi := Bounds(n, chunks, c)
		body(c, lo, hi)
	})
}

// Reduce maps every chunk of at most grain items to a value and joins the values in index order:
// join(join(v0, v1), v2)... The result is the same for any GOMAXPROCS, floating-point rounding included. It is the
// zero T when n is 0. The join runs on the caller's goroutine and may reuse its first argument.
func Reduce[T any](n, grain int, value func(chunk, lo, hi int) T, join func(acc, part T) T) T {
	chunks := Chunks(n, grain)
	var acc T
	if chunks == 0 {
		return acc
	}
	if chunks == 1 || runtime.GOMAXPROCS(0) == 1 {
		for c := range chunks {
			lo, hi := Bounds(n, chunks, c)
			if c == 0 {
				acc = value(c, lo, hi)
			} else {
				acc = join(acc, value(c, lo, hi))
			}
		}
		return acc
	}
	parts := make([]T, chunks)
	each(chunks, func(c int) {
		lo, hi := Bounds(n, chunks, c)
		parts[c] = value(c, lo, hi)
	})
	acc = parts[0]
	for _, part := range parts[1:] {
		acc = join(acc, part)
	}
	return acc
}
