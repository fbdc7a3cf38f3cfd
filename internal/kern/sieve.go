package kern

import (
	"math"
	mathbits "math/bits"
)

const (
	// SieveQueries is how many queries a Sieve takes at once.
	SieveQueries = 24
	sieveSet     = 6  // queries whose products are in registers at the same time
	sieveGroup   = 64 // points that lie together
)

// A Sieve finds those of many points whose product with a query is not below a limit, and writes down nothing of the others. A point has a number beside its coordinates that is added to its products: minus half its square makes those
// products large whose point is near. Products are of single precision, and their last bits differ between levels.
type Sieve struct {
	n, d int
	y    []float32 // groups x (d+1) x sieveGroup
}

// NewSieve packs n points of d numbers, ldx apart, with the number that is added to their products.
func NewSieve(n, d int, x []float32, ldx int, plus []float32) *Sieve {
	checkMatrix("NewSieve: x", n, d, x, ldx)
	same("NewSieve: plus", n, len(plus))
	groups := (n + sieveGroup - 1) / sieveGroup
	s := &Sieve{n, d, Aligned[float32](groups * (d + 1) * sieveGroup)}
	for g := range groups {
		at := s.y[g*(d+1)*sieveGroup:]
		for l := range sieveGroup {
			i := g*sieveGroup + l
			if i >= n {
				at[d*sieveGroup+l] = -math.MaxFloat32
				continue
			}
			for j, v := range x[i*ldx : i*ldx+d] {
				at[j*sieveGroup+l] = v
			}
			at[d*sieveGroup+l] = plus[i]
		}
	}
	return s
}

// SieveRoom is memory of Find.
type SieveRoom struct {
	hits []uint64
	x    []float32
}

// SieveFast tells whether there is assembly at this level: without it distances are compared faster one by one.
func SieveFast() bool { return sieveFast() }

// Find calls found for the points lo to hi-1 whose product with one of up to SieveQueries queries, of d numbers each, ldx apart, is not below the query's limit. lo is a multiple of 64. room is made larger as needed.
func (s *Sieve) Find(lo, hi, m int, x []float32, ldx int, limit []float32, room *SieveRoom, found func(query, point int)) {
	if m <= 0 || lo >= hi {
		return
	}
	if m > SieveQueries || len(limit) < m || lo < 0 || lo%sieveGroup != 0 || hi > s.n {
		mismatch("Sieve.Find", m, len(limit))
	}
	checkMatrix("Sieve.Find: x", m, s.d, x, ldx)
	var limits [SieveQueries]float32
	for q := range limits {
		limits[q] = float32(math.Inf(1))
		if q < m {
			limits[q] = limit[q]
		}
	}
	size := (s.d + 1) * sieveGroup
	step := max(1, 8*sweep/size) // groups of a call: some microseconds
	if n := 2 * SieveQueries * step; len(room.hits) < n {
		room.hits = make([]uint64, n)
	}
	if n := (s.d + 1) * SieveQueries; len(room.x) < n {
		room.x = make([]float32, n)
	}
	hits, packed := room.hits, room.x
	sets := (m + sieveSet - 1) / sieveSet
	for q := range m {
		at := packed[q/sieveSet*sieveSet*(s.d+1)+q%sieveSet:]
		for j, v := range x[q*ldx : q*ldx+s.d] {
			at[j*sieveSet] = v
		}
		at[s.d*sieveSet] = 1
	}
	for g, end := lo/sieveGroup, (hi+sieveGroup-1)/sieveGroup; g < end; {
		n := min(step, end-g)
		words := sieveCall(s.d+1, packed, sets, s.y[g*size:(g+n)*size], n, &limits, hits)
		for w := 0; w < words; w += 2 {
			first := (g + int(hits[w]>>8)) * sieveGroup
			for mask := hits[w+1]; mask != 0; mask &= mask - 1 {
				if point := first + mathbits.TrailingZeros64(mask); point < hi {
					found(int(hits[w]&255), point)
				}
			}
		}
		g += n
	}
}

//go:noinline
func sieveCall(d int, x []float32, sets int, y []float32, groups int, limit *[SieveQueries]float32, hits []uint64) int {
	reads(x)
	reads(y)
	writes(hits)
	return sieve(d, x, sets, y, groups, limit, hits)
}

func sieveGeneric(d int, x []float32, sets int, y []float32, groups int, limit *[SieveQueries]float32, hits []uint64) int {
	words := 0
	for g := range groups {
		at := y[g*d*sieveGroup:]
		for q, least := range limit[:sets*sieveSet] {
			if least > math.MaxFloat32 {
				continue
			}
			var sum [sieveGroup]float32
			for j := range d {
				v := x[(q/sieveSet*d+j)*sieveSet+q%sieveSet]
				for l, w := range (*[sieveGroup]float32)(at[j*sieveGroup:]) {
					sum[l] += float32(v * w)
				}
			}
			mask := uint64(0)
			for l, v := range sum {
				if v >= least {
					mask |= 1 << l
				}
			}
			if mask != 0 {
				hits[words], hits[words+1] = uint64(g)<<8|uint64(q), mask
				words += 2
			}
		}
	}
	return words
}
