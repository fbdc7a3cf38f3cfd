// Package metrics scores predictions: numbers against numbers, class codes against class codes, probabilities or scores
// against class codes.
//
//	pred, err := model.Predict(test.X)
//	fmt.Println(metrics.Accuracy(test.Y, pred))
//
//	proba, err := model.PredictProba(test.X)
//	fmt.Println(metrics.LogLoss(test.Y, proba, test.Weight...))
//
// # Arguments
//
// The truth comes first, then what was predicted for the same rows, then what the metric needs to know, then the weights of
// the rows. Class codes are 0..K-1; probabilities are a matrix of rows x K, so the matrix says how many classes there are,
// and classes that no row has are no trouble. Nothing is written to and nothing is random.
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
// (different lengths, a negative weight, a code without a column). To know which, ask [CheckCodes], [CheckValues],
// [CheckScores] or [CheckProba] ([CheckRows] for a metric of your own): they take the same arguments and return an *ml.Error, or nil. The scorers of package selection do, so
// cross-validation ends with an error rather than with a NaN. What returns more than a number, like [ConfusionMatrix], returns
// the error itself.
//
// Every metric is O(rows), or O(rows log rows) where rows are ranked, and times K where there is a matrix. Sums are compensated:
// their rounding error does not grow with the number of rows. The definitions and edge cases are those of scikit-learn 1.9 except where a
// function says otherwise.
package metrics
