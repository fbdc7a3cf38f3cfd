// Package neighbors is what can be learned from rows that lie near: classes and targets by vote ([KNeighborsClassifier], [KNeighborsRegressor], those of all rows
// within a radius, and [NearestCentroid]), how dense rows lie ([KernelDensity]), rows that look alike and graphs of them ([NearestNeighbors], [HNSW]), and rows that lie oddly ([LocalOutlierFactor]).
//
//	model, err := neighbors.KNeighborsClassifier{Neighbors: 7}.Fit(ctx, train)
//	if err != nil {
//		return err
//	}
//	pred, err := model.Predict(test.X)
//
// Distances see the numbers as they are, so scale the columns first:
//
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), neighbors.KNeighborsClassifier{})
//
// # How neighbours are found
//
// [Auto] takes a KD-tree up to eight columns, a ball tree for other metrics that keep the triangle inequality, and brute force beyond, where trees no longer help. All
// of them give the same neighbours and distances to the bit, on every kind of CPU: trees cut off only what cannot be nearer, and brute force looks through all rows in
// single precision, then measures in double precision what its rounding may have misjudged. Of equally near rows those that come first in training count.
//
// Any [github.com/gopherwood-ml/ml/metrics.Distance] serves, one of your own too; if it keeps the triangle inequality, let it say so ([Metric]) and it can be searched
// with a ball tree, a [VPTree], a [CoverTree] or, where it takes few values, a [BKTree].
//
// # Many vectors of many columns
//
// [HNSW] searches among embeddings: it looks at a few hundred rows instead of all, and finds nearly all of the nearest. Rows come and go while others search:
//
//	index, err := neighbors.HNSW{Distance: metrics.Cosine{}}.Fit(ctx, ml.Table{X: embeddings})
//	found, err := index.NearestRow(neighbors.Neighbors{}, query, neighbors.Query{K: 10})
//
// # Gaps and categories
//
// With [metrics.Gower] rows of numbers and categories, some of them missing, have neighbours, too:
//
//	distance, err := metrics.GowerOf(train.Table)
//	model, err := neighbors.KNeighborsClassifier{Distance: distance}.Fit(ctx, train)
//
// The other models keep the training rows in double precision, so they are as large as their data, and a prediction costs a search.
package neighbors
