package selection

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// TunedThreshold decides between two classes at the threshold that scores best in cross-validation: of the costs of wrong decisions, or any other scorer of
// predicted classes, whose best threshold is hardly ever 0.5.
//
//	selection.TunedThreshold{Base: ml.Decide(model), Scorer: selection.Cost{Matrix: [][]float64{{0, 1}, {10, 0}}}}
//	selection.TunedThreshold{Base: ml.Decide(model), Scorer: selection.Precision{Average: metrics.Binary},
//		Subject: &selection.AtLeast{Scorer: selection.Recall{Average: metrics.Binary}, Value: 0.9}} // the best precision of those with a recall of 0.9
//
// The estimator is fitted to the training rows of each fold. On the test rows the scorer is asked at Steps thresholds between the least and the largest probability, or score if there are no
// probabilities. The curves of the folds, linear between their points, are averaged over Steps thresholds that span them all; the best of those, the lowest of equals, is
// kept, with the estimator fitted to all rows. A FrozenClassifier is taken as it is and the scorer asked on all rows: they must be others than its own.
//
// With By each group of rows gets a threshold of its own, for the same condition to hold in every group, equal true positive rates for instance, or for costs to be least in each. By names
// a categorical column, or one of whole numbers, whose value is the group. The scores of the test rows of all folds are put together, and of a group's own rows the scorer is asked at Steps
// thresholds between their least and largest score. A group needs MinRows test rows, each counted once, and both classes among them; groups with fewer, rows of a
// group that training had not, and those whose group is missing, are decided at the threshold of all rows, found as without By. The estimator sees the column like any other;
// one that must not is a pipeline that begins with features.Columns.
//
// Weights count in fits and scores. Rows are divided in their order: an integer weight is not the same as repeated rows. It answers as scikit-learn's
// TunedThresholdClassifierCV.
type TunedThreshold struct {
	Base     ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Scorer   ml.Scorer[int]   // of predicted classes; nil: BalancedAccuracy{}
	Subject  *AtLeast         // what a threshold must reach to be taken; nil: nothing
	Splitter ml.Splitter      // nil: StratifiedKFold{}, 5 folds; StratifiedGroupKFold{} if rows have groups. An error with a frozen model
	Steps    int              // thresholds that are tried, >= 2; 0: 100
	By       string           // the column of the groups, by its name as ml.ColumnName gives it; "": one threshold for all rows
	MinRows  int              // rows that a group needs for a threshold of its own, > 0, only with By; 0: 30
}

// AtLeast is a condition: that a score is at least Value, or at most if less is better.
type AtLeast struct {
	Scorer ml.Scorer[int] // of predicted classes; nil is an error
	Value  float64
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c TunedThreshold) Accepts() ml.Accepts { return labelledOnly(c.Base.Config) }

// Fit finds the threshold and fits the estimator. Errors: ErrConfig without an estimator, for Steps below 2, a negative MinRows or one without By, or if no threshold reaches Subject, in all
// rows or in those of a group; ErrColumn unless By names one column, categorical or of whole numbers; ErrTarget unless there are two classes; errors.ErrUnsupported for a model with neither probabilities nor scores; and those of the scorers, the splitter and the estimator.
func (c TunedThreshold) Fit(ctx context.Context, d ml.Dataset[int]) (*ThresholdModel, error) {
	const where = "selection.TunedThreshold.Fit"
	if err := notFrozen(where, c.Base.Config, c.Splitter, 0); err != nil {
		return nil, err
	}
	switch {
	case c.Steps < 0 || c.Steps == 1:
		return nil, ml.BadConfig(where, "Steps", c.Steps, ">= 2, or 0 for 100")
	case c.Subject != nil && (c.Subject.Scorer == nil || math.IsNaN(c.Subject.Value)):
		return nil, ml.BadConfig(where, "Subject", "without a scorer or a value", "a scorer and what it must reach")
	}
	if err := c.checkGroups(where); err != nil {
		return nil, err
	}
	if c.Steps == 0 {
		c.Steps = 100
	}
	if c.By != "" && c.MinRows == 0 {
		c.MinRows = 30
	}
	if c.Scorer == nil {
		c.Scorer = BalancedAccuracy{}
	}
	if err := twoClasses(where, c.Base, d, c.Accepts()); err != nil {
		return nil, err
	}
	rows := d.Present()
	var group []float64
	by := 0
	if c.By != "" {
		var err error
		if by, group, err = groupsOf(where, c.By, rows.Table); err != nil {
			return nil, err
		}
	}
	m, err := newThresholdModel(ctx, where, c.Base, c, rows)
	if err != nil {
		return nil, err
	}
	m.Info.Rows = d.Rows()
	tests, err := c.curves(ctx, where, m.Inner, rows)
	if err != nil {
		return nil, err
	}
	if err := m.choose(where, c, tests); err != nil {
		return nil, err
	}
	if c.By != "" {
		m.By = by
		if m.Groups, err = c.groups(ctx, where, m.Threshold, rows, by, group, tests); err != nil {
			return nil, err
		}
	}
	return m, m.Restore()
}

// scoreCurve is scores at rising thresholds.
type scoreCurve struct{ at, score, subject []float64 }

// testRows are the scores of a fold's test rows, by their index in the data, with their curve.
type testRows struct {
	rows   []int // nil: all
	scores []float64
	scoreCurve
}

