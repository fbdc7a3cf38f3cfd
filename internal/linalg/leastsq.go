package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

// LeastSquares is the rank-revealing factorisation of a triangle R with right-hand sides beside it. Columns are first
// divided by the given sizes, then pivoted (QR with column pivoting); a column counts as dependent on those before it once
// what is left of it is at most tol.
type LeastSquares struct {
	cols, rank int
	stride     int
	r          []float64 // pivoted triangle of R S
	pivot      []int
	scale      []float64 // S, the reciprocal sizes
	qty        []float64 // rank x targets
	targets    int
	rowSpace   *rowSpace // of the numerical rank, nil for full rank
}

// NewLeastSquares factors rt, rows of cols+targets numbers: R and QᵀY side by side. size holds one positive number for
// each column: how large its entries were before any centring. It returns nil if a number overflowed.
func NewLeastSquares(rt []float64, rows, cols, targets int, size []float64, tol float64) *LeastSquares {
	if !AllFinite(rt) {
		return nil
	}
	f := &LeastSquares{cols: cols, stride: cols, targets: targets, scale: make([]float64, cols), pivot: make([]int, cols)}
	for j, s := range size {
		f.scale[j] = 1
		if s > 0 {
			f.scale[j] = 1 / s
		}
	}
	w := cols + targets
	f.r = make([]float64, rows*cols)
	f.qty = make([]float64, rows*targets)
	for i := range rows {
		for j, v := range rt[i*w : i*w+cols] {
			f.r[i*cols+j] = v * f.scale[j]
		}
		copy(f.qty[i*targets:(i+1)*targets], rt[i*w+cols:(i+1)*w])
	}
	k := min(rows, cols)
	if k == 0 {
		return f
	}
	if !AllFinite(f.r) {
		return nil
	}
	tau := factorPivoted(rows, cols, f.r, cols, f.pivot)
	if targets > 0 {
		applyReflections(true, rows, f.r, cols, tau, targets, f.qty, targets)
	}
	for f.rank < k && math.Abs(f.r[f.rank*cols+f.rank]) > tol {
		f.rank++
	}
	if f.rank < cols {
		f.rowSpace = f.newRowSpace()
	}
	return f
}

// Rank is the numerical rank.
func (f *LeastSquares) Rank() int { return f.rank }

// Cond estimates the condition number of the independent columns, each in units of its size.
func (f *LeastSquares) Cond() float64 { return triangleCond(f.r, f.rank, f.stride) }

// Basic writes the solution for one target that leaves dependent columns at zero.
func (f *LeastSquares) Basic(dst []float64, target int) {
	z := make([]float64, f.rank)
	for i := range z {
		z[i] = f.qty[i*f.targets+target]
	}
	f.solve(z, blas.NoTrans)
	f.scatter(dst, z)
}

// Correct writes the d that minimises |A d|² - 2 gᵀd over the independent columns: the correction of a solution
// whose residual r has Aᵀr = g.
func (f *LeastSquares) Correct(dst, g []float64) {
	z := make([]float64, f.rank)
	for i := range z {
		j := f.pivot[i]
		z[i] = g[j] * f.scale[j]
	}
	f.solve(z, blas.Trans)
	f.solve(z, blas.NoTrans)
	f.scatter(dst, z)
}

func (f *LeastSquares) solve(z []float64, trans blas.Transpose) {
	if f.rank > 0 {
		kernels.Dtrsv(blas.Upper, trans, blas.NonUnit, f.rank, f.r, f.stride, z, 1)
	}
}

func (f *LeastSquares) scatter(dst, z []float64) {
	clear(dst)
	for i, v := range z {
		j := f.pivot[i]
		dst[j] = v * f.scale[j]
	}
}

// Shortest replaces x by the shortest vector, in the original units, with the same fit. It changes nothing for full rank.
func (f *LeastSquares) Shortest(x []float64) {
	if f.rowSpace != nil {
		f.rowSpace.project(x)
	}
}

// rowSpace projects onto the span of the rows of A, by an orthonormal basis of it.
type rowSpace struct {
	cols, rank int
	q          *FullQR // of the rows as columns
}

// newRowSpace factors the transposed leading rows of the triangle, in the original units and order.
func (f *LeastSquares) newRowSpace() *rowSpace {
	s := &rowSpace{cols: f.cols, rank: f.rank}
	if f.rank == 0 {
		return s
	}
	rows := make([]float64, f.cols*f.rank)
	for i := range f.rank {
		for c := i; c < f.cols; c++ {
			j := f.pivot[c]
			rows[j*f.rank+i] = f.r[i*f.stride+c] / f.scale[j]
		}
	}
	s.q = NewFullQR(rows, f.cols, f.rank)
	return s
}

func (s *rowSpace) project(x []float64) {
	if s.rank == 0 {
		clear(x)
		return
	}
	s.q.Apply(true, 1, x, 1)
	clear(x[s.rank:])
	s.q.Apply(false, 1, x, 1)
}
