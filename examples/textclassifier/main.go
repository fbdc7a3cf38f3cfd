// Textclassifier tells what texts are about: it draws 20 000 of them on four topics, turns words into TF-IDF weights, fits logistic regression
// and naive Bayes to the sparse matrix, shows the words that tell topics apart, saves the better model with its vocabulary, loads it, and
// serves one text.
//
//	go run ./examples/textclassifier
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
)

func main() {
	if err := run(context.Background(), os.Stdout, 20_000); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, n int) error {
	texts, y := drawTexts(n, 1)
	held := n / 4 // texts come in no order: the first ones are as good as any
	test, testY := texts[:held], y[:held]
	names := make([]string, len(topics))
	for k, t := range topics {
		names[k] = t.name
	}

	// The vocabulary is learned from training texts alone.
	words, x, err := features.TfidfVectorizer{
		Counts: features.CountVectorizer{MinDF: 2, Text: features.TextAnalysis{StopWords: features.EnglishStopWords()}},
	}.FitTransform(ctx, texts[held:])
	if err != nil {
		return err
	}
	train := ml.Dataset[int]{Table: ml.Table{X: x, Columns: words.Out()}, Y: y[held:], Classes: names}
	fmt.Fprintf(w, "%d texts to learn from, %d words, %d weights other than 0\n\n", train.Rows(), len(words.Terms), x.NNZ())

	nb, err := bayes.MultinomialNB{}.Fit(ctx, train)
	if err != nil {
		return err
	}
	logistic, err := linear.LogisticRegression{C: 10}.Fit(ctx, train)
	if err != nil {
		return err
	}
	var best ml.Classifier
	top := 0.0
	for _, m := range []struct {
		name  string
		model ml.Classifier
	}{{"naive Bayes", nb}, {"logistic regression", logistic}} {
		z, err := words.Transform(test)
		if err != nil {
			return err
		}
		pred, err := m.model.Predict(z)
		if err != nil {
			return err
		}
		score := metrics.Accuracy(testY, pred)
		fmt.Fprintf(w, "%-20s %.3f of %d held-out texts are right\n", m.name, score, held)
		if score > top {
			best, top = m.model, score
		}
	}

	fmt.Fprintln(w, "\nwords that speak for a topic, the strongest first:")
	for k, name := range names {
		fmt.Fprintf(w, "  %-10s %s\n", name, strings.Join(strongest(words.Terms, logistic.Coef.Row(k), 6), " "))
	}

	// One file holds the words, their weights and the model.
	both, err := features.BindText[int](words, best)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := ml.Save(&file, both); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nsaved: %d kB; loaded, and asked about one text:\n", file.Len()/1000)
	loaded, err := ml.Load[*features.TextModel[int]](&file)
	if err != nil {
		return err
	}
	return serve(w, loaded, "The referee saw it, and the keeper was late: a goal, and the whole stadium sang the tune!")
}

// strongest are the terms of the n largest coefficients.
func strongest(terms []string, coef []float64, n int) []string {
	order := make([]int, len(coef))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case coef[a] > coef[b]:
			return -1
		case coef[a] < coef[b]:
			return 1
		}
		return 0
	})
	var out []string
	for _, j := range order[:min(n, len(order))] {
		out = append(out, terms[j])
	}
	return out
}

func serve(w io.Writer, model *features.TextModel[int], text string) error {
	class, err := model.Class(text)
	if err != nil {
		return err
	}
	p, err := model.Proba(text)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "  %q\n  is about %s:", text, class)
	for k, v := range p {
		fmt.Fprintf(w, " %s %.3f", model.Meta().Classes[k], v)
	}
	fmt.Fprintln(w)
	return nil
}
