package kern

// LargestOfFour sets n runs of c elements, side by side in dst, to the largest of four: the first run of two in x and in y, and the second; NaN if
// one is. It is the pooling of two lines by windows of two by two places of c channels.
func LargestOfFour(dst, x, y []float32, c int) {
	if c < 1 {
		return
	}
	n := len(dst) / c
	same("LargestOfFour", len(dst), n*c)
	if len(x) < 2*n*c || len(y) < 2*n*c {
		mismatch("LargestOfFour: lines", 2*n*c, min(len(x), len(y)))
	}
	reads(x[:2*n*c])
	reads(y[:2*n*c])
	writes(dst)
	for n > 0 {
		k := min(n, max(1, sweep/c))
		largestOfFourCall(dst[:k*c], x, y, k, c)
		dst, x, y = dst[k*c:], x[2*k*c:], y[2*k*c:]
		n -= k
	}
}

//go:noinline
func largestOfFourCall(dst, x, y []float32, n, c int) { largestOfFour(dst, x, y, n, c) }

func largestOfFourGeneric(dst, x, y []float32, n, c int) {
	for i := range n {
		x0, x1, y0, y1 := x[2*i*c:][:c], x[(2*i+1)*c:][:c], y[2*i*c:][:c], y[(2*i+1)*c:][:c]
		for j := range c {
			dst[i*c+j] = max(x0[j], y0[j], x1[j], y1[j])
		}
	}
}
