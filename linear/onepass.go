package linear

import (
	"cmp"
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// newGramDesign is newDesign for a method that begins with the Gram matrix of dense rows: one pass over the rows gives the means and
// the matrix. The rows are shifted by the means of a few of them; what that leaves of the true means is taken out of the sums
// afterwards, which costs no digits as long as it is small beside the spread of the column. Where it is not, the matrix is left for a
// second pass.
func newGramDesign(ctx context.Context, where string, table ml.Table, targets [][]float64, intercept, positive bool) (*design, error) {
	d := blankDesign(&design{source: newSource(table.X), weight: table.Weight, targets: targets, fitted: intercept})
	if positive || d.sparse() || d.cols > d.rows { // those have other methods
		if err := checkNumbers(where, table); err != nil {
			return nil, err
		}
		return newDesign(where, table, targets, intercept)
	}
	if d.weight != nil { // rows of weight 0 add nothing to the sums that would tell
		if err := checkNumbers(where, table); err != nil {
			return nil, err
		}
	}
	if intercept {
		d.guessCenter()
	}
	if d.level = d.x.InBlocks() && d.weight == nil && d.nearZero(); d.level {
		clear(d.center)
		d.setShift()
	}
	width := d.cols + len(targets) + 1 // the roots of the weights stand behind the targets, as a column of ones
	g := d.reduceGram(width, func(g []float64, lo, hi int) {
		if d.level {
			d.addLevelGram(ctx, g, lo, hi)
			return
		}
		d.centeredBlocks(lo, hi, 1, func(rows []float64, stride int, roots []float64) bool {
			for i, root := range roots {
				rows[i*stride+width-1] = root
			}
			linalg.AddGram(g, rows, len(roots), width, stride)
			return ctx.Err() == nil
		})
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	d.settle(g, width)
	if err := d.check(where); err != nil {
		return nil, cmp.Or(checkNumbers(where, table), err) // which number it is, or that they are too large
	}
	return d, nil
}

// centerSample is the number of rows that guessCenter takes.
const centerSample = 256

// guessCenter sets the centre to the means of rows taken at equal distances, as differences from the first of them: a column that
// is constant is shifted to zeros.
func (d *design) guessCenter() {
	buf, first, n := d.rowScratch(), -1, 0.0
	for s := range min(centerSample, d.rows) {
		i := s * d.rows / min(centerSample, d.rows)
		if d.w(i) == 0 {
			continue
		}
		x := d.row(i, buf)
		n++
		if first < 0 {
			first = i
			copy(d.center, x)
			for t, y := range d.targets {
				d.offset[t] = y[i]
			}
			continue
		}
		for j, v := range x {
			d.center[j] += (v - d.center[j]) / n
		}
		for t, y := range d.targets {
			d.offset[t] += (y[i] - d.offset[t]) / n
		}
	}
	d.setShift()
}

// nearZero says that the means are small beside the spreads in those rows that guessCenter took, so that nothing is lost without a shift.
func (d *design) nearZero() bool {
	if !d.fitted {
		return true
	}
	const small = 0.05
	n := min(centerSample, d.rows)
	spread, buf := make([]float64, d.cols), d.rowScratch()
	for s := range n {
		for j, v := range d.row(s*d.rows/n, buf) {
			v -= d.center[j]
			spread[j] += v * v
		}
	}
	for j, c := range d.center {
		if !(c*c*float64(n) <= small*spread[j]) {
			return false
		}
	}
	return true
}

// addLevelGram adds the products of [X Y 1] for rows lo..hi-1, with X where it lies.
func (d *design) addLevelGram(ctx context.Context, g []float64, lo, hi int) {
	p, tail := d.cols, len(d.targets)+1
	width := p + tail
	length := min(blockLength(p), hi-lo)
	rows, sums := make([]float64, tail*length), make([]float64, tail*p)
	for ; lo < hi && ctx.Err() == nil; lo += length {
		n := min(length, hi-lo)
		x := d.x.Block(lo, lo+n, nil)
		kern.Sum(x) // read from end to end once: the memory likes that better than the order of the products
		for i := range n {
			for t, y := range d.targets {
				rows[t*length+i] = y[lo+i] - d.offset[t]
			}
			rows[(tail-1)*length+i] = 1
		}
		kern.Syrk(true, p, n, 1, x, p, 1, g, width)
		kern.Gemm(false, false, tail, p, n, 1, rows, length, x, p, 1, sums, p)
		for t := range tail {
			for u := t; u < tail; u++ {
				g[(p+t)*width+p+u] += kern.Dot(rows[t*length:t*length+n], rows[u*length:u*length+n])
			}
		}
	}
	for t := range tail {
		for j, v := range sums[t*p : (t+1)*p] {
			g[j*width+p+t] += v
		}
	}
}

// settle makes means, sizes and, if no digits are lost, the centred Gram matrix of the one of shifted rows, [X Y 1].
func (d *design) settle(g []float64, width int) {
	k := width - 1
	d.total = g[k*width+k]
	exact := true
	offCenter := make([]float64, k) // what is left of the means
	for j := range k {
		sum, square := g[j*width+k], g[j*width+j]
		offCenter[j] = sum / d.total
		const small = 0.25
		exact = exact && sum*offCenter[j] <= small*square
		if j < d.cols {
			c := d.center[j]
			d.size[j] = math.Sqrt(max(square+c*(2*sum+c*d.total), 0))
		}
	}
	if d.fitted {
		linalg.Axpy(1, offCenter[:d.cols], d.center)
		linalg.Axpy(1, offCenter[d.cols:], d.offset)
		d.setShift()
		if !exact {
			return
		}
	}
	d.known = make([]float64, k*k)
	for i := range k {
		row := d.known[i*k+i : (i+1)*k]
		copy(row, g[i*width+i:])
		if d.fitted {
			linalg.Axpy(-d.total*offCenter[i], offCenter[i:], row)
		}
	}
}
