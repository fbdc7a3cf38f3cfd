package kern

func minGeneric[T Float](x []T) T {
	m := x[0]
	for _, v := range x[1:] {
		m = min(m, v)
	}
	return m
}

func maxGeneric[T Float](x []T) T {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

// indexGeneric returns the index of the first element that equals v or is NaN, or -1.
func indexGeneric[T Float](x []T, v T) int {
	for i, w := range x {
		if w == v || w != w {
			return i
		}
	}
	return -1
}
