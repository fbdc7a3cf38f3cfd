package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/spectral"
	"github.com/gopherwood-ml/ml/tensor"
)

// tuned is the factor of squares between rows of two scales.
func tuned(a, b float64) float64 {
	return min(1/(a*b), math.MaxFloat64) // rows as equal as their neighbours
}

// graph makes the affinities of the rows of positive weight.
func (m *SpectralModel) graph(where string, c Spectral, s *space, live []int) (*spectral.Graph, error) {
	g := &spectral.Graph{N: s.n, Self: make([]float64, s.n)}
	if c.Affinity == Precomputed {
		return g, takeAffinities(where, g, s, live)
	}
	p := s.points()
	for i := range g.Self {
		g.Self[i] = 1
	}
	index, _ := near.Choose(p, nil, near.Auto, 0)
	k := min(c.Neighbors, s.n)
	if c.Affinity == NearestNeighbors {
		lists := make([][]int32, s.n)
		near.Each(index, rows.Of(tensor.FromSlice(p.X, s.n, s.d)), k, func(i int, found []near.Neighbor) {
			for _, f := range found {
				lists[i] = append(lists[i], int32(f.Index))
			}
		})
		g.Join(lists)
		return g, nil
	}
	if c.Affinity == SelfTuning {
		m.Scale = make([]float64, s.n)
		near.Each(index, rows.Of(tensor.FromSlice(p.X, s.n, s.d)), min(k+1, s.n), func(i int, found []near.Neighbor) {
			m.Scale[i] = found[len(found)-1].Value
		})
	}
	g.Dense = make([]float64, s.n*s.n)
	par.For(s.n, s.n*(s.d+10), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := g.Dense[i*s.n : (i+1)*s.n]
			for j := range row {
				gamma := c.Gamma
				if m.Scale != nil {
					gamma = tuned(m.Scale[i], m.Scale[j])
				}
				if row[j] = squareBetween(p.Row(i), p.Row(j)); row[j] > 0 {
					row[j] *= -gamma
				}
			}
			kern.ExpPortable(row, row)
			row[i] = 0
		}
	})
	return g, nil
}

// takeAffinities reads affinities that are given, of the rows of positive weight.
func takeAffinities(where string, g *spectral.Graph, s *space, live []int) error {
	number := make([]int32, s.d)
	for i := range number {
		number[i] = -1
	}
	for k, i := range live {
		number[i] = int32(k)
	}
	sums := make([]float64, g.N) // of the columns, which are the rows'
	var e rows.Entries
	buf := make([]float64, s.d)
	g.Start = append(g.Start, 0)
	for i := range g.N {
		own := 0.0
		put := func(col int, v float64) error {
			j := number[col]
			switch {
			case v < 0:
				return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", live[i], col), Found: fmt.Sprint(v), Want: "an affinity >= 0", Kind: ml.ErrConfig}
			case j < 0 || v == 0:
			case int(j) == i:
				g.Self[i] = v
			default:
				g.Cols, g.Value = append(g.Cols, j), append(g.Value, v)
				own += v
				sums[j] += v
			}
			return nil
		}
		if s.x.Sparse() {
			cols, v := s.x.NZ(i, &e)
			for k, col := range cols {
				if err := put(int(col), v[k]); err != nil {
					return err
				}
			}
		} else {
			for col, v := range s.x.Row(i, buf) {
				if err := put(col, v); err != nil {
					return err
				}
			}
		}
		sums[i] -= own
		g.Start = append(g.Start, len(g.Cols))
	}
	for i, v := range sums {
		whole := 0.0
		for _, a := range g.Value[g.Start[i]:g.Start[i+1]] {
			whole += a
		}
		if !(math.Abs(v) <= 1e-9*whole) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, ...]", live[i]), Found: "other numbers than in the column of that number", Want: "a symmetric matrix", Kind: ml.ErrConfig}
		}
	}
	return nil
}

// embed finds the eigenvectors.
func (m *SpectralModel) embed(ctx context.Context, where string, c Spectral, s *space, g *spectral.Graph) error {
	e, ok := spectral.Solver{Count: c.K, Weight: s.weight, Seed: c.Seed}.Embed(ctx, g)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	if !ok {
		return &ml.Error{Where: where, Field: "X", Found: "affinities whose sums or eigenvectors are not finite", Want: "smaller ones", Kind: ml.ErrNotFinite}
	}
	m.Info.Iterations, m.Info.Gap, m.Info.Status = e.Result.Iterations, e.Result.Gap, ml.Converged
	if !e.Result.Done {
		m.Info.Status = ml.MaxIter
	}
	m.Eigenvalues = e.Values
	m.Embedding = tensor.FromSlice(e.Vectors, g.N, c.K)
	return nil
}
