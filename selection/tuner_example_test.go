package selection_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

// A space over parameters of a pipeline: the compiler checks the fields, and L1Ratio counts only where the penalty is an elastic net.
func ExampleTune() {
	type params struct {
		Degree  int
		Elastic bool
		Alpha   float64
		L1Ratio float64
	}
	build := func(p params) ml.Pipeline[ml.Dataset[float64], float64, *linear.RegressionModel] {
		stages := ml.Stages{ml.Step(features.PolynomialFeatures{Degree: p.Degree}), ml.Step(features.StandardScaler{})}
		if p.Elastic {
			return ml.Pipe(stages, linear.ElasticNet{Alpha: p.Alpha, L1Ratio: p.L1Ratio})
		}
		return ml.Pipe(stages, linear.Ridge{Alpha: 100 * p.Alpha})
	}
	space := selection.Build(build, params{},
		selection.Ints(func(p *params) *int { return &p.Degree }, 1, 2),
		selection.LogUniform(func(p *params) *float64 { return &p.Alpha }, 0.01, 10),
		selection.Choice(func(p *params) *bool { return &p.Elastic }, false, true),
		selection.When(func(p params) bool { return p.Elastic }, selection.Uniform(func(p *params) *float64 { return &p.L1Ratio }, 0.1, 1)))
	tuner := selection.Tune(space, selection.RandomSearch{Trials: 5, Seed: 3}, selection.KFold{K: 3, Shuffle: true}, selection.RMSE{}, selection.R2{})
	tuned, err := tuner.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Print(tuned.Format(false))
	// Output:
	// rank  trial     rmse     std      r2                 folds  Degree    Alpha  Elastic  L1Ratio
	// *     1      1  55.0205  2.8189  0.4830  54.991 51.583 58.488       1  0.07881    false        -
	//       2      3  56.1068  3.9435  0.4660  52.921 53.736 61.664       2    2.511     true   0.8009
	//       3      4  56.7837  3.7798  0.4495  56.607 52.245 61.499       2   0.1253    false        -
	//       4      2  58.1820  4.2136  0.4262  54.327 56.174 64.045       1    2.107     true   0.5155
	//       5      0  59.3789  4.4510  0.4026  55.125 57.488 65.524       1    4.465    false        -
}

// The score of a search's own table is that of the luckiest candidate. Honest runs the search anew in each outer fold and scores it on rows it has not seen.
func ExampleHonest() {
	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, .01, .1, 1, 10)
	search := selection.NewSearch(grid, selection.StratifiedKFold{K: 3}, selection.LogLoss{})
	e, err := selection.Honest(context.Background(), search, datasets.Iris(), selection.StratifiedKFold{K: 5, Shuffle: true}, selection.Accuracy{}, 0)
	if err != nil {
		panic(err)
	}
	fmt.Println(e)
	// Output: accuracy 0.9667 [0.9228, 1.0106] at 95%, 5 folds
}
