package features_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/features"
)

var letters = []string{
	"Win a prize now! Prize inside.",
	"Free prize, free money",
	"The report for the meeting",
	"Meeting moved to noon: bring the report",
}

func ExampleCountVectorizer() {
	words, x, err := features.CountVectorizer{MinDF: 2}.FitTransform(context.Background(), letters)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(words.Terms)
	for i := range letters {
		fmt.Println(x.Dense().Row(i))
	}
	// Output:
	// [meeting prize report the]
	// [0 2 0 0]
	// [0 1 0 0]
	// [1 0 1 2]
	// [1 0 1 1]
}

func ExampleTfidfVectorizer() {
	words, x, err := features.TfidfVectorizer{
		Counts: features.CountVectorizer{Text: features.TextAnalysis{MaxN: 2, StopWords: features.EnglishStopWords()}},
	}.FitTransform(context.Background(), letters)
	if err != nil {
		log.Fatal(err)
	}
	cols, vals := x.RowNZ(1)
	for q, j := range cols {
		fmt.Printf("%-11s %.3f\n", words.Terms[j], vals[q])
	}
	// Output:
	// free        0.681
	// free money  0.341
	// free prize  0.341
	// money       0.341
	// prize       0.269
	// prize free  0.341
}

// Counts from texts, weights in the pipeline: cross-validation would learn them in each fold.
func ExampleTfidfTransformer() {
	words, err := features.HashingVectorizer{NoSign: true, NoNorm: true}.Fit(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	x, err := words.Transform(letters)
	if err != nil {
		log.Fatal(err)
	}
	d := ml.Data[int](x, []int{1, 1, 0, 0})
	m, err := ml.Pipe(ml.Step(features.TfidfTransformer{}), bayes.MultinomialNB{}).Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	model, err := features.BindText[int](words, m)
	if err != nil {
		log.Fatal(err)
	}
	spam, err := model.Predict("a free prize for the meeting")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(spam)
	// Output:
	// 0
}

func ExampleHashingVectorizer() {
	words, err := features.HashingVectorizer{Features: 1000}.Fit(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	cols, vals := words.AppendRow(nil, nil, "free prize")
	fmt.Printf("%d %.3f\n", cols, vals)
	// Output:
	// [438 905] [0.707 0.707]
}

func ExampleBindText() {
	words, x, err := features.TfidfVectorizer{}.FitTransform(context.Background(), letters)
	if err != nil {
		log.Fatal(err)
	}
	d := ml.Dataset[int]{Table: ml.Table{X: x, Columns: words.Out()}, Y: []int{1, 1, 0, 0}, Classes: []string{"mail", "spam"}}
	nb, err := bayes.ComplementNB{}.Fit(context.Background(), d)
	if err != nil {
		log.Fatal(err)
	}
	model, err := features.BindText[int](words, nb)
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"Claim your FREE money", "report by noon"} {
		class, err := model.Class(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(class)
	}
	// Output:
	// spam
	// mail
}

func ExampleTextAnalysis_Terms() {
	for term := range (features.TextAnalysis{Unit: features.CharInWordUnit, MinN: 3}).Terms("Go is") {
		fmt.Print(strings.ReplaceAll(term, " ", "_"), " ")
	}
	// Output:
	// _go go_ _is is_
}
