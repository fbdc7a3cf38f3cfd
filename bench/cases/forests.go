package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(forestCase("RandomForest-100", "forest50k", 50_000, 0.12, []string{"scikit-learn", "scikit-learn-intelex"}, func(d ml.Dataset[int]) (*ensemble.ForestClassification, error) {
		return ensemble.RandomForestClassifier{}.Fit(context.Background(), d)
	}))
	Register(forestCase("RandomForest-1M", "higgs1m", 1_000_000, 0.12, []string{"scikit-learn"}, func(d ml.Dataset[int]) (*ensemble.ForestClassification, error) {
		return ensemble.RandomForestClassifier{}.Fit(context.Background(), d)
	}))
	Register(forestCase("ExtraTrees-100", "forest50k", 50_000, 0.3, []string{"scikit-learn", "scikit-learn-intelex"}, func(d ml.Dataset[int]) (*ensemble.ForestClassification, error) {
		return ensemble.ExtraTreesClassifier{}.Fit(context.Background(), d)
	}))
	Register(Case{Name: "IsolationForest", Data: "tree100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		const rows = 100_000
		train, test := x.Rows(0, rows), x.Rows(rows, x.Shape()[0])
		var m *ensemble.IsolationModel
		var scores []float64
		return &Work{
			Rows: rows, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) {
					m, err = ensemble.IsolationForest{}.Fit(context.Background(), ml.Table{X: train})
					return
				}).floor("scikit-learn", 0.2),
				step("predict", func() (err error) { scores, err = m.Scores(test); return }).floor("scikit-learn", 0.2),
				step("row", func() error { _, err := m.PredictRow(test.Row(0)); return err }),
			},
			Score: func() (_ map[string]float64, err error) {
				if scores == nil { // of steps that were chosen
					scores, err = m.Scores(test)
				}
				return map[string]float64{"mean": -meanOf(scores)}, err
			},
			Tol: map[string]float64{"mean": 0.02}, // other trees are drawn
		}, nil
	}})
}

func meanOf(v []float64) float64 {
	sum := 0.0
	for _, s := range v {
		sum += s
	}
	return sum / float64(len(v))
}

// forestCase fits the first rows of a data set and predicts the others.
func forestCase(name, data string, rows int, floor float64, vs []string, fit func(ml.Dataset[int]) (*ensemble.ForestClassification, error)) Case {
	return Case{Name: name, Data: data, Vs: vs, Slow: true, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, rows), y[:rows]), x.Rows(rows, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-rows)
		var m *ensemble.ForestClassification
		fitStep := step("fit", func() (err error) { m, err = fit(train); return }).floor("scikit-learn", floor)
		if len(vs) > 1 {
			fitStep = fitStep.floor("scikit-learn-intelex", 1)
		}
		return &Work{
			Rows: rows, Columns: x.Shape()[1],
			Steps: []Step{
				fitStep,
				step("predict", func() error { _, err := m.Predict(test); return err }),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				return map[string]float64{"accuracy": metrics.Accuracy(y[rows:], into)}, err
			},
			Tol: map[string]float64{"accuracy": 0.01}, // other trees are drawn
		}, nil
	}}
}
