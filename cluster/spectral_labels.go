package cluster

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// labels reads clusters off an embedding.
func (c Spectral) labels(ctx context.Context, s *space, e *tensor.Tensor[float64]) ([]int, error) {
	switch c.Labels {
	case ByQR:
		return c.byQR(s, e), nil
	case ByRotation:
		return c.byRotation(ctx, s, e)
	}
	m, err := KMeans{K: c.K, Restarts: 10, Seed: c.Seed}.Fit(ml.Quiet(ctx), ml.Table{X: e, Weight: s.weight})
	if err != nil {
		return nil, err
	}
	return m.Predict(e)
}

// byQR picks rows one by one, each with the most that those before do not span, and turns the embedding to them.
func (c Spectral) byQR(s *space, e *tensor.Tensor[float64]) []int {
	n, k := s.n, c.K
	rest := e.Clone()
	picked := make([]float64, k*k) // the rows that are picked, in columns
	for col := range k {
		best, most := 0, -1.0
		for i := range n {
			square := 0.0
			for _, v := range rest.Row(i) {
				square += float64(v * v)
			}
			if square > most*(1+1e-9) { // of equal rows the first, whatever rounding says
				best, most = i, square
			}
		}
		for j, v := range e.Row(best) {
			picked[j*k+col] = v
		}
		if most <= 0 {
			continue
		}
		axis := make([]float64, k)
		for j, v := range rest.Row(best) {
			axis[j] = v / math.Sqrt(most)
		}
		for i := range n {
			row, along := rest.Row(i), 0.0
			for j, v := range row {
				along += float64(v * axis[j])
			}
			for j := range row {
				row[j] -= float64(along * axis[j])
			}
		}
	}
	turn := nearestRotation(picked, k)
	return largest(e, turn, k)
}

// nearestRotation is the orthogonal matrix nearest to a square one: U Vᵀ of its singular vectors. It overwrites a.
func nearestRotation(a []float64, k int) []float64 {
	out := make([]float64, k*k)
	s, ok := linalg.NewSVD(a, k, k, linalg.ThinVectors)
	for i := range k {
		for j := range k {
			if !ok {
				if i == j {
					out[i*k+j] = 1
				}
				continue
			}
			for l := range k {
				out[i*k+j] += float64(s.U[i*k+l] * s.V[j*k+l])
			}
		}
	}
	return out
}

// largest is the axis along which each turned row reaches farthest, either way.
func largest(e *tensor.Tensor[float64], turn []float64, k int) []int {
	out := make([]int, e.Shape()[0])
	for i := range out {
		most := -1.0
		for col := range k {
			along := 0.0
			for j, v := range e.Row(i) {
				along += float64(v * turn[j*k+col])
			}
			if along = math.Abs(along); along > most*(1+1e-9) {
				out[i], most = col, along
			}
		}
	}
	return out
}

// byRotation turns rows of length 1 until the 0-1 matrix nearest to them no longer changes.
func (c Spectral) byRotation(ctx context.Context, s *space, e *tensor.Tensor[float64]) ([]int, error) {
	n, k := s.n, c.K
	unit := e.Clone()
	for i := range n {
		square := 0.0
		for _, v := range unit.Row(i) {
			square += float64(v * v)
		}
		if square > 0 {
			for j := range unit.Row(i) {
				unit.Row(i)[j] /= math.Sqrt(square)
			}
		}
	}
	// The first axes are rows as far from each other as may be, from one that is drawn.
	turn := make([]float64, k*k)
	away := make([]float64, n)
	at := rng.New(c.Seed, 1).IntN(n)
	for col := range k {
		for j, v := range unit.Row(at) {
			turn[j*k+col] = v
		}
		next := 0
		for i := range n {
			along := 0.0
			for j, v := range unit.Row(i) {
				along += float64(v * turn[j*k+col])
			}
			if away[i] += math.Abs(along); away[i] < away[next] {
				next = i
			}
		}
		at = next
	}
	codes := make([]int, n)
	last := math.Inf(1)
	for range 30 {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		product := make([]float64, k*k) // codesᵀ · rows
		for i := range n {
			best, most := 0, math.Inf(-1)
			for col := range k {
				along := 0.0
				for j, v := range unit.Row(i) {
					along += float64(v * turn[j*k+col])
				}
				if along > most {
					best, most = col, along
				}
			}
			codes[i] = best
			for j, v := range unit.Row(i) {
				product[j*k+best] += float64(s.w(i) * v)
			}
		}
		before := append([]float64(nil), product...)
		turn = nearestRotation(product, k)
		along := 0.0
		for j, v := range before {
			along += float64(v * turn[j])
		}
		if math.Abs(last-along) < 1e-12*float64(n) {
			break
		}
		last = along
	}
	return codes, nil
}
