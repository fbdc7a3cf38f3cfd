package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

// Estimate is what a config may be expected to score on rows it has not seen.
type Estimate[M any] struct {
	Metric Metric           // the score of each fold
	Score  metrics.Interval // their mean with its confidence interval: see Metric.Interval
	Level  float64          // of confidence
	Models []M              // of the folds: how much they differ shows how far the choice can be trusted
}

// String is one line: "log_loss 0.3312 [0.2987, 0.3637] at 95%, 10 folds".
func (e *Estimate[M]) String() string {
	return fmt.Sprintf("%s %v at %g%%, %d folds", e.Metric.Name, e.Score, 100*e.Level, len(e.Metric.Folds))
}

// Honest estimates the score of everything that f does, choice of parameters included: for a [Search] or a [Tuner] it is a nested cross-validation, in which
// each outer fold runs a search of its own that never sees the test rows, unlike the best score of a search's own table, which is the luckiest of many.
// level is the confidence of the interval; 0 is 0.95.
//
//	e, err := selection.Honest(ctx, search, d, selection.RepeatedStratifiedKFold{K: 5, Repeats: 2}, selection.LogLoss{}, 0)
//
// The interval is that of Nadeau and Bengio's corrected t, which is close to its level for folds of one division and for repeated ones; where the loss
// has heavy tails and there are few rows, it is too short. The cost is that of f times the folds. Errors: ErrConfig for the level or a single fold, and
// those of CrossValidate.
func Honest[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorer ml.Scorer[Y], level float64) (*Estimate[M], error) {
	const where = "selection.Honest"
	level, err := share(where, "level", level, 0.95)
	if err != nil {
		return nil, err
	}
	e, err := crossFit(ctx, where, f, d, s, Options{Models: true}, []ml.Scorer[Y]{scorer})
	if err != nil {
		return nil, err
	}
	m := e.Scores.Metrics[0]
	if len(m.Folds) < 2 {
		return nil, ml.BadConfig(where, "splitter", "one that makes a single fold", "at least two: an interval needs them")
	}
	return &Estimate[M]{Metric: m, Score: m.Interval(testToTrain(e.Scores.Folds, d.Rows()), level), Level: level, Models: e.Models}, nil
}
