package selection

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// FixedThreshold decides between two classes at a threshold of your own: class 1 where its probability, or for a model without probabilities its score, is at least that.
// With a threshold of no class, the reject option, rows in between are answered with ml.None.
type FixedThreshold struct {
	Estimator ml.AnyDecider // ml.Decide(linear.LogisticRegression{}), for example; none is an error
	Threshold *float64      // nil: 0.5 of probabilities, 0 of scores
	Below     *float64      // class 0 where the probability or score is below this, and no class (ml.None) between it and Threshold; nil: as Threshold
}

// TunedThreshold decides between two classes at the threshold that scores best in cross-validation: of the costs of wrong decisions, or any other scorer of
// predicted classes, whose best threshold is hardly ever 0.5.
//
//	selection.TunedThreshold{Estimator: ml.Decide(model), Scorer: selection.Cost{Matrix: [][]float64{{0, 1}, {10, 0}}}}
//	selection.TunedThreshold{Estimator: ml.Decide(model), Scorer: selection.Precision{Average: metrics.Binary},
//		Subject: &selection.AtLeast{Scorer: selection.Recall{Average: metrics.Binary}, Value: 0.9}} // the best precision of those with a recall of 0.9
//
// The estimator is fitted to the training rows of each fold. On the test rows the scorer is asked at Steps thresholds between the least and the largest probability, or score if there are no
// probabilities. The curves of the folds, linear between their points, are averaged over Steps thresholds that span them all; the best of those, the lowest of equals, is
// kept, with the estimator fitted to all rows. A FrozenClassifier is taken as it is and the scorer asked on all rows: they must be others than its own.
//
// Weights count in fits and scores. Rows are divided in their order: an integer weight is not the same as repeated rows. It answers as scikit-learn's
// TunedThresholdClassifierCV.
type TunedThreshold struct {
	Estimator ml.AnyDecider  // ml.Decide(linear.LogisticRegression{}), for example; none is an error
	Scorer    ml.Scorer[int] // of predicted classes; nil: BalancedAccuracy{}
	Subject   *AtLeast       // what a threshold must reach to be taken; nil: nothing
	Splitter  ml.Splitter    // nil: StratifiedKFold{}, 5 folds; StratifiedGroupKFold{} if rows have groups
	Steps     int            // thresholds that are tried, >= 2; 0: 100
}

// AtLeast is a condition: that a score is at least Value, or at most if less is better.
type AtLeast struct {
	Scorer ml.Scorer[int] // of predicted classes; nil is an error
	Value  float64
}

// ThresholdModel is a fitted FixedThreshold or TunedThreshold. Its PredictProba is the model's own: Predict is not the most probable class.
type ThresholdModel struct {
	ml.Fitted
	Inner      ml.Predictor[int]
	Threshold  float64   // class 1 from it on
	Below      float64   // class 0 below it; ml.None between the two
	Proba      bool      // the threshold is one of probabilities; false: of scores
	Thresholds []float64 // those that were tried, rising; nil: FixedThreshold
	Scores     []float64 // the mean score at each
	Reached    []float64 // the mean score of Subject at each; nil: none

	row     ml.RowProba
	scratch *sync.Pool // of *[2]float64
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c FixedThreshold) Accepts() ml.Accepts { return labelledOnly(c.Estimator.Config) }

// Accepts says that the estimator decides; rows without a class are refused.
func (c TunedThreshold) Accepts() ml.Accepts { return labelledOnly(c.Estimator.Config) }

// Fit fits the estimator. Errors: ErrConfig without an estimator or for thresholds that are not finite or in the wrong order, ErrTarget unless there are two classes,
// errors.ErrUnsupported for a model with neither probabilities nor scores, and the estimator's own.
func (c FixedThreshold) Fit(ctx context.Context, d ml.Dataset[int]) (*ThresholdModel, error) {
	const where = "selection.FixedThreshold.Fit"
	for field, v := range map[string]*float64{"Threshold": c.Threshold, "Below": c.Below} {
		if v != nil && !finite(*v) {
			return nil, ml.BadConfig(where, field, *v, "a finite number, or nil")
		}
	}
	if err := twoClasses(where, c.Estimator, d, c.Accepts()); err != nil {
		return nil, err
	}
	m, err := newThresholdModel(ctx, where, c.Estimator, c, d)
	if err != nil {
		return nil, err
	}
	if c.Threshold != nil {
		m.Threshold = *c.Threshold
	} else if m.Proba {
		m.Threshold = 0.5
	}
	m.Below = m.Threshold
	if c.Below != nil {
		if m.Below = *c.Below; m.Below > m.Threshold {
			return nil, ml.BadConfig(where, "Below", m.Below, fmt.Sprintf("at most %v, the Threshold", m.Threshold))
		}
	}
	return m, m.Restore()
}

