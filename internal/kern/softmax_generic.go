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

// softmaxRowsGeneric is three passes over each row.
func softmaxRowsGeneric[T Float](m, n int, x []T, ldx int, dst []T, ldd int) {
	for i := range m {
		from, to := x[i*ldx:i*ldx+n], dst[i*ldd:i*ldd+n]
		total := expShiftGeneric(to, from, maxGeneric(from))
		scalGeneric(T(1/float64(total)), to, to)
	}
}

// expSumRowsGeneric sets most[i] to the greatest element of row i and total[i] to the sum of exp(x-most) over the row.
func expSumRowsGeneric[T Float](m, n int, x []T, ldx int, most, total []T) {
	for i := range m {
		row := x[i*ldx : i*ldx+n]
		most[i] = maxGeneric(row)
		total[i] = expSumGeneric(row, most[i])
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
