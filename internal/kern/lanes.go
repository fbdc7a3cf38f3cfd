package kern

// Lanes is how many rows the kernels of this file work on side by side: number k of row r stands at k*Lanes + r, and bit r of a word says something
// of row r. Each lane is added up by itself, in order, without fused operations: all levels have the same bits.
const Lanes = 64

// A Choice holds for each of k numbers what a lane takes: the first k are for the lanes in both, the next k for those in lost, the last k for all
// others.
type Choice []float64

// CompareLanes returns the lanes of x that are below t, or equal to it if orEqual. NaN is not.
func CompareLanes(x []float64, t float64, orEqual bool) uint64 {
	_ = x[Lanes-1]
	x = x[:Lanes]
	reads(x)
	return compareLanes(x, t, orEqual)
}

// BoxLanes sets dst to the squared distance of each lane of src, a number for each coordinate, from the box between lo and hi: the sum over the coordinates, in their order,
// of the square of what a number lies outside.
func BoxLanes(dst *[Lanes]float64, src, lo, hi []float64) {
	k := len(lo)
	if k == 0 {
		clear(dst[:])
		return
	}
	_, hi = src[k*Lanes-1], hi[:k]
	src = src[:k*Lanes]
	reads(src)
	reads(lo)
	reads(hi)
	writes(dst[:])
	boxLanes(dst, src, lo, hi)
}

// SpreadLanes turns one word for each column, up to 16 of them, into one number for each lane: bit u of dst[r] is bit r of words[u].
func SpreadLanes(dst *[Lanes]uint16, words []uint64) {
	if len(words) > 16 {
		panic("kern: more words than a number has bits")
	}
	reads(words)
	writes(dst[:])
	spreadLanes(dst, words)
}

// ScaleLanes sets dst to src, k numbers of n lanes, times what each lane takes of c. n is a multiple of 8.
func ScaleLanes(dst, src []float64, k, n int, both, lost uint64, c Choice) {
	checkLanes(k, n, c, 3)
	if k == 0 || n == 0 {
		return
	}
	_, _ = dst[k*Lanes-1], src[k*Lanes-1]
	dst, src = dst[:k*Lanes], src[:k*Lanes]
	reads(src)
	writes(dst)
	scaleLanes(dst, src, k, n, both, lost, c)
}

// LeafLanes adds src times what each lane takes of c to sum, and the sums over k of that times d, of which lanes that are in neither take nothing, to phi.
func LeafLanes(sum, phi, src []float64, k, n int, both, lost uint64, c, d Choice) {
	checkLanes(k, n, c, 3)
	checkLanes(k, n, d, 2)
	if k == 0 || n == 0 {
		return
	}
	_, _, _ = sum[k*Lanes-1], src[k*Lanes-1], phi[Lanes-1]
	sum, src, phi = sum[:k*Lanes], src[:k*Lanes], phi[:Lanes]
	reads(src)
	writes(sum)
	writes(phi)
	leafLanes(sum, phi, src, k, n, both, lost, c, d)
}

// LiftLanes adds src to sum, and the sums over k of src times d, of which lanes that are in neither take nothing, to phi.
func LiftLanes(sum, phi, src []float64, k, n int, both, lost uint64, d Choice) {
	checkLanes(k, n, d, 2)
	if k == 0 || n == 0 {
		return
	}
	_, _, _ = sum[k*Lanes-1], src[k*Lanes-1], phi[Lanes-1]
	sum, src, phi = sum[:k*Lanes], src[:k*Lanes], phi[:Lanes]
	reads(src)
	writes(sum)
	writes(phi)
	liftLanes(sum, phi, src, k, n, both, lost, d)
}

// DotLanes adds the sums over k of src times what each lane takes of c to phi.
func DotLanes(phi, src []float64, k, n int, both, lost uint64, c Choice) {
	checkLanes(k, n, c, 3)
	if k == 0 || n == 0 {
		return
	}
	_, _ = src[k*Lanes-1], phi[Lanes-1]
	src, phi = src[:k*Lanes], phi[:Lanes]
	reads(src)
	writes(phi)
	dotLanes(phi, src, k, n, both, lost, c)
}

// Twins holds nine numbers for each of k points: c, which lanes in both, in lost and all others take; a and then b, which lanes in left and all others take; and d, which
// lanes in both and in lost take, all others nothing.
type Twins []float64

