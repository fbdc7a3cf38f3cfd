package linear

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// quantileRows are the rows of a quantile regression as the solver sees them: columns in units of their spread, the intercept's ones behind them.
type quantileRows interface {
	dims() (rows, width int)
	mul(dst, b []float64)   // dst = X b
	trans(dst, v []float64) // dst = Xᵀv
	gram(g, q []float64)    // the upper triangle of g = Xᵀ diag(q) X
	row(dst []float64, i int)
}

// denseRows are a compact copy of X, centred and scaled.
type denseRows struct {
	n, width int
	data     []float64
}

// newDenseRows copies the rows of d, less the means if there is an intercept and divided by spread.
func newDenseRows(d *design, spread []float64) *denseRows {
	r := &denseRows{n: d.rows, width: d.cols}
	if d.fitted {
		r.width++
	}
	r.data = make([]float64, r.n*r.width)
	factor := make([]float64, d.cols)
	for j, s := range spread {
		factor[j] = 1 / s
	}
	par.For(r.n, r.width, func(lo, hi int) {
		buf := d.rowScratch()
		for i := lo; i < hi; i++ {
			to := r.data[i*r.width : (i+1)*r.width]
			kern.Add(to[:d.cols], d.row(i, buf), d.shift)
			kern.Mul(to[:d.cols], to[:d.cols], factor)
			if d.fitted {
				to[d.cols] = 1
			}
		}
	})
	return r
}

func (r *denseRows) dims() (rows, width int) { return r.n, r.width }

func (r *denseRows) row(dst []float64, i int) { copy(dst, r.data[i*r.width:(i+1)*r.width]) }

func (r *denseRows) mul(dst, b []float64) {
	kern.Gemv(false, r.n, r.width, 1, r.data, r.width, b, 0, dst)
}

func (r *denseRows) trans(dst, v []float64) {
	kern.Gemv(true, r.n, r.width, 1, r.data, r.width, v, 0, dst)
}

func (r *denseRows) gram(g, q []float64) {
	w := r.width
	const partials = 1 << 20 // numbers in all partial sums together; beyond that the products themselves use the cores
	chunks := max(min(partials/(w*w), maxChunks), 1)
	clear(g)
	if chunks == 1 {
		r.addGram(g, q, 0, r.n)
		return
	}
	copy(g, par.Reduce(r.n, max((r.n+chunks-1)/chunks, par.Grain(w*w/8+8)), func(_, lo, hi int) []float64 {
		part := make([]float64, w*w)
		r.addGram(part, q, lo, hi)
		return part
	}, addInto))
}

// addGram adds rows lo..hi-1.
func (r *denseRows) addGram(g, q []float64, lo, hi int) {
	w := r.width
	const long = 256 // enough for a wide triangle not to be read and written for little work
	length := blockLength(w)
	if w > 128 {
		length = long
	}
	length = min(length, hi-lo)
	scaled := make([]float64, length*w)
	for ; lo < hi; lo += length {
		n := min(length, hi-lo)
		for i := range n {
			kern.Scal(math.Sqrt(q[lo+i]), scaled[i*w:(i+1)*w], r.data[(lo+i)*w:(lo+i+1)*w])
		}
		linalg.AddGram(g, scaled[:n*w], n, w, w)
	}
}

// sparseRows are rows of a CSR matrix where they lie; they are scaled but not centred.
type sparseRows struct {
	*design
	factor []float64 // 1 / spread
	width  int
}

func newSparseRows(d *design, spread []float64) *sparseRows {
	r := &sparseRows{design: d, factor: make([]float64, d.cols), width: d.cols}
	for j, s := range spread {
		r.factor[j] = 1 / s
	}
	if d.fitted {
		r.width++
	}
	return r
}

func (r *sparseRows) dims() (rows, width int) { return r.rows, r.width }

func (r *sparseRows) row(dst []float64, i int) {
	clear(dst)
	cols, vals := r.nonzeros(i, r.scratch())
	for k, j := range cols {
		dst[j] = vals[k] * r.factor[j]
	}
	if r.fitted {
		dst[r.cols] = 1
	}
}

func (r *sparseRows) mul(dst, b []float64) {
	scaled := make([]float64, r.cols)
	kern.Mul(scaled, b[:r.cols], r.factor)
	intercept := 0.0
	if r.fitted {
		intercept = b[r.cols]
	}
	par.For(r.rows, 40, func(lo, hi int) {
		buf := r.scratch()
		for i := lo; i < hi; i++ {
			cols, vals := r.nonzeros(i, buf)
			dst[i] = kern.SparseDot(vals, cols, scaled) + intercept
		}
	})
}

func (r *sparseRows) trans(dst, v []float64) {
	sum := par.Reduce(r.rows, grain(r.rows, 40+r.cols/8), func(_, lo, hi int) []float64 {
		part, buf := make([]float64, r.width), r.scratch()
		for i := lo; i < hi; i++ {
			cols, vals := r.nonzeros(i, buf)
			kern.SparseAxpy(v[i], vals, cols, part)
			if r.fitted {
				part[r.cols] += v[i]
			}
		}
		return part
	}, addInto)
	kern.Mul(sum[:r.cols], sum[:r.cols], r.factor)
	copy(dst, sum)
}

func (r *sparseRows) gram(g, q []float64) {
	clear(g)
	buf := r.scratch()
	last := r.width - 1
	for i := range r.rows {
		cols, vals := r.nonzeros(i, buf)
		for a, j := range cols {
			wx := q[i] * vals[a]
			row := g[int(j)*r.width : (int(j)+1)*r.width]
			kern.SparseAxpy(wx, vals[a:], cols[a:], row)
			if r.fitted {
				row[last] += wx
			}
		}
		if r.fitted {
			g[last*r.width+last] += q[i]
		}
	}
	for j, f := range r.factor {
		row := g[j*r.width : (j+1)*r.width]
		kern.Scal(f, row, row)
		kern.Mul(row[:r.cols], row[:r.cols], r.factor)
	}
}

// outerGram sets g, n x n, to X diag(e) Xᵀ without the intercept's column, both halves.
func outerGram(g []float64, x quantileRows, e []float64) {
	n, width := x.dims()
	row := make([]float64, width)
	for i := range n {
		x.row(row, i)
		for j := range row {
			if j < len(e) {
				row[j] *= e[j]
			} else {
				row[j] = 0
			}
		}
		x.mul(g[i*n:(i+1)*n], row)
	}
}
