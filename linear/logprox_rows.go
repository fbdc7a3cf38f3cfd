package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// softRows is what a fit knows of the rows at its present scores. Weights are divided by their total, so that sums are means.
type softRows struct {
	*logLoss
	z    []float64 // rows x k: scores
	p    []float64 // rows x k: probabilities; that of class 1 if there is one score
	res  []float64 // rows x k: what the data pull at each score, w·(y - p)
	h    []float64 // rows: w·p·(1-p), if there is one score
	loss float64   // the mean loss
	off  []float64 // k: the sums of res, zero at the optimum of the intercepts
	bend []float64 // k x k: the second derivatives of the loss by the intercepts
}

func newSoftRows(o *logLoss) softRows {
	r := softRows{logLoss: o, z: make([]float64, o.rows*o.k), p: make([]float64, o.rows*o.k), res: make([]float64, o.rows*o.k)}
	if o.k == 1 {
		r.h = make([]float64, o.rows)
	}
	return r
}

// share is the weight of a row over that of all.
func (r *softRows) share(i int) float64 { return r.w(i) / r.total }

// rowSums are those of one look at the scores.
type rowSums struct {
	loss      float64
	off, bend []float64
}

// evaluate fills everything else from the scores.
func (r *softRows) evaluate() {
	all := par.Reduce(r.rows, grain(r.rows, 10*r.k*(r.k+2)), func(_, lo, hi int) rowSums {
		s := rowSums{off: make([]float64, r.k), bend: make([]float64, r.k*r.k)}
		const run = 1024
		for ; lo < hi; lo += run {
			if r.k == 1 {
				r.evaluateBinary(&s, lo, min(lo+run, hi))
			} else {
				r.evaluateSoftmax(&s, lo, min(lo+run, hi))
			}
		}
		return s
	}, func(a, b rowSums) rowSums {
		return rowSums{a.loss + b.loss, addInto(a.off, b.off), addInto(a.bend, b.bend)}
	})
	r.loss, r.off, r.bend = all.loss, all.off, all.bend
}

func (r *softRows) evaluateBinary(s *rowSums, lo, hi int) {
	z, p, res, h := r.z[lo:hi], r.p[lo:hi], r.res[lo:hi], r.h[lo:hi]
	for i, v := range z {
		p[i] = -math.Abs(v)
	}
	kern.Exp(h, p)
	kern.Log1p(res, h)
	for i, v := range z {
		e, tail, w := h[i], res[i], r.share(lo+i)
		small, large := e/(1+e), 1/(1+e)
		one, two := large, small // the probabilities of classes 1 and 0
		if v < 0 {
			one, two = small, large
		}
		p[i] = one
		margin := v
		if r.code[lo+i] == 1 {
			res[i] = w * two
		} else {
			res[i] = -w * one
			margin = -v
		}
		if w == 0 { // its code may be of a class not seen, its score infinite
			res[i], h[i] = 0, 0
			continue
		}
		h[i] = w * small * large
		s.loss += w * (tail + max(-margin, 0))
		s.off[0] += res[i]
		s.bend[0] += h[i]
	}
}

func (r *softRows) evaluateSoftmax(s *rowSums, lo, hi int) {
	k := r.k
	own, ok := r.pool.Get().(*passScratch)
	if !ok {
		own = new(passScratch)
	}
	defer r.pool.Put(own)
	p := r.p[lo*k : hi*k]
	copy(p, r.z[lo*k:hi*k])
	norms := r.softmax(p, own)
	for i, norm := range norms {
		row, res, w := p[i*k:(i+1)*k], r.res[(lo+i)*k:(lo+i+1)*k], r.share(lo+i)
		if w == 0 {
			clear(res)
			continue
		}
		y := int(r.code[lo+i])
		s.loss += w * (norm - r.z[(lo+i)*k+y])
		for c, v := range row {
			res[c] = -w * v
		}
		res[y] += w
		for c, v := range row {
			s.off[c] += res[c]
			bend := s.bend[c*k : (c+1)*k]
			wv := w * v
			for l := range c {
				bend[l] -= wv * row[l]
			}
			bend[c] += wv * (1 - v)
		}
	}
}

// curve is w·p·(1-p) of a row and a score.
func (r *softRows) curve(i, c int) float64 {
	if r.k == 1 {
		return r.h[i]
	}
	p := r.p[i*r.k+c]
	return r.share(i) * p * (1 - p)
}

