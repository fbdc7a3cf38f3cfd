package ensemble_test

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func ExampleGradientBoostingClassifier() {
	train, test := selection.Split(datasets.BreastCancer(), 0.3, 1)
	model, err := ensemble.GradientBoostingClassifier{Trees: 60}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	p, err := model.PredictProba(test.X)
	if err != nil {
		panic(err)
	}
	fmt.Println(metrics.ROCAUC(test.Y, p.Cols(1, 2).Data()) > 0.98)
	// Output: true
}

// shortage is a custom loss: an order that is a unit short costs as much as four that are left over, beyond a tolerance of one unit either way it is
// linear.
type shortage struct{}

func (shortage) Value(dst, y, score []float64) {
	for i := range dst {
		d := score[i] - y[i]
		dst[i] = rate(d) * (math.Sqrt(1+d*d) - 1)
	}
}

func (shortage) Derivatives(grad, hess []float32, y, score []float64) {
	for i := range grad {
		d := score[i] - y[i]
		r := math.Sqrt(1 + d*d)
		grad[i], hess[i] = float32(rate(d)*d/r), float32(rate(d)/r)
	}
}

func rate(d float64) float64 {
	if d < 0 {
		return 4
	}
	return 1
}

func ExampleGradientBoostingRegressor() {
	d, err := datasets.Friedman1{Rows: 2000, Noise: 2}.Make()
	if err != nil {
		panic(err)
	}
	train, test := selection.Split(d, 0.5, 1)
	for _, loss := range []ensemble.Loss{ensemble.SquaredLoss{}, shortage{}} {
		model, err := ensemble.GradientBoostingRegressor{Loss: loss, Trees: 60}.Fit(context.Background(), train)
		if err != nil {
			panic(err)
		}
		pred, err := model.Predict(test.X)
		if err != nil {
			panic(err)
		}
		short, cost := 0, make([]float64, len(pred))
		shortage{}.Value(cost, test.Y, pred)
		total := 0.0
		for i, p := range pred {
			total += cost[i]
			if p < test.Y[i] {
				short++
			}
		}
		fmt.Printf("%T: short in %.0f%% of the orders, cost %.1f each\n", loss, 100*float64(short)/float64(len(pred)), total/float64(len(pred)))
	}
	// Output:
	// ensemble.SquaredLoss: short in 54% of the orders, cost 3.4 each
	// ensemble_test.shortage: short in 37% of the orders, cost 2.7 each
}

func ExampleGradientBoostingRanker() {
	d, err := datasets.RankingQueries{Queries: 200, Noise: 0.3}.Make()
	if err != nil {
		panic(err)
	}
	train, test := selection.Split(d, 0.3, 1) // keeps queries whole
	model, err := ensemble.GradientBoostingRanker{Trees: 100}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	score, err := model.Predict(test.X)
	if err != nil {
		panic(err)
	}
	fmt.Println(metrics.NDCG(test.Y, score, test.Group, 10) > 0.7)
	// Output: true
}

func ExampleBoostedRegression_Continue() {
	d := datasets.Diabetes()
	ctx := context.Background()
	model, err := ensemble.GradientBoostingRegressor{Trees: 20}.Fit(ctx, d)
	if err != nil {
		panic(err)
	}
	more, err := model.Continue(ctx, d, 30)
	if err != nil {
		panic(err)
	}
	fmt.Println(model.Trees().Trees(), more.Trees().Trees())
	// Output: 20 50
}
