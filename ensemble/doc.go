// Package ensemble holds models made of many: gradient boosting of decision trees, forests, forests that find anomalies, and models made of any other models.
//
//	model, err := ensemble.GradientBoostingClassifier{Trees: 300, LearningRate: 0.05}.Fit(ctx, train)   // *ensemble.BoostedClassification
//	p, err := model.PredictProba(test.X)
//
// GradientBoostingRegressor, GradientBoostingClassifier, GradientBoostingMultiLabel and GradientBoostingRanker take numbers with gaps (NaN) and categorical columns as they
// are, weights, and CSR matrices. Their zero values are LightGBM's defaults, and so are the rules by which trees grow.
//
// # What is made small
//
// A Loss for numbers, a ClassLoss for classes, a RankLoss for ranked lists: plain structs such as QuantileLoss{Level: 0.9}. One of your own is two
// methods, which get blocks of rows, and is as fast as a built-in one; see the example of GradientBoostingRegressor.
//
// # When to stop
//
// Give rows to watch as Dataset.Valid, or let selection.HoldOut draw them, and set Patience; Metric is any scorer of package selection:
//
//	c := ensemble.GradientBoostingClassifier{Trees: 5000, Patience: 50, Metric: selection.ROCAUC{}}
//	model, err := selection.HoldOut(c, 0.1).Fit(ctx, train)                                            // model.Info.Best rounds
//
// Metrics are more scorers, and Valid.Valid more rows; Info.ValidLoss and Info.Watched have the curves of all of them.
//
// # Bins
//
// Columns are cut into at most MaxBins bins; Bins sets those of single columns, and BinsOf reports them. A CSR matrix stays sparse. Exact cuts between any two
// numbers instead, for small data.
//
// # What each tree sees
//
// Sampling draws rows (alike, by class, by GOSS, MVS or the Bayesian bootstrap) and columns, Dropout forgets trees (DART), ParallelTrees takes steps that are means of
// several trees, and Forest grows a forest by the rules of boosting, for any loss, with early stopping and constraints.
//
// # What a model can do
//
// A model goes on with Update or Continue, and so does one of LightGBM or XGBoost, once Adopt has taken it. It holds a [tree.Ensemble], on which all of package tree works: Raw, Staged, Leaves, Path, drawings, and files for
// LightGBM and XGBoost. Importances weighs its columns in five ways, InteractionGains pairs of them, and its own LossChanges says what any score loses without a column.
//
// # Forests
//
// RandomForestClassifier, RandomForestRegressor, RandomForestMulti and RandomForestMultiLabel average trees that are grown apart, each on rows drawn for it; ExtraTreesClassifier,
// ExtraTreesRegressor, ExtraTreesMulti and ExtraTreesMultiLabel draw the cuts as well. OOB asks for an honest estimate without other rows, and Quantiles for distributions instead of means:
//
//	forest, err := ensemble.RandomForestRegressor{Trees: 500, OOB: true, Quantiles: true}.Fit(ctx, train)   // *ensemble.ForestRegression
//	q, err := forest.Quantiles(test.X, []float64{0.1, 0.5, 0.9})                                            // forest.OOB.Score is R²
//
// Rows DrawBalanced gives rare classes their share in each tree. ImpurityImportances weighs columns, with standard errors; a forest's own
// PermutationImportances and UnbiasedImportances do so by rows that its trees have not drawn, and AltmannPValues and JanitzaPValues say what may be chance. Proximities says which rows a forest finds
// alike, Prototypes and OutlierScores which of them are typical and which are not; RandomTreesEmbedding turns rows into leaves. IsolationForest, ExtendedIsolationForest and SCiForest find
// anomalies; RobustRandomCutForest finds them in a stream, too, which its model follows by Update or Stream.
//
// # Models made of models
//
// A config that holds others takes them as ml.AnyClassifier and its like, made by ml.Decide, ml.Classify, ml.Regress, ml.RegressMulti or ml.LabelMulti: pipelines, searches and
// one another included. It is saved and loaded with what it holds, and hands weights, groups and Valid on.
//
//	stack := ensemble.StackingClassifier{Bases: []ml.AnyClassifier{ml.Classify(pipe), ml.Classify(bayes.GaussianNB{})}}
//
// One estimator is fitted many times by BaggingClassifier (BaggingRegressor, BaggingMultiRegressor, BaggingMultiLabel), on rows and columns that are drawn, with answers out of the
// bag, and by AdaBoostClassifier, AdaBoostRegressor, LogitBoost, LPBoost and BrownBoost, on rows weighed anew. Several estimators are put together by VotingClassifier and VotingRegressor with weights that
// are given, by SuperLearnerClassifier, GreedySelectionClassifier and their regressors with weights learned in cross-validation, and by StackingClassifier (StackingRegressor,
// StackingMultiRegressor, StackingMultiLabel) with a model on top.
//
// OneVsRest, OneVsOne, OutputCode and NestedDichotomies make several classes of an estimator of two; MultiOutputRegressor and RegressorChain several outputs of an estimator of one, and
// MultiOutputClassifier, ClassifierChain, LabelPowerset and RAkEL several labels. For a regressor of a transformed target see features.TransformedTarget, for calibrated probabilities
// selection.Calibrated.
//
// # The same bytes everywhere
//
// A fit gives the same bytes on any number of cores and on every CPU: derivatives are computed in portable bits and added up as whole numbers, and what is drawn
// depends on the seed, the round and the row. Of more than 32768 rows with second derivatives that differ, derivatives are rounded at random to 12 bits, right on average, which their sums
// over many rows do not notice, and leaves are computed from the derivatives themselves. Where the largest one is more than 512 times the typical one (heavy tails: counts, claims,
// a few rows of great weight) that would drown the others, so that tree uses 30 bits, and as its sums take twice the memory grows somewhat slower. With fewer rows, and where second derivatives are all 1, it is always 30. A forest's trees draw by the seed and their own number alone, and add up whole numbers too.
package ensemble
