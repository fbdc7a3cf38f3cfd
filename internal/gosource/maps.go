package gosource

import "math"

// Functions of one number, each over a slice: y and x may be the same.

// GenReLU is max(x, 0).
func GenReLU(y, x []float32) {
	for i, v := range x {
		y[i] = max(v, 0)
	}
}

// GenLeakyReLU has the slope a below 0.
func GenLeakyReLU(y, x []float32, a float64) {
	for i, v := range x {
		if y[i] = v; v < 0 {
			y[i] = float32(a * float64(v))
		}
	}
}

// GenGELU is x times the probability of a standard normal number below x.
func GenGELU(y, x []float32) {
	for i, v := range x {
		w := float64(v)
		tail := w * GenErfc(float64(math.Abs(w)*0.70710678118654752440)) / 2
		if w > 0 {
			tail = w - tail
		}
		y[i] = float32(tail)
	}
}

// GenGELUTanh is GELU's approximation by a hyperbolic tangent.
func GenGELUTanh(y, x []float32) {
	for i, v := range x {
		w := float64(v)
		u := float64(1.5957691216057308 * (w + float64(0.044715*w*w*w)))
		y[i] = float32(w * GenSigmoid(u))
	}
}

// GenSiLU is x/(1+exp(-x)).
func GenSiLU(y, x []float32) {
	for i, v := range x {
		y[i] = float32(float64(v) * GenSigmoid(float64(v)))
	}
}

// GenTanhs is the hyperbolic tangent.
func GenTanhs(y, x []float32) {
	for i, v := range x {
		y[i] = float32(GenTanh(float64(v)))
	}
}

// GenSigmoids is 1/(1+exp(-x)).
func GenSigmoids(y, x []float32) {
	for i, v := range x {
		y[i] = float32(GenSigmoid(float64(v)))
	}
}

// GenSoftpluses is log(1+exp(x)).
func GenSoftpluses(y, x []float32) {
	for i, v := range x {
		y[i] = float32(GenSoftplus(float64(v)))
	}
}

// GenLogSigmoid is -log(1+exp(-x)).
func GenLogSigmoid(y, x []float32) {
	for i, v := range x {
		y[i] = float32(-GenSoftplus(-float64(v)))
	}
}

// GenELU is a (exp(x)-1) below 0.
func GenELU(y, x []float32, a float64) {
	for i, v := range x {
		if y[i] = v; v < 0 {
			y[i] = float32(a * GenExpm1(float64(v)))
		}
	}
}

// GenSELU is ELU, scaled so that variances stay.
func GenSELU(y, x []float32) {
	for i, v := range x {
		w := float64(v)
		if v < 0 {
			w = float64(1.6732632423543772848170429916717 * GenExpm1(w))
		}
		y[i] = float32(1.0507009873554804934193349852946 * w)
	}
}

// GenMish is x tanh(log(1+exp(x))).
func GenMish(y, x []float32) {
	for i, v := range x {
		y[i] = float32(float64(v) * GenTanh(GenSoftplus(float64(v))))
	}
}

// GenHardSwish is x min(max(x+3, 0), 6)/6.
func GenHardSwish(y, x []float32) {
	for i, v := range x {
		w := float64(v)
		y[i] = float32(w * min(max(w+3, 0), 6) / 6)
	}
}

// GenHardSigmoid is min(max(x+3, 0), 6)/6.
func GenHardSigmoid(y, x []float32) {
	for i, v := range x {
		y[i] = float32(min(max(float64(v)+3, 0), 6) / 6)
	}
}

// GenSoftsign is x/(1+|x|).
func GenSoftsign(y, x []float32) {
	for i, v := range x {
		y[i] = float32(float64(v) / (1 + math.Abs(float64(v))))
	}
}

// GenClamp cuts at low and high.
func GenClamp(y, x []float32, low, high float64) {
	for i, v := range x {
		y[i] = float32(min(max(float64(v), low), high))
	}
}

// GenExps is e to the x.
func GenExps(y, x []float32) {
	for i, v := range x {
		y[i] = float32(GenExp(float64(v)))
	}
}

// GenLogs is the natural logarithm.
func GenLogs(y, x []float32) {
	for i, v := range x {
		y[i] = float32(GenLog(float64(v)))
	}
}

// GenRoots is the square root.
func GenRoots(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Sqrt(float64(v)))
	}
}

// GenAbs is |x|.
func GenAbs(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Abs(float64(v)))
	}
}

// GenReciprocal is 1/x.
func GenReciprocal(y, x []float32) {
	for i, v := range x {
		y[i] = 1 / v
	}
}

// GenSines is the sine.
func GenSines(y, x []float32) {
	for i, v := range x {
		sin, _ := GenSinCos(float64(v))
		y[i] = float32(sin)
	}
}

// GenCosines is the cosine.
func GenCosines(y, x []float32) {
	for i, v := range x {
		_, cos := GenSinCos(float64(v))
		y[i] = float32(cos)
	}
}

// GenErf is the error function.
func GenErf(y, x []float32) {
	for i, v := range x {
		w := float64(v)
		if math.Abs(w) < 1e-3 {
			y[i] = float32(1.12837916709551257390 * (w - float64(w*w)*w/3))
			continue
		}
		y[i] = float32(math.Copysign(1-GenErfc(math.Abs(w)), w))
	}
}

// GenPowers is x to the p.
func GenPowers(y, x []float32, p float64) {
	for i, v := range x {
		y[i] = float32(GenPow(float64(v), p))
	}
}

// GenScale is a x + b.
func GenScale(y, x []float32, a, b float64) {
	for i, v := range x {
		y[i] = float32(float64(a*float64(v)) + b)
	}
}
