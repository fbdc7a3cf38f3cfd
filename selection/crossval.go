package selection

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// Scores are the results of a cross-validation: one value for each scorer and fold.
type Scores struct {
	Metrics []Metric  // in the order of the scorers
	Folds   []ml.Fold // as the splitter gave them: Test are rows of the data set, and so are TrainRows
}

// Metric holds the scores of one scorer.
type Metric struct {
	Name  string
	Lower bool      // a smaller score is better
	Folds []float64 // one score for each fold, in the splitter's order
}

// Mean is the mean over the folds.
func (m Metric) Mean() float64 {
	sum := 0.0
	for _, v := range m.Folds {
		sum += v
	}
	return sum / float64(len(m.Folds))
}

// Std is the standard deviation over the folds, divided by their number as numpy does; it is not a standard error, for
// the training rows of the folds overlap.
func (m Metric) Std() float64 {
	mean, sum := m.Mean(), 0.0
	for _, v := range m.Folds {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(m.Folds)))
}

// Metric returns the scores of the scorer with the given name.
func (s *Scores) Metric(name string) (Metric, bool) {
	for _, m := range s.Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// String renders a table with one line for each metric: its mean, its standard deviation, and the folds.
func (s *Scores) String() string {
	var b strings.Builder
	width := len("metric")
	for _, m := range s.Metrics {
		width = max(width, len(m.Name))
	}
	fmt.Fprintf(&b, "%-*s  %8s  %8s  folds\n", width, "metric", "mean", "std")
	for _, m := range s.Metrics {
		fmt.Fprintf(&b, "%-*s  %8.4f  %8.4f ", width, m.Name, m.Mean(), m.Std())
		for _, v := range m.Folds {
			fmt.Fprintf(&b, " %.4f", v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// CrossValidate fits f once for each fold, to the rows outside it, and scores each model on the rows inside. The folds run
// in parallel; the result does not depend on how many run at once. A data set whose classes are unnamed has them named by
// their codes first, so that a fold which lacks a class keeps the width of the whole. d.Valid, if there is one, is passed
// to every fit as it is.
//
// The first fold that fails ends the whole, and the error names the fold. Progress reports carry the task "fold". For scores of the
// training rows, times, models and faults that are recorded see [CrossEvaluate].
func CrossValidate[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorers ...ml.Scorer[Y]) (*Scores, error) {
	const where = "selection.CrossValidate"
	if len(scorers) == 0 {
		return nil, noScorer(where)
	}
	e, err := crossFit(ctx, where, f, d, s, Options{}, scorers)
	if err != nil {
		return nil, err
	}
	return e.Scores, nil
}

// CrossFit is CrossValidate that keeps the models as well, one for each fold.
func CrossFit[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorers ...ml.Scorer[Y]) ([]M, *Scores, error) {
	e, err := crossFit(ctx, "selection.CrossFit", f, d, s, Options{Models: true}, scorers)
	if err != nil {
		return nil, nil, err
	}
	return e.Models, e.Scores, nil
}

func noScorer(where string) error {
	return ml.BadConfig(where, "scorers", "empty", "at least one, such as selection.Accuracy{}")
}
