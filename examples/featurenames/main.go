// Featurenames follows names from the header of a CSV file through a pipeline to the coefficients of a model: every one of them says which
// columns of the file it was made of.
//
//	go run ./examples/featurenames
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
)

// The rents of 400 flats, made up.
//
//go:embed rents.csv
var rents []byte

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	table, err := ml.ReadCSV(bytes.NewReader(rents), ml.CSV{})
	if err != nil {
		return err
	}
	data, err := ml.FloatTarget(table, "rent")
	if err != nil {
		return err
	}
	pipe := ml.Pipe(ml.Stages{
		features.Columns{Parts: []features.Part{
			{Columns: features.ByKind(ml.Numeric), Do: ml.Stages{
				ml.Step(features.SimpleImputer{}),
				ml.Step(features.StandardScaler{}),
				ml.Step(features.PolynomialFeatures{InteractionOnly: true}),
			}},
			{Columns: features.ByKind(ml.Categorical), Do: ml.Stages{
				ml.Step(features.SimpleImputer{}),
				ml.Step(features.OneHotEncoder{Drop: features.DropFirst}),
			}},
		}},
		ml.Step(features.SelectKBest[float64]{Score: features.FRegression{}, K: 8}),
	}, linear.OLS{})
	model, err := pipe.Fit(ctx, data)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "the header: %s\n\n%11s  %-18s made of\n", strings.Join(names(model.Columns), ", "), "coefficient", "column")
	for _, e := range effects(model) {
		fmt.Fprintf(w, "%11.2f  %-18s %s\n", e.coef, e.name, strings.Join(e.origin, ", "))
	}
	return nil
}

// effect is one coefficient, the column it belongs to, and the columns of the file that one was made of.
type effect struct {
	coef   float64
	name   string
	origin []string
}

// effects are those of a model, the largest first. The final model knows the columns it was fitted to, and their From leads through all stages
// to the columns of the pipeline.
func effects(model *ml.Chain[float64, *linear.RegressionModel]) []effect {
	header := names(model.Columns)
	var out []effect
	for j, c := range model.Final.Columns {
		e := effect{coef: model.Final.Coef[j], name: c.Name}
		for _, from := range c.From {
			e.origin = append(e.origin, header[from])
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b effect) int { return cmp.Compare(math.Abs(b.coef), math.Abs(a.coef)) })
	return out
}

func names(columns []ml.Column) []string {
	out := make([]string, len(columns))
	for j, c := range columns {
		out[j] = c.Name
	}
	return out
}
