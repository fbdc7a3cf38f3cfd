package ensemble

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// StackingRegressor is [StackingClassifier] for numbers: the one on top learns from the estimators' predictions of rows that they have not seen.
type StackingRegressor struct {
	Bases       []ml.AnyRegressor // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Final       ml.AnyRegressor   // the one on top. Zero: linear.RidgeCV{}
	Splitter    ml.Splitter       // must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
	PassThrough bool              // the one on top sees the columns of X as well, behind the predictions
}

// StackedRegression is a fitted StackingRegressor.
type StackedRegression struct {
	ml.Fitted
	Bases       []ml.Predictor[float64]
	Final       ml.Predictor[float64]
	PassThrough bool

	row      *rowStack                // nil: a base has no method for single rows
	finalRow ml.RowPredictor[float64] // of Final, or nil
}

var _ ml.Fitter[ml.Dataset[float64], *StackedRegression] = StackingRegressor{}

func (c StackingRegressor) final() any {
	if c.Final.Config == nil {
		return linear.RidgeCV{}
	}
	return c.Final.Config
}

func (c StackingRegressor) stack(where string) *stack[float64] {
	return &stack[float64]{where: where, bases: regressors(c.Bases), final: regressor(c.final()), splitter: c.Splitter, pass: c.PassThrough, read: numberAnswers().says(where)}
}

// Accepts is what the estimators accept, and with PassThrough what Final does as well.
func (c StackingRegressor) Accepts() ml.Accepts { return c.stack("").accepts() }

// Fit fits the estimators and the one on top. Errors: ErrConfig without estimators, and those of the splitter and the estimators.
func (c StackingRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*StackedRegression, error) {
	s := c.stack("ensemble.StackingRegressor.Fit")
	if err := s.check(d); err != nil {
		return nil, err
	}
	c.Final.Config = c.final()
	m := &StackedRegression{Fitted: ml.NewFitted(d.Table, nil, c), PassThrough: c.PassThrough}
	var err error
	if m.Bases, m.Final, err = s.fit(ctx, d); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Bases...)
	ml.Adopt(&m.Fitted, m.Final)
	return m, m.Restore()
}

// Restore checks a model that was read from a file.
func (m *StackedRegression) Restore() error {
	if err := checkStacked("ensemble.StackedRegression", &m.Fitted, m.Bases, m.Final); err != nil {
		return err
	}
	m.row = newRowStack(numberRow, m.Bases, 1, m.Info.Features, m.PassThrough, false)
	m.finalRow, _ = ml.As[ml.RowPredictor[float64]](m.Final)
	return nil
}

// Predict returns what the one on top predicts.
func (m *StackedRegression) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "ensemble.StackedRegression.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	z, err := askBases(numberAnswers().says(where), m.Bases, x, m.PassThrough)
	if err != nil {
		return nil, err
	}
	return m.Final.Predict(z)
}

// PredictRow is Predict for a single row, without allocating; errors.ErrUnsupported if a model inside has no method for single rows.
func (m *StackedRegression) PredictRow(x []float64) (y float64, err error) {
	const where = "ensemble.StackedRegression.PredictRow"
	if m.row == nil || m.finalRow == nil {
		return 0, noRows(where)
	}
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	err = m.row.with(x, func(above []float64) error {
		y, err = m.finalRow.PredictRow(above)
		return err
	})
	return y, err
}

// Can says that PredictRow needs models inside that have it.
func (m *StackedRegression) Can(ability any) ml.Verdict {
	if asksFor(ability, "PredictRow") && (m.row == nil || m.finalRow == nil) {
		return ml.Lacks
	}
	return ml.Undecided
}

// StackingMultiRegressor is StackingRegressor for several outputs: the one on top sees every output of every estimator.
type StackingMultiRegressor struct {
	Bases       []ml.AnyMultiRegressor // ml.RegressMulti(linear.RidgeMulti{Alpha: 1}), for example; none is an error
	Final       ml.AnyMultiRegressor   // the one on top. Zero: linear.RidgeCVMulti{}
	Splitter    ml.Splitter            // must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
	PassThrough bool                   // the one on top sees the columns of X as well, behind the predictions
}

// StackedMultiRegression is a fitted StackingMultiRegressor.
type StackedMultiRegression struct {
	ml.Fitted
	Outputs     int
	Bases       []ml.Predictor[[]float64]
	Final       ml.Predictor[[]float64]
	PassThrough bool
}

var _ ml.Fitter[ml.Dataset[[]float64], *StackedMultiRegression] = StackingMultiRegressor{}

func (c StackingMultiRegressor) final() any {
	if c.Final.Config == nil {
		return linear.RidgeCVMulti{}
	}
	return c.Final.Config
}

func (c StackingMultiRegressor) stack(where string) *stack[[]float64] {
	return &stack[[]float64]{where: where, bases: learners(c.Bases, func(e ml.AnyMultiRegressor) learner[[]float64] { return multiRegressor(e.Config) }),
		final: multiRegressor(c.final()), splitter: c.Splitter, pass: c.PassThrough}
}

// Accepts is what the estimators accept, and with PassThrough what Final does as well.
func (c StackingMultiRegressor) Accepts() ml.Accepts { return c.stack("").accepts() }

// Fit fits the estimators and the one on top. Errors: ErrConfig without estimators, and those of the splitter and the estimators.
func (c StackingMultiRegressor) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*StackedMultiRegression, error) {
	const where = "ensemble.StackingMultiRegressor.Fit"
	s := c.stack(where)
	if err := s.check(d); err != nil {
		return nil, err
	}
	c.Final.Config = c.final()
	m := &StackedMultiRegression{Fitted: ml.NewFitted(d.Table, nil, c), Outputs: len(d.Y[0]), PassThrough: c.PassThrough}
	s.read, s.names = vectorAnswers(m.Outputs).says(where), numbered("output", m.Outputs)
	var err error
	if m.Bases, m.Final, err = s.fit(ctx, d); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Bases...)
	ml.Adopt(&m.Fitted, m.Final)
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *StackedMultiRegression) Restore() error {
	return checkStacked("ensemble.StackedMultiRegression", &m.Fitted, m.Bases, m.Final)
}

// Predict returns what the one on top predicts.
func (m *StackedMultiRegression) Predict(x tensor.Matrix) ([][]float64, error) {
	const where = "ensemble.StackedMultiRegression.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	z, err := askBases(vectorAnswers(m.Outputs).says(where), m.Bases, x, m.PassThrough)
	if err != nil {
		return nil, err
	}
	return m.Final.Predict(z)
}

func init() {
	ml.RegisterConfig[StackingRegressor]("ensemble.StackingRegressor")
	ml.Register[*StackedRegression]("ensemble.StackedRegression")
	ml.RegisterConfig[StackingMultiRegressor]("ensemble.StackingMultiRegressor")
	ml.Register[*StackedMultiRegression]("ensemble.StackedMultiRegression")
}
