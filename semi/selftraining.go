package semi

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// SelfTraining lets a classifier label rows for itself: it is fitted to the labelled rows, gives the unlabelled ones of which it is sure the class that it says,
// and is fitted again, until no row is left, none is sure enough, or MaxIter rounds are over.
//
//	semi.SelfTraining{Base: ml.Classify(linear.LogisticRegression{})}
//	semi.SelfTraining{Base: ml.Classify(ensemble.RandomForestClassifier{}), Best: 20} // the 20 surest rows in each round
//
// It helps where classes lie apart and the labelled rows alone miss their shape, and does harm where the probabilities are surer than right: what was labelled wrongly stays
// so. Calibrate classifiers that are too sure (selection.Calibrated, with the labelled rows alone), or raise Threshold. Rows keep their weights and groups whoever
// labelled them; Valid goes to every fit. Nothing is random but what is in the estimator. The cost is that of up to MaxIter + 1 fits and as many predictions of the rest. It labels
// the rows that scikit-learn's SelfTrainingClassifier labels.
//
// Yarowsky: Unsupervised word sense disambiguation rivaling supervised methods. ACL (1995).
type SelfTraining struct {
	Base      ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Threshold float64          // a row is labelled if the probability of its class is above this, 0 to 1. 0: 0.75. Not read with Best
	Best      int              // > 0: instead, as many rows as this, the surest, in each round
	MaxIter   int              // rounds at the most. 0: 10
}

// SelfTrained is a fitted SelfTraining. Info.Iterations has the rounds; Info.Status is Converged if every row has a label, Stalled if none of the rest was sure enough,
// MaxIter if the rounds ran out.
type SelfTrained struct {
	ml.Fitted
	K     int
	Inner ml.Classifier // of the last fit
	Label []int         // of each training row: given, or found; ml.None if it has none
	Round []int         // in which round each row was labelled: 0 those that had a label, -1 those that have none
}

var (
	_ ml.Fitter[ml.Dataset[int], *SelfTrained] = SelfTraining{}
	_ ml.Classifier                            = (*SelfTrained)(nil)
)

// Accepts says what the estimator says, and that rows need no class.
func (c SelfTraining) Accepts() ml.Accepts { return unlabelledToo(c.Base.Config) }

// unlabelledToo is what an estimator inside accepts, with rows that have no class.
func unlabelledToo(config any) ml.Accepts {
	a := ml.AcceptsOf(config)
	a.Unlabelled = true
	return a
}

