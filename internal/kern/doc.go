// Package kern holds the hot loops of the library: sums, elementwise maps and searches over vectors, in float32 and
// float64, each written in plain Go and, where that pays, in assembly.
//
//	d := kern.Dot(x, y)                      // lengths must agree; T is float32 or float64
//	kern.Axpy(a, x, y)                       // y += a*x
//	kern.SqDistRows(dst, q, points, stride)  // one query against many rows
//
// # Levels
//
// Code is picked once per process: Generic (plain Go), AVX2 with FMA on amd64. The tag purego removes all assembly.
// AVX-512 is meant to follow: a constant after AVX2, a line in detect and one branch per kernel. There is none yet,
// because no machine or emulator at hand could run it, and assembly that was never run is not committed.
//
// X_generic.go is the specification of X and its oracle in the tests, X.go its face to callers: it settles lengths,
// cuts long work into calls of some ten microseconds (assembly cannot be preempted) and tells the race detector what
// is touched. X_amd64.s is generated: see _asm.
//
// # Results
//
// The same input gives the same bits in every run and for any GOMAXPROCS. Between levels the last bits may differ:
// sums are taken in another order and products are fused or not.
//
// Nothing here checks its input beyond lengths, which panic: kern is called by code that knows its shapes.
package kern
