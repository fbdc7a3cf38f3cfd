// Package mltest checks that an estimator obeys the laws that every estimator of this library obeys, so that yours can
// stand beside them in pipelines, searches and files. One line in a test of your package runs them all, each as a subtest
// of its own name:
//
//	func TestLaws(t *testing.T) {
//		mltest.Classifier(t, neighbors.KNeighborsClassifier{Neighbors: 3})
//		mltest.Classifier(t, ml.Pipe(ml.Step(features.StandardScaler{}), neighbors.KNeighborsClassifier{Neighbors: 3}))
//	}
//
// The function is chosen by what the estimator learns: [Classifier], [Regressor], [MultiRegressor], [MultiLabel],
// [Clusterer], [Detector], [Transformer], [SupervisedTransformer]. The config, the model and whatever types their fields
// hold must be registered with ml.RegisterConfig and ml.Register, since the laws save and load them. A cheap estimator takes about a second.
//
// # The laws
//
// Equal data, config and seed give equal bytes: [Repeatable], and [AnyProcs] for GOMAXPROCS 1, 2, 3 and 8. The bytes are
// those of the saved model. Fits leave their config alone ([ConfigUnchanged]), fits side by side do not disturb each other
// ([ConcurrentFit]) and any number of goroutines may share a model ([ConcurrentPredict]); run the tests under -race too.
//
// A config is data: its zero value works or gives ErrConfig ([ZeroConfig]), and it goes to JSON and back ([ConfigJSON]).
//
// Memory belongs to the caller. Nothing is written to what a method is given ([InputsUnchanged]), nor kept of it
// ([InputsNotKept]), and what it returns is not the model's own ([OutputsOwned]).
//
// User data never panics. Whatever is wrong with it gives an *ml.Error of the right kind, and no model. From Fit:
// [BadShapes] (ErrShape), [BadNumbers] (ErrNotFinite), [BadTargets] (ErrTarget), [BadWeights] (ErrWeight), [BadColumns]
// (ErrColumn). From a model: [WrongWidth] (ErrShape), [NotFinite] (ErrNotFinite). Data that is merely hard, such as one
// row, one class, a constant column or more columns than rows, gives a usable model or an *ml.Error ([Degenerate]).
//
// A row of weight 0 is absent ([ZeroWeight]), one of weight k is k rows ([RepeatedRows]), and the order of rows does not
// count ([RowOrder]).
//
// The same numbers give the same model in any storage ([Storage]: tensors, views, *mat.Dense, a Matrix of your own), in
// float32 ([Float32]) and in CSR ([Sparse]), unless sparse input is refused with an *ml.Error that says "CSR" or "sparse".
// CSR is never made dense ([SparseMemory]): a fit on 1000 x 10000 sparse numbers, and the answers of its model, must not
// hold half of what the dense matrix would take. With -short this law, the slowest, is left out.
//
// A batch is its rows one by one, to the bit ([RowByRow]), through PredictRow, ProbaRow, TransformRow and PredictInto as
// well, which do not allocate ([RowAllocs], [IntoAllocs]). A loaded model answers, saves and fits again as the saved one
// ([SaveLoad], [RefitLoaded]); a damaged file gives an error within bounded memory ([HostileFile]).
//
// Cancelling the context ends a fit with the context's error and no model ([CancelBefore], [CancelDuring]); no goroutine
// outlives a fit ([NoLeak]). ml.Stop from a progress function gives the model so far ([StopKeepsModel]), any other error
// comes out of Fit ([ProgressError]).
//
// Models say what they were fitted on ([Meta]) and how the fit ended ([FitInfo]), and ml.Align brings named columns into
// their order ([Align]). Where a model has Update, it gives a new model and leaves the old one as it is ([Update]).
//
// Classifiers: [Probabilities] sum to 1, Predict is their [ArgMax], a declared class without rows keeps its place
// ([AbsentClass]), names of classes change nothing ([ClassNames]). Transformers: [OutColumns] describes what Transform
// gives, [Inverse] undoes it, [FitTransform] agrees with it. Clusterers: [ClusterCodes] are 0..K-1 or ml.None.
//
// # What the laws are tried on
//
// Two small generated sets of the task: 90 rows of four columns in two classes, bare; and 120 rows of five columns in three
// classes, with names, weights and groups. A quarter of the numbers are zeros. [Data] puts your own rows in their place, for
// estimators of counts, words or categories. What a config takes beyond finite numbers it says with Accepts
// (ml.Accepter); [Missing], [Categorical] and [Unlabelled] declare it for those that cannot. The law that wants a refusal
// then wants it to work.
//
// # Tolerances and waivers
//
// Laws that repeat a fit on the same data compare bits. Those that fit the same numbers in another form compare outputs,
// within 1e-6 of the largest (ZeroWeight, RepeatedRows, RowOrder, Sparse), 1e-9 (Storage, FitTransform), 1e-8 (Inverse) or
// 1e-4 (Float32); [Tolerance] states another. Predicted classes must agree but where their probabilities are that close.
//
// Some methods cannot obey a law: one that draws rows at random knows no integer weights. [Waive] leaves a law out, for a
// reason that is printed:
//
//	mltest.Classifier(t, forest, mltest.Waive(mltest.RepeatedRows, "the bootstrap draws rows, not weights"))
//
// A waiver is a promise broken, so the estimator's own page should say it too.
package mltest
