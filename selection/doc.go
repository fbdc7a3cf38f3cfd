// Package selection chooses models honestly: it divides data, cross-validates, and searches over configs.
//
//	iris := datasets.Iris()
//	train, test := selection.Split(iris, 0.25, 1) // stratified for class codes, groups kept whole
//
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{})
//	cv, err := selection.CrossValidate(ctx, pipe, train, selection.StratifiedKFold{K: 5}, selection.Accuracy{}, selection.LogLoss{})
//	fmt.Print(cv)
//
//	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, .1, 1, 10)
//	best, err := selection.NewSearch(grid, selection.StratifiedKFold{K: 5}, selection.LogLoss{}).Fit(ctx, train)
//	fmt.Println(best.Best.Coef, best.BestConfig())
//	pred, err := best.Predict(test.X)
//
// # Parts
//
// Splitters divide rows: [KFold] and [StratifiedKFold], [GroupKFold], [StratifiedGroupKFold] and [LeaveOneGroupOut] where groups
// of rows belong together, [ShuffleSplit], [StratifiedShuffleSplit] and [GroupShuffleSplit] for random parts,
// [RepeatedKFold] and [RepeatedStratifiedKFold], [LeaveOneOut], [LeavePOut] and [LeavePGroupsOut], [TimeSeriesSplit] and [GroupTimeSeriesSplit],
// [StratifiedRegressionKFold] and [PredefinedSplit]. Without Shuffle the folds of each are those of scikit-learn's splitter of the same name, where it has
// one. Only the splitters with Group in their name, and [Split], look at Table.Group.
//
// Scorers measure a model on rows it has not seen: [Accuracy], [LogLoss], [ROCAUC], [R2], [RMSE], [MSE], [MAE]. They count the weights of
// the rows, skip rows whose class is ml.None, and give an error where a score is undefined. [On] wraps any metric.
//
// [CrossValidate], [CrossFit] and [Search] take any ml.Fitter: a config, a pipeline, another search. A [Search] is one itself, so a nested
// cross-validation is CrossValidate(ctx, search, ...). [HoldOut] makes the rows to watch that early stopping needs.
//
// [CrossEvaluate] also keeps models, times, scores of the training rows and faults; [CrossPredict], [CrossProba] and [CrossOutput] give predictions of rows
// by models that have not seen them. [LearningCurve] and [ValidationCurve] show what more rows or another parameter would do, [PermutationTest] whether a
// score could be luck, and [Honest] what to expect of a whole search, with an interval.
//
// # Tuning
//
// [Tune] searches a [Space]: fields of a struct of yours, reached by funcs that the compiler checks, with [Uniform], [LogUniform], [Ints], [LogInts], [Choice],
// [When] for what counts only under a condition, and [Resource]. The strategies are [GridSearch], [RandomSearch], [HalvingSearch] and [BayesSearch], by a Parzen estimator or a Gaussian process; a
// [Journal] lets a search that was ended go on. Rules such as [OneStandardError] choose what is fitted in the end.
//
// [Calibrated] makes honest probabilities of scores, [TunedThreshold] and [FixedThreshold] decide between two classes, at the least [Cost] for instance. [ConformalRegressor],
// [ConformalQuantile] and [ConformalClassifier] give intervals and sets that hold the truth as often as asked. [DummyClassifier] and [DummyRegressor] are the scores to beat. A [FrozenClassifier]
// or [FrozenRegressor] puts a model that is there already into any of them.
//
// # Determinism
//
// Splitters, scorers, strategies and searches over a list are plain data that can be printed and saved; scorers of [On] and [OnLoss] and a [Tuner] hold funcs and are none. Random parts depend on the seed alone, and
// folds and candidates run in parallel without changing a bit of the result.
package selection
