package kern

// Abreast is how many problems [Descend] solves side by side.
const Abreast = 32

// Descend goes once through the k numbers of each of Abreast problems, min ½x'Gx - b'x over x >= 0, moving each number in turn to where the
// value is least. Column j of x and of b, k rows stride apart, is problem j. gram is G, k x k, and inverse has 1 over each number of
// its diagonal, or 0 for one that stays where it is. The slopes met on the way, those that lead out of x >= 0 left out, are added to met by their size.
// x may not overlap b, gram and inverse.
func Descend(k int, x, b []float64, stride int, gram, inverse, met []float64) {
	if k == 0 {
		return
	}
	checkMatrix("Descend: x", k, Abreast, x, stride)
	checkMatrix("Descend: b", k, Abreast, b, stride)
	checkMatrix("Descend: gram", k, k, gram, k)
	same("Descend: inverse", k, len(inverse))
	same("Descend: met", Abreast, len(met))
	writesRows(x, k, Abreast, stride)
	readsRows(b, k, Abreast, stride)
	reads(gram[:k*k])
	reads(inverse)
	writes(met)
	step := max(1, 8*sweep/(k*Abreast))
	for at := 0; at < k; at += step {
		descendCall(min(step, k-at), k, at, x, b, stride, gram, inverse, met)
	}
}

//go:noinline
func descendCall(n, k, at int, x, b []float64, stride int, gram, inverse, met []float64) {
	descend(n, k, at, x, b, stride, gram, inverse, met)
}

// descendGeneric moves rows at to at+n.
func descendGeneric(n, k, at int, x, b []float64, stride int, gram, inverse, met []float64) {
	for t := at; t < at+n; t++ {
		var slopes [Abreast]float64
		for s, v := range gram[t*k : (t+1)*k] {
			row := (*[Abreast]float64)(x[s*stride:])
			for j := range slopes {
				slopes[j] += float64(v * row[j])
			}
		}
		row, to := (*[Abreast]float64)(x[t*stride:]), (*[Abreast]float64)(b[t*stride:])
		for j, slope := range slopes {
			slope -= to[j]
			size := max(-slope, slope)
			if row[j] == 0 {
				size = max(-slope, 0)
			}
			met[j] += size
			row[j] = max(row[j]-float64(slope*inverse[t]), 0)
		}
	}
}
