package decomp

import "context"

func spectralStart(ctx context.Context, where string, g *edges, components int, seed uint64) ([]float64, error) {
	return nil, nil
}
func newGridForces(n, c int) repulsion { return nil }