// Fit labels and fits. Errors: ErrConfig without an estimator or for settings out of range, and those of the estimator.
func (c SelfTraining) Fit(ctx context.Context, d ml.Dataset[int]) (*SelfTrained, error) {
	const where = "semi.SelfTraining.Fit"
	if c.Base.Config == nil {
		return nil, ml.BadConfig(where, "Base", "none", "one such as ml.Classify(linear.LogisticRegression{})")
	}
	if !(c.Threshold >= 0 && c.Threshold <= 1) {
		return nil, ml.BadConfig(where, "Threshold", c.Threshold, "0 to 1; 0 is 0.75")
	}
	if c.Best < 0 {
		return nil, ml.BadConfig(where, "Best", c.Best, ">= 1, or 0 for those above Threshold")
	}
	if c.MaxIter < 0 {
		return nil, ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 10")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.Threshold, c.MaxIter = cmp.Or(c.Threshold, 0.75), cmp.Or(c.MaxIter, 10)
	m := &SelfTrained{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Label: slices.Clone(d.Y), Round: make([]int, d.Rows())}
	if err := c.grow(ctx, where, m, d.NameClasses()); err != nil {
		return nil, err
	}
	return m, nil
}

// grow labels round after round and leaves the last model.
func (c SelfTraining) grow(ctx context.Context, where string, m *SelfTrained, d ml.Dataset[int]) error {
	have, open := present(d)
	for i, y := range d.Y {
		if y == ml.None {
			m.Round[i] = -1
		}
	}
	if len(have) == 0 {
		return unlabelledAll(where)
	}
	d.Y = m.Label
	track := ml.Track(ctx, "round", c.MaxIter)
	fit := func() (err error) {
		if err = ml.Done(ctx); err == nil {
			m.Inner, err = c.Base.Fit(ml.Quiet(ctx), d.Select(have))
		}
		return err
	}
	m.Info.Status = ml.Converged
	for len(open) > 0 {
		if m.Info.Iterations == c.MaxIter {
			m.Info.Status = ml.MaxIter
			break
		}
		if err := fit(); err != nil {
			return err
		}
		m.Info.Iterations++
		sure, err := c.sure(m, d.Table.Select(open).X)
		if err != nil {
			return err
		}
		if len(sure) == 0 {
			m.Info.Status = ml.Stalled
			return nil // and the model stays: it has seen the same rows
		}
		left := open[:0]
		for k, i := range open {
			if at, found := slices.BinarySearchFunc(sure, k, func(s answer, k int) int { return s.row - k }); found {
				m.Label[i], m.Round[i] = sure[at].class, m.Info.Iterations
				have = append(have, i)
			} else {
				left = append(left, i)
			}
		}
		open = left
		slices.Sort(have)
		stop, err := track.Step(m.Info.Iterations, ml.Loss{})
		if err != nil {
			return err
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	return fit()
}

// answer is what the model says of a row.
type answer struct {
	row, class int
	p          float64
}

// sure are the rows of x to label, in their order.
func (c SelfTraining) sure(m *SelfTrained, x tensor.Matrix) ([]answer, error) {
	proba, err := m.Inner.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, k := proba.Dims()
	if k > m.K {
		return nil, fmt.Errorf("semi.SelfTraining.Fit: a model of %d classes for %d: %w", k, m.K, ml.ErrShape)
	}
	out := make([]answer, n)
	for i := range out {
		row := proba.Row(i)
		best := largest(row)
		out[i] = answer{i, best, row[best]}
	}
	if c.Best == 0 {
		return slices.DeleteFunc(out, func(a answer) bool { return !(a.p > c.Threshold) }), nil
	}
	slices.SortStableFunc(out, func(a, b answer) int { return cmp.Compare(b.p, a.p) })
	out = out[:min(c.Best, n)]
	slices.SortFunc(out, func(a, b answer) int { return a.row - b.row })
	return out, nil
}

// Unwrap returns the model of the last fit.
func (m *SelfTrained) Unwrap() any { return m.Inner }

// Restore checks a model that was read from a file.
func (m *SelfTrained) Restore() error {
	const where = "semi.SelfTrained"
	if err := checkLabels(where, &m.Fitted, m.K, m.Label); err != nil {
		return err
	}
	if len(m.Round) != len(m.Label) {
		return ml.BadFile(where, "Round", fmt.Sprintf("%d numbers", len(m.Round)), fmt.Sprintf("%d, as rows", len(m.Label)))
	}
	return ml.CheckInside(where, m.Info.Features, m.Inner)
}

// checkLabels checks the classes of training rows in a file.
func checkLabels(where string, f *ml.Fitted, k int, label []int) error {
	if k < 1 || f.Classes != nil && len(f.Classes) != k {
		return ml.BadFile(where, "K", fmt.Sprintf("%d, with %d names", k, len(f.Classes)), "1 or more, as many as names")
	}
	if len(label) != f.Info.Rows {
		return ml.BadFile(where, "Label", fmt.Sprintf("%d codes", len(label)), fmt.Sprintf("%d, as rows", f.Info.Rows))
	}
	for i, y := range label {
		if y < ml.None || y >= k {
			return ml.BadFile(where, fmt.Sprintf("Label[%d]", i), fmt.Sprint(y), fmt.Sprintf("a class of %d, or %d", k, ml.None))
		}
	}
	return nil
}

// Predict returns what the last model says.
func (m *SelfTrained) Predict(x tensor.Matrix) ([]int, error) { return m.Inner.Predict(x) }

// PredictProba returns the last model's probabilities, rows x K.
func (m *SelfTrained) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.Inner.PredictProba(x)
}

// DecisionFunction returns the last model's scores, if it has them.
func (m *SelfTrained) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if d, ok := ml.As[ml.Decider](m.Inner); ok {
		return d.DecisionFunction(x)
	}
	return nil, ml.Unsupported("semi.SelfTrained", "DecisionFunction", m.Inner)
}

// PredictRow is Predict for a single row, if the last model has it.
func (m *SelfTrained) PredictRow(x []float64) (int, error) {
	if r, ok := ml.As[ml.RowPredictor[int]](m.Inner); ok {
		return r.PredictRow(x)
	}
	return 0, ml.Unsupported("semi.SelfTrained", "PredictRow", m.Inner)
}

// ProbaRow writes the probabilities of a single row, if the last model has them.
func (m *SelfTrained) ProbaRow(dst, x []float64) error {
	if r, ok := ml.As[ml.RowProba](m.Inner); ok {
		return r.ProbaRow(dst, x)
	}
	return ml.Unsupported("semi.SelfTrained", "ProbaRow", m.Inner)
}

func init() {
	ml.RegisterConfig[SelfTraining]("semi.SelfTraining")
	ml.Register[*SelfTrained]("semi.SelfTrained")
}
