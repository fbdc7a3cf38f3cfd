package linear

import (
	"context"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// scaledProblem is a data set in units that do not matter: columns about their mean over their spread, targets about their median over
// the median distance to it. Rows of weight 0 are left out.
type scaledProblem struct {
	*design
	x      scaledRows
	spread []float64
	y      []float64
	scale  float64 // of y
	shift  float64 // of y
}

func newScaledProblem(ctx context.Context, where string, d ml.Dataset[float64], intercept bool) (*scaledProblem, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	d = weighing(d)
	base, err := newDesign(where, d.Table, [][]float64{d.Y}, intercept)
	if err != nil {
		return nil, err
	}
	q := &scaledProblem{design: base, spread: base.spreads(), y: make([]float64, base.rows)}
	if intercept {
		q.shift = stats.NewSample(d.Y, d.Weight).Quantile(0.5, stats.AveragedInvertedCDF)
	}
	mean := 0.0
	for i, y := range d.Y {
		q.y[i] = math.Abs(y - q.shift)
		mean += base.w(i) * q.y[i] / base.total
	}
	if q.scale = stats.NewSample(q.y, d.Weight).Quantile(0.5, stats.AveragedInvertedCDF); !(q.scale > 1e-10*mean) {
		q.scale = mean
	}
	if math.IsNaN(mean - mean) {
		return nil, tooLarge(where)
	}
	if !(q.scale > 0) {
		q.scale = 1
	}
	for i, y := range d.Y {
		q.y[i] = (y - q.shift) / q.scale
	}
	if base.sparse() {
		q.x = newSparseRows(base, q.spread)
	} else {
		q.x = newDenseRows(base, q.spread)
	}
	return q, nil
}

// spreads is how far the numbers of each column lie about its mean, or about 0 if it is not centred; 1 for constant ones.
func (d *design) spreads() []float64 {
	spread := make([]float64, d.cols)
	for j, s := range d.size {
		v := s * s / d.total
		if m := d.center[j]; !d.sparse() {
			const constant = 1e-14
			if left := v - m*m; left > constant*v {
				v = left
			}
		}
		if spread[j] = math.Sqrt(v); !(spread[j] > 0) {
			spread[j] = 1
		}
	}
	return spread
}

// weighing is d without the rows of weight 0, and without what only the user reads.
func weighing(d ml.Dataset[float64]) ml.Dataset[float64] {
	d = ml.Dataset[float64]{Table: ml.Table{X: d.X, Weight: d.Weight}, Y: d.Y}
	var idx []int
	for i, w := range d.Weight {
		if w > 0 {
			idx = append(idx, i)
		}
	}
	if len(idx) == len(d.Weight) {
		return d
	}
	return d.Select(idx)
}

// unscaled is the solution for the data as they are.
func (q *scaledProblem) unscaled(b []float64) solution {
	s := solution{coef: make([]float64, q.cols)}
	for j := range s.coef {
		s.coef[j] = b[j] * q.scale / q.spread[j]
	}
	if q.fitted {
		s.intercept = b[q.cols]*q.scale + q.shift
		if !q.sparse() {
			s.intercept -= linalg.Dot(q.center, s.coef)
		}
	}
	return s
}

// scaledRows are rows as the robust methods see them: columns in units of their spread, the intercept's ones behind them.
type scaledRows interface {
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
	pool   sync.Pool // of coefficients
}

func newSparseRows(d *design, spread []float64) *sparseRows {
	r := &sparseRows{design: d, factor: make([]float64, d.cols), width: d.cols}
	for j, s := range spread {
		r.factor[j] = 1 / s
	}
	if d.fitted {
		r.width++
	}
	r.pool.New = func() any {
		b := make([]float64, d.cols)
		return &b
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
	scaled := r.pool.Get().(*[]float64)
	defer r.pool.Put(scaled)
	kern.Mul(*scaled, b[:r.cols], r.factor)
	intercept := 0.0
	if r.fitted {
		intercept = b[r.cols]
	}
	par.For(r.rows, 40, func(lo, hi int) {
		buf := r.scratch()
		for i := lo; i < hi; i++ {
			cols, vals := r.nonzeros(i, buf)
			dst[i] = kern.SparseDot(vals, cols, *scaled) + intercept
		}
	})
}

func (r *sparseRows) trans(dst, v []float64) {
	// A partial sum is as long as a row is wide: worth it for many rows only.
	if per := max(grain(r.rows, 40), r.cols/4); par.Chunks(r.rows, per) == 1 {
		clear(dst[:r.width])
		r.addTrans(dst, v, 0, r.rows)
	} else {
		copy(dst, par.Reduce(r.rows, per, func(_, lo, hi int) []float64 {
			part := make([]float64, r.width)
			r.addTrans(part, v, lo, hi)
			return part
		}, addInto))
	}
	kern.Mul(dst[:r.cols], dst[:r.cols], r.factor)
}

// addTrans adds rows lo..hi-1, not scaled.
func (r *sparseRows) addTrans(dst, v []float64, lo, hi int) {
	buf := r.scratch()
	for i := lo; i < hi; i++ {
		cols, vals := r.nonzeros(i, buf)
		kern.SparseAxpy(v[i], vals, cols, dst)
		if r.fitted {
			dst[r.cols] += v[i]
		}
	}
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
func outerGram(g []float64, x scaledRows, e []float64) {
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
