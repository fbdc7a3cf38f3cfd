// Topics finds what three dozen short notes are about, without being told: it counts their words, lets latent Dirichlet allocation divide them into three topics, prints the words that say most about each, how well these go
// together, and which topic a note that it has not seen is about.
//
//	go run ./examples/topics
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/decomp"
	"github.com/gopherwood-ml/ml/features"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	counter := features.CountVectorizer{MinDF: 2, Text: features.TextAnalysis{StopWords: features.EnglishStopWords()}}
	words, counts, err := counter.FitTransform(ctx, texts)
	if err != nil {
		return err
	}
	var topics *decomp.LDAModel
	for seed := range uint64(20) { // where the fit comes to rest depends on its start: the best of a few is kept
		lda := decomp.LatentDirichletAllocation{Components: 3, DocTopicPrior: 0.1, TopicWordPrior: 0.1, MaxIter: 100, Seed: seed}
		m, err := lda.Fit(ctx, ml.Table{X: counts})
		if err != nil {
			return err
		}
		if topics == nil || m.Perplexity < topics.Perplexity {
			topics = m
		}
	}
	fmt.Fprintf(w, "%d notes, %d words; perplexity %.1f\n", len(texts), len(words.Terms), topics.Perplexity)
	top := topics.TopWords(6)
	coherence, err := decomp.Coherence(top, counts, decomp.NPMI)
	if err != nil {
		return err
	}
	for k, columns := range top {
		var names []string
		for _, j := range columns {
			names = append(names, words.Terms[j])
		}
		fmt.Fprintf(w, "topic %d (coherence %.2f): %s\n", k, coherence[k], strings.Join(names, " "))
	}
	for _, note := range []string{"Salt the onions and bake the bread.", "A planet, a star and a moon.", "The team scored a goal.", "The players watched a comet."} {
		x, err := words.Transform([]string{note})
		if err != nil {
			return err
		}
		shares, err := topics.Transform(x)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-36s %.2f %.2f %.2f\n", note, shares.At(0, 0), shares.At(0, 1), shares.At(0, 2))
	}
	return nil
}
