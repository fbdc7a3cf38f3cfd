package linalg

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/lapack"

	"github.com/gopherwood-ml/ml/internal/kern"
)

const lapackVectors = lapack.EVTridiag

// half says which rows of a column of eigenvectors are not zero.
type half uint8

const (
	upperHalf half = iota
	bothHalves
	lowerHalf
)

func halfOf(column, h int) half {
	if column < h {
		return upperHalf
	}
	return lowerHalf
}

// deflation sorts out the columns of D + rho·uuᵀ that need no work: u has nothing of them, or they are so close to another that a rotation
// leaves it nothing.
type deflation struct {
	d, u     []float64
	rotate   func(i, j int, c, s float64) // columns i and j of the eigenvectors
	kept     []int                        // columns of the inner problem, by rising d
	deflated []int
	halves   map[int]half // of the kept
}

// run goes through the columns in the given order of rising d.
func (f *deflation) run(order []int, tol, rho float64, of func(column int) half) {
	f.halves = map[int]half{}
	last := -1
	for _, j := range order {
		if rho*math.Abs(f.u[j]) <= tol {
			f.deflated = append(f.deflated, j)
			continue
		}
		f.halves[j] = of(j)
		if last < 0 {
			last = j
			continue
		}
		length := math.Hypot(f.u[last], f.u[j])
		c, s := f.u[j]/length, -f.u[last]/length
		gap := f.d[j] - f.d[last]
		if math.Abs(gap*c*s) <= tol {
			f.u[j], f.u[last] = length, 0
			f.rotate(last, j, c, s)
			low := f.d[last]*c*c + f.d[j]*s*s
			f.d[j] = f.d[last]*s*s + f.d[j]*c*c
			f.d[last] = low
			if f.halves[j] != f.halves[last] {
				f.halves[j] = bothHalves
			}
			f.deflated = append(f.deflated, last)
			// what was rotated in may have touched both halves
			last = j
			continue
		}
		f.kept = append(f.kept, last)
		last = j
	}
	if last >= 0 {
		f.kept = append(f.kept, last)
	}
}

// multiply replaces the kept columns of z by their products with the inner vectors, in the rows of s, puts the deflated ones behind them, and
// spares the zeros: columns of the upper half first, then those of both, then those of the lower.
func (f *deflation) multiply(n, h int, z []float64, ldz int, s []float64) {
	k := len(f.kept)
	place := make([]int, k) // of the i-th column by halves in kept
	for i := range place {
		place[i] = i
	}
	slices.SortStableFunc(place, func(a, b int) int { return int(f.halves[f.kept[a]]) - int(f.halves[f.kept[b]]) })
	upper, lower := k, 0 // columns with an upper part; the first with a lower
	for i, p := range place {
		if f.halves[f.kept[p]] == lowerHalf {
			upper = min(upper, i)
		}
		if f.halves[f.kept[p]] == upperHalf {
			lower = i + 1
		}
	}
	inner := make([]float64, k*k)
	for r := range k {
		for i, p := range place {
			inner[r*k+i] = s[r*k+p]
		}
	}
	rest := make([]float64, n*len(f.deflated))
	old := make([]float64, n*k)
	for r := range n {
		row := z[r*ldz:]
		for i, p := range place {
			old[r*k+i] = row[f.kept[p]]
		}
		for i, c := range f.deflated {
			rest[r*len(f.deflated)+i] = row[c]
		}
	}
	if k > 0 {
		times := func(from, to, lo, hi int) { // rows from..to, columns lo..hi of old
			if to == from {
				return
			}
			if hi == lo {
				for r := from; r < to; r++ {
					clear(z[r*ldz : r*ldz+k])
				}
				return
			}
			kern.Gemm(false, true, to-from, k, hi-lo, 1, old[from*k+lo:], k, inner[lo:], k, 0, z[from*ldz:], ldz)
		}
		times(0, h, 0, upper)
		times(h, n, lower, k)
	}
	for r := range n {
		copy(z[r*ldz+k:r*ldz+n], rest[r*len(f.deflated):(r+1)*len(f.deflated)])
	}
}

// arrange sorts values into d, rising, and the columns of z with them.
func arrange(n int, values, d, z []float64, ldz int) {
	order := sortedBy(values)
	for i, o := range order {
		d[i] = values[o]
	}
	row := make([]float64, n)
	for r := range n {
		copy(row, z[r*ldz:r*ldz+n])
		for i, o := range order {
			z[r*ldz+i] = row[o]
		}
	}
}

// sortedBy returns the indices of x in the order of rising values, equals as they come.
func sortedBy(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	return order
}

// rotateColumns is what LAPACK calls drot, on columns.
func rotateColumns(z []float64, ldz, rows, i, j int, c, s float64) {
	for r := range rows {
		x, y := z[r*ldz+i], z[r*ldz+j]
		z[r*ldz+i], z[r*ldz+j] = c*x+s*y, c*y-s*x
	}
}
