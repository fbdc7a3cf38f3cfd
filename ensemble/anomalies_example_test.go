package ensemble_test

import (
	"fmt"
	"log"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// Ten rows that sit together far from the others: a cluster of anomalies.
func ExampleSCiForest() {
	x := tensor.New[float64](210, 2)
	for i := range 210 {
		angle := float64(i)
		x.Set(math.Cos(angle)*math.Sqrt(angle/50), i, 0)
		x.Set(math.Sin(angle)*math.Sqrt(angle/50), i, 1)
		if i >= 200 {
			x.Set(8+math.Cos(angle)/9, i, 0)
			x.Set(8+math.Sin(angle)/9, i, 1)
		}
	}
	model, err := ensemble.SCiForest{Contamination: 0.04}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		log.Fatal(err)
	}
	decision, err := model.Predict(x)
	if err != nil {
		log.Fatal(err)
	}
	found, wrong := 0, 0
	for i, d := range decision {
		if d < 0 && i >= 200 {
			found++
		} else if d < 0 {
			wrong++
		}
	}
	fmt.Println(found > 5, wrong)
	// Output: true 0
}

// A stream that swings between -1 and 1, four numbers at a time, with a single jump.
func ExampleRobustRandomCutForest() {
	signal := make([]float64, 600)
	for i := range signal {
		signal[i] = math.Sin(float64(i) / 8)
	}
	signal[500] += 3
	rows := make([][]float64, 0, 597)
	for i := range 597 {
		rows = append(rows, signal[i:i+4])
	}
	first, err := tensor.FromRows(rows[:300])
	if err != nil {
		log.Fatal(err)
	}
	model, err := ensemble.RobustRandomCutForest{Window: true, Trees: 50}.Fit(ctx, ml.Table{X: first})
	if err != nil {
		log.Fatal(err)
	}
	stream, most, at := model.Stream(), 0.0, 0
	for i := 300; i < 597; i++ {
		score, err := stream.Push(rows[i])
		if err != nil {
			log.Fatal(err)
		}
		if score > most {
			most, at = score, i
		}
	}
	fmt.Println(at >= 497 && at <= 500, most > 50)
	// Output: true true
}

// Few of a hundred stumps have a vote.
func ExampleLPBoost() {
	train, test := selection.Split(datasets.BreastCancer(), 0.25, 1)
	model, err := ensemble.LPBoost{}.Fit(ctx, train)
	if err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(metrics.Accuracy(test.Y, pred) > 0.93, len(model.Members) <= 100)
	// Output: true true
}

// A fifth of the labels of the training rows are wrong, which BrownBoost is told.
func ExampleBrownBoost() {
	train, test := selection.Split(datasets.BreastCancer(), 0.25, 1)
	for i := range train.Y {
		if i%5 == 0 {
			train.Y[i] = 1 - train.Y[i]
		}
	}
	model, err := ensemble.BrownBoost{TargetError: 0.3}.Fit(ctx, train)
	if err != nil {
		log.Fatal(err)
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(metrics.Accuracy(test.Y, pred) > 0.9, model.Info.Status)
	// Output: true converged
}
