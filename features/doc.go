// Package features turns data as people hold it into the numbers that estimators learn from: scalers, encoders, imputers,
// the column transformer, and the schema that reads Go structs.
//
// # Transformers
//
// A transformer's config is a plain struct whose zero value does the usual thing. Fit learns from training rows and returns
// a model, whose Transform treats all later rows alike:
//
//	scaler, err := features.StandardScaler{}.Fit(ctx, train.Table)
//	x, err := scaler.Transform(test.X)
//
// What is learned from test rows leaks into the score, so a transformer belongs into a pipeline, which cross-validation then
// fits anew on each fold's training rows:
//
//	pipe := ml.Pipe(ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{})}, linear.LogisticRegression{})
//	scores, err := selection.CrossValidate(ctx, pipe, data, selection.StratifiedKFold{K: 5}, selection.Accuracy{})
//
// What there is:
//
//   - [StandardScaler] brings columns to mean 0 and standard deviation 1, [MinMaxScaler] to a range, [MaxAbsScaler] to -1..1 without moving 0,
//     [RobustScaler] to median 0 and quartiles at distance 1. [Normalizer] brings rows to length 1.
//   - [QuantileTransformer] and [PowerTransformer] make columns uniform or normal; [KBinsDiscretizer] cuts them into bins.
//   - [PolynomialFeatures], [SplineTransformer], [NaturalSplines] and [FourierFeatures] make curves of them, which linear models can follow.
//   - [DateParts] takes times apart, as numbers or as angles.
//   - [SimpleImputer] puts a mean, median, most frequent value or constant in place of what is missing, [KNNImputer] what similar rows have there,
//     [IterativeImputer] what regressions on the other columns say. [MissingIndicator] keeps where something was missing.
//   - [OneHotEncoder] makes a column of zeros and ones of each category; [OrdinalEncoder] makes ranks; [TargetEncoder] takes the mean of the target, without leaking it
//     to the training rows; [CountEncoder] counts; [HashingEncoder] needs no list of categories.
//   - [VarianceThreshold], [SelectKBest], [SelectPercentile], [SelectFPR], [SelectFDR] and [SelectFWE] keep the columns that say something of the target, by
//     [ANOVA], [Chi2], [FRegression], [Correlation], [MutualInfo], [DistanceCorrelation], [HSIC] or [ReliefF]; [MRMR] keeps those that do not repeat each other; [RFEClassifier], [RFECVClassifier], [SelectFromClassifier] and [SequentialClassifier], and the same for
//     regressors, ask an estimator.
//   - [RandomOverSampler], [SMOTE], [BorderlineSMOTE] and [ADASYN] add rows of small classes, [RandomUnderSampler], [TomekLinks], [EditedNearestNeighbours] and [NearMiss]
//     drop rows of large ones: as ml.Resample(...) in a pipeline, where only training rows pass them.
//   - [Map] applies a function: [Log], [Log1p], [Sqrt], [Clip], [Binarize], [Since], or your own.
//   - [Columns] does different things to different columns, and puts the results side by side.
//   - [CountVectorizer], [TfidfVectorizer] and [HashingVectorizer] make columns of the words or characters of texts; [Texts] does so to a column of texts
//     among others. Words are cut by [Words], [Fields], a [Pattern], [Subwords] of a language model's vocabulary, brought to their [Lemmas], or by a Tokenizer of your own. [TfidfTransformer] and [BM25Transformer] weight counts; [DictVectorizer] takes records of keys and values.
//   - [TransformedTarget] fits a regressor to a function of the target, such as its logarithm, and predicts the target itself.
//   - [Labels] maps the labels of classes to codes and back, to columns of 0 and 1, and sets of labels to multi-label targets.
//
// # Missing values and categories
//
// A missing value is NaN. A category is its code, a whole number from 0, in a column that says so (ml.Categorical) and
// names its codes (Levels). Scalers and functions let NaN pass, imputers remove it, and a OneHotEncoder makes a category of
// it. Numbers are never taken for categories, nor categories for numbers, unless asked for: the error says which encoder to
// use. Inf is an error everywhere.
//
// What encoders do with a category that no training row had, with one that few had, and with a missing one:
//
//	                 unseen                                  rare                               missing
//	OneHotEncoder    Unknown: error, zeros, infrequent, log  MinFrequency, MaxCategories share  a category, if training rows have it
//	OrdinalEncoder   Unknown: error, UnknownRank, ..., log   the same, with Seen or alone       stays missing, or MissingRank
//	TargetEncoder    the mean of all rows                    drawn towards the mean of all      as an unseen or seen category
//	CountEncoder     0                                       its count                          as an unseen or seen category
//	HashingEncoder   a column by its hash, as any other      as any other                       adds nothing
//	vectorizers      an unseen term is left out              MinDF, MaxFeatures                 a row of zeros
//
// # Storage
//
// float32 stays float32, and a sparse matrix (CSR) stays sparse; whatever cannot be done without storing every zero is an
// error that says so. All arithmetic is in float64. One row at a time (TransformRow) gives the very numbers that a batch
// gives, without allocating.
//
// # Batches
//
// What learns sums, extremes or counts learns on from more rows (Update, and ml.FitStream): StandardScaler, MinMaxScaler, MaxAbsScaler, SimpleImputer (means, constants and most frequent values), CountEncoder,
// TargetEncoder, CountVectorizer and TfidfVectorizer, TfidfTransformer and BM25Transformer; it then is what a fit to all rows would be. Map, Normalizer, HashingEncoder, HashingVectorizer and PolynomialFeatures learn
// nothing from the numbers. The others do not update:
//
//	RobustScaler, QuantileTransformer, KBinsDiscretizer,       quantiles and likelihoods need all of the values again
//	PowerTransformer, splines, SimpleImputer of medians        (bins of equal width would move under what was fitted behind them)
//	OneHotEncoder, OrdinalEncoder, DictVectorizer, Labels      a new category would be a new column or move the codes of the others
//	KNNImputer, IterativeImputer                               the training rows themselves, or rounds over all of them
//	selections, MissingIndicator, DateParts, FourierFeatures   they decide which columns there are, and what follows was fitted to these
//
// # Texts
//
// Vectorizers learn from a []string, and stand before a pipeline, whose rows are numbers. BindText joins the two to a model that takes
// texts:
//
//	words, x, err := features.TfidfVectorizer{}.FitTransform(ctx, texts)
//	train := ml.Dataset[int]{Table: ml.Table{X: x, Columns: words.Out()}, Y: y}
//	fitted, err := linear.LogisticRegression{}.Fit(ctx, train)
//	model, err := features.BindText[int](words, fitted)
//	class, err := model.Class("any text")
//
// Texts in a table, beside numbers and categories, are a column of kind ml.Text, which readers make where ml.TypeText is declared; [Texts] is then a
// step of a pipeline, or of a part of Columns, and learns its terms in each fold anew.
//
// Of a bare []string, the columns come from the texts that Fit was given. For cross-validation, count with a HashingVectorizer or a CountVectorizer
// of a given Vocabulary, which learn nothing, and let [TfidfTransformer], a step of the pipeline, learn the weights in each fold.
//
// # Structs
//
// Most Go programs hold rows as structs. [For] reads their tags, once, and makes of them what the transformers above do:
//
//	type Loan struct {
//		Income  float64   `ml:"log1p,scale"`
//		Purpose string    `ml:"onehot,max=20,other"`
//		Age     *int      `ml:"impute=median"`    // nil: missing
//		Opened  time.Time `ml:"since=2020-01-01"` // days
//		Notes   string    `ml:"-"`
//		Default bool      `ml:"target"`
//	}
//
//	schema, err := features.For[Loan]()
//	data, err := schema.Classes(loans)                       // an ml.Dataset[int]
//	pipe := ml.Pipe(schema.Stage(), linear.LogisticRegression{})
//	fitted, err := pipe.Fit(ctx, data)                       // or selection.CrossValidate(ctx, pipe, data, ...)
//	model, err := features.Bind(schema, fitted)
//	class, err := model.Class(loan)                          // one struct in, "true" or "false" out
//	err = ml.Save(w, model)
//
// The file holds tags, categories, transformers and model together. On loading, the struct type must still have the fields
// and tags of training, or the error names those that have changed: what serves is what was trained. A test that calls
// For checks all tags of a type.
//
// Where the encoded numbers themselves are wanted, [Schema.Fit], [Schema.FitClasses] and [Schema.FitValues] return them with
// an [Encoder], which encodes further structs in the same way.
package features
