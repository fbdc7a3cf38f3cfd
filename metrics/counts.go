package metrics

import "math"

// Counts are the rows, by weight, of one class against all others: true and false, predicted positive and negative. Where a score is a
// ratio of nothing to nothing it takes the value of undefined: 0, 1, or NaN, which averages leave out.
type Counts struct{ TP, FP, FN, TN float64 }

func ratio(a, b, undefined float64) float64 {
	if b == 0 {
		return undefined
	}
	return a / b
}

func (c Counts) plus(o Counts) Counts {
	return Counts{c.TP + o.TP, c.FP + o.FP, c.FN + o.FN, c.TN + o.TN}
}

// Support is how many rows are of the class.
func (c Counts) Support() float64 { return c.TP + c.FN }

// Total is how many rows there are.
func (c Counts) Total() float64 { return c.TP + c.FP + c.FN + c.TN }

// Accuracy is the share of rows on the right side.
func (c Counts) Accuracy() float64 { return (c.TP + c.TN) / c.Total() }

// Precision is the share of the rows predicted positive that are: the positive predictive value.
func (c Counts) Precision(undefined float64) float64 { return ratio(c.TP, c.TP+c.FP, undefined) }

// Recall is the share of the positive rows that are predicted so: sensitivity, the true positive rate.
func (c Counts) Recall(undefined float64) float64 { return ratio(c.TP, c.TP+c.FN, undefined) }

// Specificity is the share of the negative rows that are predicted so: the true negative rate.
func (c Counts) Specificity(undefined float64) float64 { return ratio(c.TN, c.TN+c.FP, undefined) }

// NPV is the share of the rows predicted negative that are: the negative predictive value.
func (c Counts) NPV(undefined float64) float64 { return ratio(c.TN, c.TN+c.FN, undefined) }

// FPR is the share of the negative rows that are predicted positive.
func (c Counts) FPR(undefined float64) float64 { return ratio(c.FP, c.TN+c.FP, undefined) }

// FNR is the share of the positive rows that are predicted negative: the miss rate.
func (c Counts) FNR(undefined float64) float64 { return ratio(c.FN, c.TP+c.FN, undefined) }

// F is the F-score, the harmonic mean of precision and recall where recall counts beta times as much: 0 is precision, +Inf recall. It is
// undefined only where the class neither occurs nor is predicted.
func (c Counts) F(beta, undefined float64) float64 {
	if math.IsInf(beta, 0) {
		return c.Recall(undefined)
	}
	if beta == 0 {
		return c.Precision(undefined)
	}
	b := beta * beta
	return ratio((1+b)*c.TP, b*(c.TP+c.FN)+(c.TP+c.FP), undefined)
}

// Jaccard is the rows of the class predicted so over all rows that are of it or predicted so: intersection over union.
func (c Counts) Jaccard(undefined float64) float64 { return ratio(c.TP, c.TP+c.FP+c.FN, undefined) }

// GMean is the geometric mean of recall and specificity.
func (c Counts) GMean(undefined float64) float64 {
	return math.Sqrt(c.Recall(undefined) * c.Specificity(undefined))
}

// IBA is the index of balanced accuracy: recall times specificity, raised by alpha times the lead of recall (García, Mollineda and Sánchez, IbPRIA 2009; their alpha is 0.1).
func (c Counts) IBA(alpha, undefined float64) float64 {
	tpr, tnr := c.Recall(undefined), c.Specificity(undefined)
	return (1 + alpha*(tpr-tnr)) * tpr * tnr
}

// Informedness is recall + specificity - 1, Youden's J: 0 by chance.
func (c Counts) Informedness(undefined float64) float64 {
	return c.Recall(undefined) + c.Specificity(undefined) - 1
}

// Markedness is precision + NPV - 1.
func (c Counts) Markedness(undefined float64) float64 {
	return c.Precision(undefined) + c.NPV(undefined) - 1
}

// MCC is Matthews' correlation of the two lists, 0 if one of them is constant.
func (c Counts) MCC() float64 {
	d := (c.TP + c.FP) * (c.TP + c.FN) * (c.TN + c.FP) * (c.TN + c.FN)
	if d == 0 {
		return 0
	}
	return (c.TP*c.TN - c.FP*c.FN) / math.Sqrt(d)
}

// LikelihoodRatios are how much more often a positive row than a negative one is predicted positive (best +Inf), and predicted negative (best 0). Each takes the
// value of undefined where its divisor is 0, and both where no row is positive.
func (c Counts) LikelihoodRatios(undefined float64) (positive, negative float64) {
	pos, neg := c.TP+c.FN, c.FP+c.TN
	if pos == 0 {
		return undefined, undefined
	}
	return ratio(c.TP*neg, c.FP*pos, undefined), ratio(c.FN*neg, c.TN*pos, undefined)
}
