package selection_test

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

// Curves, out-of-fold predictions and training scores are those of scikit-learn. Ridge has a closed form: rounding alone decides.
// Both logistic fits stop at small gradients.
func TestCurvesAndOutOfFoldPredictionsAreScikitLearns(t *testing.T) {
	type points struct {
		X           []float64
		Train, Test [][]float64
	}
	want := golden.Load[struct {
		Learning, Validation points
		Predict              []float64
		Both                 struct {
			R2      []float64 `json:"test_r2"`
			TrainR2 []float64 `json:"train_r2"`
			MAE     []float64 `json:"test_mae"`
		}
		Proba, Decision [][]float64
		Codes           []int
	}](t, "testdata/more.json")
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d := datasets.Diabetes()
	ridge := linear.Ridge{Alpha: 2}
	curve := func(got *selection.Curve, want points) {
		t.Helper()
		golden.Close(t, got.X, want.X, 1e-15, 0, "x")
		for i := range want.X {
			golden.Close(t, got.Lines[0].Train[i].Folds, want.Train[i], 1e-9, 1e-12, "train")
			golden.Close(t, got.Lines[0].Test[i].Folds, want.Test[i], 1e-9, 1e-12, "test")
		}
	}
	learned, err := selection.LearningCurve(ctx, ridge, d, selection.KFold{}, selection.TrainSizes{InOrder: true}, selection.R2{})
	must(err)
	curve(learned, want.Learning)
	validated, err := selection.ValidationCurve(ctx, func(a float64) linear.Ridge { return linear.Ridge{Alpha: a} }, want.Validation.X, d, selection.KFold{K: 4}, selection.MAE{})
	must(err)
	curve(validated, want.Validation)
	pred, err := selection.CrossPredict(ctx, ridge, d, selection.KFold{})
	must(err)
	for i, p := range want.Predict {
		golden.Close(t, pred[i*10:i*10+1], []float64{p}, 1e-10, 0, "prediction")
	}
	e, err := selection.CrossEvaluate(ctx, ridge, d, selection.KFold{}, selection.Options{Train: true}, selection.R2{}, selection.MAE{})
	must(err)
	golden.Close(t, e.Scores.Metrics[0].Folds, want.Both.R2, 1e-10, 0, "R2")
	golden.Close(t, e.Train.Metrics[0].Folds, want.Both.TrainR2, 1e-10, 0, "training R2")
	golden.Close(t, e.Scores.Metrics[1].Folds, want.Both.MAE, 1e-10, 0, "MAE")

	iris, logistic := datasets.Iris(), linear.LogisticRegression{C: 1}
	codes, err := selection.CrossPredict(ctx, logistic, iris, selection.StratifiedKFold{})
	must(err)
	for i, c := range want.Codes {
		if codes[i] != c {
			t.Errorf("row %d is %d, want %d", i, codes[i], c)
		}
	}
	proba, err := selection.CrossProba(ctx, logistic, iris, selection.StratifiedKFold{})
	must(err)
	decision, err := selection.CrossOutput(ctx, logistic, iris, selection.StratifiedKFold{}, (*linear.LogisticModel).DecisionFunction)
	must(err)
	for i := range want.Proba { // two minima, each to a gradient of 1e-8 or so
		golden.Close(t, proba.Row(10*i), want.Proba[i], 1e-5, 1e-9, "probabilities")
		golden.Close(t, decision.Row(10*i), want.Decision[i], 1e-5, 1e-5, "decision")
	}
}
