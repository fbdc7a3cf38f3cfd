package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// StackingClassifier fits several estimators, and one on top of them that learns how far to trust each.
//
//	ensemble.StackingClassifier{Bases: []ml.AnyClassifier{ml.Classify(pipe), ml.Classify(bayes.GaussianNB{})}}
//
// The one on top is fitted to what the estimators say of rows that they have not seen: each row is judged by models that were fitted to the training rows of a fold in which it
// is tested, so that an estimator that learns its rows by heart gains nothing. The estimators are then fitted to all rows. They say probabilities, or scores
// (DecisionFunction) if they have none, or else the class: one number for two classes, K for more.
//
// Where rows have groups, no group is divided between folds. Several layers are a StackingClassifier as Final. A selection.FrozenClassifier is taken as it is
// (prefit): its answers to the training rows are only honest if it has not seen them. Weights and groups go to the estimators and to the one on top, and so does Valid.
//
// Rows are divided in their order: an integer weight is not the same as repeated rows. The cost is that of a fit of each estimator for each fold and one more, side by side.
//
// Wolpert: Stacked generalization. Neural Networks 5 (1992). It answers as scikit-learn's StackingClassifier.
type StackingClassifier struct {
	Bases       []ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Final       ml.AnyClassifier   // the one on top. Zero: linear.LogisticRegression{}
	Splitter    ml.Splitter        // must test each row once. nil: selection.StratifiedKFold{}, 5 folds; selection.StratifiedGroupKFold{} if rows have groups
	PassThrough bool               // the one on top sees the columns of X as well, behind what the estimators say
}

// StackedClassification is a fitted StackingClassifier.
type StackedClassification struct {
	ml.Fitted
	K           int // classes
	Bases       []ml.Predictor[int]
	Final       ml.Classifier
	PassThrough bool

	row       *rowStack            // nil: a base has no method for single rows
	finalRow  ml.RowPredictor[int] // of Final, or nil
	finalRows ml.RowProba          // of Final, or nil
}

var (
	_ ml.Fitter[ml.Dataset[int], *StackedClassification] = StackingClassifier{}
	_ ml.Classifier                                      = (*StackedClassification)(nil)
)

func (c StackingClassifier) final() any {
	if c.Final.Config == nil {
		return linear.LogisticRegression{}
	}
	return c.Final.Config
}

func (c StackingClassifier) stack(where string) *stack[int] {
	return &stack[int]{where: where, bases: deciders(c.Bases), final: decider(c.final()), splitter: c.Splitter, pass: c.PassThrough}
}

// Accepts is what the estimators accept, and with PassThrough what Final does as well; rows without a class are refused.
func (c StackingClassifier) Accepts() ml.Accepts { return c.stack("").accepts() }

// Fit fits the estimators and the one on top. Errors: ErrConfig without estimators, and those of the splitter and the estimators.
func (c StackingClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*StackedClassification, error) {
	const where = "ensemble.StackingClassifier.Fit"
	s := c.stack(where)
	if err := s.check(d); err != nil {
		return nil, err
	}
	c.Final.Config = c.final()
	m := &StackedClassification{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), PassThrough: c.PassThrough}
	d = d.NameClasses()
	s.read, s.names = classSays(where, m.K), d.Classes
	bases, top, err := s.fit(ctx, d)
	if err != nil {
		return nil, err
	}
	final, has := ml.As[ml.Classifier](top)
	if !has {
		return nil, ml.BadConfig(where, "Final", fmt.Sprintf("one whose model, a %T, has no probabilities", top), "a classifier")
	}
	m.Bases, m.Final = bases, final
	ml.Adopt(&m.Fitted, m.Bases...)
	ml.Adopt(&m.Fitted, m.Final)
	return m, m.Restore()
}

// Restore checks a model that was read from a file.
func (m *StackedClassification) Restore() error {
	const where = "ensemble.StackedClassification"
	if m.K < 1 || m.Classes != nil && len(m.Classes) != m.K {
		return ml.BadFile(where, "K and Classes", fmt.Sprintf("%d classes with %d names", m.K, len(m.Classes)), "a name for each of the classes, or none")
	}
	if err := checkStacked(where, &m.Fitted, m.Bases, m.Final); err != nil {
		return err
	}
	m.row = newRowStack(stackedRow(m.K), m.Bases, m.K, m.Info.Features, m.PassThrough, m.K == 2)
	m.finalRow, _ = ml.As[ml.RowPredictor[int]](m.Final)
	m.finalRows, _ = ml.As[ml.RowProba](m.Final)
	return nil
}

// above is what the one on top sees: what each of the estimators says, and the columns of X if they are passed through.
func (m *StackedClassification) above(where string, x tensor.Matrix) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	return askBases(classSays(where, m.K), m.Bases, x, m.PassThrough)
}

// PredictProba returns the probabilities of the one on top, rows x K.
func (m *StackedClassification) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	z, err := m.above("ensemble.StackedClassification.PredictProba", x)
	if err != nil {
		return nil, err
	}
	return m.Final.PredictProba(z)
}

// Predict returns the class that the one on top predicts.
func (m *StackedClassification) Predict(x tensor.Matrix) ([]int, error) {
	z, err := m.above("ensemble.StackedClassification.Predict", x)
	if err != nil {
		return nil, err
	}
	return m.Final.Predict(z)
}

