// Package nprand is numpy.random.default_rng: SeedSequence (O'Neill's seed_seq mixing, as NumPy has it) and PCG64 with the XSL-RR output
// (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation", 2014). math/rand/v2's PCG has another
// output function (DXSM), so it cannot stand in. Environments draw from it, so that a seed gives what it gives in Gymnasium.
package nprand

import (
	"math/bits"
)

// Rand is one generator. The zero value is not seeded: call Seed. It is not safe for use by several goroutines.
type Rand struct {
	hi, lo       uint64
	incHi, incLo uint64
	half         uint32 // the upper half of a word whose lower half Uint32 has given
	hasHalf      bool
}

// New is default_rng(seed).
func New(seed uint64) *Rand {
	r := new(Rand)
	r.Seed(seed)
	return r
}

// Seed starts r again as default_rng(seed); it allocates nothing.
func (r *Rand) Seed(seed uint64) {
	w := words(seed)
	r.half, r.hasHalf = 0, false
	r.incHi, r.incLo = w[2]<<1|w[3]>>63, w[3]<<1|1
	// The generator's own seeding: one step from zero gives the increment, then the state is added and one step taken.
	var carry uint64
	r.lo, carry = bits.Add64(r.incLo, w[1], 0)
	r.hi, _ = bits.Add64(r.incHi, w[0], carry)
	r.step()
}

// words are the four 64-bit words that SeedSequence(seed).generate_state(4, uint64) gives.
func words(seed uint64) [4]uint64 {
	const (
		initA, multA = 0x43b0d7e5, 0x931e8875
		initB, multB = 0x8b51f9dd, 0x58f38ded
		mixL, mixR   = 0xca01f9dd, 0x4973f715
	)
	constant := uint32(initA)
	hash := func(v uint32) uint32 {
		v ^= constant
		constant *= multA
		v *= constant
		return v ^ v>>16
	}
	pool := [4]uint32{uint32(seed), uint32(seed >> 32)}
	for i := range pool {
		pool[i] = hash(pool[i])
	}
	for from := range pool {
		for to := range pool {
			if from != to {
				v := mixL*pool[to] - mixR*hash(pool[from])
				pool[to] = v ^ v>>16
			}
		}
	}
	var out [4]uint64
	constant = initB
	for i := range 8 {
		v := pool[i%4] ^ constant
		constant *= multB
		v *= constant
		v ^= v >> 16
		out[i/2] |= uint64(v) << (32 * (i % 2))
	}
	return out
}

func (r *Rand) step() {
	const multHi, multLo = 2549297995355413924, 4865540595714422341
	hi, lo := bits.Mul64(r.lo, multLo)
	hi += r.hi*multLo + r.lo*multHi
	var carry uint64
	r.lo, carry = bits.Add64(lo, r.incLo, 0)
	r.hi, _ = bits.Add64(hi, r.incHi, carry)
}

// Uint64 gives the next 64 bits.
func (r *Rand) Uint64() uint64 {
	r.step()
	return bits.RotateLeft64(r.hi^r.lo, -int(r.hi>>58))
}

// Uint32 gives 32 bits: the lower half of a word, and the upper one at the next call.
func (r *Rand) Uint32() uint32 {
	if r.hasHalf {
		r.hasHalf = false
		return r.half
	}
	v := r.Uint64()
	r.half, r.hasHalf = uint32(v>>32), true
	return uint32(v)
}

// Float64 is Generator.random(): uniform in [0, 1) with 53 bits.
func (r *Rand) Float64() float64 { return float64(r.Uint64()>>11) * (1.0 / (1 << 53)) }

// Uniform is Generator.uniform(lo, hi).
func (r *Rand) Uniform(lo, hi float64) float64 { return lo + float64((hi-lo)*r.Float64()) }

// IntN is Generator.integers(n) for 0 < n <= 1<<32 (Lemire's method on 32 bits); it panics on another n.
func (r *Rand) IntN(n int) int {
	if n < 1 || int64(n) > 1<<32 {
		panic("nprand: IntN: n out of range")
	}
	switch {
	case n == 1:
		return 0 // draws nothing
	case int64(n) == 1<<32:
		return int(r.Uint32())
	}
	wide := uint64(r.Uint32()) * uint64(n)
	if uint32(wide) < uint32(n) {
		for least := -uint32(n) % uint32(n); uint32(wide) < least; {
			wide = uint64(r.Uint32()) * uint64(n)
		}
	}
	return int(wide >> 32)
}

// Choice is Generator.choice(len(p), p=p) for probabilities that sum to 1: their running sums are searched for one uniform number.
func (r *Rand) Choice(p []float64) int {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	u, run := r.Float64(), 0.0
	for i, v := range p {
		run += v
		if run/sum > u {
			return i
		}
	}
	return len(p) - 1
}
