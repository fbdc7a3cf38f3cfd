package explain

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// LinearSHAP explains linear scores exactly: a column's value is its coefficient times the difference of its number from the background's mean.
// It holds for any score that is a sum of columns times coefficients: a regression, the log-odds of a logistic model.
type LinearSHAP struct {
	Coef       *tensor.Tensor[float64] // outputs x columns: of a linear model, Coef of its own
	Intercept  []float64               // one for each output
	Background ml.Table                // rows whose means are "unknown", with Weight if they have any; no missing values
	Columns    []ml.Column             // nil: those of Background
	Outputs    []string                // nil: unnamed
}

// Explain returns the values of each column for each row of m.
func (c LinearSHAP) Explain(ctx context.Context, m tensor.Matrix) (*Explanation, error) {
	const where = "explain.LinearSHAP.Explain"
	if c.Coef == nil || len(c.Coef.Shape()) != 2 {
		return nil, ml.BadConfig(where, "Coef", "missing or no matrix", "outputs x columns")
	}
	k, p := c.Coef.Shape()[0], c.Coef.Shape()[1]
	if len(c.Intercept) != k {
		return nil, ml.BadConfig(where, "Intercept", fmt.Sprintf("%d long", len(c.Intercept)), fmt.Sprintf("%d, one for each output", k))
	}
	if c.Outputs != nil && len(c.Outputs) != k {
		return nil, ml.BadConfig(where, "Outputs", fmt.Sprintf("%d long", len(c.Outputs)), fmt.Sprint(k))
	}
	if rows.IsNil(c.Background.X) {
		return nil, ml.BadConfig(where, "Background", "missing", "rows whose means stand for what is not known")
	}
	if err := c.Background.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	fitted := &ml.Fitted{Columns: c.Columns, Info: ml.Info{Features: p}}
	if c.Columns == nil {
		fitted.Columns = c.Background.Columns
	}
	if err := ml.CheckPredict(where, fitted, c.Background.X); err != nil {
		return nil, err
	}
	if err := ml.CheckPredict(where, fitted, m); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, fitted, m, false); err != nil {
		return nil, err
	}
	mean, err := means(where, c.Background)
	if err != nil {
		return nil, err
	}
	src := rows.Of(m)
	n := src.Len()
	out := &Explanation{Values: tensor.New[float64](n, k, p), Base: tensor.New[float64](n, k), X: tensor.FromMatrix[float64](m), Columns: columnsOf(fitted, p), Outputs: c.Outputs}
	if c.Outputs == nil {
		out.Outputs = outputsOf(&ml.Fitted{}, k)
	}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := out.X.Row(i)
		for o := range k {
			base, values, coef := c.Intercept[o], out.Row(i, o), c.Coef.Row(o)
			for j, w := range coef {
				base += float64(w * mean[j])
				values[j] = float64(w * (row[j] - mean[j]))
			}
			out.Base.Row(i)[o] = base
		}
	}
	return out, nil
}

// means are the weighted means of the columns.
func means(where string, t ml.Table) ([]float64, error) {
	weight, err := shares(where, t)
	if err != nil {
		return nil, err
	}
	src := rows.Of(t.X)
	out, buf := make([]float64, src.Cols()), make([]float64, src.Cols())
	for i, w := range weight {
		for j, v := range src.Row(i, buf) {
			out[j] += float64(w * v)
		}
	}
	return out, nil
}
