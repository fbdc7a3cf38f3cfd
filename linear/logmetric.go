package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/par"
)

// wholeHessian says whether the Hessian of each score is factored, or only its diagonal used.
func (o *logLoss) wholeHessian() bool {
	p := float64(o.stride())
	const numbers, flops, narrow = 1 << 22, 2e9, 200
	return float64(o.k)*p*p <= numbers && (p <= narrow || float64(o.k)*float64(o.rows)*p*p <= flops)
}

// metricCost is what metric costs in evaluations.
func (o *logLoss) metricCost() float64 {
	if o.wholeHessian() {
		return 1 + float64(o.cols)/4
	}
	return 1
}

// metric is the inverse of the Hessian at params without its blocks between different classes, on steps that sum to zero over the classes.
func (o *logLoss) metric(params []float64) optim.Metric {
	if !o.wholeHessian() {
		return o.diagonal(params, blockRows.curvatures)
	}
	if o.k > 1 && linalg.MaxAbs(params) == 0 {
		return o.uniform()
	}
	w, b := o.unpack(params)
	q := o.stride()
	part := o.hessianPart()
	all := par.Reduce(o.rows, o.grain(q), func(_, lo, hi int) []float64 {
		h := make([]float64, o.k*q*q)
		add := o.gramAdder()
		const run = 256
		seen := 0.0
		for at := lo; at < hi; at += part * run {
			end := min(at+run, hi)
			if part == 1 {
				at, end = lo, hi
			}
			seen += o.weightOf(at, end)
			o.blocks(at, end, w, b, func(rows blockRows, z []float64) {
				rows.curvatures(z)
				for c := range o.k {
					add(h[c*q*q:(c+1)*q*q], rows, z[c:], o.k)
				}
			})
			if part == 1 {
				break
			}
		}
		if part > 1 && seen > 0 {
			kern.Scal(o.weightOf(lo, hi)/seen, h, h)
		}
		return h
	}, addInto)
	if part > 1 {
		o.coverRare(all)
	}
	if o.along != nil {
		o.along.hessian, o.along.steps = slices.Clone(all), 0
	}
	return o.factorAll(all)
}

// factorAll makes the metric of Hessians without the penalty, and writes over them.
func (o *logLoss) factorAll(all []float64) blockMetric {
	q := o.stride()
	m := blockMetric{stride: q, blocks: make([]*linalg.Cholesky, o.k)}
	for c := range m.blocks {
		m.blocks[c] = o.factor(all[c*q*q : (c+1)*q*q])
	}
	return m
}

// hessianPart says of how many rows one is enough for the first Hessian, where the fit began from a sample: later it is only asked for
// because progress was slow, and made of all rows. From n rows of p columns its relative error is about 2·sqrt(p/n), a tenth here, which
// the L-BFGS pairs soon make good.
func (o *logLoss) hessianPart() int {
	const perParameter = 300
	if !o.sampled || !o.fitted {
		return 1
	}
	o.sampled = false
	return max(o.rows/(perParameter*o.stride()), 1)
}

// weightOf is the weight of rows lo..hi-1.
func (o *logLoss) weightOf(lo, hi int) float64 {
	if o.weight == nil {
		return float64(hi - lo)
	}
	return kern.Sum(o.weight[lo:hi])
}

// coverRare keeps the curvature along a column that some rows happened to miss from being far too small: it is at least a quarter of
// what it would be if the column and the curvature of rows were independent.
func (o *logLoss) coverRare(blocks []float64) {
	q := o.stride()
	for c := range o.k {
		h := blocks[c*q*q : (c+1)*q*q]
		for j, s := range o.spread {
			h[j*q+j] = max(h[j*q+j], 0.25*h[q*q-1]*s*s)
		}
	}
}

// uniform is the metric where all classes are equally probable: there, on differences between classes, the Hessian is the same block for
// each class.
func (o *logLoss) uniform() optim.Metric {
	q := o.stride()
	h := par.Reduce(o.rows, o.grain(q), func(_, lo, hi int) []float64 {
		h := make([]float64, q*q)
		add := o.gramAdder()
		weight := make([]float64, 0, 1024)
		o.blocks(lo, hi, make([]float64, o.k*o.cols), make([]float64, o.k), func(rows blockRows, _ []float64) {
			weight = weight[:0]
			for i := range rows.n {
				weight = append(weight, o.w(rows.lo+i)/float64(o.k))
			}
			add(h, rows, weight, 1)
		})
		return h
	}, addInto)
	m := blockMetric{stride: q, blocks: make([]*linalg.Cholesky, o.k)}
	one := o.factor(h)
	for c := range m.blocks {
		m.blocks[c] = one
	}
	return m
}

func addInto(a, b []float64) []float64 {
	linalg.Axpy(1, b, a)
	return a
}

// gramAdder returns a function that adds Σ h_i (x_i - m, 1)(x_i - m, 1)ᵀ, upper triangle, for h that lie step apart.
func (o *blockwise) gramAdder() func(dst []float64, rows blockRows, h []float64, step int) {
	q := o.stride()
	if o.sparse() {
		return o.addSparseGram
	}
	shift := make([]float64, o.cols)
	kern.Scal(-1, shift, o.center)
	const line = 8 // numbers in a cache line, at which rows begin
	stride := (q + line - 1) / line * line
	last := -1 // the block whose centred rows are at hand: each score asks for them
	return func(dst []float64, rows blockRows, h []float64, step int) {
		own := rows.passScratch
		if last != rows.lo {
			last = rows.lo
			own.centered = slices.Grow(own.centered[:0], rows.n*stride)[:rows.n*stride]
			for i := range rows.n {
				row := own.centered[i*stride : i*stride+q]
				kern.Add(row[:o.cols], rows.data[i*o.cols:(i+1)*o.cols], shift)
				if o.fitted {
					row[o.cols] = 1
				}
			}
		}
		own.scaled = slices.Grow(own.scaled[:0], rows.n*stride)[:rows.n*stride]
		for i := range rows.n {
			kern.Scal(math.Sqrt(h[i*step]), own.scaled[i*stride:i*stride+q], own.centered[i*stride:i*stride+q])
		}
		linalg.AddGram(dst, own.scaled, rows.n, q, stride)
	}
}

