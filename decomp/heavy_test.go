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
	trust, kept := quality(t, digits.X, m.Embedding)
	checkQuality(t, "t-SNE, digits", trust, kept, q["tsne"].Trustworthiness, q["tsne"].Kept)
	trust, kept = 0, 0
	for seed := range uint64(3) {
		u, err := UMAP{Seed: seed}.Fit(t.Context(), digits)
		if err != nil {
			t.Fatal(err)
		}
		a, b := quality(t, digits.X, u.Embedding)
		trust, kept = trust+a/3, kept+b/3
	}
	checkQuality(t, "UMAP, digits", trust, kept, q["umap"].Trustworthiness, q["umap"].Kept)
}
