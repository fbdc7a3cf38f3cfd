package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Accuracy is the share of rows whose class is predicted right. Best 1.
func Accuracy(y, pred []int, weight ...float64) float64 {
	if !fits(len(y), len(pred), weight) {
		return math.NaN()
	}
	return meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		p := pred[lo:hi]
		for i, c := range y[lo:hi] {
			v := 0.0
			if c == p[i] {
				v = 1
			}
			out[i] = v
		}
	})
}

// ZeroOneLoss is the share of rows whose class is predicted wrong: 1 - Accuracy. Best 0.
func ZeroOneLoss(y, pred []int, weight ...float64) float64 { return 1 - Accuracy(y, pred, weight...) }

// SubsetAccuracy is the share of rows all of whose labels are predicted right. Best 1.
func SubsetAccuracy(y, pred [][]int, weight ...float64) float64 {
	return sampled(y, pred, weight, func(c Counts) float64 {
		if c.FP+c.FN == 0 {
			return 1
		}
		return 0
	})
}

// HammingLoss is the share of labels that are predicted wrong; of class codes that is the share of rows. Best 0.
func HammingLoss[Y Label](y, pred []Y, weight ...float64) float64 {
	if codes, ok := any(y).([]int); ok {
		return ZeroOneLoss(codes, any(pred).([]int), weight...)
	}
	return sampled(any(y).([][]int), any(pred).([][]int), weight, func(c Counts) float64 { return (c.FP + c.FN) / c.Total() })
}

func sampled(y, pred [][]int, weight []float64, score func(Counts) float64) float64 {
	return tallied(y, pred, Samples, weight, score)
}

// BalancedAccuracy is the mean recall of the classes that have rows: accuracy as if they were equally frequent. Best 1; 1/K by chance.
func BalancedAccuracy(y, pred []int, weight ...float64) float64 {
	return tallied(y, pred, Macro, weight, func(c Counts) float64 { return c.Recall(math.NaN()) })
}

// Informedness is BalancedAccuracy scaled so that chance is 0 and the best is 1; of two classes it is Youden's J. NaN for a single class.
func Informedness(y, pred []int, weight ...float64) float64 {
	t, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		return math.NaN()
	}
	classes := 0.0
	for _, c := range t.Counts {
		if c.Support() > 0 {
			classes++
		}
	}
	chance := 1 / classes
	return (t.Mean(Macro, func(c Counts) float64 { return c.Recall(math.NaN()) }) - chance) / (1 - chance)
}

// GMean is the geometric mean of the recalls of the classes that have rows: 0 as soon as one class is never found. Best 1.
func GMean(y, pred []int, weight ...float64) float64 {
	t, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		return math.NaN()
	}
	product, classes := 1.0, 0.0
	for _, c := range t.Counts {
		if c.Support() > 0 {
			product *= c.Recall(0)
			classes++
		}
	}
	return math.Pow(product, 1/classes)
}

// MCC is Matthews' correlation coefficient, for any number of classes (Gorodkin, Computational Biology and Chemistry 28, 2004). Best 1, chance 0; 0 if y or
// pred is constant.
func MCC(y, pred []int, weight ...float64) float64 {
	t, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		return math.NaN()
	}
	var right, cross, truth, guess sum
	s, classes, guesses := t.total, 0, 0
	for _, c := range t.Counts {
		a, b := (c.TP+c.FN)/s, (c.TP+c.FP)/s
		right.add(c.TP / s)
		cross.add(a * b)
		truth.add(a * (1 - a))
		guess.add(b * (1 - b))
		if a > 0 {
			classes++
		}
		if b > 0 {
			guesses++
		}
	}
	if classes < 2 || guesses < 2 {
		return 0
	}
	return (right.value() - cross.value()) / math.Sqrt(truth.value()*guess.value())
}

// LikelihoodRatios are how much more often a row of class 1 than one of class 0 is predicted as 1 (best +Inf), and as 0 (best 0). NaN where the divisor is
// 0, for no rows of class 1, and for classes other than 0 and 1; see [Counts.LikelihoodRatios] for another policy.
func LikelihoodRatios(y, pred []int, weight ...float64) (positive, negative float64) {
	t, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		return math.NaN(), math.NaN()
	}
	return t.One().LikelihoodRatios(math.NaN())
}

// TopKAccuracy is the share of rows whose class has one of the k highest scores (rows x K). Of equal scores the one of the higher class code goes
// first. Best 1. NaN for k < 1 and where a score is NaN.
func TopKAccuracy(y []int, score tensor.Matrix, k int, weight ...float64) float64 {
	if k < 1 || checkDecisions("metrics.TopKAccuracy", y, score, weight) != nil {
		return math.NaN()
	}
	s := rows.Of(score)
	return meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		buf := make([]float64, s.Cols())
		for i := lo; i < hi; i++ {
			out[i-lo] = 0
			if absent(weight, i) {
				continue
			}
			row, above := s.Row(i, buf), 0
			for j, v := range row {
				if v > row[y[i]] || v == row[y[i]] && j > y[i] {
					above++
				}
			}
			if above < k {
				out[i-lo] = 1
			}
		}
	})
}

// HingeLoss is the mean of max(0, 1-margin), the loss of support vector machines, of decision scores for class 1 against 0: the margin is the score of rows of class 1 and its
// negative for rows of class 0. Best 0. NaN for other classes or a score that is not finite.
func HingeLoss(y []int, decision []float64, weight ...float64) float64 {
	if !fits(len(y), len(decision), weight) {
		return math.NaN()
	}
	v := meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		for i := lo; i < hi; i++ {
			d := decision[i]
			switch {
			case y[i] == 0:
				d = -d
			case y[i] != 1:
				d = math.NaN()
			}
			out[i-lo] = max(0, 1-d) + 0*d
		}
	})
	return v
}

// HingeLossMulti is the hinge loss of several classes: the margin is the score of the row's class (a column of decision, rows x K) minus the highest of all others (Crammer
// and Singer). NaN for fewer than two columns or a score that is not finite.
func HingeLossMulti(y []int, decision tensor.Matrix, weight ...float64) float64 {
	if checkDecisions("metrics.HingeLossMulti", y, decision, weight) != nil {
		return math.NaN()
	}
	d := rows.Of(decision)
	if d.Cols() < 2 {
		return math.NaN()
	}
	return meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		buf := make([]float64, d.Cols())
		for i := lo; i < hi; i++ {
			out[i-lo] = 0
			if absent(weight, i) {
				continue
			}
			row, best := d.Row(i, buf), math.Inf(-1)
			for j, v := range row {
				if j != y[i] {
					best = max(best, v)
				}
			}
			margin := row[y[i]] - best
			out[i-lo] = max(0, 1-margin) + 0*margin
		}
	})
}
