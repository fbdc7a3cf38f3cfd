package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[TSNE]("decomp.TSNE")
	ml.Register[*TSNEModel]("decomp.TSNEModel")
	ml.RegisterConfig[UMAP]("decomp.UMAP")
	ml.RegisterConfig[SupervisedUMAP[int]]("decomp.SupervisedUMAP[int]")
	ml.RegisterConfig[SupervisedUMAP[float64]]("decomp.SupervisedUMAP[float64]")
	ml.Register[*UMAPModel]("decomp.UMAPModel")
	ml.RegisterConfig[EmpiricalCovariance]("decomp.EmpiricalCovariance")
	ml.RegisterConfig[ShrunkCovariance]("decomp.ShrunkCovariance")
	ml.RegisterConfig[LedoitWolf]("decomp.LedoitWolf")
	ml.RegisterConfig[OAS]("decomp.OAS")
	ml.RegisterConfig[GraphicalLasso]("decomp.GraphicalLasso")
	ml.RegisterConfig[GraphicalLassoCV]("decomp.GraphicalLassoCV")
	ml.RegisterConfig[MinCovDet]("decomp.MinCovDet")
	ml.RegisterConfig[EllipticEnvelope]("decomp.EllipticEnvelope")
	ml.Register[*CovarianceModel]("decomp.CovarianceModel")
	ml.Register[*EnvelopeModel]("decomp.EnvelopeModel")
	ml.RegisterConfig[ClassicalMDS]("decomp.ClassicalMDS")
	ml.RegisterConfig[MDS]("decomp.MDS")
	ml.Register[*MDSModel]("decomp.MDSModel")
	ml.RegisterConfig[Isomap]("decomp.Isomap")
	ml.Register[*IsomapModel]("decomp.IsomapModel")
	ml.RegisterConfig[LocallyLinearEmbedding]("decomp.LocallyLinearEmbedding")
	ml.Register[*LLEModel]("decomp.LLEModel")
	ml.RegisterConfig[SpectralEmbedding]("decomp.SpectralEmbedding")
	ml.Register[*SpectralEmbeddingModel]("decomp.SpectralEmbeddingModel")
}
