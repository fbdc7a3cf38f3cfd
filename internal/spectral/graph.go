// Package spectral finds the eigenvectors of the normalised Laplacian of a graph, in which parts that hang together come to lie together: what spectral clustering clusters, and spectral
// embeddings show.
package spectral

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// A Graph has an affinity, symmetric and not negative, for each pair of nodes, or for those that are joined.
type Graph struct {
	N     int
	Dense []float64 // N x N, the diagonal 0; nil: sparse
	Start []int     // of each node in Cols and Value, and their end
	Cols  []int32
	Value []float64
	Self  []float64 // of each node with itself, which Dense and Value leave out; it counts for nodes of a weight above 1 only. nil: 0
}

// Join makes a symmetric graph of lists of neighbours: half for each list that holds a pair.
func (g *Graph) Join(lists [][]int32) {
	both := make([][]int32, g.N)
	for i, list := range lists {
		for _, j := range list {
			if int(j) != i {
				both[i] = append(both[i], j)
				both[j] = append(both[j], int32(i))
			}
		}
	}
	g.Start = append(g.Start, 0)
	for _, list := range both {
		slices.Sort(list)
		for k, j := range list {
			if k > 0 && list[k-1] == j {
				g.Value[len(g.Value)-1] = 1
				continue
			}
			g.Cols, g.Value = append(g.Cols, j), append(g.Value, 0.5)
		}
		g.Start = append(g.Start, len(g.Cols))
	}
}

// Each calls f for the affinities of a node with others.
func (g *Graph) Each(i int, f func(j int, v float64)) {
	if g.Dense != nil {
		for j, v := range g.Dense[i*g.N : (i+1)*g.N] {
			f(j, v)
		}
		return
	}
	for at := g.Start[i]; at < g.Start[i+1]; at++ {
		f(int(g.Cols[at]), g.Value[at])
	}
}

// Parts numbers the connected components, by their first nodes.
func (g *Graph) Parts() (part []int, count int) {
	part = make([]int, g.N)
	for i := range part {
		part[i] = -1
	}
	var stack []int
	for i := range part {
		if part[i] >= 0 {
			continue
		}
		part[i] = count
		for stack = append(stack[:0], i); len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			g.Each(at, func(j int, v float64) {
				if v > 0 && part[j] < 0 {
					part[j] = count
					stack = append(stack, j)
				}
			})
		}
		count++
	}
	return part, count
}

// Solver finds the eigenvectors.
type Solver struct {
	Count   int       // of them
	Weight  []float64 // of each node, which counts as so many copies of it; nil: all 1
	Tol     float64   // of linalg.Lanczos
	MaxIter int       // of linalg.Lanczos
	Seed    uint64
}

// Embedding are eigenvectors of the normalised Laplacian I - D^-½·A·D^-½ over the roots of the degrees.
type Embedding struct {
	Values  []float64 // rising, from 0
	Vectors []float64 // nodes x Count
	Result  linalg.Result
}

// Embed finds them. With weights the graph is that of the nodes repeated: vectors that are alike on the copies of a node are scaled by the root of its weight. It is false where numbers are not
// finite, and where ctx is done.
func (o Solver) Embed(ctx context.Context, g *Graph) (Embedding, bool) {
	n := g.N
	w := func(i int) float64 {
		if o.Weight == nil {
			return 1
		}
		return o.Weight[i]
	}
	root, scale, own := make([]float64, n), make([]float64, n), make([]float64, n) // root of the degree; of weight over degree; what copies of a node add
	par.For(n, 10, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			self := 0.0
			if o.Weight != nil && g.Self != nil {
				self = (w(i) - 1) * g.Self[i]
			}
			degree := self
			g.Each(i, func(j int, v float64) { degree += float64(v * w(j)) })
			if root[i] = 1; degree > 0 {
				root[i] = math.Sqrt(degree)
				own[i] = self / degree
			}
			scale[i] = math.Sqrt(w(i)) / root[i]
		}
	})
	if !rows.AllFinite(root) || !rows.AllFinite(own) {
		return Embedding{}, false
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
		if g.Dense != nil {
			kern.Gemv(false, n, n, 1, g.Dense, n, scaled, 0, dst)
		} else {
			par.For(n, 2+len(g.Cols)/n, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					sum := 0.0
					for at := g.Start[i]; at < g.Start[i+1]; at++ {
						sum += float64(g.Value[at] * scaled[g.Cols[at]])
					}
					dst[i] = sum
				}
			})
		}
		for i := range dst {
			dst[i] = dst[i]*scale[i] + float64(own[i]*x[i])
		}
	}
	values, vectors, result := linalg.Lanczos{Count: o.Count, Tol: o.Tol, MaxIter: o.MaxIter, Seed: o.Seed}.Solve(n, mul)
	if values == nil {
		return Embedding{Result: result}, false
	}
	for i, v := range values {
		values[i] = max(1-v, 0)
	}
	for i := range n {
		for k := range o.Count {
			vectors[i*o.Count+k] = vectors[i*o.Count+k] / math.Sqrt(w(i)) / root[i]
		}
	}
	return Embedding{values, vectors, result}, true
}
