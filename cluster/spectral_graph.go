package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// affinities are of each pair of rows, or of those that there are.
type affinities struct {
	n     int
	dense []float64 // n x n; nil: sparse
	start []int
	cols  []int32
	value []float64
	self  []float64 // of each row with itself, which dense and sparse leave out
}

// tuned is the factor of squares between rows of two scales.
func tuned(a, b float64) float64 {
	return min(1/(a*b), math.MaxFloat64) // rows as equal as their neighbours
}

// graph makes the affinities of the rows of positive weight.
func (m *SpectralModel) graph(where string, c Spectral, s *space, live []int) (*affinities, error) {
	g := &affinities{n: s.n, self: make([]float64, s.n)}
	if c.Affinity == Precomputed {
		return g, g.take(where, s, live)
	}
	p := s.points()
	for i := range g.self {
		g.self[i] = 1
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
		g.join(lists)
		return g, nil
	}
	if c.Affinity == SelfTuning {
		m.Scale = make([]float64, s.n)
		near.Each(index, rows.Of(tensor.FromSlice(p.X, s.n, s.d)), min(k+1, s.n), func(i int, found []near.Neighbor) {
			m.Scale[i] = found[len(found)-1].Value
		})
	}
	g.dense = make([]float64, s.n*s.n)
	par.For(s.n, s.n*(s.d+10), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := g.dense[i*s.n : (i+1)*s.n]
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

// join makes a symmetric graph of lists of neighbours: half for each list that holds a pair.
func (g *affinities) join(lists [][]int32) {
	both := make([][]int32, g.n)
	for i, list := range lists {
		for _, j := range list {
			if int(j) != i {
				both[i] = append(both[i], j)
				both[j] = append(both[j], int32(i))
			}
		}
	}
	g.start = append(g.start, 0)
	for _, list := range both {
		slices.Sort(list)
		for k, j := range list {
			if k > 0 && list[k-1] == j {
				g.value[len(g.value)-1] = 1
				continue
			}
			g.cols, g.value = append(g.cols, j), append(g.value, 0.5)
		}
		g.start = append(g.start, len(g.cols))
	}
}

// take reads affinities that are given, of the rows of positive weight.
func (g *affinities) take(where string, s *space, live []int) error {
	number := make([]int32, s.d)
	for i := range number {
		number[i] = -1
	}
	for k, i := range live {
		number[i] = int32(k)
	}
	sums := make([]float64, g.n) // of the columns, which are the rows'
	var e rows.Entries
	buf := make([]float64, s.d)
	g.start = append(g.start, 0)
	for i := range g.n {
		own := 0.0
		put := func(col int, v float64) error {
			j := number[col]
			switch {
			case v < 0:
				return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", live[i], col), Found: fmt.Sprint(v), Want: "an affinity >= 0", Kind: ml.ErrConfig}
			case j < 0 || v == 0:
			case int(j) == i:
				g.self[i] = v
			default:
				g.cols, g.value = append(g.cols, j), append(g.value, v)
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
		g.start = append(g.start, len(g.cols))
	}
	for i, v := range sums {
		whole := 0.0
		for _, a := range g.value[g.start[i]:g.start[i+1]] {
			whole += a
		}
		if !(math.Abs(v) <= 1e-9*whole) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, ...]", live[i]), Found: "other numbers than in the column of that number", Want: "a symmetric matrix", Kind: ml.ErrConfig}
		}
	}
	return nil
}

// embed finds the eigenvectors. With weights the graph is that of the rows repeated: vectors that are alike on the copies of a row are scaled by the root of its weight.
func (m *SpectralModel) embed(ctx context.Context, where string, c Spectral, s *space, g *affinities) error {
	n := g.n
	root, scale, own := make([]float64, n), make([]float64, n), make([]float64, n) // root of the degree; of weight over degree; what copies of a row add
	par.For(n, 10, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			degree := (s.w(i) - 1) * g.self[i]
			if s.weight == nil {
				degree = 0
			}
			g.each(i, func(j int, v float64) { degree += float64(v * s.w(j)) })
			if root[i] = 1; degree > 0 {
				root[i] = math.Sqrt(degree)
				own[i] = (s.w(i) - 1) * g.self[i] / degree
			}
			scale[i] = math.Sqrt(s.w(i)) / root[i]
		}
	})
	for i, v := range root {
		if !(v <= math.MaxFloat64) || !rows.AllFinite(own[i:i+1]) {
			return &ml.Error{Where: where, Field: "X", Found: "affinities whose sum is not finite", Want: "smaller ones", Kind: ml.ErrNotFinite}
		}
	}
	scaled := make([]float64, n)
	mul := func(dst, x []float64) {
		if ctx.Err() != nil { // an end that Lanczos sees: numbers that are not finite
			dst[0] = math.NaN()
			return
		}
		for i, v := range x {
			scaled[i] = v * scale[i]
		}
		if g.dense != nil {
			kern.Gemv(false, n, n, 1, g.dense, n, scaled, 0, dst)
		} else {
			par.For(n, 2+len(g.cols)/n, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					sum := 0.0
					for at := g.start[i]; at < g.start[i+1]; at++ {
						sum += float64(g.value[at] * scaled[g.cols[at]])
					}
					dst[i] = sum
				}
			})
		}
		for i := range dst {
			dst[i] = dst[i]*scale[i] + float64(own[i]*x[i])
		}
	}
	values, vectors, result := linalg.Lanczos{Count: c.K, Seed: c.Seed}.Solve(n, mul)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	if values == nil {
		return &ml.Error{Where: where, Field: "X", Found: "affinities without eigenvectors", Want: "finite ones", Kind: ml.ErrNotFinite}
	}
	m.Info.Iterations, m.Info.Gap, m.Info.Status = result.Iterations, result.Gap, ml.Converged
	if !result.Done {
		m.Info.Status = ml.MaxIter
	}
	for _, v := range values {
		m.Eigenvalues = append(m.Eigenvalues, max(1-v, 0))
	}
	m.Embedding = tensor.New[float64](n, c.K)
	for i := range n {
		for k := range c.K {
			m.Embedding.Row(i)[k] = vectors[i*c.K+k] / math.Sqrt(s.w(i)) / root[i]
		}
	}
	return nil
}

// each calls f for the affinities of a row with others.
func (g *affinities) each(i int, f func(j int, v float64)) {
	if g.dense != nil {
		for j, v := range g.dense[i*g.n : (i+1)*g.n] {
			f(j, v)
		}
		return
	}
	for at := g.start[i]; at < g.start[i+1]; at++ {
		f(int(g.cols[at]), g.value[at])
	}
}
