// Searchranking learns to put the documents of a query in order: it draws queries whose documents have graded relevance, boosts LambdaMART with early stopping
// on held-out queries, compares the order with that of the best single column and of a regression on the grades, and ranks one query.
//
//	go run ./examples/searchranking
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

func main() {
	if err := run(context.Background(), os.Stdout, 600); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, queries int) error {
	all, err := datasets.RankingQueries{Queries: queries, Documents: 25, Noise: 0.4, Seed: 1}.Make()
	if err != nil {
		return err
	}
	train, test := selection.Split(all, 0.25, 1) // groups stay whole: no query is in both
	fmt.Fprintf(w, "%d documents to learn from, %d held out\n", train.Rows(), test.Rows())

	best, bestColumn := 0.0, 0
	_, p := test.X.Dims()
	for j := range p {
		column := make([]float64, test.Rows())
		for i := range column {
			column[i] = test.X.At(i, j)
		}
		if v := metrics.NDCG(test.Y, column, test.Group, 10); v > best {
			best, bestColumn = v, j
		}
	}
	fmt.Fprintf(w, "NDCG@10 %.3f by %s alone\n", best, ml.ColumnName(test.Columns, bestColumn))

	grades, err := ensemble.GradientBoostingRegressor{Trees: 100}.Fit(ctx, train)
	if err != nil {
		return err
	}
	ranker := ensemble.GradientBoostingRanker{Trees: 500, Patience: 30}
	model, err := selection.HoldOut(ranker, 0.2).Fit(ctx, train)
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name  string
		model ml.Predictor[float64]
	}{{"a regression on the grades", grades}, {fmt.Sprintf("LambdaMART, %d trees", model.Trees().Trees()), model}} {
		score, err := m.model.Predict(test.X)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "NDCG@10 %.3f by %s\n", metrics.NDCG(test.Y, score, test.Group, 10), m.name)
	}
	return rankOne(w, model, test)
}

// rankOne shows the first held-out query in the order of the model.
func rankOne(w io.Writer, model *ensemble.BoostedRegression, test ml.Dataset[float64]) error {
	score, err := model.Predict(test.X)
	if err != nil {
		return err
	}
	var rows []int
	for i, q := range test.Group {
		if q == test.Group[0] {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(score[b], score[a]) })
	fmt.Fprintf(w, "\nquery %d, best first:\n", test.Group[0])
	for _, i := range rows[:min(5, len(rows))] {
		fmt.Fprintf(w, "  score %6.2f  grade %v\n", score[i], test.Y[i])
	}
	return nil
}
