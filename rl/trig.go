package rl

import "math"

// sincos is the sine and cosine of x to within an ulp or so, with the same bits on every machine (package math's may be fused on some), and in half the time of
// math.Sincos. The arguments of the environments are small; beyond 1e5 it is that.
//
// x is brought within π/4 of a multiple of π/2, which is taken in two parts (Cody and Waite, "Software Manual for the Elementary Functions", 1980); then the polynomials of
// least error for sine and cosine there, summed by pairs so that fewer additions wait for each other.
func sincos(x float64) (sin, cos float64) {
	if !(x > -1e5 && x < 1e5) {
		return math.Sincos(x)
	}
	const (
		toQuarters = 2 / math.Pi
		quarter    = 1.57079632673412561417e+00 // the first 33 bits of π/2
		rest       = 6.07710050650619224932e-11 // and what follows
	)
	// Adding and subtracting 1.5·2^52 rounds to an integer.
	const shifter = 3 << 51
	j := float64(x*toQuarters) + shifter
	k := int32(math.Float64bits(j))
	j -= shifter
	r := (x - float64(j*quarter)) - float64(j*rest)
	z := float64(r * r)
	zz := float64(z * z)
	s := (-1.66666666666666324348e-01 + float64(z*8.33333333332248946124e-03)) +
		float64(zz*((-1.98412698298579493134e-04+float64(z*2.75573137070700676789e-06))+float64(zz*(-2.50507602534068634195e-08+float64(z*1.58969099521155010221e-10)))))
	c := (4.16666666666666019037e-02 + float64(z*-1.38888888888741095749e-03)) +
		float64(zz*((2.48015872894767294178e-05+float64(z*-2.75573143513906633035e-07))+float64(zz*(2.08757232129817482790e-09+float64(z*-1.13596475577881948265e-11)))))
	sin = r + float64(float64(r*z)*s)
	half := float64(0.5 * z)
	near := 1 - half
	cos = near + (((1 - near) - half) + float64(zz*c))
	switch k & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

func sine(x float64) float64 {
	s, _ := sincos(x)
	return s
}

func cosine(x float64) float64 {
	_, c := sincos(x)
	return c
}

// within clips v, which is a number. (The built-in min and max look for NaN and zeros as well, which takes longer than a step of a small environment should.)
func within[T float32 | float64](v, lo, hi T) T {
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}
