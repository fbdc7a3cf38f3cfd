//go:build !purego

package kern

func sieveFast() bool { return level >= AVX512 }

func sieve(d int, x, y []float32, groups int, limit *[SieveQueries]float32, hits []uint64) int {
	if level < AVX512 {
		return sieveGeneric(d, x, y, groups, limit, hits)
	}
	return sieveF32AVX512(d, &x[0], &y[0], groups, &limit[0], &hits[0])
}
