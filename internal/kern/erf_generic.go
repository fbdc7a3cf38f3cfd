package kern

import "math"

func erfGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = T(math.Erf(float64(v)))
	}
}

// geluGeneric is x*T for a negative x and x - x*T for others, T being the normal tail beyond |x|.
func geluGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i, v := range x {
		w := float64(v)
		a := min(math.Abs(w), 39) // from there on the tail is nothing
		square, rest := exactProduct(a, a)
		tail := math.Copysign(a*scaledErfc(a*(math.Sqrt2/2))/2, w)
		if square < 1400 {
			e := exp64(-square / 2)
			tail *= e - e*rest/2
		} else { // the root twice: the last product alone rounds to a denormal
			root := exp64(-square / 4)
			tail *= root - root*rest/2
			tail *= root
		}
		if !math.Signbit(w) {
			tail = w - tail
		}
		dst[i] = T(tail)
	}
}

// geluTanhGeneric is x/(1+E) with E = exp(-2|u|), and x*E/(1+E) for a negative x.
func geluTanhGeneric[T Float](dst, x []T) {
	const (
		c1, c1Low = 1.5957691216057308, -9.9693088091109203146e-17  // 2*sqrt(2/pi)
		c2, c2Low = 0.07135481627260025, -6.1751499181553154534e-19 // 0.044715 of it
	)
	x = x[:len(dst)]
	for i, v := range x {
		w := float64(v)
		a := min(math.Abs(w), 24)
		s, sLow := exactProduct(a, a)
		q, qLow := exactProduct(c2, s)
		qLow += c2Low*s + c2*sLow
		sum := c1 + q // Knuth's two-sum
		part := sum - c1
		qLow += (c1 - (sum - part)) + (q - part) + c1Low
		u, uLow := exactProduct(a, sum)
		uLow += a * qLow
		e := exp64(-u)
		if math.Signbit(w) { // the root twice, since the result may be normal where e is not
			root := exp64(-u / 2)
			dst[i] = T(-a * (root - root*uLow) / (1 + e) * root)
			continue
		}
		dst[i] = T(w / (1 + (e - e*uLow)))
	}
}

// exactProduct returns a*b and what rounding took off it, by Dekker's method; fused or not, the products are exact.
func exactProduct(a, b float64) (p, rest float64) {
	aHigh, bHigh := highHalf(a), highHalf(b)
	aLow, bLow := a-aHigh, b-bHigh
	p = float64(a * b)
	return p, ((aHigh*bHigh - p) + aHigh*bLow + aLow*bHigh) + aLow*bLow
}

// highHalf cuts x to 26 bits.
func highHalf(x float64) float64 { return math.Float64frombits(math.Float64bits(x) &^ (1<<27 - 1)) }

// scaledErfc returns exp(z*z)*erfc(z) for z not below 0, as V(t)/(z+K) with t = (z-K)/(z+K). The coefficients of V
// minimise the greatest relative error up to 28 (_asm/coefficients.py).
func scaledErfc(z float64) float64 {
	const k = 3.75
	r := 1 / (z + k)
	t := (z - k) * r
	v := -1.6899797845766993421e-9
	for _, c := range [...]float64{3.8734511929441832135e-9, 3.1318878231325844813e-8, -3.0510067854578504803e-8, -2.5270151877347445228e-7,
		2.8516722150982887746e-7, 1.6480311256355606356e-6, -3.2934747461262435234e-6, -8.9002421262581849661e-6,
		0.000037473511285814097367, 0.00001059288111638521869, -0.0003486473478113274667, 0.0007948233137711885014,
		0.00098633816158587287295, -0.01253588006669444451, 0.049118778607530525532, -0.13195540117679587897,
		0.27906204903414959443, -0.49047029120773398621, 0.7363189252217451177, -0.95874157665290903285, 1.0919229095627890615} {
		v = v*t + c
	}
	return v * r
}
