// Structs goes from a []struct to a saved model and back. The tags say what becomes of each field.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
)

type Trip struct {
	Distance float64 `ml:"log1p,scale"`
	Riders   *int    `ml:"impute=median,scale"` // nil: not known
	Weather  string  `ml:"onehot,other"`        // a word never seen counts as other
	Late     bool    `ml:"target"`
}

func main() {
	schema := must(features.For[Trip]())
	trips := must(schema.Classes(history()))
	fitted := must(ml.Pipe(schema.Stage(), linear.LogisticRegression{}).Fit(context.Background(), trips))

	var file bytes.Buffer // or an *os.File
	must(0, ml.Save(&file, must(features.Bind(schema, fitted))))
	model := must(ml.Load[*features.StructModel[Trip, int]](&file))
	p := must(model.Proba(Trip{Distance: 12, Weather: "snow"}))
	fmt.Printf("12 km in snow: late with probability %.2f\n", p[1])
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
