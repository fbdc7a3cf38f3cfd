package kern

import "math"

// Sums over rows of two numbers, in one pass and in float64. All levels have the same bits: a product that is added is rounded once with
// the sum (math.FMA), and the partial sums have one order.

// A Loss is what is added up over rows of two numbers. All are 0 where x = y = 1.
type Loss uint8

const (
	SquaredLoss    Loss = iota // (x-y)²
	AbsoluteLoss               // |x-y|
	ExcessLoss                 // max(x-y, 0)
	RelativeLoss               // |x-y|/max(|x|, 2^-52)
	PoissonLoss                // 2(x log(x/y) - x + y)
	GammaLoss                  // 2(x/y - 1 - log(x/y))
	SquaredLogLoss             // (log(1+x) - log(1+y))²
)

const (
	lossSums   = 16 // interleaved partial sums of losses
	momentSums = 8  // and of moments and logarithms
	logDepth   = 16 // numbers that are multiplied before a logarithm is taken
)

// SumLoss adds up a loss, times w if that is not nil: rows of weight 0 then do not count, whatever their numbers. It is not ok, and the sum
// without meaning, unless all that the loss takes the logarithm of, or divides by in one, is a positive normal number (but x = 0 in PoissonLoss). The lengths
// must agree.
func SumLoss(l Loss, x, y, w []float64) (sum float64, ok bool) {
	same("SumLoss: x and y", len(x), len(y))
	if w != nil {
		same("SumLoss: x and w", len(x), len(w))
	}
	ok = true
	for len(x) > 0 {
		n := min(len(x), brief)
		var by []float64
		if w != nil {
			by, w = w[:n], w[n:]
		}
		s, fine := sumLossCall(l, x[:n], y[:n], by)
		sum += s
		ok = ok && fine
		x, y = x[n:], y[n:]
	}
	return sum, ok
}

//go:noinline
func sumLossCall(l Loss, x, y, w []float64) (sum float64, ok bool) {
	reads(x)
	reads(y)
	reads(w)
	n := len(x) &^ (lossSums - 1) // whole blocks, and the rest
	ok = true
	if n > 0 {
		var out [lossSums + 2*momentSums]float64
		sumLoss(l, n, x, y, w, &out)
		sum, ok = lossOf(&out)
	}
	if n < len(x) {
		var out [lossSums + 2*momentSums]float64
		sumLossGeneric(l, x[n:], y[n:], part(w, n, len(x)), &out)
		s, fine := lossOf(&out)
		sum, ok = sum+s, ok && fine
	}
	return sum, ok
}

// lossOf joins partial sums, which are ok if no number is NaN and those that must be are normal.
func lossOf(out *[lossSums + 2*momentSums]float64) (sum float64, ok bool) {
	sum = joinSums(out[:lossSums])
	least, most := out[lossSums], out[lossSums+momentSums]
	for i := range momentSums {
		least, most = min(least, out[lossSums+i]), max(most, out[lossSums+momentSums+i])
	}
	return sum, sum == sum && least >= 0x1p-1022 && most <= math.MaxFloat64
}

// LargestDiff is the largest |x[i]-y[i]|, 0 for none; not finite if one of them is not.
func LargestDiff(x, y []float64) (most float64, finite bool) {
	same("LargestDiff: x and y", len(x), len(y))
	finite = true
	for len(x) > 0 {
		n := min(len(x), sweep)
		m, fine := largestDiffCall(x[:n], y[:n])
		most, finite = max(most, m), finite && fine
		x, y = x[n:], y[n:]
	}
	return most, finite
}

//go:noinline
func largestDiffCall(x, y []float64) (most float64, finite bool) {
	reads(x)
	reads(y)
	n := len(x) &^ (lossSums - 1)
	var out [2 * momentSums]float64
	largestDiff(n, x, y, &out)
	flag := 0.0
	for i, v := range x[n:] {
		d := math.Abs(v - y[n+i])
		most, flag = max(most, d), flag+float64(d*0)
	}
	for i := range momentSums {
		most, flag = max(most, out[i]), flag+out[momentSums+i]
	}
	return most, flag == 0
}

// SumLogs adds up the logarithms of numbers from 2^-60 to 1, NaN if one is NaN.
func SumLogs(x []float64) float64 {
	total := 0.0
	for len(x) > 0 {
		n := min(len(x), sweep)
		total += sumLogsCall(x[:n])
		x = x[n:]
	}
	return total
}

//go:noinline
func sumLogsCall(x []float64) float64 {
	reads(x)
	const block = logDepth * momentSums
	n := len(x) &^ (block - 1)
	total := 0.0
	if n > 0 {
		var out [momentSums]float64
		sumLogs(n, x, &out)
		total = joinSums(out[:])
	}
	if n < len(x) {
		var rest [block]float64
		for i := copy(rest[:], x[n:]); i < block; i++ {
			rest[i] = 1
		}
		var out [momentSums]float64
		sumLogsGeneric(rest[:], &out)
		total += joinSums(out[:])
	}
	return total
}

// Moments are sums over rows of u, v and their products, by weight.
type Moments struct{ U, V, UU, VV, UV float64 }

// PairMoments are those of u = x-a and v = y-b.
func PairMoments(x, y, w []float64, a, b float64) Moments { return momentsOf(false, x, y, w, a, b) }

// ResidualMoments are those of u = x-a and v = x-y-b.
func ResidualMoments(x, y, w []float64, a, b float64) Moments { return momentsOf(true, x, y, w, a, b) }

func momentsOf(residual bool, x, y, w []float64, a, b float64) (m Moments) {
	same("Moments: x and y", len(x), len(y))
	if w != nil {
		same("Moments: x and w", len(x), len(w))
	}
	for len(x) > 0 {
		n := min(len(x), sweep)
		var by []float64
		if w != nil {
			by, w = w[:n], w[n:]
		}
		momentsCall(residual, x[:n], y[:n], by, a, b, &m)
		x, y = x[n:], y[n:]
	}
	return m
}

//go:noinline
func momentsCall(residual bool, x, y, w []float64, a, b float64, m *Moments) {
	reads(x)
	reads(y)
	reads(w)
	n := len(x) &^ (momentSums - 1)
	if n > 0 {
		var out [5 * momentSums]float64
		moments(residual, n, a, b, x, y, w, &out)
		m.add(&out)
	}
	if n < len(x) {
		var out [5 * momentSums]float64
		momentsGeneric(residual, a, b, x[n:], y[n:], part(w, n, len(x)), &out)
		m.add(&out)
	}
}

func (m *Moments) add(out *[5 * momentSums]float64) {
	for i, s := range [5]*float64{&m.U, &m.V, &m.UU, &m.VV, &m.UV} {
		*s += joinSums(out[i*momentSums : (i+1)*momentSums])
	}
}
