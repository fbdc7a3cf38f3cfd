package decomp

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// unmixing is the fixed-point iteration of FastICA in white rows.
type unmixing struct {
	contrast Contrast
	s        *sample
	k        int
	z        []float64 // rows x k
	w        []float64 // weights; nil: all 1
	total    float64
}

// bends are weighted sums over rows: of the first derivatives times the row, directions x k, and of the second derivatives.
type bends struct{ first, second []float64 }

// derive sums over all rows, in the given directions, count x k.
func (u *unmixing) derive(w []float64, count int) bends {
	k := u.k
	size := blockRows(k)
	all := par.Reduce(u.s.n, max((u.s.n+15)/16, size), func(_, lo, hi int) bends {
		sum := bends{make([]float64, count*k), make([]float64, count)}
		room := make([]float64, 3*size*count)
		for at := lo; at < hi; at += size {
			n := min(size, hi-at)
			y, first, second := room[:n*count], room[size*count:][:n*count], room[2*size*count:][:n*count]
			z := u.z[at*k : (at+n)*k]
			kern.Gemm(false, true, n, count, k, 1, z, k, w, k, 0, y, count)
			u.contrast.Derivatives(first, second, y)
			for i := range n {
				row, slope := first[i*count:(i+1)*count], second[i*count:(i+1)*count]
				if u.w == nil {
					for c, v := range slope {
						sum.second[c] += v
					}
					continue
				}
				weight := u.w[at+i]
				for c, v := range slope {
					sum.second[c] += float64(weight * v)
					row[c] *= weight
				}
			}
			kern.Gemm(true, false, count, k, n, 1, first, count, z, k, 1, sum.first, k)
		}
		return sum
	}, func(a, b bends) bends {
		addTo(a.first, b.first)
		addTo(a.second, b.second)
		return a
	})
	return all
}

// step is the next place of directions: the means of derivatives times rows, less those of second derivatives times the directions.
func (u *unmixing) step(w []float64, count int) []float64 {
	m := u.derive(w, count)
	for c := range count {
		slope := m.second[c] / u.total
		for j, v := range w[c*u.k : (c+1)*u.k] {
			at := &m.first[c*u.k+j]
			*at = *at/u.total - float64(slope*v)
		}
	}
	return m.first
}

// sources calls f with the sources of each row, in order.
func (u *unmixing) sources(w []float64, f func(i int, row []float64, weight float64)) {
	k := u.k
	size := blockRows(k)
	y := make([]float64, size*k)
	for at := 0; at < u.s.n; at += size {
		n := min(size, u.s.n-at)
		kern.Gemm(false, true, n, k, k, 1, u.z[at*k:(at+n)*k], k, w, k, 0, y, k)
		for i := range n {
			f(at+i, y[i*k:(i+1)*k], u.s.weight(at+i))
		}
	}
}

// together iterates on all directions, which are made orthogonal without any of them coming first.
func (u *unmixing) together(ctx context.Context, w []float64, most int, tol float64, info *ml.Info) ([]float64, error) {
	k := u.k
	w = orthogonal(w, k)
	info.Status = ml.MaxIter
	for w != nil && info.Iterations < most {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		info.Iterations++
		next := orthogonal(u.step(w, k), k)
		if next == nil {
			w = nil
			break
		}
		info.Gap = 0
		for c := range k {
			info.Gap = max(info.Gap, math.Abs(math.Abs(linalg.Dot(next[c*k:(c+1)*k], w[c*k:(c+1)*k]))-1))
		}
		w = next
		if info.Gap < tol {
			info.Status = ml.Converged
			break
		}
	}
	if w == nil {
		return []float64{math.NaN()}, nil
	}
	return w, nil
}

// orthogonal is (w·wᵀ)^-1/2·w, the orthogonal matrix that is nearest to w; nil if a number is not finite.
func orthogonal(w []float64, k int) []float64 {
	products := make([]float64, k*k)
	kern.Gemm(false, true, k, k, k, 1, w, k, w, k, 0, products, k)
	mirrorUpper(products, k) // the halves may round differently
	if !linalg.AllFinite(products) {
		return nil
	}
	values, z, ok := linalg.EigenSym(products, k, true)
	if !ok {
		return nil
	}
	scaled, root, out := make([]float64, k*k), make([]float64, k*k), make([]float64, k*k)
	for i := range k {
		for j, v := range values {
			scaled[i*k+j] = z[i*k+j] / math.Sqrt(max(v, 2.2250738585072014e-308))
		}
	}
	kern.Gemm(false, true, k, k, k, 1, scaled, k, z, k, 0, root, k)
	kern.Gemm(false, false, k, k, k, 1, root, k, w, k, 0, out, k)
	return out
}

// oneByOne finds one direction after the other, each at right angles to those before it.
func (u *unmixing) oneByOne(ctx context.Context, start []float64, most int, tol float64, info *ml.Info) ([]float64, error) {
	k := u.k
	found := make([]float64, 0, k*k)
	info.Status = ml.Converged
	for c := range k {
		w := append([]float64(nil), start[c*k:(c+1)*k]...)
		unit(w)
		gap, turns := math.Inf(1), 0
		for turns < most && !(gap < tol) {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
			turns++
			next := u.step(w, 1)
			shares := make([]float64, c)
			linalg.MulVec(shares, found, c, k, k, next)
			for b, v := range shares {
				linalg.Axpy(-v, found[b*k:(b+1)*k], next)
			}
			unit(next)
			gap = math.Abs(math.Abs(linalg.Dot(next, w)) - 1)
			w = next
			if !linalg.AllFinite(w) {
				return w, nil
			}
		}
		if !(gap < tol) {
			info.Status = ml.MaxIter
		}
		info.Iterations, info.Gap = max(info.Iterations, turns), max(info.Gap, gap)
		found = append(found, w...)
	}
	return found, nil
}
