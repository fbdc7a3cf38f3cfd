package tree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

var drawers = map[string]func(io.Writer, Grown, Drawing) error{"txt": WriteText, "rules": WriteRules, "dot": WriteDOT, "svg": WriteSVG}

// flowers is the tree that scikit-learn grows for the iris data to depth 3.
func flowers(t testing.TB) *ClassificationModel {
	b := NewBuilder(Ensemble{Features: 4, Outputs: 3, Vector: true, Link: Share})
	leaf := func(v ...float64) Node { return Node{Feature: -1, Value: v, Cover: v[0] + v[1] + v[2]} }
	split := func(feature int, threshold float64, left, right int, v ...float64) Node {
		return Node{Feature: feature, Rule: LessEq, Threshold: threshold, Left: left, Right: right, Value: v, Cover: v[0] + v[1] + v[2]}
	}
	b.Add(0, 1, []Node{
		split(3, 0.8, 1, 2, 50, 50, 50), leaf(50, 0, 0),
		split(3, 1.75, 3, 4, 0, 50, 50), split(2, 4.95, 5, 6, 0, 49, 5), split(2, 4.85, 7, 8, 0, 1, 45),
		leaf(0, 47, 1), leaf(0, 2, 4), leaf(0, 1, 2), leaf(0, 0, 43),
	})
	e, err := b.Ensemble()
	require.NoError(t, err)
	columns := []ml.Column{{Name: "sepal length"}, {Name: "sepal width"}, {Name: "petal length"}, {Name: "petal width"}}
	m, err := NewClassificationModel(ml.Fitted{Columns: columns, Classes: []string{"setosa", "versicolor", "virginica"}}, e)
	require.NoError(t, err)
	return m
}

// mixedTree has every kind of split, odd names, and missing values on both sides.
func mixedTree(t testing.TB) *RegressionModel {
	b := NewBuilder(Ensemble{Features: 3, Outputs: 1})
	b.Add(0, 1, []Node{
		{Feature: 0, Rule: In, Set: []uint32{0b101}, Left: 1, Right: 2, Cover: 100},
		{Feature: 1, Rule: Less | MissingLeft, Threshold: 0.1 + 0.2, Left: 3, Right: 4, Cover: 60},
		{Feature: 2, Rule: LessEq | ZeroIsMissing, Threshold: 1234.5678, Left: 5, Right: 6, Cover: 40},
		{Feature: 1, Rule: LessEq | MissingLeft, Threshold: -1, Left: 7, Right: 8, Cover: 45},
		{Feature: -1, Value: []float64{1.5}, Cover: 15},
		{Feature: -1, Value: []float64{-0.25}, Cover: 30},
		{Feature: -1, Value: []float64{2.123456}, Cover: 10},
		{Feature: -1, Value: []float64{-2}, Cover: 20},
		{Feature: -1, Value: []float64{0.5}, Cover: 25, Linear: &Line{Const: 0.5, Features: []int32{1, 2}, Coef: []float64{-2, 0.125}}},
	})
	e, err := b.Ensemble()
	require.NoError(t, err)
	columns := []ml.Column{{Name: "town <&> \"x\"", Kind: ml.Categorical, Levels: []string{"Aachen", "Bonn", "Köln"}}, {Name: `a\b`}, {}}
	m, err := NewRegressionModel(ml.Fitted{Columns: columns}, e)
	require.NoError(t, err)
	return m
}

