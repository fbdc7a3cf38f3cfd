// Package par runs loops and tasks on several cores without letting the number of cores show in the result.
//
// Work is cut into chunks whose boundaries depend on the length and the stated cost alone, never on GOMAXPROCS, and
// partial results are joined in index order. A loop that would take less than about 50 microseconds stays on the
// caller's goroutine, and so does everything when GOMAXPROCS is 1.
//
//	par.For(rows, 4*cols, func(lo, hi int) {           // about 4 ns per element
//		for i := lo; i < hi; i++ {
//			norm[i] = dot(x.Row(i), x.Row(i))
//		}
//	})
//	total := par.Reduce(rows, par.Grain(4*cols),
//		func(_, lo, hi int) float64 { return sum(norm[lo:hi]) },
//		func(acc, part float64) float64 { return acc + part })
//	err := par.Do(ctx, trees, func(ctx context.Context, t int) error { ... })
//
// All calls may be nested. The helpers of the whole process share one budget of GOMAXPROCS-1 goroutines, so a loop
// inside a task that already runs beside others finds no helper and runs serially, instead of flooding the scheduler;
// the caller always works too, so nothing waits for a helper that never comes.
//
// A closure handed to For, ForChunks or Reduce is allocated where it is written, even if the loop turns out to be
// serial. A path that must not allocate asks Small first and runs its loop in place.
package par