// curves asks the scorers on the test rows of every fold.
func (c TunedThreshold) curves(ctx context.Context, where string, model ml.Predictor[int], d ml.Dataset[int]) ([]testRows, error) {
	ask := func(m ml.Predictor[int], test ml.Dataset[int], rows []int) (testRows, error) {
		s, err := scoresOf(where, m, test)
		if err != nil {
			return testRows{}, err
		}
		curve, err := c.curve(ctx, s, test)
		return testRows{rows, s, curve}, err
	}
	if frozen(c.Base.Config) {
		all, err := ask(model, d, nil)
		return []testRows{all}, err
	}
	folds, err := foldsFor(where, d, c.Splitter, 5)
	if err != nil {
		return nil, err
	}
	out := make([]testRows, len(folds))
	return out, eachFold(ctx, where, d, folds, c.Base.FitDecider, func(i int, m ml.Predictor[int], test ml.Dataset[int]) (err error) {
		out[i], err = ask(m, test, folds[i].Test)
		return err
	})
}

// decided predicts classes that are known, whatever it is asked.
type decided []int

func (p decided) Predict(tensor.Matrix) ([]int, error) { return slices.Clone(p), nil }

// scoresOf are the probabilities of class 1, or the scores of a model without.
func scoresOf(where string, m ml.Predictor[int], d ml.Dataset[int]) ([]float64, error) {
	r, err := ProbaFirst(where, m, d.X, 2)
	if err != nil {
		return nil, err
	}
	s := make([]float64, d.Rows())
	for i := range s {
		if s[i] = r.Scores.Row(i)[0]; !finite(s[i]) {
			return nil, &ml.Error{Where: where, Field: "DecisionFunction", Found: "not finite", Want: "finite scores: training rows of both classes in every fold", Kind: ml.ErrNotFinite}
		}
	}
	return s, nil
}

// curve asks the scorers at Steps thresholds between the least and the largest of s, the scores of the rows of d.
func (c TunedThreshold) curve(ctx context.Context, s []float64, d ml.Dataset[int]) (scoreCurve, error) {
	out := scoreCurve{at: steps(slices.Min(s), slices.Max(s), c.Steps)}
	pred := make(decided, len(s))
	for _, t := range out.at {
		if err := ml.Done(ctx); err != nil {
			return scoreCurve{}, err
		}
		for i, v := range s {
			pred[i] = 0
			if v >= t {
				pred[i] = 1
			}
		}
		v, err := c.Scorer.Score(ctx, pred, d)
		if err != nil {
			return scoreCurve{}, err
		}
		out.score = append(out.score, v)
		if c.Subject == nil {
			continue
		}
		if v, err = c.Subject.Scorer.Score(ctx, pred, d); err != nil {
			return scoreCurve{}, err
		}
		out.subject = append(out.subject, v)
	}
	return out, nil
}

// steps are n numbers from lo to hi, evenly apart.
func steps(lo, hi float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lo + float64(i)*((hi-lo)/float64(n-1))
	}
	out[n-1] = hi
	return out
}

// interpolate is a curve's value at t, level beyond its ends.
func interpolate(at, value []float64, t float64) float64 {
	i, found := slices.BinarySearch(at, t)
	switch {
	case found:
		for i+1 < len(at) && at[i+1] == t { // as NumPy, of equal ones the last
			i++
		}
		return value[i]
	case i == 0:
		return value[0]
	case i == len(at):
		return value[i-1]
	}
	slope := (value[i] - value[i-1]) / (at[i] - at[i-1])
	return slope*(t-at[i-1]) + value[i-1]
}

// choose averages the folds' curves and keeps the best threshold.
func (m *ThresholdModel) choose(where string, c TunedThreshold, tests []testRows) error {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range tests {
		lo, hi = min(lo, f.at[0]), max(hi, f.at[len(f.at)-1])
	}
	m.Thresholds = steps(lo, hi, c.Steps)
	mean := func(of func(scoreCurve) []float64) []float64 {
		out := make([]float64, c.Steps)
		for i, t := range m.Thresholds {
			for _, f := range tests {
				out[i] += interpolate(f.at, of(f.scoreCurve), t)
			}
			out[i] /= float64(len(tests))
		}
		return out
	}
	m.Scores = mean(func(f scoreCurve) []float64 { return f.score })
	if c.Subject != nil {
		m.Reached = mean(func(f scoreCurve) []float64 { return f.subject })
	}
	best := c.best(scoreCurve{m.Thresholds, m.Scores, m.Reached})
	if best < 0 {
		return c.outOfReach(where, "")
	}
	m.Threshold = m.Thresholds[best]
	m.Below = m.Threshold
	return nil
}

// best is the place of the best score of those that reach Subject, the first of equals, or -1 if none does.
func (c TunedThreshold) best(f scoreCurve) int {
	best, sign := -1, 1.0
	if c.Scorer.Lower() {
		sign = -1
	}
	for i, v := range f.score {
		if c.Subject != nil && !c.Subject.met(f.subject[i]) {
			continue
		}
		if best < 0 || sign*v > sign*f.score[best] {
			best = i
		}
	}
	return best
}

func (c TunedThreshold) outOfReach(where, group string) error {
	return ml.BadConfig(where, "Subject", fmt.Sprintf("a %s of %v, which no threshold reaches%s", c.Subject.Scorer.Name(), c.Subject.Value, group), "a value within reach")
}

func (a AtLeast) met(v float64) bool {
	const rounding = 1e-12 // of means of interpolated scores
	if a.Scorer.Lower() {
		return v <= a.Value+rounding
	}
	return v >= a.Value-rounding
}
