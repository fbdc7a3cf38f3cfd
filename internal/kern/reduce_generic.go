package kern

// The generic sums keep eight partial sums, element i in sum i%8, and add them pairwise: independent additions
// overlap, and the error grows with n/8 instead of n.

func join8[T Float](s *[8]T) T {
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
}

func dotGeneric[T Float](x, y []T) T {
	var s [8]T
	y = y[:len(x)]
	for len(x) >= 8 {
		a, b := (*[8]T)(x), (*[8]T)(y)
		s[0] += a[0] * b[0]
		s[1] += a[1] * b[1]
		s[2] += a[2] * b[2]
		s[3] += a[3] * b[3]
		s[4] += a[4] * b[4]
		s[5] += a[5] * b[5]
		s[6] += a[6] * b[6]
		s[7] += a[7] * b[7]
		x, y = x[8:], y[8:]
	}
	for i, v := range x {
		s[i] += v * y[i]
	}
	return join8(&s)
}

func sqDistGeneric[T Float](x, y []T) T {
	var s [8]T
	y = y[:len(x)]
	for len(x) >= 8 {
		a, b := (*[8]T)(x), (*[8]T)(y)
		for i := range s {
			d := a[i] - b[i]
			s[i] += d * d
		}
		x, y = x[8:], y[8:]
	}
	for i, v := range x {
		d := v - y[i]
		s[i] += d * d
	}
	return join8(&s)
}

func sumGeneric[T Float](x []T) T {
	var s [8]T
	for len(x) >= 8 {
		a := (*[8]T)(x)
		s[0] += a[0]
		s[1] += a[1]
		s[2] += a[2]
		s[3] += a[3]
		s[4] += a[4]
		s[5] += a[5]
		s[6] += a[6]
		s[7] += a[7]
		x = x[8:]
	}
	for i, v := range x {
		s[i] += v
	}
	return join8(&s)
}

func sumSqGeneric[T Float](x []T) T { return dotGeneric(x, x) }
