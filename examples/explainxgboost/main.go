// Explainxgboost says why a model that was trained with XGBoost in Python (internal/golden/explainxgboost.py) wants so much rent for a flat: against what was asked on the whole, and against the
// other flats of its district; then what counts most for all flats, and which two columns count together.
//
//	go run ./examples/explainxgboost
package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"math"
	"os"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

//go:embed model.json
var file []byte

//go:embed flats.csv
var text []byte

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	model, err := tree.ReadXGBoost[*tree.RegressionModel](bytes.NewReader(file))
	if err != nil {
		return err
	}
	// The model knows its columns, and which number stands for which district.
	flats, err := ml.ReadCSV(bytes.NewReader(text), ml.CSV{Schema: ml.Schema{Like: model.Columns}})
	if err != nil {
		return err
	}
	explainer, err := explain.TreeSHAP{}.For(model)
	if err != nil {
		return err
	}
	why, err := explainer.Explain(ctx, flats.X)
	if err != nil {
		return err
	}
	if err := show(w, "The first flat, against all that the model learned from:", why, 0); err != nil {
		return err
	}
	if err := withinDistrict(ctx, w, model, flats, 0); err != nil {
		return err
	}
	if err := showImportance(w, why); err != nil {
		return err
	}
	pairs, err := explainer.Interactions(ctx, flats.X)
	if err != nil {
		return err
	}
	showStrongest(w, pairs)

	answers, err := model.Raw(flats.X)
	if err != nil {
		return err
	}
	off, err := why.Additivity(answers)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Base and values add up to the model's answers but for the rounding of its float32: %v\n", off < 1e-6)
	return nil
}

func show(w io.Writer, title string, why *explain.Explanation, row int) error {
	reasons, err := why.Text(row, 0, 4)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s\n%s\n", title, reasons)
	return nil
}

// withinDistrict explains a flat against those of its district: where it lies explains nothing then.
func withinDistrict(ctx context.Context, w io.Writer, model *tree.RegressionModel, flats ml.Table, row int) error {
	const district = 4
	x := tensor.FromMatrix[float64](flats.X)
	var others []int
	for i := range flats.Rows() {
		if i != row && x.Row(i)[district] == x.Row(row)[district] {
			others = append(others, i)
		}
	}
	explainer, err := explain.TreeSHAP{Background: flats.Select(others)}.For(model)
	if err != nil {
		return err
	}
	why, err := explainer.Explain(ctx, x.Rows(row, row+1))
	if err != nil {
		return err
	}
	return show(w, fmt.Sprintf("The same flat, against the %d others of its district:", len(others)), why, 0)
}

func showImportance(w io.Writer, why *explain.Explanation) error {
	mean, err := why.Importance(0)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "What moves the rent of all flats, on average:")
	for _, j := range explain.Order(mean) {
		fmt.Fprintf(w, "  %6.1f  %s\n", mean[j], why.Columns[j].Name)
	}
	fmt.Fprintln(w)
	return nil
}

// showStrongest names the pair of columns that count most together: an interaction stands half on either side of the diagonal.
func showStrongest(w io.Writer, pairs *explain.Interactions) {
	p := len(pairs.Columns)
	n := pairs.Values.Shape()[0]
	sizes := make([]float64, p*p)
	for i := range n {
		for q, v := range pairs.Matrix(i, 0) {
			sizes[q] += 2 * math.Abs(v) / float64(n)
		}
	}
	a, b := 0, 1
	for i := range p {
		for j := i + 1; j < p; j++ {
			if sizes[i*p+j] > sizes[a*p+b] {
				a, b = i, j
			}
		}
	}
	fmt.Fprintf(w, "%s and %s count most together: %.1f\n", pairs.Columns[a].Name, pairs.Columns[b].Name, sizes[a*p+b])
}
