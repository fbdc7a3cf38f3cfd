package tree

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// mixed is an ensemble in which no form suits all trees: more cuts than bytes tell apart, trees of more leaves than that, and categories.
func mixed(t testing.TB, float32, average bool) *Ensemble {
	r := rand.New(rand.NewPCG(4, 4))
	b := NewBuilder(Ensemble{Features: 6, Outputs: 2, Float32: float32, Average: average, Base: []float64{0.5, -1}, Stage: 2})
	for i := range 130 {
		s := shape{features: 6, outputs: 1, leaves: 60, float32: float32}
		switch {
		case i >= 40 && i < 44:
			s.leaves = 400
		case i >= 90 && i < 94, i == 97:
			s.categories = true
		}
		nodes := randomTree(r, s)
		for k := range nodes {
			nodes[k].ID = k
		}
		b.Add(i%2, 1, nodes)
	}
	e, err := b.Ensemble()
	require.NoError(t, err)
	return e
}

func TestSeveralPartsAnswerAsTheWalk(t *testing.T) {
	for _, float32 := range []bool{false, true} {
		for _, average := range []bool{false, true} {
			e := mixed(t, float32, average)
			m, err := NewMultiRegressionModel(ml.Fitted{}, e)
			require.NoError(t, err)
			const n = 300
			x := randomRows(n, 6, 5)
			want, row := tensor.New[float64](n, 2), make([]float64, 2)
			for i := range n {
				e.walk(want.Row(i), x.Row(i), e.Trees())
				require.NoError(t, m.RawRow(row, x.Row(i)))
				require.True(t, sameBits(want.Row(i), row), "row %d alone", i)
			}
			groups, others, next := 0, 0, 0
			for _, p := range e.engine.parts {
				switch p := p.(type) {
				case *group:
					assert.Equal(t, next, p.first)
					groups, next = groups+1, p.last
				case *packed:
					assert.Equal(t, next, p.first)
					others, next = others+1, p.last
				}
			}
			assert.Equal(t, e.Trees(), next)
			if kern.TreesFast() {
				assert.Greater(t, groups, 2)
				assert.Equal(t, 2, others)
			}
			for name, same := range map[string]tensor.Matrix{"float64": x, "CSR": tensor.SparseFrom[float64](x)} {
				leaves, err := m.Leaves(same)
				require.NoError(t, err)
				for i := range n {
					for tree := range e.Trees() {
						require.Equal(t, int32(e.leaf(tree, x.Row(i)))-e.Start[tree], leaves[i*e.Trees()+tree])
					}
				}
				got, err := m.Raw(same)
				require.NoError(t, err)
				for i := range n {
					require.True(t, sameBits(want.Row(i), got.Row(i)), "row %d as %s", i, name)
				}
			}
		}
	}
}

func BenchmarkBatchOfManyCuts(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 3))
	s := shape{features: 28, outputs: 1, leaves: 255}
	builder := NewBuilder(Ensemble{Features: 28, Outputs: 1})
	for range 500 {
		nodes := randomTree(r, s)
		for i := range nodes {
			if !nodes[i].Leaf() {
				nodes[i].Threshold, nodes[i].Rule = r.NormFloat64(), LessEq
			}
		}
		builder.Add(0, 1, nodes)
	}
	e, err := builder.Ensemble()
	require.NoError(b, err)
	m, err := NewRegressionModel(ml.Fitted{}, e)
	require.NoError(b, err)
	x := tensor.New[float64](2000, 28)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	b.Run("groups", func(b *testing.B) { benchmarkBatch(b, &m.Model, x) })
	b.Run("row", func(b *testing.B) { benchmarkRow(b, &m.Model, x) })
}
