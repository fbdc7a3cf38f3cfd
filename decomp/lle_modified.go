package decomp

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// modified makes the forms of modified LLE. A row has as many weights as its neighbourhood has directions in which it hardly spreads, by a bound that all rows share; they lie about the weights of
// the standard method. With P the projection on those directions, s their number, α the length of P·1 over √s and w the standard weights, the weights W have W·Wᵀ = P + (1-α)/α·(P·1·wᵀ + w·1ᵀ·P) + (1-α)²·s·w·wᵀ
// and W·1 = P·1/α + (1-α)·s·w, whatever basis is taken.
func (a *alignment) modified() bool {
	_, d := a.x.Dims()
	k, c := a.k, a.c.Components
	kinds := min(d, k) // eigenvalues that may not be 0
	values, vectors, weights := make([][]float64, a.n), make([][]float64, a.n), make([][]float64, a.n)
	ratio := make([]float64, a.n)
	fine := make([]bool, a.n)
	par.For(a.n, k*k*(4*k+d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			off := a.offsets(i, a.x.Row(i))
			gram := make([]float64, k*k)
			weights[i] = make([]float64, k)
			if !barycentre(weights[i], gram, off, k, d, a.c.Regularization) {
				continue
			}
			products(gram, off, k, d)
			rising, z, ok := linalg.EigenSym(gram, k, true)
			if !ok {
				continue
			}
			slices.Reverse(rising)
			values[i], vectors[i] = rising, z
			most, rest := 0.0, 0.0
			for j, v := range rising[:kinds] {
				rising[j] = max(v, 0)
				if j < c {
					most += rising[j]
				} else {
					rest += rising[j]
				}
			}
			if ratio[i] = 0; most > 0 {
				ratio[i] = rest / most
			}
			fine[i] = true
		}
	})
	for _, ok := range fine {
		if !ok {
			return false
		}
	}
	sorted := slices.Sorted(slices.Values(ratio))
	bound := (sorted[(a.n-1)/2] + sorted[a.n/2]) / 2
	par.For(a.n, k*k*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a.local[i] = a.modifiedForm(values[i][:kinds], vectors[i], weights[i], bound)
		}
	})
	return true
}

func (a *alignment) modifiedForm(values, vectors, w []float64, bound float64) []float64 {
	k := a.k
	whole, below := 0.0, 0.0
	for _, v := range values {
		whole += v
	}
	s := k - len(values)
	for _, v := range values[:len(values)-1] {
		if below += v; below > 0 && whole/below-1 < bound {
			s++
		}
	}
	// Eigenvectors are in columns by rising eigenvalues: the first s are those of the directions.
	project, ones := make([]float64, k*k), make([]float64, k)
	for e := range k {
		for f := range k {
			for l := range s {
				project[e*k+f] += float64(vectors[e*k+l] * vectors[f*k+l])
			}
			ones[e] += project[e*k+f]
		}
	}
	square := 0.0
	for _, v := range ones {
		square += float64(v * v)
	}
	form := make([]float64, (k+1)*(k+1))
	if s == 0 {
		return form
	}
	alpha := math.Sqrt(square) / math.Sqrt(float64(s))
	inverse := 0.0
	if alpha > 1e-12 {
		inverse = 1 / alpha
	}
	rest := 1 - alpha
	for e := range k {
		for f := range k {
			form[e*(k+1)+f] = project[e*k+f] + float64(rest*inverse*(float64(ones[e]*w[f])+float64(w[e]*ones[f]))) + float64(rest*rest*float64(s)*w[e]*w[f])
		}
		sum := float64(ones[e]*inverse) + float64(rest*float64(s)*w[e])
		form[e*(k+1)+k], form[k*(k+1)+e] = -sum, -sum
	}
	form[k*(k+1)+k] = float64(s)
	return form
}
