package selection

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/metrics"
)

// Interval is a confidence interval of the mean over the folds, for models fitted to as many rows as in a fold: Student's, with the variance raised for the
// training rows that folds share (Nadeau and Bengio, Machine Learning 52, 2003). testToTrain is the number of test rows over that of training rows,
// 1/(K-1) for K folds, and level the confidence, 0 for 0.95. Of one fold, or of folds that failed, it has no width to tell: NaN.
func (m Metric) Interval(testToTrain, level float64) metrics.Interval {
	if level == 0 {
		level = 0.95
	}
	mean, k := m.Mean(), float64(len(m.Folds))
	half := math.NaN()
	if k > 1 && level > 0 && level < 1 && testToTrain >= 0 {
		sd := m.Std() * math.Sqrt(k/(k-1))
		half = stats.StudentT{Nu: k - 1}.Quantile(0.5+level/2) * sd * math.Sqrt(1/k+testToTrain)
	}
	return metrics.Interval{Value: mean, Low: mean - half, High: mean + half}
}

// testToTrain is the mean ratio of test to training rows over folds.
func testToTrain(folds []ml.Fold, n int) float64 {
	sum := 0.0
	for _, f := range folds {
		sum += float64(len(f.Test)) / float64(len(f.TrainRows(n)))
	}
	return sum / float64(len(folds))
}
