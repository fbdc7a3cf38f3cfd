package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/linalg"
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
	entries       rows.Entries
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
			for c := range o.k {
				zc := z[c*rows.n : (c+1)*rows.n]
				linalg.MulVec(zc, rows.data, rows.n, o.cols, o.cols, w[c*o.cols:(c+1)*o.cols])
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
		cols, vals := o.x.NZ(r.lo+i, &r.entries)
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
			linalg.AddMulTrans(g, r.data, r.n, o.cols, o.cols, rc)
			continue
		}
		for i, v := range rc {
			cols, vals := o.x.NZ(r.lo+i, &r.entries)
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
