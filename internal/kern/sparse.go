package kern

// SparseDot is the sum of vals[k]*x[cols[k]]: a sparse row times a dense vector. It keeps four sums, of every fourth product, and adds them
// as (0+1)+(2+3), so that the processor need not wait for one addition before the next. A column that x has not panics.
func SparseDot[T, X Float](vals []T, cols []int32, x []X) X {
	cols = cols[:len(vals)]
	var a, b, c, d X
	k := 0
	for ; k+4 <= len(vals); k += 4 {
		v, j := (*[4]T)(vals[k:]), (*[4]int32)(cols[k:])
		a += X(v[0]) * x[j[0]]
		b += X(v[1]) * x[j[1]]
		c += X(v[2]) * x[j[2]]
		d += X(v[3]) * x[j[3]]
	}
	for ; k < len(vals); k++ {
		a += X(vals[k]) * x[cols[k]]
	}
	return (a + b) + (c + d)
}

// SparseAxpy adds alpha*vals[k] to y[cols[k]]: a multiple of a sparse row to a dense vector, in the order of k. A column that y has not
// panics.
func SparseAxpy[T, Y Float](alpha Y, vals []T, cols []int32, y []Y) {
	cols = cols[:len(vals)]
	k := 0
	for ; k+4 <= len(vals); k += 4 {
		v, j := (*[4]T)(vals[k:]), (*[4]int32)(cols[k:])
		y[j[0]] += alpha * Y(v[0])
		y[j[1]] += alpha * Y(v[1])
		y[j[2]] += alpha * Y(v[2])
		y[j[3]] += alpha * Y(v[3])
	}
	for ; k < len(vals); k++ {
		y[cols[k]] += alpha * Y(vals[k])
	}
}
