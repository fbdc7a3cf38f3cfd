// Quickstart is the main job from end to end: it reads a CSV file of 344 penguins, compares two models by cross-validation,
// fits the better one, saves it, loads it again, and predicts the species of one bird with its probability.
//
//	go run ./examples/quickstart
package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

// The Palmer penguins of K. Gorman and A. Horst, in the public domain (CC0): see datasets/NOTICE.md.
//
//go:embed penguins.csv
var penguins []byte

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	// Numbers, categories and missing cells are told apart by the reader; the target is a column like any other.
	table, err := ml.ReadCSV(bytes.NewReader(penguins), ml.CSV{})
	if err != nil {
		return err
	}
	birds, err := ml.ClassTarget(table, "species")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d penguins of %d species: %v\n\n", birds.Rows(), birds.K(), birds.Classes)

	// Two models that differ in what they look at. Filling gaps, scaling and encoding are part of the model, so they are
	// learned from training rows alone.
	measured := features.Part{
		Columns: features.ByName{"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"},
		Do:      ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{})},
	}
	named := features.Part{
		Columns: features.ByKind(ml.Categorical), // island and sex
		Do:      ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.OneHotEncoder{})},
	}
	names := []string{"measurements", "all columns"}
	models := selection.Grid(func(parts []features.Part) pipeline {
		return ml.Pipe(features.Columns{Parts: parts}, linear.LogisticRegression{})
	}, []features.Part{measured}, []features.Part{measured, named})

	best, lowest := 0, 0.0
	for i, model := range models {
		cv, err := selection.CrossValidate(ctx, model, birds, selection.StratifiedKFold{K: 5}, selection.Accuracy{}, selection.LogLoss{}, selection.ROCAUC{})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s, 5 folds\n%s\n", names[i], cv)
		if loss := cv.Metrics[1].Mean(); i == 0 || loss < lowest {
			best, lowest = i, loss
		}
	}

	// The better one is fitted to three quarters of the birds and tried on the others.
	train, test := selection.Split(birds, 0.25, 1)
	model, err := models[best].Fit(ctx, train)
	if err != nil {
		return err
	}
	pred, err := model.Predict(test.X)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%q is better: %.3f of %d held-out birds are right\n", names[best], metrics.Accuracy(test.Y, pred), test.Rows())

	// Save, load, and predict one row, as a server would.
	dir, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "penguins.safetensors")
	if err := save(path, model); err != nil {
		return err
	}
	loaded, err := load(path)
	if err != nil {
		return err
	}
	return predictOne(w, loaded, test)
}

type pipeline = ml.Pipeline[ml.Dataset[int], int, *linear.LogisticModel]

func save(path string, model any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := ml.Save(f, model); err != nil {
		return err
	}
	return f.Close()
}

func load(path string) (ml.Classifier, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ml.Load[ml.Classifier](f)
}

func predictOne(w io.Writer, model ml.Classifier, birds ml.Dataset[int]) error {
	one, ok := ml.As[ml.RowProba](model)
	if !ok {
		return fmt.Errorf("the model cannot predict single rows")
	}
	row := make([]float64, len(birds.Columns))
	for j := range row {
		row[j] = birds.X.At(0, j)
	}
	proba := make([]float64, len(birds.Classes))
	if err := one.ProbaRow(proba, row); err != nil {
		return err
	}
	fmt.Fprintf(w, "saved, loaded, and asked about one bird, which is %s:\n", birds.Classes[birds.Y[0]])
	for c, p := range proba {
		fmt.Fprintf(w, "  %-10s %.4f\n", birds.Classes[c], p)
	}
	return nil
}
