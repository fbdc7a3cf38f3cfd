// Fewlabels reads handwritten digits of which only fifty have a label, five of each: a logistic regression on those alone, the same one when it labels the others for itself, and labels that spread over a
// graph of neighbours, beside what all labels would give.
//
//	go run ./examples/fewlabels
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/semi"
)

func main() {
	if err := run(context.Background(), os.Stdout, 5); err != nil {
		log.Fatal(err)
	}
}

// hide takes the labels of all rows away but perClass of each class, drawn at random.
func hide(d ml.Dataset[int], perClass int, seed uint64) (few, labelled ml.Dataset[int]) {
	left := make([]int, d.K())
	for c := range left {
		left[c] = perClass
	}
	few = d
	few.Y = make([]int, len(d.Y))
	for i := range few.Y {
		few.Y[i] = ml.None
	}
	var rows []int
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(d.Y)) {
		if c := d.Y[i]; left[c] > 0 {
			left[c]--
			few.Y[i] = c
			rows = append(rows, i)
		}
	}
	return few, d.Select(rows)
}

func run(ctx context.Context, w io.Writer, draws int) error {
	train, test := selection.Split(datasets.Digits(), 0.3, 1)
	scaler := ml.Step(features.StandardScaler{})
	logistic := linear.LogisticRegression{}
	alone := ml.Classify(ml.Pipe(scaler, logistic))
	// The scaler in front of a semi-supervised method learns from all rows, with and without labels.
	itself := ml.Classify(ml.Pipe(scaler, semi.SelfTraining{Base: ml.Classify(logistic), Threshold: 0.9}))
	spread := ml.Classify(ml.Pipe(scaler, semi.LabelSpreading{Neighbors: 8, Alpha: 0.9, MaxIter: 200}))

	accuracy := func(c ml.AnyClassifier, d ml.Dataset[int]) (float64, error) {
		m, err := c.Fit(ctx, d)
		if err != nil {
			return 0, err
		}
		pred, err := m.Predict(test.X)
		if err != nil {
			return 0, err
		}
		return metrics.Accuracy(test.Y, pred), nil
	}
	fmt.Fprintf(w, "%d images, 50 of them with a label, and %d to read; means over %d draws of the fifty\n\n", train.Rows(), test.Rows(), draws)
	var sums [3]float64
	for seed := range draws {
		few, labelled := hide(train, 5, uint64(seed))
		for at, try := range []struct {
			c ml.AnyClassifier
			d ml.Dataset[int]
		}{{alone, labelled}, {itself, few}, {spread, few}} {
			score, err := accuracy(try.c, try.d)
			if err != nil {
				return err
			}
			sums[at] += score / float64(draws)
		}
	}
	all, err := accuracy(alone, train)
	if err != nil {
		return err
	}
	for at, name := range []string{"logistic regression on the fifty", "the same, with self-training", "label spreading"} {
		fmt.Fprintf(w, "%-40s accuracy %.3f\n", name, sums[at])
	}
	fmt.Fprintf(w, "%-40s accuracy %.3f\n", "logistic regression with every label", all)

	// Which rows it labelled, when, and how well.
	few, _ := hide(train, 5, 0)
	chain, err := ml.Pipe(scaler, semi.SelfTraining{Base: ml.Classify(logistic), Threshold: 0.9}).Fit(ctx, few)
	if err != nil {
		return err
	}
	m := chain.Final
	fmt.Fprintf(w, "\nself-training on the first draw, round by round\n")
	for round := 1; round <= m.Info.Iterations; round++ {
		count, right := 0, 0
		for i, r := range m.Round {
			if r == round {
				count++
				if m.Label[i] == train.Y[i] {
					right++
				}
			}
		}
		if count > 0 {
			fmt.Fprintf(w, "  round %2d: %4d rows labelled, %5.1f %% of them rightly\n", round, count, 100*float64(right)/float64(count))
		}
	}
	return nil
}
