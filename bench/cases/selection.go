package cases

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

func init() {
	Register(Case{Name: "GridSearchCV-logistic", Data: "logit100k", Vs: []string{"scikit-learn"}, Slow: true, Make: gridSearch})
}

// gridSearch tries 20 strengths of a logistic regression on five stratified folds, and fits the best one to all rows.
func gridSearch(d *Data) (*Work, error) {
	x, y := d.Float("X"), d.Codes("y")
	var cs []float64
	for i := range 20 {
		cs = append(cs, math.Pow(10, -4+8*float64(i)/19))
	}
	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, cs...)
	search := selection.NewSearch(grid, selection.StratifiedKFold{K: 5}, selection.LogLoss{})
	var m *selection.SearchModel[int, *linear.LogisticModel]
	return &Work{
		Rows: len(y), Columns: x.Shape()[1], Params: "20 C from 1e-4 to 1e4, 5 folds, log loss",
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = search.Fit(context.Background(), ml.Data[int](x, y))
				return
			}).floor("scikit-learn", 0.2),
		},
		Score: func() (map[string]float64, error) {
			return map[string]float64{"logloss": m.Candidates[m.BestIndex].Mean, "C": cs[m.BestIndex]}, nil
		},
		Tol: map[string]float64{"logloss": 1e-5, "C": 1e-9}, // the peer stops at a gradient of 1e-4 a row, we at a gap of 1e-8
	}, nil
}