// What a person sees is in testdata/drawings, and was looked at.
func TestDrawings(t *testing.T) {
	boost := golden.Load[foreign](t, "testdata/xgboost_3.2.0.json")
	loaded, err := readXGBoost(boost.Cases["pandas"].Model)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		m   Grown
		how Drawing
	}{
		"iris":   {flowers(t), Drawing{}},
		"mixed":  {mixedTree(t), Drawing{}},
		"short":  {flowers(t), Drawing{MaxDepth: 2}},
		"loaded": {loaded.(Grown), Drawing{Tree: 1, Digits: 3}},
	} {
		for kind, draw := range drawers {
			var out bytes.Buffer
			require.NoError(t, draw(&out, c.m, c.how), name)
			path := "testdata/drawings/" + name + "." + kind
			if *update {
				require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(want), out.String(), path)
			if kind == "svg" {
				wellFormed(t, out.String())
			}
		}
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestDrawingsOfRandomTrees(t *testing.T) {
	for _, s := range shapes {
		m, err := NewMultiRegressionModel(ml.Fitted{}, changed(t, s, nil))
		require.NoError(t, err)
		for tr := range min(s.trees, 3) {
			for kind, draw := range drawers {
				var out bytes.Buffer
				require.NoError(t, draw(&out, m, Drawing{Tree: tr}))
				if kind == "rules" {
					assert.Equal(t, m.Ensemble.Leaves(tr), strings.Count(out.String(), "\n"))
				}
				if kind == "svg" {
					wellFormed(t, out.String())
				}
			}
		}
	}
	for _, draw := range drawers {
		assert.ErrorIs(t, draw(io.Discard, flowers(t), Drawing{Tree: 1}), ml.ErrConfig)
		assert.ErrorIs(t, draw(io.Discard, flowers(t), Drawing{Tree: -1}), ml.ErrConfig)
		assert.ErrorIs(t, draw(io.Discard, flowers(t), Drawing{MaxDepth: -1}), ml.ErrConfig)
		assert.ErrorIs(t, draw(io.Discard, flowers(t), Drawing{Digits: 18}), ml.ErrConfig)
		assert.ErrorIs(t, draw(io.Discard, chain(t, 1500), Drawing{}), ml.ErrConfig)
		assert.NoError(t, draw(io.Discard, chain(t, 1500), Drawing{MaxDepth: 20}))
	}
	assert.Equal(t, 1500, chain(t, 1500).Ensemble.Depth(0))
}

// A model comes back from its JSON as it was, every number and name.
func TestJSONReadsBack(t *testing.T) {
	for _, c := range append(loadedCases(t), grownCases(t)...) {
		var file bytes.Buffer
		require.NoError(t, WriteJSON(&file, c.model.(Grown)), c.name)
		again, err := ReadJSON[answering](&file)
		require.NoError(t, err, c.name)
		want, got := *c.model.Trees(), *again.Trees()
		want.engine, got.engine = nil, nil
		if !strings.HasSuffix(c.name, "no categories") { // whose empty sets have words
			assert.True(t, reflect.DeepEqual(normal(want), normal(got)), c.name)
		}
		assert.IsType(t, c.model, again, c.name)
		assert.Equal(t, c.model.Meta().Columns, again.Meta().Columns, c.name)
		assert.Equal(t, c.model.Meta().Config, again.Meta().Config, c.name)
		alike(t, c.name, c.model, again, c.x)
	}
	_, err := ReadJSON[*RegressionModel](strings.NewReader(`{"format":"gopherwood trees","version":2}`))
	assert.ErrorIs(t, err, ml.ErrFormat)
	_, err = ReadJSON[*RegressionModel](strings.NewReader(`[`))
	assert.ErrorIs(t, err, ml.ErrFormat)
}

// normal makes empty and absent lists the same.
func normal(e Ensemble) Ensemble {
	if len(e.SetStart) <= 1 {
		e.Sets, e.SetStart = nil, nil
	}
	if e.LeafID != nil {
		e.LeafID = slices.Clone(e.LeafID)
		for i, f := range e.Feature {
			if f >= 0 {
				e.LeafID[i] = 0 // of splits, which have no number
			}
		}
	}
	if e.Linear != nil {
		l := *e.Linear
		l.Feature, l.Coef = append([]int32{}, l.Feature...), append([]float64{}, l.Coef...)
		e.Linear = &l
	}
	return e
}

func FuzzReadJSON(f *testing.F) {
	for _, m := range []Grown{flowers(f), mixedTree(f)} {
		var file bytes.Buffer
		require.NoError(f, WriteJSON(&file, m))
		f.Add(file.String())
	}
	f.Fuzz(func(t *testing.T, data string) {
		read := func(data string) (answering, error) { return ReadJSON[answering](strings.NewReader(data)) }
		sound(t, read, data, true)
		m, err := read(data)
		if err != nil || m.Trees().Features > 1000 || m.Trees().Outputs > 1000 {
			return
		}
		for tr := range m.Trees().Trees() {
			for _, draw := range drawers {
				require.NoError(t, draw(io.Discard, m.(Grown), Drawing{Tree: tr, MaxDepth: 10}))
			}
		}
		require.NoError(t, WriteGo(io.Discard, m.(Grown), GoSource{}))
	})
}

// A way ends at the leaf of the plain walk, and each of its steps is what the rule says, for rows of every kind of matrix.
func TestPaths(t *testing.T) {
	for _, s := range shapes {
		e := changed(t, s, nil)
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		x := tame(randomRows(40, s.features, s.seed))
		for i, v := range x.Data() {
			x.Data()[i] = float64(float32(v))
		}
		for tr := range e.Trees() {
			paths, err := m.Paths(x, tr)
			require.NoError(t, err)
			for i, path := range paths {
				assert.Equal(t, e.leaf(tr, x.Row(i))-int(e.Start[tr]), path[len(path)-1].Node)
				for k, step := range path[:len(path)-1] {
					n := e.Node(tr, step.Node)
					next := n.Right
					if step.Left {
						next = n.Left
					}
					require.Equal(t, next, path[k+1].Node)
					require.True(t, step.X == x.At(i, step.Feature) || math.IsNaN(step.X))
					require.Equal(t, e.passes(int(e.Start[tr])+step.Node, step.X), step.Left)
				}
				one, err := m.Path(x.Row(i), tr)
				require.NoError(t, err)
				require.Equal(t, len(path), len(one))
			}
		}
		_, err = m.Paths(x, s.trees)
		assert.ErrorIs(t, err, ml.ErrConfig)
		otherMatrices(t, m, x)
	}
}

// otherMatrices asks the same of float32 and sparse rows: scores, leaves, stages and ways.
func otherMatrices(t *testing.T, m *MultiRegressionModel, x *tensor.Tensor[float64]) {
	n, p := x.Dims()
	narrow := tensor.New[float32](n, p)
	var rows, cols []int
	var values []float64
	for i := range n {
		for j := range p {
			narrow.Set(float32(x.At(i, j)), i, j)
			if v := x.At(i, j); v != 0 {
				rows, cols, values = append(rows, i), append(cols, j), append(values, v)
			}
		}
	}
	sparse, err := tensor.FromCOO(n, p, rows, cols, values)
	require.NoError(t, err)
	for _, other := range []tensor.Matrix{narrow, sparse} {
		want, err := m.Raw(x)
		require.NoError(t, err)
		got, err := m.Raw(other)
		require.NoError(t, err)
		golden.Close(t, got.Data(), want.Data(), 0, 0, "scores")
		leaves, err := m.Leaves(x)
		require.NoError(t, err)
		again, err := m.Leaves(other)
		require.NoError(t, err)
		assert.Equal(t, leaves, again)
		a, err := m.Paths(x, 0)
		require.NoError(t, err)
		b, err := m.Paths(other, 0)
		require.NoError(t, err)
		for i := range a {
			require.Equal(t, len(a[i]), len(b[i]))
			require.Equal(t, a[i][len(a[i])-1], b[i][len(b[i])-1])
		}
		last := 0
		for staged, err := range m.StagedRaw(other) {
			require.NoError(t, err)
			if last++; last == m.Ensemble.Stages() {
				golden.Close(t, staged.Data(), want.Data(), 0, 0, "the last stage")
			}
		}
	}
}
