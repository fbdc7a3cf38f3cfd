package ensemble

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// mvs draws each row by itself with probability min(1, size/mu), and divides its derivatives by that. It sorts the sizes: O(rows · log rows).
func (b *boosting) mvs(round int, grad, hess [][]float32) []int32 {
	s := b.p.Sampling
	size := make([]float64, b.n)
	par.For(b.n, 4*len(grad), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sum := 0.0
			for k := range grad {
				g, h := float64(grad[k][i]), float64(hess[k][i])
				sum += float64(g*g) + float64(s.HessianPart*float64(h*h))
			}
			size[i] = math.Sqrt(sum)
		}
	})
	mu := threshold(size, s.Rows*float64(b.n))
	b.factor = slices.Grow(b.factor[:0], b.n)[:b.n]
	seed := rng.Key(b.p.Seed, drawMVS, uint64(round))
	par.ForChunks(b.n, sampleBlock, func(block, lo, hi int) {
		r := rng.New(seed, uint64(block))
		for i := lo; i < hi; i++ {
			p := 1.0
			if size[i] == 0 {
				p = 0
			} else if size[i] < mu {
				p = size[i] / mu
			}
			b.factor[i] = 0
			if r.Float64() < p {
				b.factor[i] = 1 / p
				scale(grad, hess, i, b.factor[i])
			}
		}
	})
	var out []int32
	for i, f := range b.factor {
		if f > 0 {
			out = append(out, int32(i))
		}
	}
	if out == nil { // no tree grows on no rows
		i := int32(rng.New(seed, math.MaxUint64).Uint64N(uint64(b.n)))
		b.factor[i] = 1
		return []int32{i}
	}
	return out
}

// threshold is the mu by which the sum of min(1, size/mu) is want, which is at most len(size): the largest rows are drawn for certain, as many as must be.
func threshold(size []float64, want float64) float64 {
	sum := slices.Clone(size) // of so many of the smallest
	slices.Sort(sum)
	largest := slices.Clone(sum)
	for i := 1; i < len(sum); i++ {
		sum[i] += sum[i-1]
	}
	for apart := len(sum); apart > 0; apart-- { // the others are drawn for certain
		if need := want - float64(len(sum)-apart); need > 0 && sum[apart-1]/need >= largest[apart-1] {
			return sum[apart-1] / need
		}
	}
	return 0
}

// scale multiplies the derivatives of a row.
func scale(grad, hess [][]float32, i int, factor float64) {
	for k := range grad {
		grad[k][i] = float32(float64(grad[k][i]) * factor)
		hess[k][i] = float32(float64(hess[k][i]) * factor)
	}
}

// bayesian multiplies the derivatives of the rows that are used (nil: all) by draws of (-log u)^Bayesian.
func (b *boosting) bayesian(round int, used []int32, grad, hess [][]float32) {
	drawn := len(b.factor) > 0
	b.factor = slices.Grow(b.factor[:0], b.n)[:b.n]
	seed, power := rng.Key(b.p.Seed, drawBayesian, uint64(round)), b.p.Sampling.Bayesian
	n := b.n
	if used != nil {
		n = len(used)
	}
	par.ForChunks(n, sampleBlock, func(block, lo, hi int) {
		r := rng.New(seed, uint64(block))
		draw := make([]float64, hi-lo)
		for k := range draw {
			draw[k] = 1 - r.Float64() // above 0
		}
		kern.LogPortable(draw, draw)
		for k, v := range draw {
			draw[k] = max(-v, 0x1p-54) // of u = 1
		}
		if power != 1 {
			kern.LogPortable(draw, draw)
			for k := range draw {
				draw[k] *= power
			}
			kern.ExpPortable(draw, draw)
		}
		for k, v := range draw {
			i := lo + k
			if used != nil {
				i = int(used[i])
			}
			scale(grad, hess, i, v)
			if !drawn {
				b.factor[i] = 1
			}
			b.factor[i] *= v
		}
	})
}