// ProbaRow writes the probabilities of a single row to dst, which has K elements, without allocating; errors.ErrUnsupported if a model inside has no method for single rows.
func (m *StackedClassification) ProbaRow(dst, x []float64) error {
	const where = "ensemble.StackedClassification.ProbaRow"
	if m.row == nil || m.finalRows == nil {
		return noRows(where)
	}
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	return m.row.with(x, func(above []float64) error { return m.finalRows.ProbaRow(dst, above) })
}

// PredictRow is Predict for a single row, without allocating; errors.ErrUnsupported if a model inside has no method for single rows.
func (m *StackedClassification) PredictRow(x []float64) (c int, err error) {
	const where = "ensemble.StackedClassification.PredictRow"
	if m.row == nil || m.finalRow == nil {
		return 0, noRows(where)
	}
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	err = m.row.with(x, func(above []float64) error {
		c, err = m.finalRow.PredictRow(above)
		return err
	})
	return c, err
}

// Can says that the methods for single rows need models inside that have them.
func (m *StackedClassification) Can(ability any) ml.Verdict {
	if asksFor(ability, "PredictRow") && (m.row == nil || m.finalRow == nil) || asksFor(ability, "ProbaRow") && (m.row == nil || m.finalRows == nil) {
		return ml.Lacks
	}
	return ml.Undecided
}

// StackingMultiLabel is [StackingClassifier] for several labels, 0 or 1, in each row: the one on top sees the probability of every label by every estimator, or the label where there
// is no Response.
type StackingMultiLabel struct {
	Bases       []ml.AnyMultiLabel // none is an error
	Final       ml.AnyMultiLabel   // the one on top; none is an error
	Splitter    ml.Splitter        // must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
	PassThrough bool               // the one on top sees the columns of X as well, behind what the estimators say
}

// StackedLabels is a fitted StackingMultiLabel.
type StackedLabels struct {
	ml.Fitted
	Labels      int // in each row
	Bases       []ml.Predictor[[]int]
	Final       ml.Predictor[[]int]
	PassThrough bool
}

var _ ml.Fitter[ml.Dataset[[]int], *StackedLabels] = StackingMultiLabel{}

func (c StackingMultiLabel) stack(where string) *stack[[]int] {
	return &stack[[]int]{where: where, bases: learners(c.Bases, func(e ml.AnyMultiLabel) learner[[]int] { return multiLabel(e.Config) }),
		final: multiLabel(c.Final.Config), splitter: c.Splitter, pass: c.PassThrough}
}

// Accepts is what the estimators accept, and with PassThrough what Final does as well.
func (c StackingMultiLabel) Accepts() ml.Accepts { return c.stack("").accepts() }

// Fit fits the estimators and the one on top. Errors: ErrConfig without estimators or Final, and those of the splitter and the estimators.
func (c StackingMultiLabel) Fit(ctx context.Context, d ml.Dataset[[]int]) (*StackedLabels, error) {
	const where = "ensemble.StackingMultiLabel.Fit"
	s := c.stack(where)
	if c.Final.Config == nil {
		return nil, ml.BadConfig(where, "Final", "none", "one such as ml.LabelMulti(ensemble.MultiOutputClassifier{...})")
	}
	if err := s.check(d); err != nil {
		return nil, err
	}
	m := &StackedLabels{Fitted: ml.NewFitted(d.Table, d.Classes, c), Labels: len(d.Y[0]), PassThrough: c.PassThrough}
	s.read, s.names = labelAnswers(m.Labels).says(where), numbered("label", m.Labels)
	var err error
	if m.Bases, m.Final, err = s.fit(ctx, d); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Bases...)
	ml.Adopt(&m.Fitted, m.Final)
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *StackedLabels) Restore() error {
	return checkStacked("ensemble.StackedLabels", &m.Fitted, m.Bases, m.Final)
}

func (m *StackedLabels) above(where string, x tensor.Matrix) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	return askBases(labelAnswers(m.Labels).says(where), m.Bases, x, m.PassThrough)
}

// Response returns the probabilities of the labels by the one on top, rows x labels; errors.ErrUnsupported if it has none.
func (m *StackedLabels) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.StackedLabels.Response"
	r, has := ml.As[responder](m.Final)
	if !has {
		return nil, ml.Unsupported(where, "Response", m.Final)
	}
	z, err := m.above(where, x)
	if err != nil {
		return nil, err
	}
	return r.Response(z)
}

// Can says that Response needs a model on top that has it.
func (m *StackedLabels) Can(ability any) ml.Verdict {
	if asksFor(ability, "Response") {
		if _, has := ml.As[responder](m.Final); !has {
			return ml.Lacks
		}
	}
	return ml.Undecided
}

// Predict returns the labels that the one on top predicts.
func (m *StackedLabels) Predict(x tensor.Matrix) ([][]int, error) {
	z, err := m.above("ensemble.StackedLabels.Predict", x)
	if err != nil {
		return nil, err
	}
	return m.Final.Predict(z)
}

func init() {
	ml.RegisterConfig[StackingClassifier]("ensemble.StackingClassifier")
	ml.Register[*StackedClassification]("ensemble.StackedClassification")
	ml.RegisterConfig[StackingMultiLabel]("ensemble.StackingMultiLabel")
	ml.Register[*StackedLabels]("ensemble.StackedLabels")
}
