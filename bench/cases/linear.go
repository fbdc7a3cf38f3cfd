package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(Case{Name: "LinearRegression", Data: "lin100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		return regression(d, "", 0.2, 0, linear.OLS{}.Fit)
	}})
	Register(Case{Name: "Ridge", Data: "lin100k", Vs: []string{"scikit-learn", "scikit-learn-intelex"}, Make: func(d *Data) (*Work, error) {
		return regression(d, "alpha=1", 0.5, 1, linear.Ridge{Alpha: 1}.Fit)
	}})
	Register(Case{Name: "LogisticRegression-binary", Data: "logit100k", Vs: []string{"scikit-learn"}, Make: logisticBinary})
	Register(Case{Name: "LogisticRegression-digits", Data: "digits", Vs: []string{"scikit-learn"}, Make: logisticDigits})
}

// regression measures a model of lin100k: 90 000 rows to fit, 10 000 to predict.
func regression(d *Data, params string, floor, floorIntel float64, fit func(context.Context, ml.Dataset[float64]) (*linear.RegressionModel, error)) (*Work, error) {
	x, y := d.Float("X"), d.Values("y")
	train, test := ml.Data[float64](x.Rows(0, 90_000), y[:90_000]), x.Rows(90_000, x.Shape()[0])
	truth := y[90_000:]
	into := make([]float64, len(truth))
	row := rowsInTurn(test)
	var m *linear.RegressionModel
	fitStep := step("fit", func() (err error) { m, err = fit(context.Background(), train); return }).floor("scikit-learn", floor)
	if floorIntel > 0 {
		fitStep = fitStep.floor("scikit-learn-intelex", floorIntel)
	}
	return &Work{
		Rows: 90_000, Columns: x.Shape()[1], Params: params,
		Steps: []Step{
			fitStep,
			step("predict", func() error { _, err := m.Predict(test); return err }),
			stepInto("predict", func() error { return m.PredictInto(into, test) }),
			step("row", func() error { _, err := m.PredictRow(row()); return err }),
		},
		Score: func() (map[string]float64, error) {
			p, err := m.Predict(test)
			return map[string]float64{"r2": metrics.R2(truth, p)}, err
		},
		Tol: map[string]float64{"r2": 1e-9}, // the same minimum, to rounding
	}, nil
}

func logisticBinary(d *Data) (*Work, error) {
	x, y := d.Float("X"), d.Codes("y")
	train, test := ml.Data[int](x.Rows(0, 90_000), y[:90_000]), x.Rows(90_000, x.Shape()[0])
	row, one := rowsInTurn(test), make([]float64, 2)
	var m *linear.LogisticModel
	return &Work{
		Rows: 90_000, Columns: x.Shape()[1],
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = linear.LogisticRegression{}.Fit(context.Background(), train)
				return
			}).floor("scikit-learn", 0.5),
			step("predict", func() error { _, err := m.PredictProba(test); return err }),
			step("row", func() error { return m.ProbaRow(one, row()) }),
		},
		Score: func() (map[string]float64, error) {
			p, err := m.PredictProba(test)
			if err != nil {
				return nil, err
			}
			return map[string]float64{"logloss": metrics.LogLoss(y[90_000:], p)}, nil
		},
		Tol: map[string]float64{"logloss": 1e-5}, // the peer stops at a gradient of 1e-4 a row, we at a gap of 1e-8
	}, nil
}

func logisticDigits(d *Data) (*Work, error) {
	x, y := d.Float("X"), d.Codes("y")
	for i, v := range x.Data() {
		x.Data()[i] = v / 16
	}
	train, test := ml.Data[int](x.Rows(0, 6000), y[:6000]), x.Rows(6000, x.Shape()[0])
	row, into := rowsInTurn(test), make([]int, len(y)-6000)
	var m *linear.LogisticModel
	return &Work{
		Rows: 6000, Columns: x.Shape()[1],
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = linear.LogisticRegression{}.Fit(context.Background(), train)
				return
			}),
			step("predict", func() error { _, err := m.Predict(test); return err }),
			stepInto("predict", func() error { return m.PredictInto(into, test) }),
			step("row", func() error { _, err := m.PredictRow(row()); return err }),
		},
		Score: func() (map[string]float64, error) {
			p, err := m.Predict(test)
			if err != nil {
				return nil, err
			}
			return map[string]float64{"accuracy": metrics.Accuracy(y[6000:], p)}, nil
		},
		Tol: map[string]float64{"accuracy": 2e-3}, // two or three of 1188 rows: the peer's optimum is looser
	}, nil
}
