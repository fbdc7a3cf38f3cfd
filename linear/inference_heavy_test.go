//go:build heavy

package linear

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// A sparse matrix of very many columns, but more rows, has the statistics of the same numbers in dense rows.
func TestOLSInferenceOfWideSparse(t *testing.T) {
	const rows, cols = 2600, 2100
	r := rng.New(1, 0)
	x, y := tensor.New[float64](rows, cols), make([]float64, rows)
	for i := range rows {
		y[i] = r.NormFloat64()
		for range 6 {
			x.Set(r.NormFloat64(), i, r.IntN(cols))
		}
		x.Set(1+r.Float64(), i, i%cols)
	}
	dense, err := OLSInference{}.Fit(ctx, ml.Data(x, y))
	require.NoError(t, err)
	sparse, err := OLSInference{}.Fit(ctx, ml.Data[float64](tensor.SparseFrom[float64](x), y))
	require.NoError(t, err)
	var got, want []float64
	for _, term := range dense.Terms() {
		want = append(want, term.Estimate, term.StdErr)
	}
	for _, term := range sparse.Terms() {
		got = append(got, term.Estimate, term.StdErr)
	}
	golden.Close(t, got, want, 1e-8, 1e-9, "terms")
	golden.Close(t, sparse.Leverage, dense.Leverage, 1e-8, 1e-10, "leverage")
}
