// Comparemodels compares three classifiers honestly: each row is predicted by models that have not seen it, on the same folds for all; scores come with
// confidence intervals, and differences with paired tests, since what makes rows hard is common to all three. One of the three is a search, whose own
// choice is part of what is judged.
//
//	go run ./examples/comparemodels
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tree"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	tumours := datasets.BreastCancer()
	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, .001, .01, .1, 1, 10)
	tuned := selection.NewSearch(grid, selection.StratifiedKFold{K: 5}, selection.LogLoss{})
	models := []struct {
		name   string
		config ml.AnyClassifier
	}{
		{"logistic, C searched", ml.Classify(ml.Pipe(ml.Step(features.StandardScaler{}), tuned))},
		{"naive Bayes", ml.Classify(bayes.GaussianNB{})},
		{"decision tree", ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 4})},
	}

	// Scores of folds: repeated divisions smooth out the luck of one, and the intervals know that folds share training rows.
	repeated := selection.RepeatedStratifiedKFold{K: 5, Repeats: 3}
	fmt.Fprintf(w, "log loss of 15 folds, with 95%% intervals\n")
	losses := make([][]float64, len(models))
	for i, m := range models {
		e, err := selection.Honest(ctx, m.config, tumours, repeated, selection.LogLoss{}, 0)
		if err != nil {
			return err
		}
		losses[i] = e.Metric.Folds
		fmt.Fprintf(w, "  %-21s %v\n", m.name, e.Score)
	}
	for i := 1; i < len(models); i++ {
		c, err := metrics.CorrectedT(losses[i], losses[0], 1.0/4) // a quarter as many test rows as training rows
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s - %s: %v, p = %.3f\n", models[i].name, models[0].name, c.Difference, c.Test.P)
	}

	// Scores of rows: each predicted once by a model that has not seen it.
	fmt.Fprintf(w, "\narea under the ROC curve of out-of-fold predictions, with DeLong's intervals\n")
	scores := make([][]float64, len(models))
	codes := make([][]int, len(models))
	for i, m := range models {
		p, err := selection.CrossProba(ctx, m.config, tumours, selection.StratifiedKFold{K: 5, Shuffle: true})
		if err != nil {
			return err
		}
		scores[i], codes[i] = make([]float64, tumours.Rows()), make([]int, tumours.Rows())
		for r := range scores[i] {
			scores[i][r] = p.At(r, 1)
			if p.At(r, 1) > 0.5 {
				codes[i][r] = 1
			}
		}
		auc, err := metrics.AUCInterval(tumours.Y, scores[i], 0)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-21s %v\n", m.name, auc)
	}
	for i := 1; i < len(models); i++ {
		c, err := metrics.CompareAUC(tumours.Y, scores[0], scores[i], 0)
		if err != nil {
			return err
		}
		mcnemar, err := metrics.McNemar(tumours.Y, codes[0], codes[i])
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s - %s: %v, p = %.4f; right alone on %g and %g rows, McNemar's exact p = %.4f\n",
			models[0].name, models[i].name, c.Difference, c.Test.P, mcnemar.OnlyA, mcnemar.OnlyB, mcnemar.Exact)
	}
	return nil
}
