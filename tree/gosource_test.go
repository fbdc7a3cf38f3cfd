package tree

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tree/internal/written"
)

var update = flag.Bool("update", false, "write the files of tree/internal/written and tree/testdata/drawings again")

// sourceCase is a model whose code lies in tree/internal/written.
type sourceCase struct {
	name     string
	model    answering
	features int
	raw      func(dst, x []float64)
	response func(dst, x []float64) // nil: the model has no link
}

// one makes a function of several scores from that of one.
func one(f func(x []float64) float64) func(dst, x []float64) {
	return func(dst, x []float64) { dst[0] = f(x) }
}

func sourceCases(t testing.TB) []sourceCase {
	any := func(e *Ensemble) answering {
		m, err := NewMultiRegressionModel(ml.Fitted{}, e)
		require.NoError(t, err)
		return m
	}
	link := func(l Link, scale float64) func(e *Ensemble) {
		return func(e *Ensemble) { e.Link, e.LinkScale = l, scale }
	}
	boost := golden.Load[foreign](t, "testdata/xgboost_3.2.0.json")
	loaded, err := readXGBoost(boost.Cases["pandas"].Model)
	require.NoError(t, err)
	linear, err := readXGBoost(boost.Cases["gblinear"].Model)
	require.NoError(t, err)
	return []sourceCase{
		{"Rules", any(changed(t, shape{features: 5, outputs: 1, trees: 8, leaves: 12, seed: 1}, nil)), 5, one(written.Rules), nil},
		{"Categories", any(changed(t, shape{features: 9, outputs: 1, trees: 6, leaves: 12, categories: true, seed: 2}, link(Logistic, 2))), 9,
			one(written.Categories), one(written.CategoriesResponse)},
		{"Lines", any(changed(t, shape{features: 6, outputs: 1, trees: 6, leaves: 8, linear: true, weights: true, seed: 3}, link(Softplus, 0))), 6,
			one(written.Lines), one(written.LinesResponse)},
		{"Narrow", any(changed(t, shape{features: 9, outputs: 3, trees: 9, leaves: 9, categories: true, float32: true, weights: true, seed: 4}, link(Softmax, 0))), 9,
			written.Narrow, written.NarrowResponse},
		{"Forest", any(changed(t, shape{features: 4, outputs: 3, trees: 5, leaves: 8, vector: true, average: true, seed: 5}, link(SignedSquare, 0))), 4,
			written.Forest, written.ForestResponse},
		{"Vectors", any(changed(t, shape{features: 4, outputs: 2, trees: 4, leaves: 6, vector: true, float32: true, seed: 6}, link(Exp, 0))), 4,
			written.Vectors, written.VectorsResponse},
		{"Loaded", loaded, 3, one(written.Loaded), nil},
		{"GBLinear", linear, 6, one(written.GBLinear), nil},
	}
}

// The code in tree/internal/written is what WriteGo writes, is formatted, and gives the scores of the models to the bit.
func TestWrittenGoAnswersAsTheModel(t *testing.T) {
	for _, c := range sourceCases(t) {
		var code bytes.Buffer
		require.NoError(t, WriteGo(&code, c.model.(Grown), GoSource{Package: "written", Func: c.name}))
		pretty, err := format.Source(code.Bytes())
		require.NoError(t, err, c.name)
		assert.Equal(t, string(pretty), code.String(), c.name)
		path := fmt.Sprintf("internal/written/%s.go", strings.ToLower(c.name))
		if *update {
			require.NoError(t, os.WriteFile(path, code.Bytes(), 0o644))
		}
		stored, err := os.ReadFile(path)
		require.NoError(t, err)
		if !assert.Equal(t, string(stored), code.String(), c.name) {
			continue
		}
		x := randomRows(200, c.features, 3)
		if c.model.Trees().Linear != nil {
			x = tame(x)
		}
		raw, err := c.model.Raw(x)
		require.NoError(t, err)
		response, err := c.model.Response(x)
		require.NoError(t, err)
		dst := make([]float64, c.model.Trees().Outputs)
		for i := range 200 {
			c.raw(dst, x.Row(i))
			golden.Close(t, dst, raw.Row(i), 0, 0, c.name)
			if c.response != nil {
				c.response(dst, x.Row(i))
				golden.Close(t, dst, response.Row(i), 1e-13, 1e-300, c.name+" response") // math.Exp of scores up to 100
			}
		}
		assert.Zero(t, testing.AllocsPerRun(10, func() { c.raw(dst, x.Row(0)) }))
	}
}

func TestWriteGoRefusesWhatIsNoGo(t *testing.T) {
	m, err := NewRegressionModel(ml.Fitted{}, changed(t, shapes[1], nil))
	require.NoError(t, err)
	for _, how := range []GoSource{{Func: "a b"}, {Func: "func"}, {Package: "1x"}, {Package: "a.b"}, {Func: "_"}} {
		assert.ErrorIs(t, WriteGo(io.Discard, m, how), ml.ErrConfig, "%+v", how)
	}
	assert.ErrorIs(t, WriteGo(io.Discard, chain(t, deepest+1), GoSource{}), errors.ErrUnsupported)
}

// chain is a tree of as many splits, one below the other.
func chain(t testing.TB, depth int) *RegressionModel {
	var nodes []Node
	for i := range depth {
		nodes = append(nodes, Node{Feature: 0, Rule: LessEq, Threshold: float64(i), Left: 2*i + 1, Right: 2*i + 2}, Node{Feature: -1})
	}
	nodes = append(nodes, Node{Feature: -1})
	for i := range depth { // splits lie at even places, the leaf of each behind it
		nodes[2*i].Left, nodes[2*i].Right = 2*i+1, 2*i+2
	}
	b := NewBuilder(Ensemble{Features: 1, Outputs: 1})
	b.Add(0, 1, nodes)
	e, err := b.Ensemble()
	require.NoError(t, err)
	m, err := NewRegressionModel(ml.Fitted{}, e)
	require.NoError(t, err)
	return m
}
