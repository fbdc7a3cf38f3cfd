// Package rng gives every random task its own stream, keyed by the user's seed and the task's place in the work (tree
// 7, fold 2, restart 0), never by the worker that happens to run it. So the same seed gives the same bytes for any
// GOMAXPROCS.
//
//	r := rng.New(cfg.Seed, uint64(tree))            // one stream per tree
//	sub := rng.Key(cfg.Seed, uint64(fold))          // a seed to hand to a nested estimator
//
// Both words of the generator (PCG-DXSM with 128 bits of state, math/rand/v2) come from SplitMix64 (Steele, Lea and
// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). Seeding PCG with (seed, 0), (seed, 1), ...
// would start neighbouring tasks at numerically adjacent states of one sequence; after SplitMix64 the states are
// unrelated, and so are those of neighbouring seeds.
//
// The streams are part of the library's promise that a seed reproduces a model: a test pins their first values.
package rng

import "math/rand/v2"

// gamma is SplitMix64's increment, 2^64 divided by the golden ratio.
const gamma = 0x9e3779b97f4a7c15

// mix is SplitMix64's output function, a bijection.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// New returns the stream of one task. It is not safe for use by several goroutines: each task makes its own.
func New(seed, task uint64) *rand.Rand {
	key := Key(seed, task)
	return rand.New(rand.NewPCG(mix(key+gamma), mix(key+gamma+gamma)))
}

// Key derives the seed of a nested task: Key(seed, fold, candidate) for a search inside cross-validation. Equal
// arguments give equal seeds; the order of path counts.
func Key(seed uint64, path ...uint64) uint64 {
	key := mix(seed + gamma)
	for _, step := range path {
		key = mix(key + gamma + step)
	}
	return key
}
