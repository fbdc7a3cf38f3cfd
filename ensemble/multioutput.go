package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// MultiOutputClassifier learns several labels, 0 or 1, each on its own by an estimator of two classes (binary relevance). A label that all rows share is predicted
// for every row. [ClassifierChain] lets labels learn from each other.
//
//	ensemble.MultiOutputClassifier{Base: ml.Classify(linear.LogisticRegression{})}
//
// Weights and groups go to the estimator, and so does Valid. Seeds in its config are made different for each label. The fits run side by side.
type MultiOutputClassifier struct {
	Base ml.AnyClassifier // of two classes; none is an error
	Seed uint64           // from which the seeds of the fits are made
}

// MultiOutputLabels is a fitted MultiOutputClassifier.
type MultiOutputLabels struct {
	ml.Fitted
	Members []ml.Predictor[int] // of each label
}

var _ ml.Fitter[ml.Dataset[[]int], *MultiOutputLabels] = MultiOutputClassifier{}

// Accepts says that the estimator decides.
func (c MultiOutputClassifier) Accepts() ml.Accepts {
	return acceptsAll(decider(c.Base.Config))
}

// Fit fits the estimator to each label. Errors: ErrConfig without an estimator, and those of the estimator.
func (c MultiOutputClassifier) Fit(ctx context.Context, d ml.Dataset[[]int]) (*MultiOutputLabels, error) {
	const where = "ensemble.MultiOutputClassifier.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Classify(linear.LogisticRegression{})"); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := checkWatched(where, d); err != nil {
		return nil, err
	}
	m := &MultiOutputLabels{Fitted: ml.NewFitted(d.Table, d.Classes, c)}
	d = d.Present()
	var err error
	m.Members, err = fitEach(ctx, where, "label", len(d.Y[0]), func(ctx context.Context, j int) (ml.Predictor[int], error) {
		return variedDecider(reseeded(c.Base.Config, c.Seed, uint64(j))).fit(ctx, labelOf(d, j))
	})
	if err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// output is d with one of its targets alone.
func output[T any](d ml.Dataset[[]T], j int) ml.Dataset[T] {
	out := ml.Dataset[T]{Table: d.Table, Y: make([]T, len(d.Y))}
	for i, y := range d.Y {
		out.Y[i] = y[j]
	}
	if d.Valid != nil {
		v := output(*d.Valid, j)
		out.Valid = &v
	}
	return out
}

// labelOf is d with one of its labels as two classes.
func labelOf(d ml.Dataset[[]int], j int) ml.Dataset[int] {
	out := output(d, j)
	out.Classes = []string{"0", "1"}
	if out.Valid != nil {
		out.Valid.Classes = out.Classes
	}
	return out
}

// checkWatched makes sure that Valid has as many targets in a row as the data.
func checkWatched[T any](where string, d ml.Dataset[[]T]) error {
	if d.Valid != nil && len(d.Valid.Y[0]) != len(d.Y[0]) {
		return ml.BadShape(where, "Valid.Y", fmt.Sprintf("%d wide", len(d.Valid.Y[0])), fmt.Sprintf("%d, as Y", len(d.Y[0])))
	}
	return nil
}

// Restore checks a model that was read from a file.
func (m *MultiOutputLabels) Restore() error {
	return checkOutputs("ensemble.MultiOutputLabels", &m.Fitted, m.Members)
}

func checkOutputs[Y any](where string, f *ml.Fitted, members []ml.Predictor[Y]) error {
	if len(members) == 0 {
		return ml.BadFile(where, "Members", "missing", "one model for each output")
	}
	return ml.CheckInside(where, f.Info.Features, members...)
}

// Response returns the probability of each label, rows x labels; errors.ErrUnsupported if the estimator has none.
func (m *MultiOutputLabels) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.MultiOutputLabels.Response"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if !allProba(m.Members) {
		return nil, ml.Unsupported(where, "PredictProba", m.Members[0])
	}
	return positives(where, m.Members, x)
}

// Can says that Response needs an estimator with probabilities.
func (m *MultiOutputLabels) Can(ability any) ml.Verdict {
	if asksFor(ability, "Response") && !allProba(m.Members) {
		return ml.Lacks
	}
	return ml.Undecided
}

// Predict returns 0 or 1 for each label of each row, as the estimator predicts.
func (m *MultiOutputLabels) Predict(x tensor.Matrix) ([][]int, error) {
	return predictEach("ensemble.MultiOutputLabels.Predict", &m.Fitted, m.Members, x)
}

// predictEach asks the model of each output.
func predictEach[T any](where string, f *ml.Fitted, members []ml.Predictor[T], x tensor.Matrix) ([][]T, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := table[T](n, len(members))
	for j, m := range members {
		y, err := m.Predict(x)
		if err != nil {
			return nil, err
		}
		for i, v := range y {
			out[i][j] = v
		}
	}
	return out, nil
}

// table is n rows of one piece of memory.
func table[T any](n, width int) [][]T {
	all, out := make([]T, n*width), make([][]T, n)
	for i := range out {
		out[i] = all[i*width : (i+1)*width : (i+1)*width]
	}
	return out
}

// MultiOutputRegressor learns several numbers, each on its own by an estimator of one. [RegressorChain] lets them learn from each other.
//
// Weights and groups go to the estimator, and so does Valid. Seeds in its config are made different for each output. The fits run side by side.
type MultiOutputRegressor struct {
	Base ml.AnyRegressor // none is an error
	Seed uint64          // from which the seeds of the fits are made
}

// MultiOutputRegression is a fitted MultiOutputRegressor.
type MultiOutputRegression struct {
	ml.Fitted
	Members []ml.Predictor[float64] // of each output
}

var _ ml.Fitter[ml.Dataset[[]float64], *MultiOutputRegression] = MultiOutputRegressor{}

// Accepts says that the estimator decides.
func (c MultiOutputRegressor) Accepts() ml.Accepts {
	return acceptsAll(regressor(c.Base.Config))
}

// Fit fits the estimator to each output. Errors: ErrConfig without an estimator, and those of the estimator.
func (c MultiOutputRegressor) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiOutputRegression, error) {
	const where = "ensemble.MultiOutputRegressor.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Regress(linear.Ridge{Alpha: 1})"); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := checkWatched(where, d); err != nil {
		return nil, err
	}
	m := &MultiOutputRegression{Fitted: ml.NewFitted(d.Table, nil, c)}
	var err error
	m.Members, err = fitEach(ctx, where, "output", len(d.Y[0]), func(ctx context.Context, j int) (ml.Predictor[float64], error) {
		return regressor(reseeded(c.Base.Config, c.Seed, uint64(j))).fit(ctx, output(d, j))
	})
	if err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *MultiOutputRegression) Restore() error {
	return checkOutputs("ensemble.MultiOutputRegression", &m.Fitted, m.Members)
}

// Predict returns every output of each row.
func (m *MultiOutputRegression) Predict(x tensor.Matrix) ([][]float64, error) {
	return predictEach("ensemble.MultiOutputRegression.Predict", &m.Fitted, m.Members, x)
}

func init() {
	ml.RegisterConfig[MultiOutputClassifier]("ensemble.MultiOutputClassifier")
	ml.Register[*MultiOutputLabels]("ensemble.MultiOutputLabels")
	ml.RegisterConfig[MultiOutputRegressor]("ensemble.MultiOutputRegressor")
	ml.Register[*MultiOutputRegression]("ensemble.MultiOutputRegression")
}
