// Anomalies looks for tumours that are unlike the others without being told which are malignant: isolation forests learn from benign cells, with a few malignant
// ones mixed in, and rank all of them by how soon random cuts leave them alone; the local outlier factor ranks them by how loosely they lie beside their neighbours.
//
//	go run ./examples/anomalies
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// scorer is what all detectors can do.
type scorer interface {
	Scores(tensor.Matrix) ([]float64, error)
	Predict(tensor.Matrix) ([]float64, error)
}

func run(ctx context.Context, w io.Writer) error {
	tumours := datasets.BreastCancer() // class 0 is malignant
	const some = 20
	var rows []int
	malignant := 0
	for i, class := range tumours.Y {
		if class == 1 || malignant < some {
			rows = append(rows, i)
			malignant += 1 - class
		}
	}
	mixed := tumours.Select(rows)
	strange := make([]int, len(mixed.Y))
	for i, class := range mixed.Y {
		strange[i] = 1 - class
	}
	scaler, err := features.StandardScaler{}.Fit(ctx, mixed.Table)
	if err != nil {
		return err
	}
	x, err := scaler.Transform(mixed.X)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d benign tumours and %d malignant ones; nobody says which is which\n\n", len(strange)-some, some)
	share := float64(some) / float64(len(strange))
	standard, err := ensemble.IsolationForest{Trees: 300, Contamination: share}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		return err
	}
	extended, err := ensemble.ExtendedIsolationForest{Trees: 300, Contamination: share}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		return err
	}
	// Malignant tumours lie together, if loosely: with few neighbours they are each other's, and seem ordinary.
	nearest, err := neighbors.LocalOutlierFactor{Neighbors: 60, Contamination: share}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name  string
		model scorer
	}{{"isolation forest", standard}, {"extended isolation forest", extended}, {"local outlier factor", nearest}} {
		scores, err := m.model.Scores(x)
		if err != nil {
			return err
		}
		decision, err := m.model.Predict(x)
		if err != nil {
			return err
		}
		flagged, found := 0, 0
		for i, d := range decision {
			if d < 0 {
				flagged++
				found += strange[i]
			}
		}
		fmt.Fprintf(w, "%-26s ROC AUC %.3f; of %d flagged, %d are malignant\n", m.name, metrics.ROCAUC(strange, scores), flagged, found)
	}
	return nil
}
