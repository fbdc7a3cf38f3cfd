package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Digamma is the derivative of log Γ: by its recurrence up to 12, where the asymptotic series has all digits, and by reflection below 0. It is
// NaN at 0, -1, -2... (gonum's keeps ten digits.)
func Digamma(x float64) float64 {
	switch {
	case x <= 0 && x == math.Floor(x):
		return math.NaN()
	case x < 0:
		return Digamma(1-x) - math.Pi/math.Tan(math.Pi*x)
	}
	shift := 0.0
	for x < 12 {
		shift -= 1 / x
		x++
	}
	r := 1 / (x * x)
	series := r * (1./12 - r*(1./120-r*(1./252-r*(1./240-r*(1./132-r*(691./32760-r/12))))))
	return shift + (math.Log(x) - 1/(2*x) - series)
}

// Trigamma is the second derivative of log Γ, for x > 0.
func Trigamma(x float64) float64 {
	if !(x > 0) {
		return math.NaN()
	}
	return mathext.Zeta(2, x)
}

// LogBeta is log of Γ(a)Γ(b)/Γ(a+b), for positive a and b.
func LogBeta(a, b float64) float64 { return mathext.Lbeta(a, b) }

// gammaLower and gammaUpper are the regularised incomplete gamma functions, each without the cancellation of 1 minus the other.
func gammaLower(a, x float64) float64 { return mathext.GammaIncReg(a, x) }
func gammaUpper(a, x float64) float64 { return mathext.GammaIncRegComp(a, x) }

// betaLower and betaUpper are the regularised incomplete beta functions.
func betaLower(a, b, x float64) float64 { return mathext.RegIncBeta(a, b, x) }
func betaUpper(a, b, x float64) float64 { return mathext.RegIncBeta(b, a, 1-x) }
