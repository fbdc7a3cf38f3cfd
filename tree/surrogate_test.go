package tree

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// rpartTree is a tree as rpart tells it. Children of node k are 2k and 2k+1. Each inner node has its split and its surrogates in Split, Ncat, Index,
// Agreement and Adj: numbers below Index go left if Ncat is -1, right if it is 1; else row Index of Csplit has 1 for levels that go left, 3 for right.
type rpartTree struct {
	Var, Split                                               []string
	Node, N, Surrogates, Ncat, Index, Agreement, Adj, Csplit []float64
	Predict                                                  []float64
	Levels                                                   int
}

// compareRpart walks both trees. Which child is the left one is not the same: flip says whether they are exchanged.
func compareRpart(t *testing.T, want *rpartTree, got *SurrogateTree) (surrogates int) {
	place, splits := map[int]int{}, make([]int, len(want.Var))
	at := 0
	for i, node := range want.Node {
		place[int(node)] = i
		splits[i] = at
		if want.Var[i] != "<leaf>" {
			at += 1 + int(want.Surrogates[i])
		}
	}
	require.Len(t, want.Split, at)
	names := []string{"a", "b", "c", "e", "f"}
	// side reports for numbers up to the threshold, or a level, whether split k of rpart sends them left; known is false for a level it has not seen.
	side := func(k, level int) (left, known bool) {
		if math.Abs(want.Ncat[k]) == 1 {
			return want.Ncat[k] < 0, true
		}
		v := want.Csplit[(int(want.Index[k])-1)*want.Levels+level]
		return v == 1, v != 2
	}
	var visit func(node, i int)
	visit = func(node, i int) {
		k := place[node]
		n := got.Ensemble.Node(0, i)
		require.Equal(t, int(want.N[k]), n.Samples)
		if want.Var[k] == "<leaf>" {
			require.True(t, n.Leaf())
			return
		}
		require.Equal(t, want.Var[k], names[n.Feature])
		s := splits[k]
		flip := false
		if n.Set == nil {
			require.InDelta(t, want.Index[s], n.Threshold, 1e-12)
			left, _ := side(s, 0)
			flip = !left
		} else {
			first := true
			for level := range want.Levels {
				left, known := side(s, level)
				if !known {
					continue
				}
				if first {
					flip, first = left != contains(n.Set, level), false
				}
				require.Equal(t, left != flip, contains(n.Set, level))
			}
		}
		own := got.Surrogates[i]
		require.Len(t, own, int(want.Surrogates[k]))
		for q := range own {
			r := s + 1 + q
			surrogates++
			require.Equal(t, want.Split[r], names[own[q].Feature])
			require.InDelta(t, want.Agreement[r], own[q].Agreement, 1e-9)
			require.InDelta(t, want.Adj[r], own[q].Adjusted, 1e-9)
			if own[q].Set == nil {
				require.InDelta(t, want.Index[r], own[q].Threshold, 1e-12)
				left, _ := side(r, 0)
				require.Equal(t, left != flip, own[q].Left)
				continue
			}
			for level := range want.Levels {
				if left, known := side(r, level); known {
					require.Equal(t, left != flip, own[q].goesLeft(float64(level)))
				}
			}
		}
		children := [2]int{n.Left, n.Right}
		if flip {
			children[0], children[1] = children[1], children[0]
		}
		visit(2*node, children[0])
		visit(2*node+1, children[1])
	}
	visit(1, 0)
	return surrogates
}

