package kern

// Portable forms give the same bits at every level and on every architecture, for training that must end in the same
// model everywhere: additions and multiplications round one by one (nothing is fused), sums have one order, divisions
// and comparisons are IEEE's, and a NaN is math.NaN() (0x7fc00000 as a float32). TestPortableBits pins their results.
//
// Add, Mul, Scal, SqDiff, AbsDiff, Div, Sqrt, Gaps (but for SquaresOf), SumLoss, LargestDiff, SumLogs, the moments, Min, Max, ArgMin and ArgMax are portable as they are, but for the bits of a NaN. Axpy, FMA, Dot, Sum
// and the other elementary functions are not.

// ExpPortable is Exp, within 2 ulp, in portable bits.
func ExpPortable[T Float](dst, x []T) {
	same("ExpPortable", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		expPortableCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Expm1Portable sets dst[i] to e**x[i] - 1, within 2 ulp however small x[i] is, in portable bits. The lengths must agree.
func Expm1Portable[T Float](dst, x []T) {
	same("Expm1Portable", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		expm1PortableCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// LogPortable is Log, within 2 ulp, in portable bits.
func LogPortable[T Float](dst, x []T) {
	same("LogPortable", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		logPortableCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Log1pPortable is Log1p, within 2 ulp, in portable bits.
func Log1pPortable[T Float](dst, x []T) {
	same("Log1pPortable", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		log1pPortableCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// SigmoidPortable is Sigmoid, within 3 ulp, in portable bits.
func SigmoidPortable[T Float](dst, x []T) {
	same("SigmoidPortable", len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), brief)
		sigmoidPortableCall(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// SumPortable is Sum in portable bits: element i of a chunk of 8192 is added to partial sum i%32, and the partial sums
// are joined by halves, those 16 apart first.
func SumPortable[T Float](x []T) T {
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += float64(sumPortableCall(x[:n]))
		x = x[n:]
	}
	return canonical(T(total))
}

// DotPortable is Dot in portable bits: the products are rounded and added as SumPortable adds. The lengths must agree.
func DotPortable[T Float](x, y []T) T {
	same("DotPortable", len(x), len(y))
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += float64(dotPortableCall(x[:n], y[:n]))
		x, y = x[n:], y[n:]
	}
	return canonical(T(total))
}

//go:noinline
func expPortableCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	expPortable(dst, x)
}

//go:noinline
func expm1PortableCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	expm1Portable(dst, x)
}

//go:noinline
func logPortableCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	logPortable(dst, x)
}

//go:noinline
func log1pPortableCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	log1pPortable(dst, x)
}

//go:noinline
func sigmoidPortableCall[T Float](dst, x []T) {
	reads(x)
	writes(dst)
	sigmoidPortable(dst, x)
}

//go:noinline
func sumPortableCall[T Float](x []T) T {
	reads(x)
	return sumPortable(x)
}

//go:noinline
func dotPortableCall[T Float](x, y []T) T {
	reads(x)
	reads(y)
	return dotPortable(x, y)
}

// ExpOne is ExpPortable of one number.
func ExpOne(x float64) float64 {
	v := [1]float64{x}
	ExpPortable(v[:], v[:])
	return v[0]
}

// LogOne is LogPortable of one number.
func LogOne(x float64) float64 {
	v := [1]float64{x}
	LogPortable(v[:], v[:])
	return v[0]
}
