package explain

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// small is two rows, two outputs and three columns.
func small() *Explanation {
	return &Explanation{
		Values:  tensor.FromSlice([]float64{1, -2, 3, 0, 0.5, 0, 4, 5, -6, -1, 0, 1}, 2, 2, 3),
		Base:    tensor.FromSlice([]float64{10, 20, 10, 20}, 2, 2),
		X:       tensor.FromSlice([]float64{61, 1, math.NaN(), 30, 0, 2.5}, 2, 3),
		Columns: []ml.Column{{Name: "age"}, {Name: "plan", Kind: ml.Categorical, Levels: []string{"basic", "gold"}}, {Name: "visits"}},
		Outputs: []string{"stays", "leaves"},
	}
}

func TestExplanationsAddUp(t *testing.T) {
	e := small()
	require.Equal(t, []float64{12, 20.5, 13, 20}, e.Predicted().Data())
	worst, err := e.Additivity(tensor.FromSlice([]float64{12, 20.5, 13, 21}, 2, 2))
	require.NoError(t, err)
	require.InDelta(t, 1.0/21, worst, 1e-15)
	_, err = e.Additivity(tensor.New[float64](2, 1))
	require.ErrorIs(t, err, ml.ErrShape)
}

func TestExplanationsAreSlicedAndSummed(t *testing.T) {
	e := small()
	one, err := e.Output(1)
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0.5, 0, -1, 0, 1}, one.Values.Data())
	require.Equal(t, []string{"leaves"}, one.Outputs)
	back, err := e.Rows(1, 0, 1)
	require.NoError(t, err)
	require.Equal(t, []float64{4, 5, -6}, back.Row(0, 0))
	require.Equal(t, []float64{30, 0, 2.5}, back.X.Row(2))
	sum, err := e.Sum(Group{Name: "habits", Columns: []int{0, 2}})
	require.NoError(t, err)
	require.Equal(t, []string{"habits", "plan"}, []string{sum.Columns[0].Name, sum.Columns[1].Name})
	require.Equal(t, []float64{4, -2}, sum.Row(0, 0))
	require.True(t, math.IsNaN(sum.X.Row(0)[0]))
	require.Equal(t, 1.0, sum.X.Row(0)[1])
	require.Equal(t, e.Predicted().Data(), sum.Predicted().Data())

	_, err = e.Output(2)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = e.Rows(2)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = e.Sum(Group{Columns: []int{0}}, Group{Columns: []int{0}})
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestColumnsAreSorted(t *testing.T) {
	e := small()
	e.Errors = tensor.FromSlice([]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 2, 2, 3)
	all, err := e.Sorted(2, 0)
	require.NoError(t, err)
	require.Equal(t, []string{e.Columns[2].Name, e.Columns[0].Name, e.Columns[1].Name}, []string{all.Columns[0].Name, all.Columns[1].Name, all.Columns[2].Name})
	require.Equal(t, []float64{-6, 4, 5}, all.Row(1, 0))
	require.Equal(t, []float64{2, 0, 1, 5, 3, 4, 8, 6, 7, 11, 9, 10}, all.Errors.Data())
	top, err := e.Sorted(1)
	require.NoError(t, err)
	require.Equal(t, "2 others", top.Columns[1].Name)
	require.Equal(t, []float64{5, -2}, top.Row(1, 0))
	require.Equal(t, e.Predicted().Data(), top.Predicted().Data())
	require.Nil(t, top.Errors)
	for _, bad := range [][]int{{3}, {-1}, {0, 0}} {
		_, err = e.Sorted(bad...)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
}

func TestCohortsAndImportance(t *testing.T) {
	e := small()
	cohorts, err := e.Cohorts([]string{"old", "new"})
	require.NoError(t, err)
	require.Equal(t, []Cohort{{"new", []int{1}}, {"old", []int{0}}}, cohorts)
	importance, err := e.Importance(0)
	require.NoError(t, err)
	require.Equal(t, []float64{2.5, 3.5, 4.5}, importance)
	require.Equal(t, []int{2, 1, 0}, Order(importance))
	weighed, err := e.Importance(0, 0, 2)
	require.NoError(t, err)
	require.Equal(t, []float64{4, 5, 6}, weighed)
	_, err = e.Importance(0, 1, -1)
	require.ErrorIs(t, err, ml.ErrWeight)
	_, err = e.Importance(0, 1)
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = e.Cohorts(nil)
	require.ErrorIs(t, err, ml.ErrShape)
}

func TestReasonsInWords(t *testing.T) {
	e := small()
	reasons, rest, err := e.Reasons(0, 0, 2)
	require.NoError(t, err)
	require.Equal(t, []Reason{{"visits", "missing", 3}, {"plan", "gold", -2}}, reasons)
	require.Equal(t, 1.0, rest)
	require.Equal(t, "plan = gold: -2", reasons[1].String())
	text, err := e.Text(0, 0, 2)
	require.NoError(t, err)
	require.Equal(t, "stays: 12, from 10 for an average row\n  + 3  visits = missing\n  - 2  plan = gold\n  + 1  1 other\n", text)
	text, err = e.Text(0, 1, 0)
	require.NoError(t, err)
	require.Equal(t, "leaves: 20.5, from 20 for an average row\n  + 0.5  plan = gold\n", text)
	_, err = e.Text(0, 0, -1)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestExplanationsAsJSON(t *testing.T) {
	e := small()
	text, err := json.Marshal(e)
	require.NoError(t, err)
	var back Explanation
	require.NoError(t, json.Unmarshal(text, &back))
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))
	require.Equal(t, e.Columns, back.Columns)
	require.Nil(t, back.Errors)
	e.Errors = tensor.FromSlice([]float64{0, 1, 2, 3, math.Inf(1), 5, 6, 7, 8, 9, 10, 11}, 2, 2, 3)
	text, err = json.Marshal(e)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, e.Errors.Data(), back.Errors.Data())
	for _, bad := range []string{`{}`, `{"version":2}`, `{"version":1,"columns":[{"name":"a"}],"outputs":[""],"rows":[{"x":[1],"base":[1],"values":[[1,2]]}]}`,
		`{"version":1,"columns":[{"name":"a","kind":"odd"}],"outputs":[],"rows":[]}`, `{"version":1,"columns":[{"name":"a"}],"outputs":[""],"rows":[{"x":[1,2],"base":[1],"values":[[1]]}]}`,
		`{"version":1,"columns":[{"name":"a"}],"outputs":[""],"rows":[{"x":[1],"base":[1],"values":[[1]],"errors":[[1,2]]}]}`, `{"version":1,"columns":[{"name":"a"}],"outputs":[""],"rows":[{"x":[1],"base":[1],"values":[[1]],"errors":[[1],[2]]}]}`} {
		require.ErrorIs(t, json.Unmarshal([]byte(bad), &back), ml.ErrFormat, bad)
	}
}