// addSparseGram takes the centring out after the sum over the nonzeros, block by block.
func (o *blockwise) addSparseGram(dst []float64, rows blockRows, h []float64, step int) {
	q := o.stride()
	first := make([]float64, o.cols)
	total := 0.0
	for i := range rows.n {
		v := h[i*step]
		cols, vals := o.x.NZ(rows.lo+i, &rows.entries)
		total += v
		for a, j := range cols {
			hx := v * vals[a]
			first[j] += hx
			row := dst[int(j)*q : (int(j)+1)*q]
			for b := a; b < len(cols); b++ {
				row[cols[b]] += hx * vals[b]
			}
		}
	}
	if !o.fitted {
		return
	}
	for i, m := range o.center {
		row := dst[i*q : (i+1)*q]
		linalg.Axpy(total*m-first[i], o.center[i:], row[i:o.cols])
		linalg.Axpy(-m, first[i:], row[i:o.cols])
		row[o.cols] += first[i] - total*m
	}
	dst[q*q-1] += total
}

// factor makes one block of the metric. Where rounding or separated classes left it singular, its diagonal is raised until it is not.
func (o *blockwise) factor(h []float64) *linalg.Cholesky {
	q := o.stride()
	diag := make([]float64, q)
	for j := range diag {
		if j < o.cols {
			h[j*q+j] += o.penalty
		}
		diag[j] = h[j*q+j]
		if least := o.least(j); !(diag[j] > least) {
			diag[j] = least
		}
	}
	for raise := 1e-12; ; raise *= 100 {
		a := append([]float64(nil), h...)
		for i := range a {
			a[i] /= o.total
		}
		for j := range diag {
			a[j*q+j] = diag[j] * (1 + raise) / o.total
		}
		if chol := linalg.NewCholesky(a, q); chol != nil {
			return chol
		}
	}
}

// least is the curvature of parameter j below which it is taken for rounding.
func (o *blockwise) least(j int) float64 {
	const tiny = 1e-12
	if j == o.cols {
		return tiny * o.total
	}
	return tiny * o.total * o.spread[j] * o.spread[j]
}

// blockMetric solves for each score by itself. With a score for each class, gradients sum to zero over the classes, as adding the same to all changes
// nothing but the penalty; the blocks know nothing of that, and what they add to all is taken out.
type blockMetric struct {
	stride int
	blocks []*linalg.Cholesky
}

func (m blockMetric) Apply(dst, grad []float64) {
	copy(dst, grad)
	for c, chol := range m.blocks {
		chol.Solve(dst[c*m.stride : (c+1)*m.stride])
	}
	if len(m.blocks) > 1 {
		centerClasses(dst, m.stride)
	}
}

// diagonal is the metric for many columns; curvatures turns the scores of a block, in place, into those of its rows.
func (o *blockwise) diagonal(params []float64, curvatures func(rows blockRows, z []float64)) optim.Metric {
	w, b := o.unpack(params)
	q := o.stride()
	type part struct{ square, first, total []float64 }
	all := par.Reduce(o.rows, o.chunk(2), func(_, lo, hi int) part {
		s := part{make([]float64, o.k*o.cols), make([]float64, o.k*o.cols), make([]float64, o.k)}
		o.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			curvatures(rows, z)
			for c := range o.k {
				square, first := s.square[c*o.cols:(c+1)*o.cols], s.first[c*o.cols:(c+1)*o.cols]
				for i := range rows.n {
					h := z[i*o.k+c]
					s.total[c] += h
					rows.addSquares(square, first, i, h)
				}
			}
		})
		return s
	}, func(a, b part) part {
		return part{addInto(a.square, b.square), addInto(a.first, b.first), addInto(a.total, b.total)}
	})
	m := make(diagonalMetric, o.size())
	for c := range o.k {
		for j := range o.cols {
			i := c*o.cols + j
			h := all.square[i] - 2*o.center[j]*all.first[i] + o.center[j]*o.center[j]*all.total[c]
			m[c*q+j] = o.total / (max(h, o.least(j)) + o.penalty)
		}
		if o.fitted {
			m[c*q+o.cols] = o.total / max(all.total[c], o.least(o.cols))
		}
	}
	return m
}

// chunk is the chunk length of a pass that keeps perChunk numbers for each column and chunk. Of sparse rows it takes many to be worth
// clearing and adding these.
func (o *blockwise) chunk(perChunk int) int {
	n := o.grain(perChunk)
	if o.sparse() {
		perRow := 2*o.x.NNZ()/o.rows + 20
		n = max(n, 2*perChunk*o.cols/perRow)
	}
	return n
}

// addSquares adds h·x² and h·x of the i-th row.
func (r blockRows) addSquares(square, first []float64, i int, h float64) {
	if !r.o.sparse() {
		for j, x := range r.data[i*r.o.cols : (i+1)*r.o.cols] {
			first[j] += h * x
			square[j] += h * x * x
		}
		return
	}
	cols, vals := r.o.x.NZ(r.lo+i, &r.entries)
	for q, j := range cols {
		first[j] += h * vals[q]
		square[j] += h * vals[q] * vals[q]
	}
}

type diagonalMetric []float64

func (m diagonalMetric) Apply(dst, grad []float64) {
	for i, v := range m {
		dst[i] = v * grad[i]
	}
}
