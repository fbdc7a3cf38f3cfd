package kernel

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
)

// gaussColumns are those of the Gaussian kernel in single precision, in which LIBSVM, too, keeps kernel values: exp(-g|x-y|²) is the exponential of the
// product of (√2g·x, -g|x|², 1) and (√2g·y, 1, -g|y|²), the rows being less their mean.
type gaussColumns struct {
	width int
	left  []float32 // of all rows, width numbers each
	right []float32 // of the columns: width x n, ld apart
	n, ld int
}

// newGaussColumns returns nil unless single precision is enough: if rounding moves scores, which are sums of kernel values with factors up to c, by less than
// an eighth of tol. That takes the errors of different values for independent, so that the squares of what they do add up, as far as signs alternate; what is
// left of one sign, net, is taken to err the same way, as the values of a column do whose own exponent was rounded. Few rows are quick anyway.
func newGaussColumns(k metrics.Kernel, x rows.Rows, idx []int, c []float64, net, tol float64) *gaussColumns {
	const many = 1000
	gamma, ok := gammaRBF(k)
	n, p := len(idx), x.Cols()
	if !ok || x.Sparse() || n < many || compute.Accelerated() { // accelerators compute in double precision
		return nil
	}
	mean, buf := make([]float64, p), make([]float64, p)
	for _, r := range idx {
		kern.Axpy(1/float64(n), x.Row(r, buf), mean)
	}
	g := &gaussColumns{width: p + 2, left: make([]float32, n*(p+2))}
	exponent := make([]float64, n)
	root := math.Sqrt(2 * gamma)
	par.For(n, 3*p, func(lo, hi int) {
		buf := make([]float64, p)
		for i := lo; i < hi; i++ {
			row := g.left[i*g.width : (i+1)*g.width]
			sum := 0.0
			for j, v := range x.Row(idx[i], buf) {
				row[j] = float32(root * (v - mean[j]))
				sum += float64(float64(row[j]) * float64(row[j]))
			}
			exponent[i] = sum / 2
			row[p], row[p+1] = float32(-exponent[i]), 1
		}
	})
	// An exponent is a sum of rounded terms no larger than those of the two rows.
	squares := 0.0
	for _, v := range c {
		squares += float64(v * v)
	}
	const unit = 1.0 / (1 << 24)
	if error := unit * (1 + 2*kern.Sum(exponent)/float64(n)) * (math.Sqrt(squares) + math.Abs(net)); !(error <= tol/8) || !(kern.Max(exponent) <= 64) {
		return nil
	}
	every := make([]int, n)
	for i := range every {
		every[i] = i
	}
	g.take(every)
	return g
}

func (g *gaussColumns) take(some []int) {
	g.n = len(some)
	g.ld = max(g.n, 2)
	if g.ld%512 < 16 { // columns 2 KB apart share few sets of the first-level cache
		g.ld += 32
	}
	g.right = make([]float32, g.width*g.ld)
	p := g.width - 2
	par.For(g.n, 2*g.width, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			row := g.left[some[k]*g.width : (some[k]+1)*g.width]
			for j, v := range row[:p] {
				g.right[j*g.ld+k] = v
			}
			g.right[p*g.ld+k], g.right[(p+1)*g.ld+k] = 1, row[p]
		}
	})
}

func (g *gaussColumns) len() int   { return g.n }
func (g *gaussColumns) grain() int { return columnsAtOnce }

func (g *gaussColumns) of(some []int) columns[float32] {
	c := &gaussColumns{width: g.width, left: g.left}
	c.take(some)
	return c
}

func (g *gaussColumns) keep(places []int) {
	for j := range g.width {
		row := g.right[j*g.ld : j*g.ld+g.n]
		for k, at := range places {
			row[k] = row[at]
		}
	}
	g.n = len(places)
}

func (g *gaussColumns) fill(dst []float32, ldd int, some []int, lo, hi int) {
	m, w := len(some), hi-lo
	out, stride := dst, ldd
	if w == 1 { // a product with a single column has bits of its own: take() left room for another
		w, out, ldd = 2, make([]float32, 2*m), 2
	}
	a := make([]float32, m*g.width)
	for k, r := range some {
		copy(a[k*g.width:(k+1)*g.width], g.left[r*g.width:(r+1)*g.width])
	}
	kern.Gemm(false, false, m, w, g.width, 1, a, g.width, g.right[lo:], g.ld, 0, out, ldd)
	for k := range m {
		row := out[k*ldd : k*ldd+w]
		kern.Exp(row, row)
	}
	if hi-lo == 1 {
		for k := range m {
			dst[k*stride] = out[k*ldd]
		}
	}
}
