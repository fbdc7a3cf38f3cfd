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
//
// With Correlated a column that is not known is not at its mean but where the known ones make one expect it, as for a normal distribution with the background's means and covariances: a
// column shares its value with those that it goes with, even such as the score does not use. Values still add up, but for a constant column that differs from its mean: it is told
// by nothing and gets 0. Up to 16 columns are exact; beyond, Orders are sampled, which costs orders x columns^3, and Explanation.Errors has the standard errors.
type LinearSHAP struct {
	Coef       *tensor.Tensor[float64] // outputs x columns: of a linear model, Coef of its own
	Intercept  []float64               // one for each output
	Background ml.Table                // rows whose means are "unknown", with Weight if they have any; no missing values. Correlated wants at least two rows
	Columns    []ml.Column             // nil: those of Background
	Outputs    []string                // nil: unnamed
	Correlated bool                    // what is unknown follows from what is known
	Orders     int                     // of the columns that Correlated averages over where there are more than 16; 0: 1000, as shap has it
	Seed       uint64                  // of the orders
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
	if c.Orders < 0 {
		return nil, ml.BadConfig(where, "Orders", c.Orders, ">= 0")
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
	if c.Correlated {
		return out, c.correlated(ctx, where, mean, out)
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

// correlated fills in the values that follow what goes together.
func (c LinearSHAP) correlated(ctx context.Context, where string, mean []float64, out *Explanation) error {
	n, k, p := out.Dims()
	if rows, _ := c.Background.X.Dims(); rows < 2 {
		return ml.BadShape(where, "Background", fmt.Sprintf("%d rows", rows), "at least two, for covariances")
	}
	_, cov, err := spreadOf(where, c.Background)
	if err != nil {
		return err
	}
	orders := c.Orders
	if orders == 0 {
		orders = 1000
	}
	line := &correlatedLine{p: p, k: k, coef: c.Coef}
	matrices, err := line.matrices(ctx, cov, orders, c.Seed)
	if err != nil {
		return err
	}
	if len(matrices) > 1 {
		out.Errors = tensor.New[float64](n, k, p)
	}
	off := make([]float64, p)
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		for j, v := range out.X.Row(i) {
			off[j] = v - mean[j]
		}
		for o := range k {
			base := c.Intercept[o]
			for j, w := range c.Coef.Row(o) {
				base += float64(w * mean[j])
			}
			out.Base.Row(i)[o] = base
			var errors []float64
			if out.Errors != nil {
				errors = out.Errors.Data()[(i*k+o)*p:][:p]
			}
			line.explain(off, o, matrices, out.Row(i, o), errors)
		}
	}
	return nil
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
