// Forestintervals predicts the progress of diabetes with a random forest and says how sure it is: the error on rows that trees have not seen, quantiles of
// what may come, and intervals that hold their promise on new patients.
//
//	go run ./examples/forestintervals
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	train, test := selection.Split(datasets.Diabetes(), 0.25, 1)
	forest, err := ensemble.RandomForestRegressor{Trees: 500, MaxFeatures: 3, MinSamplesLeaf: 5, OOB: true, Quantiles: true}.Fit(ctx, train)
	if err != nil {
		return err
	}
	pred, err := forest.Predict(test.X)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "R² out of bag %.3f, on new patients %.3f\n\n", forest.OOB.Score, metrics.R2(test.Y, pred))

	mean, se, err := ensemble.ImpurityImportances(forest)
	if err != nil {
		return err
	}
	for j, c := range forest.Columns {
		if mean[j] > 0.1 {
			fmt.Fprintf(w, "%-4s %.3f ± %.3f of the importance\n", c.Name, mean[j], se[j])
		}
	}

	const miscoverage = 0.2
	intervals, err := forest.Calibrate(train.X, miscoverage)
	if err != nil {
		return err
	}
	ends, err := intervals.Predict(test.X)
	if err != nil {
		return err
	}
	quantiles, err := forest.Quantiles(test.X, []float64{0.1, 0.5, 0.9})
	if err != nil {
		return err
	}
	inside := 0
	for i, y := range test.Y {
		if y >= ends.At(i, 0) && y <= ends.At(i, 1) {
			inside++
		}
	}
	fmt.Fprintf(w, "\nintervals for 80 %%: quantiles 0.1 and 0.9, moved out by %.1f; they hold %d of %d new patients\n\n", intervals.Margin, inside, len(test.Y))
	fmt.Fprintln(w, "patient  actual    10 %  median    90 %   interval")
	for i := range 5 {
		q := quantiles.Row(i)
		fmt.Fprintf(w, "%7d  %6.0f  %6.0f  %6.0f  %6.0f   %.0f to %.0f\n", i, test.Y[i], q[0], q[1], q[2], ends.At(i, 0), ends.At(i, 1))
	}
	return nil
}
