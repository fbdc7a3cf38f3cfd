package selection

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/metrics"
)

// Curve is how scores change with the number of training rows or with a parameter.
type Curve struct {
	Axis  string    // what X is; free to be renamed before drawing
	X     []float64 // of each point
	Lines []CurveLine
	// FitTime of each point and fold, by the clock: other fits ran beside it.
	FitTime [][]time.Duration

	ratio []float64 // of test to training rows, at each point
}

// CurveLine holds the scores of one scorer. The folds are the same at every point, so differences between points can be taken fold by fold.
type CurveLine struct {
	Name        string
	Lower       bool
	Train, Test []Metric // of each point: scores of the rows learned from, and of those that were not
}

// Band is the confidence interval of the test scores at each point: see Metric.Interval. level 0 is 0.95.
func (c *Curve) Band(line int, level float64) []metrics.Interval {
	out := make([]metrics.Interval, len(c.X))
	for i, m := range c.Lines[line].Test {
		out[i] = m.Interval(c.ratio[i], level)
	}
	return out
}

// String renders a table for each scorer: mean and standard deviation of the training and test scores at each point.
func (c *Curve) String() string {
	var b strings.Builder
	width := max(len(c.Axis), 10)
	for _, l := range c.Lines {
		fmt.Fprintf(&b, "%s\n%*s  %18s  %18s\n", l.Name, width, c.Axis, "train", "test")
		for i, x := range c.X {
			fmt.Fprintf(&b, "%*s  %8.4f +- %6.4f  %8.4f +- %6.4f\n", width, fmt.Sprintf("%.5g", x), l.Train[i].Mean(), l.Train[i].Std(), l.Test[i].Mean(), l.Test[i].Std())
		}
	}
	return b.String()
}

// TrainSizes says which parts of the training rows a learning curve is fitted to. The smaller parts of a fold lie within the larger ones.
type TrainSizes struct {
	Fractions []float64 // of the rows of the smallest training part, rising, each in (0, 1]. nil: 0.1, 0.325, 0.55, 0.775 and 1
	InOrder   bool      // take the first rows as they come, as for series, or where groups must not be mixed. False: draw them, class codes stratified
	Seed      uint64    // of the draw; 0 is a seed like any other
}

// LearningCurve fits f to more and more of the training rows of each fold and scores it on all of the fold's test rows: whether more data would help, and how
// far it overfits. Its cost is that of a cross-validation for each size; fits run in parallel, and all but the times is the same on any number of cores. d.Valid
// goes to every fit. Errors: ErrConfig for fractions out of range or of too few rows, and those of [CrossValidate].
func LearningCurve[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, sizes TrainSizes, scorers ...ml.Scorer[Y]) (*Curve, error) {
	const where = "selection.LearningCurve"
	if len(scorers) == 0 {
		return nil, noScorer(where)
	}
	if err := checkFit(where, f, scorers); err != nil {
		return nil, err
	}
	whole, err := newPlan(where, d, s, 1)
	if err != nil {
		return nil, err
	}
	counts, err := sizes.counts(where, whole.smallestTrain())
	if err != nil {
		return nil, err
	}
	c := &Curve{Axis: "training rows"}
	plans := make([]*plan[Y], len(counts))
	for i, n := range counts {
		c.X = append(c.X, float64(n))
		plans[i] = &plan[Y]{data: whole.data, folds: make([]foldRows[Y], len(whole.folds))}
	}
	for k := range whole.folds {
		fold := whole.folds[k].fold
		rows := sizes.order(whole.data, fold.TrainRows(d.Rows()), uint64(k))
		for i, n := range counts {
			plans[i].folds[k].fold, plans[i].folds[k].uses = ml.Fold{Test: fold.Test, Train: rows[:n:n]}, 1
		}
	}
	return c, c.trace(ctx, len(counts), len(whole.folds), func(ctx context.Context, point, fold int) (curveCell, error) {
		out, err := fitAndScore(ctx, f, plans[point], fold, scorers, true)
		return curveCell{out.train, out.test, out.fitTime}, err
	}, names(scorers), func(point int) float64 { return testToTrain(plans[point].divisions(), d.Rows()) }, where)
}

