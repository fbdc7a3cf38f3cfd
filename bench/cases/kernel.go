package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
)

const intelex = "scikit-learn-intelex"

// The kernel machines of issue 15: SVC five times as fast to fit, twenty times as fast to predict as scikit-learn, and no slower than oneDAL; a one-class machine five times, a Gaussian
// process three times as fast to fit.
func init() {
	Register(Case{Name: "SVC-rbf", Data: "svm10k", Vs: []string{sklearn, intelex}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, 10_000), y[:10_000]), x.Rows(10_000, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-10_000)
		var m *kernel.SVCModel
		return &Work{
			Rows: 10_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = kernel.SVC{}.Fit(context.Background(), train); return }).floor(sklearn, 0.2).floor(intelex, 1),
				step("predict", func() error { _, err := m.Predict(test); return err }).floor(sklearn, 0.05).floor(intelex, 1),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				vectors := 0
				for _, n := range m.Count {
					vectors += n
				}
				return map[string]float64{"accuracy": metrics.Accuracy(y[10_000:], into), "n_sv": float64(vectors)}, err
			},
			Tol: map[string]float64{"accuracy": 1e-3, "n_sv": 0.01}, // rows on the margin within Tol fall either way
		}, nil
	}})
	Register(Case{Name: "OneClassSVM", Data: "svm10k", Vs: []string{sklearn}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		train, test := ml.Table{X: x.Rows(0, 10_000)}, x.Rows(10_000, x.Shape()[0])
		row := rowsInTurn(test)
		var m *kernel.OneClassModel
		return &Work{
			Rows: 10_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = kernel.OneClassSVM{}.Fit(context.Background(), train); return }).floor(sklearn, 0.2),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				score, err := m.Predict(test)
				in := 0.0
				for _, v := range score {
					if v >= 0 {
						in += 1 / float64(len(score))
					}
				}
				return map[string]float64{"inliers": in, "n_sv": float64(len(m.Support))}, err
			},
			Tol: map[string]float64{"inliers": 0.01, "n_sv": 0.01},
		}, nil
	}})
	Register(Case{Name: "GaussianProcess-2k", Data: "svm10k", Vs: []string{sklearn}, Slow: true, Make: func(d *Data) (*Work, error) {
		x, codes := d.Float("X"), d.Codes("y")
		y := make([]float64, len(codes))
		for i, c := range codes {
			y[i] = float64(c)
		}
		train, test := ml.Data(x.Rows(0, 2000), y[:2000]), x.Rows(10_000, x.Shape()[0])
		config := kernel.GaussianProcessRegressor{Normalize: true,
			Kernel: kernel.Sum{A: kernel.Product{A: kernel.Constant{}, B: kernel.SquaredExponential{Length: []float64{3}}}, B: kernel.White{Noise: 0.1}}}
		row := rowsInTurn(test)
		var m *kernel.GPRModel
		return &Work{
			Rows: 2000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = config.Fit(context.Background(), train); return }).floor(sklearn, 1.0/3),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				p, err := m.Predict(test)
				return map[string]float64{"r2": metrics.R2(y[10_000:], p), "likelihood": m.LogMarginal}, err
			},
			Tol: map[string]float64{"r2": 1e-4, "likelihood": 1e-6},
		}, nil
	}})
}
