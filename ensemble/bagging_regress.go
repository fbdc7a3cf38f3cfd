package ensemble

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// BaggingRegressor is [BaggingClassifier] for numbers: the members' predictions are averaged.
type BaggingRegressor struct {
	Base          ml.AnyRegressor // what is bagged. Zero: tree.DecisionTreeRegressor{}
	Members       int             // 0: 10
	Rows          float64         // share of the rows drawn for each member. 0: 1, as many as there are
	Columns       float64         // share of the columns drawn for each member, at least one column. 0: 1, all
	Pasting       bool            // rows are drawn without replacement
	RepeatColumns bool            // columns are drawn with replacement
	OOB           bool            // ask each member about the rows that it was not fitted to; an error where all are fitted to all rows
	Seed          uint64          // of the draws
}

// BaggedRegression is a fitted BaggingRegressor.
type BaggedRegression struct {
	ml.Fitted
	Members   []ml.Predictor[float64]
	Subspaces [][]int  // the columns that each member sees; nil: all see all
	OOB       OutOfBag // if the config asks for it

	row *rowMean // nil: a member has no method for single rows
}

var _ ml.Fitter[ml.Dataset[float64], *BaggedRegression] = BaggingRegressor{}

func (c BaggingRegressor) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeRegressor{}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides.
func (c BaggingRegressor) Accepts() ml.Accepts { return acceptsAll(regressor(c.estimator())) }

// Fit draws for and fits every member. Errors: ErrConfig, and those of the estimator.
func (c BaggingRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*BaggedRegression, error) {
	const where = "ensemble.BaggingRegressor.Fit"
	b := bagging[float64]{where: where, config: c.estimator(), learn: regressor, members: c.Members, rows: c.Rows, columns: c.Columns, pasting: c.Pasting, repeat: c.RepeatColumns,
		oob: c.OOB, seed: c.Seed, answers: numberAnswers(), score: metrics.R2}
	if err := b.begin(d, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Members, c.Rows, c.Columns = b.config, b.members, b.rows, b.columns
	m := &BaggedRegression{Fitted: ml.NewFitted(d.Table, nil, c)}
	fit, err := b.fit(ctx, d)
	if err != nil {
		return nil, err
	}
	m.Members, m.Subspaces, m.OOB = fit.members, fit.subspaces, fit.oob
	ml.Adopt(&m.Fitted, m.Members...)
	return m, m.Restore()
}

// Restore checks a model that was read from a file.
func (m *BaggedRegression) Restore() error {
	if err := checkBagged("ensemble.BaggedRegression", &m.Fitted, 1, m.Members, m.Subspaces, &m.OOB); err != nil {
		return err
	}
	m.row = newRowMean(numberAnswers(), m.Members, nil, m.Subspaces)
	return nil
}

// Predict returns the mean of the members' predictions.
func (m *BaggedRegression) Predict(x tensor.Matrix) ([]float64, error) {
	return numberAnswers().decisions(askBag("ensemble.BaggedRegression.Predict", &m.Fitted, numberAnswers(), m.Members, m.Subspaces, x))
}

// PredictRow is Predict for a single row, without allocating; errors.ErrUnsupported if a member has no method for single rows.
func (m *BaggedRegression) PredictRow(x []float64) (float64, error) {
	const where = "ensemble.BaggedRegression.PredictRow"
	if m.row == nil {
		return 0, noRows(where)
	}
	if err := checkOne(where, &m.Fitted, m.row, x); err != nil {
		return 0, err
	}
	return one(m.row, x, func(row []float64) float64 { return row[0] })
}

// Can says that PredictRow needs members that have it.
func (m *BaggedRegression) Can(ability any) ml.Verdict { return canRow(ability, m.row) }

// BaggingMultiRegressor is BaggingRegressor for several outputs.
type BaggingMultiRegressor struct {
	Base          ml.AnyMultiRegressor // what is bagged. Zero: tree.DecisionTreeMulti{}
	Members       int                  // 0: 10
	Rows          float64              // share of the rows drawn for each member. 0: 1, as many as there are
	Columns       float64              // share of the columns drawn for each member, at least one column. 0: 1, all
	Pasting       bool                 // rows are drawn without replacement
	RepeatColumns bool                 // columns are drawn with replacement
	OOB           bool                 // ask each member about the rows that it was not fitted to; an error where all are fitted to all rows
	Seed          uint64               // of the draws
}

// BaggedMultiRegression is a fitted BaggingMultiRegressor.
type BaggedMultiRegression struct {
	ml.Fitted
	Outputs   int
	Members   []ml.Predictor[[]float64]
	Subspaces [][]int  // the columns that each member sees; nil: all see all
	OOB       OutOfBag // if the config asks for it
}

var _ ml.Fitter[ml.Dataset[[]float64], *BaggedMultiRegression] = BaggingMultiRegressor{}

func (c BaggingMultiRegressor) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeMulti{}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides.
func (c BaggingMultiRegressor) Accepts() ml.Accepts { return acceptsAll(multiRegressor(c.estimator())) }

// Fit draws for and fits every member. Errors: ErrConfig, and those of the estimator.
func (c BaggingMultiRegressor) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*BaggedMultiRegression, error) {
	const where = "ensemble.BaggingMultiRegressor.Fit"
	b := bagging[[]float64]{where: where, config: c.estimator(), learn: multiRegressor, members: c.Members, rows: c.Rows, columns: c.Columns, pasting: c.Pasting, repeat: c.RepeatColumns,
		oob: c.OOB, seed: c.Seed, score: metrics.R2Outputs}
	if err := b.begin(d, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Members, c.Rows, c.Columns = b.config, b.members, b.rows, b.columns
	m := &BaggedMultiRegression{Fitted: ml.NewFitted(d.Table, nil, c), Outputs: len(d.Y[0])}
	b.answers = vectorAnswers(m.Outputs)
	fit, err := b.fit(ctx, d)
	if err != nil {
		return nil, err
	}
	m.Members, m.Subspaces, m.OOB = fit.members, fit.subspaces, fit.oob
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *BaggedMultiRegression) Restore() error {
	return checkBagged("ensemble.BaggedMultiRegression", &m.Fitted, m.Outputs, m.Members, m.Subspaces, &m.OOB)
}

// Predict returns the mean of the members' predictions of each output.
func (m *BaggedMultiRegression) Predict(x tensor.Matrix) ([][]float64, error) {
	a := vectorAnswers(m.Outputs)
	return a.decisions(askBag("ensemble.BaggedMultiRegression.Predict", &m.Fitted, a, m.Members, m.Subspaces, x))
}

func init() {
	ml.RegisterConfig[BaggingRegressor]("ensemble.BaggingRegressor")
	ml.Register[*BaggedRegression]("ensemble.BaggedRegression")
	ml.RegisterConfig[BaggingMultiRegressor]("ensemble.BaggingMultiRegressor")
	ml.Register[*BaggedMultiRegression]("ensemble.BaggedMultiRegression")
}
