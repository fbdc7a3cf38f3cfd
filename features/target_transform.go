package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// TransformedTarget fits a regressor to a function of the target, and brings its predictions back: log1p of amounts, for example, so that errors count as shares. Exactly one
// of Func and Do says how.
//
//	features.TransformedTarget{Base: ml.Regress(linear.Ridge{Alpha: 1}), Func: features.Log1p{}}
//
// Fit checks that the way back leads to the same targets, to 1e-9 of max(1, |y|). A prediction whose way back is not a finite number is an error. Valid rows are transformed as well. Weights and groups go
// to the estimator, columns are its own affair.
type TransformedTarget struct {
	Base ml.AnyRegressor // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Func InvertibleFunc  // Log{}, Log1p{}, Sqrt{}, or your own; nil: Do
	Do   ml.Stage        // fitted to the targets as a table of one column, and invertible: ml.Step(features.QuantileTransformer{Normal: true}); nil: Func
}

// TransformedTargetModel is a fitted TransformedTarget.
type TransformedTargetModel struct {
	ml.Fitted
	Inner ml.Predictor[float64] // predicts the transformed target
	Back  ml.Transformer        // of one column, whose inverse leads back

	row  ml.RowPredictor[float64] // Inner, if it predicts single rows; else nil
	undo InvertibleFunc           // of the config; nil: Do
}

// Accepts says that the estimator decides.
func (c TransformedTarget) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Fit transforms the targets of d and fits the estimator.
func (c TransformedTarget) Fit(ctx context.Context, d ml.Dataset[float64]) (*TransformedTargetModel, error) {
	const where = "features.TransformedTarget.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	m := &TransformedTargetModel{Fitted: ml.NewFitted(d.Table, nil, c)}
	var err error
	if m.Back, err = c.fitTarget(ctx, where, d); err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	if err := m.checkBack(where, d); err != nil {
		return nil, err
	}
	inner := d
	if inner.Y, err = there(m.Back, d.Y); err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	behind, err := inner.Any().MapValid(func(v *ml.AnyData) error {
		y, err := there(m.Back, v.Y.([]float64))
		v.Y = y
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the target of Valid: %w", err)
	}
	if err := inner.From(behind); err != nil {
		return nil, err
	}
	if m.Inner, err = c.Base.Fit(ctx, inner); err != nil {
		return nil, err
	}
	if meta, has := m.Inner.(interface{ Meta() *ml.Fitted }); has {
		info := meta.Meta().Info
		info.Rows, info.Features = m.Info.Rows, m.Info.Features
		m.Info = info
	}
	return ready(m)
}

func (c TransformedTarget) check(where string) error {
	switch {
	case c.Base.Config == nil:
		return ml.BadConfig(where, "Base", "none", "a regressor, such as ml.Regress(linear.Ridge{Alpha: 1})")
	case (c.Func == nil) == (c.Do == nil):
		return ml.BadConfig(where, "Func and Do", "both or neither", "exactly one, such as Func: features.Log1p{}")
	}
	return nil
}

// fitTarget fits the way there to the targets.
func (c TransformedTarget) fitTarget(ctx context.Context, where string, d ml.Dataset[float64]) (ml.Transformer, error) {
	t := ml.Table{X: asColumn(d.Y), Weight: d.Weight, Columns: []ml.Column{{Name: "target"}}}
	if c.Func != nil {
		return Map{Func: c.Func}.Fit(ctx, t)
	}
	m, _, err := c.Do.FitStage(ml.Quiet(ctx), t.Any())
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, ml.BadConfig(where, "Do", "a stage that changes the rows", "a transformer")
	}
	if _, has := ml.As[ml.Inverter](m); !has || len(m.Out()) != 1 {
		return nil, ml.BadConfig(where, "Do", fmt.Sprintf("%T of %d columns", m, len(m.Out())), "a transformer of one column to one, with an inverse")
	}
	return m, nil
}

func asColumn(y []float64) *tensor.Tensor[float64] {
	return tensor.FromSlice(slices.Clone(y), len(y), 1)
}

