package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// A filler makes n rows of y ready. What it returns writes what m rows of x have with them to rows of dst that are ldd apart.
type filler func(n int, y []float64) func(m int, x, dst []float64, ldd int)

// strips calls f for a few rows at a time, on all cores, so that what is written is still in the cache when it is read again. ns is about the time of one row.
func strips(m, n, ns int, f func(lo, hi int)) {
	step := stripOf(n)
	par.For(par.Chunks(m, step), step*ns, func(lo, hi int) { // of strips: what is worth sharing may be a row or two, too few for a tile
		for ; lo < hi; lo++ {
			f(lo*step, min((lo+1)*step, m))
		}
	})
}

// stripOf is how many rows of n numbers a strip has: whole tiles of the kernels. More of them write to more rows at once than the memory's prefetcher follows, which made
// distances of 2000 rows take a quarter longer.
func stripOf(n int) int {
	const (
		tile = 12      // rows
		held = 1 << 15 // numbers, some of the second-level cache
		most = 1 << 17 // all of it
	)
	n = max(n, 1)
	if rows := held / n; rows >= tile {
		return rows - rows%tile
	}
	return max(1, min(tile, most/n))
}

// thenRow applies then, if there is one, to rows of n numbers.
func thenRow(then func(row []float64), lo, hi, n int, dst []float64, ldd int) {
	if then == nil {
		return
	}
	for i := lo; i < hi; i++ {
		then(dst[i*ldd : i*ldd+n])
	}
}

// chain is one function of rows after the other.
func chain(first, second func(row []float64)) func(row []float64) {
	if second == nil {
		return first
	}
	return func(row []float64) {
		first(row)
		second(row)
	}
}

// distanceFiller is that of a distance of rows of k columns, followed by then.
func distanceFiller(d Distance, k int, then func(row []float64)) filler {
	switch d := d.(type) {
	case SquaredEuclidean:
		return pointFiller(k, then, func(p *kern.Points[float64], m int, x, dst []float64, ldd int) { p.SqDists(m, x, k, dst, ldd) })
	case Euclidean:
		return distanceFiller(SquaredEuclidean{}, k, chain(func(row []float64) { kern.Sqrt(row, row) }, then))
	case Manhattan:
		return gapFiller(kern.SumAbs, k, then)
	case Chebyshev:
		return gapFiller(kern.MaxAbs, k, then)
	case Canberra:
		return gapFiller(kern.Canberra, k, then)
	case Minkowski:
		switch {
		case d.P == 1:
			return gapFiller(kern.SumAbs, k, then)
		case d.P == 0 || d.P == 2:
			return distanceFiller(Euclidean{}, k, then)
		case math.IsInf(d.P, 1):
			return gapFiller(kern.MaxAbs, k, then)
		}
	case Hamming:
		return gapFiller(kern.Differ, k, chain(func(row []float64) {
			for j, v := range row {
				row[j] = ratio(v, float64(k), 0)
			}
		}, then))
	case BrayCurtis:
		return gapsFiller(kern.SumAbs, kern.SumAbsSum, k, func(row, sums []float64) {
			for j, v := range sums {
				if row[j] > 0 {
					row[j] /= v
				}
			}
		}, then)
	case NaNEuclidean:
		return gapsFiller(kern.SquaresOf, kern.NumbersOf, k, func(row, present []float64) {
			for j, n := range present {
				row[j] = math.Sqrt(row[j] * (float64(k) / n)) // NaN where no column is present
			}
		}, then)
	case Cosine, Correlation:
		_, centred := d.(Correlation)
		return cosineFiller(k, centred, chain(func(row []float64) {
			for j, v := range row {
				row[j] = min(max(1-v, 0), 2)
			}
		}, then))
	}
	return pairFiller(k, d.Between, then)
}

// pointFiller packs y once.
func pointFiller(k int, then func(row []float64), write func(p *kern.Points[float64], m int, x, dst []float64, ldd int)) filler {
	return func(n int, y []float64) func(m int, x, dst []float64, ldd int) {
		p := kern.NewPoints(n, k, y, k)
		return func(m int, x, dst []float64, ldd int) {
			strips(m, n, n*(1+k/4), func(lo, hi int) {
				write(p, hi-lo, x[lo*k:], dst[lo*ldd:], ldd)
				thenRow(then, lo, hi, n, dst, ldd)
			})
		}
	}
}

