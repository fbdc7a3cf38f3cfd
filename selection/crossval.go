package selection

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
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
// The first fold that fails ends the whole, and the error names the fold. Progress reports carry the task "fold".
func CrossValidate[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorers ...ml.Scorer[Y]) (*Scores, error) {
	if len(scorers) == 0 {
		return nil, ml.BadConfig("selection.CrossValidate", "scorers", "empty", "at least one, such as selection.Accuracy{}")
	}
	_, scores, err := crossFit(ctx, "selection.CrossValidate", f, d, s, scorers, false)
	return scores, err
}

// CrossFit is CrossValidate that keeps the models as well, one for each fold.
func CrossFit[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorers ...ml.Scorer[Y]) ([]M, *Scores, error) {
	return crossFit(ctx, "selection.CrossFit", f, d, s, scorers, true)
}

func crossFit[Y any, M ml.Predictor[Y]](ctx context.Context, where string, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, scorers []ml.Scorer[Y], keep bool) ([]M, *Scores, error) {
	if f == nil {
		return nil, nil, ml.BadConfig(where, "fitter", "nil", "an estimator's config")
	}
	for i, score := range scorers {
		if score == nil {
			return nil, nil, ml.BadConfig(where, fmt.Sprintf("scorer %d", i), "nil", "a Scorer, such as selection.Accuracy{}")
		}
	}
	p, err := newPlan(where, d, s, 1)
	if err != nil {
		return nil, nil, err
	}
	k := len(p.folds)
	perFold := make([][]float64, k)
	var models []M
	if keep {
		models = make([]M, k)
	}
	err = par.Do(ctx, k, func(ctx context.Context, i int) error {
		scores, m, err := fitAndScore(ml.WithTask(ctx, "fold", i, k), f, p, i, scorers)
		if err != nil {
			return fmt.Errorf("%s: fold %d: %w", where, i, err)
		}
		perFold[i] = scores
		if keep {
			models[i] = m
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	out := &Scores{Metrics: make([]Metric, len(scorers)), Folds: make([]ml.Fold, k)}
	for i := range p.folds {
		out.Folds[i] = p.folds[i].fold
	}
	for j, s := range scorers {
		m := Metric{Name: s.Name(), Lower: s.Lower(), Folds: make([]float64, k)}
		for i := range perFold {
			m.Folds[i] = perFold[i][j]
		}
		out.Metrics[j] = m
	}
	return models, out, nil
}
