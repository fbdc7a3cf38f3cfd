package linear

import (
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// blockwise walks over the rows of a model of k linear scores, a block that fits a cache at a time. Columns are centred without
// being changed: parameters are, for each score, one coefficient for each column and, if there is an intercept, the score at the
// mean of the columns.
type blockwise struct {
	source
	k       int       // scores
	weight  []float64 // nil: ones
	total   float64
	penalty float64    // of half the squared coefficients
	fitted  bool       // there are intercepts
	center  []float64  // column means; zeros without intercepts
	spread  []float64  // standard deviations, or what stands for them in flat columns
	flat    []bool     // columns that are constant, or whose spread is lost beside their mean
	pool    *sync.Pool // of *passScratch
}

func newBlockwise(where string, x source, weight []float64, k int, intercept bool) (*blockwise, error) {
	moments := (&design{source: x, weight: weight}).moments()
	o := &blockwise{source: x, k: k, weight: weight, total: moments.total, fitted: intercept,
		pool: new(sync.Pool), center: make([]float64, x.cols), spread: make([]float64, x.cols), flat: make([]bool, x.cols)}
	for j := range o.spread {
		mean, square := moments.sums[j]/o.total, moments.squares[j]/o.total
		if intercept {
			o.center[j] = mean
			const constant = 1e-14 // of the mean square: rounding
			if v := square - mean*mean; v > constant*square {
				square = v
			} else {
				o.flat[j] = true
			}
		}
		o.spread[j] = math.Sqrt(square)
		if o.spread[j] == 0 {
			o.spread[j], o.flat[j] = 1, true
		}
	}
	if !linalg.AllFinite(o.spread) || !linalg.AllFinite(o.center) {
		return nil, tooLarge(where)
	}
	return o, nil
}

// stride is the number of parameters of one score.
func (o *blockwise) stride() int {
	if o.fitted {
		return o.cols + 1
	}
	return o.cols
}

func (o *blockwise) size() int { return o.k * o.stride() }

func (o *blockwise) w(i int) float64 {
	if o.weight == nil {
		return 1
	}
	return o.weight[i]
}

// unpack returns coefficients, score by score, and intercepts for x as it is.
func (o *blockwise) unpack(params []float64) (w, b []float64) {
	w, b = make([]float64, o.k*o.cols), make([]float64, o.k)
	for c := range o.k {
		p := params[c*o.stride():]
		copy(w[c*o.cols:(c+1)*o.cols], p)
		if o.fitted {
			b[c] = p[o.cols] - linalg.Dot(o.center, p)
		}
	}
	return w, b
}

// gap is the largest component of the gradient with the columns in units of their spread.
func (o *blockwise) gap(grad []float64) float64 {
	largest := 0.0
	for i, g := range grad {
		if j := i % o.stride(); j < o.cols {
			g /= o.spread[j]
		}
		if math.IsNaN(g) {
			return math.Inf(1)
		}
		largest = max(largest, math.Abs(g))
	}
	return largest
}

// blockRows is a run of rows short enough to stay in cache between the products that use it.
type blockRows struct {
	o     *blockwise
	lo, n int
	data  []float64 // dense rows
	*passScratch
}

// passScratch is what one goroutine needs in a pass over the rows; passes share them, as fresh memory is slow.
type passScratch struct {
	block, scores []float64
	norms, spare  []float64
	scaled        []float64 // rows of a Gram matrix
	centered      []float64 // and what they are made of
	entries       rows.Entries
}

// grain is the chunk length of a pass that keeps perChunk times the size of the gradient for each chunk.
func (o *blockwise) grain(perChunk int) int {
	const partials = 1 << 23 // numbers in all partial sums together
	chunks := max(min(partials/max(perChunk*o.k*o.cols, 1), maxChunks), 1)
	return max((o.rows+chunks-1)/chunks, grain(o.rows, o.k*(o.cols+20)))
}

// blocks calls visit with runs of rows lo..hi-1 and their scores, k beside each other for each row; visit may overwrite them.
func (o *blockwise) blocks(lo, hi int, w, b []float64, visit func(rows blockRows, z []float64)) {
	o.eachBlock(lo, hi, func(rows blockRows) {
		z := rows.scores[:o.k*rows.n]
		if o.sparse() {
			rows.sparseScores(z, w, b)
		} else {
			kern.Gemm(false, true, rows.n, o.k, o.cols, 1, rows.data, o.cols, w, o.cols, 0, z, o.k)
			for i := 0; b != nil && i < len(z); i += o.k {
				for c, v := range b {
					z[i+c] += v
				}
			}
		}
		visit(rows, z)
	})
}

// eachBlock calls visit with runs of rows lo..hi-1.
func (o *blockwise) eachBlock(lo, hi int, visit func(rows blockRows)) {
	const cache = 1 << 14 // 128 kB of float64, well inside an L2 cache
	length := min(max(cache/(o.cols+1), 16), hi-lo, 1024)
	own, ok := o.pool.Get().(*passScratch)
	if !ok {
		own = new(passScratch)
	}
	defer o.pool.Put(own)
	own.scores = slices.Grow(own.scores[:0], o.k*length)[:o.k*length]
	if !o.sparse() {
		own.block = slices.Grow(own.block[:0], length*o.cols)[:length*o.cols]
	}
	rows := blockRows{o: o, passScratch: own}
	for at := lo; at < hi; at += length {
		rows.lo, rows.n = at, min(length, hi-at)
		if !o.sparse() {
			rows.data = o.x.Block(at, at+rows.n, own.block)
		}
		visit(rows)
	}
}

func (r blockRows) sparseScores(z, w, b []float64) {
	o := r.o
	for i := range r.n {
		cols, vals := o.x.NZ(r.lo+i, &r.entries)
		for c := range o.k {
			z[i*o.k+c] = kern.SparseDot(vals, cols, w[c*o.cols:(c+1)*o.cols]) + b[c]
		}
	}
}

// addGradient adds Σ residual·x and Σ residual.
func (r blockRows) addGradient(s *sums, residual []float64) {
	o := r.o
	if o.k == 1 {
		s.scores[0] += kern.Sum(residual)
	} else {
		for i := 0; i < len(residual); i += o.k {
			for c := range s.scores {
				s.scores[c] += residual[i+c]
			}
		}
	}
	if !o.sparse() {
		kern.Gemm(true, false, o.k, o.cols, r.n, 1, residual, o.k, r.data, o.cols, 1, s.coef, o.cols)
		return
	}
	for i := range r.n {
		cols, vals := o.x.NZ(r.lo+i, &r.entries)
		for c, v := range residual[i*o.k : (i+1)*o.k] {
			kern.SparseAxpy(v, vals, cols, s.coef[c*o.cols:(c+1)*o.cols])
		}
	}
}

// curvatures turns scores into weighted p(1-p), in place.
func (r blockRows) curvatures(z []float64) {
	o := r.o
	if o.k > 1 {
		o.softmax(z, r.passScratch)
		for i := range r.n {
			wt := o.w(r.lo + i)
			for c := i * o.k; c < (i+1)*o.k; c++ {
				if wt == 0 {
					z[c] = 0
				} else {
					z[c] = wt * z[c] * (1 - z[c])
				}
			}
		}
		return
	}
	for i, v := range z {
		z[i] = -math.Abs(v)
	}
	kern.Exp(z, z)
	for i, e := range z {
		z[i] = 0
		if wt := o.w(r.lo + i); wt != 0 {
			z[i] = wt * e / ((1 + e) * (1 + e))
		}
	}
}
