package decomp

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// factors are W, n x k, and the transpose of H, p x k, of the rows of a sample. LeastSquares multiplies rows, and so those of W, by the root of their weight; the other divergences count rows by it.
type factors struct {
	s    *sample
	k    int
	w, h []float64
	mean float64 // of all numbers
}

// start is NNDSVDa, or random numbers.
func (c *NMF) start(where string, s *sample) (*factors, error) {
	f := &factors{s: s, k: c.Components, w: make([]float64, s.n*c.Components), h: make([]float64, s.p*c.Components)}
	for _, v := range s.means() {
		f.mean += v / float64(s.p)
	}
	if !(f.mean <= math.MaxFloat64) {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	if c.Random || c.Components > min(s.n, s.p) {
		size := math.Sqrt(f.mean / float64(f.k))
		rng.Normal(rng.New(c.Seed, 0), f.h, 0, size)
		rng.Normal(rng.New(c.Seed, 1), f.w, 0, size)
		for _, x := range [][]float64{f.w, f.h} {
			for i, v := range x {
				x[i] = math.Abs(v)
			}
		}
		return f, nil
	}
	d, ok := linalg.RandomizedSVD{Rank: f.k, Seed: c.Seed}.Solve(s.spread(nil))
	if !ok {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	for k := range f.k {
		f.positive(k, d)
	}
	f.weigh(-1) // the vectors are of rows times the root of their weight
	for _, x := range [][]float64{f.w, f.h} {
		for i, v := range x {
			if v < 1e-6 {
				x[i] = f.mean
			}
		}
	}
	return f, nil
}

// weigh multiplies rows of W by the roots of their weights, or divides them.
func (f *factors) weigh(power float64) {
	for i, v := range f.s.w {
		for k := range f.k {
			f.w[i*f.k+k] *= math.Pow(v, power/2)
		}
	}
}

// positive takes the positive or the negative parts of a pair of singular vectors, whichever are larger.
func (f *factors) positive(k int, d linalg.SVD) {
	var up, down, vp, vn float64
	for i := range f.s.n {
		u := d.U[i*f.k+k]
		up, down = up+square(max(u, 0)), down+square(min(u, 0))
	}
	for j := range f.s.p {
		v := d.V[j*f.k+k]
		vp, vn = vp+square(max(v, 0)), vn+square(min(v, 0))
	}
	sign, sigma := 1.0, math.Sqrt(up*vp)
	nu, nv := math.Sqrt(up), math.Sqrt(vp)
	if other := math.Sqrt(down * vn); other >= sigma {
		sign, sigma, nu, nv = -1, other, math.Sqrt(down), math.Sqrt(vn)
	}
	if k == 0 { // the first pair has one sign
		sign, sigma, nu, nv = 0, 1, 1, 1
	}
	if nu == 0 || nv == 0 {
		return
	}
	size := math.Sqrt(d.Values[k] * sigma)
	part := func(v float64) float64 {
		if sign == 0 {
			return math.Abs(v)
		}
		return max(sign*v, 0)
	}
	for i := range f.s.n {
		f.w[i*f.k+k] = size * part(d.U[i*f.k+k]) / nu
	}
	for j := range f.s.p {
		f.h[j*f.k+k] = size * part(d.V[j*f.k+k]) / nv
	}
}

func square(v float64) float64 { return float64(v * v) }

// penalties are the parts of those on the numbers of W and of H.
func (f *factors) penalties(c NMF) (l1W, l2W, l1H, l2H float64) {
	w, h := c.AlphaW*float64(f.s.p), c.AlphaH*f.s.total
	return w * c.L1, w * (1 - c.L1), h * c.L1, h * (1 - c.L1)
}

// gramOf is the products of the columns of x, rows of k numbers.
func gramOf(x []float64, k int) []float64 {
	g := make([]float64, k*k)
	linalg.AddGram(g, x, len(x)/k, k, k)
	mirrorUpper(g, k)
	return g
}

// least is what stands in for 0 where it would divide.
const least = 0x1p-52

// multiply is multiplicative updates.
func (f *factors) multiply(ctx context.Context, c NMF, info *ml.Info) error {
	l1W, l2W, l1H, l2H := f.penalties(c)
	first := f.loss(c.Loss)
	last := first
	info.Status = ml.MaxIter
	up, down := make([]float64, len(f.w)), make([]float64, len(f.w))
	upH, downH := make([]float64, len(f.h)), make([]float64, len(f.h))
	for it := range c.MaxIter {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		f.slopesOfRows(c.Loss, up, down)
		f.scale(c.Loss, f.w, up, down, l1W, l2W)
		f.slopesOfColumns(c.Loss, upH, downH)
		f.scale(c.Loss, f.h, upH, downH, l1H, l2H)
		info.Iterations = it + 1
		if (it+1)%10 == 0 {
			loss := f.loss(c.Loss)
			info.Loss = append(info.Loss, loss)
			if first > 0 {
				info.Gap = (last - loss) / first
			}
			if first <= 0 || c.Tol >= 0 && info.Gap < c.Tol {
				info.Status = ml.Converged
				return nil
			}
			last = loss
		}
	}
	return nil
}

// scale multiplies every number by the ratio of what pulls it up and what pulls it down.
func (f *factors) scale(loss Divergence, x, up, down []float64, l1, l2 float64) {
	par.For(len(x), 4, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d := down[i] + l1 + float64(l2*x[i])
			if d == 0 {
				d = least
			}
			ratio := up[i] / d
			if loss == ItakuraSaito {
				ratio = math.Sqrt(ratio)
			}
			if x[i] *= ratio; loss != LeastSquares && x[i] < least {
				x[i] = 0
			}
		}
	})
}

