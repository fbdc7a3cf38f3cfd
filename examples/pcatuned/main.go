// Pcatuned asks how many principal components of handwritten digits a classifier needs. Scaling, components and classifier are one pipeline, and cross-validation tries it with several numbers of components: each fold
// finds its own components, from its own training rows. The choice is judged on digits that the search has not seen.
//
//	go run ./examples/pcatuned
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/decomp"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

func main() {
	if err := run(context.Background(), os.Stdout, datasets.Digits(), 2, 5, 10, 20, 30, 40, 50); err != nil {
		log.Fatal(err)
	}
}

type pipeline = ml.Pipeline[ml.Dataset[int], int, *linear.LogisticModel]

func build(components int) pipeline {
	return ml.Pipe(ml.Stages{
		ml.Step(features.StandardScaler{}),
		ml.Step(decomp.PCA{Components: components}),
	}, linear.LogisticRegression{C: 0.1})
}

func run(ctx context.Context, w io.Writer, digits ml.Dataset[int], numbers ...int) error {
	train, test := selection.Split(digits, 0.25, 1)
	search := selection.NewSearch(selection.Grid(build, numbers...), selection.StratifiedKFold{K: 5, Shuffle: true, Seed: 1}, selection.Accuracy{})
	found, err := search.Fit(ctx, train)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "components  accuracy")
	for i, c := range found.Candidates {
		mark := ""
		if i == found.BestIndex {
			mark = "  <- the best"
		}
		fmt.Fprintf(w, "%10d  %.3f%s\n", numbers[i], c.Mean, mark)
	}
	accuracy, err := selection.Accuracy{}.Score(ctx, found, test)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d components, on %d digits that the search has not seen: accuracy %.3f\n", numbers[found.BestIndex], test.Rows(), accuracy)
	return nil
}