// ValidationCurve fits the config of each value to each fold, and scores it on the rows learned from and on the others: where a parameter begins to overfit.
//
//	curve, err := selection.ValidationCurve(ctx, func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} },
//		[]float64{.01, 1, 100}, d, selection.StratifiedKFold{}, selection.LogLoss{})
//
// Its cost is that of a cross-validation for each value; fits run in parallel, and all but the times is the same on any number of cores. Errors: ErrConfig
// without values, ErrNotFinite for one that is no number, and those of [CrossValidate].
func ValidationCurve[Y any, M ml.Predictor[Y], C ml.Fitter[ml.Dataset[Y], M]](ctx context.Context, config func(float64) C, values []float64, d ml.Dataset[Y], s ml.Splitter, scorers ...ml.Scorer[Y]) (*Curve, error) {
	const where = "selection.ValidationCurve"
	switch {
	case config == nil:
		return nil, ml.BadConfig(where, "config", "nil", "a func that makes a config of a value")
	case len(values) == 0:
		return nil, ml.BadConfig(where, "values", "empty", "at least one")
	case len(scorers) == 0:
		return nil, noScorer(where)
	}
	for i, v := range values {
		if !finite(v) {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("values[%d]", i), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
	}
	configs := Grid(config, values...)
	for _, f := range configs {
		if err := checkFit(where, f, scorers); err != nil {
			return nil, err
		}
	}
	p, err := newPlan(where, d, s, len(configs))
	if err != nil {
		return nil, err
	}
	c := &Curve{Axis: "value", X: slices.Clone(values)}
	ratio := testToTrain(p.divisions(), d.Rows())
	return c, c.trace(ctx, len(configs), len(p.folds), func(ctx context.Context, point, fold int) (curveCell, error) {
		out, err := fitAndScore(ctx, configs[point], p, fold, scorers, true)
		return curveCell{out.train, out.test, out.fitTime}, err
	}, names(scorers), func(int) float64 { return ratio }, where)
}

type curveCell struct {
	train, test []float64
	time        time.Duration
}

type scorerName struct {
	name  string
	lower bool
}

func names[Y any](scorers []ml.Scorer[Y]) []scorerName {
	out := make([]scorerName, len(scorers))
	for i, s := range scorers {
		out[i] = scorerName{s.Name(), s.Lower()}
	}
	return out
}

// trace fills in the points, fold by fold.
func (c *Curve) trace(ctx context.Context, points, folds int, fit func(ctx context.Context, point, fold int) (curveCell, error), scorers []scorerName, ratio func(point int) float64, where string) error {
	cells := make([]curveCell, points*folds)
	err := par.Do(ctx, len(cells), func(ctx context.Context, task int) error {
		fold, point := task/points, task%points
		ctx = ml.WithTask(ml.WithTask(ctx, "point", point, points), "fold", fold, folds)
		cell, err := fit(ctx, point, fold)
		if err != nil {
			return fmt.Errorf("%s: %s %.5g, fold %d: %w", where, c.Axis, c.X[point], fold, err)
		}
		cells[point*folds+fold] = cell
		return nil
	})
	if err != nil {
		*c = Curve{}
		return err
	}
	for s, scorer := range scorers {
		line := CurveLine{Name: scorer.name, Lower: scorer.lower}
		for point := range points {
			train := Metric{Name: scorer.name, Lower: scorer.lower, Folds: make([]float64, folds)}
			test := Metric{Name: scorer.name, Lower: scorer.lower, Folds: make([]float64, folds)}
			for fold, cell := range cells[point*folds : (point+1)*folds] {
				train.Folds[fold], test.Folds[fold] = cell.train[s], cell.test[s]
			}
			line.Train, line.Test = append(line.Train, train), append(line.Test, test)
		}
		c.Lines = append(c.Lines, line)
	}
	for point := range points {
		times := make([]time.Duration, folds)
		for fold, cell := range cells[point*folds : (point+1)*folds] {
			times[fold] = cell.time
		}
		c.FitTime, c.ratio = append(c.FitTime, times), append(c.ratio, ratio(point))
	}
	return nil
}

func (p *plan[Y]) smallestTrain() int {
	least := math.MaxInt
	for i := range p.folds {
		least = min(least, len(p.folds[i].fold.TrainRows(p.data.Rows())))
	}
	return least
}
