package ml

import (
	"context"
	"fmt"
	"iter"
	"reflect"

	"github.com/gopherwood-ml/ml/tensor"
)

// Pipeline is a stage and a final estimator, fitted as one. It is a Fitter, so it nests in cross-validation, searches
// and wrappers. Make it with Pipe.
type Pipeline[D Erasable, Y any, M Predictor[Y]] struct {
	Stage Stage
	Final Fitter[D, M]
}

// Pipe joins preprocessing and a final estimator:
//
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 10})
//	pipe := ml.Pipe(ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{})}, linear.Ridge{Alpha: 1})
//
// The final model keeps its type: fitted.Final.Coef is a field like any other.
func Pipe[D Erasable, Y any, M Predictor[Y]](stage Stage, final Fitter[D, M]) Pipeline[D, Y, M] {
	return Pipeline[D, Y, M]{Stage: stage, Final: final}
}

// Fit checks every stage against the data's kind of targets, fits them one after the other, and fits the final
// estimator to what they give. An error names the stage it comes from.
func (p Pipeline[D, Y, M]) Fit(ctx context.Context, d D) (*Chain[Y, M], error) {
	if isNil(p.Final) {
		return nil, BadConfig("ml.Pipe", "final", "nil", "an estimator's config")
	}
	stages, ok := p.Stage.(Stages)
	if !ok {
		stages = Stages{p.Stage}
	}
	data := d.Any()
	if err := stages.CheckStage(data); err != nil {
		return nil, err
	}
	f, behind, err := stages.fit(ctx, data)
	if err != nil {
		return nil, err
	}
	last, ok := any(&d).(interface{ From(AnyData) error })
	if !ok {
		return nil, &Error{Where: "ml.Pipe", Found: fmt.Sprintf("data of type %T", d), Want: "ml.Table or ml.Dataset", Kind: ErrData}
	}
	if err := last.From(behind); err != nil {
		return nil, err
	}
	m, err := p.Final.Fit(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("final step (%s): %w", typeName(p.Final), err)
	}
	c := &Chain[Y, M]{Fitted: NewFitted(data.Table, data.Classes, p), Stages: f, Final: m}
	if inner, ok := any(m).(interface{ Meta() *Fitted }); ok {
		c.Info = inner.Meta().Info
		c.Info.Rows, c.Info.Features = f.Info.Rows, f.Info.Features
		c.Classes = inner.Meta().Classes
	}
	return c, c.Restore()
}

func (Pipeline[D, Y, M]) fits() (data, model reflect.Type) {
	return reflect.TypeFor[D](), reflect.TypeFor[*Chain[Y, M]]()
}

// Chain is a fitted pipeline. Its abilities are those of its final model, as far as the stages allow: ask with As.
type Chain[Y any, M Predictor[Y]] struct {
	Fitted
	Stages *FittedStages
	Final  M

	row   RowPredictor[Y] // the final model's, or nil
	proba RowProba
}

// Restore finds the final model's row methods once, so that a prediction does not look for them.
func (c *Chain[Y, M]) Restore() error {
	if c.Stages == nil || isNil(c.Final) {
		return &Error{Where: "ml.Chain", Field: "Stages and Final", Found: "missing", Want: "both", Kind: ErrFormat}
	}
	if m, ok := any(c.Final).(interface{ Meta() *Fitted }); ok {
		if want, got := len(c.Stages.out), m.Meta().Info.Features; len(c.Stages.Steps) > 0 && want != got {
			return &Error{Where: "ml.Chain", Field: "Final", Found: fmt.Sprintf("for %d columns", got), Want: fmt.Sprintf("for the %d that the stages give", want), Kind: ErrFormat}
		}
	}
	c.row, _ = As[RowPredictor[Y]](c.Final)
	c.proba, _ = As[RowProba](c.Final)
	return nil
}

// Unwrap returns the final model.
func (c *Chain[Y, M]) Unwrap() any { return c.Final }

// Predict passes the rows through the stages and predicts with the final model.
func (c *Chain[Y, M]) Predict(x tensor.Matrix) ([]Y, error) {
	x, err := c.Stages.Transform(x)
	if err != nil {
		return nil, err
	}
	return c.Final.Predict(x)
}

// PredictInto is Predict into a slice of the caller's.
func (c *Chain[Y, M]) PredictInto(dst []Y, x tensor.Matrix) error {
	m, ok := As[Into[Y]](c.Final)
	if !ok {
		return unsupported(c.Final, "PredictInto")
	}
	x, err := c.Stages.Transform(x)
	if err != nil {
		return err
	}
	return m.PredictInto(dst, x)
}

// PredictProba gives the final model's class probabilities.
func (c *Chain[Y, M]) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	m, ok := As[interface {
		PredictProba(tensor.Matrix) (*tensor.Tensor[float64], error)
	}](c.Final)
	if !ok {
		return nil, unsupported(c.Final, "PredictProba")
	}
	x, err := c.Stages.Transform(x)
	if err != nil {
		return nil, err
	}
	return m.PredictProba(x)
}

// DecisionFunction gives the final model's scores of the classes.
func (c *Chain[Y, M]) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	m, ok := As[Decider](c.Final)
	if !ok {
		return nil, unsupported(c.Final, "DecisionFunction")
	}
	x, err := c.Stages.Transform(x)
	if err != nil {
		return nil, err
	}
	return m.DecisionFunction(x)
}