// settle moves the intercepts, shift, to their optimum for the coefficients that the scores came from, by Newton's method with halved steps.
func (r *softRows) settle(shift []float64) {
	r.evaluate()
	if !r.fitted {
		return
	}
	const enough, most, far = 1e-15, 50, 4
	for range most {
		off := linalg.MaxAbs(r.off)
		if !(off > enough) {
			return
		}
		step := slices.Clone(r.off)
		newBend(r.bend, r.k).solve(step)
		if size := linalg.MaxAbs(step); size > far {
			kern.Scal(far/size, step, step)
		}
		before := r.loss
		r.move(shift, step)
		for range 30 {
			if r.loss <= before*(1+1e-14) {
				break
			}
			kern.Scal(-0.5, step, step)
			r.move(shift, step)
			kern.Scal(-1, step, step)
		}
		const small = 1e-12
		if off < small && linalg.MaxAbs(r.off) > off/2 {
			return // rounding
		}
	}
}

// move adds to the intercepts.
func (r *softRows) move(shift, step []float64) {
	linalg.Axpy(1, step, shift)
	k := r.k
	par.For(r.rows, k, func(lo, hi int) {
		for i := lo * k; i < hi*k; i += k {
			for c, v := range step {
				r.z[i+c] += v
			}
		}
	})
	r.evaluate()
}

// bend is the inverse of the second derivatives by the intercepts, on the directions that change anything: with several scores it does not
// matter what all of them have in common.
type bend struct {
	k    int
	chol *linalg.Cholesky
}

// newBend reads the lower half.
func newBend(lower []float64, k int) bend {
	trace := 0.0
	for c := range k {
		trace += lower[c*k+c]
	}
	const least = 1e-300
	trace = max(trace, least)
	for raise := 0.0; ; raise = max(10*raise, 1e-15) {
		a := make([]float64, k*k)
		for c := range k {
			for l := range c + 1 {
				a[l*k+c] = lower[c*k+l]
				if k > 1 {
					a[l*k+c] += trace / float64(k*k)
				}
			}
			a[c*k+c] += raise * trace
		}
		if chol := linalg.NewCholesky(a, k); chol != nil {
			return bend{k, chol}
		}
	}
}

func (b bend) solve(x []float64) { b.chol.Solve(x) }

// divergence is what the mean loss of the rows contributes to the duality gap if the residuals are shrunk by scale to become feasible: the mean
// divergence of Kullback and Leibler of the probabilities from those shrunk towards the class of the row.
func (r *softRows) divergence(scale float64) float64 {
	if scale >= 1 {
		return 0
	}
	logScale := math.Log(scale)
	return par.Reduce(r.rows, grain(r.rows, 30), func(_, lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			w := r.share(i)
			if w == 0 {
				continue
			}
			hit, miss := r.hit(i, w)
			if miss == 0 {
				continue
			}
			if scale == 0 {
				sum -= w * math.Log(hit)
				continue
			}
			t := (1 - scale) * miss
			sum += w * max(scale*miss*logScale+(hit+t)*math.Log1p(t/hit), 0)
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}

// hit returns the probability of the class of row i, and that of the others, which keeps its digits.
func (r *softRows) hit(i int, w float64) (hit, miss float64) {
	if r.k == 1 {
		miss = math.Abs(r.res[i]) / w
		if r.code[i] == 1 {
			return r.p[i], miss
		}
		return 1 - r.p[i], miss
	}
	y := i*r.k + int(r.code[i])
	return r.p[y], r.res[y] / w
}

// separated says that every row scores highest in its own class.
func (r *softRows) separated() bool {
	return par.Reduce(r.rows, grain(r.rows, 2*r.k), func(_, lo, hi int) bool {
		for i := lo; i < hi; i++ {
			if r.w(i) == 0 {
				continue
			}
			y := int(r.code[i])
			if r.k == 1 {
				if !(r.z[i]*float64(2*y-1) > 0) {
					return false
				}
				continue
			}
			row := r.z[i*r.k : (i+1)*r.k]
			for c, v := range row {
				if c != y && !(v < row[y]) {
					return false
				}
			}
		}
		return true
	}, func(a, b bool) bool { return a && b })
}
