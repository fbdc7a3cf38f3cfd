package gosource

import "math"

// What follows is copied into files that are written, function by function, with the prefix Gen changed to one of the model's. So it
// needs package math alone, and of that only what gives the same bits on every machine; no product is fused with a sum.

// GenExp is e to the x, to eleven digits.
func GenExp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 700:
		return math.Inf(1)
	case x < -700:
		return 0
	}
	n := math.Floor(float64(x*1.44269504088896340736) + 0.5)
	r := (x - float64(n*6.93147180369123816490e-01)) - float64(n*1.90821492927058770002e-10)
	y := 0.0 // the series of the exponential, |r| < 0.35
	for _, c := range [...]float64{1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1} {
		y = float64(y*r) + c
	}
	return float64(math.Float64frombits(uint64(int64(n)+1023)<<52) * y)
}

// GenLog is the natural logarithm.
func GenLog(x float64) float64 {
	switch {
	case x != x || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	}
	m, e := math.Frexp(x)
	if m < 0.70710678118654752440 {
		m, e = 2*m, e-1
	}
	s := (m - 1) / (m + 1) // the series of the inverse hyperbolic tangent, |s| < 0.172
	square, power, sum := float64(s*s), s, 0.0
	for k := 1.0; k <= 21; k += 2 {
		sum += power / k
		power = float64(power * square)
	}
	return float64(float64(e)*0.69314718055994530942) + float64(2*sum)
}

// GenLog1p is log(1 + x), for x from 0 on.
func GenLog1p(x float64) float64 {
	if x < 1e-4 {
		return x - float64(x*x*(0.5-x/3))
	}
	return GenLog(1 + x)
}

// GenExpm1 is exp(x) - 1.
func GenExpm1(x float64) float64 {
	if x > -1e-4 && x < 1e-4 {
		return x + float64(x*x*(0.5+x/6))
	}
	return GenExp(x) - 1
}

// GenTanh is the hyperbolic tangent.
func GenTanh(x float64) float64 {
	if x > -1e-3 && x < 1e-3 {
		return x - float64(x*x*x/3)
	}
	e := GenExp(-2 * math.Abs(x))
	return math.Copysign((1-e)/(1+e), x)
}

// GenSigmoid is 1/(1+exp(-x)).
func GenSigmoid(x float64) float64 {
	return 1 / (1 + GenExp(-x))
}

// GenSoftplus is log(1 + exp(x)).
func GenSoftplus(x float64) float64 {
	return max(x, 0) + GenLog1p(GenExp(-math.Abs(x)))
}

// GenErfc is one less the error function of z, for z from 0 on: exp(-z²)/(z+3.75) times a polynomial of (z-3.75)/(z+3.75).
func GenErfc(z float64) float64 {
	if z > 26 {
		return 0
	}
	r := 1 / (z + 3.75)
	t := float64((z - 3.75) * r)
	v := -1.6899797845766993421e-9
	for _, c := range [...]float64{
		3.8734511929441832135e-9, 3.1318878231325844813e-8, -3.0510067854578504803e-8, -2.5270151877347445228e-7,
		2.8516722150982887746e-7, 1.6480311256355606356e-6, -3.2934747461262435234e-6, -8.9002421262581849661e-6,
		0.000037473511285814097367, 0.00001059288111638521869, -0.0003486473478113274667, 0.0007948233137711885014,
		0.00098633816158587287295, -0.01253588006669444451, 0.049118778607530525532, -0.13195540117679587897,
		0.27906204903414959443, -0.49047029120773398621, 0.7363189252217451177, -0.95874157665290903285, 1.0919229095627890615,
	} {
		v = float64(v*t) + c
	}
	return float64(float64(v*r) * GenExp(-float64(z*z)))
}

