package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

func TestUMAPKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, UMAP{Epochs: 12, Neighbors: 6}, append(placing(), mltest.Rows(few(400)))...)
	if testing.Short() {
		return
	}
	mltest.SupervisedTransformer(t, SupervisedUMAP[int]{UMAP: UMAP{Epochs: 15, Neighbors: 6}}, append(placing(), mltest.Rows(few(300)))...)
	mltest.SupervisedTransformer(t, SupervisedUMAP[float64]{UMAP: UMAP{Epochs: 15, Neighbors: 6, Components: 3}}, append(placing(), mltest.Rows(few(300)))...)
}
