package kern

import "math"

// joinSums joins partial sums by halves, and loses them.
func joinSums(s []float64) float64 {
	for half := len(s) / 2; half > 0; half /= 2 {
		for i := range half {
			s[i] += s[i+half]
		}
	}
	return s[0]
}

// sumLossGeneric writes the partial sums of a loss, and behind them the least and the largest of the numbers that must be positive and normal.
func sumLossGeneric(l Loss, x, y, w []float64, out *[lossSums + 2*momentSums]float64) {
	least, most := 1.0, 1.0
	for i, v := range x {
		u := y[i]
		if w != nil && w[i] == 0 {
			v, u = 1, 1
		}
		loss, a, b := l.of(v, u)
		least, most = min(least, a, b), max(most, a, b)
		if w != nil {
			out[i%lossSums] = math.FMA(loss, w[i], out[i%lossSums])
		} else {
			out[i%lossSums] += loss
		}
	}
	for i := range momentSums {
		out[lossSums+i], out[lossSums+momentSums+i] = least, most
	}
}

// of is the loss of one row, and the numbers that must be positive and normal.
func (l Loss) of(x, y float64) (loss, a, b float64) {
	d := x - y
	switch l {
	case SquaredLoss:
		return float64(d * d), 1, 1
	case AbsoluteLoss:
		return math.Abs(d), 1, 1
	case ExcessLoss:
		if d < 0 { // NaN is not
			d = 0
		}
		return d, 1, 1
	case RelativeLoss:
		return math.Abs(d) / max(math.Abs(x), 0x1p-52), 1, 1
	case PoissonLoss:
		a, b = x, y
		if x == 0 {
			a = y
		}
		loss = float64(x*logRatio(a, b, a-b)) - x + y
		return loss + loss, a, b
	case GammaLoss:
		loss = x/y - 1 - logRatio(x, y, d)
		return loss + loss, x, y
	default:
		a, b = 1+x, 1+y
		loss = logRatio(a, b, d)
		return float64(loss * loss), a, b
	}
}

// logRatio is log(a/b) for positive normal numbers, diff being a-b: the method and coefficients are those of the assembly (_asm/amd64_losses.go).
func logRatio(a, b, diff float64) float64 {
	const half = 1 << 51
	raised := (int64(math.Float64bits(a)) - int64(math.Float64bits(b)) + half) &^ (1<<52 - 1)
	k := float64(raised >> 52)
	if k != 0 {
		b = math.Float64frombits(math.Float64bits(b) + uint64(raised))
		diff = a - b
	}
	s := diff / (a + b)
	z := float64(s * s)
	z2 := float64(z * z)
	low := math.FMA(math.FMA(0.22222138337897746797, z, 0.28571429397069177606), z2, math.FMA(0.39999999996153283938, z, 0.66666666666672722708))
	high := math.FMA(0.15369486628620647177, z2, math.FMA(0.15250031201424727657, z, 0.1818636340071605255))
	p := float64(float64(math.FMA(high, float64(z2*z2), low)*z) * s)
	return math.FMA(math.Ln2, k, math.FMA(2, s, p))
}

// largestDiffGeneric is for whole blocks, as the assembly is.
func largestDiffGeneric(n int, x, y []float64, out *[2 * momentSums]float64) {
	for i, v := range x[:n] {
		d := math.Abs(v - y[i])
		j := i % momentSums
		out[j], out[momentSums+j] = max(out[j], d), out[momentSums+j]+float64(d*0)
	}
}

// sumLogsGeneric keeps what rounding took off a product beside it.
func sumLogsGeneric(x []float64, out *[momentSums]float64) {
	for ; len(x) > 0; x = x[logDepth*momentSums:] {
		for i := range out {
			p, lost := x[i], 0.0
			for j := 1; j < logDepth; j++ {
				v := x[j*momentSums+i]
				product := float64(p * v)
				lost = math.FMA(lost, v, math.FMA(p, v, -product))
				p = product
			}
			out[i] += logRatio(p, 1, p-1) + lost/p
		}
	}
}

func momentsGeneric(residual bool, a, b float64, x, y, w []float64, out *[5 * momentSums]float64) {
	for i, v := range x {
		d := y[i]
		if residual {
			d = v - d
		}
		u, d := v-a, d-b
		by := 1.0
		if w != nil {
			if by = w[i]; by == 0 {
				u, d = 0, 0
			}
		}
		at := i % momentSums
		add := func(k int, p, q float64) { out[k*momentSums+at] = math.FMA(p, q, out[k*momentSums+at]) }
		add(0, by, u)
		add(1, by, d)
		add(2, float64(by*u), u)
		add(3, float64(by*d), d)
		add(4, float64(by*u), d)
	}
}
