package linear

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// blockRows is a run of rows short enough to stay in cache between the products that use it.
type blockRows struct {
	o      *logLoss
	lo, n  int
	data   []float64 // dense rows, stride apart
	stride int
	buf    []float64
}

// grain is the chunk length of a pass that keeps perChunk times the size of the gradient for each chunk.
func (o *logLoss) grain(perChunk int) int {
	const partials = 1 << 23 // numbers in all partial sums together
	chunks := max(min(partials/max(perChunk*o.k*o.cols, 1), maxChunks), 1)
	return max((o.rows+chunks-1)/chunks, grain(o.rows, o.k*(o.cols+20)))
}

// blocks calls visit with runs of rows lo..hi-1 and their scores, those of one score after those of the one before; visit may overwrite
// them.
func (o *logLoss) blocks(lo, hi int, w, b []float64, visit func(rows blockRows, z []float64)) {
	const cache = 1 << 14 // 128 kB of float64, well inside an L2 cache
	length := min(max(cache/(o.cols+1), 16), hi-lo, 1024)
	rows := blockRows{o: o}
	if !o.direct() {
		size := o.cols
		if !o.sparse() {
			size *= length
		}
		rows.buf = make([]float64, size)
	}
	z := make([]float64, o.k*length)
	for at := lo; at < hi; at += length {
		rows.lo, rows.n = at, min(length, hi-at)
		z := z[:o.k*rows.n]
		if o.sparse() {
			rows.sparseScores(z, w, b)
		} else {
			rows.data, rows.stride = o.block(at, at+rows.n, rows.buf)
			for c := range o.k {
				zc := z[c*rows.n : (c+1)*rows.n]
				linalg.MulVec(zc, rows.data, rows.n, o.cols, rows.stride, w[c*o.cols:(c+1)*o.cols])
				if b[c] != 0 {
					for i := range zc {
						zc[i] += b[c]
					}
				}
			}
		}
		visit(rows, z)
	}
}

func (r blockRows) sparseScores(z, w, b []float64) {
	o := r.o
	for i := range r.n {
		cols, vals := o.nonzeros(r.lo+i, r.buf)
		for c := range o.k {
			wc := w[c*o.cols : (c+1)*o.cols]
			s := 0.0
			for q, j := range cols {
				s += vals[q] * wc[j]
			}
			z[c*r.n+i] = s + b[c]
		}
	}
}

// addGradient adds Σ residual·x and Σ residual.
func (r blockRows) addGradient(s *sums, residual []float64) {
	o := r.o
	for c := range o.k {
		rc, g := residual[c*r.n:(c+1)*r.n], s.coef[c*o.cols:(c+1)*o.cols]
		for _, v := range rc {
			s.scores[c] += v
		}
		if !o.sparse() {
			linalg.AddMulTrans(g, r.data, r.n, o.cols, r.stride, rc)
			continue
		}
		for i, v := range rc {
			cols, vals := o.nonzeros(r.lo+i, r.buf)
			for q, j := range cols {
				g[j] += v * vals[q]
			}
		}
	}
}

// curvatures turns scores into weighted p(1-p), in place.
func (r blockRows) curvatures(z []float64) {
	o := r.o
	if o.k > 1 {
		for i := range r.n {
			softmaxStrided(z[i:], r.n, o.k)
		}
	}
	for c := range o.k {
		for i := range r.n {
			v := &z[c*r.n+i]
			wt := o.w(r.lo + i)
			switch {
			case wt == 0:
				*v = 0
			case o.k == 1:
				e := math.Exp(-math.Abs(*v))
				*v = wt * e / ((1 + e) * (1 + e))
			default:
				*v = wt * *v * (1 - *v)
			}
		}
	}
}
