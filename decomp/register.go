package decomp

import "github.com/gopherwood-ml/ml"

func init() {
	ml.RegisterConfig[PCA]("decomp.PCA")
	ml.Register[*PCAModel]("decomp.PCAModel")
	ml.RegisterConfig[TruncatedSVD]("decomp.TruncatedSVD")
	ml.Register[*TruncatedSVDModel]("decomp.TruncatedSVDModel")
	ml.RegisterConfig[IncrementalPCA]("decomp.IncrementalPCA")
	ml.Register[*IncrementalPCAModel]("decomp.IncrementalPCAModel")
	ml.RegisterConfig[StreamingPCA]("decomp.StreamingPCA")
	ml.Register[*StreamingPCAModel]("decomp.StreamingPCAModel")
	ml.RegisterConfig[RandomProjection]("decomp.RandomProjection")
	ml.Register[*RandomProjectionModel]("decomp.RandomProjectionModel")
	ml.RegisterConfig[NMF]("decomp.NMF")
	ml.Register[*NMFModel]("decomp.NMFModel")
	ml.RegisterConfig[MiniBatchNMF]("decomp.MiniBatchNMF")
	ml.Register[*MiniBatchNMFModel]("decomp.MiniBatchNMFModel")
	ml.RegisterConfig[LatentDirichletAllocation]("decomp.LatentDirichletAllocation")
	ml.Register[*LDAModel]("decomp.LDAModel")
	ml.RegisterConfig[SparseCoder]("decomp.SparseCoder")
	ml.RegisterConfig[DictionaryLearning]("decomp.DictionaryLearning")
	ml.RegisterConfig[MiniBatchDictionaryLearning]("decomp.MiniBatchDictionaryLearning")
	ml.Register[*DictionaryModel]("decomp.DictionaryModel")
	ml.Register[*MiniBatchDictionaryModel]("decomp.MiniBatchDictionaryModel")
}
