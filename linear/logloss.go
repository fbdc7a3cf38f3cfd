package linear

import (
	"math"
	"sync"

	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// logLoss is the objective of logistic regression divided by the total weight. Parameters are, for each score, one coefficient for
// each column and, if there is an intercept, the score at the mean of the columns: measured there, intercepts and coefficients
// hardly depend on each other, wherever the columns lie.
type logLoss struct {
	source
	classes classes
	k       int       // scores: 1 for two classes, else the classes seen
	code    []int32   // the class of each row, among those seen
	weight  []float64 // nil: ones
	total   float64
	penalty float64    // 1/C
	fitted  bool       // there are intercepts
	center  []float64  // column means; zeros without intercepts
	spread  []float64  // standard deviations, or what stands for them in constant columns
	pool    *sync.Pool // of *passScratch
}

func newLogLoss(where string, x source, y []int, weight []float64, seen classes, intercept bool) (*logLoss, error) {
	moments := (&design{source: x, weight: weight}).moments()
	o := &logLoss{source: x, classes: seen, k: seen.scores(), code: make([]int32, len(y)), weight: weight, total: moments.total, fitted: intercept,
		pool: new(sync.Pool), center: make([]float64, x.cols), spread: make([]float64, x.cols)}
	for i, c := range y {
		o.code[i] = int32(seen.index[c])
	}
	for j := range o.spread {
		mean, square := moments.sums[j]/o.total, moments.squares[j]/o.total
		if intercept {
			o.center[j] = mean
			const constant = 1e-14 // of the mean square: rounding
			if v := square - mean*mean; v > constant*square {
				square = v
			}
		}
		o.spread[j] = math.Sqrt(square)
		if o.spread[j] == 0 {
			o.spread[j] = 1
		}
	}
	if !linalg.AllFinite(o.spread) || !linalg.AllFinite(o.center) {
		return nil, tooLarge(where)
	}
	return o, nil
}

// stride is the number of parameters of one score.
func (o *logLoss) stride() int {
	if o.fitted {
		return o.cols + 1
	}
	return o.cols
}

func (o *logLoss) size() int { return o.k * o.stride() }

func (o *logLoss) w(i int) float64 {
	if o.weight == nil {
		return 1
	}
	return o.weight[i]
}

// unpack returns coefficients, score by score, and intercepts for x as it is.
func (o *logLoss) unpack(params []float64) (w, b []float64) {
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
			s.loss += o.residuals(rows.lo, z)
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

// gap is the largest component of the gradient with the columns in units of their spread.
func (o *logLoss) gap(grad []float64) float64 {
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

// residuals turns the scores of rows lo.. into weighted dloss/dscore, in place, and returns the weighted loss. z holds the rows of
// one score after those of the one before.
func (o *logLoss) residuals(lo int, z []float64) float64 {
	n := len(z) / o.k
	loss := 0.0
	if o.k == 1 {
		return o.binaryResiduals(lo, z)
	}
	for i := range n {
		wt, y := o.w(lo+i), int(o.code[lo+i])
		if wt == 0 {
			for c := range o.k {
				z[c*n+i] = 0
			}
			continue
		}
		own := z[y*n+i]
		norm := softmaxStrided(z[i:], n, o.k)
		loss += wt * (norm - own)
		for c := range o.k {
			z[c*n+i] *= wt
		}
		z[y*n+i] -= wt
	}
	return loss
}

// binaryResiduals is residuals for two classes, where the loss of a row is log(1+exp(z)) - yz. Rows of equal weight share one logarithm,
// of the product of their 1+exp(-|z|); where that is close to 1 a series keeps the digits.
func (o *logLoss) binaryResiduals(lo int, z []float64) float64 {
	loss, product, shared := 0.0, 1.0, 1.0
	for i, v := range z {
		y, wt := float64(o.code[lo+i]), o.w(lo+i)
		e := math.Exp(-math.Abs(v))
		p, own := e/(1+e), -y*v
		if v >= 0 {
			p, own = 1/(1+e), v-y*v
		}
		const small, large = 1e-3, 1e280
		switch {
		case e < small:
			own += e * (1 - e*(1./2-e*(1./3-e*(1./4-e/5))))
		case wt == shared && product < large:
			product *= 1 + e
		default:
			loss += shared * math.Log(product)
			product, shared = 1+e, wt
		}
		loss += wt * own
		z[i] = wt * (p - y)
	}
	return loss + shared*math.Log(product)
}

// softmaxStrided turns the k numbers z[0], z[n], z[2n].. into probabilities and returns the log of their sum of exponentials.
func softmaxStrided(z []float64, n, k int) float64 {
	top := z[0]
	for c := 1; c < k; c++ {
		top = max(top, z[c*n])
	}
	sum := 0.0
	for c := range k {
		e := math.Exp(z[c*n] - top)
		z[c*n] = e
		sum += e
	}
	for c := range k {
		z[c*n] /= sum
	}
	return top + math.Log(sum)
}

// separates reports whether every training row scores highest in its own class.
func (o *logLoss) separates(params []float64) bool {
	w, b := o.unpack(params)
	return par.Reduce(o.rows, o.grain(1), func(_, lo, hi int) bool {
		ok := true
		o.blocks(lo, hi, w, b, func(rows blockRows, z []float64) {
			n := rows.n
			for i := 0; ok && i < n; i++ {
				if o.w(rows.lo+i) == 0 {
					continue
				}
				y := int(o.code[rows.lo+i])
				if o.k == 1 {
					ok = z[i]*float64(2*y-1) > 0
					continue
				}
				for c := range o.k {
					ok = ok && (c == y || z[c*n+i] < z[y*n+i])
				}
			}
		})
		return ok
	}, func(a, b bool) bool { return a && b })
}
