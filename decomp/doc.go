// Package decomp says rows with fewer numbers, and columns by how they vary together: principal components and their kin, embeddings that lay rows out in two or three numbers, and covariances.
//
// Transformers are fitted from a table and go into pipelines:
//
//	pca, err := decomp.PCA{Components: 10}.Fit(ctx, ml.Table{X: x})
//	z, err := pca.Transform(x) // rows x 10
//	pipe := ml.Pipe(ml.Stages{ml.Step(features.StandardScaler{}), ml.Step(decomp.PCA{Share: 0.95})}, cluster.KMeans{K: 5})
//
// # Components
//
// [PCA] finds the directions along which rows vary most; scale columns first if their units differ. It takes CSR as it is, [IncrementalPCA] rows that come in batches, [StreamingPCA] one at a time, old ones forgotten if need be. [TruncatedSVD] does not centre: for counts of
// words it is latent semantic analysis. [NMF] writes rows of numbers that are not negative as sums
// of parts that are not either: topics, spectra; [MiniBatchNMF] from batches. [LatentDirichletAllocation] finds topics in counts of words, each document a mixture of them, and [Coherence] how well their words go
// together. [DictionaryLearning] and [MiniBatchDictionaryLearning] find atoms of which each row is a sum of few; [SparseCoder] takes them as given. [RandomProjection] learns nothing and keeps
// distances. [FastICA] unmixes sources that know nothing of each other, [FactorAnalysis] tells what columns share from the noise of each, [KernelPCA] finds components that bend. Most have an Inverse,
// which gives the nearest rows in the space of the components. [PLSRegression], [PLSCanonical], [PLSSVD] and [CCA] find
// directions in columns and targets that go together, [KernelCCA] ones that bend, and [O2PLS] takes off first what varies on one side alone. Signs are fixed: of each component the number of largest size is positive.
//
// # Embeddings
//
// [TSNE] and [UMAP] lay rows out so that near ones stay near: for looking, and for clustering with care, since distances between groups mean little. [MDS] and [ClassicalMDS] keep distances, [Isomap] those along a
// sheet, [LocallyLinearEmbedding] and [SpectralEmbedding] neighbourhoods. All place new rows. [Trustworthiness], [Continuity] and [NeighborsKept] tell how much of a layout to believe.
//
// # Covariances
//
// [EmpiricalCovariance] is the plain one; [LedoitWolf], [OAS] and [ShrunkCovariance] are better with few rows, [GraphicalLasso] makes the inverse sparse, [MinCovDet] is not led astray by outliers, which
// [EllipticEnvelope] finds by it.
//
// # Results
//
// Everything is computed in float64, and comes out with the same bytes on any number of cores. What is random says so, and has a Seed.
package decomp