// TwinLanes adds src times c times a to sum, the sums over k of that times d to phi, and those of src times c times b to own.
func TwinLanes(sum, phi, own, src []float64, k, n int, both, lost, left uint64, t Twins) {
	checkLanes(k, n, Choice(t), 9)
	if k == 0 || n == 0 {
		return
	}
	_, _, _, _ = sum[k*Lanes-1], src[k*Lanes-1], phi[Lanes-1], own[Lanes-1]
	sum, src, phi, own = sum[:k*Lanes], src[:k*Lanes], phi[:Lanes], own[:Lanes]
	reads(src)
	writes(sum)
	writes(phi)
	writes(own)
	twinLanes(sum, phi, own, src, k, n, both, lost, left, t)
}

func checkLanes(k, n int, c Choice, states int) {
	if k < 0 || n < 0 || n > Lanes || n%8 != 0 || len(c) < states*k {
		panic("kern: bad number of lanes, or a Choice that is too short")
	}
}

// pick is 0 for a lane in both, 1 for one in lost, else 2.
func pick(r int, both, lost uint64) int {
	return 2 - int(lost>>r&1) - int(both>>r&1)<<1
}

func boxLanesGeneric(dst *[Lanes]float64, src, lo, hi []float64) {
	clear(dst[:])
	for j, l := range lo {
		h := hi[j]
		for r, v := range src[j*Lanes : (j+1)*Lanes] {
			out := max(l-v, v-h, 0)
			dst[r] += float64(out * out)
		}
	}
}

func compareLanesGeneric(x []float64, t float64, orEqual bool) uint64 {
	var mask uint64
	for r, v := range x {
		if v < t || orEqual && v == t {
			mask |= 1 << r
		}
	}
	return mask
}

func scaleLanesGeneric(dst, src []float64, k, n int, both, lost uint64, c Choice) {
	for q := range k {
		choice := [3]float64{c[q], c[k+q], c[2*k+q]}
		s, d := src[q*Lanes:q*Lanes+n], dst[q*Lanes:q*Lanes+n]
		for r, v := range s {
			d[r] = v * choice[pick(r, both, lost)]
		}
	}
}

func leafLanesGeneric(sum, phi, src []float64, k, n int, both, lost uint64, c, d Choice) {
	for q := range k {
		choice, change := [3]float64{c[q], c[k+q], c[2*k+q]}, [3]float64{d[q], d[k+q], 0}
		s, to := src[q*Lanes:q*Lanes+n], sum[q*Lanes:q*Lanes+n]
		for r, v := range s {
			at := pick(r, both, lost)
			v = float64(v * choice[at])
			to[r] += v
			phi[r] += float64(v * change[at])
		}
	}
}

func liftLanesGeneric(sum, phi, src []float64, k, n int, both, lost uint64, d Choice) {
	for q := range k {
		change := [3]float64{d[q], d[k+q], 0}
		s, to := src[q*Lanes:q*Lanes+n], sum[q*Lanes:q*Lanes+n]
		for r, v := range s {
			to[r] += v
			phi[r] += float64(v * change[pick(r, both, lost)])
		}
	}
}

func twinLanesGeneric(sum, phi, own, src []float64, k, n int, both, lost, left uint64, t Twins) {
	for q := range k {
		c := t[9*q : 9*q+9]
		change := [3]float64{c[7], c[8], 0}
		s, to := src[q*Lanes:q*Lanes+n], sum[q*Lanes:q*Lanes+n]
		for r, v := range s {
			at, side := pick(r, both, lost), 1-int(left>>r&1)
			v = float64(v * c[at])
			w := float64(v * c[3+side])
			to[r] += w
			phi[r] += float64(w * change[at])
			own[r] += float64(v * c[5+side])
		}
	}
}

func dotLanesGeneric(phi, src []float64, k, n int, both, lost uint64, c Choice) {
	for q := range k {
		choice := [3]float64{c[q], c[k+q], c[2*k+q]}
		for r, v := range src[q*Lanes : q*Lanes+n] {
			phi[r] += float64(v * choice[pick(r, both, lost)])
		}
	}
}

func spreadLanesGeneric(dst *[Lanes]uint16, words []uint64) {
	for g := 0; g < Lanes; g += 8 {
		low, high := uint64(0), uint64(0)
		for u, w := range words {
			if u < 8 {
				low |= (w >> g & 0xff) << (8 * u)
			} else {
				high |= (w >> g & 0xff) << (8 * (u - 8))
			}
		}
		low = transpose8(low)
		if len(words) > 8 {
			high = transpose8(high)
		}
		for r := range 8 {
			dst[g+r] = uint16(low>>(8*r)&0xff) | uint16(high>>(8*r)&0xff)<<8
		}
	}
}

// transpose8 mirrors an 8 x 8 matrix of bits: bit 8i+j comes to 8j+i (Warren, Hacker's Delight, 7-3).
func transpose8(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}