func twoClasses(where string, estimator ml.AnyDecider, d ml.Dataset[int], a ml.Accepts) error {
	if estimator.Config == nil {
		return ml.BadConfig(where, "Estimator", "none", "one such as ml.Decide(linear.LogisticRegression{})")
	}
	if err := d.Check(where, a); err != nil {
		return err
	}
	if k := d.K(); k != 2 {
		return &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("of %d classes", k), Want: "two: a threshold divides no more", Kind: ml.ErrTarget}
	}
	return nil
}

// newThresholdModel fits the estimator to all rows and sees whether it has probabilities.
func newThresholdModel(ctx context.Context, where string, estimator ml.AnyDecider, config any, d ml.Dataset[int]) (*ThresholdModel, error) {
	m := &ThresholdModel{Fitted: ml.NewFitted(d.Table, d.Classes, config)}
	inner, err := estimator.Fit(ml.WithTask(ctx, "all", 0, 1), d)
	if err != nil {
		return nil, err
	}
	_, m.Proba = ml.As[ml.Classifier](inner)
	if _, scores := ml.As[ml.Decider](inner); !scores && !m.Proba {
		return nil, silent(where, inner)
	}
	m.Inner = inner
	adopt(&m.Fitted, inner)
	return m, nil
}

// Fit finds the threshold and fits the estimator. Errors: ErrConfig without an estimator, for Steps below 2, or if no threshold reaches Subject; ErrTarget unless there are two
// classes; errors.ErrUnsupported for a model with neither probabilities nor scores; and those of the scorers, the splitter and the estimator.
func (c TunedThreshold) Fit(ctx context.Context, d ml.Dataset[int]) (*ThresholdModel, error) {
	const where = "selection.TunedThreshold.Fit"
	switch {
	case c.Steps < 0 || c.Steps == 1:
		return nil, ml.BadConfig(where, "Steps", c.Steps, ">= 2, or 0 for 100")
	case c.Subject != nil && (c.Subject.Scorer == nil || math.IsNaN(c.Subject.Value)):
		return nil, ml.BadConfig(where, "Subject", "without a scorer or a value", "a scorer and what it must reach")
	}
	if c.Steps == 0 {
		c.Steps = 100
	}
	if c.Scorer == nil {
		c.Scorer = BalancedAccuracy{}
	}
	if err := twoClasses(where, c.Estimator, d, c.Accepts()); err != nil {
		return nil, err
	}
	rows := weighted(d)
	m, err := newThresholdModel(ctx, where, c.Estimator, c, rows)
	if err != nil {
		return nil, err
	}
	m.Info.Rows = d.Rows()
	curves, err := c.curves(ctx, where, m.Inner, rows)
	if err != nil {
		return nil, err
	}
	if err := m.choose(where, c, curves); err != nil {
		return nil, err
	}
	return m, m.Restore()
}

// scoreCurve is scores at rising thresholds.
type scoreCurve struct{ at, score, subject []float64 }

// curves asks the scorers on the test rows of every fold.
func (c TunedThreshold) curves(ctx context.Context, where string, model ml.Predictor[int], d ml.Dataset[int]) ([]scoreCurve, error) {
	if frozen(c.Estimator.Config) {
		curve, err := c.curve(ctx, where, model, d)
		return []scoreCurve{curve}, err
	}
	folds, err := foldsFor(where, d, c.Splitter, 5)
	if err != nil {
		return nil, err
	}
	out := make([]scoreCurve, len(folds))
	return out, eachFold(ctx, where, d, folds, c.Estimator.Fit, func(i int, m ml.Predictor[int], test ml.Dataset[int]) (err error) {
		out[i], err = c.curve(ctx, where, m, test)
		return err
	})
}

// decided predicts classes that are known, whatever it is asked.
type decided []int

func (p decided) Predict(tensor.Matrix) ([]int, error) { return slices.Clone(p), nil }

