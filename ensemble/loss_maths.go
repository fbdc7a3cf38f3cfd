package ensemble

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// What the built-in losses compute with is here for those of one's own: many numbers a call, with vector
// instructions where there are any, and the same bits on every machine, so that a model does not depend on where it was trained. Each works on the first len(dst) numbers
// of x, which may be dst, and does not allocate. A few hundred numbers a call, in an array on the stack, are fastest.

// Exp writes the exponential of numbers, within 2 ulp.
func Exp(dst, x []float64) { kern.ExpPortable(dst, x[:len(dst)]) }

// Log writes the natural logarithm of numbers, within 2 ulp: -Inf for 0, NaN below.
func Log(dst, x []float64) { kern.LogPortable(dst, x[:len(dst)]) }

// Sigmoid writes 1/(1 + exp(-x)), within 3 ulp: the probability that a score of [tree.Logistic] stands for.
func Sigmoid(dst, x []float64) { kern.SigmoidPortable(dst, x[:len(dst)]) }

// Softplus writes log(1 + exp(x)), which does not overflow: the logistic loss of class 0.
func Softplus(dst, x []float64) {
	var e [block]float64
	for x = x[:len(dst)]; len(x) > 0; {
		n := min(block, len(x))
		part := e[:n]
		for i, v := range x[:n] {
			part[i] = -math.Abs(v)
		}
		kern.ExpPortable(part, part)
		kern.Log1pPortable(part, part)
		for i, v := range x[:n] {
			dst[i] = part[i] + max(v, 0)
		}
		dst, x = dst[n:], x[n:]
	}
}
