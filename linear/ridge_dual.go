package linear

import (
	"context"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// dual solves ridge problems with more columns than rows through the rows: b = Xᵀa with (XXᵀ + alpha I) a = y, centred.
func (d *design) dual(ctx context.Context, where string, alphas []float64) ([]solution, ml.Info, error) {
	var dense []float64
	if !d.sparse() {
		dense = d.centeredRows()
	}
	gram := make([]float64, d.rows*d.rows)
	if d.sparse() {
		d.sparseOuterGram(gram, nil)
	} else {
		linalg.OuterGram(gram, dense, d.rows, d.cols)
	}
	fits := make([]solution, len(alphas))
	for _, group := range equalAlphas(alphas) {
		if err := ml.Done(ctx); err != nil {
			return nil, ml.Info{}, err
		}
		solver, ok := d.dualSolver(gram, dense, alphas[group[0]])
		if !ok {
			if d.sparse() {
				const tight = 1e-14
				return d.lsqr(ctx, alphas, tight, 0)
			}
			return nil, ml.Info{}, tooLarge(where)
		}
		for _, t := range group {
			fits[t] = d.fromDual(solver, dense, t)
		}
	}
	return fits, ml.Info{}, nil
}

// dualSolver factors XXᵀ + alpha I: by Cholesky, or from the QR factorisation of [Xᵀ; sqrt(alpha) I] if that loses too many
// digits (the seminormal equations, which for shortest solutions lose no more than QR itself: Paige, Comput. Math. 1973).
func (d *design) dualSolver(gram, dense []float64, alpha float64) (corrector, bool) {
	n := d.rows
	a := append([]float64(nil), gram...)
	for i := range n {
		a[i*n+i] += alpha
	}
	if chol := linalg.NewCholesky(a, n); chol != nil && chol.RCond() >= wellConditioned {
		return choleskyCorrector{chol}, true
	}
	if d.sparse() {
		return nil, false
	}
	q := linalg.NewQR(d.cols+n, n, 0)
	for j := range d.cols {
		row := q.Row()
		for i := range row {
			row[i] = dense[i*d.cols+j]
		}
	}
	for i := range n {
		row := q.Row()
		clear(row)
		row[i] = math.Sqrt(alpha)
	}
	size := make([]float64, n)
	for i := range size {
		size[i] = math.Hypot(linalg.Norm(dense[i*d.cols:(i+1)*d.cols]), math.Sqrt(alpha))
	}
	rows, rt := q.Triangle()
	f := linalg.NewLeastSquares(rt, rows, n, 0, size, 0)
	return f, f != nil
}

// fromDual turns the dual solution of target t into coefficients.
func (d *design) fromDual(solver corrector, dense []float64, t int) solution {
	y, a := make([]float64, d.rows), make([]float64, d.rows)
	for i := range y {
		y[i] = math.Sqrt(d.w(i)) * (d.targets[t][i] - d.offset[t])
	}
	solver.Correct(a, y)
	s := solution{coef: make([]float64, d.cols)}
	if d.sparse() {
		implicit{d}.MulTrans(s.coef, a)
	} else {
		linalg.AddMulTrans(s.coef, dense, d.rows, d.cols, d.cols, a)
	}
	s.intercept = d.intercept(t, s.coef)
	return s
}

// centeredRows is the whole centred and weighted X; a row of weight 0 is zero.
func (d *design) centeredRows() []float64 {
	out := make([]float64, d.rows*d.cols)
	par.For(d.rows, d.cols, func(lo, hi int) {
		buf, row := d.rowScratch(), make([]float64, d.cols+len(d.targets))
		for i := lo; i < hi; i++ {
			if d.centered(row, i, buf) {
				copy(out[i*d.cols:(i+1)*d.cols], row)
			}
		}
	})
	return out
}

// sparseOuterGram writes the products of all pairs of centred and weighted rows to g, without centring a row. scale multiplies the
// term of each column; nil: ones.
func (d *design) sparseOuterGram(g, scale []float64) {
	n := d.rows
	center := d.center
	if scale != nil {
		center = make([]float64, d.cols)
		kern.Mul(center, scale, d.center)
	}
	shift := make([]float64, n) // m·x_i
	buf := d.scratch()
	for i := range n {
		cols, vals := d.nonzeros(i, buf)
		shift[i] = kern.SparseDot(vals, cols, center)
	}
	mm := linalg.Dot(d.center, center)
	type work struct {
		dense, buf *scratch
		scaled     []float64
	}
	pool := sync.Pool{New: func() any { return &work{d.rowScratch(), d.scratch(), make([]float64, len(scale))} }} // a chunk may be one row
	par.For(n, 100*n, func(lo, hi int) {
		own := pool.Get().(*work)
		defer pool.Put(own)
		buf := own.buf
		for i := lo; i < hi; i++ {
			row := d.row(i, own.dense)
			if scale != nil {
				kern.Mul(own.scaled, row, scale)
				row = own.scaled
			}
			for l := i; l < n; l++ {
				cols, vals := d.nonzeros(l, buf)
				z := mm - shift[i] - shift[l]
				z += kern.SparseDot(vals, cols, row)
				g[i*n+l] = z * math.Sqrt(d.w(i)*d.w(l))
			}
		}
	})
}
