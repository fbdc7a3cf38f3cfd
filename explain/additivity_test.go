package explain

import (
	"context"
	"encoding/base64"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

type scored interface {
	tree.Grown
	Raw(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

// addsUp explains rows both ways and compares the sums with what the model answers. The answers of XGBoost's models are float32 sums: these are compared to 1e-4 of the answer's size,
// and the float64 sums of the same leaves as all others, to 1e-12.
func addsUp(t *testing.T, m scored, x *tensor.Tensor[float64]) (ways int) {
	t.Helper()
	ctx := context.Background()
	raw, err := m.Raw(x)
	require.NoError(t, err)
	for _, how := range []TreeSHAP{{}, {Background: ml.Table{X: x.Rows(0, min(4, x.Shape()[0])), Columns: m.Meta().Columns}}} {
		e := m.Trees()
		if how.Background.X == nil && (e.Linear != nil || len(e.Cover) == 0) {
			continue
		}
		explainer, err := how.For(m)
		require.NoError(t, err)
		got, err := explainer.Explain(ctx, x)
		require.NoError(t, err)
		sums := tensor.New[float64](raw.Shape()...)
		row := make([]float64, e.Features)
		for i := range x.Shape()[0] {
			for j, v := range x.Row(i) {
				if e.Float32 {
					v = float64(float32(v))
				}
				row[j] = v
			}
			explainer.raw(sums.Row(i), row)
		}
		worst, err := got.Additivity(sums)
		require.NoError(t, err)
		require.Less(t, worst, 1e-12)
		most := 1e-12
		if e.Float32 {
			most = 1e-4
		}
		worst, err = got.Additivity(raw)
		require.NoError(t, err)
		require.Less(t, worst, most)
		ways++
	}
	return ways
}

// TestEveryLoadedModelAddsUp goes through all files of LightGBM and XGBoost that the loader is tested with: categories, missing values, linear and vector leaves, classes, DART, forests, every objective.
func TestEveryLoadedModelAddsUp(t *testing.T) {
	models, ways := 0, 0
	for _, name := range []string{"lightgbm_4.7.0", "lightgbm_3.3.5", "lightgbm_2.3.1", "xgboost_3.4.1", "xgboost_3.2.0", "xgboost_2.1.4", "xgboost_1.7.6"} {
		if testing.Short() && name != "lightgbm_4.7.0" && name != "xgboost_3.2.0" {
			continue
		}
		f := golden.Load[struct {
			X     [][]float64
			Cases map[string]struct {
				Model string
				X     [][]float64
			}
		}](t, "../tree/testdata/"+name+".json")
		read := tree.ReadXGBoost[scored]
		if strings.HasPrefix(name, "lightgbm") {
			read = tree.ReadLightGBM[scored]
		}
		for _, title := range slices.Sorted(maps.Keys(f.Cases)) {
			c := f.Cases[title]
			text := c.Model
			if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "tree") {
				binary, err := base64.StdEncoding.DecodeString(text)
				require.NoError(t, err, title)
				text = string(binary)
			}
			m, err := read(strings.NewReader(text))
			require.NoError(t, err, title)
			if c.X == nil {
				c.X = f.X
			}
			x := matrixOf(c.X)
			t.Run(name+" "+title, func(t *testing.T) { ways += addsUp(t, m, x.Rows(0, min(12, x.Shape()[0]))) })
			models++
		}
	}
	t.Logf("%d models, %d ways", models, ways)
	require.Greater(t, models, 20)
}

func TestEveryTrainedModelAddsUp(t *testing.T) {
	ctx := context.Background()
	numbers, classes := datasets.Diabetes(), datasets.Iris()
	x := tensor.FromMatrix[float64](numbers.X)
	for i := range x.Shape()[0] { // gaps, and a column of categories
		if i%7 == 0 {
			x.Row(i)[2] = math.NaN()
		}
		x.Row(i)[5] = float64(i * 7 % 5)
	}
	numbers.X = x
	numbers.Columns = ml.CloneColumns(numbers.Columns)
	numbers.Columns[5].Kind, numbers.Columns[5].Levels = ml.Categorical, []string{"a", "b", "c", "d", "e"}
	boosted := ensemble.GradientBoostingRegressor{Trees: 20, MaxLeaves: 8}
	dart := boosted
	dart.Dropout = ensemble.Dropout{Rate: 0.3}
	averaged := boosted
	averaged.Forest, averaged.Sampling = true, ensemble.Sampling{Rows: 0.6}
	fit := func(m scored, err error) scored {
		require.NoError(t, err)
		return m
	}
	for name, m := range map[string]scored{
		"boosted":       fit(boosted.Fit(ctx, numbers)),
		"DART":          fit(dart.Fit(ctx, numbers)),
		"averaged":      fit(averaged.Fit(ctx, numbers)),
		"random forest": fit(ensemble.RandomForestRegressor{Trees: 20}.Fit(ctx, numbers)),
		"tree":          fit(tree.DecisionTreeRegressor{}.Fit(ctx, numbers)),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, 2, addsUp(t, m, x.Rows(0, 30))) })
	}
	z := tensor.FromMatrix[float64](classes.X)
	for name, m := range map[string]scored{
		"boosted classes": fit(ensemble.GradientBoostingClassifier{Trees: 10, MaxLeaves: 4}.Fit(ctx, classes)),
		"forest classes":  fit(ensemble.RandomForestClassifier{Trees: 20}.Fit(ctx, classes)),
		"tree classes":    fit(tree.DecisionTreeClassifier{}.Fit(ctx, classes)),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, 2, addsUp(t, m, z.Rows(40, 110))) })
	}
}

// TestTreesAreExplainedAsByShapiq: shapiq's path-dependent values of order 1 are ours; its 2-Shapley values (k-SII) hold the whole interaction of a pair where ours hold half on either side of the
// diagonal, and what a column does alone where ours have the diagonal. Its baseline is our base. Its polynomials lose digits with depth: 1e-9.
func TestTreesAreExplainedAsByShapiq(t *testing.T) {
	ctx := context.Background()
	f := golden.Load[struct{ Cases []treeCase }](t, "testdata/shapiq.json")
	for _, c := range f.Cases {
		rows := c.matrix(t, c.Rows)
		x, err := TreeSHAP{}.For(c.load(t))
		require.NoError(t, err)
		both, err := x.Interactions(ctx, rows)
		require.NoError(t, err)
		alone := both.Explanation()
		p := c.Columns
		for i := range c.Values {
			golden.Close(t, alone.Row(i, 0), c.Values[i], 0, 1e-9, c.Name)
			require.InDelta(t, c.Base, alone.Base.Row(i)[0], 1e-12)
			matrix := both.Matrix(i, 0)
			for a := range p {
				for b := range p {
					want := c.Pairs[i][a][b]
					if a != b {
						want /= 2
					}
					require.InDelta(t, want, matrix[a*p+b], 1e-9)
				}
			}
		}
	}
}
