package kern

// The generic sums keep eight partial sums, element i in sum i%8, and add them pairwise: independent additions
// overlap, and the error grows with n/8 instead of n. They are variables, not an array, so that they stay in registers.

func dotGeneric[T Float](x, y []T) T {
	var s0, s1, s2, s3, s4, s5, s6, s7 T
	y = y[:len(x)]
	for len(x) >= 8 && len(y) >= 8 {
		a, b := (*[8]T)(x), (*[8]T)(y)
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		s4 += a[4] * b[4]
		s5 += a[5] * b[5]
		s6 += a[6] * b[6]
		s7 += a[7] * b[7]
		x, y = x[8:], y[8:]
	}
	if len(x) == 0 {
		return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
	}
	s := [8]T{s0, s1, s2, s3, s4, s5, s6, s7}
	for i, v := range x {
		s[i] += v * y[i]
	}
	return join8(&s)
}

func sqDistGeneric[T Float](x, y []T) T {
	var s0, s1, s2, s3, s4, s5, s6, s7 T
	y = y[:len(x)]
	for len(x) >= 8 && len(y) >= 8 {
		a, b := (*[8]T)(x), (*[8]T)(y)
		d0, d1, d2, d3 := a[0]-b[0], a[1]-b[1], a[2]-b[2], a[3]-b[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		d4, d5, d6, d7 := a[4]-b[4], a[5]-b[5], a[6]-b[6], a[7]-b[7]
		s4 += d4 * d4
		s5 += d5 * d5
		s6 += d6 * d6
		s7 += d7 * d7
		x, y = x[8:], y[8:]
	}
	if len(x) == 0 {
		return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
	}
	s := [8]T{s0, s1, s2, s3, s4, s5, s6, s7}
	for i, v := range x {
		d := v - y[i]
		s[i] += d * d
	}
	return join8(&s)
}

func sumGeneric[T Float](x []T) T {
	var s0, s1, s2, s3, s4, s5, s6, s7 T
	for len(x) >= 8 {
		a := (*[8]T)(x)
		s0 += a[0]
		s1 += a[1]
		s2 += a[2]
		s3 += a[3]
		s4 += a[4]
		s5 += a[5]
		s6 += a[6]
		s7 += a[7]
		x = x[8:]
	}
	if len(x) == 0 {
		return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
	}
	s := [8]T{s0, s1, s2, s3, s4, s5, s6, s7}
	for i, v := range x {
		s[i] += v
	}
	return join8(&s)
}

func join8[T Float](s *[8]T) T {
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
}

func sumSqGeneric[T Float](x []T) T { return dotGeneric(x, x) }
