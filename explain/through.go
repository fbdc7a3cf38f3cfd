package explain

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Explainer explains the answers of a model for rows of X.
type Explainer interface {
	Explain(ctx context.Context, x tensor.Matrix) (*Explanation, error)
}

// Through explains a pipeline in the columns that it was given: it passes the rows through stages, has the explainer of the final model explain
// what comes out, and brings the values back to the columns they were made of (see [Explanation.Original]).
//
//	final, err := explain.TreeSHAP{}.For(chain.Final)
//	why, err := explain.Through{Stages: chain.Stages, Columns: train.Columns, Final: final}.Explain(ctx, x)
type Through struct {
	Stages  ml.Transformer // what the final model's rows passed
	Columns []ml.Column    // of what goes in; nil: all numeric, unnamed
	Final   Explainer      // of the final model
}

// Explain returns the values of each column of x.
func (t Through) Explain(ctx context.Context, x tensor.Matrix) (*Explanation, error) {
	if t.Stages == nil || t.Final == nil {
		return nil, ml.BadConfig("explain.Through.Explain", "Stages and Final", "missing", "the stages of a chain, and an explainer of its final model")
	}
	z, err := t.Stages.Transform(x)
	if err != nil {
		return nil, err
	}
	inside, err := t.Final.Explain(ctx, z)
	if err != nil {
		return nil, err
	}
	out := *inside
	out.Columns = ml.CloneColumns(inside.Columns)
	for j, c := range t.Stages.Out() { // the model may know less of where its columns come from
		if j < len(out.Columns) {
			out.Columns[j].From = c.From
		}
	}
	_, p := x.Dims()
	return out.Original(columnsOf(&ml.Fitted{Columns: t.Columns}, p), x)
}
