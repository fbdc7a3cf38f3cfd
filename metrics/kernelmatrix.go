package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// A Kernel is a similarity of two rows of equal length. A type of your own works wherever the built-in ones do, which are faster for whole matrices; it must be safe for several
// goroutines.
type Kernel interface{ Of(x, y []float64) float64 }

// gamma is the scale of a kernel, by default 1 over the number of columns.
func gammaOf(g float64, columns int) float64 {
	if g == 0 {
		return 1 / float64(columns)
	}
	return g
}

func dot(x, y []float64) float64 {
	y = y[:len(x)]
	s := 0.0
	for i, v := range x {
		s += float64(v * y[i])
	}
	return s
}

// LinearKernel is the inner product.
type LinearKernel struct{}

// Of implements Kernel.
func (LinearKernel) Of(x, y []float64) float64 { return dot(x, y) }

// PolynomialKernel is (Gamma·<x, y> + Coef0)^Degree.
type PolynomialKernel struct {
	Degree int     // >= 1; 0: 3
	Gamma  float64 // 0: 1 over the number of columns
	Coef0  float64
}

// Of implements Kernel.
func (p PolynomialKernel) Of(x, y []float64) float64 { return p.power(dot(x, y), len(x)) }

func (p PolynomialKernel) power(v float64, columns int) float64 {
	base, power := float64(gammaOf(p.Gamma, columns)*v)+p.Coef0, 1.0
	for degree := p.degree(); degree > 0; degree >>= 1 { // by the bits of the degree
		if degree&1 == 1 {
			power *= base
		}
		base *= base
	}
	return power
}

// powers puts powers of inner products in their place, as power does for one; base is room for as many numbers.
func (p PolynomialKernel) powers(gamma float64, products, base []float64) {
	base = base[:len(products)]
	for j, v := range products {
		base[j] = float64(gamma*v) + p.Coef0
	}
	degree := p.degree()
	for ; degree&1 == 0; degree >>= 1 {
		kern.Mul(base, base, base)
	}
	copy(products, base)
	for degree >>= 1; degree > 0; degree >>= 1 {
		kern.Mul(base, base, base)
		if degree&1 == 1 {
			kern.Mul(products, products, base)
		}
	}
}

func (p PolynomialKernel) degree() int {
	if p.Degree == 0 {
		return 3
	}
	return p.Degree
}

func (p PolynomialKernel) wants(int) string {
	if p.Degree < 0 {
		return "PolynomialKernel.Degree >= 1, or 0 for 3"
	}
	return ""
}

// RBF is exp(-Gamma·|x-y|²).
type RBF struct {
	Gamma float64 // 0: 1 over the number of columns
}

// Of implements Kernel.
func (k RBF) Of(x, y []float64) float64 { return math.Exp(-gammaOf(k.Gamma, len(x)) * squared(x, y)) }

// LaplacianKernel is exp(-Gamma·the sum of |x-y|).
type LaplacianKernel struct {
	Gamma float64 // 0: 1 over the number of columns
}

// Of implements Kernel.
func (k LaplacianKernel) Of(x, y []float64) float64 {
	return math.Exp(-gammaOf(k.Gamma, len(x)) * Manhattan{}.Between(x, y))
}

// SigmoidKernel is tanh(Gamma·<x, y> + Coef0).
type SigmoidKernel struct {
	Gamma float64 // 0: 1 over the number of columns
	Coef0 float64
}

// Of implements Kernel.
func (k SigmoidKernel) Of(x, y []float64) float64 {
	return math.Tanh(float64(gammaOf(k.Gamma, len(x))*dot(x, y)) + k.Coef0)
}

// CosineKernel is the cosine of the angle of the rows, 0 for a row of zeros.
type CosineKernel struct{}

// Of implements Kernel.
func (CosineKernel) Of(x, y []float64) float64 { return 1 - Cosine{}.Between(x, y) }

// IntersectionKernel is the sum of the smaller of x and y in each column, what two histograms share, for rows that are not negative.
type IntersectionKernel struct{}

// Of implements Kernel.
func (IntersectionKernel) Of(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += min(v, y[i])
	}
	return s
}

// AdditiveChi2Kernel is minus the sum of (x-y)²/(x+y), 0 where both are 0, for rows that are not negative.
type AdditiveChi2Kernel struct{}

// Of implements Kernel.
func (AdditiveChi2Kernel) Of(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		if t := v + y[i]; t != 0 {
			s -= (v - y[i]) * (v - y[i]) / t
		}
	}
	return s
}

// Chi2Kernel is exp(Gamma·[AdditiveChi2Kernel]), for rows that are not negative.
type Chi2Kernel struct {
	Gamma float64 // 0: 1
}

// Of implements Kernel.
func (k Chi2Kernel) Of(x, y []float64) float64 {
	g := k.Gamma
	if g == 0 {
		g = 1
	}
	return math.Exp(g * AdditiveChi2Kernel{}.Of(x, y))
}

// Kernels is the matrix of a kernel of each row of x with each row of y, x rows x y rows; y = nil: with each row of x. Widths that differ give ErrShape, numbers that are not finite ErrNotFinite, negative ones for the
// chi-squared kernels ErrData, a kernel with bad fields or that is nil ErrConfig. O(x rows · y rows · columns), on all cores.
func Kernels(x, y tensor.Matrix, k Kernel) (*tensor.Tensor[float64], error) {
	const where = "metrics.Kernels"
	if k == nil {
		return nil, ml.BadConfig(where, "k", "nil", "a Kernel")
	}
	p, err := pair(where, x, y, false)
	if err != nil {
		return nil, err
	}
	width := p.x.Cols()
	if f, ok := k.(fussy); ok {
		if want := f.wants(width); want != "" {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("%T", k), Found: fmt.Sprintf("%+v", k), Want: want, Kind: ml.ErrConfig}
		}
	}
	switch k.(type) {
	case AdditiveChi2Kernel, Chi2Kernel:
		buf := make([]float64, width)
		for _, side := range []struct {
			name string
			rows interface {
				Len() int
				Row(i int, buf []float64) []float64
			}
		}{{"x", p.x}, {"y", p.y}} {
			for i := range side.rows.Len() {
				for j, v := range side.rows.Row(i, buf) {
					if v < 0 {
						return nil, &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d, %d]", side.name, i, j), Found: fmt.Sprint(v), Want: ">= 0", Kind: ml.ErrData}
					}
				}
			}
		}
	}
	p.fill, p.spec, p.self = kernelFiller(k, width), kernelSpec(k, width), math.NaN()
	return p.whole(where)
}