// Splits, surrogates, their order and their agreement are rpart's; agreements are sums of weights that are rounded to 40 bits.
func TestSurrogatesAreRparts(t *testing.T) {
	want := golden.Load[struct {
		X              [][]float64
		Y, Weight      []float64
		Class          []int
		Anova, Classes rpartTree
	}](t, "testdata/rpart.json")
	x, err := tensor.FromRows(want.X)
	require.NoError(t, err)
	table := ml.Table{X: x, Weight: want.Weight, Columns: []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "e"}, {Name: "f", Kind: ml.Categorical}}}
	number, err := SurrogateRegressor{Surrogates: 4, Tree: DecisionTreeRegressor{MaxDepth: 4, MinSamplesSplit: 20, MinSamplesLeaf: 7}}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: want.Y})
	require.NoError(t, err)
	assert.Greater(t, compareRpart(t, &want.Anova, &number.SurrogateTree), 20)
	got, err := number.Predict(x)
	require.NoError(t, err)
	golden.Close(t, got, want.Anova.Predict, 1e-9, 1e-12, "predictions")
	class, err := SurrogateClassifier{Surrogates: 4, Tree: DecisionTreeClassifier{MaxDepth: 4, MinSamplesSplit: 20, MinSamplesLeaf: 7}}.Fit(ctx, ml.Dataset[int]{Table: table, Y: want.Class})
	require.NoError(t, err)
	assert.Greater(t, compareRpart(t, &want.Classes, &class.SurrogateTree), 20)
	proba, err := class.PredictProba(x)
	require.NoError(t, err)
	golden.Close(t, proba.Cols(1, 2).Clone().Data(), want.Classes.Predict, 1e-9, 1e-12, "probabilities")
	// Sparse rows, best-first growth without a limit that binds, and a file give the same tree.
	table.X = tensor.SparseFrom[float64](x)
	sparse, err := SurrogateRegressor{Surrogates: 4, Tree: DecisionTreeRegressor{MaxDepth: 4, MinSamplesSplit: 20, MinSamplesLeaf: 7, MaxLeaves: 1000}}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: want.Y})
	require.NoError(t, err)
	assert.Equal(t, number.Surrogates, sparse.Surrogates)
	var file bytes.Buffer
	require.NoError(t, ml.Save(&file, number))
	again, err := ml.Load[*SurrogateRegressionModel](&file)
	require.NoError(t, err)
	assert.Equal(t, number.Surrogates, again.Surrogates)
}

// A column that is nearly a copy makes good what is missing in prediction, though nothing was in training.
func TestSurrogatesStandInAtPrediction(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	n := 500
	x, y := tensor.New[float64](n, 3), make([]float64, n)
	for i := range n {
		v := r.NormFloat64()
		x.Set(v, i, 0)
		x.Set(-v+r.NormFloat64()/50, i, 1)
		x.Set(r.NormFloat64(), i, 2)
		if v > 0 {
			y[i] = 1
		}
	}
	m, err := SurrogateRegressor{Tree: DecisionTreeRegressor{MaxDepth: 1}}.Fit(ctx, ml.Data(x, y))
	require.NoError(t, err)
	assert.Equal(t, 1, m.Surrogates[0][0].Feature)
	assert.Greater(t, m.Surrogates[0][0].Adjusted, 0.9)
	nan := math.NaN()
	rows := tensor.FromSlice([]float64{nan, 1, 0, nan, -1, 0, nan, nan, nan, 1, nan, nan}, 4, 3)
	got, err := m.Predict(rows)
	require.NoError(t, err)
	larger := m.Ensemble.Value[1]
	if m.Ensemble.Cover[2] >= m.Ensemble.Cover[1] {
		larger = m.Ensemble.Value[2]
	}
	assert.Equal(t, []float64{0, 1, larger, 1}, got)
	for _, c := range []SurrogateRegressor{{Surrogates: -1}, {Tree: DecisionTreeRegressor{Monotone: []int{1, 0, 0}}}, {Tree: DecisionTreeRegressor{Criterion: Huber}}, {Tree: DecisionTreeRegressor{Splitter: RandomSplit}},
		{Tree: DecisionTreeRegressor{Bins: Binning{Max: 9}}}, {Tree: DecisionTreeRegressor{CCPAlpha: 1}}, {Tree: DecisionTreeRegressor{MaxDepth: -1}}} {
		_, err := c.Fit(ctx, ml.Data(x, y))
		assert.ErrorIs(t, err, ml.ErrConfig)
	}
	m.Surrogates[0][0].Feature = 9
	assert.ErrorIs(t, m.Restore(), ml.ErrFormat)
}
