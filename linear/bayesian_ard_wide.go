package linear

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// solveWide finds the posterior for more active columns than rows, through the covariance of the targets, C = I/α + XΛ⁻¹Xᵀ, rows x rows: the
// coefficients are Λ⁻¹XᵀC⁻¹y, and the data determine coefficient j to the share x_jᵀC⁻¹x_j/λ_j.
func (f *ardFit) solveWide() (bool, error) {
	n := f.rows
	if f.outer == nil {
		f.outer = make([]float64, n*n)
	}
	c := f.outer
	clear(c)
	if err := f.addOuter(c); err != nil {
		return false, err
	}
	y := make([]float64, n)
	for i, v := range f.targets[0] {
		c[i*n+i] += 1 / f.noise
		y[i] = math.Sqrt(f.w(i)) * (v - f.offset[0])
	}
	if !linalg.AllFinite(c) {
		return false, nil
	}
	chol := linalg.NewCholesky(c, n)
	if chol == nil {
		return false, nil
	}
	chol.Solve(y)
	f.residual = linalg.Dot(y, y) / (f.noise * f.noise)
	f.logDet = -chol.LogDet() - float64(n)*math.Log(f.noise)
	var err error
	if f.sparse() {
		f.sparseShares(chol, y)
	} else {
		err = f.denseShares(chol, y)
	}
	for a, l := range f.precision {
		f.coef[a] /= l
		f.share[a] /= l
		f.logDet -= math.Log(l)
	}
	return linalg.AllFinite(f.coef), err
}

// addOuter adds XΛ⁻¹Xᵀ to the upper triangle of c.
func (f *ardFit) addOuter(c []float64) error {
	if f.sparse() {
		scale := make([]float64, f.cols)
		for a, j := range f.active {
			scale[j] = 1 / f.precision[a]
		}
		f.sparseOuterGram(c, scale)
		return ml.Done(f.ctx)
	}
	return f.blocks(func(first int, x []float64, k int) {
		for i := range f.rows {
			row := x[i*k : (i+1)*k]
			for a := range row {
				row[a] /= math.Sqrt(f.precision[first+a])
			}
		}
		kern.Syrk(false, f.rows, k, 1, x, k, 1, c, f.rows)
	})
}

// denseShares sets coef to Xᵀv, and share to the diagonal of XᵀC⁻¹X.
func (f *ardFit) denseShares(chol *linalg.Cholesky, v []float64) error {
	n := f.rows
	return f.blocks(func(first int, x []float64, k int) {
		kern.Gemv(true, n, k, 1, x, k, v, 0, f.coef[first:first+k])
		solved := append([]float64(nil), x...)
		chol.SolveMany(k, solved, k)
		kern.Mul(solved, solved, x)
		for i := range n {
			linalg.Axpy(1, solved[i*k:(i+1)*k], f.share[first:first+k])
		}
	})
}

// sparseShares is denseShares by the nonzeros of each column, with D = C⁻¹ written out and the centring left implicit:
// (x - m1)ᵀD(x - m1) = xᵀDx - 2m·xᵀD1 + m²·1ᵀD1.
func (f *ardFit) sparseShares(chol *linalg.Cholesky, v []float64) {
	n := f.rows
	all := make([]float64, f.cols)
	implicit{f.design}.MulTrans(all, v)
	if f.inner == nil {
		f.inner = make([]float64, n*n)
	}
	d := f.inner
	chol.Inverse(d)
	roots, sums := make([]float64, n), make([]float64, n)
	for i := range roots {
		roots[i] = math.Sqrt(f.w(i))
	}
	for i := range n {
		row := d[i*n : (i+1)*n]
		kern.Mul(row, row, roots)
		kern.Scal(roots[i], row, row)
		sums[i] = kern.Sum(row)
	}
	total := kern.Sum(sums)
	if f.starts == nil {
		f.byColumn()
	}
	par.For(len(f.active), 200, func(lo, hi int) {
		for a := lo; a < hi; a++ {
			j := f.active[a]
			f.coef[a] = all[j]
			lo, hi, m := f.starts[j], f.starts[j+1], f.center[j]
			at, vals := f.at[lo:hi], f.vals[lo:hi]
			q := m * m * total
			for e, i := range at {
				q += vals[e] * (kern.SparseDot(vals, at, d[int(i)*n:(int(i)+1)*n]) - 2*m*sums[i])
			}
			f.share[a] = q
		}
	})
}

// byColumn lists the nonzeros of each column: of column j those from starts[j] to starts[j+1].
func (f *ardFit) byColumn() {
	next := make([]int, f.cols+2)
	buf := f.scratch()
	for i := range f.rows {
		cols, _ := f.nonzeros(i, buf)
		for _, j := range cols {
			next[j+2]++
		}
	}
	for j := 2; j < len(next); j++ {
		next[j] += next[j-1]
	}
	f.starts, next = next, next[1:]
	f.at, f.vals = make([]int32, f.starts[f.cols+1]), make([]float64, f.starts[f.cols+1])
	for i := range f.rows {
		cols, vals := f.nonzeros(i, buf)
		for e, j := range cols {
			f.at[next[j]], f.vals[next[j]] = int32(i), vals[e]
			next[j]++
		}
	}
}

// blocks calls visit with a few active columns at a time, centred and weighted, rows x k.
func (f *ardFit) blocks(visit func(first int, x []float64, k int)) error {
	const most = 256
	buf := f.scratch()
	for first := 0; first < len(f.active); first += most {
		if err := ml.Done(f.ctx); err != nil {
			return err
		}
		cols := f.active[first:min(first+most, len(f.active))]
		k, place := len(cols), f.places(cols)
		x := make([]float64, f.rows*k)
		for i := range f.rows {
			f.picked(x[i*k:(i+1)*k], i, buf, cols, place)
		}
		visit(first, x, k)
	}
	return nil
}
