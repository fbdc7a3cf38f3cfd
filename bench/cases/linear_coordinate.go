package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(Case{Name: "Lasso", Data: "lasso10k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		return sparseRegression(d, "alpha=0.1", 0.2, linear.Lasso{Alpha: 0.1}.Fit)
	}})
	Register(Case{Name: "ElasticNetCV", Data: "lasso10k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		return sparseRegression(d, "l1_ratio=0.5 cv=3 alphas=50", 0.2, linear.ElasticNetCV{L1Ratios: []float64{0.5}, K: 3, NAlphas: 50}.Fit)
	}})
}

// sparseRegression measures a model of lasso10k, which predicts the rows it was fitted to.
func sparseRegression[M ml.Predictor[float64]](d *Data, params string, floor float64, fit func(context.Context, ml.Dataset[float64]) (M, error)) (*Work, error) {
	x, y := d.Float("X"), d.Values("y")
	row := rowsInTurn(x)
	var m M
	return &Work{
		Rows: x.Shape()[0], Columns: x.Shape()[1], Params: params,
		Steps: []Step{
			step("fit", func() (err error) { m, err = fit(context.Background(), ml.Data[float64](x, y)); return }).floor("scikit-learn", floor),
			step("predict", func() error { _, err := m.Predict(x); return err }),
			step("row", func() error { _, err := any(m).(ml.RowPredictor[float64]).PredictRow(row()); return err }),
		},
		Score: func() (map[string]float64, error) {
			p, err := m.Predict(x)
			return map[string]float64{"r2": metrics.R2(y, p)}, err
		},
		Tol: map[string]float64{"r2": 1e-3}, // the peer stops at a duality gap of 1e-4 of the mean square of y
	}, nil
}
