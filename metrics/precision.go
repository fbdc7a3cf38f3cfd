package metrics

import "math"

// tallied is the average of a score over the classes or labels that occur; NaN if the arguments do not belong together.
func tallied[Y Label](y, pred []Y, a Average, weight []float64, score func(Counts) float64) float64 {
	t, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		return math.NaN()
	}
	return t.Mean(a, score)
}

// Precision is the share of the rows predicted as a class that are of it, averaged over the classes that occur in y or pred; the
// same for labels. A class that is never predicted counts 0; for another policy, or all K classes, see [NewTally] and [Counts.Precision]. Best 1.
func Precision[Y Label](y, pred []Y, average Average, weight ...float64) float64 {
	return tallied(y, pred, average, weight, func(c Counts) float64 { return c.Precision(0) })
}

// Recall is the share of the rows of a class that are predicted as it, its sensitivity, averaged as in [Precision]. A class without rows counts 0. Best 1.
func Recall[Y Label](y, pred []Y, average Average, weight ...float64) float64 {
	return tallied(y, pred, average, weight, func(c Counts) float64 { return c.Recall(0) })
}

// Specificity is the share of the rows of other classes that are not predicted as the class, averaged as in [Precision]. Best 1.
func Specificity[Y Label](y, pred []Y, average Average, weight ...float64) float64 {
	return tallied(y, pred, average, weight, func(c Counts) float64 { return c.Specificity(0) })
}

// F1 is the harmonic mean of precision and recall of a class, averaged as in [Precision]. Best 1.
func F1[Y Label](y, pred []Y, average Average, weight ...float64) float64 {
	return FBeta(y, pred, 1, average, weight...)
}

// FBeta is F1 where recall counts beta times as much as precision. NaN for a negative beta.
func FBeta[Y Label](y, pred []Y, beta float64, average Average, weight ...float64) float64 {
	if !(beta >= 0) {
		return math.NaN()
	}
	return tallied(y, pred, average, weight, func(c Counts) float64 { return c.F(beta, 0) })
}

// Jaccard is the rows of a class predicted as it over those that are of it or predicted as it, averaged as in [Precision]. Best 1.
func Jaccard[Y Label](y, pred []Y, average Average, weight ...float64) float64 {
	return tallied(y, pred, average, weight, func(c Counts) float64 { return c.Jaccard(0) })
}
