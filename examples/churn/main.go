// Churn tells which customers are about to leave, from numbers, categories and gaps as a CRM has them: it boosts trees until held-out customers say stop, weighs
// the rare class, shows which columns matter, and saves the model, loads it and asks it about one customer.
//
//	go run ./examples/churn
package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func main() {
	if err := run(context.Background(), os.Stdout, 20_000); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, n int) error {
	train, test := selection.Split(customers(n, 1), 0.25, 1)
	left := 0
	for _, y := range train.Y {
		left += y
	}
	fmt.Fprintf(w, "%d customers to learn from, %.1f%% of whom left\n", train.Rows(), 100*float64(left)/float64(train.Rows()))

	// No encoder and no imputer: trees take categories and gaps as they are.
	config := ensemble.GradientBoostingClassifier{
		Trees: 2000, LearningRate: 0.05, MaxLeaves: 15,
		ClassWeight: ml.ClassWeight{Balanced: true},
		Monotone:    []int{0, 0, 0, -1, 0, 1}, // long tenure never raises the risk, complaints never lower it
		Metric:      selection.ROCAUC{}, Patience: 50,
	}
	model, err := selection.HoldOut(config, 0.15).Fit(ctx, train)
	if err != nil {
		return err
	}
	p, err := model.PredictProba(test.X)
	if err != nil {
		return err
	}
	risk := p.Cols(1, 2).Data()
	fmt.Fprintf(w, "%d rounds; AUC %.3f of %d held-out customers\n\n", model.Info.Best, metrics.ROCAUC(test.Y, risk), test.Rows())
	if err := showImportances(w, model); err != nil {
		return err
	}

	var file bytes.Buffer
	if err := ml.Save(&file, model); err != nil {
		return err
	}
	size := file.Len()
	again, err := ml.Load[*ensemble.BoostedClassification](&file)
	if err != nil {
		return err
	}
	prob := make([]float64, 2)
	customer := []float64{2, math.NaN(), 0, 3, 89, 4} // prepaid, unknown region, card, 3 months, 89 a month, 4 complaints
	if err := again.ProbaRow(prob, customer); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d bytes saved; a new prepaid customer with 4 complaints: risk %.2f\n", size, prob[1])
	return nil
}

// showImportances lists the columns by the share of what their splits gained.
func showImportances(w io.Writer, model *ensemble.BoostedClassification) error {
	share, err := model.Importances()
	if err != nil {
		return err
	}
	order := make([]int, len(share))
	for j := range order {
		order[j] = j
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(share[b], share[a]) })
	for _, j := range order {
		fmt.Fprintf(w, "  %-10s %4.1f%%\n", model.Columns[j].Name, 100*share[j])
	}
	return nil
}
