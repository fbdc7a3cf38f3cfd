package cases

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

func init() {
	sk, sm := []string{"scikit-learn"}, []string{"statsmodels"}
	Register(Case{Name: "PoissonRegressor", Data: "logit100k", Vs: sk, Make: poissonRegressor})
	Register(Case{Name: "GLM-poisson", Data: "logit100k", Vs: sm, Make: glmPoisson})
	Register(Case{Name: "GLM-poisson-influence", Data: "logit100k", Vs: sm, Make: glmInfluence})
	Register(Case{Name: "OLSInference", Data: "lin100k", Vs: sm, Make: olsInference})
	Register(Case{Name: "MEstimator-huber", Data: "lin100k", Vs: sm, Make: mEstimator(linear.HuberNorm{})})
	Register(Case{Name: "MEstimator-tukey", Data: "lin100k", Vs: sm, Make: mEstimator(linear.TukeyNorm{})})
	Register(Case{Name: "HuberRegressor", Data: "lin100k", Vs: sk, Make: linearModel(90_000, 100, 1e-5, linear.HuberRegressor{}.Fit)}) // the peer stops at a gradient of 1e-5
	Register(Case{Name: "RidgeCV", Data: "lin100k", Vs: sk, Make: linearModel(90_000, 100, 1e-9, linear.RidgeCV{}.Fit)})
	Register(Case{Name: "BayesianRidge", Data: "lin100k", Vs: sk, Make: linearModel(90_000, 100, 1e-7, linear.BayesianRidge{}.Fit)}) // the peer stops at changes of 1e-3
	Register(Case{Name: "QuantileRegressor", Data: "lin100k", Vs: sk, Make: quantile(2000, 20, true)})
	Register(Case{Name: "QuantReg", Data: "lin100k", Vs: sm, Make: quantile(10_000, 20, false)})
	Register(Case{Name: "TheilSen", Data: "lin100k", Vs: sk, Make: linearModel(5000, 10, 0.2, linear.TheilSen{}.Fit)}) // of other draws of subsets
	Register(Case{Name: "Isotonic", Data: "scores1m", Vs: sk, Make: isotonic})
	Register(Case{Name: "LDA", Data: "logit100k", Vs: sk, Make: discriminant(bayes.LDA{}.Fit)})
	Register(Case{Name: "QDA", Data: "logit100k", Vs: sk, Make: discriminant(bayes.QDA{}.Fit)})
}

// counts are made of the classes of a row and the two after it.
func counts(d *Data) ml.Dataset[float64] {
	y := d.Values("y")
	n := len(y)
	out := make([]float64, n)
	for i, v := range y {
		out[i] = v * (1 + y[(i+1)%n] + y[(i+2)%n])
	}
	return ml.Data[float64](d.Float("X"), out)
}

func length(parts ...[]float64) float64 {
	sum := 0.0
	for _, v := range parts {
		for _, x := range v {
			sum += x * x
		}
	}
	return math.Sqrt(sum)
}

func poissonRegressor(d *Data) (*Work, error) {
	all := counts(d)
	x := d.Float("X")
	train, test := ml.Data[float64](x.Rows(0, 90_000), all.Y[:90_000]), x.Rows(90_000, x.Shape()[0])
	row := rowsInTurn(test)
	var m *linear.GLMModel
	return &Work{
		Rows: 90_000, Columns: x.Shape()[1], Params: "alpha=0.001",
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = linear.PoissonRegressor{Alpha: 1e-3}.Fit(context.Background(), train)
				return
			}),
			step("predict", func() error { _, err := m.Predict(test); return err }),
			step("row", func() error { _, err := m.PredictRow(row()); return err }),
		},
		Score: func() (map[string]float64, error) { return map[string]float64{"size": length(m.Coef)}, nil },
		Tol:   map[string]float64{"size": 1e-5}, // the peer stops at a gradient of 1e-4
	}, nil
}

func glmPoisson(d *Data) (*Work, error) {
	data := counts(d)
	var m *linear.GLMModel
	return &Work{
		Rows: len(data.Y), Columns: d.Float("X").Shape()[1],
		Steps: []Step{step("fit", func() (err error) {
			m, err = linear.GLM{Family: linear.Poisson{}}.Fit(context.Background(), data)
			return
		})},
		Score: func() (map[string]float64, error) {
			var se []float64
			for _, t := range m.Terms() {
				se = append(se, t.StdErr)
			}
			return map[string]float64{"size": length(m.Coef, []float64{m.Intercept}), "stderr": length(se), "deviance": m.Deviance}, nil
		},
		Tol: map[string]float64{"size": 1e-7, "stderr": 1e-7, "deviance": 1e-9},
	}, nil
}

func glmInfluence(d *Data) (*Work, error) {
	const rows = 5000 // the peer goes row by row
	all := counts(d)
	data := ml.Data[float64](d.Float("X").Rows(0, rows), all.Y[:rows])
	m, err := linear.GLM{Family: linear.Poisson{}}.Fit(context.Background(), data)
	if err != nil {
		return nil, err
	}
	var leverage, cook []float64
	return &Work{
		Rows: len(data.Y), Columns: d.Float("X").Shape()[1],
		Steps: []Step{step("fit", func() (err error) {
			if leverage, err = m.Leverage(data); err != nil {
				return err
			}
			cook, err = m.CooksDistance(data)
			return
		})},
		Score: func() (map[string]float64, error) {
			return map[string]float64{"leverage": length(leverage), "cook": length(cook)}, nil
		},
		Tol: map[string]float64{"leverage": 1e-7, "cook": 1e-7},
	}, nil
}

