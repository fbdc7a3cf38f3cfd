// Package cluster finds groups of rows without being told any: [KMeans] for round ones of a number that is given ([MiniBatchKMeans] where there are many
// rows or a stream of them, or [Coreset] before it, [BisectingKMeans] for ones of like size, [KMedoids] for any distance); [DBSCAN] for dense ones of any shape and number, [HDBSCAN] and
// [OPTICS] for such of different densities, [MeanShift] for hills of density, [Spectral] for parts of a graph; [BIRCH] for streams, [Agglomerative] for a tree of groups at every scale; [GaussianMixture] for overlapping ones of different widths, each row
// with a share in every group, and [BayesianGaussianMixture] where their number is not known. [GaussianHMM] and [CategoricalHMM] find hidden states behind sequences of rows.
//
//	model, err := cluster.KMeans{K: 3}.Fit(ctx, table)
//	if err != nil {
//		return err
//	}
//	groups, err := model.Predict(table.X) // the code of each row's cluster
//
// Distances see the numbers as they are, so scale the columns first; a pipeline ends in a clusterer like in any other model:
//
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), cluster.KMeans{K: 3})
//
// How many clusters there are is for the user to say. [ChooseK] helps: it fits several numbers of them and reports silhouette, gap, BIC and more for each.
package cluster
