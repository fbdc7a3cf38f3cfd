package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Boosting on data of other shapes than a dense table: queries, and one-hot columns.
func init() {
	Register(Case{Name: "LightGBM-ranking", Data: "rank220k", Vs: []string{"lightgbm"}, Slow: true, Make: ranking})
	Register(Case{Name: "LightGBM-onehot-1M", Data: "onehot1m", Vs: []string{"lightgbm"}, Slow: true, Make: oneHot})
}

// ranking learns to order 2000 queries of 100 rows, and orders 200 others.
func ranking(d *Data) (*Work, error) {
	const n, each = 200_000, 100
	x, y := d.Float("X"), d.Values("y")
	group := make([]int, len(y))
	for i := range group {
		group[i] = i / each
	}
	train, test := ml.Data[float64](x.Rows(0, n), y[:n]), x.Rows(n, len(y))
	train.Group = group[:n]
	into := make([]float64, len(y)-n)
	var m *ensemble.BoostedRegression
	return &Work{
		Rows: n, Columns: x.Shape()[1], Params: "queries of 100 rows; otherwise defaults",
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = ensemble.GradientBoostingRanker{}.Fit(context.Background(), train)
				return
			}).floor("lightgbm", 0.95),
			step("predict", func() error { _, err := m.Predict(test); return err }),
		},
		Score: func() (map[string]float64, error) {
			err := m.PredictInto(into, test)
			return map[string]float64{"ndcg10": metrics.NDCG(y[n:], into, group[n:], 10)}, err
		},
		Tol: map[string]float64{"ndcg10": 0.006}, // of 200 queries
	}, nil
}

// oneHot learns from 7 columns of 100 levels, each level a column of a sparse matrix.
func oneHot(d *Data) (*Work, error) {
	const n, levels = 1_000_000, 100
	c, y := d.Float("C"), d.Codes("y")
	k := c.Shape()[1]
	indicators := func(lo, hi int) (*tensor.CSR[float64], error) {
		start, cols, ones := make([]int, hi-lo+1), make([]int32, 0, (hi-lo)*k), make([]float64, (hi-lo)*k)
		for i := lo; i < hi; i++ {
			for j, code := range c.Row(i) {
				cols = append(cols, int32(j*levels+int(code)))
			}
			start[i-lo+1] = len(cols)
		}
		for i := range ones {
			ones[i] = 1
		}
		return tensor.NewCSR(hi-lo, k*levels, start, cols, ones)
	}
	x, err := indicators(0, n)
	if err != nil {
		return nil, err
	}
	test, err := indicators(n, len(y))
	if err != nil {
		return nil, err
	}
	train := ml.Data[int](x, y[:n])
	var m *ensemble.BoostedClassification
	return &Work{
		Rows: n, Columns: k * levels, Params: "sparse; otherwise defaults",
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = ensemble.GradientBoostingClassifier{}.Fit(context.Background(), train)
				return
			}).floor("lightgbm", 1.1),
			step("predict", func() error { _, err := m.PredictProba(test); return err }),
		},
		Score: func() (map[string]float64, error) {
			proba, err := m.PredictProba(test)
			if err != nil {
				return nil, err
			}
			return map[string]float64{"auc": metrics.ROCAUC(y[n:], proba.Cols(1, 2).Clone().Data())}, nil
		},
		Tol: map[string]float64{"auc": 0.002},
	}, nil
}
