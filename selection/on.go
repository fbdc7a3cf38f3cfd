package selection

import (
	"context"
	"path"
	"reflect"
	"runtime"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

// On makes a scorer of a bare metric of predictions for use in place, where more is better: On(metrics.Accuracy). Rows whose
// class is ml.None are skipped, weights are passed on, and NaN is an error. A func is no data: ml.Save refuses a search that
// holds one, and two of them are never equal. For a scorer that can be saved write a struct with the methods of ml.Scorer
// and register it.
func On[Y any](metric func(y, pred []Y, weight ...float64) float64) ml.Scorer[Y] {
	return on[Y]{metric, false}
}

// OnLoss is On for a metric of which less is better: OnLoss(metrics.MSE).
func OnLoss[Y any](metric func(y, pred []Y, weight ...float64) float64) ml.Scorer[Y] {
	return on[Y]{metric, true}
}

type on[Y any] struct {
	metric func(y, pred []Y, weight ...float64) float64
	lower  bool
}

func (s on[Y]) Score(_ context.Context, m ml.Predictor[Y], d ml.Dataset[Y]) (float64, error) {
	if s.metric == nil {
		return 0, ml.BadConfig("selection.On", "metric", "nil", "a func such as metrics.Accuracy")
	}
	alike := func(where string, y, pred []Y, weight []float64) error {
		return metrics.CheckRows(where, len(y), len(pred), weight)
	}
	return predicted(s, m, d, alike, s.metric)
}

func (s on[Y]) Lower() bool { return s.lower }

// Name is that of the func: "metrics.Accuracy".
func (s on[Y]) Name() string {
	if f := runtime.FuncForPC(reflect.ValueOf(s.metric).Pointer()); f != nil {
		return path.Base(f.Name())
	}
	return "metric"
}
