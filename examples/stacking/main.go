// Stacking puts three unlike models together, a linear one, trees, and naive Bayes, and asks whether the whole is better than its parts: on the same folds for all,
// with intervals and paired tests, every choice of weights made within the training rows of a fold.
//
//	go run ./examples/stacking
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
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	digits := datasets.Digits()
	scaled := ml.Step(features.StandardScaler{})
	three := []ml.AnyClassifier{
		ml.Decide(ml.Pipe(scaled, linear.LogisticRegression{C: 0.1})),
		ml.Decide(ensemble.BaggingClassifier{Members: 15, Columns: 0.5}),
		ml.Decide(ml.Pipe(scaled, bayes.LDA{})),
	}
	inner := selection.StratifiedKFold{K: 3} // what the weights are learned on
	models := []struct {
		name   string
		config ml.AnyClassifier
	}{
		{"stacked", ml.Classify(ensemble.StackingClassifier{Bases: three, Splitter: inner})},
		{"super learner", ml.Classify(ensemble.SuperLearnerClassifier{Bases: three, Splitter: inner})},
		{"plain mean", ml.Classify(ensemble.VotingClassifier{Bases: three, Soft: true})},
		{"logistic regression", three[0]},
		{"bagged trees", three[1]},
		{"discriminant", three[2]},
	}

	folds := selection.StratifiedKFold{K: 4, Shuffle: true}
	fmt.Fprintf(w, "accuracy in 4 folds, with 95%% intervals\n")
	scores := make([][]float64, len(models))
	for i, m := range models {
		e, err := selection.Honest(ctx, m.config, digits, folds, selection.Accuracy{}, 0)
		if err != nil {
			return err
		}
		scores[i] = e.Metric.Folds
		fmt.Fprintf(w, "  %-20s %v\n", m.name, e.Score)
	}
	fmt.Fprintf(w, "\nwhat stacking is better by, fold by fold\n")
	for i := 1; i < len(models); i++ {
		c, err := metrics.CorrectedT(scores[0], scores[i], 1.0/3) // a third as many test rows as training rows
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  than %-20s %v, p = %.3f\n", models[i].name, c.Difference, c.Test.P)
	}

	learner, err := ensemble.SuperLearnerClassifier{Bases: three, Splitter: inner}.Fit(ctx, digits)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nhow far the super learner trusts each: %.2f\n", learner.Weights)
	return nil
}