func olsInference(d *Data) (*Work, error) {
	x, y := d.Float("X"), d.Values("y")
	var m *linear.OLSResults
	var cook []float64
	return &Work{
		Rows: len(y), Columns: x.Shape()[1], Params: "HC3",
		Steps: []Step{step("fit", func() (err error) {
			if m, err = (linear.OLSInference{Covariance: linear.HC3}).Fit(context.Background(), ml.Data[float64](x, y)); err != nil {
				return err
			}
			cook = m.CooksDistance()
			m.Studentized()
			return nil
		})},
		Score: func() (map[string]float64, error) {
			var se []float64
			for _, t := range m.Terms() {
				se = append(se, t.StdErr)
			}
			return map[string]float64{"size": length(m.Coef, []float64{m.Intercept}), "stderr": length(se), "leverage": length(m.Leverage), "cook": length(cook)}, nil
		},
		Tol: map[string]float64{"size": 1e-9, "stderr": 1e-9, "leverage": 1e-9, "cook": 1e-9},
	}, nil
}

func mEstimator(norm linear.RobustNorm) func(*Data) (*Work, error) {
	return func(d *Data) (*Work, error) {
		const rows = 20_000
		x, y := d.Float("X").Rows(0, rows), d.Values("y")[:rows]
		var m *linear.RobustModel
		return &Work{
			Rows: len(y), Columns: x.Shape()[1],
			Steps: []Step{step("fit", func() (err error) {
				m, err = linear.MEstimator{Norm: norm}.Fit(context.Background(), ml.Data[float64](x, y))
				return
			})},
			Score: func() (map[string]float64, error) {
				return map[string]float64{"size": length(m.Coef, []float64{m.Intercept}), "scale": m.Scale}, nil
			},
			Tol: map[string]float64{"size": 1e-5, "scale": 1e-5}, // the peer stops at changes of 1e-8
		}, nil
	}
}

// linearModel measures a fit to the first rows and columns of lin100k, and predictions for the rows behind them, or the same where there are few.
func linearModel[M interface {
	ml.Predictor[float64]
	ml.RowPredictor[float64]
}](rows, columns int, tol float64, fit func(context.Context, ml.Dataset[float64]) (M, error)) func(*Data) (*Work, error) {
	return func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Values("y")
		train, test, truth := x.Rows(0, rows), x.Rows(rows, len(y)), y[rows:]
		if columns < x.Shape()[1] {
			train = corner(x, rows, columns)
			test, truth = train, y[:rows]
		}
		data, row := ml.Data[float64](train, y[:rows]), rowsInTurn(test)
		var m M
		return &Work{
			Rows: rows, Columns: columns,
			Steps: []Step{
				step("fit", func() (err error) { m, err = fit(context.Background(), data); return }),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				p, err := m.Predict(test)
				return map[string]float64{"r2": metrics.R2(truth, p)}, err
			},
			Tol: map[string]float64{"r2": tol},
		}, nil
	}
}

// corner copies the first rows and columns.
func corner(x *tensor.Tensor[float64], rows, columns int) *tensor.Tensor[float64] {
	out := tensor.New[float64](rows, columns)
	for i := range rows {
		copy(out.Row(i), x.Row(i)[:columns])
	}
	return out
}

func quantile(rows, columns int, predict bool) func(*Data) (*Work, error) {
	return func(d *Data) (*Work, error) {
		x, y := corner(d.Float("X"), rows, columns), d.Values("y")[:rows]
		row := rowsInTurn(x)
		var m *linear.RegressionModel
		w := &Work{
			Rows: rows, Columns: columns, Params: "quantile=0.7",
			Steps: []Step{step("fit", func() (err error) {
				m, err = linear.QuantileRegression{Quantile: 0.7}.Fit(context.Background(), ml.Data[float64](x, y))
				return
			})},
			Score: func() (map[string]float64, error) {
				p, err := m.Predict(x)
				loss := 0.0
				for i, v := range y {
					loss += max(0.7*(v-p[i]), -0.3*(v-p[i])) / float64(rows)
				}
				return map[string]float64{"loss": loss}, err
			},
			Tol: map[string]float64{"loss": 1e-6}, // statsmodels ends by its step; ours is the vertex
		}
		if predict {
			w.Steps = append(w.Steps, step("predict", func() error { _, err := m.Predict(x); return err }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }))
		}
		return w, nil
	}
}

func isotonic(d *Data) (*Work, error) {
	p, y := d.Values("p"), d.Values("y")
	x := tensor.FromSlice(p, len(p), 1)
	row := rowsInTurn(x)
	var m *linear.IsotonicModel
	return &Work{
		Rows: len(y), Columns: 1,
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = linear.Isotonic{}.Fit(context.Background(), ml.Data[float64](x, y))
				return
			}),
			step("predict", func() error { _, err := m.Predict(x); return err }),
			step("row", func() error { _, err := m.PredictRow(row()); return err }),
		},
		Score: func() (map[string]float64, error) {
			out, err := m.Predict(x)
			return map[string]float64{"mse": metrics.MSE(y, out)}, err
		},
		Tol: map[string]float64{"mse": 1e-9},
	}, nil
}

func discriminant[M interface {
	ml.Predictor[int]
	ml.RowPredictor[int]
}](fit func(context.Context, ml.Dataset[int]) (M, error)) func(*Data) (*Work, error) {
	return func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, 90_000), y[:90_000]), x.Rows(90_000, x.Shape()[0])
		row := rowsInTurn(test)
		var m M
		return &Work{
			Rows: 90_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = fit(context.Background(), train); return }),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				p, err := m.Predict(test)
				return map[string]float64{"accuracy": metrics.Accuracy(y[90_000:], p)}, err
			},
			Tol: map[string]float64{"accuracy": 1e-4},
		}, nil
	}
}
