package explain

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// The tokens of a text are summed back to its column, numbers beside it stay.
func TestTokensAreSummedBackToTheirText(t *testing.T) {
	const n = 60
	words := []string{"late", "broken", "thanks", "refund", "great"}
	texts, numbers, y := make([]string, n), tensor.New[float64](n, 2), make([]int, n)
	for i := range n {
		texts[i] = fmt.Sprintf("%s %s order", words[i%5], words[i*7/3%5])
		numbers.Row(i)[0] = float64(i%7) / 7
		if i%5 == 0 || i%5 == 3 || i%7 > 5 {
			y[i] = 1
		}
	}
	x, err := ml.NewTextMatrix(numbers, [][]string{nil, texts})
	require.NoError(t, err)
	ctx := context.Background()
	d := ml.Dataset[int]{Table: ml.Table{X: x, Columns: []ml.Column{{Name: "age"}, {Name: "body", Kind: ml.Text}}}, Y: y}
	chain, err := ml.Pipe(features.Columns{Parts: []features.Part{
		{Columns: features.ByKind(ml.Text), Do: ml.Step(features.Texts{Vectorizer: features.CountVectorizer{}})},
		{Columns: features.ByKind(ml.Numeric), Do: ml.Step(features.StandardScaler{})},
	}}, tree.DecisionTreeClassifier{MaxDepth: 5}).Fit(ctx, d)
	require.NoError(t, err)
	final, err := TreeSHAP{}.For(chain.Final)
	require.NoError(t, err)
	got, err := Through{Stages: chain.Stages, Columns: d.Columns, Final: final}.Explain(ctx, x)
	require.NoError(t, err)
	require.Len(t, got.Columns, 2)
	require.Equal(t, "body", got.Columns[1].Name)
	proba, err := chain.PredictProba(x)
	require.NoError(t, err)
	worst, err := got.Additivity(proba)
	require.NoError(t, err)
	require.Less(t, worst, 1e-12)
}
