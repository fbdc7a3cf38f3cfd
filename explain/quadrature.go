package explain

import "math"

// gaussLegendre returns n points in (0, 1) and their weights: the sum of weight times f(point) is the integral of f over [0, 1], exactly for polynomials
// below degree 2n. The roots of the Legendre polynomial are found by Newton's method (Abramowitz and Stegun, 25.4.30).
func gaussLegendre(n int) (points, weights []float64) {
	points, weights = make([]float64, n), make([]float64, n)
	for i := range n {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var slope float64
		for range 100 {
			before, p := 1.0, x
			for k := 2; k <= n; k++ {
				before, p = p, (float64(float64(2*k-1)*float64(x*p))-float64(float64(k-1)*before))/float64(k)
			}
			slope = float64(n) * (float64(x*p) - before) / (float64(x*x) - 1)
			step := p / slope
			x -= step
			if math.Abs(step) < 1e-16 {
				break
			}
		}
		points[i] = 0.5 * (1 + x)
		weights[i] = 1 / (float64((1-float64(x*x))*slope) * slope)
	}
	return points, weights
}
