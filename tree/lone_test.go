package tree

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// The form of large trees against the plain walk, to the bit, with thresholds met exactly and missing values on either side.
func TestLoneTreesAnswerAsThePlainWalk(t *testing.T) {
	x, y := noisy(1500, 6)
	for i := range 1500 {
		for j := range 6 {
			x.Set(math.Round(x.At(i, j)*20), i, j)
			if (i+j)%9 == 0 {
				x.Set(math.NaN(), i, j)
			}
		}
	}
	for _, d := range []DecisionTreeRegressor{{}, {MinSamplesLeaf: 3}} {
		m := fitNumbers(t, d, ml.Data(x, y))
		e := m.Ensemble
		e.engine.scratch.Put(e.engine.lend()) // makes it ready
		p, ok := e.engine.parts[0].(*lone)
		require.True(t, ok, "%d nodes", e.Nodes(0))
		require.Len(t, p.nodes, e.Nodes(0))
		probe := tensor.New[float64](203, 6)
		for i := range 203 {
			for j := range 6 {
				probe.Set(x.At((i*7+j*31)%1500, j), i, j)
				if v := e.Threshold[(i*13+j)%len(e.Threshold)]; i%5 == 0 && v < 1e30 {
					probe.Set(v, i, j)
				}
			}
		}
		for _, m2 := range []tensor.Matrix{probe, probe.To32(), tensor.SparseFrom[float64](probe)} {
			got, err := m.Predict(m2)
			require.NoError(t, err)
			for i := range got {
				row := make([]float64, 6)
				for j := range row {
					row[j] = m2.At(i, j)
				}
				want := make([]float64, 1)
				e.walk(want, row, 1)
				assert.Equal(t, want[0], got[i])
				one, err := m.PredictRow(row)
				require.NoError(t, err)
				assert.Equal(t, want[0], one)
			}
		}
	}
}
