package stats

import "github.com/gopherwood-ml/ml/internal/kern"

// Digammas sets dst to the derivatives of log Γ at the numbers of x, all above 0: as Digamma, and several times as fast where there are many. Below 8, eight steps of the recurrence are taken at once, by the
// derivative of their product's logarithm, so that each number costs three divisions and its share of a vector of logarithms. The error is some 4e-15 of the larger of 1 and the result. dst may be x.
func Digammas(dst, x []float64) {
	var tail, at [64]float64
	for len(x) > 0 {
		n := min(len(x), len(at))
		for i, v := range x[:n] {
			shift := 0.0
			if v < 8 {
				// x (x+7) = u, (x+1)(x+6) = u+6, (x+2)(x+5) = u+10, (x+3)(x+4) = u+12: the sum of eight reciprocals is 2x+7 times the derivative of the logarithm of the product.
				u := float64(v * (v + 7))
				product := float64(u * (720 + float64(u*(252+float64(u*(28+u))))))
				slope := 720 + float64(u*(504+float64(u*(84+float64(4*u)))))
				shift = float64((2*v + 7) * (slope / product))
				v += 8
			}
			inverse := 1 / v
			r := float64(inverse * inverse)
			series := 1./12 - float64(r*(1./120-float64(r*(1./252-float64(r*(1./240-float64(r*(1./132-float64(r*(691./32760-float64(r/12)))))))))))
			at[i], tail[i] = v, shift+float64(inverse/2)+float64(r*series)
		}
		kern.Log(at[:n], at[:n])
		for i := range n {
			dst[i] = at[i] - tail[i]
		}
		dst, x = dst[n:], x[n:]
	}
}
