package selection_test

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

// Whole cross-validations, from the same rows to the same scores: folds, preprocessing inside them, fits and metrics.
func TestScoresAreScikitLearns(t *testing.T) {
	want := golden.Load[struct {
		Classes struct {
			Accuracy []float64
			LogLoss  []float64 `json:"neg_log_loss"`
			OvR      []float64 `json:"roc_auc_ovr"`
			OvO      []float64 `json:"roc_auc_ovo_weighted"`
		}
		Search struct {
			Mean, Std []float64
			Best      int
			Proba     [][]float64
		}
		Numbers struct {
			R2   []float64
			RMSE []float64 `json:"neg_root_mean_squared_error"`
			MSE  []float64 `json:"neg_mean_squared_error"`
			MAE  []float64 `json:"neg_mean_absolute_error"`
		}
	}](t, "testdata/crossval.json")
	ctx := context.Background()

	// Both logistic fits are iterative and stop at a small gradient: their losses were 7e-8 apart (relative) when this was written.
	// Ranks and classes are the same.
	iris := datasets.Iris()
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 1})
	cv, err := selection.CrossValidate(ctx, pipe, iris, selection.StratifiedKFold{K: 5},
		selection.Accuracy{}, selection.LogLoss{}, selection.ROCAUC{}, selection.ROCAUC{OneVsOne: true, Average: metrics.Weighted})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, cv.Metrics[0].Folds, want.Classes.Accuracy, 1e-15, 0, "accuracy")
	golden.Close(t, cv.Metrics[1].Folds, want.Classes.LogLoss, 1e-6, 0, "log loss")
	golden.Close(t, cv.Metrics[2].Folds, want.Classes.OvR, 1e-13, 0, "one against the rest")
	golden.Close(t, cv.Metrics[3].Folds, want.Classes.OvO, 1e-13, 0, "one against one")

	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, 0.1, 100, 1e8)
	best, err := selection.NewSearch(grid, selection.StratifiedKFold{K: 5}, selection.LogLoss{}).Fit(ctx, iris)
	if err != nil {
		t.Fatal(err)
	}
	if best.BestIndex != want.Search.Best {
		t.Errorf("the best is %d, want %d\n%v", best.BestIndex, want.Search.Best, best)
	}
	for i, c := range best.Candidates[:2] { // measured: 1.3e-6. C = 1e8 hardly has a minimum: neither side reaches it, both reject it
		m := selection.Metric{Folds: c.Folds}
		golden.Close(t, []float64{c.Mean, m.Std()}, []float64{want.Search.Mean[i], want.Search.Std[i]}, 1e-5, 0, "candidate")
	}
	var rows []int
	for i := 0; i < iris.Rows(); i += 15 {
		rows = append(rows, i)
	}
	p, err := best.PredictProba(iris.Select(rows).X)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows { // relative, down to 1e-25; measured: 8e-5
		golden.Close(t, p.Row(i), want.Search.Proba[i], 1e-3, 0, "probabilities of the best")
	}

	// Ridge has a closed form: rounding alone, amplified by a condition number of some 1e2 after scaling.
	ridge := ml.Pipe(ml.Step(features.StandardScaler{}), linear.Ridge{Alpha: 2})
	cv, err = selection.CrossValidate(ctx, ridge, datasets.Diabetes(), selection.KFold{K: 5},
		selection.R2{}, selection.RMSE{}, selection.MSE{}, selection.MAE{})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range [][]float64{want.Numbers.R2, want.Numbers.RMSE, want.Numbers.MSE, want.Numbers.MAE} {
		golden.Close(t, cv.Metrics[i].Folds, w, 1e-12, 0, cv.Metrics[i].Name)
	}
}
