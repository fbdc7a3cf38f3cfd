package kern

// expShiftGeneric sets dst[i] to exp(x[i]-m) and returns the sum, taken in eight interleaved parts.
func expShiftGeneric[T Float](dst, x []T, m T) T {
	x = x[:len(dst)]
	var s [8]float64
	for i, v := range x {
		e := expDifference(float64(v), float64(m))
		dst[i] = T(e)
		s[i%8] += e
	}
	return T(join8(&s))
}

func expSumGeneric[T Float](x []T, m T) T {
	var s [8]float64
	for i, v := range x {
		s[i%8] += expDifference(float64(v), float64(m))
	}
	return T(join8(&s))
}

func expDiffGeneric[T Float](dst, x, m []T) {
	x, m = x[:len(dst)], m[:len(dst)]
	for i, v := range x {
		dst[i] = T(expDifference(float64(v), float64(m[i])))
	}
}

// expDifference returns exp(x-m) with the rounding of x-m (Knuth's two-sum gives it exactly) made good to first order.
func expDifference(x, m float64) float64 {
	d := x - m
	if d < -750 { // far below what exp can represent; or infinite, and then there is no rounding
		return exp64(d)
	}
	part := d - x
	err := (x - (d - part)) - (m + part)
	e := exp64(d)
	return e + e*err
}
