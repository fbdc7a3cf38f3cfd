package selection

import (
	"context"
	"fmt"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

// checkClasses is metrics.CheckCodes and what a metrics.Tally asks of codes.
func checkClasses(where string, y, pred []int, weight []float64) error {
	if err := metrics.CheckCodes(where, y, pred, weight); err != nil {
		return err
	}
	_, err := metrics.NewTally(y, pred, 0, weight...)
	return err
}

// Precision is the share of the rows predicted as a class that are of it: see metrics.Precision.
type Precision struct {
	Average metrics.Average // of the classes; 0: metrics.Macro
}

// Score implements ml.Scorer.
func (s Precision) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	return predicted(s, m, d, checkClasses, func(y, pred []int, weight ...float64) float64 {
		return metrics.Precision(y, pred, s.Average, weight...)
	})
}

// Lower is false.
func (Precision) Lower() bool { return false }

// Name is "precision_macro", after its average.
func (s Precision) Name() string { return "precision_" + s.Average.String() }

// Recall is the share of the rows of a class that are predicted as it: see metrics.Recall.
type Recall struct {
	Average metrics.Average // of the classes; 0: metrics.Macro
}

// Score implements ml.Scorer.
func (s Recall) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	return predicted(s, m, d, checkClasses, func(y, pred []int, weight ...float64) float64 {
		return metrics.Recall(y, pred, s.Average, weight...)
	})
}

// Lower is false.
func (Recall) Lower() bool { return false }

// Name is "recall_macro", after its average.
func (s Recall) Name() string { return "recall_" + s.Average.String() }

// F1 is the harmonic mean of precision and recall: see metrics.F1.
type F1 struct {
	Average metrics.Average // of the classes; 0: metrics.Macro
}

// Score implements ml.Scorer.
func (s F1) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	return predicted(s, m, d, checkClasses, func(y, pred []int, weight ...float64) float64 {
		return metrics.F1(y, pred, s.Average, weight...)
	})
}

// Lower is false.
func (F1) Lower() bool { return false }

// Name is "f1_macro", after its average.
func (s F1) Name() string { return "f1_" + s.Average.String() }

// BalancedAccuracy is the mean recall of the classes: see metrics.BalancedAccuracy.
type BalancedAccuracy struct{}

// Score implements ml.Scorer.
func (s BalancedAccuracy) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	return predicted(s, m, d, checkClasses, metrics.BalancedAccuracy)
}

// Lower is false.
func (BalancedAccuracy) Lower() bool { return false }

// Name is "balanced_accuracy".
func (BalancedAccuracy) Name() string { return "balanced_accuracy" }

// MCC is Matthews' correlation coefficient: see metrics.MCC.
type MCC struct{}

// Score implements ml.Scorer.
func (s MCC) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	return predicted(s, m, d, checkClasses, metrics.MCC)
}

// Lower is false.
func (MCC) Lower() bool { return false }

// Name is "mcc".
func (MCC) Name() string { return "mcc" }

// Brier is the mean squared error of the predicted probabilities: see metrics.Brier.
type Brier struct{}

// Score implements ml.Scorer. A model without probabilities gives errors.ErrUnsupported.
func (s Brier) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	where := scoring(s.Name())
	d, p, err := probabilities(where, m, d)
	if err != nil {
		return 0, err
	}
	return defined(where, metrics.Brier(d.Y, p, d.Weight...))
}

// Lower is true.
func (Brier) Lower() bool { return true }

// Name is "brier".
func (Brier) Name() string { return "brier" }

// AveragePrecision is the area under the steps of the precision-recall curve: of class 1 where there are two classes, otherwise the average over the classes, each against all others.
type AveragePrecision struct {
	Average metrics.Average // of several classes; 0: metrics.Macro
}

// Score implements ml.Scorer. A model without probabilities gives errors.ErrUnsupported.
func (s AveragePrecision) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	where := scoring(s.Name())
	d, p, err := probabilities(where, m, d)
	if err != nil {
		return 0, err
	}
	average := s.Average
	if _, k := p.Dims(); k == 2 {
		average = metrics.Binary
	}
	return defined(where, metrics.AveragePrecisionOvR(d.Y, p, average, d.Weight...))
}

// Lower is false.
func (AveragePrecision) Lower() bool { return false }

// Name is "average_precision", followed by an average that is not its default.
func (s AveragePrecision) Name() string {
	return strings.TrimSuffix("average_precision_"+s.Average.String(), "_macro")
}

// MedianAE is the median absolute error, in the units of the target.
type MedianAE struct{}

// Score implements ml.Scorer.
func (s MedianAE) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, metrics.MedianAE)
}

// Lower is true.
func (MedianAE) Lower() bool { return true }

// Name is "median_ae".
func (MedianAE) Name() string { return "median_ae" }

// MAPE is the mean of the absolute error over the absolute target: see metrics.MAPE.
type MAPE struct{}

// Score implements ml.Scorer.
func (s MAPE) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, metrics.MAPE)
}

// Lower is true.
func (MAPE) Lower() bool { return true }

// Name is "mape".
func (MAPE) Name() string { return "mape" }

// TweedieDeviance is the mean deviance of the Tweedie family: see metrics.TweedieDeviance, outside whose domain it is ErrTarget.
type TweedieDeviance struct {
	Power float64 // of the mean that the variance is: 0 squared error, 1 Poisson, 2 gamma
}

// Score implements ml.Scorer.
func (s TweedieDeviance) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, func(y, pred []float64, weight ...float64) float64 {
		return metrics.TweedieDeviance(y, pred, s.Power, weight...)
	})
}

// Lower is true.
func (TweedieDeviance) Lower() bool { return true }

// Name is "tweedie_deviance_0", after its power.
func (s TweedieDeviance) Name() string { return fmt.Sprint("tweedie_deviance_", s.Power) }

// Pinball is the loss of predictions of a quantile: see metrics.Pinball.
type Pinball struct {
	Quantile float64 // between 0 and 1; 0: 0.5
}

// Score implements ml.Scorer.
func (s Pinball) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	q := s.Quantile
	if q == 0 {
		q = 0.5
	}
	if !(q > 0 && q < 1) {
		return 0, ml.BadConfig(scoring(s.Name()), "Quantile", s.Quantile, "between 0 and 1, or 0 for 0.5")
	}
	return predicted(s, m, d, metrics.CheckValues, func(y, pred []float64, weight ...float64) float64 {
		return metrics.Pinball(y, pred, q, weight...)
	})
}

// Lower is true.
func (Pinball) Lower() bool { return true }

// Name is "pinball_0.9", after its quantile.
func (s Pinball) Name() string { return fmt.Sprint("pinball_", s.Quantile) }
