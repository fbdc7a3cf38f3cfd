package selection

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// labelled is d without the rows whose class is ml.None.
func labelled[Y any](where string, d ml.Dataset[Y]) (ml.Dataset[Y], error) {
	codes, ok := any(d.Y).([]int)
	if !ok {
		return d, nil
	}
	keep := make([]int, 0, len(codes))
	for i, c := range codes {
		if c != ml.None {
			keep = append(keep, i)
		}
	}
	switch {
	case len(keep) == len(codes):
		return d, nil
	case len(keep) == 0:
		return d, &ml.Error{Where: where, Field: "Y", Found: "without any labelled row", Want: "at least one", Kind: ml.ErrTarget}
	case !whole(d):
		return d, ml.BadShape(where, "data", "uneven: X, Y, Weight and Group differ in length", "as many of each as X has rows")
	}
	return d.Select(keep), nil
}

// predicted scores predictions, after the check that says what is wrong with them.
func predicted[Y any](s ml.Scorer[Y], m ml.Predictor[Y], d ml.Dataset[Y], check func(where string, y, pred []Y, weight []float64) error, metric func(y, pred []Y, weight ...float64) float64) (float64, error) {
	where := scoring(s.Name())
	d, err := labelled(where, d)
	if err != nil {
		return 0, err
	}
	pred, err := m.Predict(d.X)
	if err != nil {
		return 0, err
	}
	if err := check(where, d.Y, pred, d.Weight); err != nil {
		return 0, err
	}
	return defined(where, metric(d.Y, pred, d.Weight...))
}

// probabilities asks a classifier for the probabilities of the labelled rows, and checks them.
func probabilities(where string, m ml.Predictor[int], d ml.Dataset[int]) (ml.Dataset[int], *tensor.Tensor[float64], error) {
	c, ok := ml.As[ml.Classifier](m)
	if !ok {
		return d, nil, &ml.Error{Where: where, Found: fmt.Sprintf("a %T", m), Want: "a model with PredictProba", Kind: errors.ErrUnsupported}
	}
	d, err := labelled(where, d)
	if err != nil {
		return d, nil, err
	}
	p, err := c.PredictProba(d.X)
	if err != nil {
		return d, nil, err
	}
	return d, p, metrics.CheckProba(where, d.Y, p, d.Weight)
}

// defined turns the NaN of an undefined score into an error.
func defined(where string, v float64) (float64, error) {
	if math.IsNaN(v) {
		return 0, &ml.Error{Where: where, Found: "undefined on these rows", Want: "more rows, and of other targets", Kind: ml.ErrTarget}
	}
	return v, nil
}

func scoring(name string) string { return "selection: score " + name }

// Accuracy is the share of rows whose class is predicted right.
type Accuracy struct{}

// Score implements ml.Scorer.
func (s Accuracy) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	return predicted(s, m, d, metrics.CheckCodes, metrics.Accuracy)
}

// Lower is false.
func (Accuracy) Lower() bool { return false }

// Name is "accuracy".
func (Accuracy) Name() string { return "accuracy" }

// LogLoss is the cross-entropy of the predicted probabilities, in nats: see metrics.LogLoss.
type LogLoss struct{}

// Score implements ml.Scorer. A model without probabilities gives errors.ErrUnsupported.
func (s LogLoss) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	where := scoring(s.Name())
	d, p, err := probabilities(where, m, d)
	if err != nil {
		return 0, err
	}
	return defined(where, metrics.LogLoss(d.Y, p, d.Weight...))
}

// Lower is true.
func (LogLoss) Lower() bool { return true }

// Name is "log_loss".
func (LogLoss) Name() string { return "log_loss" }

// ROCAUC is the area under the ROC curve of the predicted probabilities: of class 1 where there are two classes, otherwise the
// average over the classes, each against all others, or over all pairs of classes.
type ROCAUC struct {
	Average  metrics.Average // of several classes; 0: metrics.Macro
	OneVsOne bool            // pairs of classes (Hand and Till) in place of one class against the rest; false: one against the rest
}

// Score implements ml.Scorer. A model without probabilities gives errors.ErrUnsupported. Test rows of a single class give
// ErrTarget, and so does a class without test rows, except for metrics.Weighted and OneVsOne, which leave it out.
func (s ROCAUC) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	where := scoring(s.Name())
	d, p, err := probabilities(where, m, d)
	if err != nil {
		return 0, err
	}
	if _, k := p.Dims(); k == 2 {
		one := p.Cols(1, 2).Data()
		if err := metrics.CheckScores(where, d.Y, one, d.Weight); err != nil {
			return 0, err
		}
		return metrics.ROCAUC(d.Y, one, d.Weight...), nil
	}
	if s.OneVsOne {
		return defined(where, metrics.ROCAUCOvO(d.Y, p, s.Average, d.Weight...))
	}
	return defined(where, metrics.ROCAUCOvR(d.Y, p, s.Average, d.Weight...))
}

// Lower is false.
func (ROCAUC) Lower() bool { return false }

// Name is "roc_auc", followed by what is not its default: "roc_auc_ovo_weighted".
func (s ROCAUC) Name() string {
	name := "roc_auc"
	if s.OneVsOne {
		name += "_ovo"
	}
	if s.Average != metrics.Macro {
		name += "_" + s.Average.String()
	}
	return name
}

// R2 is the coefficient of determination: see metrics.R2.
type R2 struct{}

// Score implements ml.Scorer.
func (s R2) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, metrics.R2)
}

// Lower is false.
func (R2) Lower() bool { return false }

// Name is "r2".
func (R2) Name() string { return "r2" }

// RMSE is the root of the mean squared error, in the units of the target.
type RMSE struct{}

// Score implements ml.Scorer.
func (s RMSE) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, metrics.RMSE)
}

// Lower is true.
func (RMSE) Lower() bool { return true }

// Name is "rmse".
func (RMSE) Name() string { return "rmse" }

// MSE is the mean squared error.
type MSE struct{}

// Score implements ml.Scorer.
func (s MSE) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, metrics.MSE)
}

// Lower is true.
func (MSE) Lower() bool { return true }

// Name is "mse".
func (MSE) Name() string { return "mse" }

// MAE is the mean absolute error, in the units of the target.
type MAE struct{}

// Score implements ml.Scorer.
func (s MAE) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	return predicted(s, m, d, metrics.CheckValues, metrics.MAE)
}

// Lower is true.
func (MAE) Lower() bool { return true }

// Name is "mae".
func (MAE) Name() string { return "mae" }
