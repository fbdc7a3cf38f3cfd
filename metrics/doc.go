// Package metrics scores predictions: numbers against numbers, class codes or labels against class codes or labels, probabilities or
// scores against class codes, orders against relevance, clusters against classes.
//
//	pred, err := model.Predict(test.X)
//	fmt.Println(metrics.Accuracy(test.Y, pred))
//	fmt.Println(metrics.F1(test.Y, pred, metrics.Macro))
//	report, err := metrics.NewClassReport(test.Y, pred, test.Classes)
//
//	proba, err := model.PredictProba(test.X)
//	fmt.Println(metrics.LogLoss(test.Y, proba, test.Weight...))
//
// # Arguments
//
// The truth comes first, then what was predicted for the same rows, then what the metric needs to know, then the weights of
// the rows. Class codes are 0..K-1; probabilities are a matrix of rows x K, so the matrix says how many classes there are,
// and classes that no row has are no trouble. The targets of multi-label data are rows of 0 and 1, one for each label; what works for class codes and for labels is one
// generic function ([F1], [HammingLoss]). Two classes may also be scored by one list of numbers, for class 1. The targets of several outputs are rows of
// numbers: [Outputs] and [MeanOutputs] turn any metric of numbers into one of several outputs. Nothing is written to, and nothing is random but what takes a seed.
//
// # Classes into one score
//
// [Average] says how. What precision, recall and their kin are made of is a [Tally] of [Counts]: it gives any score of the counts of a class, averaged in any way, with any value in
// place of 0/0, which the short forms take as 0:
//
//	t, err := metrics.NewTally(y, pred, 0)
//	recall := t.Mean(metrics.Macro, func(c metrics.Counts) float64 { return c.Recall(math.NaN()) }) // classes without rows are left out
//
// [Thresholds] does the same for every threshold of a score; all curves come from it, as points, and package plot draws them.
//
// # Weights
//
// No weights means that every row counts 1. Otherwise there is one weight for each row, finite and at least 0: a row of weight 0
// is as good as absent, whatever stands in it, and one of weight k counts as k equal rows.
//
// # Undefined scores
//
// A metric returns a single float64, and never panics on data. It is NaN when the score is not defined (no rows, weights that
// are all zero, one class where two are needed), when a prediction is NaN, and when the arguments do not belong together
// (different lengths, a negative weight, a code without a column). To know which, ask [CheckCodes], [CheckLabels], [CheckValues],
// [CheckScores] or [CheckProba] ([CheckRows] for a metric of your own): they take the same arguments and return an *ml.Error, or nil. The scorers of package selection do, so
// cross-validation ends with an error rather than with a NaN. What returns more than a number, like [ConfusionMatrix], returns
// the error itself.
//
// Every metric is O(rows), or O(rows log rows) where rows are ranked, and times K where there is a matrix; what costs more says so. Sums are taken in
// blocks of fixed length, whose totals are compensated: their rounding error does not grow with the number of blocks, and the result is the same on any number
// of cores. The definitions and edge cases are those of scikit-learn 1.9 except where a function says otherwise.
package metrics
