package tree

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
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

// Trees that ask for more columns than a byte counts, as those of one-hot data do: single rows compare their numbers, blocks run in groups, sparse ones by what is stored.
func TestTreesOfManyColumnsAnswerAsThePlainWalk(t *testing.T) {
	const features, n = 400, 203
	r := rand.New(rand.NewPCG(5, 5))
	for _, narrow := range []bool{false, true} {
		b := NewBuilder(Ensemble{Features: features, Outputs: 2, Base: []float64{0.5, -1}})
		for i := range 60 {
			nodes := randomTree(r, shape{features: features, outputs: 1, leaves: 30, float32: narrow})
			for k := range nodes {
				nodes[k].ID = k
				if nodes[k].Rule = nodes[k].Rule&MissingLeft | LessEq; nodes[k].Feature >= 0 && r.IntN(2) == 0 {
					nodes[k].Threshold = 0
				}
			}
			b.Add(i%2, 1, nodes)
		}
		e, err := b.Ensemble()
		require.NoError(t, err)
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		e.engine.scratch.Put(e.engine.lend()) // makes it ready
		p, ok := e.engine.parts[0].(*lone)
		require.True(t, ok)
		assert.Equal(t, kern.TreesFast(), len(p.blocks) > 1, "%d groups", len(p.blocks))
		x := randomRows(n, features, 6)
		for i := range n {
			for j := range features {
				if r.IntN(4) > 0 || math.IsInf(x.At(i, j), 0) || math.IsInf(float64(float32(x.At(i, j))), 0) {
					x.Set(0, i, j)
				}
			}
		}
		for name, same := range map[string]tensor.Matrix{"float64": x, "float32": x.To32(), "CSR": tensor.SparseFrom[float64](x)} {
			for _, rows := range []int{n, 9, 7} {
				part := same
				if rows < n {
					d := tensor.New[float64](rows, features)
					for i := range rows {
						for j := range features {
							d.Set(same.At(i, j), i, j)
						}
					}
					if part = d; name == "CSR" {
						part = tensor.SparseFrom[float64](d)
					} else if name == "float32" {
						part = d.To32()
					}
				}
				got, err := m.Raw(part)
				require.NoError(t, err)
				leaves, err := m.Leaves(part)
				require.NoError(t, err)
				row, want := make([]float64, features), make([]float64, 2)
				for i := range rows {
					for j := range row {
						row[j] = part.At(i, j)
					}
					e.walk(want, row, e.Trees())
					require.True(t, sameBits(want, got.Row(i)), "row %d of %d as %s", i, rows, name)
					for tree := range e.Trees() {
						require.Equal(t, int32(e.leaf(tree, row))-e.Start[tree], leaves[i*e.Trees()+tree])
					}
				}
			}
		}
	}
}
