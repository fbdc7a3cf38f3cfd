package selection

import (
	"context"
	"fmt"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// FixedThreshold decides between two classes at a threshold of your own: class 1 where its probability, or for a model without probabilities its score, is at least that.
// With a threshold of no class, the reject option, rows in between are answered with ml.None.
type FixedThreshold struct {
	Base      ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Threshold *float64         // nil: 0.5 of probabilities, 0 of scores
	Below     *float64         // class 0 where the probability or score is below this, and no class (ml.None) between it and Threshold; nil: as Threshold
}

// ThresholdModel is a fitted FixedThreshold or TunedThreshold. Its PredictProba is the model's own: Predict is not the most probable class.
type ThresholdModel struct {
	ml.Fitted
	Inner      ml.Predictor[int]
	Threshold  float64          // class 1 from it on
	Below      float64          // class 0 below it; ml.None between the two
	Proba      bool             // the threshold is one of probabilities; false: of scores
	Thresholds []float64        // those that were tried, rising; nil: FixedThreshold
	Scores     []float64        // the mean score at each
	Reached    []float64        // the mean score of Subject at each; nil: none
	By         int              // the column whose numbers are the groups; 0 if Groups is nil
	Groups     []GroupThreshold // of a TunedThreshold with By, by rising Value; nil: one threshold for all rows

	row     ml.RowProba
	scratch *sync.Pool // of *[2]float64
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c FixedThreshold) Accepts() ml.Accepts { return labelledOnly(c.Base.Config) }

// Fit fits the estimator. Errors: ErrConfig without an estimator or for thresholds that are not finite or in the wrong order, ErrTarget unless there are two classes,
// errors.ErrUnsupported for a model with neither probabilities nor scores, and the estimator's own.
func (c FixedThreshold) Fit(ctx context.Context, d ml.Dataset[int]) (*ThresholdModel, error) {
	const where = "selection.FixedThreshold.Fit"
	for i, v := range []*float64{c.Threshold, c.Below} {
		if v != nil && !finite(*v) {
			return nil, ml.BadConfig(where, []string{"Threshold", "Below"}[i], *v, "a finite number, or nil")
		}
	}
	if err := twoClasses(where, c.Base, d, c.Accepts()); err != nil {
		return nil, err
	}
	m, err := newThresholdModel(ctx, where, c.Base, c, d)
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

func twoClasses(where string, estimator ml.AnyClassifier, d ml.Dataset[int], a ml.Accepts) error {
	if estimator.Config == nil {
		return ml.BadConfig(where, "Base", "none", "one such as ml.Classify(linear.LogisticRegression{})")
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
func newThresholdModel(ctx context.Context, where string, estimator ml.AnyClassifier, config any, d ml.Dataset[int]) (*ThresholdModel, error) {
	m := &ThresholdModel{Fitted: ml.NewFitted(d.Table, d.Classes, config)}
	inner, err := estimator.FitDecider(ml.WithTask(ctx, "all", 0, 1), d)
	if err != nil {
		return nil, err
	}
	_, m.Proba = ml.As[ml.Classifier](inner)
	if _, scores := ml.As[ml.Decider](inner); !scores && !m.Proba {
		return nil, silent(where, inner)
	}
	m.Inner = inner
	ml.Adopt(&m.Fitted, inner)
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *ThresholdModel) Restore() error {
	const where = "selection.ThresholdModel"
	if m.Inner == nil || !finite(m.Threshold) || !finite(m.Below) || m.Below > m.Threshold {
		return ml.BadFile(where, "Inner, Threshold and Below", fmt.Sprintf("%T, %v and %v", m.Inner, m.Threshold, m.Below), "a model and finite numbers, Below not above Threshold")
	}
	if m.Proba {
		if _, ok := ml.As[ml.Classifier](m.Inner); !ok {
			return ml.BadFile(where, "Inner", fmt.Sprintf("%T", m.Inner), "a model with probabilities")
		}
	} else if _, ok := ml.As[ml.Decider](m.Inner); !ok {
		return ml.BadFile(where, "Inner", fmt.Sprintf("%T", m.Inner), "a model with scores")
	}
	if err := m.checkGroups(where); err != nil {
		return err
	}
	m.row, _ = ml.As[ml.RowProba](m.Inner)
	m.scratch = &sync.Pool{New: func() any { return new([2]float64) }}
	return ml.CheckInside(where, m.Info.Features, m.Inner)
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

// decide is the class of a row with that probability or score, of the group with that number.
func (m *ThresholdModel) decide(v, group float64) int {
	threshold, below := m.Threshold, m.Below
	if g, ok := m.group(group); ok {
		threshold, below = g.Threshold, g.Threshold
	}
	switch {
	case v >= threshold:
		return 1
	case v < below:
		return 0
	}
	return ml.None
}

// Predict returns the class of each row by the threshold, that of its group if groups have their own, and ml.None for rows between Below and Threshold.
func (m *ThresholdModel) Predict(x tensor.Matrix) ([]int, error) {
	const where = "selection.ThresholdModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	r, err := ProbaFirst(where, m.Inner, x, 2)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	for i := range out {
		group := 0.0
		if m.Groups != nil {
			group = x.At(i, m.By)
		}
		out[i] = m.decide(r.Scores.Row(i)[0], group)
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
	group := 0.0
	if m.Groups != nil {
		group = x[m.By]
	}
	return m.decide(p[1], group), nil
}

// ProbaRow writes the model's own probabilities of one row, if it gives them.
func (m *ThresholdModel) ProbaRow(dst, x []float64) error {
	if m.row == nil {
		return m.lacks("ProbaRow")
	}
	return m.row.ProbaRow(dst, x)
}

func (m *ThresholdModel) lacks(ability string) error {
	return ml.Unsupported("selection.ThresholdModel", ability, m.Inner)
}

func init() {
	ml.Register[Cost]("selection.Cost")
	ml.RegisterConfig[FixedThreshold]("selection.FixedThreshold")
	ml.RegisterConfig[TunedThreshold]("selection.TunedThreshold")
	ml.Register[*ThresholdModel]("selection.ThresholdModel")
}