// GenSinCos is the sine and cosine of x; beyond 1e5 they are package math's.
func GenSinCos(x float64) (sin, cos float64) {
	if !(x > -1e5 && x < 1e5) {
		return math.Sin(x), math.Cos(x)
	}
	n := math.Floor(float64(x*(2/math.Pi)) + 0.5)
	r := (x - float64(n*1.57079632673412561417)) - float64(n*6.07710050650619224932e-11)
	square := float64(r * r) // the series of both, |r| < 0.79
	sin, cos = r, 1
	s, c := r, 1.0
	for k := 1.0; k <= 15; k += 2 {
		c = float64(c * (-square / (k * (k + 1))))
		s = float64(s * (-square / ((k + 1) * (k + 2))))
		sin += s
		cos += c
	}
	switch int(n) & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// GenPow is x to the p.
func GenPow(x, p float64) float64 {
	whole := math.Floor(p) == p
	switch {
	case p == 0 || x == 1:
		return 1
	case x != x || p != p:
		return math.NaN()
	case whole && math.Abs(p) <= 64: // by products
		y, power := 1.0, x
		for n := int(math.Abs(p)); n > 0; n /= 2 {
			if n&1 != 0 {
				y *= power
			}
			power *= power
		}
		if p < 0 {
			return 1 / y
		}
		return y
	case p == 0.5 && x >= 0:
		return math.Sqrt(x)
	case p == -0.5 && x >= 0:
		return 1 / math.Sqrt(x)
	case x < 0 && !whole:
		return math.NaN()
	}
	y := GenExp(float64(p * GenLog(math.Abs(x))))
	if x < 0 && math.Mod(p, 2) != 0 {
		return -y
	}
	return y
}

// GenLinear sets rows of out numbers to those of in numbers times the weights, in x out, plus the bias, which may be nil.
func GenLinear(y, x, w, b []float32, in, out int) {
	for len(x) >= in && len(y) >= out {
		row := y[:out]
		clear(row)
		copy(row, b)
		for k, v := range x[:in] {
			if v == 0 {
				continue
			}
			for j, weight := range w[k*out : k*out+out] {
				row[j] += float32(v * weight)
			}
		}
		x, y = x[in:], y[out:]
	}
}

// GenMatMul multiplies matrices, a m x k by b k x n (n x k if turned), batch by batch; with one, all share b.
func GenMatMul(y, a, b []float32, m, n, k int, turned, one bool) {
	down, right := n, 1
	if turned {
		down, right = 1, k
	}
	for at := 0; len(a) >= m*k && len(y) >= m*n; a, y = a[m*k:], y[m*n:] {
		for i := range m {
			for j := range n {
				sum := float32(0)
				for l, v := range a[i*k : i*k+k] {
					sum += float32(v * b[at+l*down+j*right])
				}
				y[i*n+j] = sum
			}
		}
		if !one {
			at += n * k
		}
	}
}

// GenAffine scales and shifts channels, which lie last: y = x scale + shift. Either may be nil.
func GenAffine(y, x, scale, shift []float32) {
	n := max(len(scale), len(shift))
	for ; len(x) >= n && len(y) >= n; x, y = x[n:], y[n:] {
		for j, v := range x[:n] {
			if scale != nil {
				v = float32(v * scale[j])
			}
			if shift != nil {
				v += shift[j]
			}
			y[j] = v
		}
	}
}

// GenWindow is how a kernel moves over an image of up to three axes: places along each, and zeros in front.
type GenWindow struct {
	C, Out, Groups                          int
	In, Kernel, Stride, Dilate, Zeros, Size [3]int
}

// GenConv is a convolution. Channels lie last; weights are [kernel, C/Groups, Out]; b may be nil.
func GenConv(y, x, w, b []float32, s *GenWindow) {
	per, wide := s.C/s.Groups, s.Out/s.Groups
	for at := range s.Size[0] * s.Size[1] * s.Size[2] {
		row := y[at*s.Out : at*s.Out+s.Out]
		clear(row)
		copy(row, b)
		for tap := range s.Kernel[0] * s.Kernel[1] * s.Kernel[2] {
			from := GenTap(s, at, tap)
			if from < 0 {
				continue
			}
			for c, v := range x[from*s.C : from*s.C+s.C] {
				if v == 0 {
					continue
				}
				first := c / per * wide
				weights := w[(tap*per+c%per)*s.Out+first:]
				for j, weight := range weights[:wide] {
					row[first+j] += float32(v * weight)
				}
			}
		}
	}
}

// GenTap is the place of the image that a tap of the kernel sees from a place of the result, -1 outside.
func GenTap(s *GenWindow, at, tap int) int {
	from, step := 0, 1
	for a := 2; a >= 0; a-- {
		i := at%s.Size[a]*s.Stride[a] - s.Zeros[a] + tap%s.Kernel[a]*s.Dilate[a]
		if i < 0 || i >= s.In[a] {
			return -1
		}
		from += i * step
		step *= s.In[a]
		at /= s.Size[a]
		tap /= s.Kernel[a]
	}
	return from
}

// GenTransposed spreads every place of x over a kernel: the transpose of the convolution s, which leads from y to x. Weights are [kernel, C, Out] of that.
func GenTransposed(y, x, w []float32, s *GenWindow) {
	clear(y)
	for at := range s.Size[0] * s.Size[1] * s.Size[2] {
		for tap := range s.Kernel[0] * s.Kernel[1] * s.Kernel[2] {
			to := GenTap(s, at, tap)
			if to < 0 {
				continue
			}
			for c := range s.C {
				sum := float32(0)
				weights := w[(tap*s.C+c)*s.Out:]
				for j, v := range x[at*s.Out : at*s.Out+s.Out] {
					sum += float32(v * weights[j])
				}
				y[to*s.C+c] += sum
			}
		}
	}
}

// GenMaxPool keeps the largest number of every window, channel by channel.
func GenMaxPool(y, x []float32, s *GenWindow) {
	for at := range s.Size[0] * s.Size[1] * s.Size[2] {
		row, first := y[at*s.C:at*s.C+s.C], true
		for tap := range s.Kernel[0] * s.Kernel[1] * s.Kernel[2] {
			from := GenTap(s, at, tap)
			if from < 0 {
				continue
			}
			for c, v := range x[from*s.C : from*s.C+s.C] {
				if first || v > row[c] {
					row[c] = v
				}
			}
			first = false
		}
	}
}

// GenMeanPool is the mean of every window, channel by channel; with all, places outside count as zeros.
func GenMeanPool(y, x []float32, s *GenWindow, all bool) {
	taps := s.Kernel[0] * s.Kernel[1] * s.Kernel[2]
	for at := range s.Size[0] * s.Size[1] * s.Size[2] {
		row, inside := y[at*s.C:at*s.C+s.C], 0
		clear(row)
		for tap := range taps {
			from := GenTap(s, at, tap)
			if from < 0 {
				continue
			}
			inside++
			for c, v := range x[from*s.C : from*s.C+s.C] {
				row[c] += v
			}
		}
		if all {
			inside = taps
		}
		for c := range row {
			row[c] /= float32(max(inside, 1))
		}
	}
}

// GenNorm divides rows of n numbers by the root of their mean square, after taking their mean off if centre.
func GenNorm(y, x []float32, n int, eps float64, centre bool) {
	for ; len(x) >= n && len(y) >= n; x, y = x[n:], y[n:] {
		mean, square := float32(0), 0.0
		if centre {
			for _, v := range x[:n] {
				mean += v
			}
			mean /= float32(n)
		}
		for i, v := range x[:n] {
			v -= mean
			y[i] = v
			square += float64(float64(v) * float64(v))
		}
		scale := float32(1 / math.Sqrt(square/float64(n)+eps))
		for i := range y[:n] {
			y[i] *= scale
		}
	}
}

// GenSoftmax normalises the exponentials of rows of n numbers; with log, it gives their logarithms.
func GenSoftmax(y, x []float32, n int, log bool) {
	for ; len(x) >= n && len(y) >= n; x, y = x[n:], y[n:] {
		top, sum := x[0], 0.0
		for _, v := range x[:n] {
			top = max(top, v)
		}
		for _, v := range x[:n] {
			sum += GenExp(float64(v) - float64(top))
		}
		shift := GenLog(sum)
		for i, v := range x[:n] {
			if d := float64(v) - float64(top); log {
				y[i] = float32(d - shift)
			} else {
				y[i] = float32(GenExp(d) / sum)
			}
		}
	}
}

// GenGather picks the rows of a table that x numbers; a number that is no row gives zeros.
func GenGather(y, table, x []float32, width int) {
	for i, v := range x {
		row := y[i*width : i*width+width]
		clear(row)
		if v >= 0 && v < float32(len(table)/width) {
			copy(row, table[int(v)*width:])
		}
	}
}

// GenPad puts amount places around each axis of an image: zeros, or those that reflection (1), repetition (2) or going round (3) shows.
func GenPad(y, x []float32, size [3]int, channels, amount, mode int) {
	var grown [3]int
	for a, n := range size {
		grown[a] = n
		if n > 0 {
			grown[a] += 2 * amount
		}
		size[a], grown[a] = max(n, 1), max(grown[a], 1)
	}
	for at := range grown[0] * grown[1] * grown[2] {
		from, step, left := 0, 1, at
		for a := 2; a >= 0 && from >= 0; a-- {
			i, n := left%grown[a], size[a]
			left /= grown[a]
			if grown[a] > n {
				i -= amount
			}
			switch {
			case i >= 0 && i < n:
			case mode == 1 && i < 0:
				i = -i
			case mode == 1:
				i = 2*(n-1) - i
			case mode == 2:
				i = min(max(i, 0), n-1)
			case mode == 3:
				i = (i + n) % n
			default:
				from = -1
			}
			if from >= 0 {
				from += i * step
			}
			step *= n
		}
		row := y[at*channels : at*channels+channels]
		clear(row)
		if from >= 0 {
			copy(row, x[from*channels:])
		}
	}
}

// GenHeads is the geometry of attention: T places look at S, in Heads of Dim numbers that share KV heads of keys and values. Rows of queries are Q
// numbers wide, those of keys and values K, with keys from FirstK on and values from FirstV on.
type GenHeads struct {
	T, S, Heads, KV, Dim, Q, K, FirstK, FirstV int
	Causal                                     bool
}

// GenAttention mixes the values of each head by the softmax of queries times keys. The first ends places are looked at; share has room for S numbers.
func GenAttention(y, q, kv, share []float32, s *GenHeads, ends int) {
	scale := float32(1 / math.Sqrt(float64(s.Dim)))
	for h := range s.Heads {
		key, value := s.FirstK+h/(s.Heads/s.KV)*s.Dim, s.FirstV+h/(s.Heads/s.KV)*s.Dim
		for t := range s.T {
			query, row := q[t*s.Q+h*s.Dim:], y[(t*s.Heads+h)*s.Dim:]
			row = row[:s.Dim]
			clear(row)
			seen := min(max(ends, 0), s.S)
			if s.Causal {
				seen = min(seen, max(t+s.S-s.T+1, 0))
			}
			if seen == 0 {
				continue
			}
			for i := range seen {
				sum := float32(0)
				for j, v := range kv[i*s.K+key : i*s.K+key+s.Dim] {
					sum += float32(v * query[j])
				}
				share[i] = float32(sum * scale)
			}
			GenSoftmax(share[:seen], share[:seen], seen, false)
			for i, p := range share[:seen] {
				for j, v := range kv[i*s.K+value : i*s.K+value+s.Dim] {
					row[j] += float32(p * v)
				}
			}
		}
	}
}

// GenRotary turns pairs of the first heads of rows of width numbers by the angles whose cosines and sines are given, a row of dim/2 for each place.
func GenRotary(y, x, cos, sin []float32, width, heads, dim int) {
	copy(y, x)
	half := dim / 2
	for t := 0; (t+1)*width <= len(y); t++ {
		for h := range heads {
			row := y[t*width+h*dim : t*width+h*dim+dim]
			for j := range half {
				a, b, c, s := row[j], row[half+j], cos[t*half+j], sin[t*half+j]
				row[j] = float32(a*c) - float32(b*s)
				row[half+j] = float32(b*c) + float32(a*s)
			}
		}
	}
}

// GenCell is a recurrent layer: T steps of D numbers, Units states. Steps from ends on change nothing and give zeros.
type GenCell struct {
	T, D, Units   int
	Last, Reverse bool
}

// GenGates sets gates to x w + h u + b, gate by gate.
func GenGates(gates, x, h, w, u, b []float32, units int) {
	for g := range len(gates) / units {
		row := gates[g*units : g*units+units]
		copy(row, b[g*units:])
		for k, v := range x {
			for j, weight := range w[(g*len(x)+k)*units:][:units] {
				row[j] += float32(v * weight)
			}
		}
		if u == nil {
			continue
		}
		for k, v := range h {
			for j, weight := range u[(g*units+k)*units:][:units] {
				row[j] += float32(v * weight)
			}
		}
	}
}

// GenKeep writes the state of a step to the result.
func GenKeep(y, h []float32, t int, s *GenCell) {
	if s.Last {
		copy(y, h)
	} else {
		copy(y[t*s.Units:(t+1)*s.Units], h)
	}
}

// GenStep is the place of the input that step i reads.
func GenStep(i int, s *GenCell) int {
	if s.Reverse {
		return s.T - 1 - i
	}
	return i
}

// GenRNN reads a sequence with h = tanh(x w + h u + b); room holds 2 Units numbers.
func GenRNN(y, x, w, u, b, room []float32, s *GenCell, ends int) {
	h, g := room[:s.Units], room[s.Units:2*s.Units]
	clear(h)
	clear(y)
	for i := range s.T {
		t := GenStep(i, s)
		if t >= ends {
			continue
		}
		GenGates(g, x[t*s.D:t*s.D+s.D], h, w, u, b, s.Units)
		for j, v := range g {
			h[j] = float32(GenTanh(float64(v)))
		}
		GenKeep(y, h, t, s)
	}
}

// GenGRU reads a sequence with gates that reset, update and renew; v is the bias of the recurrent part of the last; room holds 5 Units numbers.
func GenGRU(y, x, w, u, b, v, room []float32, s *GenCell, ends int) {
	n := s.Units
	h, g, hidden := room[:n], room[n:4*n], room[4*n:5*n]
	clear(h)
	clear(y)
	for i := range s.T {
		t := GenStep(i, s)
		if t >= ends {
			continue
		}
		step := x[t*s.D : t*s.D+s.D]
		GenGates(g[:2*n], step, h, w, u, b, n)
		GenGates(g[2*n:], step, nil, w[2*s.D*n:], nil, b[2*n:], n)
		GenGates(hidden, h, nil, u[2*n*n:], nil, v, n)
		for j, old := range h {
			fresh := GenTanh(float64(g[2*n+j]) + float64(GenSigmoid(float64(g[j]))*float64(hidden[j])))
			h[j] = float32(fresh + float64(GenSigmoid(float64(g[n+j]))*(float64(old)-fresh)))
		}
		GenKeep(y, h, t, s)
	}
}

// GenLSTM reads a sequence with gates for input, forgetting, cell and output; room holds 6 Units numbers.
func GenLSTM(y, x, w, u, b, room []float32, s *GenCell, ends int) {
	n := s.Units
	h, cell, g := room[:n], room[n:2*n], room[2*n:6*n]
	clear(room[:2*n])
	clear(y)
	for i := range s.T {
		t := GenStep(i, s)
		if t >= ends {
			continue
		}
		GenGates(g, x[t*s.D:t*s.D+s.D], h, w, u, b, n)
		for j, old := range cell {
			c := float64(GenSigmoid(float64(g[n+j]))*float64(old)) + float64(GenSigmoid(float64(g[j]))*GenTanh(float64(g[2*n+j])))
			cell[j] = float32(c)
			h[j] = float32(GenSigmoid(float64(g[3*n+j])) * GenTanh(c))
		}
		GenKeep(y, h, t, s)
	}
}

// GenLengths counts the codes before the first negative one.
func GenLengths(x []float32) float32 {
	for i, v := range x {
		if !(v >= 0) {
			return float32(i)
		}
	}
	return float32(len(x))
}

// GenMeans writes the share of each place in the mean of the first ends.
func GenMeans(y []float32, ends int) {
	clear(y)
	ends = min(max(ends, 0), len(y))
	for i := range y[:ends] {
		y[i] = 1 / float32(ends)
	}
}

// GenExtreme is the largest of n numbers that lie inner apart.
func GenExtreme(y, x []float32, n, inner int) {
	for at := range y {
		from := at/inner*n*inner + at%inner
		best := x[from]
		for k := 1; k < n; k++ {
			if v := x[from+k*inner]; v > best || v != v {
				best = v
			}
		}
		y[at] = best
	}
}

// GenBest is the place of the largest number, the first of equals.
func GenBest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// GenChoose is the place of the largest number of those that valid allows (nil: all), the first of equals; -1: none is.
func GenChoose(x []float32, valid []bool) int {
	best := -1
	for i, v := range x {
		if (valid == nil || valid[i]) && (best < 0 || v > x[best]) {
			best = i
		}
	}
	return best
}

// GenDecode reads numbers of four bytes each, the lowest first.
func GenDecode(text []string, n int) []float32 {
	out := make([]float32, 0, n)
	for _, line := range text {
		for i := 0; i+4 <= len(line); i += 4 {
			out = append(out, math.Float32frombits(uint32(line[i])|uint32(line[i+1])<<8|uint32(line[i+2])<<16|uint32(line[i+3])<<24))
		}
	}
	return out
}
