package spectral

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// Eigenvectors of the Laplacian of a small graph, sparse and dense, and with a node of weight 2 in place of two copies.
func TestEmbedding(t *testing.T) {
	lists := [][]int32{{0, 1, 2}, {1, 0, 2}, {2, 3, 1}, {3, 4, 5}, {4, 5, 3}, {5, 4, 2}}
	g := &Graph{N: 6}
	g.Join(lists)
	dense := &Graph{N: 6, Dense: make([]float64, 36)}
	for i := range 6 {
		g.Each(i, func(j int, v float64) { dense.Dense[i*6+j] = v })
	}
	if _, parts := g.Parts(); parts != 1 {
		t.Errorf("%d parts, want 1", parts)
	}
	degree := make([]float64, 6)
	for i := range 6 {
		for j := range 6 {
			if dense.Dense[i*6+j] != dense.Dense[j*6+i] {
				t.Errorf("%d and %d are joined one way", i, j)
			}
			degree[i] += dense.Dense[i*6+j]
		}
	}
	laplacian := make([]float64, 36)
	for i := range 6 {
		for j := range 6 {
			laplacian[i*6+j] = -dense.Dense[i*6+j] / math.Sqrt(degree[i]*degree[j])
		}
		laplacian[i*6+i]++
	}
	want, _, _ := linalg.EigenSym(laplacian, 6, false)
	for _, graph := range []*Graph{g, dense} {
		e, ok := Solver{Count: 3}.Embed(t.Context(), graph)
		if !ok {
			t.Fatal("no eigenvectors")
		}
		for k, v := range e.Values {
			if math.Abs(v-want[k]) > 1e-9 {
				t.Errorf("eigenvalue %d is %v, want %v", k, v, want[k])
			}
			// The vector is one of the random walk: the mean of its neighbours is it, times 1 less the value.
			for i := range 6 {
				mean := 0.0
				graph.Each(i, func(j int, a float64) { mean += a * e.Vectors[j*3+k] / degree[i] })
				if math.Abs(mean-(1-v)*e.Vectors[i*3+k]) > 1e-9 {
					t.Errorf("vector %d at node %d: the mean of its neighbours is %v, want %v", k, i, mean, (1-v)*e.Vectors[i*3+k])
				}
			}
		}
	}
	// Node 0 twice, joined to itself and to what it was joined to.
	self := []float64{1, 0, 0, 0, 0, 0}
	weighted, ok := Solver{Count: 3, Weight: []float64{2, 1, 1, 1, 1, 1}}.Embed(t.Context(), &Graph{N: 6, Dense: dense.Dense, Self: self})
	if !ok {
		t.Fatal("no eigenvectors")
	}
	twice := &Graph{N: 7, Dense: make([]float64, 49)}
	from := []int{0, 0, 1, 2, 3, 4, 5}
	for i, a := range from {
		for j, b := range from {
			if twice.Dense[i*7+j] = dense.Dense[a*6+b]; a == b && i != j {
				twice.Dense[i*7+j] = self[a]
			}
		}
	}
	copies, ok := Solver{Count: 3}.Embed(t.Context(), twice)
	if !ok {
		t.Fatal("no eigenvectors")
	}
	for k, v := range weighted.Values {
		if math.Abs(v-copies.Values[k]) > 1e-9 {
			t.Errorf("eigenvalue %d is %v with a weight, %v with copies", k, v, copies.Values[k])
		}
	}
}
