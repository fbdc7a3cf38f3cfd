//go:build !purego

package kern

func sieveFast() bool { return level >= AVX512 }

func sieve(d int, x []float32, sets int, y []float32, groups int, limit *[SieveQueries]float32, hits []uint64) int {
	if level < AVX512 {
		return sieveGeneric(d, x, sets, y, groups, limit, hits)
	}
	return sieveF32AVX512(d, &x[0], sets, &y[0], groups, &limit[0], &hits[0])
}
