package decomp

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/spectral"
)

// spectralStart are the eigenvectors of a graph's normalised Laplacian that belong to the smallest eigenvalues above 0. Parts that no edge joins are laid out each on its own, about the
// principal components of the parts' centres, each as large as lets it keep clear of the nearest other.
func spectralStart(ctx context.Context, where string, p near.Points, g *edges, components int, seed uint64) ([]float64, error) {
	whole := &spectral.Graph{N: g.rows(), Start: g.start, Cols: g.cols, Value: g.value}
	part, count := whole.Parts()
	if count == 1 {
		return spectralPart(ctx, where, whole, components, seed)
	}
	n := whole.N
	members := make([][]int, count)
	place := make([]int32, n) // in its part
	for i, k := range part {
		place[i] = int32(len(members[k]))
		members[k] = append(members[k], i)
	}
	centres := make([]float64, count*p.D)
	for k, list := range members {
		for _, i := range list {
			for j, v := range p.Row(i) {
				centres[k*p.D+j] += v / float64(len(list))
			}
		}
	}
	at := principalStart(near.Points{N: count, D: p.D, X: centres}, components, 1, seed)
	jitter(at, 1e-3, seed)
	y := make([]float64, n*components)
	for k, list := range members {
		room := math.Inf(1)
		for other := range count {
			if other != k {
				square := 0.0
				for j := range components {
					d := at[k*components+j] - at[other*components+j]
					square += float64(d * d)
				}
				room = min(room, math.Sqrt(square)/2)
			}
		}
		own := &spectral.Graph{N: len(list), Start: []int{0}}
		for _, i := range list {
			cols, value := g.row(i)
			for e, j := range cols {
				if part[j] == k {
					own.Cols, own.Value = append(own.Cols, place[j]), append(own.Value, value[e])
				}
			}
			own.Start = append(own.Start, len(own.Cols))
		}
		z := make([]float64, len(list)*components)
		if len(list) > components+1 {
			var err error
			if z, err = spectralPart(ctx, where, own, components, seed); err != nil {
				return nil, err
			}
		}
		largest := 0.0
		for _, v := range z {
			largest = max(largest, math.Abs(v))
		}
		if largest == 0 {
			largest = 1
		}
		for e, i := range list {
			for j := range components {
				y[i*components+j] = at[k*components+j] + float64(z[e*components+j]/largest*room)
			}
		}
	}
	return y, nil
}

// spectralPart lays a graph out that hangs together; columns beyond its size are 0. A rough answer will do.
func spectralPart(ctx context.Context, where string, g *spectral.Graph, components int, seed uint64) ([]float64, error) {
	count := min(components+1, g.N)
	e, ok := spectral.Solver{Count: count, Tol: 1e-4, MaxIter: 30, Seed: seed}.Embed(ctx, g)
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	y := make([]float64, g.N*components)
	if !ok {
		return nil, &ml.Error{Where: where, Field: "X", Found: "a graph without eigenvectors", Want: "InitPCA or InitRandom", Kind: ml.ErrNotFinite}
	}
	for i := range g.N {
		copy(y[i*components:(i+1)*components], e.Vectors[i*count+1:(i+1)*count])
	}
	return y, nil
}
