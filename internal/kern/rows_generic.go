package kern

func dotRowsGeneric[T Float](dst, x, rows []T, stride int) {
	for r := range dst {
		dst[r] = dotGeneric(x, rows[r*stride:])
	}
}

func sqDistRowsGeneric[T Float](dst, x, rows []T, stride int) {
	for r := range dst {
		dst[r] = sqDistGeneric(x, rows[r*stride:])
	}
}
