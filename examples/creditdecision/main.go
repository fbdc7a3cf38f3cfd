// Creditdecision decides on applications for credit and answers for it: it trains boosted trees on loans of the past, refuses an application, says which reasons weighed most, finds the smallest changes
// with which it would have been accepted (proven to be the smallest), writes the letter, and draws the pictures for the file.
//
//	go run ./examples/creditdecision -pictures /tmp
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tree"
)

// chance is the probability of being paid back from which an application is accepted.
const chance = 0.7

func main() {
	pictures := flag.String("pictures", "", "a folder to write pictures to")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, 8000, *pictures); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, n int, pictures string) error {
	train, test := selection.Split(applicants(n, 1), 0.25, 1)
	// More income or fewer late payments must never count against anyone: the trees are bound to it, so no letter has to explain the contrary.
	monotone := make([]int, len(train.Columns))
	monotone[income], monotone[employed], monotone[debt], monotone[late] = 1, 1, -1, -1
	model, err := ensemble.GradientBoostingClassifier{Trees: 60, MaxLeaves: 8, Monotone: monotone}.Fit(ctx, train)
	if err != nil {
		return err
	}
	p, err := model.PredictProba(test.X)
	if err != nil {
		return err
	}
	paid := make([]float64, test.Rows())
	refused := -1
	for i := range paid {
		paid[i] = p.Row(i)[1]
		if refused < 0 && paid[i] > 0.45 && paid[i] < 0.55 && test.X.At(i, late) > 0 {
			refused = i
		}
	}
	fmt.Fprintf(w, "AUC on loans that were held out: %.3f\n", metrics.ROCAUC(test.Y, paid))
	if refused < 0 {
		return fmt.Errorf("nobody is refused by a little")
	}
	row := make([]float64, len(train.Columns))
	for j := range row {
		row[j] = test.X.At(refused, j)
	}

	// Why? The reasons are exact Shapley values: they add up to the log-odds of being paid back.
	explainer, err := explain.TreeSHAP{}.For(model)
	if err != nil {
		return err
	}
	why, err := explainer.Explain(ctx, test.X)
	if err != nil {
		return err
	}
	text, err := why.Text(refused, 0, 4)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nFor the file: chance of being paid back %.2f, accepted from %.2f on\n%s", paid[refused], chance, text)

	// What would have to be different? Nobody gets younger, and past payments stay late; an amount comes in hundreds, a term in years.
	better, err := explain.TreeCounterfactuals{Class: 1, Chance: chance, Count: 2, Data: train.Table, Limits: []explain.Limit{
		{Column: age, Fixed: true}, {Column: late, Fixed: true}, {Column: purpose, Fixed: true},
		{Column: employed, Fixed: true}, {Column: income, Direction: 1, Step: 100, Weight: 3}, {Column: debt, Direction: -1, Step: 100},
		{Column: amount, Direction: -1, Lo: 500, Hi: row[amount], Step: 100}, {Column: months, Lo: 12, Hi: 72, Step: 12},
	}}.Of(ctx, model, row)
	if err != nil {
		return err
	}
	if err := letter(w, why, refused, better); err != nil {
		return err
	}
	if pictures == "" {
		return nil
	}
	return draw(ctx, pictures, why, refused, model, test)
}

// letter is what the applicant gets.
func letter(w io.Writer, why *explain.Explanation, row int, better *explain.Counterfactuals) error {
	reasons, _, err := why.Reasons(row, 0, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nDear applicant,\n\nwe cannot accept your application as it is. What weighed most against it:\n")
	told := 0
	for _, r := range reasons {
		if r.Value < 0 && told < 3 {
			told++
			fmt.Fprintf(w, "  %d. %s: %s\n", told, r.Column, r.X)
		}
	}
	for k := range better.Found {
		text, err := better.Text(k)
		if err != nil {
			return err
		}
		start := "\nWe would accept it with"
		if k > 0 {
			start = "\nor with"
		}
		fmt.Fprintf(w, "%s\n  %s\n", start, strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  "))
	}
	if better.Proven && len(better.Found) > 0 {
		fmt.Fprintf(w, "\nNo smaller change would have been enough.\n")
	}
	return nil
}

// draw writes the pictures.
func draw(ctx context.Context, folder string, why *explain.Explanation, row int, model tree.Grown, test ml.Dataset[int]) error {
	curve, err := explain.PartialDependence{Columns: []int{income}, Points: 40}.OfTrees(ctx, model, test.Table)
	if err != nil {
		return err
	}
	for name, picture := range map[string]func(io.Writer) error{
		"waterfall": func(w io.Writer) error { return why.WriteWaterfall(w, row, 0, 0) },
		"force":     func(w io.Writer) error { return why.WriteForce(w, row, 0, 0) },
		"beeswarm":  func(w io.Writer) error { return why.WriteBeeswarm(w, 0, 0) },
		"income":    func(w io.Writer) error { return curve.WriteSVG(w, 0) },
	} {
		var b strings.Builder
		if err := picture(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "credit-"+name+".svg"), []byte(b.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
