package linear

import (
	"cmp"
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
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
	width := d.cols + len(targets) + 1 // the roots of the weights stand behind the targets, as a column of ones
	g := d.reduceGram(width, func(g []float64, lo, hi int) {
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

// guessCenter sets the centre to the means of rows taken at equal distances, as differences from the first of them: a column that
// is constant is shifted to zeros.
func (d *design) guessCenter() {
	const sample = 256
	buf, first, n := d.rowScratch(), -1, 0.0
	for s := range min(sample, d.rows) {
		i := s * d.rows / min(sample, d.rows)
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
