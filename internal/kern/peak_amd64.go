//go:build !purego

package kern

import "runtime"

// PeakRounds runs the register-only loop of fused multiply-adds for some hundred microseconds and returns how many
// floating-point operations that was at the current level, or 0 without such a loop. Only benchmarks need it.
func PeakRounds[T Float]() float64 {
	const calls, rounds = 10, 5000
	if level < AVX2 {
		return 0
	}
	for range calls {
		switch {
		case level >= AVX512 && single[T]():
			runtime.KeepAlive(peakF32AVX512(rounds))
		case level >= AVX512:
			runtime.KeepAlive(peakF64AVX512(rounds))
		case single[T]():
			runtime.KeepAlive(peakF32AVX2(rounds))
		default:
			runtime.KeepAlive(peakF64AVX2(rounds))
		}
	}
	return calls * rounds * 12 * 2 * float64(tileColumns[T]()) / 2
}
