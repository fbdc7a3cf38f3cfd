package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[TSNE]("decomp.TSNE")
	ml.Register[*TSNEModel]("decomp.TSNEModel")
	ml.RegisterConfig[UMAP]("decomp.UMAP")
	ml.RegisterConfig[SupervisedUMAP[int]]("decomp.SupervisedUMAP[int]")
	ml.RegisterConfig[SupervisedUMAP[float64]]("decomp.SupervisedUMAP[float64]")
	ml.Register[*UMAPModel]("decomp.UMAPModel")
}
