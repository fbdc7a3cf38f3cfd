package explain

import (
	"context"
	"maps"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// This file is the meaning of all values, over all sets of columns.

// brute returns the index of each column and the interaction of each pair (lower first) of a game over d columns.
func brute(index Index, d int, v func(set int) float64) (single []float64, pairs [][]float64) {
	values := make([]float64, 1<<d)
	for s := range values {
		values[s] = v(s)
	}
	weight := func(size, players int) float64 { // of a set of so many of players others
		if index == Banzhaf {
			return math.Ldexp(1, -players)
		}
		w := 1 / float64(players+1)
		for i := range size {
			w *= float64(i+1) / float64(players-i)
		}
		return w
	}
	single, pairs = make([]float64, d), make([][]float64, d)
	for i := range d {
		pairs[i] = make([]float64, d)
		for s := range values {
			if s>>i&1 != 0 {
				continue
			}
			single[i] += weight(bits.OnesCount(uint(s)), d-1) * (values[s|1<<i] - values[s])
			for j := i + 1; j < d; j++ {
				if s>>j&1 == 0 {
					pairs[i][j] += weight(bits.OnesCount(uint(s)), d-2) * (values[s|1<<i|1<<j] - values[s|1<<i] - values[s|1<<j] + values[s])
				}
			}
		}
	}
	return single, pairs
}

// byCover is what the trees answer in output k when only the columns of the set are known.
func byCover(x *TreeExplainer, k int, row []float64, set int) float64 {
	e := x.e
	sum := e.Base[k]
	for t := range e.Trees() {
		if !e.Vector && x.output(t) != k {
			continue
		}
		root := int(e.Start[t])
		var visit func(node int) float64
		visit = func(node int) float64 {
			j := e.Feature[node]
			if j < 0 {
				return leafOf(e, node, k)
			}
			left, right := root+int(e.Left[node]), root+int(e.Right[node])
			if set>>j&1 != 0 {
				if e.Passes(node, row[j]) {
					return visit(left)
				}
				return visit(right)
			}
			return coverShare(e, root, node, left)*visit(left) + coverShare(e, root, node, right)*visit(right)
		}
		sum += x.factor(t, k) * visit(root)
	}
	return sum
}

// byBackground is the mean answer when the columns of the set are the row's and the others each background row's.
func byBackground(x *TreeExplainer, k int, row []float64, set int, background *tensor.Tensor[float64], weight []float64) float64 {
	sum, total := 0.0, 0.0
	mixed, answer := make([]float64, len(row)), make([]float64, x.e.Outputs)
	for i := range background.Shape()[0] {
		for j := range mixed {
			mixed[j] = background.Row(i)[j]
			if set>>j&1 != 0 {
				mixed[j] = row[j]
			}
		}
		x.raw(answer, mixed)
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		sum, total = sum+w*answer[k], total+w
	}
	return sum / total
}

// shape says what random trees are to have.
type shape struct {
	features, trees, depth, outputs                       int
	vector, average, weights, categories, missing, linear bool
	float32s                                              bool
}

func randomTrees(t *testing.T, r *rand.Rand, s shape) *tree.RegressionModel {
	t.Helper()
	e := tree.Ensemble{Features: s.features, Outputs: max(1, s.outputs), Vector: s.vector, Average: s.average, Float32: s.float32s}
	e.Base = make([]float64, e.Outputs)
	for k := range e.Base {
		e.Base[k] = float64(float32(r.NormFloat64()))
	}
	b := tree.NewBuilder(e)
	for i := range s.trees {
		var nodes []tree.Node
		var grow func(depth int, cover float64) int
		grow = func(depth int, cover float64) int {
			at := len(nodes)
			n := tree.Node{Feature: -1, Cover: cover}
			nodes = append(nodes, n)
			if depth == 0 || cover < 2 || depth < s.depth && r.Float64() < 0.1 {
				width := 1
				if s.vector {
					width = e.Outputs
				}
				for range width {
					n.Value = append(n.Value, float64(float32(r.NormFloat64())))
				}
				if s.linear {
					n.Linear = &tree.Line{Const: r.NormFloat64()}
					for j := range s.features {
						if r.IntN(2) == 0 {
							n.Linear.Features, n.Linear.Coef = append(n.Linear.Features, int32(j)), append(n.Linear.Coef, r.NormFloat64())
						}
					}
				}
				nodes[at] = n
				return at
			}
			n.Feature = r.IntN(s.features)
			n.Value = make([]float64, 1)
			if s.vector {
				n.Value = make([]float64, e.Outputs)
			}
			n.Rule = tree.LessEq
			if r.IntN(2) == 0 {
				n.Rule = tree.Less
			}
			n.Threshold = float64(float32(r.NormFloat64() / 2))
			if s.categories && n.Feature%2 == 1 {
				n.Rule, n.Threshold = tree.In, 0
				n.Set = []uint32{uint32(r.IntN(15) + 1)}
			}
			if s.missing && r.IntN(2) == 0 {
				n.Rule |= tree.MissingLeft
			}
			share := 1 + float64(r.IntN(int(cover)-1))
			n.Left = grow(depth-1, share)
			n.Right = grow(depth-1, cover-share)
			nodes[at] = n
			return at
		}
		grow(s.depth, 200)
		weight, output := 1.0, 0
		if s.weights {
			weight = float64(float32(r.Float64()))
		}
		if !s.vector {
			output = i % e.Outputs
		}
		b.Add(output, weight, nodes)
	}
	grown, err := b.Ensemble()
	require.NoError(t, err)
	return &tree.RegressionModel{Model: tree.Model{Fitted: ml.Fitted{Info: ml.Info{Features: s.features}}, Ensemble: grown}}
}

func randomRows(r *rand.Rand, n int, s shape) *tensor.Tensor[float64] {
	out := tensor.New[float64](n, s.features)
	for i := range n {
		for j := range s.features {
			v := float64(float32(r.NormFloat64()))
			if s.categories && j%2 == 1 {
				v = float64(r.IntN(5))
			}
			if s.missing && r.IntN(5) == 0 {
				v = math.NaN()
			}
			out.Row(i)[j] = v
		}
	}
	return out
}

var shapes = map[string]shape{
	"one split":            {features: 1, trees: 1, depth: 1},
	"a leaf alone":         {features: 2, trees: 1, depth: 0},
	"repeated columns":     {features: 2, trees: 3, depth: 8},
	"many columns":         {features: 10, trees: 3, depth: 7},
	"twelve columns":       {features: 12, trees: 2, depth: 6, categories: true, missing: true},
	"missing":              {features: 4, trees: 3, depth: 5, missing: true},
	"categories":           {features: 5, trees: 4, depth: 5, categories: true, missing: true},
	"classes":              {features: 4, trees: 6, depth: 4, outputs: 3},
	"vectors, averaged":    {features: 4, trees: 3, depth: 4, outputs: 3, vector: true, average: true},
	"averaged, by classes": {features: 4, trees: 5, depth: 4, outputs: 2, average: true},
	"weights of DART":      {features: 5, trees: 4, depth: 5, weights: true},
	"float32":              {features: 5, trees: 4, depth: 5, float32s: true, missing: true},
}

// tolerance: both sides add up some hundred numbers of size 1.
const tolerance = 1e-12

func TestPathDependentValuesAreThoseOfAllSets(t *testing.T) {
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			m := randomTrees(t, r, s)
			rows := randomRows(r, 9, s)
			for _, index := range []Index{Shapley, Banzhaf} {
				x, err := TreeSHAP{Index: index}.For(m)
				require.NoError(t, err)
				compare(t, x, rows, index, func(k, row, set int) float64 { return byCover(x, k, rows.Row(row), set) })
			}
		})
	}
}

