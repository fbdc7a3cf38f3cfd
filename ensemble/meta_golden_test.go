package ensemble_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// scored are two sets that the golden file is about, with the rows that are asked about.
func scored(name string) (d ml.Dataset[int], probe tensor.Matrix) {
	d = datasets.Iris()
	columns := []int{0, 1}
	if name == "cancer" {
		d, columns = datasets.BreastCancer(), []int{0, 1, 4, 8}
	}
	d.X, d.Columns = rows.SelectCols(d.X, columns), nil
	return d, rows.Select(d.X, everyNth(d.Rows(), 7))
}

func everyNth(n, k int) []int {
	var out []int
	for i := 0; i < n; i += k {
		out = append(out, i)
	}
	return out
}

// heavier weighs every third row 2.5.
func heavier(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
		if i%3 == 0 {
			w[i] = 2.5
		}
	}
	return w
}

// cells are the numbers of a matrix, row by row.
func cells(x *tensor.Tensor[float64]) [][]float64 {
	n, _ := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = x.Row(i)
	}
	return out
}

func logistic(c float64) ml.AnyClassifier {
	return ml.Classify(linear.LogisticRegression{C: c, Tol: 1e-10})
}

func finalLogistic() ml.AnyClassifier {
	return ml.Classify(linear.LogisticRegression{C: 1, Tol: 1e-10})
}

var ctx = context.Background()

func loadMeta(t *testing.T) map[string]any {
	return golden.Load[map[string]any](t, "testdata/meta.json")
}

func matrixOf(v any) [][]float64 {
	var out [][]float64
	for _, row := range v.([]any) {
		out = append(out, listOf(row))
	}
	return out
}

func listOf(v any) []float64 {
	var out []float64
	for _, n := range v.([]any) {
		out = append(out, must(n.(json.Number).Float64()))
	}
	return out
}

// closeTo compares matrices. Logistic regressions of both libraries end near the optimum, and a stack has one on top of others.
func closeTo(t *testing.T, got *tensor.Tensor[float64], want any, tol float64, what string) {
	t.Helper()
	w := matrixOf(want)
	require.Len(t, w, len(cells(got)), what)
	for i, row := range cells(got) {
		require.InDeltaSlice(t, w[i], row, tol, "%s, row %d", what, i)
	}
}

func TestMetaModelsAreScikitLearns(t *testing.T) {
	want := loadMeta(t)
	for _, name := range []string{"iris", "cancer"} {
		d, probe := scored(name)
		weighted := d
		weighted.Weight = heavier(d.Rows())
		three := []ml.AnyClassifier{logistic(1), ml.Classify(bayes.GaussianNB{}), logistic(0.001)}
		hard := must(ensemble.VotingClassifier{Bases: three, Weights: []float64{1, 2, 1.5}}.Fit(ctx, weighted))
		for i, c := range must(hard.Predict(probe)) {
			require.Equal(t, listOf(want[name+" hard"])[i], float64(c), "%s hard, row %d", name, i)
		}
		soft := must(ensemble.VotingClassifier{Bases: three, Weights: []float64{1, 2, 1.5}, Soft: true}.Fit(ctx, weighted))
		closeTo(t, must(soft.PredictProba(probe)), want[name+" soft"], 1e-6, name+" soft")

		stack := ensemble.StackingClassifier{Bases: three, Final: finalLogistic()}
		closeTo(t, must(must(stack.Fit(ctx, weighted)).PredictProba(probe)), want[name+" stacked"], 1e-6, name+" stacked")
		stack.PassThrough = true
		closeTo(t, must(must(stack.Fit(ctx, weighted)).PredictProba(probe)), want[name+" stacked through"], 1e-6, name+" through")
		layer := ensemble.StackingClassifier{Bases: three[:2], Final: finalLogistic(), Splitter: selection.StratifiedKFold{K: 3}}
		layers := ensemble.StackingClassifier{Bases: three[:2], Final: ml.Classify(layer), PassThrough: true}
		closeTo(t, must(must(layers.Fit(ctx, d)).PredictProba(probe)), want[name+" layers"], 1e-6, name+" layers")

		grouped := d
		grouped.Group = make([]int, d.Rows())
		for i := range grouped.Group {
			grouped.Group[i] = i % 11
		}
		groups := ensemble.StackingClassifier{Bases: three, Final: finalLogistic(), Splitter: selection.GroupKFold{K: 4}}
		closeTo(t, must(must(groups.Fit(ctx, grouped)).PredictProba(probe)), want[name+" groups"], 1e-6, name+" groups")

		var even, odd []int
		for i := range d.Rows() {
			if i%2 == 0 {
				even = append(even, i)
			} else {
				odd = append(odd, i)
			}
		}
		prefit := ensemble.StackingClassifier{Final: finalLogistic()}
		for _, e := range three {
			prefit.Bases = append(prefit.Bases, ml.Decide(selection.FrozenClassifier{Model: must(e.Fit(ctx, d.Select(even)))}))
		}
		closeTo(t, must(must(prefit.Fit(ctx, d.Select(odd))).PredictProba(probe)), want[name+" prefit"], 1e-6, name+" prefit")
	}
	d := datasets.Diabetes()
	d.Weight = heavier(d.Rows())
	probe := rows.Select(d.X, everyNth(d.Rows(), 20))
	pair := []ml.AnyRegressor{ml.Regress(linear.Ridge{Alpha: 0.1}), ml.Regress(tree.DecisionTreeRegressor{MaxDepth: 3})}
	voted := must(ensemble.VotingRegressor{Bases: pair, Weights: []float64{1, 3}}.Fit(ctx, d))
	require.InDeltaSlice(t, listOf(want["voted"]), must(voted.Predict(probe)), 1e-7)
	stack := ensemble.StackingRegressor{Bases: pair, Final: ml.Regress(linear.Ridge{Alpha: 1})}
	require.InDeltaSlice(t, listOf(want["stacked"]), must(must(stack.Fit(ctx, d)).Predict(probe)), 1e-7)
	stack.PassThrough = true
	require.InDeltaSlice(t, listOf(want["stacked through"]), must(must(stack.Fit(ctx, d)).Predict(probe)), 1e-7)
}

func TestReductionsAreScikitLearns(t *testing.T) {
	want := loadMeta(t)
	for _, name := range []string{"iris", "cancer"} {
		d, probe := scored(name)
		rest := must(ensemble.OneVsRest{Base: logistic(1)}.Fit(ctx, d))
		of := want[name+" rest"].(map[string]any)
		closeTo(t, must(rest.DecisionFunction(probe)), of["decision"], 1e-5, name+" one-vs-rest")
		closeTo(t, must(rest.PredictProba(probe)), of["proba"], 1e-6, name+" one-vs-rest")
	}
	d, probe := scored("iris")
	one := must(ensemble.OneVsOne{Base: logistic(1)}.Fit(ctx, d))
	closeTo(t, must(one.DecisionFunction(probe)), want["iris one"], 1e-5, "one-vs-one")
	of := want["iris code"].(map[string]any)
	var words [][]int
	for _, row := range matrixOf(of["code"]) {
		var word []int
		for _, v := range row {
			word = append(word, int(v))
		}
		words = append(words, word)
	}
	code := must(ensemble.OutputCode{Base: logistic(1), Code: words}.Fit(ctx, d))
	for i, c := range must(code.Predict(d.X)) {
		require.Equal(t, listOf(of["class"])[i], float64(c), "row %d", i)
	}
}