func gapFiller(g kern.Gap, k int, then func(row []float64)) filler {
	return pointFiller(k, then, func(p *kern.Points[float64], m int, x, dst []float64, ldd int) { kern.Gaps(g, p, m, x, k, dst, ldd) })
}

// gapsFiller joins two gaps, which both gets a row at a time.
func gapsFiller(first, second kern.Gap, k int, both func(row, other []float64), then func(row []float64)) filler {
	return pointFiller(k, then, func(p *kern.Points[float64], m int, x, dst []float64, ldd int) {
		n, _ := p.Dims()
		other := make([]float64, m*n)
		kern.Gaps(first, p, m, x, k, dst, ldd)
		kern.Gaps(second, p, m, x, k, other, n)
		for i := range m {
			both(dst[i*ldd:i*ldd+n], other[i*n:(i+1)*n])
		}
	})
}

// cosineFiller writes cosines of rows, or correlations.
func cosineFiller(k int, centred bool, then func(row []float64)) filler {
	return func(n int, y []float64) func(m int, x, dst []float64, ldd int) {
		products := productFiller(k, then)(n, units(n, y, k, centred))
		return func(m int, x, dst []float64, ldd int) { products(m, units(m, x, k, centred), dst, ldd) }
	}
}

// productFiller writes inner products.
func productFiller(k int, then func(row []float64)) filler {
	return func(n int, y []float64) func(m int, x, dst []float64, ldd int) {
		return func(m int, x, dst []float64, ldd int) {
			rows := m // at once, since each product packs y anew
			if then != nil {
				const held = 1 << 22 // numbers, some of which are still in the last cache for what follows
				rows = max(256, held/max(n, 1))
			}
			for lo := 0; lo < m; lo += rows {
				some := min(rows, m-lo)
				kern.Gemm(false, true, some, n, k, 1, x[lo*k:], max(k, 1), y, max(k, 1), 0, dst[lo*ldd:], ldd)
				strips(some, n, n, func(from, to int) { thenRow(then, lo+from, lo+to, n, dst, ldd) })
			}
		}
	}
}

// pairFiller takes pairs one by one.
func pairFiller(k int, of func(x, y []float64) float64, then func(row []float64)) filler {
	return func(n int, y []float64) func(m int, x, dst []float64, ldd int) {
		return func(m int, x, dst []float64, ldd int) {
			par.For(m, 4*n*max(k, 1), func(lo, hi int) {
				for i := lo; i < hi; i++ {
					row := dst[i*ldd : i*ldd+n]
					for j := range row {
						row[j] = of(x[i*k:(i+1)*k], y[j*k:(j+1)*k])
					}
					thenRow(then, i, i+1, n, dst, ldd)
				}
			})
		}
	}
}

// kernelFiller is that of a kernel of rows of k columns.
func kernelFiller(kernel Kernel, k int) filler {
	exponential := func(g float64) func(row []float64) {
		return func(row []float64) {
			kern.Scal(-g, row, row)
			kern.Exp(row, row)
		}
	}
	switch kernel := kernel.(type) {
	case LinearKernel:
		return productFiller(k, nil)
	case PolynomialKernel:
		g := gammaOf(kernel.Gamma, k)
		return productFiller(k, func(row []float64) {
			var part [block]float64
			for ; len(row) > 0; row = row[min(block, len(row)):] {
				kernel.powers(g, row[:min(block, len(row))], part[:])
			}
		})
	case SigmoidKernel:
		g := gammaOf(kernel.Gamma, k)
		return productFiller(k, func(row []float64) {
			for j, v := range row {
				row[j] = float64(g*v) + kernel.Coef0
			}
			kern.Tanh(row, row)
		})
	case CosineKernel:
		return cosineFiller(k, false, nil)
	case RBF:
		return distanceFiller(SquaredEuclidean{}, k, exponential(gammaOf(kernel.Gamma, k)))
	case LaplacianKernel:
		return distanceFiller(Manhattan{}, k, exponential(gammaOf(kernel.Gamma, k)))
	}
	return pairFiller(k, kernel.Of, nil)
}
