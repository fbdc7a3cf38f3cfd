package kern

import "math"

// LeastTwo finds in each column of x (k rows of n numbers, ld apart) the least number, the row of the first of those, and the least of all others; where there is no
// other it is +Inf. NaN are not found; k = 0 gives +Inf and row 0. least, second and at have n elements.
func LeastTwo(k, n int, x []float32, ld int, least, second []float32, at []int32) {
	if n <= 0 {
		return
	}
	if k > 0 {
		checkMatrix("LeastTwo: x", k, n, x, ld)
		readsRows(x, k, n, ld)
	}
	least, second, at = least[:n], second[:n], at[:n]
	writes(least)
	writes(second)
	const columns = 512 // of a call: with the number of rows that callers have it takes some microseconds
	for j := 0; j < n; j += columns {
		m := min(columns, n-j)
		leastTwo(k, m, x[min(j, len(x)):], ld, least[j:j+m], second[j:j+m], at[j:j+m])
	}
}

func leastTwoGeneric(k, n int, x []float32, ld int, least, second []float32, at []int32) {
	inf := float32(math.Inf(1))
	for j := range n {
		least[j], second[j], at[j] = inf, inf, 0
	}
	for i := range k {
		for j, v := range x[i*ld : i*ld+n] {
			switch {
			case v < least[j]:
				least[j], second[j], at[j] = v, least[j], int32(i)
			case v < second[j]:
				second[j] = v
			}
		}
	}
}
