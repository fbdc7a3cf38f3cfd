package compute

import "math"

// mixed is SplitMix64's output function: a good 64 bits from a counter.
func mixed(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (cpu[T]) DropMask(dst Buf, keep float64, key uint64) {
	d := Floats[T](dst)
	if small(len(d), 2) {
		dropMask(d, keep, key, 0)
		return
	}
	pairs := (len(d) + 1) / 2
	rowsTogether(pairs, 4, func(lo, hi int) { dropMask(d[2*lo:min(2*hi, len(d))], keep, key, lo) })
}

// dropMask fills from pair number at: 64 random bits decide about two elements.
func dropMask[T Float](dst []T, keep float64, key uint64, at int) {
	below := uint64(math.Ceil(keep * (1 << 32)))
	yes := T(1 / keep)
	for i := range dst {
		bits := mixed(mixed(key) ^ uint64(at+i/2))
		if i%2 == 1 {
			bits >>= 32
		}
		dst[i] = 0
		if bits&(1<<32-1) < below {
			dst[i] = yes
		}
	}
}

// Normal uses Box and Muller's transform (Ann. Math. Stat. 29 (1958)), element by element.
func (cpu[T]) Normal(dst Buf, key uint64) {
	d := Floats[T](dst)
	if small(len(d), 40) {
		normal(d, key, 0)
		return
	}
	rowsTogether(len(d), 40, func(lo, hi int) { normal(d[lo:hi], key, lo) })
}

func normal[T Float](dst []T, key uint64, at int) {
	for i := range dst {
		a := mixed(mixed(key) ^ uint64(at+i))
		b := mixed(a)
		u := (float64(a>>11) + .5) / (1 << 53)
		dst[i] = T(math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*float64(b>>11)/(1<<53)))
	}
}