// there is y transformed.
func there(t ml.Transformer, y []float64) ([]float64, error) {
	z, err := t.Transform(asColumn(y))
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(y))
	for i := range out {
		out[i] = z.At(i, 0)
	}
	return out, nil
}

// back undoes there, in place.
func back(t ml.Transformer, y []float64) error {
	inverter, _ := ml.As[ml.Inverter](t)
	z, err := inverter.Inverse(asColumn(y))
	if err != nil {
		return err
	}
	for i := range y {
		y[i] = z.At(i, 0)
	}
	return nil
}

// checkBack makes sure that the way back leads to the training targets.
func (m *TransformedTargetModel) checkBack(where string, d ml.Dataset[float64]) error {
	y, err := there(m.Back, d.Y)
	if err == nil {
		err = back(m.Back, y)
	}
	if err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	for i, v := range y {
		if weightOf(d.Weight, i) > 0 && !(math.Abs(v-d.Y[i]) <= 1e-9*max(1, math.Abs(d.Y[i]))) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprintf("%v, which comes back as %v", d.Y[i], v), Want: "the same number", Kind: ml.ErrConfig}
		}
	}
	return nil
}

// Restore checks a model that was read from a file.
func (m *TransformedTargetModel) Restore() error {
	const where = "features.TransformedTargetModel"
	c, is := m.Config.(TransformedTarget)
	if !is || m.Inner == nil || m.Back == nil {
		return ml.BadFile(where, "Config, Inner and Back", fmt.Sprintf("%T, %T and %T", m.Config, m.Inner, m.Back), "a features.TransformedTarget, a model and a transformer")
	}
	if _, has := ml.As[ml.Inverter](m.Back); !has || len(m.Back.Out()) != 1 {
		return ml.BadFile(where, "Back", fmt.Sprintf("%T", m.Back), "a transformer of one column with an inverse")
	}
	m.undo = c.Func
	m.row, _ = ml.As[ml.RowPredictor[float64]](m.Inner)
	return nil
}

// Unwrap is the estimator's model.
func (m *TransformedTargetModel) Unwrap() any { return m.Inner }

// Predict returns predictions in the units of the target.
func (m *TransformedTargetModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "features.TransformedTargetModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	out, err := m.Inner.Predict(x)
	if err != nil {
		return nil, err
	}
	if m.undo == nil {
		if err := back(m.Back, out); err != nil {
			return nil, fmt.Errorf("a prediction: %w", err)
		}
		return out, nil
	}
	for i, v := range out {
		if out[i] = m.undo.Invert(v); !finite(out[i]) {
			return nil, noWayBack(where, i, v)
		}
	}
	return out, nil
}

func noWayBack(where string, i int, v float64) error {
	return &ml.Error{Where: where, Field: fmt.Sprintf("prediction %d", i), Found: fmt.Sprintf("%v in the transformed units, which no finite target has", v), Want: "one within the range of the transform", Kind: ml.ErrNotFinite}
}

// PredictRow predicts one row without allocating, with Func; with Do it is errors.ErrUnsupported.
func (m *TransformedTargetModel) PredictRow(x []float64) (float64, error) {
	const where = "features.TransformedTargetModel.PredictRow"
	if m.row == nil || m.undo == nil {
		return 0, unsupported(where, "an estimator without single rows, or Do")
	}
	v, err := m.row.PredictRow(x)
	if err != nil {
		return 0, err
	}
	y := m.undo.Invert(v)
	if !finite(y) {
		return 0, noWayBack(where, 0, v)
	}
	return y, nil
}

// Can says that PredictRow needs Func, and an estimator that has it.
func (m *TransformedTargetModel) Can(ability any) ml.Verdict {
	if _, rows := ability.(*ml.RowPredictor[float64]); rows && (m.row == nil || m.undo == nil) {
		return ml.Lacks
	}
	return ml.Undecided
}

func init() {
	ml.RegisterConfig[TransformedTarget]("features.TransformedTarget")
	ml.Register[*TransformedTargetModel]("features.TransformedTargetModel")
}
