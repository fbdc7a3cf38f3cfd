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

// replaceColumns replaces the kept columns of the n rows of z by their products with the inner vectors, in the rows of s, and puts the
// deflated ones behind them. It spares the zeros below row h of the upper columns, and above it in the lower ones: columns of the upper
// half are multiplied first, then those of both, then those of the lower.
func replaceColumns(n, h int, z []float64, ldz int, kept, deflated []int, halves map[int]half, s []float64) {
	k := len(kept)
	place := make([]int, k) // of the i-th column by halves in kept
	for i := range place {
		place[i] = i
	}
	slices.SortStableFunc(place, func(a, b int) int { return int(halves[kept[a]]) - int(halves[kept[b]]) })
	upper, lower := k, 0 // columns with an upper part end; those with a lower part begin
	for i, p := range place {
		switch halves[kept[p]] {
		case lowerHalf:
			upper = min(upper, i)
		case upperHalf:
			lower = i + 1
		}
	}
	inner := make([]float64, k*k)
	for r := range k {
		for i, p := range place {
			inner[r*k+i] = s[r*k+p]
		}
	}
	old, rest := make([]float64, n*k), make([]float64, len(deflated))
	for r := range n {
		row := z[r*ldz:]
		for i, p := range place {
			old[r*k+i] = row[kept[p]]
		}
		for i, c := range deflated {
			rest[i] = row[c]
		}
		copy(row[k:], rest)
	}
	times := func(from, to, lo, hi int) { // rows from..to, columns lo..hi of old
		if to > from && k > 0 {
			kern.Gemm(false, true, to-from, k, hi-lo, 1, old[from*k+min(lo, k-1):], k, inner[min(lo, k-1):], k, 0, z[from*ldz:], ldz)
		}
	}
	times(0, h, 0, upper)
	times(h, n, lower, k)
}

// arrange sorts values into d, rising, and the leading columns of the rows of z with them.
func arrange(rows int, values, d, z []float64, ldz int) {
	order := sortedBy(values)
	for i, o := range order {
		d[i] = values[o]
	}
	row := make([]float64, len(values))
	for r := range rows {
		copy(row, z[r*ldz:])
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
