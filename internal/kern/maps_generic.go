package kern

func axpyGeneric[T Float](a T, x, y []T) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += a * v
	}
}

func scalGeneric[T Float](a T, dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = a * v
	}
}

func addGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func mulGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func fmaGeneric[T Float](dst, x, y, z []T) {
	x, y, z = x[:len(dst)], y[:len(dst)], z[:len(dst)]
	for i := range dst {
		dst[i] = x[i]*y[i] + z[i]
	}
}
