package kern

// Sums over one or two vectors. Vectors longer than sweep elements are cut into chunks of that length whose sums are
// added in order in float64, at every level. Within a chunk a level adds in a fixed order of its own (the generic one
// in eight interleaved partial sums), so results are the same in every run and for any GOMAXPROCS, but their last bits
// may differ between levels.

// Dot returns the sum of x[i]*y[i]. The lengths must agree.
func Dot[T Float](x, y []T) T {
	same("Dot", len(x), len(y))
	if len(x) <= sweep {
		reads(x)
		reads(y)
		return dot(x, y)
	}
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += float64(dotChunk(x[:n], y[:n]))
		x, y = x[n:], y[n:]
	}
	return T(total)
}

// SqDist returns the squared Euclidean distance of x and y, the sum of (x[i]-y[i])**2. The lengths must agree.
func SqDist[T Float](x, y []T) T {
	same("SqDist", len(x), len(y))
	if len(x) <= sweep {
		reads(x)
		reads(y)
		return sqDist(x, y)
	}
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += float64(sqDistChunk(x[:n], y[:n]))
		x, y = x[n:], y[n:]
	}
	return T(total)
}

// Sum returns the sum of x[i].
func Sum[T Float](x []T) T {
	if len(x) <= sweep {
		reads(x)
		return sum(x)
	}
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += float64(sumChunk(x[:n]))
		x = x[n:]
	}
	return T(total)
}

// SumSq returns the sum of x[i]**2.
func SumSq[T Float](x []T) T {
	if len(x) <= sweep {
		reads(x)
		return sumSq(x)
	}
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += float64(sumSqChunk(x[:n]))
		x = x[n:]
	}
	return T(total)
}

//go:noinline
func dotChunk[T Float](x, y []T) T {
	reads(x)
	reads(y)
	return dot(x, y)
}

//go:noinline
func sqDistChunk[T Float](x, y []T) T {
	reads(x)
	reads(y)
	return sqDist(x, y)
}

//go:noinline
func sumChunk[T Float](x []T) T {
	reads(x)
	return sum(x)
}

//go:noinline
func sumSqChunk[T Float](x []T) T {
	reads(x)
	return sumSq(x)
}