// TestAPipelineIsExplainedInItsOwnColumns checks that one-hot columns come back as the category that they were made of.
func TestAPipelineIsExplainedInItsOwnColumns(t *testing.T) {
	ctx := context.Background()
	d := datasets.Penguins()
	pipe := ml.Pipe(features.Columns{Parts: []features.Part{
		{Columns: features.ByKind(ml.Categorical), Do: ml.Step(features.OneHotEncoder{})},
		{Columns: features.ByKind(ml.Numeric), Do: ml.Step(features.SimpleImputer{})},
	}}, tree.DecisionTreeClassifier{MaxDepth: 4})
	chain, err := pipe.Fit(ctx, d)
	require.NoError(t, err)
	final, err := TreeSHAP{}.For(chain.Final)
	require.NoError(t, err)
	got, err := Through{Stages: chain.Stages, Columns: d.Columns, Final: final}.Explain(ctx, d.X)
	require.NoError(t, err)
	require.Equal(t, len(d.Columns), len(got.Columns))
	proba, err := chain.PredictProba(d.X)
	require.NoError(t, err)
	worst, err := got.Additivity(proba)
	require.NoError(t, err)
	require.Less(t, worst, 1e-12)
	_, err = Through{}.Explain(ctx, d.X)
	require.ErrorIs(t, err, ml.ErrConfig)
}