func (c TunedThreshold) curve(ctx context.Context, where string, m ml.Predictor[int], d ml.Dataset[int]) (scoreCurve, error) {
	r, err := probaFirst(where, m, d.X, 2)
	if err != nil {
		return scoreCurve{}, err
	}
	s := make([]float64, d.Rows())
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range s {
		s[i] = r.Scores.Row(i)[0]
		lo, hi = min(lo, s[i]), max(hi, s[i])
	}
	if !finite(lo) || !finite(hi) {
		return scoreCurve{}, &ml.Error{Where: where, Field: "DecisionFunction", Found: "not finite", Want: "finite scores: training rows of both classes in every fold", Kind: ml.ErrNotFinite}
	}
	out := scoreCurve{at: steps(lo, hi, c.Steps)}
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
func (m *ThresholdModel) choose(where string, c TunedThreshold, curves []scoreCurve) error {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range curves {
		lo, hi = min(lo, f.at[0]), max(hi, f.at[len(f.at)-1])
	}
	m.Thresholds = steps(lo, hi, c.Steps)
	mean := func(of func(scoreCurve) []float64) []float64 {
		out := make([]float64, c.Steps)
		for i, t := range m.Thresholds {
			for _, f := range curves {
				out[i] += interpolate(f.at, of(f), t)
			}
			out[i] /= float64(len(curves))
		}
		return out
	}
	m.Scores = mean(func(f scoreCurve) []float64 { return f.score })
	if c.Subject != nil {
		m.Reached = mean(func(f scoreCurve) []float64 { return f.subject })
	}
	best, sign := -1, 1.0
	if c.Scorer.Lower() {
		sign = -1
	}
	for i, v := range m.Scores {
		if c.Subject != nil && !c.Subject.met(m.Reached[i]) {
			continue
		}
		if best < 0 || sign*v > sign*m.Scores[best] {
			best = i
		}
	}
	if best < 0 {
		return ml.BadConfig(where, "Subject", fmt.Sprintf("a %s of %v, which no threshold reaches", c.Subject.Scorer.Name(), c.Subject.Value), "a value within reach")
	}
	m.Threshold = m.Thresholds[best]
	m.Below = m.Threshold
	return nil
}

func (a AtLeast) met(v float64) bool {
	const rounding = 1e-12 // of means of interpolated scores
	if a.Scorer.Lower() {
		return v <= a.Value+rounding
	}
	return v >= a.Value-rounding
}

// Restore checks a model that was read from a file.
func (m *ThresholdModel) Restore() error {
	const where = "selection.ThresholdModel"
	if m.Inner == nil || !finite(m.Threshold) || !finite(m.Below) || m.Below > m.Threshold {
		return badFile(where, "Inner, Threshold and Below", fmt.Sprintf("%T, %v and %v", m.Inner, m.Threshold, m.Below), "a model and finite numbers, Below not above Threshold")
	}
	if m.Proba {
		if _, ok := ml.As[ml.Classifier](m.Inner); !ok {
			return badFile(where, "Inner", fmt.Sprintf("%T", m.Inner), "a model with probabilities")
		}
	} else if _, ok := ml.As[ml.Decider](m.Inner); !ok {
		return badFile(where, "Inner", fmt.Sprintf("%T", m.Inner), "a model with scores")
	}
	m.row, _ = ml.As[ml.RowProba](m.Inner)
	m.scratch = &sync.Pool{New: func() any { return new([2]float64) }}
	return fitsColumns(where, &m.Fitted, m.Inner)
}

// Unwrap returns the estimator's model.
func (m *ThresholdModel) Unwrap() any { return m.Inner }

// Can says that single rows need the probabilities of single rows, and no more.
func (m *ThresholdModel) Can(ability any) ml.Verdict {
	switch ability.(type) {
	case *ml.RowPredictor[int], *ml.RowProba:
		if m.row == nil || !m.Proba {
			return ml.Lacks
		}
		return ml.Has
	}
	return ml.Undecided
}

// decide is the class of one probability or score.
func (m *ThresholdModel) decide(v float64) int {
	switch {
	case v >= m.Threshold:
		return 1
	case v < m.Below:
		return 0
	}
	return ml.None
}

// Predict returns the class of each row by the threshold, and ml.None for rows between Below and Threshold.
func (m *ThresholdModel) Predict(x tensor.Matrix) ([]int, error) {
	const where = "selection.ThresholdModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	r, err := probaFirst(where, m.Inner, x, 2)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	for i := range out {
		out[i] = m.decide(r.Scores.Row(i)[0])
	}
	return out, nil
}

// PredictProba returns the model's own probabilities, rows x 2, if it has them.
func (m *ThresholdModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	c, ok := ml.As[ml.Classifier](m.Inner)
	if !ok {
		return nil, m.lacks("PredictProba")
	}
	return c.PredictProba(x)
}

// DecisionFunction returns the model's own scores, if it has them.
func (m *ThresholdModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	d, ok := ml.As[ml.Decider](m.Inner)
	if !ok {
		return nil, m.lacks("DecisionFunction")
	}
	return d.DecisionFunction(x)
}

// PredictRow is Predict for a single row, without allocating, if the model gives the probabilities of one.
func (m *ThresholdModel) PredictRow(x []float64) (int, error) {
	if m.row == nil || !m.Proba {
		return 0, m.lacks("ProbaRow")
	}
	p := m.scratch.Get().(*[2]float64)
	defer m.scratch.Put(p)
	if err := m.row.ProbaRow(p[:], x); err != nil {
		return 0, err
	}
	return m.decide(p[1]), nil
}

// ProbaRow writes the model's own probabilities of one row, if it gives them.
func (m *ThresholdModel) ProbaRow(dst, x []float64) error {
	if m.row == nil {
		return m.lacks("ProbaRow")
	}
	return m.row.ProbaRow(dst, x)
}

func (m *ThresholdModel) lacks(ability string) error {
	return &ml.Error{Where: "selection.ThresholdModel", Found: fmt.Sprintf("around a %T without %s", m.Inner, ability), Kind: errors.ErrUnsupported}
}

func init() {
	ml.Register[Cost]("selection.Cost")
	ml.Register[FixedThreshold]("selection.FixedThreshold")
	ml.Register[TunedThreshold]("selection.TunedThreshold")
	ml.Register[*ThresholdModel]("selection.ThresholdModel")
}
