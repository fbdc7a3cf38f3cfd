// Package linear holds models that are linear in the columns of X: least squares ([OLS], [Ridge], and [OLSMulti], [RidgeMulti] for several
// targets) and logistic regression ([LogisticRegression]).
//
//	d := datasets.Diabetes()                                     // 442 patients, 10 columns, a measure of progression
//	train, test := selection.Split(d, 0.25, 1)
//	model, err := linear.Ridge{Alpha: 0.1}.Fit(ctx, train)       // *linear.RegressionModel
//	pred, err := model.Predict(test.X)
//	for j, b := range model.Coef {
//		fmt.Println(ml.ColumnName(model.Columns, j), b)
//	}
//
// A config is a struct literal; the zero value of every field is documented. Fit returns another type, which never changes and may be
// used by any number of goroutines: [RegressionModel], [MultiRegressionModel] or [LogisticModel]. PredictRow answers for one row without
// allocating.
//
// # Which one
//
// OLS has no knobs and gives the certified digits of the NIST reference data, but its coefficients are at the mercy of nearly
// dependent columns. Ridge holds them down by a penalty, which needs columns in comparable units: put a features.StandardScaler before
// it in a pipeline. LogisticRegression is the same idea for classes, with C = 1/penalty as in scikit-learn, whose coefficients
// it reproduces:
//
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 10})
//	fitted, err := pipe.Fit(ctx, train)
//	p, err := fitted.PredictProba(test.X)                        // rows x classes, rows sum to 1
//	fmt.Println(fitted.Final.Coef, fitted.Final.Info.Status)
//
// With L1Ratio it penalises absolute values, too, so that many coefficients become exactly zero. [LogisticPath] gives the models of a whole grid
// of penalties, [LogisticRegressionCV] chooses one by cross-validation, and [OneVsRestLogisticCV] one for each class.
//
// LinearSVC and LinearSVR are linear support vector machines: the loss only counts rows within a margin or outside of a tube. An L1 penalty
// selects columns.
//
// SGDClassifier, SGDRegressor and SGDOneClass learn row by row with the usual losses, penalties and step lengths: for more rows than fit into
// memory, or a good model soon. Perceptron, PassiveAggressiveClassifier and PassiveAggressiveRegressor are presets of theirs. Their models
// go on learning with Update, and [ml.FitStream] feeds them a stream:
//
//	model, err := ml.FitStream(ctx, linear.SGDClassifier{Loss: linear.LogLoss{}, MaxIter: 1}, chunks)
//
// [RidgeCV] chooses Ridge's penalty from a grid by leaving each row out, exactly and from one decomposition. [RidgeClassifier] is ridge
// regression on class codes, the quickest classifier for many columns; [RidgeClassifierCV] is both.
//
// [BayesianRidge] finds the penalty in the data, by the evidence, and its predictions have standard deviations; [ARDRegression] finds
// one for each column and prunes those of no use.
//
// [OLSInference] is OLS with standard errors, tests, intervals and diagnostics, classical or robust; printing its result gives the
// regression table:
//
//	fit, err := linear.OLSInference{Covariance: linear.HC3}.Fit(ctx, d)
//	fmt.Println(fit)                                             // also: fit.Terms(), fit.CooksDistance(), fit.PredictInterval(x)
//
// [HuberRegressor] and [MEstimator] are not spoiled by a few bad targets; their [RobustModel] says which rows look bad.
// [RANSAC] finds the rows that agree, out of many that do not, and fits any regressor to those.
// [TheilSen] takes the median of the fits to all small subsets of rows: nothing to tune, for few columns.
//
// [QuantileRegression] fits the median or another quantile, exactly, and [MultiQuantileRegression] several that do not cross.
//
// [Isotonic] fits a monotone function of one column.
//
// Lasso and ElasticNet penalise absolute values, too, so that many coefficients become exactly zero: models of many columns that
// name the few which matter. LassoCV and ElasticNetCV choose the penalty by cross-validation, the best or the largest that does about as
// well; LassoPath and ElasticNetPath give the models of all penalties. LassoMulti and ElasticNetMulti fit several targets, each by itself;
// MultiTaskLasso and MultiTaskElasticNet, and their CV forms, fit targets that share their columns:
//
//	model, err := linear.LassoCV{OneSE: true}.Fit(ctx, train)    // also: model.BestAlpha, model.Errors, model.FoldErrors
//
// Counts, amounts, shares and waiting times have generalised linear models ([GLM], [PoissonRegressor], [GammaRegressor],
// [TweedieRegressor]), with exposure, offset, standard errors and the deviances:
//
//	model, err := linear.GLM{Family: linear.Poisson{}, Exposure: "years"}.Fit(ctx, policies)
//	for _, term := range model.Terms() {
//		fmt.Println(term.Name, math.Exp(term.Estimate), term.P)
//	}
//
// # What they take
//
// X may be a tensor of float32 or float64, a gonum matrix or a CSR matrix, which is neither copied whole nor densified: centring is
// implicit. All numbers must be finite; columns must be numeric. Everything is computed in float64. Row weights count as
// repetitions: a row of weight 3 is that row three times, one of weight 0 is absent. (Where steps are taken row by row, weight 3 is a step
// three times as long.)
//
// # How the fit went
//
// Info.Status says whether an iterative method converged, Info.Gap how far it was from it, Info.Note what deserves a look: dependent
// columns, separable classes. Not converging is information and not an error. Iterative fits report to [ml.WithProgress] and
// check the context at every step; direct ones check it between blocks of rows.
package linear
