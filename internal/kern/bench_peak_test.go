//go:build amd64 && !purego

package kern

import "runtime"

// peakRounds runs the register-only loop of fused multiply-adds for some hundred microseconds and returns how many
// floating-point operations that was, or 0 without such a loop.
func peakRounds[T Float]() float64 {
	if levels()[len(levels())-1] < AVX2 {
		return 0
	}
	const calls, rounds = 10, 5000
	for range calls {
		if single[T]() {
			runtime.KeepAlive(peakF32AVX2(rounds))
		} else {
			runtime.KeepAlive(peakF64AVX2(rounds))
		}
	}
	return calls * rounds * 12 * 2 * float64(tileColumns[T]()) / 2
}
