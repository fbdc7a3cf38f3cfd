//go:build heavy

package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
)

func TestLayoutsOfDigitsKeepNeighborsAsPeersDo(t *testing.T) {
	q := golden.Load[embeddingsGolden](t, "testdata/embeddings.json").Quality["digits"]
	digits := datasets.Digits().Table
	m, err := TSNE{}.Fit(t.Context(), digits)
	if err != nil {
		t.Fatal(err)
	}
	checkQuality(t, "t-SNE, digits", digits.X, m.Embedding, q["tsne"].Trustworthiness, q["tsne"].Kept)
	for seed := range uint64(3) {
		u, err := UMAP{Seed: seed}.Fit(t.Context(), digits)
		if err != nil {
			t.Fatal(err)
		}
		checkQuality(t, "UMAP, digits", digits.X, u.Embedding, q["umap"].Trustworthiness, q["umap"].Kept)
	}
}