// pulls are what a number x of the data, where the product is y, counts in the slopes: up and down.
func (loss Divergence) pulls(x, y float64) (up, down float64) {
	y = max(y, least)
	if loss == KullbackLeibler {
		return x / y, 0 // down is 1 everywhere
	}
	return x / y / y, 1 / y
}

func (f *factors) slopesOfRows(loss Divergence, up, down []float64) {
	s, k := f.s, f.k
	var gram, sums []float64
	if loss == LeastSquares {
		gram = gramOf(f.h, k)
	} else {
		sums = columnSums(f.h, k, nil)
	}
	par.For(s.n, 1+4*k*s.perRow(), func(lo, hi int) {
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			w := f.w[i*k : (i+1)*k]
			u, d := up[i*k:(i+1)*k], down[i*k:(i+1)*k]
			clear(u)
			clear(d)
			cols, vals := s.x.NZ(s.at(i), &buf)
			slopes(loss, w, u, d, cols, vals, f.h, gram, sums)
		}
	})
}

// slopes are those of one row of shares w.
func slopes(loss Divergence, w, up, down []float64, cols []int32, vals, h, gram, sums []float64) {
	k := len(w)
	for a, j := range cols {
		part := h[int(j)*k : (int(j)+1)*k]
		u, d := vals[a], 0.0
		if loss != LeastSquares {
			u, d = loss.pulls(vals[a], linalg.Dot(w, part))
		}
		linalg.Axpy(u, part, up)
		if d != 0 {
			linalg.Axpy(d, part, down)
		}
	}
	switch loss {
	case LeastSquares:
		for r, v := range w {
			linalg.Axpy(v, gram[r*k:(r+1)*k], down)
		}
	case KullbackLeibler:
		copy(down, sums)
	}
}

func (f *factors) slopesOfColumns(loss Divergence, up, down []float64) {
	s, k := f.s, f.k
	both := par.Reduce(s.n, max((s.n+7)/8, 64), func(_, lo, hi int) []float64 {
		sum := make([]float64, 2*s.p*k)
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			w := f.w[i*k : (i+1)*k]
			cols, vals := s.x.NZ(s.at(i), &buf)
			for a, j := range cols {
				at := int(j) * k
				u, d := vals[a], 0.0
				if loss != LeastSquares {
					u, d = loss.pulls(vals[a], linalg.Dot(w, f.h[at:at+k]))
				}
				linalg.Axpy(u*s.weight(i), w, sum[at:at+k])
				if d != 0 {
					linalg.Axpy(d*s.weight(i), w, sum[s.p*k+at:s.p*k+at+k])
				}
			}
		}
		return sum
	}, addTo)
	copy(up, both[:s.p*k])
	copy(down, both[s.p*k:])
	switch loss {
	case LeastSquares:
		weighted := f.w
		if s.w != nil {
			weighted = append([]float64(nil), f.w...)
			for i := range weighted {
				weighted[i] *= math.Sqrt(s.w[i/k])
			}
		}
		gram := gramOf(weighted, k)
		for j := range s.p {
			for r, v := range f.h[j*k : (j+1)*k] {
				linalg.Axpy(v, gram[r*k:(r+1)*k], down[j*k:(j+1)*k])
			}
		}
	case KullbackLeibler:
		sums := columnSums(f.w, k, s.w)
		for j := range s.p {
			copy(down[j*k:(j+1)*k], sums)
		}
	}
}

func columnSums(x []float64, k int, weight []float64) []float64 {
	sums := make([]float64, k)
	for i := 0; i < len(x); i += k {
		w := 1.0
		if weight != nil {
			w = weight[i/k]
		}
		linalg.Axpy(w, x[i:i+k], sums)
	}
	return sums
}

// loss is the divergence of the rows from the product.
func (f *factors) loss(loss Divergence) float64 {
	s, k := f.s, f.k
	sums := columnSums(f.h, k, nil)
	return par.Reduce(s.n, 256, func(_, lo, hi int) float64 {
		sum, row, product := 0.0, make([]float64, s.p), make([]float64, s.p)
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			w := f.w[i*k : (i+1)*k]
			part := 0.0
			switch loss {
			case KullbackLeibler: // the product's sum is known, and its logarithms count where the data are not 0
				part = linalg.Dot(w, sums)
				cols, vals := s.x.NZ(s.at(i), &buf)
				for a, j := range cols {
					if x := vals[a]; x > 0 {
						y := max(linalg.Dot(w, f.h[int(j)*k:(int(j)+1)*k]), least)
						part += float64(x*math.Log(x/y)) - x
					}
				}
			default:
				for j, x := range s.x.Row(s.at(i), row) {
					product[j] = linalg.Dot(w, f.h[j*k:(j+1)*k])
					if loss == ItakuraSaito {
						r := x / max(product[j], least)
						part += r - math.Log(r) - 1
					} else {
						part += square(x-product[j]) / 2
					}
				}
			}
			sum += float64(s.weight(i) * part)
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}
