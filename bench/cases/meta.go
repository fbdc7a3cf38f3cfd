package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tree"
)

func init() {
	sk := []string{"scikit-learn"}
	three := []ml.AnyClassifier{ml.Classify(linear.LogisticRegression{}), ml.Classify(bayes.GaussianNB{}), ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 8})}
	Register(Case{Name: "Bagging", Data: "tree100k", Vs: sk, Make: ofModels(0.01, ml.Decide(ensemble.BaggingClassifier{Members: 20}))}) // of other draws
	Register(Case{Name: "AdaBoost", Data: "tree100k", Vs: sk, Make: ofModels(0.002, ml.Decide(ensemble.AdaBoostClassifier{}))})
	Register(Case{Name: "Stacking", Data: "tree100k", Vs: sk, Make: ofModels(0.005, ml.Classify(ensemble.StackingClassifier{Bases: three}))})
}

// ofModels fits a model made of models to 20 000 rows.
func ofModels(tol float64, config ml.AnyClassifier) func(d *Data) (*Work, error) {
	return func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		const rows, from = 20_000, 100_000
		train, test := ml.Data[int](x.Rows(0, rows), y[:rows]), x.Rows(from, x.Shape()[0])
		var m ml.Predictor[int]
		var pred []int
		return &Work{
			Rows: rows, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = config.Fit(context.Background(), train); return }),
				step("predict", func() (err error) { pred, err = m.Predict(test); return }),
			},
			Score: func() (map[string]float64, error) {
				return map[string]float64{"accuracy": metrics.Accuracy(y[from:], pred)}, nil
			},
			Tol: map[string]float64{"accuracy": tol},
		}, nil
	}
}
