package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tree"
)

// Losses as a user writes them, against the built-in ones that they copy: the trees are the same, and what is measured is what an own loss costs.
func init() {
	const floor = 1.1
	for _, c := range []struct {
		lib string
		l   ensemble.Loss
	}{{Ours, ownSquared{}}, {BuiltIn, ensemble.SquaredLoss{}}} {
		Register(Case{Name: "own-loss-regression-100k", Lib: c.lib, Data: "reg100k", Vs: []string{BuiltIn}, Slow: true, Make: func(d *Data) (*Work, error) {
			const n = 100_000
			x, y := d.Float("X"), d.Values("y")
			train, test := ml.Data[float64](x.Rows(0, n), y[:n]), x.Rows(n, len(y))
			var m *ensemble.BoostedRegression
			return &Work{
				Rows: n, Columns: x.Shape()[1], Params: "defaults",
				Steps: []Step{step("fit", func() (err error) {
					m, err = ensemble.GradientBoostingRegressor{Loss: c.l}.Fit(context.Background(), train)
					return
				}).floor(BuiltIn, floor)},
				Score: func() (map[string]float64, error) {
					p, err := m.Predict(test)
					return map[string]float64{"r2": metrics.R2(y[n:], p)}, err
				},
				Tol: map[string]float64{"r2": 1e-3},
			}, nil
		}})
	}
	for _, c := range []struct {
		lib string
		l   ensemble.ClassLoss
	}{{Ours, ownLogistic{}}, {BuiltIn, ensemble.LogLoss{}}} {
		Register(Case{Name: "own-loss-binary-1M", Lib: c.lib, Data: "higgs1m", Vs: []string{BuiltIn}, Slow: true, Make: func(d *Data) (*Work, error) {
			const n = 1_000_000
			x, y := d.Float("X"), d.Codes("y")
			train, test := ml.Data[int](x.Rows(0, n), y[:n]), x.Rows(n, len(y))
			var m *ensemble.BoostedClassification
			return &Work{
				Rows: n, Columns: x.Shape()[1], Params: "defaults",
				Steps: []Step{step("fit", func() (err error) {
					m, err = ensemble.GradientBoostingClassifier{Loss: c.l}.Fit(context.Background(), train)
					return
				}).floor(BuiltIn, floor)},
				Score: func() (map[string]float64, error) {
					p, err := m.PredictProba(test)
					if err != nil {
						return nil, err
					}
					return map[string]float64{"auc": metrics.ROCAUC(y[n:], p.Cols(1, 2).Clone().Data())}, nil
				},
				Tol: map[string]float64{"auc": 1e-3},
			}, nil
		}})
	}
}

// ownSquared is half the squared error.
type ownSquared struct{}

func (ownSquared) Value(dst, y, score []float64) {
	for i, s := range score {
		dst[i] = (s - y[i]) * (s - y[i]) / 2
	}
}

func (ownSquared) Derivatives(grad, hess []float32, y, score []float64) {
	for i, s := range score {
		grad[i], hess[i] = float32(s-y[i]), 1
	}
}

// ownLogistic is the cross-entropy of two classes.
type ownLogistic struct{}

func (ownLogistic) Outputs(int) int    { return 1 }
func (ownLogistic) Link(int) tree.Link { return tree.Logistic }

func (ownLogistic) Start(share []float64) []float64 { return ensemble.LogLoss{}.Start(share) }

func (ownLogistic) Value(dst []float64, y []int, score [][]float64) {
	ensemble.Softplus(dst, score[0])
	for i, s := range score[0] {
		dst[i] -= float64(y[i]) * s
	}
}

func (ownLogistic) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	var p [256]float64
	g, h, s := grad[0], hess[0], score[0]
	for len(y) > 0 {
		n := min(len(p), len(y))
		ensemble.Sigmoid(p[:n], s[:n])
		for i, q := range p[:n] {
			g[i], h[i] = float32(q-float64(y[i])), float32(q*(1-q))
		}
		g, h, s, y = g[n:], h[n:], s[n:], y[n:]
	}
}
