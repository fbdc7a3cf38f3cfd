package neighbors

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// DensityKernel is how much a row adds to the density at a distance of u bandwidths.
type DensityKernel uint8

const (
	// GaussianKernel is exp(-u²/2). The zero value.
	GaussianKernel DensityKernel = iota
	// TophatKernel is 1 below u = 1.
	TophatKernel
	// EpanechnikovKernel is 1 - u² below u = 1.
	EpanechnikovKernel
	// ExponentialKernel is exp(-u).
	ExponentialKernel
	// LinearKernel is 1 - u below u = 1.
	LinearKernel
	// CosineKernel is cos(πu/2) below u = 1.
	CosineKernel
)

// String returns the name.
func (k DensityKernel) String() string {
	names := [...]string{"gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("DensityKernel(%d)", uint8(k))
}

// ends tells whether it is zero from u = 1 on.
func (k DensityKernel) ends() bool { return k != GaussianKernel && k != ExponentialKernel }

// value is the kernel of one of those that end, or any.
func (k DensityKernel) value(u float64) float64 {
	switch {
	case k == GaussianKernel:
		return math.Exp(-float64(u*u) / 2)
	case k == ExponentialKernel:
		return math.Exp(-u)
	case !(u < 1):
		return 0
	case k == TophatKernel:
		return 1
	case k == EpanechnikovKernel:
		return 1 - float64(u*u)
	case k == LinearKernel:
		return 1 - u
	}
	return math.Cos(math.Pi / 2 * u)
}

// logNorm is the logarithm of one over the integral of the kernel over d columns, for a bandwidth and the p-norm as distance: the volume of its unit ball times d ∫ K(u) u^(d-1) du.
func (k DensityKernel) logNorm(d int, bandwidth, p float64) float64 {
	n := float64(d)
	gamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	ball := float64(n * math.Ln2) // Chebyshev: a cube
	if !math.IsInf(p, 1) {
		ball = float64(n*(math.Ln2+gamma(1+1/p))) - gamma(1+n/p)
	}
	moment := 0.0 // of d ∫ K(u) u^(d-1) du
	switch k {
	case GaussianKernel:
		moment = math.Log(n) + float64((n/2-1)*math.Ln2) + gamma(n/2)
	case EpanechnikovKernel:
		moment = math.Log(2 / (n + 2))
	case ExponentialKernel:
		moment = gamma(n + 1)
	case LinearKernel:
		moment = -math.Log(n + 1)
	case CosineKernel:
		moment = math.Log(n) + math.Log(cosineMoment(d))
	}
	return -ball - moment - float64(n*math.Log(bandwidth))
}

// cosineMoment is ∫ cos(πu/2) u^(d-1) du from 0 to 1, by its series in u, whose terms fall from the first pair on: integrating by parts d times would lose all digits for large d.
func cosineMoment(d int) float64 {
	sum, term := 0.0, 1.0
	for k := 0; k < 20; k++ {
		sum += term / float64(d+2*k)
		term *= -(math.Pi * math.Pi / 4) / float64((2*k+1)*(2*k+2))
	}
	return sum
}

// radius draws the distance of a point from the row that it belongs to, in bandwidths.
func (k DensityKernel) radius(r *rand.Rand, d int) float64 {
	n := float64(d)
	switch k {
	case TophatKernel:
		return math.Pow(1-r.Float64(), 1/n)
	case EpanechnikovKernel:
		return epanechnikovRadius(r, n)
	case ExponentialKernel:
		return gammaOf(r, d)
	case LinearKernel: // u is Beta(d, 2): the second largest of d+1 uniform numbers
		a := math.Pow(1-r.Float64(), 1/(n+1))
		return a * math.Pow(1-r.Float64(), 1/n)
	}
	for { // the cosine's density is below Epanechnikov's, up to π/4 of it at the end
		u := epanechnikovRadius(r, n)
		if v := 1 - float64(u*u); v <= 0 || r.Float64()*v <= math.Cos(math.Pi/2*u) {
			return u
		}
	}
}

// epanechnikovRadius draws u whose square is Beta(d/2, 2): the product of a Beta(d/2+1, 1) and a Beta(d/2, 1).
func epanechnikovRadius(r *rand.Rand, d float64) float64 {
	a := math.Pow(1-r.Float64(), 1/(d/2+1))
	return math.Sqrt(a * math.Pow(1-r.Float64(), 2/d))
}

// gammaOf is the sum of d exponential numbers.
func gammaOf(r *rand.Rand, d int) float64 {
	sum := 0.0
	for range d {
		sum += r.ExpFloat64()
	}
	return sum
}