func TestValuesAgainstABackgroundAreThoseOfAllSets(t *testing.T) {
	all := map[string]shape{"linear leaves": {features: 4, trees: 3, depth: 3, linear: true}, "linear leaves, missing": {features: 4, trees: 3, depth: 3, linear: true, missing: true}}
	maps.Copy(all, shapes)
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			m := randomTrees(t, r, s)
			rows, background := randomRows(r, 5, s), randomRows(r, 7, s)
			weight := []float64{1, 2, 0, 0.5, 1, 1, 3}
			for _, index := range []Index{Shapley, Banzhaf} {
				x, err := TreeSHAP{Index: index, Background: ml.Table{X: background, Weight: weight}}.For(m)
				require.NoError(t, err)
				compare(t, x, rows, index, func(k, row, set int) float64 { return byBackground(x, k, rows.Row(row), set, background, weight) })
				if s.features > 5 || s.linear {
					continue
				}
				all := make([]int, m.Ensemble.Trees()) // the other way, pair by pair
				for i := range all {
					all[i] = i
				}
				src, err := x.open("", rows)
				require.NoError(t, err)
				tables, pairs := x.blank(src), x.blank(src)
				require.NoError(t, x.explainTables(context.Background(), src, tables, nil))
				require.NoError(t, x.explainPairs(context.Background(), src, all, pairs, nil))
				require.InDeltaSlice(t, tables.Values.Data(), pairs.Values.Data(), tolerance)
			}
		})
	}
}

func compare(t *testing.T, x *TreeExplainer, rows *tensor.Tensor[float64], index Index, v func(k, row, set int) float64) {
	t.Helper()
	ctx := context.Background()
	got, err := x.Explain(ctx, rows)
	require.NoError(t, err)
	both, err := x.Interactions(ctx, rows)
	require.NoError(t, err)
	n, outputs, d := got.Dims()
	for i := range n {
		for k := range outputs {
			single, pairs := brute(index, d, func(set int) float64 { return v(k, i, set) })
			require.InDeltaSlice(t, single, got.Row(i, k), tolerance, "row %d, output %d", i, k)
			require.InDelta(t, v(k, i, 0), got.Base.Row(i)[k], tolerance)
			matrix := both.Matrix(i, k)
			for a := range d {
				for b := a + 1; b < d; b++ {
					require.InDelta(t, pairs[a][b]/2, matrix[a*d+b], tolerance, "row %d, output %d, columns %d and %d", i, k, a, b)
					require.Equal(t, matrix[a*d+b], matrix[b*d+a])
				}
			}
		}
	}
	require.InDeltaSlice(t, got.Values.Data(), both.Explanation().Values.Data(), tolerance)
	if index == Shapley {
		answered := tensor.New[float64](n, outputs)
		for i := range n {
			row := append([]float64(nil), rows.Row(i)...)
			x.raw(answered.Row(i), row)
		}
		worst, err := got.Additivity(answered)
		require.NoError(t, err)
		require.Less(t, worst, 1e-13)
	}
}
