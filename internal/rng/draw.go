package rng

import (
	"math"
	"math/rand/v2"
)

// Perm returns the numbers 0..n-1 in random order.
func Perm(r *rand.Rand, n int) []int {
	p := make([]int, max(n, 0))
	for i := range p {
		p[i] = i
	}
	Shuffle(r, p)
	return p
}

// Shuffle puts s into random order.
func Shuffle[T any](r *rand.Rand, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := int(r.Uint64N(uint64(i + 1)))
		s[i], s[j] = s[j], s[i]
	}
}

// Sample returns k different numbers out of 0..n-1, every ordered choice being equally likely; k is cut to n. It costs
// O(k) time and memory when k is much smaller than n, O(n) otherwise.
func Sample(r *rand.Rand, n, k int) []int {
	k = max(min(k, n), 0)
	if k > n/32 {
		if n <= math.MaxInt32 {
			return partly[int32](r, n, k)
		}
		return partly[int](r, n, k)
	}
	// The same partial Fisher-Yates on an array that is stored only where it differs from the identity.
	moved := make(map[int]int, 2*k)
	at := func(i int) int {
		if v, ok := moved[i]; ok {
			return v
		}
		return i
	}
	p := make([]int, k)
	for i := range p {
		j := i + int(r.Uint64N(uint64(n-i)))
		p[i] = at(j)
		moved[j] = at(i)
	}
	return p
}

// partly shuffles the numbers below n as far as the first k, which alone are kept.
func partly[I int | int32](r *rand.Rand, n, k int) []int {
	p, out := make([]I, n), make([]int, k)
	for i := range p {
		p[i] = I(i)
	}
	for i := range out {
		j := i + int(r.Uint64N(uint64(n-i)))
		p[i], p[j] = p[j], p[i]
		out[i] = int(p[i])
	}
	return out
}

// Float is float32 or float64.
type Float interface{ float32 | float64 }

// Normal fills dst with independent normal values of the given mean and standard deviation. Both widths consume the
// stream alike, so a float32 fill is the float64 fill rounded.
func Normal[T Float](r *rand.Rand, dst []T, mean, sd float64) {
	for i := range dst {
		dst[i] = T(mean + float64(sd*r.NormFloat64()))
	}
}

// Uniform fills dst with independent values of [lo, hi); rounding to float32 can give hi itself.
func Uniform[T Float](r *rand.Rand, dst []T, lo, hi float64) {
	for i := range dst {
		dst[i] = T(lo + float64((hi-lo)*r.Float64()))
	}
}