// PredictRow predicts one row without allocating, if every stage and the final model can.
func (c *Chain[Y, M]) PredictRow(x []float64) (Y, error) {
	var none Y
	if c.row == nil {
		return none, unsupported(c.Final, "PredictRow")
	}
	if err := CheckRow("ml.Chain.PredictRow", &c.Stages.Fitted, x); err != nil {
		return none, err
	}
	x, buffers, err := c.Stages.row(x)
	if err != nil {
		return none, err
	}
	y, err := c.row.PredictRow(x)
	c.Stages.scratch.Put(buffers)
	return y, err
}

// ProbaRow writes one row's class probabilities into dst without allocating, if every stage and the final model can.
func (c *Chain[Y, M]) ProbaRow(dst, x []float64) error {
	if c.proba == nil {
		return unsupported(c.Final, "ProbaRow")
	}
	if err := CheckRow("ml.Chain.ProbaRow", &c.Stages.Fitted, x); err != nil {
		return err
	}
	x, buffers, err := c.Stages.row(x)
	if err != nil {
		return err
	}
	err = c.proba.ProbaRow(dst, x)
	c.Stages.scratch.Put(buffers)
	return err
}

// Transform passes the rows through the stages and the final model, if that is a transformer as well. For the stages
// alone use c.Stages.Transform.
func (c *Chain[Y, M]) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	m, ok := As[Transformer](c.Final)
	if !ok {
		return nil, unsupported(c.Final, "Transform")
	}
	x, err := c.Stages.Transform(x)
	if err != nil {
		return nil, err
	}
	return m.Transform(x)
}

// TransformInto is Transform into dst: see IntoTransformer.
func (c *Chain[Y, M]) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	m, ok := As[IntoTransformer](c.Final)
	if !ok {
		return unsupported(c.Final, "TransformInto")
	}
	x, err := c.Stages.Transform(x)
	if err != nil {
		return err
	}
	return m.TransformInto(dst, x)
}

// Out describes what Transform gives; From points to the pipeline's input. It is nil when the final model is no transformer.
func (c *Chain[Y, M]) Out() []Column {
	m, ok := As[Transformer](c.Final)
	if !ok {
		return nil
	}
	return trace(m.Out(), c.Stages.out, len(c.Stages.Steps) == 0)
}

// Inverse undoes Transform.
func (c *Chain[Y, M]) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	m, ok := As[Inverter](c.Final)
	if !ok {
		return nil, unsupported(c.Final, "Inverse")
	}
	x, err := m.Inverse(x)
	if err != nil {
		return nil, err
	}
	return c.Stages.Inverse(x)
}

// Staged yields the final model's predictions after each of its stages.
func (c *Chain[Y, M]) Staged(x tensor.Matrix) iter.Seq2[[]Y, error] {
	return func(yield func([]Y, error) bool) {
		m, ok := As[Stager[Y]](c.Final)
		if !ok {
			yield(nil, unsupported(c.Final, "Staged"))
			return
		}
		z, err := c.Stages.Transform(x)
		if err != nil {
			yield(nil, err)
			return
		}
		m.Staged(z)(yield)
	}
}

// Update returns a chain with the same stages, frozen, and a final model that has learned from d as well. A final model
// without Update gives errors.ErrUnsupported.
func (c *Chain[Y, M]) Update(ctx context.Context, d Dataset[Y]) (*Chain[Y, M], error) {
	return c.update(ctx, d.Any())
}

// updateAny also serves finals that learn from a Table, whose chains FitStream could not update through Update.
func (c *Chain[Y, M]) updateAny(ctx context.Context, d AnyData) (any, error) { return c.update(ctx, d) }

func (c *Chain[Y, M]) update(ctx context.Context, d AnyData) (*Chain[Y, M], error) {
	x, err := c.Stages.Transform(d.X)
	if err != nil {
		return nil, err
	}
	d.X, d.Columns = x, c.Stages.out
	d, err = d.MapValid(func(v *AnyData) (err error) {
		v.Columns = c.Stages.out
		v.X, err = c.Stages.Transform(v.X)
		return err
	})
	if err != nil {
		return nil, err
	}
	m, err := updateFinal[Y](ctx, c.Final, d)
	if err != nil {
		return nil, err
	}
	next := *c
	next.Final = m
	if inner, ok := any(m).(interface{ Meta() *Fitted }); ok {
		features := c.Info.Features
		next.Info = inner.Meta().Info
		next.Info.Features = features
	}
	return &next, next.Restore()
}

func updateFinal[Y any, M Predictor[Y]](ctx context.Context, final M, d AnyData) (M, error) {
	var none M
	switch u := any(final).(type) {
	case Updater[Dataset[Y], M]:
		var data Dataset[Y]
		if err := data.From(d); err != nil {
			return none, err
		}
		return u.Update(ctx, data)
	case Updater[Table, M]:
		return u.Update(ctx, d.Table)
	}
	return none, unsupported(final, "Update")
}

// Can answers for As what Unwrap cannot: whether the stages have the ability too, and Update, whose result is another type in
// the final model.
func (c *Chain[Y, M]) Can(ability any) Verdict {
	switch ability.(type) {
	case *RowPredictor[Y], *RowProba:
		if c.Stages.rows == nil {
			return Lacks
		}
	case *Inverter:
		return c.Stages.Can(ability)
	case *Updater[Dataset[Y], *Chain[Y, M]]:
		switch any(c.Final).(type) {
		case Updater[Dataset[Y], M], Updater[Table, M]:
			return Has
		}
		return Lacks
	}
	return Undecided
}
