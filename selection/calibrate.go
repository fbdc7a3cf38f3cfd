package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// Calibrated makes probabilities that are as often right as they say, of the scores of any method that predicts class codes: of a support vector
// machine, which has none, or of a classifier whose own are too sure or too shy.
//
//	selection.Calibrated{Base: ml.Decide(linear.LinearSVC{})}
//	selection.Calibrated{Base: ml.Classify(forest), Method: selection.Isotonic{}}
//
// The map from scores to probabilities is learned from rows that the model has not seen. The estimator is fitted to the training rows of each fold, the map to
// the fold's test rows, and the probabilities are the mean over the folds. With Single there is one model, fitted to all rows, and one map, learned from the scores
// of all folds. A FrozenClassifier is taken as it is, and the map is learned from all rows: they must be others than its own.
//
// Scores are those of DecisionFunction, or else of PredictProba. Two classes have one map; of more each has its own, against the rest, and the results are divided by their
// sum, but for Temperature, which takes all classes at once. Predict is the most probable class, the lowest code of equals; with Single or a frozen model of two
// classes it is another than the model's own where the map says so. A class without rows has the probability 0.
//
// Weights count in the estimator and in the map. Rows are divided in their order: an integer weight is not the same as repeated rows. The cost is that of a fit for each
// fold, in parallel, and one for Single. It answers as scikit-learn's CalibratedClassifierCV.
//
// Niculescu-Mizil and Caruana: Predicting good probabilities with supervised learning. ICML (2005).
type Calibrated struct {
	Base     ml.AnyClassifier // ml.Decide(linear.LinearSVC{}), for example; none is an error
	Method   Calibration      // Sigmoid{}, Isotonic{}, Temperature{} or your own; nil: Sigmoid{}
	Splitter ml.Splitter      // nil: StratifiedKFold{}, 5 folds; StratifiedGroupKFold{} if rows have groups. An error with a frozen model
	Single   bool             // one model of all rows; false: one for each fold
}

// Calibration is a way to learn probabilities from scores. Register your own, and its maps, to save them.
type Calibration interface {
	// FitCalibration learns from the scores of rows whose classes y are known, 0 to k-1. Weights are > 0; nil: ones.
	FitCalibration(r Response, y []int, weight []float64, k int) (CalibrationMap, error)
}

// CalibrationMap is what a Calibration learned.
type CalibrationMap interface {
	// Apply writes the probabilities of the classes into dst, K long, from the scores of one row as in Response. They sum to 1. It does not allocate.
	Apply(dst, scores []float64)
	// Check says what is wrong with a map that was read from a file, for k classes.
	Check(k int) error
}

// CalibratedModel is a fitted Calibrated.
type CalibratedModel struct {
	ml.Fitted
	K      int                 // classes
	Models []ml.Predictor[int] // of each fold, or the only one
	Maps   []CalibrationMap    // of each model
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c Calibrated) Accepts() ml.Accepts { return labelledOnly(c.Base.Config) }

var _ ml.Accepter = Calibrated{}

func labelledOnly(config any) ml.Accepts {
	a := ml.AcceptsOf(config)
	a.Unlabelled = false
	return a
}

// Fit fits the estimator and the map from its scores to probabilities. Errors: ErrConfig without an estimator, ErrTarget for a single class, errors.ErrUnsupported for a model
// with neither scores nor probabilities, and those of the splitter and the estimator.
func (c Calibrated) Fit(ctx context.Context, d ml.Dataset[int]) (*CalibratedModel, error) {
	const where = "selection.Calibrated.Fit"
	if c.Base.Config == nil {
		return nil, ml.BadConfig(where, "Base", "none", "one such as ml.Decide(linear.LinearSVC{})")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := notFrozen(where, c.Base.Config, c.Splitter, 0); err != nil {
		return nil, err
	}
	if c.Method == nil {
		c.Method = Sigmoid{}
	}
	m := &CalibratedModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K()}
	if m.K < 2 {
		return nil, oneClass(where)
	}
	d = d.NameClasses().Present()
	var err error
	switch {
	case frozen(c.Base.Config):
		err = m.fitOne(ctx, where, c, d, nil)
	case c.Single:
		var folds []ml.Fold
		if folds, err = foldsFor(where, d, c.Splitter, 5); err == nil {
			if err = testedOnce(where, "Splitter", folds, d.Rows()); err == nil {
				err = m.fitOne(ctx, where, c, d, folds)
			}
		}
	default:
		err = m.fitFolds(ctx, where, c, d)
	}
	if err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Models...)
	return m, nil
}

func oneClass(where string) error {
	return &ml.Error{Where: where, Field: "Y", Found: "of a single class", Want: "two classes or more", Kind: ml.ErrTarget}
}

// fitFolds keeps a model and a map for each fold.
func (m *CalibratedModel) fitFolds(ctx context.Context, where string, c Calibrated, d ml.Dataset[int]) error {
	folds, err := foldsFor(where, d, c.Splitter, 5)
	if err != nil {
		return err
	}
	m.Models, m.Maps = make([]ml.Predictor[int], len(folds)), make([]CalibrationMap, len(folds))
	return eachFold(ctx, where, d, folds, c.Base.FitDecider, func(i int, model ml.Predictor[int], test ml.Dataset[int]) error {
		r, err := DecisionFirst(where, model, test.X, m.K)
		if err != nil {
			return err
		}
		m.Models[i] = model
		m.Maps[i], err = c.Method.FitCalibration(r, test.Y, test.Weight, m.K)
		return err
	})
}

