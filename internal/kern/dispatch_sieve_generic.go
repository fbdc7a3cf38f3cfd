//go:build purego || !amd64

package kern

func sieveFast() bool { return false }

func sieve(d int, x []float32, sets int, y []float32, groups int, limit *[SieveQueries]float32, hits []uint64) int {
	return sieveGeneric(d, x, sets, y, groups, limit, hits)
}
