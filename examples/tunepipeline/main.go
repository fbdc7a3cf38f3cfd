// Tunepipeline searches the parameters of a whole pipeline and prints the table of trials. The space is typed: the compiler checks each field, and one
// parameter counts only where another makes it matter. A journal lets the search go on where it was interrupted. In the end the choice is judged on
// rows that the search has not seen.
//
//	go run ./examples/tunepipeline
//	go run ./examples/tunepipeline search.jsonl   # interrupt it, and run it again
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	journal := ""
	if len(os.Args) > 1 {
		journal = os.Args[1]
	}
	if err := run(ctx, os.Stdout, journal, true); err != nil {
		log.Fatal(err)
	}
}

// params is what is searched: any struct will do.
type params struct {
	Degree  int     // of the polynomial features
	C       float64 // inverse strength of the penalty
	Elastic bool    // mix absolute values into the penalty
	L1Ratio float64 // their share
}

type pipeline = ml.Pipeline[ml.Dataset[int], int, *linear.LogisticModel]

func build(p params) pipeline {
	model := linear.LogisticRegression{C: p.C}
	if p.Elastic {
		model.L1Ratio = p.L1Ratio
	}
	return ml.Pipe(ml.Stages{
		ml.Step(features.StandardScaler{}),
		ml.Step(features.PolynomialFeatures{Degree: p.Degree}),
	}, model)
}

func run(ctx context.Context, w io.Writer, path string, times bool) error {
	train, test := selection.Split(datasets.Wine(), 0.3, 1)

	space := selection.Build(build, params{},
		selection.Ints(func(p *params) *int { return &p.Degree }, 1, 2),
		selection.LogUniform(func(p *params) *float64 { return &p.C }, 1e-3, 1e2),
		selection.Choice(func(p *params) *bool { return &p.Elastic }, false, true),
		selection.When(func(p params) bool { return p.Elastic },
			selection.Uniform(func(p *params) *float64 { return &p.L1Ratio }, 0.1, 1)))
	tuner := selection.Tune(space, selection.BayesSearch{Trials: 24, Seed: 1}, selection.StratifiedKFold{K: 5, Shuffle: true}, selection.LogLoss{}, selection.Accuracy{})
	tuner.Refit = selection.OneStandardError{} // of what cannot be told from the best, the simplest
	tuner.Simpler = simpler
	if path != "" {
		journal, err := selection.OpenJournal(path)
		if err != nil {
			return err
		}
		defer journal.Close()
		tuner.Journal = journal
	}

	tuned, err := tuner.Fit(ctx, train)
	if err != nil {
		return err
	}
	fmt.Fprint(w, tuned.Format(times))
	accuracy, err := selection.Accuracy{}.Score(ctx, tuned, test)
	if err != nil {
		return err
	}
	loss, err := selection.LogLoss{}.Score(ctx, tuned, test)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nchosen: %+v\non %d rows that the search has not seen: accuracy %.3f, log loss %.3f\n", tuned.Params, test.Rows(), accuracy, loss)
	return nil
}

// simpler puts fewer columns first, then stronger penalties.
func simpler(a, b params) int {
	switch {
	case a.Degree != b.Degree:
		return a.Degree - b.Degree
	case a.C < b.C:
		return -1
	case a.C > b.C:
		return 1
	}
	return 0
}