// fitOne keeps one model of all rows, and one map, of the scores of all folds, or of the model's own scores if there are no folds.
func (m *CalibratedModel) fitOne(ctx context.Context, where string, c Calibrated, d ml.Dataset[int], folds []ml.Fold) error {
	var r Response
	var err error
	if folds != nil {
		if r, err = m.unseen(ctx, where, c, d, folds); err != nil {
			return err
		}
	}
	model, err := c.Base.FitDecider(ml.WithTask(ctx, "all", 0, 1), d)
	if err != nil {
		return err
	}
	if folds == nil {
		if r, err = DecisionFirst(where, model, d.X, m.K); err != nil {
			return err
		}
	}
	fitted, err := c.Method.FitCalibration(r, d.Y, d.Weight, m.K)
	if err != nil {
		return err
	}
	m.Models, m.Maps = []ml.Predictor[int]{model}, []CalibrationMap{fitted}
	return nil
}

// unseen are the scores of all rows, each by the model of the fold that tests it.
func (m *CalibratedModel) unseen(ctx context.Context, where string, c Calibrated, d ml.Dataset[int], folds []ml.Fold) (Response, error) {
	out := Response{Scores: tensor.New[float64](d.Rows(), scoreWidth(m.K))}
	err := eachFold(ctx, where, d, folds, c.Base.FitDecider, func(i int, model ml.Predictor[int], test ml.Dataset[int]) error {
		part, err := DecisionFirst(where, model, test.X, m.K)
		if err != nil {
			return err
		}
		if i == 0 {
			out.Proba = part.Proba
		}
		for t, row := range folds[i].Test {
			copy(out.Scores.Row(row), part.Scores.Row(t))
		}
		return nil
	})
	return out, err
}

// Restore checks a model that was read from a file.
func (m *CalibratedModel) Restore() error {
	const where = "selection.CalibratedModel"
	if m.K < 2 || m.Classes != nil && len(m.Classes) != m.K || len(m.Models) == 0 || len(m.Models) != len(m.Maps) {
		return ml.BadFile(where, "Models and Maps", fmt.Sprintf("%d and %d, of %d classes with %d names", len(m.Models), len(m.Maps), m.K, len(m.Classes)), "as many maps as models, at least one, of the classes named")
	}
	for i := range m.Models {
		if m.Models[i] == nil || m.Maps[i] == nil {
			return ml.BadFile(where, fmt.Sprintf("Models[%d] and Maps[%d]", i, i), "missing", "a model and its map")
		}
		if err := ml.CheckInside(where, m.Info.Features, m.Models[i]); err != nil {
			return err
		}
		if err := m.Maps[i].Check(m.K); err != nil {
			return err
		}
	}
	return nil
}

// PredictProba returns the calibrated probabilities, rows x K. Rows sum to 1.
func (m *CalibratedModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "selection.CalibratedModel.PredictProba"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.K)
	if n == 0 {
		return out, nil
	}
	for i, model := range m.Models {
		r, err := DecisionFirst(where, model, x, m.K)
		if err != nil {
			return nil, err
		}
		m.add(out, r, m.Maps[i])
	}
	if share := float64(len(m.Models)); share > 1 {
		for i := range n {
			for c := range out.Row(i) {
				out.Row(i)[c] /= share
			}
		}
	}
	return out, nil
}

// add sums the probabilities of one model.
func (m *CalibratedModel) add(out *tensor.Tensor[float64], r Response, to CalibrationMap) {
	n, _ := out.Dims()
	par.For(n, 50*m.K, func(lo, hi int) {
		p := make([]float64, m.K)
		for i := lo; i < hi; i++ {
			to.Apply(p, r.Scores.Row(i))
			row := out.Row(i)
			for c, v := range p {
				row[c] += v
			}
		}
	})
}

// Predict returns the most probable class of each row.
func (m *CalibratedModel) Predict(x tensor.Matrix) ([]int, error) {
	p, err := m.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, _ := p.Dims()
	out := make([]int, n)
	for i := range out {
		out[i] = largest(p.Row(i))
	}
	return out, nil
}

func init() {
	ml.RegisterConfig[FrozenClassifier]("selection.FrozenClassifier")
	ml.RegisterConfig[FrozenRegressor]("selection.FrozenRegressor")
	ml.RegisterConfig[Calibrated]("selection.Calibrated")
	ml.Register[*CalibratedModel]("selection.CalibratedModel")
	ml.Register[Sigmoid]("selection.Sigmoid")
	ml.Register[SigmoidMap]("selection.SigmoidMap")
	ml.Register[Isotonic]("selection.Isotonic")
	ml.Register[IsotonicMap]("selection.IsotonicMap")
	ml.Register[Temperature]("selection.Temperature")
	ml.Register[TemperatureMap]("selection.TemperatureMap")
}
