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
	classes   classes
	code      []int32    // the class of each row, among those seen
	penalized bool       // the coefficients of all classes are determined, and not only their differences
	sampled   bool       // the fit begins from that of a sample
	along     *alongPath // what one fit leaves to the next, for another penalty; nil: nothing
	last      struct {   // what eval saw where it was called last, of two classes
		params    []float64
		separates bool
	}
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
	wrong  bool      // some row does not score highest in its own class; only told of two classes
	coef   []float64 // Σ residual·x for each score
	scores []float64 // Σ residual for each score
}

// eval returns the objective and writes its gradient.
func (o *logLoss) eval(params, grad []float64) float64 {
	w, b := o.unpack(params)
	all := par.Reduce(o.rows, o.grain(1), func(_, lo, hi int) sums {
		s := sums{coef: make([]float64, o.k*o.cols), scores: make([]float64, o.k)}
		o.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			if o.k == 1 {
				loss, wrong := o.binaryResiduals(rows.lo, z, rows.passScratch)
				s.loss, s.wrong = s.loss+loss, s.wrong || wrong
			} else {
				s.loss += o.residuals(rows.lo, z, rows.passScratch)
			}
			rows.addGradient(&s, z)
		})
		return s
	}, func(a, b sums) sums {
		a.loss, a.wrong = a.loss+b.loss, a.wrong || b.wrong
		linalg.Axpy(1, b.coef, a.coef)
		linalg.Axpy(1, b.scores, a.scores)
		return a
	})
	o.last.params, o.last.separates = append(o.last.params[:0], params...), !all.wrong
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

// binaryResiduals is residuals for two classes, where the loss of a row is log(1+exp(-m)) for the margin m, the score with the sign of
// the class. It also says whether some margin is not positive. Nothing branches on the sign: it is anyone's guess.
func (o *logLoss) binaryResiduals(lo int, z []float64, own *passScratch) (loss float64, wrong bool) {
	own.spare = slices.Grow(own.spare[:0], 2*len(z))[:2*len(z)]
	e, l := own.spare[:len(z)], own.spare[len(z):]
	for i, v := range z {
		e[i] = -math.Abs(v)
	}
	kern.Exp(e, e)
	kern.Log1p(l, e)
	const one = 0x3ff0_0000_0000_0000 // the bits of 1
	code := o.code[lo : lo+len(z)]
	var sign int64
	for i, v := range z {
		y := float64(2*code[i] - 1)
		m := y*v + 0                              // not -0
		below := int64(math.Float64bits(m)) >> 63 // all ones where m < 0
		num := math.Float64frombits(math.Float64bits(e[i])&^uint64(below) | one&uint64(below))
		q := num / (1 + e[i]) // the probability of the other class
		part := l[i] + 0.5*(math.Abs(m)-m)
		z[i] = -y * q
		if o.weight != nil {
			wt := o.weight[lo+i]
			if wt == 0 {
				z[i] = 0
				continue
			}
			part *= wt
			z[i] *= wt
		}
		loss += part
		sign |= int64(math.Float64bits(m)) - 1 // negative if m is, or 0
	}
	return loss, sign < 0
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
	if o.k == 1 && slices.Equal(params, o.last.params) {
		return o.last.separates
	}
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
