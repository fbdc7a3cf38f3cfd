// Tickets goes from a CSV file of support tickets, with numbers, categories, free text and missing cells, to a saved pipeline that answers one
// JSON record: will this ticket be escalated?
//
//	go run ./examples/tickets
package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

// 600 tickets, made up.
//
//go:embed tickets.csv
var tickets []byte

// fitted is the pipeline behind Fit, and what the file holds.
type fitted = ml.Chain[int, *linear.LogisticModel]

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	// Only the text has to be declared; the reader tells numbers and categories apart by itself.
	table, err := ml.ReadCSV(bytes.NewReader(tickets), ml.CSV{Schema: ml.Schema{Types: map[string]ml.Type{"message": ml.TypeText}}})
	if err != nil {
		return err
	}
	data, err := ml.ClassTarget(table, "escalated", "no", "yes")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d tickets:\n", data.Rows())
	for _, c := range data.Columns {
		fmt.Fprintf(w, "  %-12s %v\n", c.Name, c.Kind)
	}

	// Medians, scales, categories and words are learned from training rows alone, in every fold anew.
	numbers := features.Part{
		Columns: features.ByKind(ml.Numeric),
		Do:      ml.Stages{ml.Step(features.SimpleImputer{Strategy: features.Median, AddIndicator: true}), ml.Step(features.StandardScaler{})},
	}
	categories := features.Part{
		Columns: features.ByKind(ml.Categorical),
		Do:      ml.Step(features.OneHotEncoder{Unknown: features.UnknownIgnore}), // what is missing is a category, too
	}
	words := features.Part{
		Columns: features.ByKind(ml.Text),
		Do:      ml.Step(features.Texts{Vectorizer: features.TfidfVectorizer{Counts: features.CountVectorizer{MinDF: 3}}}),
	}
	withText := ml.Pipe(features.Columns{Parts: []features.Part{numbers, categories, words}}, linear.LogisticRegression{})
	without := ml.Pipe(features.Columns{Parts: []features.Part{numbers, categories}}, linear.LogisticRegression{})
	fmt.Fprintln(w, "\nROC AUC over 5 folds:")
	for _, p := range []struct {
		name string
		pipe ml.Pipeline[ml.Dataset[int], int, *linear.LogisticModel]
	}{{"without the text", without}, {"with the text", withText}} {
		cv, err := selection.CrossValidate(ctx, p.pipe, data, selection.StratifiedKFold{K: 5}, selection.ROCAUC{})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-17s %.3f\n", p.name, cv.Metrics[0].Mean())
	}

	// One file holds everything from the raw columns to the coefficients.
	model, err := withText.Fit(ctx, data)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := ml.Save(&file, model); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nsaved: %d kB, loaded, and asked:\n", file.Len()/1000)
	loaded, err := ml.Load[*fitted](&file)
	if err != nil {
		return err
	}
	for _, record := range []string{
		`{"message": "Could you tell me where the export setting is?", "plan": "team", "channel": "chat", "seats": 12, "hours_waited": 2}`,
		`{"plan": "enterprise", "channel": "phone", "seats": 300, "hours_waited": 20.5, "message": "Outage again, data lost: refund us, or we cancel the contract!"}`,
		`{"channel": "fax", "message": "The page is down and everything is broken"}`, // no plan, no seats, and a channel no ticket came by
	} {
		class, p, err := serve(loaded, record)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n  escalated: %s, with probability %.2f\n", record, class, p)
	}
	return nil
}

// serve answers one JSON record: the class, and the probability of "yes". Keys may come in any order, and be missing.
func serve(model *fitted, record string) (class string, yes float64, err error) {
	one, err := ml.ReadJSONLines(strings.NewReader(record), ml.Schema{Like: model.Columns, UnseenMissing: true})
	if err != nil {
		return "", 0, err
	}
	if one, err = ml.Align(model, one); err != nil {
		return "", 0, err
	}
	p, err := model.PredictProba(one.X)
	if err != nil {
		return "", 0, err
	}
	yes = p.At(0, 1)
	if yes > 0.5 {
		return model.Classes[1], yes, nil
	}
	return model.Classes[0], yes, nil
}
