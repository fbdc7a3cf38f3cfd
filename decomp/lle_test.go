package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

func TestLLEAndSpectralKeepTheLaws(t *testing.T) {
	once := mltest.Waive(mltest.RepeatedRows, "a row is one point of the layout, whatever its weight above 0; copies are others")
	rows := mltest.Rows(few(300))
	mltest.Transformer(t, LocallyLinearEmbedding{Neighbors: 8}, once, rows)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, SpectralEmbedding{Neighbors: 10}, once, rows)
	mltest.Transformer(t, LocallyLinearEmbedding{Neighbors: 8, Method: ModifiedLLE}, once, rows)
	mltest.Transformer(t, LocallyLinearEmbedding{Neighbors: 10, Method: HessianLLE}, once, rows)
	mltest.Transformer(t, LocallyLinearEmbedding{Neighbors: 10, Method: LTSA}, once, rows)
	mltest.Transformer(t, SpectralEmbedding{Affinity: AffinityRBF, Gamma: 0.1}, once, rows)
}
