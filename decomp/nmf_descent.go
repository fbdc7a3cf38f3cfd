package decomp

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Coordinate descent for NMF. Every row of W is a problem of its own with the products of H's columns as its Gram matrix, and so is every row of H's transpose with those of W's; kern.Descend takes many of them abreast, for which they are
// turned so that a problem is a column.

// abreast is how many rows are descended at a time: with the data's rows of as many columns, they stay in the second-level cache between the products before and after.
const abreast = 4 * kern.Abreast

// descend is coordinate descent.
func (f *factors) descend(ctx context.Context, c NMF, info *ml.Info) error {
	a := f.s.spread(nil)
	l1W, l2W, l1H, l2H := f.penalties(c)
	first := 0.0
	info.Status = ml.MaxIter
	f.weigh(1)
	defer f.weigh(-1)
	pass := f.densePass
	if _, ok := a.(linalg.Dense); !ok {
		pass = f.sparsePass
	}
	for it := range c.MaxIter {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		moved, xw, gram := pass(a, newSweeper(gramOf(f.h, f.k), f.k, l1W, l2W))
		moved += newSweeper(gram, f.k, l1H, l2H).rows(f.h, xw, nil)
		if it == 0 {
			first = moved
		}
		info.Iterations = it + 1
		if first > 0 {
			info.Gap = moved / first
		}
		if first == 0 || info.Gap <= c.Tol {
			info.Status = ml.Converged
			return nil
		}
	}
	return nil
}

// sparsePass moves W, and returns the size of the projected gradient that it met, the products of the data's columns with W, p x k, and those of W's columns.
func (f *factors) sparsePass(a linalg.Operator, d *sweeper) (moved float64, xw, gram []float64) {
	block := a.(linalg.BlockOperator)
	xh, xw := make([]float64, len(f.w)), make([]float64, len(f.h))
	block.MulBlock(xh, f.h, f.k)
	moved = d.rows(f.w, xh, f.s.w)
	block.MulTransBlock(xw, f.w, f.k)
	return moved, xw, gramOf(f.w, f.k)
}

// densePass is sparsePass with the data in one pass, some rows at a time: they are read from memory once for both products.
func (f *factors) densePass(op linalg.Operator, d *sweeper) (moved float64, xw, gram []float64) {
	a, k, p := op.(linalg.Dense), f.k, f.s.p
	type part struct {
		xw, gram []float64 // k x p and k x k
		moved    float64
	}
	all := par.Reduce(f.s.n, max((f.s.n+7)/8, abreast), func(_, lo, hi int) part {
		sum := part{xw: make([]float64, k*p), gram: make([]float64, k*k)}
		room, xh := d.room(), make([]float64, abreast*k)
		for at := lo; at < hi; at += abreast {
			end := min(at+abreast, hi)
			x := a.Data[at*a.Stride:]
			kern.Gemm(false, false, end-at, k, p, 1, x, a.Stride, f.h, k, 0, xh, k)
			sum.moved += room.sweep(f.w[at*k:end*k], xh, weightsOf(f.s.w, at, end))
			kern.Gemm(false, false, k, p, end-at, 1, room.x, abreast, x, a.Stride, 1, sum.xw, p)
			kern.Gemm(false, true, k, k, end-at, 1, room.x, abreast, room.x, abreast, 1, sum.gram, k)
		}
		return sum
	}, func(a, b part) part {
		addTo(a.xw, b.xw)
		addTo(a.gram, b.gram)
		a.moved += b.moved
		return a
	})
	xw = make([]float64, p*k)
	for t := range k {
		for j, v := range all.xw[t*p : (t+1)*p] {
			xw[j*k+t] = v
		}
	}
	return all.moved, xw, all.gram
}

func weightsOf(w []float64, lo, hi int) []float64 {
	if w == nil {
		return nil
	}
	return w[lo:hi]
}

// sweeper is what the problems of all rows share.
type sweeper struct {
	k             int
	gram, inverse []float64
	l1            float64
}

// newSweeper keeps gram.
func newSweeper(gram []float64, k int, l1, l2 float64) *sweeper {
	d := &sweeper{k: k, gram: gram, inverse: make([]float64, k), l1: l1}
	for i := range k {
		gram[i*k+i] += l2
		if v := 1 / gram[i*k+i]; v <= math.MaxFloat64 { // where nothing bends the loss, the number stays
			d.inverse[i] = v
		}
	}
	return d
}

// rows moves every number of every row of x to where the loss is least, in turn, and returns the size of the projected gradient that it met. xy are products with the data. weight are those of the rows, whose roots the rows are multiplied by.
func (d *sweeper) rows(x, xy, weight []float64) float64 {
	k := d.k
	return par.Reduce(len(x)/k, 512, func(_, lo, hi int) float64 {
		room, sum := d.room(), 0.0
		for at := lo; at < hi; at += abreast {
			end := min(at+abreast, hi)
			sum += room.sweep(x[at*k:end*k], xy[at*k:], weightsOf(weight, at, end))
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}

// sweepRoom is where a few rows are turned.
type sweepRoom struct {
	*sweeper
	x, b []float64 // k x abreast
}

func (d *sweeper) room() *sweepRoom {
	return &sweepRoom{d, make([]float64, d.k*abreast), make([]float64, d.k*abreast)}
}

// sweep is rows for at most so many of them, which it leaves turned in r.x, and zeros beside them.
func (r *sweepRoom) sweep(x, xy, weight []float64) float64 {
	k, sum := r.k, 0.0
	n := len(x) / k
	var roots [abreast]float64 // of weights: the penalty's slope is multiplied as the rows are
	for i := range n {
		roots[i] = 1
		if weight != nil {
			roots[i] = math.Sqrt(weight[i])
		}
	}
	for t := range k {
		to, b := r.x[t*abreast:(t+1)*abreast], r.b[t*abreast:(t+1)*abreast]
		for i := range n {
			to[i], b[i] = x[i*k+t], xy[i*k+t]-float64(r.l1*roots[i])
		}
		clear(to[n:])
		clear(b[n:])
	}
	for at := 0; at < n; at += kern.Abreast {
		var met [kern.Abreast]float64
		kern.Descend(k, r.x[at:], r.b[at:], abreast, r.gram, r.inverse, met[:])
		for i, v := range met[:min(kern.Abreast, n-at)] {
			sum += float64(roots[at+i] * v)
		}
	}
	for t := range k {
		for i, v := range r.x[t*abreast : t*abreast+n] {
			x[i*k+t] = v
		}
	}
	return sum
}
