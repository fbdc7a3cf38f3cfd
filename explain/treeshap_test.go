package explain

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

func benchmarkTrees(b *testing.B, depth int) *TreeExplainer {
	t := &testing.T{}
	m := randomTrees(t, rand.New(rand.NewPCG(1, 2)), shape{features: 28, trees: 100, depth: depth})
	x, err := TreeSHAP{}.For(m)
	require.NoError(b, err)
	return x
}

func BenchmarkPathDependent(b *testing.B) {
	x := benchmarkTrees(b, 6)
	rows := randomRows(rand.New(rand.NewPCG(5, 6)), 1000, shape{features: 28})
	for b.Loop() {
		_, err := x.Explain(context.Background(), rows)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000/100, "ns/row/tree")
}

func BenchmarkInteractions(b *testing.B) {
	x := benchmarkTrees(b, 6)
	rows := randomRows(rand.New(rand.NewPCG(5, 6)), 1000, shape{features: 28})
	for b.Loop() {
		_, err := x.Interactions(context.Background(), rows)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000/100, "ns/row/tree")
}

func BenchmarkBackground(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	m := randomTrees(&testing.T{}, rand.New(rand.NewPCG(1, 2)), shape{features: 28, trees: 100, depth: 6})
	x, err := TreeSHAP{Background: ml.Table{X: randomRows(r, 10000, shape{features: 28})}}.For(m)
	require.NoError(b, err)
	rows := randomRows(r, 1000, shape{features: 28})
	for b.Loop() {
		_, err := x.Explain(context.Background(), rows)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000/100, "ns/row/tree")
}

// TestValuesAreTheSameOnAnyNumberOfCores compares the bytes.
func TestValuesAreTheSameOnAnyNumberOfCores(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	s := shape{features: 9, trees: 20, depth: 6, categories: true, missing: true}
	m, rows, background := randomTrees(t, r, s), randomRows(r, 500, s), randomRows(r, 70, s)
	for _, how := range []TreeSHAP{{}, {Background: ml.Table{X: background}}} {
		x, err := how.For(m)
		require.NoError(t, err)
		var want []float64
		for _, procs := range []int{1, 2, 8} {
			old := runtime.GOMAXPROCS(procs)
			got, err := x.Explain(context.Background(), rows)
			runtime.GOMAXPROCS(old)
			require.NoError(t, err)
			if want == nil {
				want = got.Values.Data()
			}
			require.Equal(t, want, got.Values.Data())
		}
		for _, i := range []int{0, 63, 64, 499} { // a row by itself, as float32 and sparse
			one := tensor.FromSlice(append([]float64(nil), rows.Row(i)...), 1, 9)
			got, err := x.Explain(context.Background(), one)
			require.NoError(t, err)
			require.Equal(t, want[i*9:(i+1)*9], got.Values.Data())
		}
		got, err := x.Explain(context.Background(), tensor.FromMatrix[float32](rows)) // all numbers are float32's
		require.NoError(t, err)
		require.Equal(t, want, got.Values.Data())
		sparse, err := x.Explain(context.Background(), tensor.SparseFrom[float64](rows))
		require.NoError(t, err)
		require.Equal(t, want, sparse.Values.Data())
	}
}

// TestALongChainKeepsItsDigits has 60 columns on one path, whose covers fall to one in 2^60.
func TestALongChainKeepsItsDigits(t *testing.T) {
	const depth = 60
	b := tree.NewBuilder(tree.Ensemble{Features: depth, Outputs: 1})
	var nodes []tree.Node
	cover := math.Ldexp(1, depth)
	for d := range depth {
		nodes = append(nodes, tree.Node{Feature: d, Rule: tree.LessEq, Left: 2*d + 1, Right: 2*d + 2, Cover: cover},
			tree.Node{Feature: -1, Value: []float64{float64(d%7) - 3}, Cover: cover / 2})
		cover /= 2
	}
	nodes = append(nodes, tree.Node{Feature: -1, Value: []float64{5}, Cover: cover})
	b.Add(0, 1, nodes)
	e, err := b.Ensemble()
	require.NoError(t, err)
	m, err := tree.NewRegressionModel(ml.Fitted{Info: ml.Info{Features: depth}}, e)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(9, 10))
	rows := randomRows(r, 100, shape{features: depth})
	for i := range 50 { // far down the chain
		for j := range rows.Row(i) {
			rows.Row(i)[j] = math.Abs(rows.Row(i)[j])
		}
	}
	raw, err := m.Raw(rows)
	require.NoError(t, err)
	for _, how := range []TreeSHAP{{}, {Background: ml.Table{X: randomRows(r, 30, shape{features: depth})}}} {
		x, err := how.For(m)
		require.NoError(t, err)
		got, err := x.Explain(context.Background(), rows)
		require.NoError(t, err)
		worst, err := got.Additivity(raw)
		require.NoError(t, err)
		require.Less(t, worst, 1e-12)
	}
}

func TestTreeSHAPRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := shape{features: 3, trees: 2, depth: 3}
	m := randomTrees(t, r, s)
	linear := randomTrees(t, r, shape{features: 3, trees: 2, depth: 3, linear: true})
	classes := randomTrees(t, r, shape{features: 3, trees: 3, depth: 2, outputs: 3})
	classes.Ensemble.Link = tree.Softmax
	background := ml.Table{X: randomRows(r, 4, s)}
	bare := *m.Ensemble
	bare.Cover = nil
	for _, c := range []struct {
		m    tree.Grown
		how  TreeSHAP
		kind error
	}{
		{m, TreeSHAP{Index: 7}, ml.ErrConfig},
		{m, TreeSHAP{Scale: 7}, ml.ErrConfig},
		{m, TreeSHAP{Scale: Response}, ml.ErrConfig},
		{linear, TreeSHAP{}, ml.ErrConfig},
		{&tree.RegressionModel{Model: tree.Model{Fitted: m.Fitted, Ensemble: &bare}}, TreeSHAP{}, ml.ErrConfig},
		{classes, TreeSHAP{Scale: Response, Background: background}, ml.ErrConfig},
		{m, TreeSHAP{Background: ml.Table{X: tensor.New[float64](0, 3)}}, ml.ErrShape},
		{m, TreeSHAP{Background: ml.Table{X: tensor.New[float64](2, 2)}}, ml.ErrShape},
		{m, TreeSHAP{Background: ml.Table{X: background.X, Weight: []float64{0, 0, 0, 0}}}, ml.ErrWeight},
		{&tree.RegressionModel{}, TreeSHAP{}, ml.ErrFormat},
	} {
		_, err := c.how.For(c.m)
		require.ErrorIs(t, err, c.kind)
	}
	_, err := Saabas{}.Explain(context.Background(), linear, background.X)
	require.ErrorIs(t, err, ml.ErrConfig)
	x, err := TreeSHAP{}.For(m)
	require.NoError(t, err)
	_, err = x.Explain(context.Background(), tensor.New[float64](2, 2))
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = x.Interactions(context.Background(), tensor.FromSlice([]float64{1, 2, math.Inf(1)}, 1, 3))
	require.ErrorIs(t, err, ml.ErrNotFinite)
	stopped, stop := context.WithCancel(context.Background())
	stop()
	_, err = x.Explain(stopped, background.X)
	require.ErrorIs(t, err, context.Canceled)
	_, err = PathText(m, []float64{1, 2, 3}, 2)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = PathText(m, []float64{1}, 0)
	require.ErrorIs(t, err, ml.ErrShape)
}

func TestPathInWords(t *testing.T) {
	b := tree.NewBuilder(tree.Ensemble{Features: 2, Outputs: 1})
	b.Add(0, 1, []tree.Node{
		{Feature: 0, Rule: tree.LessEq, Threshold: 44.5, Left: 1, Right: 2, Cover: 4},
		{Feature: -1, Value: []float64{1}, Cover: 2},
		{Feature: 1, Rule: tree.In, Set: []uint32{2}, Left: 3, Right: 4, Cover: 2},
		{Feature: -1, Value: []float64{2}, Cover: 1},
		{Feature: -1, Value: []float64{3}, Cover: 1},
	})
	e, err := b.Ensemble()
	require.NoError(t, err)
	columns := []ml.Column{{Name: "age"}, {Name: "plan", Kind: ml.Categorical, Levels: []string{"basic", "gold"}}}
	m, err := tree.NewRegressionModel(ml.Fitted{Columns: columns, Info: ml.Info{Features: 2}}, e)
	require.NoError(t, err)
	text, err := PathText(m, []float64{61, 0}, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"tree 0 starts at 1.75", "age is 61, above 44.5: 2.5", "plan is basic, none of those asked for: 3"}, text)
	text, err = PathText(m, []float64{61, 1}, 0)
	require.NoError(t, err)
	require.Equal(t, "plan is gold, one of those asked for: 2", text[2])
	text, err = PathText(m, []float64{math.NaN(), 1}, 0)
	require.NoError(t, err)
	require.Equal(t, "age is missing: 2.5", text[1])
}
