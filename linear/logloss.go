package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// logLoss is the objective of logistic regression divided by the total weight. Parameters are, for each score, one coefficient for
// each column and, if there is an intercept, the score at the mean of the columns: measured there, intercepts and coefficients
// hardly depend on each other, wherever the columns lie.
type logLoss struct {
	*blockwise
	classes classes
	code    []int32 // the class of each row, among those seen
}

func newLogLoss(where string, x source, y []int, weight []float64, seen classes, intercept bool) (*logLoss, error) {
	rows, err := newBlockwise(where, x, weight, seen.scores(), intercept)
	if err != nil {
		return nil, err
	}
	o := &logLoss{blockwise: rows, classes: seen, code: make([]int32, len(y))}
	for i, c := range y {
		o.code[i] = int32(seen.index[c])
	}
	return o, nil
}

// sums are those of one pass over rows.
type sums struct {
	loss   float64
	coef   []float64 // Σ residual·x for each score
	scores []float64 // Σ residual for each score
}

// eval returns the objective and writes its gradient.
func (o *logLoss) eval(params, grad []float64) float64 {
	w, b := o.unpack(params)
	all := par.Reduce(o.rows, o.grain(1), func(_, lo, hi int) sums {
		s := sums{coef: make([]float64, o.k*o.cols), scores: make([]float64, o.k)}
		o.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			s.loss += o.residuals(rows.lo, z, rows.passScratch)
			rows.addGradient(&s, z)
		})
		return s
	}, func(a, b sums) sums {
		a.loss += b.loss
		linalg.Axpy(1, b.coef, a.coef)
		linalg.Axpy(1, b.scores, a.scores)
		return a
	})
	f := all.loss
	f += 0.5 * o.penalty * linalg.Dot(w, w)
	for c := range o.k {
		g, sum := grad[c*o.stride():], all.scores[c]
		for j := range o.cols {
			g[j] = (all.coef[c*o.cols+j] - o.center[j]*sum + o.penalty*w[c*o.cols+j]) / o.total
		}
		if o.fitted {
			g[o.cols] = sum / o.total
		}
	}
	return f / o.total
}

// residuals turns the scores of rows lo.. (k beside each other for each row) into weighted dloss/dscore, in place, and returns the
// weighted loss.
func (o *logLoss) residuals(lo int, z []float64, own *passScratch) float64 {
	if o.k == 1 {
		return o.binaryResiduals(lo, z, own)
	}
	loss := 0.0
	n := len(z) / o.k
	own.spare = slices.Grow(own.spare[:0], n)[:n]
	for i := range n {
		if y := int(o.code[lo+i]); y >= 0 { // -1, a class not seen, has weight 0
			own.spare[i] = z[i*o.k+y]
		}
	}
	norms := o.softmax(z, own)
	for i, norm := range norms {
		row, wt := z[i*o.k:(i+1)*o.k], o.w(lo+i)
		if wt == 0 {
			clear(row)
			continue
		}
		loss += wt * (norm - own.spare[i])
		if wt != 1 {
			for c := range row {
				row[c] *= wt
			}
		}
		row[o.code[lo+i]] -= wt
	}
	return loss
}

// binaryResiduals is residuals for two classes, where the loss of a row is log(1+exp(z)) - yz.
func (o *logLoss) binaryResiduals(lo int, z []float64, own *passScratch) float64 {
	own.spare = slices.Grow(own.spare[:0], 2*len(z))[:2*len(z)]
	e, l := own.spare[:len(z)], own.spare[len(z):]
	for i, v := range z {
		e[i] = -math.Abs(v)
	}
	kern.Exp(e, e)
	kern.Log1p(l, e)
	loss := 0.0
	for i, v := range z {
		y, wt := float64(o.code[lo+i]), o.w(lo+i)
		p := 1 / (1 + e[i])
		if v < 0 {
			p *= e[i]
		}
		if wt != 0 {
			loss += wt * (max(v, 0) + l[i] - y*v)
		}
		z[i] = wt * (p - y)
	}
	return loss
}

// softmax turns the k scores of each row into probabilities and returns the logs of their sums of exponentials.
func (o *blockwise) softmax(z []float64, own *passScratch) (norms []float64) {
	k := o.k
	n := len(z) / k
	own.norms = slices.Grow(own.norms[:0], 2*n)[:2*n]
	tops, sums := own.norms[:n], own.norms[n:]
	for i := range tops {
		row := z[i*k : (i+1)*k]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		for c := range row {
			row[c] -= top
		}
		tops[i] = top
	}
	kern.Exp(z, z)
	for i := range sums {
		row, sum := z[i*k:(i+1)*k], 0.0
		for _, v := range row {
			sum += v
		}
		sums[i] = sum
		scale := 1 / sum
		for c := range row {
			row[c] *= scale
		}
	}
	kern.Log(sums, sums)
	kern.Add(tops, tops, sums)
	return tops
}

// separates reports whether every training row scores highest in its own class.
func (o *logLoss) separates(params []float64) bool {
	w, b := o.unpack(params)
	return par.Reduce(o.rows, o.grain(1), func(_, lo, hi int) bool {
		ok := true
		o.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			for i := 0; ok && i < rows.n; i++ {
				if o.w(rows.lo+i) == 0 {
					continue
				}
				y := int(o.code[rows.lo+i])
				if o.k == 1 {
					ok = z[i]*float64(2*y-1) > 0
					continue
				}
				row := z[i*o.k : (i+1)*o.k]
				for c, v := range row {
					ok = ok && (c == y || v < row[y])
				}
			}
		})
		return ok
	}, func(a, b bool) bool { return a && b })
}
