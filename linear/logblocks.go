package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// blockRows is a run of rows short enough to stay in cache between the products that use it.
type blockRows struct {
	o     *logLoss
	lo, n int
	data  []float64 // dense rows
	*passScratch
}

// passScratch is what one goroutine needs in a pass over the rows; passes share them, as fresh memory is slow.
type passScratch struct {
	block, scores []float64
	norms, spare  []float64
	scaled        []float64 // rows of a Gram matrix
	entries       rows.Entries
}

// grain is the chunk length of a pass that keeps perChunk times the size of the gradient for each chunk.
func (o *logLoss) grain(perChunk int) int {
	const partials = 1 << 23 // numbers in all partial sums together
	chunks := max(min(partials/max(perChunk*o.k*o.cols, 1), maxChunks), 1)
	return max((o.rows+chunks-1)/chunks, grain(o.rows, o.k*(o.cols+20)))
}

// blocks calls visit with runs of rows lo..hi-1 and their scores, k beside each other for each row; visit may overwrite them.
func (o *logLoss) blocks(lo, hi int, w, b []float64, visit func(rows blockRows, z []float64)) {
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
		z := own.scores[:o.k*rows.n]
		if o.sparse() {
			rows.sparseScores(z, w, b)
		} else {
			rows.data = o.x.Block(at, at+rows.n, own.block)
			kern.Gemm(false, true, rows.n, o.k, o.cols, 1, rows.data, o.cols, w, o.cols, 0, z, o.k)
			for i := 0; b != nil && i < len(z); i += o.k {
				for c, v := range b {
					z[i+c] += v
				}
			}
		}
		visit(rows, z)
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
	for i := 0; i < len(residual); i += o.k {
		for c := range s.scores {
			s.scores[c] += residual[i+c]
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
